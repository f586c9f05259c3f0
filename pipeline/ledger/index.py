"""What a run needs of earlier runs, so that it need not open all of them.

    output/.index/seen.npz    sorted digests of ids; of inputs, their names and file stats ("looks")
    output/.index/keys-*/     keys of articles in the window, made again from their texts

The look of a file (its size and times) shows that it was read before, without opening it. If the
index is deleted, it is rebuilt from the published runs, except for looks: all inputs are opened
once more. Read ``Index`` and ``window_of`` first.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.config import CleanConfig, DedupConfig
from pipeline.ledger.history import (
    CommittedRun,
    check_tables,
    ids_of,
    inputs_of,
    state_file,
    table_files,
)
from pipeline.read.parts import digest_look
from pipeline.staging import WindowPart
from pipeline.storage import Place, open_own, opened, replacing
from pipeline.text.unicode import digest as digest_of
from pipeline.write.parquet import undamaged

SETTLED_NS = 2_000_000_000
"""A file that changed more recently may change again within the same time stamp: its look is not
used."""
LINES_DAYS = 30
"""Days over which the lines of a site are counted, because menus and teasers change."""


@dataclass(frozen=True, eq=False)
class Digests:
    """n digests, S16[n], ascending, each with the sequence of the run that saw it.

    ``sequences``: uint32[n], ascending for one digest.
    """

    digests: NDArray[np.bytes_]
    sequences: NDArray[np.uint32]

    def sequence_of(self, digest: bytes) -> int | None:
        """Return the sequence of the newest run that saw *digest*, or None."""
        wanted = np.array(digest, "S16")
        place = int(np.searchsorted(self.digests, wanted, side="right")) - 1
        seen = place >= 0 and self.digests[place] == wanted
        return int(self.sequences[place]) if seen else None

    def __contains__(self, digest: bytes) -> bool:
        return self.sequence_of(digest) is not None

    def of(self, sequences: Iterable[int]) -> Digests:
        """Return the digests of these runs."""
        kept = np.isin(self.sequences, list(sequences))
        return self if kept.all() else Digests(self.digests[kept], self.sequences[kept])

    def gathered(self, into: Mapping[int, int]) -> Digests:
        """Give the digests of each run in *into* to the run that it is mapped to."""
        numbers = [into.get(number, number) for number in self.sequences.tolist()]
        return Digests(self.digests, np.array(numbers, np.uint32))

    def plus(
        self, digests: Sequence[bytes] | NDArray[np.bytes_], sequences: Sequence[int] | int
    ) -> Digests:
        """Add digests, with one sequence for each or for all."""
        if not len(digests):
            return self
        new = np.array(digests, "S16")
        numbers = np.broadcast_to(np.array(sequences, np.uint32), len(new))
        order = np.lexsort((numbers, new))
        new, numbers = new[order], numbers[order]
        places = np.searchsorted(self.digests, new, side="right")
        all_ = np.insert(self.digests, places, new)
        sequences_of_all = np.insert(self.sequences, places, numbers)
        late = (all_[1:] == all_[:-1]) & (sequences_of_all[1:] < sequences_of_all[:-1])
        if late.any():  # from a run that is added after a later one
            order = np.lexsort((sequences_of_all, all_))
            sequences_of_all = sequences_of_all[order]
        return Digests(all_, sequences_of_all)


@dataclass(frozen=True, eq=False)
class Index:
    """What a set of published runs has seen.

    Attributes:
        covers: sequence → name of these runs.
        ids: ids of records kept or rejected.
        files: ``input_digest`` of every file that was read for good, and of its name with any
            content; ``look_of`` of these files, if known.
    """

    covers: dict[int, str]
    ids: Digests
    files: Digests

    def reader_of(self, source: str, digest: str | None) -> int | None:
        """Return the sequence of the newest run that read this file, or None.

        Also None if a newer run read other content at its path: the file has changed back. *digest*
        is that of its content; None for an unreadable file.
        """
        reader = self.files.sequence_of(input_digest(source, digest))
        newest = self.files.sequence_of(input_digest(source, _ANY))
        return None if reader is None or (newest or 0) > reader else reader

    def following(self, runs: Sequence[CommittedRun]) -> Index:
        """Return the index of exactly *runs*: drop other runs, read missing ones."""
        wanted = {run.sequence: run.run_id for run in runs}
        same = [number for number, name in self.covers.items() if wanted.get(number) == name]
        ids, files = self.ids.of(same), self.files.of(same)
        for run in runs:
            if run.sequence not in same:
                read = inputs_of(run)
                read += [(source, _ANY) for source, digest in read if digest is not None]
                ids = ids.plus(ids_of(run), run.sequence)
                files = files.plus([input_digest(*each) for each in read], run.sequence)
        return Index(wanted, ids, files)

    def without(self, sequences: Iterable[int]) -> Index:
        """Drop these runs; ``following`` reads them again."""
        left = self.covers.keys() - set(sequences)
        covers = {number: name for number, name in self.covers.items() if number in left}
        return Index(covers, self.ids.of(left), self.files.of(left))

    def gathered(self, into: Mapping[int, int]) -> Index:
        """Merge runs: *into* maps the sequence of each to that of the merged run.

        If one of them is not covered, the merged run is dropped.
        """
        lacking = {into[number] for number in into if number not in self.covers}
        unknown = [number for number in into if into[number] in lacking]
        known = self.without(unknown)
        covers = {n: name for n, name in known.covers.items() if into.get(n, n) == n}
        return Index(covers, known.ids.gathered(into), known.files.gathered(into))

    def with_looks(self, looks: Sequence[tuple[bytes, int]]) -> Index:
        """Add (look, sequence of the run that read the file) pairs."""
        seen, sequences = [look for look, _ in looks], [sequence for _, sequence in looks]
        return replace(self, files=self.files.plus(seen, sequences))


_ANY = "*"
"""Stands for any content of a file."""


def input_digest(source: str, digest: str | None) -> bytes:
    """Return the digest of a file's name and content, 16 bytes."""
    return digest_of(f"{digest} {source}")


def look_of(path: str, source: str, now_ns: int) -> bytes | None:
    """Return the digest of a file's stat (``digest_look``), 16 bytes.

    None if the file changed too recently or cannot be examined. *now_ns* is the time in nanoseconds
    since 1970.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - may be no valid Path
    except OSError:
        return None
    if max(found.st_mtime_ns, found.st_ctime_ns) > now_ns - SETTLED_NS:
        return None
    return digest_look(found, source)


def load_index(output: Place) -> Index:
    """Read the index of *output*; an empty one if it is missing or damaged."""
    try:
        with open_own(_path(output)) as stream, np.load(stream, allow_pickle=False) as file:
            covers = {int(n): str(name) for n, name in json.loads(str(file["covers"])).items()}
            ids = Digests(file["ids"], file["ids.sequences"])
            return Index(covers, ids, Digests(file["files"], file["files.sequences"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        nothing = Digests(np.empty(0, "S16"), np.empty(0, np.uint32))
        return Index({}, nothing, nothing)


def save_index(output: Place, index: Index) -> None:
    """Write the index of *output*, atomically."""
    arrays = {"covers": np.array(json.dumps(index.covers))}
    for name, found in (("ids", index.ids), ("files", index.files)):
        arrays |= {name: found.digests, f"{name}.sequences": found.sequences}
    with replacing(_path(output)) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _path(output: Place) -> Place:
    return output / ".index" / "seen.npz"


def window_of(
    runs: Sequence[CommittedRun], logical_date: date, config: DedupConfig, output: Place
) -> list[WindowPart]:
    """List the files of articles of the *runs* within ``dedup.window_days``, oldest first.

    Keys that are missing or were made with other settings are made again from the stored texts, and
    kept in ``.index`` for the next run.
    """
    parts = []
    for run in runs:
        if abs((logical_date - run.logical_date).days) > config.window_days:
            continue
        check_tables(run)
        for articles in table_files(run.folder, "articles"):
            with undamaged(articles):  # so that the message names the file
                rows = pq.read_metadata(opened(articles)).num_rows
                keys = _keys_for(articles, run, config, output)
            parts.append(WindowPart(str(articles.absolute()), str(keys.absolute()), rows))
    return parts if config.window_days else []


def lines_of(runs: Sequence[CommittedRun], logical_date: date, config: CleanConfig) -> list[str]:
    """List the files of short lines of the *runs* within ``LINES_DAYS``, oldest first."""
    found = [
        state_file(run.folder, "lines")
        for run in runs
        if config.site_pages and abs((logical_date - run.logical_date).days) <= LINES_DAYS
    ]
    return [str(path.absolute()) for path in found if path]


def _keys_for(articles: Place, run: CommittedRun, config: DedupConfig, output: Place) -> Place:
    from pipeline.dedup.steps.earlier.keys import (  # noqa: PLC0415 - datasketch, scipy
        made_with,
        sign_again,
        signature_settings,
        write_keys,
    )

    published = run.folder / "state" / "keys" / articles.name
    listed = isinstance(published, Path) or published in table_files(run.folder, "state/keys")
    if listed and made_with(published, config):
        return published
    settings = digest_of(signature_settings(config), 4).hex()
    again = output / ".index" / f"keys-{settings}" / run.run_id / articles.name
    if not made_with(again, config):
        write_keys(again, sign_again(articles, config, output / ".staging"))
    return again
