"""Runs on real clusters of Flink and Spark give the in-process run's tables, byte for byte.

usage: python -m tests.campaigns.cluster [--texts 20000] [--only flink stored killed spark]
                                         [--store moto | versitygw | azurite]

Everything runs in a network namespace of its own, so that the engines' open ports are reached by
nobody. Each scenario starts a cluster, makes one run and stops the cluster:

flink         job manager and two task managers, which share one `newsieve worker`
killed        the same with a restart strategy; a worker process is killed while it works
interrupted   Ctrl-C in the middle: exit 130, no job left, the next run finishes
abandoned     kill -9 in the middle: the next run cancels the job that is left, and finishes
stored        inputs, staging and output in an object store; no process shares a disk with another
failing       workers that cannot write: exit 1 with the step, its error and where to look
spark         standalone: master and two workers
paired        only if it is named: one task manager and two in turn, --rounds times; CPU and wall

Exits with 1 where tables differ, where fewer than two processes worked, or where the engine does
not name our stages. What starts the engines: ``engines``; what they are made of, and the
pairing: ``engine_parts``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.texts import write_texts
from tests.campaigns import engine_parts
from tests.campaigns.engines import REST, Cluster, ask, cluster, start_flink, start_spark
from tests.clusters_page import documented
from tests.object_server import S3, SERVERS, fetch_runs, store_on_this_machine

ROOT = Path(__file__).parents[2]
STAGES = ("Clean", "Deduplicate", "Write")


def command(start: str, output: str) -> list[str]:
    """The command of docs/clusters.md that begins with *start*, as it stands there.

    Only what belongs to the test is added: where to write, a fixed day, small blocks.
    """
    more = ["--output", output, "--set", "run.block_bytes=2000000"]
    more += ["--logical-date", "2026-01-01"] if start.startswith("run") else []
    return [str(Path(sys.executable).with_name("newsieve")), *documented(start, *more)]


def begin(work: Path, start: str, output: str) -> subprocess.Popen[bytes]:
    """Start a command in a folder that has the inputs, configurations and jars of the page."""
    return subprocess.Popen(command(start, output), cwd=work)


def succeed(work: Path, start: str, output: str) -> None:
    """Run a command that has to end well."""
    subprocess.run(command(start, output), cwd=work, check=True)


def lay_out(work: Path, engines: list[str], texts: int) -> None:
    """Make the folder that the commands of the page are run in."""
    write_texts(work / "raw", texts)
    (work / "configs").symlink_to(ROOT / "configs")
    for engine in engines:
        (work / f"{engine}-job-server.jar").symlink_to(engine_parts.job_server(engine))


def tables(output: Path) -> dict[str, str]:
    """Digest of each table of the only run, by its path."""
    (run,) = (output / "runs").iterdir()
    found = sorted(run.rglob("*.parquet"))
    return {
        str(path.relative_to(run)): hashlib.md5(path.read_bytes()).hexdigest() for path in found
    }


def workers_of(found: Cluster) -> dict[int, str]:
    """Processes that the pool started, with the connection of the engine that asked for each."""
    events = [json.loads(line) for line in found.text("worker").splitlines() if line[:1] == "{"]
    return {each["pid"]: each["engine"] for each in events if each.get("state") == "started"}


def stages_of(name: str) -> set[str]:
    """Stages of ours that Flink names in the tasks of its newest job, and where they ran."""
    jobs = ask("/jobs/overview").get("jobs", [])
    if not jobs:
        return set()
    job = max(jobs, key=lambda each: each["start-time"])
    details = ask(f"/jobs/{job['jid']}")
    managers = set()
    for vertex in details["vertices"]:
        at = ask(f"/jobs/{job['jid']}/vertices/{vertex['id']}/taskmanagers")
        managers |= {each.get("taskmanager-id") for each in at.get("taskmanagers", [])}
    print(f"{name}: job {details['name']}, {len(details['vertices'])} tasks on {sorted(managers)}")
    return {stage for stage in STAGES if any(stage in v["name"] for v in details["vertices"])}


def verdict(name: str, found: Cluster, expected: dict[str, str], output: Path) -> list[str]:
    """What is wrong with a run that has ended."""
    given = tables(output)
    workers = workers_of(found)
    differ = [path for path in expected | given if expected.get(path) != given.get(path)]
    print(f"{name}: {len(given)} tables, {len(differ)} differ; {len(workers)} worker processes")
    problems = [f"{name}: {path} differs" for path in differ]
    if len(workers) < 2:
        problems.append(f"{name}: {len(workers)} worker processes")
    return problems


def begin_and_clean(found: Cluster, work: Path, output: Path) -> subprocess.Popen[bytes]:
    """Begin a run on Flink; return when its first block is cleaned."""
    process = begin(work, "run configs/flink", output.name)
    cleaned = ".staging/**/blocks/*.cleaned.json"
    found.wait_for("a block", lambda: any(output.glob(cleaned)), 300)
    return process


def flink(work: Path, expected: dict[str, str]) -> list[str]:
    """Two task managers."""
    with cluster(work, "flink") as found:
        start_flink(found)
        began = time.monotonic()
        succeed(work, "check configs/flink", "flink-out")
        succeed(work, "run configs/flink", "flink-out")
        print(f"flink: {time.monotonic() - began:.0f} s")
        named = stages_of("flink")
        problems = verdict("flink", found, expected, work / "flink-out")
    return problems + [f"flink: {stage} is not named" for stage in STAGES if stage not in named]


def stored(work: Path, expected: dict[str, str], kind: str) -> list[str]:
    """Two task managers, whose worker processes see nothing but a store of objects."""
    with store_on_this_machine(work, kind) as store:
        for path in (work / "raw").iterdir():
            (store / "raw" / path.name).put(path)
        with cluster(work, "stored") as found:
            start_flink(found)
            began = time.monotonic()
            words = command("run configs/flink", f"{store}/out")
            at = words.index("--output")
            words[at:at] = ["--input", f"{store}/raw"]
            subprocess.run(words, cwd=work, check=True)
            caches = [path for path in (work / "caches").iterdir() if any(path.iterdir())]
            print(f"stored: {kind}, {time.monotonic() - began:.0f} s; {len(caches)} caches")
            output = work / "stored-out"
            fetch_runs(store / "out", output)
            return verdict("stored", found, expected, output)


def killed(work: Path, expected: dict[str, str]) -> list[str]:
    """A worker process is killed while it cleans; Flink restarts its task."""
    with cluster(work, "killed") as found:
        start_flink(found, restarts=True)
        output = work / "killed-out"
        process = begin_and_clean(found, work, output)
        victim = max(pid for pid in workers_of(found) if Path(f"/proc/{pid}").exists())
        os.kill(victim, signal.SIGKILL)
        print(f"killed: worker process {victim}")
        code = process.wait()
        restarts = found.text("job-manager").count("to RESTARTING")
        print(f"killed: exit {code}, {restarts} restarts")
        problems = [] if code == 0 else [f"killed: exit {code}"]
        problems += [] if restarts else ["killed: no restart"]
        return problems + (verdict("killed", found, expected, output) if code == 0 else [])


def interrupted(work: Path, expected: dict[str, str]) -> list[str]:
    """Ctrl-C while the job is at work."""
    with cluster(work, "interrupted") as found:
        start_flink(found)
        output = work / "interrupted-out"
        process = begin_and_clean(found, work, output)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        code = process.wait()
        states = [job["state"] for job in ask("/jobs/overview")["jobs"]]
        alive = [pid for pid in workers_of(found) if Path(f"/proc/{pid}").exists()]
        print(f"interrupted: exit {code} after {time.monotonic() - began:.1f} s, jobs {states}")
        problems = (
            [] if (code, states) == (130, ["CANCELED"]) else [f"interrupted: {code} {states}"]
        )
        if alive:
            problems.append(f"interrupted: processes {alive} are left")
        succeed(work, "run configs/flink", output.name)
        return problems + verdict("interrupted", found, expected, output)


def abandoned(work: Path, expected: dict[str, str]) -> list[str]:
    """The run is killed; its job goes on, and the next run cancels that before it continues."""
    with cluster(work, "abandoned") as found:
        start_flink(found)
        output = work / "abandoned-out"
        process = begin_and_clean(found, work, output)
        process.kill()
        process.wait()
        time.sleep(3)
        before = [job["state"] for job in ask("/jobs/overview")["jobs"]]
        succeed(work, "run configs/flink", output.name)
        after = sorted(job["state"] for job in ask("/jobs/overview")["jobs"])
        print(f"abandoned: {before} after the kill, {after} in the end")
        problems = [] if before == ["RUNNING"] else [f"abandoned: {before}"]
        problems += [] if after == ["CANCELED", "FINISHED"] else [f"abandoned: {after}"]
        return problems + verdict("abandoned", found, expected, output)


def failing(work: Path, _expected: dict[str, str]) -> list[str]:
    """Workers may write small files only: the run names the step, the error and where to look."""
    with cluster(work, "failing", "ulimit -f 200") as found:
        start_flink(found)
        words = command("run configs/flink", "failing-out")
        finished = subprocess.run(words, cwd=work, stderr=subprocess.PIPE, text=True, check=False)
        said = finished.stderr.splitlines()[-1]
        print(f"failing: exit {finished.returncode}: {said}")
        wanted = ("newsieve: the run failed in step ", "File too large", REST)
        problems = [f"failing: no {each!r}" for each in wanted if each not in said]
        if finished.returncode != 1 or (work / "failing-out/runs").exists():
            problems.append(f"failing: exit {finished.returncode}, or published")
        return problems


def spark(work: Path, expected: dict[str, str]) -> list[str]:
    """Two workers of a standalone cluster."""
    with cluster(work, "spark") as found:
        start_spark(found)
        began = time.monotonic()
        succeed(work, "check configs/spark", "spark-out")
        succeed(work, "run configs/spark", "spark-out")
        print(f"spark: {time.monotonic() - began:.0f} s")
        return verdict("spark", found, expected, work / "spark-out")


def paired(work: Path, expected: dict[str, str], rounds: int) -> list[str]:
    """One task manager and two in turn, on one cluster; the quietest run of each counts."""
    walls: dict[int, list[float]] = {1: [], 2: []}
    problems: list[str] = []
    with cluster(work, "paired") as found:
        start_flink(found)
        for turn in range(rounds):
            for slots, seconds in walls.items():
                output = work / f"paired-{turn}-{slots}"
                words = command("run configs/flink", output.name)
                words += ["--parallelism", str(slots)]
                began, before, here = time.monotonic(), found.cpu_seconds(), os.times()
                busy = busy_seconds()
                subprocess.run(words, cwd=work, check=True)
                seconds.append(time.monotonic() - began)
                busy = (busy_seconds() - busy) / seconds[-1]
                after, now = found.cpu_seconds(), os.times()
                cpu = {name: after[name] - before[name] for name in after}
                cpu["run and job server"] = sum(now[2:4]) - sum(here[2:4])
                parts = ", ".join(f"{name} {used:.0f}" for name, used in cpu.items())
                print(f"paired: {slots} task managers: {seconds[-1]:.1f} s; CPU {parts}")
                print(f"paired: {busy:.2f} of {os.cpu_count()} cores were at work")
                problems += verdict("paired", found, expected, output)
    one, two = min(walls[1]), min(walls[2])
    print(f"paired: {two:.1f} s with two task managers, {one:.1f} s with one: {two / one:.2f} x")
    return problems


EVERY = (flink, stored, killed, interrupted, abandoned, failing, spark)
"""What is run unless something is named."""
SCENARIOS = {each.__name__: each for each in (*EVERY, paired)}


def busy_seconds() -> float:
    """CPU seconds that the whole machine has spent since it started, not idle nor waiting."""
    user, nice, system = Path("/proc/stat").read_text(encoding="ascii").split()[1:4]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def in_namespace() -> None:
    """Go on in a network namespace with nothing but the loopback interface."""
    if "NEWSIEVE_NAMESPACE" in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    arguments = ["unshare", *root, "--net", sys.executable, "-m", "tests.campaigns.cluster"]
    os.environ["NEWSIEVE_NAMESPACE"] = "1"
    os.execvp(arguments[0], [*arguments, *sys.argv[1:]])


def main() -> None:
    """Run the scenarios; exit with 1 where one of them fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=20_000)
    every = [each.__name__ for each in EVERY]
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, default=every)
    parser.add_argument("--store", choices=SERVERS, default=S3, help="for stored")
    parser.add_argument("--rounds", type=int, default=2, help="for paired")
    parser.add_argument("--work", type=Path, help="keep everything in this folder")
    arguments = parser.parse_args()
    engines = ["spark"] * ("spark" in arguments.only) + ["flink"] * (arguments.only != ["spark"])
    if "NEWSIEVE_NAMESPACE" not in os.environ:
        for engine in engines:
            if absent := engine_parts.lacking(engine):
                sys.exit(
                    f"{engine} needs {' and '.join(absent)}, not found here: nothing was tested"
                )
            engine_parts.fetch(engine)
    in_namespace()
    work = arguments.work or Path(tempfile.mkdtemp(prefix="newsieve-cluster-"))
    work.mkdir(exist_ok=True)
    try:
        lay_out(work, engines, arguments.texts)
        here = command("run raw/", "in-process")
        subprocess.run(here[: here.index("--")], cwd=work, check=True)
        expected = tables(work / "in-process")
        chosen: dict[str, dict[str, Any]] = {
            "stored": {"kind": arguments.store},
            "paired": {"rounds": arguments.rounds},
        }
        problems = []
        for name in arguments.only:
            problems += SCENARIOS[name](work, expected, **chosen.get(name, {}))
    finally:
        if not arguments.work:
            shutil.rmtree(work)
    print("\n".join(problems) or f"{', '.join(arguments.only)}: tables byte-identical")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
