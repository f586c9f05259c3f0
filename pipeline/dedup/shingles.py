"""Ragged: the set of all runs of k consecutive words of a text, as 64-bit hashes.

Samples are a fixed quarter of them, with their places. A shingle is sampled by its hash, so what
two texts share is sampled in both. A sample is small enough to be joined over all texts and, unlike
the whole set, has the place of each shingle in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Ragged, offsets_of, starts_of_runs
from pipeline.text.tokens import hash_words, mix

_FACTOR = np.uint64(0xD1342543DE82EF95)  # odd: multiplying loses nothing modulo 2**64
_TEXTS_AT_ONCE = 64  # arrays of so many texts of 450 words (230 KiB) fit the cache
SAMPLED = 64
"""Shingles sampled out of 256."""
_KEY_BITS = np.uint64(32)
_QUOTATION = re.compile(r"[\"“„«][^\"“”„«»]{40,1000}[\"“”»][^\"“”„«»\n]{0,80}")
"""A text that is one quotation and its speaker."""


@dataclass(frozen=True, eq=False)
class Samples(Ragged):
    """The sampled shingles of n texts: ``values`` are the high 32 bits, then the place in words.

    Each key of a text occurs once, at its first place. *positions* are int64[n], the places that a
    shingle can have in the text.
    """

    positions: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rolled:
    """Hashes of the shingles of a few texts, in reading order.

    Attributes:
        values: uint64, one for each word at which a shingle could begin.
        offsets: int64[n + 1], where the words of each text begin, and where the last ones end.
        ends: int64[n], where the shingles of each text end; later windows span two texts.
    """

    values: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    ends: NDArray[np.int64]

    def sets(self) -> Ragged:
        """Sort the shingles of each text and drop duplicates. Overwrites ``values``."""
        rolled, total = self.values, len(self.values)
        within = np.ones(total, np.bool_)
        first = np.zeros(total + 1, np.bool_)
        first[np.minimum(self.offsets, total)] = True
        bounds = (self.offsets[:-1].tolist(), self.ends.tolist(), self.offsets[1:].tolist())
        for start, end, stop in zip(*bounds, strict=True):
            rolled[start:end].sort()
            within[end:stop] = False
        distinct = first[:total]
        distinct[1:] |= rolled[1:] != rolled[:-1]
        distinct &= within
        return Ragged(rolled[distinct], offsets_of(distinct)[np.minimum(self.offsets, total)])


def shingle_block(texts: Sequence[str], shingle_words: int) -> Ragged:
    """Make the shingle sets of a block of texts; a text of fewer words has no shingle.

    The hash of a shingle only depends on its words and their order, not on the other texts or the
    machine. Any 32 of its bits are as good as any others. Raises ValueError as ``rolled_blocks``.
    """
    return concatenate([rolled.sets() for rolled in rolled_blocks(texts, shingle_words)])


def rolled_blocks(texts: Sequence[str], shingle_words: int) -> Iterator[Rolled]:
    """Hash the shingles of texts in reading order, a few texts at a time.

    Raises ValueError if shingle_words is below 1.
    """
    if shingle_words < 1:
        raise ValueError(f"shingle_words = {shingle_words}: a shingle has at least 1 word")
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        yield _roll(hash_words(texts[start : start + _TEXTS_AT_ONCE]), shingle_words)


def concatenate(parts: Sequence[Ragged]) -> Ragged:
    """Concatenate blocks of shingle sets."""
    counts = np.concatenate([np.empty(0, np.int64), *(part.counts for part in parts)])
    values = np.concatenate([np.empty(0, np.uint64), *(part.values for part in parts)])
    return Ragged(values, offsets_of(counts))


def _roll(words: Ragged, width: int) -> Rolled:
    total = max(len(words.values) - width + 1, 0)
    rolled = words.values[:total].copy()
    for shift in range(1, width):
        rolled *= _FACTOR
        rolled += words.values[shift : shift + total]
    # Windows that begin in the last width - 1 words of a text extend into the next one.
    ends = np.maximum(words.offsets[1:] - width + 1, words.offsets[:-1])
    return Rolled(mix(rolled), words.offsets, ends)


def keys_of(values: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Return the keys of samples: 32 bits of each shingle."""
    return (values >> _KEY_BITS).astype(np.uint32)


def places_of(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the places of samples, in words."""
    return (values & np.uint64(0xFFFFFFFF)).astype(np.int64)


def shingle_and_sample(texts: Sequence[str], shingle_words: int) -> tuple[Ragged, Samples]:
    """Make the shingle sets of a block of texts (``shingle_block``), and sample them.

    A short text that is one quotation has no shingles, so it only matches exact copies: stories
    that quote the same words may be different ones. Raises ValueError if shingle_words is below
    1.
    """
    texts = ["" if text[:1] in '"“„«' and _QUOTATION.fullmatch(text) else text for text in texts]
    shingles, sampled, positions = [], [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    counts = [np.empty(0, np.int64)]
    for rolled in rolled_blocks(texts, shingle_words):
        starts = rolled.offsets[:-1]
        values, lengths = _sample(rolled.values, starts, rolled.ends)
        sampled.append(values)
        counts.append(lengths)
        positions.append(rolled.ends - starts)
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
    owners = np.searchsorted(starts, chosen, side="right") - 1
    within = chosen < ends[owners]
    chosen, owners = chosen[within], owners[within]
    values = rolled[chosen] >> _KEY_BITS << _KEY_BITS
    values |= np.minimum(chosen - starts[owners], 0xFFFFFFFF).astype(np.uint64)
    bounds = offsets_of(high - low)
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        values[start:end].sort()
    distinct = starts_of_runs(values >> _KEY_BITS, owners)
    return values[distinct], np.bincount(owners[distinct], minlength=len(starts))
