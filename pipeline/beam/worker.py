"""A worker process of the in-process engine: Beam's own, but quiet unless something is wrong."""

from __future__ import annotations

import logging
import sys

if __name__ == "__main__":
    # The harness sets the level of the root logger to INFO before it knows any option. Only
    # here: whoever just imports this module, as the collector of doctests does, still logs.
    logging.disable(logging.WARNING)

from apache_beam.runners.worker.sdk_worker_main import main

if __name__ == "__main__":
    main(sys.argv)
