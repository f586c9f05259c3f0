"""A worker process of the in-process engine: Beam's own, but quiet unless something is wrong.

usage: python -m pipeline.beam.worker PORT (of the main process's lifeline)
"""

from __future__ import annotations

import logging
import sys
import threading

if __name__ == "__main__":
    # The harness sets the level of the root logger to INFO before it knows any option. Only
    # here: whoever just imports this module, as the collector of doctests does, still logs.
    logging.disable(logging.WARNING)
    # When the main process is killed, threads that talk to it say so at length.
    threading.excepthook = id

from apache_beam.runners.worker.sdk_worker_main import main

from pipeline.beam.lifeline import hang_on

if __name__ == "__main__":
    hang_on(int(sys.argv.pop(1)))
    main(sys.argv)
