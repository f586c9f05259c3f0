"""Shingles: the set of all runs of k consecutive words of a text, as 64-bit hashes.

Samples are a fixed quarter of them with their places. Which shingles are in the sample depends
on their hash alone, so that what two texts share is sampled at the same rate in both. A sample
is small enough to be joined over all texts and, unlike the whole set, it knows where in the text
each shingle stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import offsets_of
from pipeline.text.tokens import WordHashes, hash_words, mix

_FACTOR = np.uint64(0xD1342543DE82EF95)  # odd: multiplying loses nothing modulo 2**64
_TEXTS_AT_ONCE = 64  # the arrays of so many texts of 450 words (230 KiB) stay in the cache


@dataclass(frozen=True, eq=False)
class Shingles:
    """The shingle sets of n texts, one after the other.

    Attributes:
        values: uint64; those of one text are sorted and distinct.
        offsets: int64[n + 1]; text i has ``values[offsets[i]:offsets[i + 1]]``.
    """

    values: NDArray[np.uint64]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, index: int) -> NDArray[np.uint64]:
        """View the shingles of text *index*, 0 to n - 1."""
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many distinct shingles each text has: int64[n]."""
        return np.diff(self.offsets)


@dataclass(frozen=True, eq=False)
class Rolled:
    """Hashes of the shingles of a few texts, in reading order.

    Attributes:
        values: uint64, one for each word at which a shingle could begin.
        offsets: int64[n + 1], where the words of each text begin and the last one's end.
        ends: int64[n], where the shingles of each text end; behind are windows over two texts.
    """

    values: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    ends: NDArray[np.int64]

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where the shingles of each text begin: int64[n]."""
        return self.offsets[:-1]

    def sets(self) -> Shingles:
        """Sort the shingles of each text, and keep one of each. Uses ``values`` up."""
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
        kept = np.zeros(total + 1, np.int64)
        np.cumsum(distinct, out=kept[1:])
        return Shingles(rolled[distinct], kept[np.minimum(self.offsets, total)])


def shingle_block(texts: Sequence[str], shingle_words: int) -> Shingles:
    """Make the shingle sets of a block of texts.

    A shingle's hash depends on its words and their order, on nothing else: neither on
    the other texts nor on the machine. Any 32 of its bits are as good as any others.

    Args:
        texts: cleaned texts.
        shingle_words: words in a shingle; a text with fewer words has no shingle.

    Raises:
        ValueError: if shingle_words is below 1.
    """
    return concatenate([rolled.sets() for rolled in rolled_blocks(texts, shingle_words)])


def rolled_blocks(texts: Sequence[str], shingle_words: int) -> Iterator[Rolled]:
    """Hash the shingles of texts in reading order, a few texts at a time.

    Raises:
        ValueError: if shingle_words is below 1.
    """
    if shingle_words < 1:
        raise ValueError(f"shingle_words = {shingle_words}: a shingle has at least 1 word")
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        yield _roll(hash_words(texts[start : start + _TEXTS_AT_ONCE]), shingle_words)


def concatenate(parts: Sequence[Shingles]) -> Shingles:
    """Put blocks of shingle sets one after the other."""
    counts = np.concatenate([np.empty(0, np.int64), *(part.counts for part in parts)])
    values = np.concatenate([np.empty(0, np.uint64), *(part.values for part in parts)])
    return Shingles(values, offsets_of(counts))


def _roll(words: WordHashes, width: int) -> Rolled:
    total = max(len(words.values) - width + 1, 0)
    rolled = words.values[:total].copy()
    for shift in range(1, width):
        rolled *= _FACTOR
        rolled += words.values[shift : shift + total]
    # A window that begins among the last width - 1 words of a text reaches into the next one.
    ends = np.maximum(words.offsets[1:] - width + 1, words.offsets[:-1])
    return Rolled(mix(rolled), words.offsets, ends)


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
