"""The working folder of a run: intermediate files of its steps, and the result.

.staging/<run_id>/
  plan.json
  seen.npy                      ids of earlier runs, if there are any
  tombstones.npy                tombstones of texts that were taken down, if any
  blocks/00007.articles.arrow   cleaned, not yet deduplicated
         00007.rejects.arrow
         00007.members          one fixed-size record per article (dedup.steps.layouts)
         00007.shingles         their shingles, concatenated
         00007.samples          their sampled shingles with positions, concatenated
         00007.keys             all their keys, with kind and row, sorted by key
         00007.figures          hashes of their figures, concatenated
         00007.names            hashes of their names, concatenated
         00007.runs.json        in a block of earlier articles: the runs that published them
         00007.sightings        records that an earlier run has seen, if there are any
         00007.cleaned.json     counts; written last: the block is complete
         00007.written.json     counts of the finished tables
  lines.json                    the files of short lines of earlier runs' pages
  00007.lines.npy               short lines of a block's pages, by site
  site_lines.3.npy              lines on many pages of their site, for one shard of sites
  kept_lines.3.npy              lines that later runs need
  site_lines.npy                lines on many pages of their site, for all shards
  window.json                   the files of earlier articles that new ones are compared with
  window.3.pairs.npy            earlier and new articles that share a key of one shard
  window.3.held.npy             shingles of new articles in clusters of earlier runs, of one shard
  window.3.crowded.npy          keys that very many earlier articles have, of one shard
  window.labels.npy             an article found, and the first one of its cluster
  window.clusters.npy           the clusters of the articles found
  window.counts.json            counts of what was found in them
  common/3.npy                  common sampled shingles of one shard, ascending
  progress/                     live counters, one file or object per thread
  result/                       becomes output/runs/<run_id>/
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from pipeline.storage import Place, local, place_of, remove_tree, replacing, write_bytes
from pipeline.storage.objects import StorePath

PLAN = "plan.json"
Note = TypeVar("Note")
_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


@dataclass(frozen=True, slots=True)
class RunName:
    """The columns of every row that name the run."""

    run_id: str
    logical_date: date


@dataclass(slots=True)
class PartCount:
    """What was found in an input file, or in one part of it.

    ``retry``: reading failed but may succeed later, so the file does not count as read.
    """

    source: str
    read: int = 0
    unchanged: int = 0
    unfinished: int = 0
    retry: bool = False


@dataclass(slots=True)
class CleanedCounts:
    """The counts of a cleaned block."""

    parts: list[PartCount] = field(default_factory=list)
    articles: int = 0
    rejects: int = 0
    ignored_fields: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class WrittenCounts:
    """The counts of a written block; ``errors`` are rejects, ``undated_articles`` articles.

    ``unchanged``: source → records whose id occurs earlier in the run. ``joined``: ``cluster_id`` →
    rows that belong to the cluster of another article.
    """

    articles: int = 0
    duplicates: int = 0
    rejects: int = 0
    errors: int = 0
    undated_articles: int = 0
    unchanged: Counter[str] = field(default_factory=Counter)
    rejects_by_reason: Counter[str] = field(default_factory=Counter)
    duplicates_by_match: Counter[str] = field(default_factory=Counter)
    removed_by_rule: Counter[str] = field(default_factory=Counter)
    joined: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class WindowPart:
    """A published file of articles, the file of its keys, and the number of rows in each."""

    articles: str
    keys: str
    rows: int


@dataclass(frozen=True, slots=True)
class Window:
    """The files of earlier articles that new ones are compared with, oldest first.

    ``shards``: number of ranges in which keys are looked up in them.
    """

    parts: tuple[WindowPart, ...] = ()
    shards: int = 0


@dataclass(slots=True)
class WindowCounts:
    """Articles in the window of earlier runs, and those that new ones may be copies or versions of.

    ``crowded_keys``: bands and shingles of new articles shared by too many articles of the window
    to compare all of them.
    """

    articles: int = 0
    compared: int = 0
    crowded_keys: int = 0


@dataclass(frozen=True, slots=True)
class Staging:
    """The files of a running run. Picklable: all it holds is the name of the folder."""

    folder: str

    @property
    def place(self) -> Place:
        """The folder as a place."""
        return place_of(self.folder)

    @property
    def result(self) -> Place:
        """The folder that becomes the published run; in an object store, its final place.

        In an object store, another process may finish the same run and delete its staging. Results
        computed after that lack the facts about earlier runs, and must not replace published files.
        So nothing is written there unless the plan still exists.
        """
        place = self.place
        if isinstance(place, Path):
            return place / "result"
        return replace(place.parent.parent / "runs" / place.name, needs=place / PLAN)

    @property
    def manifest_folder(self) -> Place:
        """The folder of the manifest before the commit."""
        return self.result if isinstance(self.place, Path) else self.place

    @property
    def plan_file(self) -> Place:
        """The frozen plan; if it exists, the run is unfinished."""
        return self.place / PLAN

    def remove(self) -> None:
        """Delete the folder; in an object store, the plan first: see ``result``."""
        place = self.place
        if isinstance(place, StorePath):
            place.remove([place / PLAN])
        remove_tree(place)

    def prepare(self, seen: NDArray[np.bytes_], tombstones: Collection[bytes] = ()) -> None:
        """Prepare the folder for the first block.

        *seen* are the ids that earlier runs kept or rejected, S16, ascending; *tombstones* those of
        texts that must not come back, 16 bytes each.
        """
        if len(seen):
            self.write_array("seen", seen)
        if tombstones:
            digests = np.frombuffer(b"".join(sorted(tombstones)), np.uint8)
            self.write_array("tombstones", digests.reshape(-1, 16))

    def tombstones(self) -> frozenset[bytes]:
        """Read the tombstones."""
        digests = self.array("tombstones")
        return frozenset() if digests is None else frozenset(map(bytes, digests))

    def block_file(self, index: int, kind: str) -> Place:
        """Return the path of a block's file of one kind, such as ``articles.arrow``."""
        return self.place / "blocks" / f"{index:05d}.{kind}"

    def common_keys(self) -> NDArray[np.uint32]:
        """Read the common keys of all shards: uint32, ascending."""
        found = [np.load(local(file)) for file in (self.place / "common").glob("*.npy")]
        return np.sort(np.concatenate([np.empty(0, np.uint32), *found]))

    def write(self, name: str, note: object) -> None:
        """Write a dataclass or a list under *name*."""
        write_bytes(self.place / f"{name}.json", _adapter(type(note)).dump_json(note))

    def read(self, name: str, default: Note) -> Note:
        """Read what ``write`` wrote; *default*, of the same type, if there is nothing."""
        try:
            return self._read(name, type(default))
        except FileNotFoundError:
            return default

    def _read(self, name: str, kind: type[Note]) -> Note:
        found: Note = _adapter(kind).validate_json((self.place / f"{name}.json").read_bytes())
        return found

    def window(self) -> Window:
        """Read which files of earlier articles the run compares with."""
        return self.read("window", Window())

    def write_array(self, name: str, array: NDArray[Any]) -> None:
        """Write an array under *name*, such as ``background``."""
        with replacing(self.place / f"{name}.npy") as temporary, temporary.open("wb") as file:
            np.save(file, array)

    def array(self, name: str, mmap_mode: Literal["r"] | None = None) -> NDArray[Any] | None:
        """Read back an array, or map it into memory; None if there is none."""
        path = self.place / f"{name}.npy"
        try:
            found: NDArray[Any] = np.load(local(path), mmap_mode)
        except FileNotFoundError:
            return None
        return found

    def table_file(self, index: int, table: str) -> Place:
        """Return the path of a block's part of a table, or of state such as ``state/keys``."""
        return self.result / table / f"part-{index:05d}.parquet"

    def note(self, index: int, kind: str, counts: CleanedCounts | WrittenCounts) -> None:
        """Write the *counts* of a block, which mark the step as finished."""
        self.write(f"blocks/{index:05d}.{kind}", counts)

    def note_times(self, indices: Iterable[int], kind: str) -> dict[int, float]:
        """Return finished block → Unix time when its step of this *kind* was finished."""
        notes = {index: self.block_file(index, f"{kind}.json") for index in indices}
        folder = self.place / "blocks"
        if isinstance(folder, Path):
            found = {index: note for index, note in notes.items() if note.exists()}
            return {index: note.stat().st_mtime for index, note in found.items()}
        times = {path: stat.st_mtime for path, stat in folder.files()} if notes else {}
        return {index: times[note] for index, note in notes.items() if note in times}

    def cleaned(self, indices: range) -> Iterator[CleanedCounts]:
        """Read the counts of cleaned blocks."""
        return (self._read(f"blocks/{index:05d}.cleaned", CleanedCounts) for index in indices)

    def written(self, indices: range) -> Iterator[WrittenCounts]:
        """Read the counts of written blocks."""
        return (self._read(f"blocks/{index:05d}.written", WrittenCounts) for index in indices)


STAGES = ("count_lines", "clean", "deduplicate", "write")
COUNTS = (
    *("surveyed_bytes", "cleaned_bytes", "records", "rejects", "steps", "written_blocks"),
    *STAGES,
)
"""Live counts: input bytes whose lines were counted (``clean.site_pages``), and that were cleaned;
records read, and rejected; steps of deduplication; blocks written; CPU µs of each stage."""
_PLACES = {name: place for place, name in enumerate(COUNTS)}
_threads = threading.local()
SEND_EVERY_S = 2.0
"""Seconds after which a worker sends its counts to an object store again, and they are read."""


class LiveCounter:
    """The counts of one thread, for the progress display only; the account is counted separately.

    They are integers in a memory-mapped file per thread: no locks, and adding costs a fraction of
    a microsecond. In an object store they are an object, written at the end of each step and every
    ``SEND_EVERY_S``. Errors such as a full disk are ignored.
    """

    def __init__(self, folder: Place) -> None:
        """Create a file of zeros in *folder*; if that fails, the counts are not shown."""
        self._values = np.zeros(len(COUNTS), np.int64).data
        self._sent = time.monotonic()
        self._object = None if isinstance(folder, Path) else folder / uuid4().hex
        if isinstance(folder, Path):
            path = folder / f"{os.getpid()}-{threading.get_native_id()}"
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self._values)
                self._values = np.memmap(path, np.int64, "r+").data

    def add(self, name: str, amount: int = 1) -> None:
        """Add *amount* to *name*, one of ``COUNTS``; the name of a stage also ends a step."""
        self._values[_PLACES[name]] += amount
        if self._object and (name in STAGES or time.monotonic() - self._sent >= SEND_EVERY_S):
            with suppress(OSError):
                self._object.put(bytes(self._values))
            self._sent = time.monotonic()


def counter_of(staging: str) -> LiveCounter:
    """Return this thread's counter for the run in the folder *staging*."""
    key = (staging, os.getpid())
    if getattr(_threads, "key", None) != key:
        _threads.key, _threads.counter = key, LiveCounter(place_of(staging) / "progress")
    counter: LiveCounter = _threads.counter
    return counter


def counted(staging: str) -> dict[str, int]:
    """Add up what all workers have counted so far."""
    sums = np.zeros(len(COUNTS), np.int64)
    for content in _counts_below(place_of(staging) / "progress"):
        if len(content) == sums.nbytes:  # else it is being written
            sums += np.frombuffer(content, np.int64)
    return dict(zip(COUNTS, sums.tolist(), strict=True))


def _counts_below(folder: Place) -> Iterator[bytes]:
    with suppress(OSError):  # there is none yet, or none any more
        if isinstance(folder, StorePath):
            yield from (_fetched(path, stat.version) for path, stat in folder.files())
            return
        for path in folder.iterdir():
            with suppress(OSError):
                yield path.read_bytes()


@lru_cache(maxsize=4096)
def _fetched(path: StorePath, _version: str) -> bytes:
    return path.read_bytes()


def forget(staging: str) -> None:
    """Delete the live counts of an interrupted run."""
    with suppress(OSError):
        remove_tree(place_of(staging) / "progress")
    _threads.key = None
