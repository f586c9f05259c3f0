"""What earlier runs have seen, gathered in one file so that no run reads all of them again.

    output/.index/seen.npz    sorted digests of ids, of inputs, and of files as they lay there

It holds nothing that the committed runs do not say, but for the last: what a file looked like
(its size and times) when it was read, so that it need not be read again to learn that it is the
same. It may be deleted at any time: it is made anew, and all inputs are read once more.
"""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from pipeline.ledger.history import ids_of, inputs_of
from pipeline.read.parts import digest_look
from pipeline.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.ledger.history import CommittedRun

SETTLED_NS = 2_000_000_000
"""A file that changed less than so long before it was looked at may change again within the
same tick of the file system's clock: its looks prove nothing."""

KINDS = ("ids", "inputs", "looks")


@dataclass(frozen=True, eq=False)
class Digests:
    """Digests, each with the sequence of the run that saw it; n of them.

    Attributes:
        digests: S16[n], ascending.
        sequences: uint32[n].
    """

    digests: NDArray[np.bytes_]
    sequences: NDArray[np.uint32]

    def sequence_of(self, digest: bytes) -> int | None:
        """Give the run that saw *digest*; None when none did."""
        wanted = np.array(digest, "S16")
        place = int(np.searchsorted(self.digests, wanted))
        seen = place < len(self.digests) and self.digests[place] == wanted
        return int(self.sequences[place]) if seen else None

    def __contains__(self, digest: bytes) -> bool:
        return self.sequence_of(digest) is not None

    def of(self, sequences: Iterable[int]) -> Digests:
        """Keep what those runs saw."""
        kept = np.isin(self.sequences, list(sequences))
        return self if kept.all() else Digests(self.digests[kept], self.sequences[kept])

    def plus(self, digests: Sequence[bytes], sequences: Sequence[int]) -> Digests:
        """Add what more runs saw: digests, and the run of each."""
        if not digests:
            return self
        all_ = np.concatenate([self.digests, np.frombuffer(b"".join(digests), "S16")])
        numbers = np.append(self.sequences, np.array(sequences, np.uint32))
        order = np.argsort(all_, kind="stable")
        return Digests(all_[order], numbers[order])


@dataclass(frozen=True, eq=False)
class Index:
    """What some committed runs have seen.

    Attributes:
        covers: the runs, by sequence.
        ids: of records, kept or rejected.
        inputs: ``input_digest`` of every file that need not be read again.
        looks: ``look_of`` the same files, as far as they are known.
    """

    covers: dict[int, str]
    ids: Digests
    inputs: Digests
    looks: Digests

    def reader_of(self, source: str, digest: str | None) -> int | None:
        """Give the run that read a file of that name and content (None: unreadable).

        Returns:
            Its sequence; None when the file is still to be read.
        """
        return self.inputs.sequence_of(input_digest(source, digest))

    def knows_look(self, look: bytes | None) -> bool:
        """Say whether a file that looks like this was read."""
        return look is not None and look in self.looks

    def following(self, runs: Sequence[CommittedRun]) -> Index:
        """Bring it to what *runs* have seen: forget all others, read those that it lacks."""
        wanted = {run.sequence: run.run_id for run in runs}
        same = [number for number, name in self.covers.items() if wanted.get(number) == name]
        ids, inputs, looks = (each.of(same) for each in (self.ids, self.inputs, self.looks))
        for run in runs:
            if run.sequence not in same:
                kept = ids_of(run)
                read = [input_digest(*each) for each in inputs_of(run)]
                ids = ids.plus(kept, [run.sequence] * len(kept))
                inputs = inputs.plus(read, [run.sequence] * len(read))
        return Index(wanted, ids, inputs, looks)

    def without(self, sequences: Iterable[int]) -> Index:
        """Forget what those runs have seen; ``following`` reads it again."""
        left = self.covers.keys() - set(sequences)
        covers = {number: name for number, name in self.covers.items() if number in left}
        return Index(covers, *(getattr(self, name).of(left) for name in KINDS))

    def gathered(self, into: Mapping[int, int]) -> Index:
        """Let one run have seen what several have: sequence of each → that of the one.

        Those that it does not cover all of it forgets.
        """
        lacking = {into[number] for number in into if number not in self.covers}
        unknown = [number for number in into if into[number] in lacking]
        known = self.without(unknown)
        tables = []
        for name in KINDS:
            found: Digests = getattr(known, name)
            numbers = [into.get(number, number) for number in found.sequences.tolist()]
            tables.append(Digests(found.digests, np.array(numbers, np.uint32)))
        covers = {n: name for n, name in known.covers.items() if into.get(n, n) == n}
        return Index(covers, *tables)

    def with_looks(self, looks: Sequence[tuple[bytes, int]]) -> Index:
        """Add what files looked like, and the runs that read them."""
        seen, sequences = [look for look, _ in looks], [sequence for _, sequence in looks]
        return replace(self, looks=self.looks.plus(seen, sequences))


def input_digest(source: str, digest: str | None) -> bytes:
    """Digest a file's name and content: 16 bytes."""
    return blake2b(f"{digest} {source}".encode(), digest_size=16).digest()


def look_of(path: str, source: str, now_ns: int) -> bytes | None:
    """Digest what a file looks like (``digest_look``), where that proves something.

    Args:
        now_ns: when it is looked at, in nanoseconds since 1970.

    Returns:
        16 bytes; None when it changed too shortly before, or cannot be looked at.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - may be no valid Path
    except OSError:
        return None
    if max(found.st_mtime_ns, found.st_ctime_ns) > now_ns - SETTLED_NS:
        return None
    return digest_look(found, source)


def load_index(output: Path) -> Index:
    """Read the index of *output*; an empty one when there is none, or it is damaged."""
    try:
        with np.load(_path(output), allow_pickle=False) as file:
            covers = {int(n): str(name) for n, name in json.loads(str(file["covers"])).items()}
            tables = [Digests(file[name], file[f"{name}.sequences"]) for name in KINDS]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        nothing = Digests(np.empty(0, "S16"), np.empty(0, np.uint32))
        return Index({}, nothing, nothing, nothing)
    return Index(covers, *tables)


def save_index(output: Path, index: Index) -> None:
    """Write the index of *output*, whole or not at all."""
    arrays = {"covers": np.array(json.dumps(index.covers))}
    for name in KINDS:
        found: Digests = getattr(index, name)
        arrays |= {name: found.digests, f"{name}.sequences": found.sequences}
    with replacing(_path(output)) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _path(output: Path) -> Path:
    return output / ".index" / "seen.npz"
