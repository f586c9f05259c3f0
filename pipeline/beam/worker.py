"""The program that a worker process runs: Beam's own, but quiet. Read ``main``.

A module of its own, because a worker must be able to watch its parent before Beam is imported.
"""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path

from pipeline.beam.lifeline import exit_with_parent


def main() -> None:
    """Work until the main process has no more to do, or no longer exists.

    Arguments of the command line: the file descriptor of the lifeline, and the folder to delete
    when the main process was killed.
    """
    exit_with_parent(int(sys.argv[1]), Path(sys.argv[2]))
    # Failures are part of a worker's answers. What else Beam logs, at length when the main
    # process is killed, is of no use to anybody.
    logging.disable(logging.CRITICAL)
    threading.excepthook = id
    from apache_beam.runners.worker import sdk_worker_main  # noqa: PLC0415 - takes a second

    sdk_worker_main.main(sys.argv)
