"""The programs that worker processes run: Beam's own, but quiet. Read ``main``.

A module of its own, because a worker must be able to watch its parent before Beam is imported.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path

from pipeline.beam.lifeline import ends_the_work, exit_with_parent


def main() -> None:
    """Work for the in-process engine until it has no more to do, or no longer exists.

    Arguments of the command line: the file descriptor of the lifeline, and the folder to delete
    when the main process was killed.
    """
    _prepare()
    from apache_beam.runners.worker import sdk_worker_main  # noqa: PLC0415 - takes a second

    sdk_worker_main.main(sys.argv)


def serve_engine() -> None:
    """Work for another engine until it closes the connection, or the pool no longer exists.

    A third argument is the file descriptor of a pipe: a byte in it means that the worker has
    loaded and has connected; closed without, that it could not.
    """
    _prepare()
    from apache_beam.runners.worker import sdk_worker_main  # noqa: PLC0415

    from pipeline.beam import transforms  # noqa: F401, PLC0415 - all that a bundle needs

    _, harness, _ = sdk_worker_main.create_harness(os.environ)
    ready = int(sys.argv[3])
    os.write(ready, b"1")
    os.close(ready)
    harness.run()
    # Bundles of an engine that is gone may still be at work: nobody waits for them.
    os._exit(0)


def _prepare() -> None:
    exit_with_parent(int(sys.argv[1]), Path(sys.argv[2]))
    # Failures are part of a worker's answers. What else Beam logs, at length when the main
    # process is killed, is of no use to anybody.
    logging.disable(logging.CRITICAL)
    threading.excepthook = _thread_ended


def _thread_ended(failure: threading.ExceptHookArgs) -> None:
    if ends_the_work(failure):
        os.write(2, f"{type(failure.exc_value).__name__}: {failure.exc_value}\n".encode())
        os._exit(1)
