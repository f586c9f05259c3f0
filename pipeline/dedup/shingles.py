"""Ragged: the set of all runs of k consecutive words of a text, as 64-bit hashes.

Samples are a fixed quarter of them, with their places. A shingle is sampled by its hash, so what
two texts share is sampled in both. A sample is small enough to be joined over all texts and, unlike
the whole set, has the place of each shingle in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Ragged, offsets_of, starts_of_runs
from pipeline.dedup.slots import slots_of
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
    shingle can have in the text; *slots* as from ``slots_of``.
    """

    positions: NDArray[np.int64]
    slots: Ragged


def concatenate(parts: Sequence[Ragged]) -> Ragged:
    """Concatenate blocks of shingle sets."""
    counts = np.concatenate([np.empty(0, np.int64), *(part.counts for part in parts)])
    values = np.concatenate([np.empty(0, np.uint64), *(part.values for part in parts)])
    return Ragged(values, offsets_of(counts))


def keys_of(values: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Return the keys of samples: 32 bits of each shingle."""
    return (values >> _KEY_BITS).astype(np.uint32)


def places_of(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the places of samples, in words."""
    return (values & np.uint64(0xFFFFFFFF)).astype(np.int64)


def shingle_and_sample(texts: Sequence[str], shingle_words: int) -> tuple[Ragged, Samples]:
    """Make the shingle sets of a block of texts, and sample them.

    The hash of a shingle only depends on its words and their order, not on the other texts or the
    machine. Any 32 of its bits are as good as any others. A text of fewer words has no shingle. Nor
    has a short text that is one quotation, so it only matches exact copies: stories that quote the
    same words may be different ones. Raises ValueError if shingle_words is below 1.
    """
    if shingle_words < 1:
        raise ValueError(f"shingle_words = {shingle_words}: a shingle has at least 1 word")
    texts = ["" if text[:1] in '"“„«' and _QUOTATION.fullmatch(text) else text for text in texts]
    sets, samples, slots = list[Ragged](), list[Ragged](), list[Ragged]()
    positions = [np.empty(0, np.int64)]
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        words = hash_words(texts[start : start + _TEXTS_AT_ONCE])
        slots.append(slots_of(words))
        rolled, ends = _roll(words, shingle_words)
        samples.append(_sample(rolled, words.offsets[:-1], ends))
        sets.append(_sets(rolled, words.offsets, ends))
        positions.append(ends - words.offsets[:-1])
    found = concatenate(samples)
    return concatenate(sets), Samples(
        found.values, found.offsets, np.concatenate(positions), concatenate(slots)
    )


def _roll(words: Ragged, width: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hash the shingles of a few texts: one for each word, and where those of each text end.

    Hashes behind the end of a text are of windows that extend into the next one.
    """
    total = max(len(words.values) - width + 1, 0)
    rolled = words.values[:total].copy()
    for shift in range(1, width):
        rolled *= _FACTOR
        rolled += words.values[shift : shift + total]
    return mix(rolled), np.maximum(words.offsets[1:] - width + 1, words.offsets[:-1])


def _sets(
    rolled: NDArray[np.uint64], offsets: NDArray[np.int64], ends: NDArray[np.int64]
) -> Ragged:
    """Sort the shingles of each text and drop duplicates. Overwrites *rolled*."""
    total = len(rolled)
    within = np.ones(total, np.bool_)
    first = np.zeros(total + 1, np.bool_)
    first[np.minimum(offsets, total)] = True
    bounds = (offsets[:-1].tolist(), ends.tolist(), offsets[1:].tolist())
    for start, end, stop in zip(*bounds, strict=True):
        rolled[start:end].sort()
        within[end:stop] = False
    distinct = first[:total]
    distinct[1:] |= rolled[1:] != rolled[:-1]
    distinct &= within
    return Ragged(rolled[distinct], offsets_of(distinct)[np.minimum(offsets, total)])


def _sample(
    rolled: NDArray[np.uint64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> Ragged:
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
    counts = np.bincount(owners[distinct], minlength=len(starts))
    return Ragged(values[distinct], offsets_of(counts))
