"""The programs of worker processes: Beam's own, without its logging. Read ``main``.

This is a separate module because a worker must watch its parent before Beam is imported.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path

from pipeline.beam.lifeline import exit_with_parent, is_fatal


def main() -> None:
    """Work for the in-process engine until it stops or exits.

    Command-line arguments: the file descriptor of the lifeline, and the folder to delete if the
    main process is killed.
    """
    _prepare()
    from apache_beam.runners.worker import sdk_worker_main  # noqa: PLC0415 - takes a second

    sdk_worker_main.main(sys.argv)


def serve_engine() -> None:
    """Work for another engine until it closes the connection or the pool exits.

    A third argument is the file descriptor of a pipe: the worker writes a byte to it when it has
    connected.
    """
    _prepare()
    from apache_beam.runners.worker import sdk_worker_main  # noqa: PLC0415

    from pipeline.beam import work  # noqa: F401, PLC0415 - all that a bundle needs

    _, harness, _ = sdk_worker_main.create_harness(os.environ)
    ready = int(sys.argv[3])
    os.write(ready, b"1")
    os.close(ready)
    harness.run()
    # Bundles of an engine that has exited may still be running; do not wait for them.
    os._exit(0)


def _prepare() -> None:
    exit_with_parent(int(sys.argv[1]), Path(sys.argv[2]))
    # Replies contain failures; everything else that Beam logs here is noise.
    logging.disable(logging.CRITICAL)
    threading.excepthook = _thread_ended


def _thread_ended(failure: threading.ExceptHookArgs) -> None:
    if is_fatal(failure):
        os.write(2, f"{type(failure.exc_value).__name__}: {failure.exc_value}\n".encode())
        os._exit(1)
