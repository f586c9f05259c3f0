"""Provisional clusters: which texts count as one while the rarity of shingles is counted.

    edges ─forest─▶ few edges ─components─▶ members ─stars─▶ (article, representative)

A component follows chains (A like B like C) and may contain articles that share nothing. ``stars``
therefore compares each article of a component with a representative. Nothing is removed here: that
is up to ``decide``.

A component may be one bucket of ten thousand texts that only share the boilerplate of their site.
Then thousands of representatives are compared with thousands of texts each, and a comparison must
take well below a microsecond (``_tabled``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from pipeline.arrays import Ragged, keep_latest, lookup, offsets_of, sortable
from pipeline.config import DedupConfig
from pipeline.dedup.pairs import match_of, shared_counts, similarity, similarity_of

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
MOST_LOOKS = 2_048
"""Maximum representatives that a text is compared with. Comparing all pairs would never end where a
hundred thousand pages share the boilerplate of their site. A text that reaches the limit stays
apart here; ``decide`` may still find it."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Articles in the order in which they become representatives; m of them, stored in any order.

    Attributes:
        articles: uint64[m], distinct.
        order: uint8[m, 44], ``order_key`` of each; distinct keys make the result independent
            of how articles are numbered.
        digests: uint8[m, 16], digest of the cleaned text.
        shingle_counts: int64[m].
        published: bool[m], kept by an earlier run: comes first and stays.
    """

    articles: NDArray[np.uint64]
    order: NDArray[np.uint8]
    digests: NDArray[np.uint8]
    shingle_counts: NDArray[np.int64]
    published: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.articles)

    def ranks(self) -> NDArray[np.int64]:
        """Return the members in order: published first, then by ``order``."""
        return np.lexsort((self.articles, sortable(self.order), ~self.published))

    def leaders(self, ranks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Map each member to the first member with the same text; published ones to themselves."""
        digests = sortable(self.digests)[ranks]
        _, first, groups = np.unique(digests, return_index=True, return_inverse=True)
        leaders = np.empty(len(ranks), np.int64)
        leaders[ranks] = ranks[first[groups]]
        return np.where(self.published, np.arange(len(ranks)), leaders)


@dataclass(frozen=True, eq=False)
class Members(Ranked):
    """The articles of one component.

    Attributes:
        band_keys: uint32[bands, m].
        shingles: member index → its sorted, distinct shingles; loaded when needed.
    """

    band_keys: NDArray[np.uint32]
    shingles: Callable[[int], NDArray[np.uint64]]


def components(edges: NDArray[np.uint64]) -> list[NDArray[np.uint64]]:
    """List the connected components of edges, uint64[m, 2]: each ascending, by first article."""
    nodes, labels = _label(edges)
    if not len(nodes):
        return []
    grouped = np.argsort(labels, kind="stable")
    found = np.split(nodes[grouped], np.cumsum(np.bincount(labels))[:-1])
    return sorted(found, key=lambda component: int(component[0]))


def forest(edges: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Reduce *edges* to the fewest that have the same components: uint64[k, 2].

    The result is canonical: each component is a star around its smallest article, in ascending
    order. Forests of parts may be merged in any order: ``forest(concatenate(parts))``.
    """
    nodes, labels = _label(edges)
    _, first = np.unique(labels, return_index=True)
    roots = nodes[first][labels]
    others = nodes != roots
    found = np.stack([roots[others], nodes[others]], axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def stars(members: Members, config: DedupConfig) -> NDArray[np.uint64]:
    """Find the members of a component that are similar enough to count as one.

    Members are taken in order. Those of equal text count as one. The first member that is not yet
    covered becomes a representative. It covers each later member that shares a band key with it and
    that ``match_of`` accepts. Texts with fewer than ``config.min_shingles`` shingles only match
    exact copies. Returns uint64[k, 2]: a covered article and its representative, ascending.
    """
    ranks = members.ranks()
    leaders = members.leaders(ranks)
    covered = _cover(members, ranks[leaders[ranks] == ranks], config)
    alike = [
        (member, covered.get(leader, leader))
        for member, leader in enumerate(leaders.tolist())
        if leader in covered or leader != member
    ]
    return _article_pairs(members, alike)


def couples(members: Members, config: DedupConfig) -> NDArray[np.uint64]:
    """Do what ``stars`` does for many components of two adjacent *members*, all at once."""
    rank = np.argsort(members.ranks())
    pairs = np.arange(len(members)).reshape(-1, 2)
    pairs = np.where((rank[pairs[:, 0]] > rank[pairs[:, 1]])[:, np.newaxis], pairs[:, ::-1], pairs)
    pairs = pairs[~members.published[pairs[:, 1]]]
    first, other = pairs.T
    equal = (members.digests[first] == members.digests[other]).all(axis=1)
    near = (members.band_keys[:, first] == members.band_keys[:, other]).any(axis=0)
    near &= (members.shingle_counts[pairs] >= config.min_shingles).all(axis=1)
    alike = [(copy, one) for one, copy in pairs[equal].tolist()]
    for one, copy in pairs[near & ~equal].tolist():
        if match_of(similarity(members.shingles(one), members.shingles(copy)), config):
            alike.append((copy, one))
    return _article_pairs(members, alike)


def _label(edges: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    nodes, places = np.unique(edges, return_inverse=True)
    left, right = places.reshape(-1, 2).T
    shape = (len(nodes), len(nodes))
    graph = coo_array((np.ones(len(left), np.bool_), (left, right)), shape=shape)
    return nodes, connected_components(graph, directed=False)[1]


def _article_pairs(members: Members, pairs: list[tuple[int, int]]) -> NDArray[np.uint64]:
    """Replace member indexes by article numbers: uint64[k, 2], ascending."""
    found = members.articles[np.array(pairs, np.int64).reshape(-1, 2)]
    return found[np.argsort(found[:, 0])]


def _cover(members: Members, distinct: NDArray[np.int64], config: DedupConfig) -> dict[int, int]:
    """Map each covered member to its representative; *distinct* are members of different text."""
    compared = distinct[members.shingle_counts[distinct] >= config.min_shingles]
    fixed = members.published[compared]
    if len(compared) < 2 or fixed.all():
        return {}
    verify = verifier(
        members.shingle_counts[compared], lambda place: members.shingles(int(compared[place]))
    )
    sizes, keys = verify.sizes, members.band_keys[:, compared]
    waiting = _promising(verify, config)  # neither kept nor covered so far, nor given up
    looks = np.zeros(len(compared), np.int64)
    buckets = Buckets(keys, np.flatnonzero(waiting))
    covered: dict[int, int] = {}
    for place in range(len(compared)):
        if not waiting[place]:
            continue
        if buckets.sorted and 2 * np.count_nonzero(waiting) < len(buckets.places):
            buckets = Buckets(keys, np.flatnonzero(waiting))
        waiting[place] = False
        others = buckets.sharing(place)
        others = others[waiting[others] & ~fixed[others]]
        looks[others] += 1
        waiting[others[looks[others] >= MOST_LOOKS]] = False
        size = int(sizes[place])
        # An upper bound rules out most pairs before their shared shingles are counted.
        at_most = np.minimum(verify.at_most[place], verify.at_most[others])
        others = others[_hits(at_most, size, sizes[others], config)]
        if not len(others):
            continue
        shared = verify.shared_with(place, others)
        for hit in _hits(shared, size, sizes[others], config).tolist():
            other = int(others[hit])
            if match_of(similarity_of(int(shared[hit]), size, int(sizes[other])), config):
                waiting[other] = False
                covered[int(compared[other])] = int(compared[place])
    return covered


def _promising(verify: Verifier, config: DedupConfig) -> NDArray[np.bool_]:
    """Tell which texts share enough with all others together to be a copy of one: bool[n]."""
    sizes, at_most = verify.sizes, verify.at_most / 0.999
    contained = at_most >= config.containment * sizes
    least = sizes[contained].min(initial=np.iinfo(np.int64).max)
    enough = np.minimum(config.similarity * sizes, config.containment * least)
    promising: NDArray[np.bool_] = contained | (at_most >= enough)
    return promising


def _hits(
    shared: NDArray[np.int64], size: int, sizes: NDArray[np.int64], config: DedupConfig
) -> NDArray[np.int64]:
    """Preselect what ``match_of`` may accept: most texts of a huge bucket do not match."""
    near = shared >= config.similarity * (size + sizes - shared) * 0.999
    contained = shared >= config.containment * np.minimum(size, sizes) * 0.999
    return np.flatnonzero(near | contained)


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
