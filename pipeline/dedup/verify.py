"""Which texts of a component share a bucket, and how many shingles they share.

A component may be one bucket of ten thousand texts that only share the boilerplate of their site.
Then thousands of representatives are compared with thousands of texts each, and a comparison must
take well below a microsecond (``_tabled``). Read ``verifier`` first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipeline.arrays import Ragged, keep_latest, lookup, offsets_of
from pipeline.dedup.pairs import shared_counts

Indexes = NDArray[np.int64]
Load = Callable[[int], NDArray[np.uint64]]
CACHE_BYTES = 64 << 20
"""Maximum size of the shingles cached for one component."""
SORTED_TEXTS = 512
"""Minimum texts for which looking up sorted band keys is faster than comparing all."""
TABLE_TEXTS = 48
"""Minimum texts for which the table of a component saves more than it costs."""
TABLE_SHINGLES = 1 << 22
"""Maximum shingles in the table of a component: 32 MiB, and four times as much while it is made.
That is nine thousand connected texts of 450 words."""
_TEXTS_AT_ONCE = 512


class Buckets:
    """Finds which texts of one component share a band key.

    Args:
        band_keys: uint32[bands, n], of the whole component.
        places: the texts to search in, ascending.
    """

    def __init__(self, band_keys: NDArray[np.uint32], places: Indexes) -> None:
        self.places = places
        self.sorted = len(places) >= SORTED_TEXTS
        self._keys = band_keys[:, places]
        if not self.sorted:
            return
        self._order = np.empty(self._keys.shape, np.int32)
        self._low = np.empty(self._keys.shape, np.int32)
        self._size = np.empty(self._keys.shape, np.int32)
        for keys, order, low, size in zip(
            self._keys, self._order, self._low, self._size, strict=True
        ):
            order[:] = np.argsort(keys, kind="stable")
            _, first, count = np.unique(keys[order], return_index=True, return_counts=True)
            low[order] = np.repeat(first, count)
            size[order] = np.repeat(count, count)

    def sharing(self, place: int) -> Indexes:
        """List the texts that share at least one key with text *place*, itself too, ascending."""
        own = int(np.searchsorted(self.places, place))
        if not self.sorted or self._size[:, own].sum() * 8 > self._keys.size:
            same = self._keys == self._keys[:, own, np.newaxis]
            return self.places[np.logical_or.reduce(same, axis=0)]
        found = np.zeros(len(self.places), np.bool_)
        found[own] = True
        for band in np.flatnonzero(self._size[:, own] > 1).tolist():
            low = self._low[band, own]
            found[self._order[band, low : low + self._size[band, own]]] = True
        return self.places[found]


@dataclass(frozen=True, eq=False)
class Verifier:
    """Counts shared shingles of the texts of one component.

    Attributes:
        sizes: int64[n], shingles of each text.
        at_most: int64[n], the most that each text may share with any other.
        shared_with: (place, places) → int64[len(places)], how many shingles are in both.
    """

    sizes: Indexes
    at_most: Indexes
    shared_with: Callable[[int, Indexes], Indexes]


def verifier(sizes: Indexes, load: Load) -> Verifier:
    """Choose how to count shared shingles: with a table for many texts, else by loading them.

    If the table would be too large, all counts are estimates from a sample: every second, fourth,
    eighth, ... shingle, chosen by its hash. *load* returns the sorted, distinct shingles of a text.
    """
    if len(sizes) < TABLE_TEXTS:
        return Verifier(sizes, sizes, _loaded(load))
    one_of = 1
    while sizes.sum() > one_of * TABLE_SHINGLES:
        one_of *= 2
    sets = []
    for place in range(len(sizes)):
        shingles = load(place)
        sets.append(shingles if one_of == 1 else shingles[shingles % np.uint64(one_of) == 0])
    return _tabled(sets, one_of)


def _loaded(load: Load) -> Callable[[int, Indexes], Indexes]:
    """Load the shingles of each text when needed; cache the most recently used."""
    get = keep_latest(load, lambda values: values.nbytes, CACHE_BYTES)

    def shared_with(place: int, others: Indexes) -> Indexes:
        one = get(place)
        counts = []
        for first in range(0, len(others), _TEXTS_AT_ONCE):
            sets = [get(other) for other in others[first : first + _TEXTS_AT_ONCE].tolist()]
            offsets = offsets_of(np.array([len(values) for values in sets], np.int64))
            counts.append(shared_counts(one, Ragged(np.concatenate(sets), offsets)))
        return np.concatenate(counts)

    return shared_with


def _tabled(sets: list[NDArray[np.uint64]], one_of: int) -> Verifier:
    """Number the shingles that at least two texts have, and count with a sparse table.

    *sets* are the shingles of each text, or one in *one_of*.
    """
    sizes = np.array([len(each) for each in sets], np.int64)
    everything = np.concatenate(sets)
    sets.clear()
    ordered = np.sort(everything)
    common = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    del ordered
    numbers, repeated = lookup(common, everything)
    bounds = offsets_of(repeated)[offsets_of(sizes)]
    lengths = np.diff(bounds)
    numbers = numbers[repeated]
    ones = np.ones(len(numbers), np.int32)
    table = csr_array((ones, numbers, bounds), shape=(len(sizes), len(common)))
    marks = np.zeros(len(common), np.int32)

    def shared_with(place: int, others: Indexes) -> Indexes:
        own = numbers[bounds[place] : bounds[place + 1]]
        marks[own] = 1
        # Picking rows costs about as much as multiplying them.
        most = 2 * len(others) > len(sizes)
        shared: Indexes = (table @ marks)[others] if most else table[others] @ marks
        marks[own] = 0
        return shared * one_of

    return Verifier(sizes * one_of, lengths * one_of, shared_with)
