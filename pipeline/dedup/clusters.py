"""Clusters: components bound the work, stars of verified pairs decide.

    edges ─forest─▶ few edges ─components─▶ members ─stars─▶ verdicts

Components follow chains, A like B like C, and may hold articles that share nothing. So
nothing is removed by a component: within one, in the order of representatives, the first
article not yet covered is kept, every other that is verified directly to be its copy goes,
and so on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.config import DedupConfig
from pipeline.dedup.pairs import Match, Similarity, match_of, similarity, similarity_of
from pipeline.dedup.verify import Buckets, Verifier, verifier

MATCHES: tuple[Match, ...] = ("exact", "near", "contained")
"""Codes of ``Verdicts.matches``."""

MOST_LOOKS = 2_048
"""Representatives with which a text may share a band and not be their copy, before it is given
up: where a hundred thousand pages of a site have its chrome in common, looking at all of all
would never end. What is given up is one by itself here, and may still be found by ``decide``."""


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


@dataclass(frozen=True, eq=False)
class Verdicts:
    """The duplicates that were found, by ascending article; all others are kept.

    Attributes:
        articles: uint64[k], the duplicates.
        representatives: uint64[k], whose copy each is; never a duplicate itself.
        matches: uint8[k], index into ``MATCHES``.
        shared: int64[k], distinct shingles that both have.
        similarity: float64[k], exact Jaccard similarity to the representative, 0 to 1.
        containment: float64[k], share of the shorter text's shingles that the longer has.
    """

    articles: NDArray[np.uint64]
    representatives: NDArray[np.uint64]
    matches: NDArray[np.uint8]
    shared: NDArray[np.int64]
    similarity: NDArray[np.float64]
    containment: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.articles)


@dataclass(frozen=True, slots=True)
class _Edge:
    representative: int
    match: Match
    compared: Similarity


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


def stars(members: Members, config: DedupConfig) -> Verdicts:
    """Decide which members of a component are kept, and whose copies the others are.

    In the order of representatives (published first, then ``order``): articles of equal
    text count as one; the first article not yet covered becomes a representative; each
    uncovered article that shares a band key with it is compared with it exactly, and is
    its duplicate if ``match_of`` says so. Texts below ``config.min_shingles`` are only
    found as exact copies.

    An exact copy of a representative is ``exact``. An exact copy of a duplicate takes over
    its edge: with the same text, the same comparison holds for it.
    """
    ranked = np.lexsort((members.articles, sortable(members.order), ~members.published))
    leaders = first_of_equals(members.digests, members.published, ranked)
    distinct = ranked[leaders[ranked] == ranked]
    edges = _cover(members, distinct, config)
    duplicates: dict[int, _Edge] = {}
    for member, leader in enumerate(leaders.tolist()):
        if leader in edges:
            duplicates[member] = edges[leader]
        elif leader != member:
            duplicates[member] = _exact(leader, int(members.shingle_counts[member]))
    return _verdicts(members, duplicates)


def couples(members: Members, config: DedupConfig) -> Verdicts:
    """Decide many components of two articles at once, each as ``stars`` would.

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
    duplicates: dict[int, _Edge] = {}
    for one, copy in pairs[equal].tolist():
        duplicates[copy] = _exact(one, int(members.shingle_counts[copy]))
    for one, copy in pairs[near & ~equal].tolist():
        compared = similarity(members.shingles(one), members.shingles(copy))
        match = match_of(compared, config)
        if match is not None:
            duplicates[copy] = _Edge(one, match, compared)
    return _verdicts(members, duplicates)


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


def sortable(rows: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """See rows of bytes as values that sort like them."""
    return np.ascontiguousarray(rows).view(f"S{rows.shape[1]}").reshape(-1)


def _label(edges: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    nodes, places = np.unique(edges, return_inverse=True)
    left, right = places.reshape(-1, 2).T
    shape = (len(nodes), len(nodes))
    graph = coo_array((np.ones(len(left), np.bool_), (left, right)), shape=shape)
    return nodes, connected_components(graph, directed=False)[1]


def _cover(members: Members, distinct: NDArray[np.int64], config: DedupConfig) -> dict[int, _Edge]:
    """Find the duplicates among members of different text, given in order."""
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
    edges: dict[int, _Edge] = {}
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
            compared_to = similarity_of(int(shared[hit]), size, int(sizes[other]))
            match = match_of(compared_to, config)
            if match is not None:
                waiting[other] = False
                edges[int(compared[other])] = _Edge(int(compared[place]), match, compared_to)
    return edges


def _promising(verify: Verifier, config: DedupConfig) -> NDArray[np.bool_]:
    """Say which texts share enough with all others together that one may be its copy: bool[n]."""
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


def _exact(representative: int, size: int) -> _Edge:
    return _Edge(representative, "exact", Similarity(size, size, 1.0, 1.0))


def _verdicts(members: Members, duplicates: dict[int, _Edge]) -> Verdicts:
    found = np.fromiter(duplicates, np.int64, len(duplicates))
    found = found[np.argsort(members.articles[found])]
    edges = [duplicates[member] for member in found.tolist()]
    representatives = np.array([edge.representative for edge in edges], np.int64)
    return Verdicts(
        articles=members.articles[found],
        representatives=members.articles[representatives],
        matches=np.array([MATCHES.index(edge.match) for edge in edges], np.uint8),
        shared=np.array([edge.compared.shared for edge in edges], np.int64),
        similarity=np.array([edge.compared.jaccard for edge in edges], np.float64),
        containment=np.array([edge.compared.containment for edge in edges], np.float64),
    )
