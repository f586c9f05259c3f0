"""Pairs: candidate edges from shared buckets, and the exact similarity of two shingle sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Ragged, lookup, offsets_of
from pipeline.config import DedupConfig

Match = Literal["exact", "near", "contained"]
_INDEX_BITS = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Similarity:
    """What two shingle sets have in common.

    Attributes:
        shared: shingles in both.
        smaller: shingles of the smaller set.
        jaccard: shared / shingles of the union, 0 to 1.
        containment: shared / smaller, 0 to 1: how much of the shorter is in the longer.
    """

    shared: int
    smaller: int
    jaccard: float
    containment: float


def bucket_edges(keys: NDArray[np.uint32], articles: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Join the articles that share a key: uint64[m, 2].

    Each bucket becomes a star of its first article and all others, so even one bucket of
    everything costs n - 1 edges. Raises ValueError if there are 2**32 rows or more.

    Args:
        keys: one per row, of one band (or of several: keys differ between bands).
        articles: the article of each row.
    """
    if len(keys) >= 2**32:
        raise ValueError(f"{len(keys)} rows: a join takes fewer than 2**32")
    # Sorting (key, row) as one integer is 7 times faster than argsort.
    packed = keys.astype(np.uint64) << _INDEX_BITS
    packed |= np.arange(len(keys), dtype=np.uint64)
    packed.sort()
    rows = packed.astype(np.uint32)
    packed >>= _INDEX_BITS
    other = np.zeros(len(packed), np.bool_)
    np.equal(packed[1:], packed[:-1], out=other[1:])
    centre = np.maximum.accumulate(np.where(other, 0, np.arange(len(packed))))
    centres, others = articles[rows[centre[other]]], articles[rows[other]]
    apart = centres != others
    return np.stack([centres[apart], others[apart]], axis=1)


def similarity(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> Similarity:
    """Compare two sets of sorted, distinct shingles exactly; empty sets share nothing."""
    return similarity_of(int(np.count_nonzero(lookup(one, other)[1])), len(one), len(other))


def shared_counts(one: NDArray[np.uint64], many: Ragged) -> NDArray[np.int64]:
    """Count the shingles that *one* (sorted, distinct) shares with each of *many*: int64[n]."""
    found = lookup(one, many.values)[1]
    return np.diff(offsets_of(found)[many.offsets])


def similarity_of(shared: int, one: int, other: int) -> Similarity:
    """Compute the ratios from the shared count and the sizes of the two sets."""
    smaller = min(one, other)
    union = one + other - shared
    return Similarity(
        shared=shared,
        smaller=smaller,
        jaccard=shared / union if union else 0.0,
        containment=shared / smaller if smaller else 0.0,
    )


def match_of(compared: Similarity, config: DedupConfig) -> Literal["near", "contained"] | None:
    """Classify two different texts by their shingles: ``near``, ``contained``, or None.

    near: Jaccard similarity at least ``config.similarity``. contained: not near, but at least
    ``config.containment`` of the shorter text is in the longer. Both need ``config.min_shingles``
    shingles: a few shared phrases prove nothing.

    >>> match_of(similarity_of(shared=60, one=100, other=80), DedupConfig(similarity=0.5))
    'near'
    >>> match_of(similarity_of(shared=18, one=100, other=20), DedupConfig(containment=0.9))
    'contained'
    """
    if compared.smaller < config.min_shingles or not compared.shared:
        return None
    if compared.jaccard >= config.similarity:
        return "near"
    if compared.containment >= config.containment:
        return "contained"
    return None


def is_near(compared: Similarity, config: DedupConfig) -> bool:
    """Tell whether a copy is ``near``; if only the shorter text matches, it is ``contained``."""
    return compared.jaccard >= config.similarity or compared.containment < config.containment
