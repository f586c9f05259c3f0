"""Samples: a fixed quarter of a text's shingles with their places.

Which shingles are in the sample depends on their hash alone, so that what two texts share
is sampled at the same rate in both. A sample is small enough to be joined over all texts
and, unlike the whole set, it knows where in the text each shingle stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import offsets_of
from pipeline.dedup.shingles import Shingles, concatenate, rolled_blocks

SAMPLED = 64
"""Of 256 shingles so many are sampled."""
_KEY_BITS = np.uint64(32)
_QUOTATION = re.compile(r"[\"“„«][^\"“”„«»]{40,1000}[\"“”»][^\"“”„«»\n]{0,80}")
"""A text that is one quotation and who said it."""


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
    """Return the keys of samples: 32 bits of each shingle."""
    return (values >> _KEY_BITS).astype(np.uint32)


def places_of(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the places of samples, in words."""
    return (values & np.uint64(0xFFFFFFFF)).astype(np.int64)


def shingle_and_sample(texts: Sequence[str], shingle_words: int) -> tuple[Shingles, Samples]:
    """Make the shingle sets of a block of texts, and sample them: ``shingle_block``, once.

    A short text that is one quotation has none, and is found as an exact copy only: that other
    stories quote it too says nothing of what it tells.

    Raises:
        ValueError: if shingle_words is below 1.
    """
    texts = ["" if text[:1] in '"“„«' and _QUOTATION.fullmatch(text) else text for text in texts]
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


def _sample(
    rolled: NDArray[np.uint64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    chosen = np.flatnonzero((rolled & np.uint64(0xFF)) < SAMPLED)
    low, high = np.searchsorted(chosen, starts), np.searchsorted(chosen, ends)
    # What begins behind the end of a text's shingles reaches into the next text.
    owners = np.searchsorted(starts, chosen, side="right") - 1
    within = chosen < ends[owners]
    chosen, owners = chosen[within], owners[within]
    values = rolled[chosen] >> _KEY_BITS << _KEY_BITS
    values |= np.minimum(chosen - starts[owners], 0xFFFFFFFF).astype(np.uint64)
    bounds = offsets_of(high - low)
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        values[start:end].sort()
    distinct = np.ones(len(values), np.bool_)
    keys = values >> _KEY_BITS
    distinct[1:] = (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])
    return values[distinct], np.bincount(owners[distinct], minlength=len(starts))
