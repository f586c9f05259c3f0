"""Worker processes: Beam's own program, without its logging. Read ``start_worker``, then ``main``.

Beam is imported late, because a worker must watch its parent before.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.beam.lifeline import exit_with_parent, is_fatal, start
from pipeline.guard import python_command

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence


def start_worker(
    settings: dict[str, str], log: Path, inherited: Sequence[int], **options: Any
) -> subprocess.Popen[bytes]:
    """Start a worker process.

    Args:
        settings: its id, options and the address to connect to, as Beam's environment variables.
        log: for its output, in the folder for its temporary files, which it deletes if the main
            process is killed.
        inherited: the file descriptor of the lifeline; perhaps also of a pipe, to which the worker
            writes a byte when it has connected.
        options: for ``subprocess.Popen``.
    """
    code = "from pipeline.beam.worker import main; main()"
    command = python_command(code, str(log.parent), *map(str, inherited))
    environment = os.environ | settings | {"TMPDIR": str(log.parent)}
    return start(command, log, inherited, env=environment, **options)


def main() -> None:
    """Work for an engine until it closes the connection, or the main process exits.

    Command-line arguments: the folder, and the file descriptors; see ``start_worker``.
    """
    folder, lifeline, *ready = sys.argv[1:]
    exit_with_parent(int(lifeline), Path(folder))
    # Replies contain failures; everything else that Beam logs here is noise.
    logging.disable(logging.CRITICAL)
    threading.excepthook = _thread_ended
    from apache_beam.runners.worker import sdk_worker_main  # noqa: PLC0415 - takes a second

    from pipeline.beam import work  # noqa: F401, PLC0415 - all that a bundle needs

    _, harness, _ = sdk_worker_main.create_harness(os.environ)
    for descriptor in map(int, ready):
        os.write(descriptor, b"1")
        os.close(descriptor)
    harness.run()
    # Bundles of an engine that has exited may still be running; do not wait for them.
    os._exit(0)


def _thread_ended(failure: threading.ExceptHookArgs) -> None:
    if is_fatal(failure):
        os.write(2, f"{type(failure.exc_value).__name__}: {failure.exc_value}\n".encode())
        os._exit(1)
