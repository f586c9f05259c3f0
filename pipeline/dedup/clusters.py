"""Provisional clusters: which texts count as one while the rarity of shingles is counted.

    edges ─forest─▶ few edges ─components─▶ members ─stars─▶ (article, representative)

Components follow chains, A like B like C, and may hold articles that share nothing. So within a
component each article is compared with a representative directly (``stars``). Nothing is removed
here: ``decide`` does that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.arrays import sortable
from pipeline.config import DedupConfig
from pipeline.dedup.pairs import match_of, similarity, similarity_of
from pipeline.dedup.verify import Buckets, Verifier, verifier

MOST_LOOKS = 2_048
"""Representatives that a text is compared with at most: where a hundred thousand pages share
their site's chrome, comparing all with all would never end. A text that is given up stays apart
here and may still be found by ``decide``."""


@dataclass(frozen=True, eq=False)
class Members:
    """The articles of one component; m of them, in any order.

    Attributes:
        articles: uint64[m], distinct.
        order: uint8[m, 40], ``order_key`` of each; distinct keys make the result independent
            of how articles are numbered.
        digests: uint8[m, 16], digest of the cleaned text: equal texts, equal digests.
        shingle_counts: int64[m], ``len(shingles(i))`` of each.
        band_keys: uint32[bands, m].
        published: bool[m], kept by an earlier run: comes first and stays.
        shingles: member index → its sorted, distinct shingles; loaded when needed.
    """

    articles: NDArray[np.uint64]
    order: NDArray[np.uint8]
    digests: NDArray[np.uint8]
    shingle_counts: NDArray[np.int64]
    band_keys: NDArray[np.uint32]
    published: NDArray[np.bool_]
    shingles: Callable[[int], NDArray[np.uint64]]

    def __len__(self) -> int:
        return len(self.articles)


def components(edges: NDArray[np.uint64]) -> list[NDArray[np.uint64]]:
    """List the connected components: each ascending, by ascending first article.

    Args:
        edges: uint64[m, 2], in any order, also repeated.
    """
    nodes, labels = _label(edges)
    if not len(nodes):
        return []
    grouped = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels))
    found = np.split(nodes[grouped], ends[:-1])
    return sorted(found, key=lambda component: int(component[0]))


def forest(edges: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Reduce *edges* to the fewest with the same components: uint64[k, 2].

    The result is canonical: each component a star around its smallest article, ascending.
    Therefore forests of parts may be merged in any order: ``forest(concatenate(parts))``.
    """
    nodes, labels = _label(edges)
    _, first = np.unique(labels, return_index=True)
    roots = nodes[first][labels]
    others = nodes != roots
    found = np.stack([roots[others], nodes[others]], axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def stars(members: Members, config: DedupConfig) -> NDArray[np.uint64]:
    """Find which members of a component are alike enough to count as one.

    In the order of representatives (published first, then ``order``): articles of equal
    text count as one; the first article not yet covered becomes a representative; each
    uncovered article that shares a band key with it is compared with it exactly, and is
    covered if ``match_of`` says so. Texts below ``config.min_shingles`` are only
    found as exact copies. An exact copy of a covered article has the same representative.

    Returns:
        uint64[k, 2]: a covered article and its representative, ascending. All others stay apart.
    """
    ranked = np.lexsort((members.articles, sortable(members.order), ~members.published))
    leaders = first_of_equals(members.digests, members.published, ranked)
    distinct = ranked[leaders[ranked] == ranked]
    covered = _cover(members, distinct, config)
    alike = [
        (member, covered.get(leader, leader))
        for member, leader in enumerate(leaders.tolist())
        if leader in covered or leader != member
    ]
    return _numbered(members, alike)


def couples(members: Members, config: DedupConfig) -> NDArray[np.uint64]:
    """Do the same for many components of two articles at once, each as ``stars`` would.

    Args:
        members: those of the first component, then those of the second, and so on.
    """
    ranked = np.lexsort((members.articles, sortable(members.order), ~members.published))
    rank = np.empty(len(members), np.int64)
    rank[ranked] = np.arange(len(members))
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
    return _numbered(members, alike)


def first_of_equals(
    digests: NDArray[np.uint8], published: NDArray[np.bool_], ranked: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Map each member to the first in order of equal text; published ones to themselves.

    Args:
        digests: uint8[m, 16].
        published: bool[m].
        ranked: int64[m], the members in order.
    """
    _, first, groups = np.unique(sortable(digests)[ranked], return_index=True, return_inverse=True)
    leaders = np.empty(len(ranked), np.int64)
    leaders[ranked] = ranked[first[groups]]
    return np.where(published, np.arange(len(ranked)), leaders)


def _label(edges: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    nodes, places = np.unique(edges, return_inverse=True)
    left, right = places.reshape(-1, 2).T
    shape = (len(nodes), len(nodes))
    graph = coo_array((np.ones(len(left), np.bool_), (left, right)), shape=shape)
    return nodes, connected_components(graph, directed=False)[1]


def _numbered(members: Members, alike: list[tuple[int, int]]) -> NDArray[np.uint64]:
    """Name members by article: uint64[k, 2], ascending."""
    found = members.articles[np.array(alike, np.int64).reshape(-1, 2)]
    return found[np.argsort(found[:, 0])]


def _cover(members: Members, distinct: NDArray[np.int64], config: DedupConfig) -> dict[int, int]:
    """Map each covered member to its representative, of members of different text, in order."""
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
        # Cheap first: how much could they share at all?
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
    # Most of a giant bucket is no match: what clearly is none never reaches match_of.
    near = shared >= config.similarity * (size + sizes - shared) * 0.999
    contained = shared >= config.containment * np.minimum(size, sizes) * 0.999
    return np.flatnonzero(near | contained)
