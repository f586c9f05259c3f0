"""Candidates: articles that are decided together, and what of them is compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.clusters import components
from pipeline.dedup.evidence import Sketch, compare_each
from pipeline.dedup.model import probabilities
from pipeline.dedup.pairs import Similarity

Indexes = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Articles that may be copies of one another; m of them, in any order.

    Attributes:
        articles: uint64[m], distinct.
        order: uint8[m, 40], ``order_key`` of each.
        digests: uint8[m, 16], digest of the cleaned text.
        shingle_counts: int64[m].
        published: bool[m], kept by an earlier run: comes first and stays.
        urls: uint64[m], digest of what names the page of each (``page_digest``), 0 where unknown.
        files: uint64[m], digest of the file that is this document, 0 where it holds others.
        facts: uint64[m], digest of what is known of such a document besides its text.
        fetched: int64[m], minutes, or ``evidence.UNKNOWN``.
        groups: int64[m], the provisional cluster of each, from 0.
        links: int64[k, 2], groups that share rare shingles.
        sketch: member → what of it is compared; loaded when needed.
        similarity: two members → their exact similarity.
    """

    articles: NDArray[np.uint64]
    order: NDArray[np.uint8]
    digests: NDArray[np.uint8]
    shingle_counts: NDArray[np.int64]
    published: NDArray[np.bool_]
    urls: NDArray[np.uint64]
    files: NDArray[np.uint64]
    facts: NDArray[np.uint64]
    fetched: Indexes
    groups: Indexes
    links: Indexes
    sketch: Callable[[int], Sketch]
    similarity: Callable[[int, int], Similarity]


def neighbours(candidates: Candidates) -> list[Indexes]:
    """List for each group itself and those linked with it."""
    count = int(candidates.groups.max(initial=-1)) + 1
    own = np.arange(count)
    both = np.concatenate([np.stack([own, own], 1), candidates.links, candidates.links[:, ::-1]])
    both = np.unique(both, axis=0)
    return np.split(both[:, 1], np.searchsorted(both[:, 0], own[1:]))


def parts_of(candidates: Candidates, compared: Indexes) -> list[list[int]]:
    """Part the members by what links join, directly or not; in order each."""
    part = np.arange(int(candidates.groups.max(initial=-1)) + 1)
    for joined in components(candidates.links.astype(np.uint64)):
        part[joined] = joined[0]
    found: dict[int, list[int]] = {}
    for member, own in zip(compared.tolist(), part[candidates.groups[compared]], strict=True):
        found.setdefault(own, []).append(member)
    return list(found.values())


def compare_pairs(candidates: Candidates, pairs: list[tuple[int, int]]) -> tuple[Floats, Floats]:
    """Compare pairs of members: their parts, and how likely each is copies.

    Args:
        pairs: those of one first member stand together.
    """
    counts: dict[int, int] = {}
    for one, _ in pairs:
        counts[one] = counts.get(one, 0) + 1
    ones = [candidates.sketch(one) for one in counts]
    others = [candidates.sketch(other) for _, other in pairs]
    parts = compare_each(ones, list(counts.values()), others)
    return parts, probabilities(parts)
