"""Candidates: articles that are decided together, and what is compared of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.clusters import Ranked, components
from pipeline.dedup.evidence import Sketch, compare_each
from pipeline.dedup.model import probabilities
from pipeline.dedup.pairs import Similarity

Indexes = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Candidates(Ranked):
    """Articles that may be copies of one another.

    Attributes:
        urls: uint64[m], digest of what names the page of each (``page_digest``); 0 if unknown.
        files: uint64[m], digest of the file that is this document; 0 if it holds others.
        facts: uint64[m], digest of what is known of such a document besides its text.
        fetched: int64[m], minutes, or ``evidence.UNKNOWN``.
        groups: int64[m], the provisional cluster of each, from 0.
        links: int64[k, 2], groups that share rare shingles.
        sketch: member → what is compared of it; loaded when needed.
        similarity: two members → their exact similarity.
    """

    urls: NDArray[np.uint64]
    files: NDArray[np.uint64]
    facts: NDArray[np.uint64]
    fetched: Indexes
    groups: Indexes
    links: Indexes
    sketch: Callable[[int], Sketch]
    similarity: Callable[[int, int], Similarity]

    def neighbours(self) -> list[Indexes]:
        """List for each group itself and the groups linked with it."""
        own = np.arange(self._group_count())
        both = np.concatenate([np.stack([own, own], 1), self.links, self.links[:, ::-1]])
        both = np.unique(both, axis=0)
        return np.split(both[:, 1], np.searchsorted(both[:, 0], own[1:]))

    def parts_of(self, compared: Indexes) -> list[list[int]]:
        """Split members into parts that no links connect, directly or not; keep their order."""
        part = np.arange(self._group_count())
        for joined in components(self.links.astype(np.uint64)):
            part[joined] = joined[0]
        found: dict[int, list[int]] = {}
        for member, own in zip(compared.tolist(), part[self.groups[compared]], strict=True):
            found.setdefault(own, []).append(member)
        return list(found.values())

    def compare(self, pairs: list[tuple[int, int]]) -> tuple[Floats, Floats]:
        """Return the evidence about pairs of members, and the probability that each is copies.

        Pairs with the same first member must be adjacent.
        """
        counts = Counter(one for one, _ in pairs)
        ones = [self.sketch(one) for one in counts]
        others = [self.sketch(other) for _, other in pairs]
        parts = compare_each(ones, list(counts.values()), others)
        return parts, probabilities(parts)

    def _group_count(self) -> int:
        return int(self.groups.max(initial=-1)) + 1
