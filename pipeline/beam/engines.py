"""What an engine needs, and whether it is there. Read ``needs_of``."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import apache_beam

from pipeline.beam.flink import Flink
from pipeline.beam.options import ENGINES, IN_PROCESS, Engine, Options
from pipeline.beam.pool import ask_worker, describe, differences
from pipeline.config import Config
from pipeline.errors import NewsieveError, UsageError
from pipeline.storage.objects import is_url

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
    state: State = field(default="missing", kw_only=True)
    text: str


def require(config: Config, options: Options) -> None:
    """Check that the engine has everything it needs.

    Raises UsageError if something is missing; the message lists all of it.
    """
    missing = [need for need in needs_of(config, options) if need.state == "missing"]
    if missing:
        listed = "; ".join(f"{need.name}: {need.text}" for need in missing)
        raise UsageError(f"{options.runner} cannot start: {listed}")


def needs_of(config: Config, options: Options) -> list[Need]:
    """Find out what the engine needs and whether it is there, without starting anything.

    Raises UsageError if the engine is refused.
    """
    if options.runner == IN_PROCESS:
        return []
    needs = [*_settings(config, options)]
    if options.runner == "DataflowRunner":
        return [*needs, *_dataflow(config, options)]
    if options.text("job_endpoint"):
        needs.append(_reachable("job server", options.text("job_endpoint")))
    elif options.runner == "PrismRunner":
        needs.append(_prism(options))
    else:
        needs += _job_server(options)
    return [*needs, *_master(options), *_worker(options)]


def _settings(config: Config, options: Options) -> Iterator[Need]:
    if config.run.workers != "auto":
        yield Need(
            "run.workers",
            f"= {config.run.workers} has no meaning on {options.engine.title}: the number is "
            f"set by {options.engine.workers}. Remove the setting",
        )
    for name in ("flink_submit_uber_jar", "spark_submit_uber_jar", "output_executable_path"):
        if options.values.get(name):
            text = (
                "a run starts its own job server, to watch and to cancel its job: remove the flag"
            )
            yield Need(name, text)
    if options.values.get("streaming"):
        yield Need("streaming", "a run reads files and ends: remove the flag")


def _job_server(options: Options) -> Iterator[Need]:
    engine = options.engine
    name, path = engine.jar, options.text(engine.jar)
    if not path:
        artifact = "beam-runners-flink-VERSION" if "flink" in name else "beam-runners-spark-3"
        yield Need(
            name,
            f"no jar is named, and a run downloads nothing: get {artifact}-job-server, version "
            f"{apache_beam.__version__}, from Maven Central once and name it: --{name}=FILE",
        )
        return
    try:
        facts = _read_jar(Path(path), engine)
    except (OSError, zipfile.BadZipFile, UsageError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        yield Need(name, f"{path}: {reason}")
        return
    text = f"Beam {facts['beam']} for {engine.title} {facts['engine']}"
    if facts["beam"] != apache_beam.__version__:
        text += f"; supported is only Beam {apache_beam.__version__}, the version of this program"
    yield Need(name, text, state="ok" if facts["beam"] == apache_beam.__version__ else "note")
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
        return Need("Java", f"{launcher} is not found; install Java {least} or newer")
    try:
        printed = subprocess.run(  # noqa: S603
            [program, "-version"], capture_output=True, check=False, timeout=30, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Need("Java", f"{program} does not start: {error}")
    version = re.search(r'version "(?:1\.)?(\d+)[^"]*"', printed.stdout + printed.stderr)
    if version is None or int(version[1]) < least:
        found = version[0] if version else "no version"
        return Need("Java", f"{program}: {found}; the jar needs Java {least} or newer")
    return Need("Java", f"{program}, {version[0]}", state="ok")


def _prism(options: Options) -> Need:
    path = options.text("prism_location")
    if path and shutil.which(path):
        return Need("prism_location", path, state="ok")
    missing = "no program is named, and a run downloads nothing"
    return Need(
        "prism_location",
        f"{f'{path} is not a program' if path else missing}; build it once: GOBIN=FOLDER "
        f"go install github.com/apache/beam/sdks/v2/go/cmd/prism@v{apache_beam.__version__}, "
        "then --prism_location=FOLDER/prism",
    )


def _master(options: Options) -> Iterator[Need]:
    """The engine itself: whether it replies, its version, free slots."""
    name = options.engine.master
    master = options.text(name)
    if options.is_embedded or (options.text("job_endpoint") and master in {"", "[auto]"}):
        return
    if options.runner == "FlinkRunner":
        yield _flink(options, master)
    elif master.startswith("spark://"):
        masters = master.removeprefix("spark://").split(",")
        found = [_reachable("spark_master_url", each) for each in masters]
        # One of several masters is active, the others stand by.
        yield next((each for each in found if each.state == "ok"), found[0])
    elif master and not options.text("job_endpoint"):
        yield Need(name, f"{master}: only Spark itself can tell what is there", state="note")


def _flink(options: Options, master: str) -> Need:
    def need(text: str, state: State = "missing") -> Need:
        return Need("flink_master", f"{master}: {text}", state=state)

    try:
        overview = Flink(master).overview()
    except NewsieveError as error:
        return Need("flink_master", str(error))
    version, total = overview["flink-version"], overview["slots-total"]
    free, managers = overview["slots-available"], overview["taskmanagers"]
    wanted = max(1, int(options.values["parallelism"]))
    jar = Path(options.text("flink_job_server_jar"))
    built = ""
    with suppress(OSError, zipfile.BadZipFile, UsageError):
        built = _read_jar(jar, ENGINES["FlinkRunner"])["engine"]
    if built and built.split(".")[:2] != version.split(".")[:2]:
        return need(f"Flink {version}, but {jar} is for Flink {built}")
    if total < wanted:
        return need(
            f"{total} slots of {managers} task managers, but --parallelism={wanted}: start more "
            "task managers, or use fewer slots"
        )
    if free < wanted:
        text = f"{free} of {total} slots are free, {wanted} are needed: other jobs are running"
        if Flink(master).jobs("newsieve-"):  # left by a killed run, perhaps; the next cancels them
            return need(f"{text}; jobs left by killed runs will be cancelled", "note")
        return need(text)
    return need(f"Flink {version}, {managers} task managers, {free} of {total} slots free", "ok")


def _worker(options: Options) -> Iterator[Need]:
    kind = options.text("environment_type").upper()
    if kind in {"DOCKER", "PROCESS"}:
        text = f"{kind}: its content cannot be checked; it needs the same newsieve and packages"
        yield Need("worker", text, state="note")
    elif kind == "EXTERNAL" or options.worker_address:
        yield _ask_pool(options.worker_address)
    elif options.is_embedded:
        yield Need("worker", "this run starts its own", state="ok")
    else:
        yield Need(
            "worker",
            f"{options.engine.title} needs workers: run `newsieve worker` "
            "next to each of its own workers, and name its address: --environment_type=EXTERNAL "
            "--environment_config=HOST:PORT",
        )


def _ask_pool(address: str) -> Need:
    if not address:
        return Need("worker", "no address: --environment_config=HOST:PORT")
    try:
        there = ask_worker(address)
    except NewsieveError as error:
        return Need("worker", str(error))
    found = differences(describe(), there)
    if found:
        text = f"{address}: {', '.join(found)}; tables could differ: install the same there"
        return Need("worker", text)
    who = f"process {there['pid']} on {there['host']}"
    return Need(
        "worker", f"{address}: newsieve {there['newsieve']}, {who}, same packages", state="ok"
    )


def _reachable(name: str, address: str) -> Need:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Need(name, f"{address}: cannot be reached ({reason})")
    return Need(name, f"{address}: reachable", state="ok")


def _dataflow(config: Config, options: Options) -> Iterator[Need]:
    if find_spec("apitools") is None:
        yield Need("packages", "pip install 'apache-beam[gcp]'")
    for name in ("project", "region", "temp_location"):
        if not options.text(name):
            yield Need(name, f"--{name} is not given")
    yield from _google_credentials()
    for path in (*config.input.paths, config.write.output):
        if not is_url(path):
            yield Need(
                "storage",
                f"its workers share no disk with this machine: {path} has to be an address such as "
                "gs://bucket/folder",
            )


def _google_credentials() -> Iterator[Need]:
    named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")
    usual = Path("~/.config/gcloud/application_default_credentials.json").expanduser()
    if not Path(named or usual).is_file():
        where = f"GOOGLE_APPLICATION_CREDENTIALS={named} is not a file" if named else f"no {usual}"
        yield Need("credentials", f"{where}: gcloud auth application-default login")
