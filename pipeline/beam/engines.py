"""The engines that a run can use, and what each needs. Read ``needs_of``.

An engine is listed if its tables were byte-identical to those of the in-process engine
(docs/clusters.md). Others are refused: most of them run the graph, but lose or repeat rows.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import apache_beam

from pipeline.beam.description import describe, differences
from pipeline.beam.flink import Flink
from pipeline.beam.options import IN_PROCESS, Options, worker_address
from pipeline.beam.pool import ask_worker
from pipeline.errors import NewsieveError, UsageError
from pipeline.storage.objects import is_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.config import Config

State = Literal["ok", "note", "missing"]

CONNECT_S = 5
"""Seconds that an engine has to accept a connection."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that an engine needs.

    Attributes:
        state: ok; missing: a run cannot start; note: it cannot be checked.
        text: what was found, or what to do.
    """

    name: str
    state: State
    text: str


@dataclass(frozen=True, slots=True)
class Engine:
    """Facts about an engine.

    Attributes:
        title: its name, for messages.
        workers: what determines the number of workers, instead of ``run.workers``.
        driver: main class of its job server.
        jar: option with the path of the job server's jar.
        version_file: file in the jar with the version of the engine that it was built for.
        master: option with the engine's address.
        embedded: addresses that mean an engine inside the job server, on this machine.
    """

    title: str
    workers: str
    driver: str = ""
    jar: str = ""
    version_file: str = ""
    master: str = ""
    embedded: str = ""


ENGINES = {
    "PrismRunner": Engine("Prism", "Prism itself: it starts one"),
    "FlinkRunner": Engine(
        "Apache Flink",
        "the option parallelism",
        "org.apache.beam.runners.flink.FlinkJobServerDriver",
        "flink_job_server_jar",
        ".flink-runtime.version.properties",
        "flink_master",
        r"\[(local|auto)\]",
    ),
    "SparkRunner": Engine(
        "Apache Spark",
        "the number of executors and their cores",
        "org.apache.beam.runners.spark.SparkJobServerDriver",
        "spark_job_server_jar",
        "spark-version-info.properties",
        "spark_master_url",
        r"local(\[.+\])?",
    ),
    "DataflowRunner": Engine("Google Cloud Dataflow", "the option num_workers"),
}

REFUSED = {
    "DaskRunner": "it groups correctly by some kinds of keys only (Beam's issue 29365) and "
    "has no metrics",
    "RayRunner": "it is not part of Beam, and was never shown to group arrays correctly",
    "InteractiveRunner": "it is made for notebooks; the default engine does the same",
    "KafkaStreamsRunner": "it is new, made for streams, and was not tested",
    "PortableRunner": "it does not say which engine is behind the job server: name the engine, "
    "such as --runner=FlinkRunner, in addition to --job_endpoint",
}
"""Engines of Beam that are refused → why."""


def engine_of(options: Options) -> Engine:
    """Return the facts about the engine.

    Raises:
        UsageError: the engine is refused.
    """
    engine = ENGINES.get(options.runner)
    if engine is None:
        reason = REFUSED.get(options.runner, "it was not tested")
        known = ", ".join([IN_PROCESS, *ENGINES])
        raise UsageError(
            f"{options.runner} is not known to give right results: {reason}; engines: {known}"
        )
    return engine


def require(config: Config, options: Options) -> None:
    """Check that the engine has everything it needs.

    Raises:
        UsageError: something is missing; the message lists all of it.
    """
    missing = [need for need in needs_of(config, options) if need.state == "missing"]
    if missing:
        listed = "; ".join(f"{need.name}: {need.text}" for need in missing)
        raise UsageError(f"{options.runner} cannot start: {listed}")


def needs_of(config: Config, options: Options) -> list[Need]:
    """Find out what the engine needs and whether it is there, without starting anything.

    Raises:
        UsageError: the engine is refused.
    """
    if options.runner == IN_PROCESS:
        return []
    engine = engine_of(options)
    needs = [*_settings(config, options, engine)]
    if options.runner == "DataflowRunner":
        return [*needs, *_dataflow(config, options)]
    if options.text("job_endpoint"):
        needs.append(_reachable("job server", options.text("job_endpoint")))
    elif options.runner == "PrismRunner":
        needs.append(_prism(options))
    else:
        needs += _job_server(engine, options)
    return [*needs, *_master(engine, options), *_worker(engine, options)]


def is_embedded(options: Options) -> bool:
    """Return whether the whole engine runs on this machine, as part of this run."""
    engine = ENGINES[options.runner]
    if options.text("job_endpoint"):
        return False
    if options.runner == "PrismRunner":
        return True
    master = options.text(engine.master)
    return bool(engine.embedded and re.fullmatch(engine.embedded, master))


def _settings(config: Config, options: Options, engine: Engine) -> Iterator[Need]:
    if config.run.workers != "auto":
        yield Need(
            "run.workers",
            "missing",
            f"= {config.run.workers} has no meaning on {engine.title}: the number is set by "
            f"{engine.workers}. Remove the setting",
        )
    for name in ("flink_submit_uber_jar", "spark_submit_uber_jar", "output_executable_path"):
        if options.values.get(name):
            text = (
                "a run starts its own job server, to watch and to cancel its job: remove the flag"
            )
            yield Need(name, "missing", text)
    if options.values.get("streaming"):
        yield Need("streaming", "missing", "a run reads files and ends: remove the flag")


def _job_server(engine: Engine, options: Options) -> Iterator[Need]:
    name, path = engine.jar, options.text(engine.jar)
    if not path:
        artifact = "beam-runners-flink-VERSION" if "flink" in name else "beam-runners-spark-3"
        yield Need(
            name,
            "missing",
            f"no jar is named, and a run downloads nothing: get {artifact}-job-server, version "
            f"{apache_beam.__version__}, from Maven Central once and name it: --{name}=FILE",
        )
        return
    try:
        facts = _read_jar(Path(path), engine)
    except (OSError, zipfile.BadZipFile, UsageError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        yield Need(name, "missing", f"{path}: {reason}")
        return
    text = f"Beam {facts['beam']} for {engine.title} {facts['engine']}"
    if facts["beam"] != apache_beam.__version__:
        text += f"; supported is only Beam {apache_beam.__version__}, the version of this program"
    yield Need(name, "ok" if facts["beam"] == apache_beam.__version__ else "note", text)
    yield _java(options, facts["java"])


def _read_jar(jar: Path, engine: Engine) -> dict[str, Any]:
    """Read the versions of Beam, engine and required Java from a job server's jar."""
    with zipfile.ZipFile(jar) as content:
        names = set(content.namelist())
        driver = engine.driver.replace(".", "/") + ".class"
        if driver not in names:
            raise UsageError(f"not a job server for {engine.title}: it has no {engine.driver}")
        found: dict[str, Any] = {"java": int.from_bytes(content.read(driver)[6:8], "big") - 44}
        for key, name in (
            ("beam", "org/apache/beam/sdk/sdk.properties"),
            ("engine", engine.version_file),
        ):
            text = content.read(name).decode() if name in names else ""
            version = re.search(r"^(?:project\.)?version=(\S+)", text, re.MULTILINE)
            found[key] = version[1] if version else "of unknown version"
    return found


def _java(options: Options, least: int) -> Need:
    launcher = options.text("job_server_java_launcher")
    program = shutil.which(launcher)
    if not program:
        return Need("Java", "missing", f"{launcher} is not found; install Java {least} or newer")
    try:
        told = subprocess.run(  # noqa: S603
            [program, "-version"], capture_output=True, check=False, timeout=30, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Need("Java", "missing", f"{program} does not start: {error}")
    version = re.search(r'version "(?:1\.)?(\d+)[^"]*"', told.stdout + told.stderr)
    if version is None or int(version[1]) < least:
        found = version[0] if version else "no version"
        return Need("Java", "missing", f"{program}: {found}; the jar needs Java {least} or newer")
    return Need("Java", "ok", f"{program}, {version[0]}")


def _prism(options: Options) -> Need:
    path = options.text("prism_location")
    if path and shutil.which(path):
        return Need("prism_location", "ok", path)
    return Need(
        "prism_location",
        "missing",
        (
            f"{path} is not a program; "
            if path
            else "no program is named, and a run downloads nothing; "
        )
        + "build it once: GOBIN=FOLDER go install github.com/apache/beam/sdks/v2/go/cmd/prism@"
        f"v{apache_beam.__version__}, then --prism_location=FOLDER/prism",
    )


def _master(engine: Engine, options: Options) -> Iterator[Need]:
    """The engine itself: whether it replies, its version, free slots."""
    master = options.text(engine.master)
    if is_embedded(options) or (options.text("job_endpoint") and master in {"", "[auto]"}):
        return
    if options.runner == "FlinkRunner":
        yield _flink(options, master)
    elif master.startswith("spark://"):
        masters = master.removeprefix("spark://").split(",")
        found = [_reachable("spark_master_url", each) for each in masters]
        # One of several masters is active, the others stand by.
        yield next((each for each in found if each.state == "ok"), found[0])
    elif master and not options.text("job_endpoint"):
        yield Need(engine.master, "note", f"{master}: only Spark itself can tell what is there")


def _flink(options: Options, master: str) -> Need:
    def need(state: State, text: str) -> Need:
        return Need("flink_master", state, f"{master}: {text}")

    try:
        overview = Flink(master).overview()
    except NewsieveError as error:
        return Need("flink_master", "missing", str(error))
    version, total = overview["flink-version"], overview["slots-total"]
    free, managers = overview["slots-available"], overview["taskmanagers"]
    wanted = max(1, int(options.values["parallelism"]))
    jar = Path(options.text("flink_job_server_jar"))
    built = ""
    with suppress(OSError, zipfile.BadZipFile, UsageError):
        built = _read_jar(jar, ENGINES["FlinkRunner"])["engine"]
    if built and built.split(".")[:2] != version.split(".")[:2]:
        return need("missing", f"Flink {version}, but {jar} is for Flink {built}")
    if total < wanted:
        return need(
            "missing",
            f"{total} slots of {managers} task managers, but --parallelism={wanted}: start more "
            "task managers, or use fewer slots",
        )
    if free < wanted:
        text = f"{free} of {total} slots are free, {wanted} are needed: other jobs are running"
        if Flink(master).has_runs():  # a killed run may have left it; the next one cancels it
            return need("note", f"{text}; jobs left by killed runs will be cancelled")
        return need("missing", text)
    return need("ok", f"Flink {version}, {managers} task managers, {free} of {total} slots free")


def _worker(engine: Engine, options: Options) -> Iterator[Need]:
    kind = options.text("environment_type").upper()
    if kind in {"DOCKER", "PROCESS"}:
        text = f"{kind}: its content cannot be checked; it needs the same newsieve and packages"
        yield Need("worker", "note", text)
    elif kind == "EXTERNAL" or worker_address(options):
        yield _ask(worker_address(options))
    elif is_embedded(options):
        yield Need("worker", "ok", "this run starts its own")
    else:
        yield Need(
            "worker",
            "missing",
            f"{engine.title} needs workers: run `newsieve worker` "
            "next to each of its own workers, and name its address: --environment_type=EXTERNAL "
            "--environment_config=HOST:PORT",
        )


def _ask(address: str) -> Need:
    if not address:
        return Need("worker", "missing", "no address: --environment_config=HOST:PORT")
    try:
        there = ask_worker(address)
    except NewsieveError as error:
        return Need("worker", "missing", str(error))
    found = differences(describe(), there)
    if found:
        text = f"{address}: {', '.join(found)}; tables could differ: install the same there"
        return Need("worker", "missing", text)
    who = f"process {there['pid']} on {there['host']}"
    return Need("worker", "ok", f"{address}: newsieve {there['newsieve']}, {who}, same packages")


def _reachable(name: str, address: str) -> Need:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Need(name, "missing", f"{address}: cannot be reached ({reason})")
    return Need(name, "ok", f"{address}: reachable")


def _dataflow(config: Config, options: Options) -> Iterator[Need]:
    if find_spec("apitools") is None:
        yield Need("packages", "missing", "pip install 'apache-beam[gcp]'")
    for name in ("project", "region", "temp_location"):
        if not options.text(name):
            yield Need(name, "missing", f"--{name} is not given")
    yield from _google_credentials()
    for path in (*config.input.paths, config.write.output):
        if not is_url(path):
            yield Need(
                "storage",
                "missing",
                f"its workers share no disk with this machine: {path} has to be an address such as "
                "gs://bucket/folder",
            )


def _google_credentials() -> Iterator[Need]:
    named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")
    usual = Path("~/.config/gcloud/application_default_credentials.json").expanduser()
    if not Path(named or usual).is_file():
        where = f"GOOGLE_APPLICATION_CREDENTIALS={named} is not a file" if named else f"no {usual}"
        yield Need("credentials", "missing", f"{where}: gcloud auth application-default login")
