"""Live counters of a run at work: each worker counts in a small file, the main process adds up.

A counter is a few integers in a memory-mapped file of the staging folder, one file per thread, so
that nobody waits for anybody and adding costs a fraction of a microsecond. They are for the
live display only: the account of a run is counted elsewhere, exactly. Counting errors, e.g. on a
full disk, are ignored.
"""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import threading
from pathlib import Path

COUNTS = ("surveyed_bytes", "cleaned_bytes", "records", "rejects", "steps", "written_blocks")
"""What is counted: bytes of input whose lines were counted (with ``clean.site_pages``), and that
were cleaned; records read, and those of them rejected so far; steps of deduplication; blocks whose
tables are written."""
_PLACES = {name: place for place, name in enumerate(COUNTS)}
_LAYOUT = struct.Struct(f"={len(COUNTS)}q")
_threads = threading.local()


class Counter:
    """The counts of one thread."""

    def __init__(self, folder: Path) -> None:
        """Open a file of zeros in *folder*, or count for nobody where that is impossible."""
        self._values = memoryview(bytearray(_LAYOUT.size)).cast("q")
        path = folder / f"{os.getpid()}-{threading.get_native_id()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("w+b") as file:
                file.write(bytes(_LAYOUT.size))
                file.flush()
                self._values = memoryview(mmap.mmap(file.fileno(), _LAYOUT.size)).cast("q")
        except OSError:
            pass

    def add(self, name: str, amount: int = 1) -> None:
        """Add *amount* to the count *name*, one of ``COUNTS``."""
        self._values[_PLACES[name]] += amount


def counter_of(staging: str) -> Counter:
    """Give this thread's counter of the run that works in the folder *staging*."""
    key = (staging, os.getpid())
    if getattr(_threads, "key", None) != key:
        _threads.key, _threads.counter = key, Counter(_folder(staging))
    counter: Counter = _threads.counter
    return counter


def counted(staging: str) -> dict[str, int]:
    """Add up what all workers have counted so far."""
    sums = [0] * len(COUNTS)
    try:
        files = list(_folder(staging).iterdir())
    except OSError:
        files = []
    for path in files:
        try:
            values = _LAYOUT.unpack(path.read_bytes())
        except (OSError, struct.error):
            continue  # not there yet, or no more
        sums = [total + value for total, value in zip(sums, values, strict=True)]
    return dict(zip(COUNTS, sums, strict=True))


def forget(staging: str) -> None:
    """Take away what workers of a run that was interrupted have counted."""
    shutil.rmtree(_folder(staging), ignore_errors=True)
    _threads.key = None


def _folder(staging: str) -> Path:
    return Path(staging, "progress")
