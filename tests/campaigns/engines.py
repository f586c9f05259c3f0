"""Clusters of Flink and Spark on this machine, started for a campaign and stopped with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from tests.campaigns import engine_parts
from tests.clusters_page import documented

REST = "http://localhost:8081"

OPENED = [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in (
        "java.io java.lang java.lang.invoke java.lang.reflect java.net java.nio java.text "
        "java.time java.util java.util.concurrent java.util.concurrent.atomic "
        "java.util.concurrent.locks sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar"
    ).split()
]
"""What both engines need of Java 17; their own start scripts say so too."""

FLINK_CONFIG = """
jobmanager.rpc.address: localhost
jobmanager.bind-host: localhost
jobmanager.memory.process.size: 1200m
taskmanager.bind-host: localhost
taskmanager.host: localhost
taskmanager.numberOfTaskSlots: 1
taskmanager.memory.process.size: 1400m
taskmanager.memory.managed.size: 256m
rest.address: localhost
rest.bind-address: localhost
parallelism.default: 2
io.tmp.dirs: {folder}/tmp
"""

RESTARTS = """
restart-strategy.type: fixed-delay
restart-strategy.fixed-delay.attempts: 3
restart-strategy.fixed-delay.delay: 1 s
"""

LOG4J = """
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss} %-5p %c{1} - %m%n
"""


@dataclass
class Cluster:
    """Programs that belong together; all of them end with it."""

    folder: Path
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str | Path, **environment: str) -> None:
        """Start a program; what it prints goes to a file of its name."""
        with (self.folder / f"{name}.log").open("wb") as log:
            self.programs[name] = subprocess.Popen(
                [str(each) for each in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ | environment,
            )

    def text(self, name: str) -> str:
        """What a program has printed."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def wait_for(self, what: str, seen: Callable[[], bool], seconds: float = 120) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not seen():
            died = [name for name, program in self.programs.items() if program.poll() is not None]
            if died or time.monotonic() > deadline:
                last = "\n".join(self.text(name)[-2_000:] for name in died or self.programs)
                sys.exit(f"{what}: not after {seconds} s; ended: {died}\n{last}")
            time.sleep(0.3)

    def cpu_seconds(self) -> dict[str, float]:
        """CPU that each program and its processes have used, those that have ended too."""
        ticks, parents = {}, {}
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdecimal():
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    parents[int(entry.name)] = int(fields[1])
                    ticks[int(entry.name)] = sum(map(int, fields[11:15]))
        sums = {}
        for name, program in self.programs.items():
            ours = {program.pid}
            while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
                ours |= more
            sums[name] = sum(ticks.get(pid, 0) for pid in ours) / os.sysconf("SC_CLK_TCK")
        return sums

    def stop(self) -> None:
        """End all programs, the last one first."""
        for program in reversed(self.programs.values()):
            program.terminate()
        for program in self.programs.values():
            try:
                program.wait(20)
            except subprocess.TimeoutExpired:
                program.kill()


@contextmanager
def cluster(work: Path, name: str, limit: str = "true") -> Iterator[Cluster]:
    """An empty cluster with a worker pool, in a folder of its own; *limit* is for its shell."""
    folder = work / name
    folder.mkdir()
    found = Cluster(folder)
    try:
        newsieve = Path(sys.executable).with_name("newsieve")
        pool = [newsieve, "--log-format", "json", *documented("worker")]
        found.start("worker", "sh", "-c", f'{limit}; exec "$@"', "sh", *pool)
        found.wait_for("worker", lambda: "listening" in found.text("worker"))
        yield found
    finally:
        found.stop()


def ask(path: str) -> dict:
    """Ask Flink."""
    try:
        with urlopen(REST + path, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return {}


def start_flink(found: Cluster, *, restarts: bool = False) -> None:
    """Start a job manager and two task managers with a slot each."""
    configuration = FLINK_CONFIG.format(folder=found.folder) + RESTARTS * restarts
    (found.folder / "tmp").mkdir()
    (found.folder / "config.yaml").write_text(configuration, encoding="utf-8")
    (found.folder / "log4j.properties").write_text(LOG4J, encoding="utf-8")
    java = [
        *("java", "-Xmx600m", "-XX:MaxDirectMemorySize=400m", *OPENED),
        f"-Dlog4j.configurationFile=file:{found.folder}/log4j.properties",
        *("-cp", f"{engine_parts.package('flink')}/pyflink/lib/*"),
    ]
    manager = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
    memory = sizes(
        "jobmanager.memory", heap="500m", off_heap="128m", jvm_metaspace="256m", jvm_overhead="128m"
    )
    found.start(
        "job-manager", *java, manager, "-c", found.folder, "--executionMode", "cluster", *memory
    )
    parts = {
        "task.heap": "400m",
        "task.off-heap": "0b",
        "framework.heap": "128m",
        "framework.off-heap": "128m",
        "network": "128m",
        "jvm-metaspace": "256m",
        "jvm-overhead": "128m",
    }
    memory = [each for name, size in parts.items() for each in sizes_of(name, size)]
    memory += ["-D", "taskmanager.cpu.cores=1.0", "-D", "taskmanager.memory.managed.size=256m"]
    for number in (1, 2):
        runner = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
        named = ["-D", f"taskmanager.resource-id=task-manager-{number}"]
        found.start(f"task-manager-{number}", *java, runner, "-c", found.folder, *named, *memory)
    found.wait_for("Flink", lambda: ask("/overview").get("slots-available") == 2)


def sizes(prefix: str, **parts: str) -> list[str]:
    """Give a job manager its memory."""
    found = []
    for name, size in parts.items():
        key = {
            "heap": "heap.size",
            "off_heap": "off-heap.size",
            "jvm_metaspace": "jvm-metaspace.size",
        }
        keys = [key[name]] if name in key else ["jvm-overhead.min", "jvm-overhead.max"]
        found += [each for k in keys for each in ("-D", f"{prefix}.{k}={size}")]
    return found


def sizes_of(name: str, size: str) -> Iterator[str]:
    """Give a task manager a part of its memory."""
    ranged = name in {"network", "jvm-overhead"}
    for key in ["min", "max"] if ranged else ["size"]:
        yield from ("-D", f"taskmanager.memory.{name}.{key}={size}")


def start_spark(found: Cluster) -> None:
    """Start a master and two workers with a core each."""
    home = engine_parts.package("spark") / "pyspark"
    environment = {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SCALA_VERSION": "2.12",
    }
    java = ["java", "-Xmx400m", *OPENED, "-cp", f"{home}/jars/*"]
    master = ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "7077"]
    found.start("master", *java, *master, "--webui-port", "8088", **environment)
    found.wait_for("Spark", lambda: "I have been elected leader" in found.text("master"))
    for number in (1, 2):
        folder = found.folder / f"worker-{number}"
        worker = ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1"]
        where = ["--memory", "1g", "--work-dir", folder, "--webui-port", f"809{number}"]
        found.start(
            f"worker-{number}", *java, *worker, *where, "spark://127.0.0.1:7077", **environment
        )
    registered = "Registering worker"
    found.wait_for("Spark", lambda: found.text("master").count(registered) == 2)
