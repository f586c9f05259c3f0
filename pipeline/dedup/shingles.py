"""Shingles: the set of all runs of k consecutive words of a text, as 64-bit hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    if shingle_words < 1:
        raise ValueError(f"shingle_words = {shingle_words}: a shingle has at least 1 word")
    parts = [
        _shingle(hash_words(texts[start : start + _TEXTS_AT_ONCE]), shingle_words)
        for start in range(0, len(texts), _TEXTS_AT_ONCE)
    ]
    return concatenate(parts)


def concatenate(parts: Sequence[Shingles]) -> Shingles:
    """Put blocks of shingle sets one after the other."""
    counts = np.concatenate([np.empty(0, np.int64), *(part.counts for part in parts)])
    values = np.concatenate([np.empty(0, np.uint64), *(part.values for part in parts)])
    return Shingles(values, _offsets(counts))


def _shingle(words: WordHashes, width: int) -> Shingles:
    total = max(len(words.values) - width + 1, 0)
    rolled = words.values[:total].copy()
    for shift in range(1, width):
        rolled *= _FACTOR
        rolled += words.values[shift : shift + total]
    rolled = mix(rolled)
    # A window that begins among the last width - 1 words of a text reaches into the next one.
    ends = np.maximum(words.offsets[1:] - width + 1, words.offsets[:-1])
    within = np.ones(total, np.bool_)
    first = np.zeros(total + 1, np.bool_)
    first[np.minimum(words.offsets, total)] = True
    bounds = zip(words.offsets.tolist(), ends.tolist(), words.offsets[1:].tolist(), strict=False)
    for start, end, stop in bounds:
        rolled[start:end].sort()
        within[end:stop] = False
    distinct = first[:total]
    distinct[1:] |= rolled[1:] != rolled[:-1]
    distinct &= within
    kept = np.zeros(total + 1, np.int64)
    np.cumsum(distinct, out=kept[1:])
    return Shingles(rolled[distinct], kept[np.minimum(words.offsets, total)])


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets
