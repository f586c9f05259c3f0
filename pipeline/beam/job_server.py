"""The program that submits Beam jobs to an engine: Prism, or a job server in Java.

Beam could start it, but would stop it at the first Ctrl-C, before the job can be cancelled, and
leave it running if this process is killed. Here it runs exactly as long as the run.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.beam.options import Options
from pipeline.beam.worker import last_words, lifeline, start
from pipeline.errors import NewsieveError
from pipeline.guard import python_command

START_S = 60
"""Seconds within which a job server must start."""

_STOP_S = 30

_JVM = [
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
]
"""Options of Java 17 and newer for Spark; harmless for Flink."""


@contextmanager
def job_server(options: Options, folder: Path) -> Iterator[str]:
    """Start the job server of the engine; yield its address. *folder* is for its output and files.

    Raises NewsieveError if it does not start, or dies; with the last line that it printed.
    """
    if options.text("job_endpoint"):
        yield options.text("job_endpoint")
        return
    port = _free_port()
    log = folder / "job-server.log"
    # An interrupted run cancels its job first.
    with lifeline(signals=()) as held:
        code = "from pipeline.beam.worker import run_with_parent; run_with_parent()"
        command = python_command(code, str(held), *_command(options, port))
        process = start(command, log, [held], cwd=folder)
        try:
            _wait_until_ready(process, port, log)
            yield f"localhost:{port}"
        except Exception as error:
            if process.poll() is None or isinstance(error, NewsieveError):
                raise
            raise NewsieveError(f"the job server ended: {_last_words(log)}") from error
    process.wait(_STOP_S)


def _last_words(log: Path) -> str:
    return last_words(log) or "it said nothing"


def _command(options: Options, port: int) -> list[str]:
    engine = options.engine
    if options.runner == "PrismRunner":
        flags = ["--serve_http=false", f"--log_level={options.text('prism_log_level')}"]
        return [_program(options.text("prism_location")), f"--job_port={port}", *flags]
    artifacts = options.text("artifacts_dir") or tempfile.mkdtemp(prefix="artifacts")
    if "://" not in artifacts:
        artifacts = str(Path(artifacts).absolute())
    given = options.values["job_server_jvm_properties"]
    return [
        _program(options.text("job_server_java_launcher")),
        *given,
        *(each for each in _JVM if each not in given),
        "-jar",
        str(Path(options.text(engine.jar)).absolute()),
        f"--{engine.master.replace('_', '-')}",
        options.text(engine.master),
        "--artifacts-dir",
        artifacts,
        *("--job-port", str(port), "--artifact-port", "0", "--expansion-port", "0"),
    ]


def _program(name: str) -> str:
    """Return the absolute path of a program, because the job server runs in another folder."""
    return str(Path(shutil.which(name) or name).absolute())


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        if process.poll() is not None:
            raise NewsieveError(f"the job server does not start: {_last_words(log)}")
        try:
            socket.create_connection(("localhost", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise NewsieveError(
                    f"the job server does not listen after {START_S} s: {_last_words(log)}"
                ) from None
            time.sleep(0.1)
        else:
            return
