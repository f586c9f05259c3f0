"""Samples: a fixed quarter of a text's shingles with their places, and the figures in it.

Which shingles are in the sample depends on their hash alone, so that what two texts share
is sampled at the same rate in both. A sample is small enough to be joined over all texts
and, unlike the whole set, it knows where in the text each shingle stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.shingles import Shingles, concatenate, offsets_of, rolled_blocks

SAMPLED = 64
"""Of 256 shingles so many are sampled."""

_KEY_BITS = np.uint64(32)
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass(frozen=True, eq=False)
class Samples:
    """The sampled shingles of n texts, one text after the other.

    Attributes:
        values: uint64; the high 32 bits of a shingle, then its place, in words from the
            beginning. Those of one text are sorted, each key once, where it stands first.
        offsets: int64[n + 1]; text i has ``values[offsets[i]:offsets[i + 1]]``.
        positions: int64[n], places a shingle can have in the text: words, less the width, + 1.
    """

    values: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    positions: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many sampled shingles each text has: int64[n]."""
        return np.diff(self.offsets)


def keys_of(values: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Give the keys of samples: 32 bits of each shingle."""
    return (values >> _KEY_BITS).astype(np.uint32)


def places_of(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Give the places of samples, in words."""
    return (values & np.uint64(0xFFFFFFFF)).astype(np.int64)


def shingle_and_sample(texts: Sequence[str], shingle_words: int) -> tuple[Shingles, Samples]:
    """Make the shingle sets of a block of texts, and sample them: ``shingle_block``, once.

    Raises:
        ValueError: if shingle_words is below 1.
    """
    shingles, sampled, positions = [], [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    counts = [np.empty(0, np.int64)]
    for rolled in rolled_blocks(texts, shingle_words):
        values, lengths = _sample(rolled.values, rolled.starts, rolled.ends)
        sampled.append(values)
        counts.append(lengths)
        positions.append(rolled.ends - rolled.starts)
        shingles.append(rolled.sets())
    found = Samples(
        np.concatenate(sampled), offsets_of(np.concatenate(counts)), np.concatenate(positions)
    )
    return concatenate(shingles), found


def figures(text: str) -> NDArray[np.uint32]:
    """Hash the figures of *text*, sorted and distinct: 12, 3.5, 1,200, 14:05.

    >>> len(figures("On 12 May, 1,200 of 1,200 people paid 3.50."))
    3
    """
    found = {crc32(figure.encode()) for figure in printed_figures(text)}
    return np.array(sorted(found), np.uint32)


def printed_figures(text: str) -> set[str]:
    """Find the figures of *text* as they are printed.

    >>> sorted(printed_figures("On 12 May, 1,200 of 1,200 people paid 3.50."))
    ['1,200', '12', '3.50']
    """
    return set(_FIGURE.findall(text))


def _sample(
    rolled: NDArray[np.uint64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    chosen = np.flatnonzero((rolled & np.uint64(0xFF)) < SAMPLED)
    low, high = np.searchsorted(chosen, starts), np.searchsorted(chosen, ends)
    parts = [np.empty(0, np.uint64)]
    counts = np.zeros(len(starts), np.int64)
    bounds = zip(starts.tolist(), low.tolist(), high.tolist(), strict=True)
    for text, (start, first, last) in enumerate(bounds):
        places = chosen[first:last]
        values = rolled[places] >> _KEY_BITS << _KEY_BITS
        values |= np.minimum(places - start, 0xFFFFFFFF).astype(np.uint64)
        values.sort()
        repeated = np.zeros(len(values), np.bool_)
        np.equal(values[1:] >> _KEY_BITS, values[:-1] >> _KEY_BITS, out=repeated[1:])
        parts.append(values[~repeated])
        counts[text] = len(parts[-1])
    return np.concatenate(parts), counts
