"""Shingles: the set of all runs of k consecutive words of a text, as 64-bit hashes."""

from __future__ import annotations

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
