"""The program that a worker process runs: Beam's own, but quiet unless something is wrong.

usage: python -m pipeline.beam.worker PORT (of the main process's lifeline)
"""

from __future__ import annotations

import logging
import sys
import threading

if __name__ == "__main__":
    # The harness sets the level of the root logger to INFO before it knows any option.
    logging.disable(logging.WARNING)
    # When the main process is killed, threads that talk to it print long tracebacks.
    threading.excepthook = id

from apache_beam.runners.worker.sdk_worker_main import main

from pipeline.beam.lifeline import exit_with_parent

if __name__ == "__main__":
    exit_with_parent(int(sys.argv.pop(1)))
    main(sys.argv)
