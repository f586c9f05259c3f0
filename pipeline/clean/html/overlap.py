"""How much of each block an extraction contains, by shared word n-grams: see ``compare``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.text.tokens import hash_words, mix

Hashes = NDArray[np.uint64]
EXTRACTIONS = ("first", "second", "stated")
"""Names of the extractions: trafilatura, resiliparse, ``articleBody`` of JSON-LD."""
GRAM = 3
"""Words of an n-gram."""


@dataclass(frozen=True, eq=False)
class Measured:
    """The words of a page's blocks, and how much of each an extraction shares.

    Attributes:
        words: float64[blocks], logarithms are taken elsewhere.
        shares: float64[blocks, EXTRACTIONS], of a block's words.
        found: share of each extraction's n-grams found in the blocks; 0 when it has none.
        sizes: words of each extraction.
        mutual: of each pair of extractions (first, second), (second, first), (first, stated),
            (stated, first), the share of the one's words in the other.
    """

    words: NDArray[np.float64]
    shares: NDArray[np.float64]
    found: tuple[float, ...]
    sizes: tuple[int, ...]
    mutual: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Grams:
    """The n-grams of ``GRAM`` words of some texts.

    Attributes:
        values, owners: of each run its number, and the text that contains it; the same run has
            the same number in all groups that were made together.
        numbers: how many there are.
        counts, lines: of each text the number of words, and a hash of all of them.
    """

    values: NDArray[np.int64]
    owners: NDArray[np.int64]
    numbers: int
    counts: NDArray[np.int64]
    lines: Hashes

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Of each number, whether one of the texts has that run."""
        known = np.zeros(self.numbers, np.bool_)
        known[self.values] = True
        return known

    def shares_in(self, others: Grams) -> NDArray[np.float64]:
        """Share of each text's runs that *others* have; 1 where one of them is the same text."""
        count = len(self.counts)
        hits = np.bincount(self.owners, weights=others.known[self.values], minlength=count)
        lines = frozenset(others.lines.tolist())
        whole = np.array([line in lines for line in self.lines.tolist()]) & (self.counts > 0)
        runs = np.bincount(self.owners, minlength=count)
        shares: NDArray[np.float64] = np.maximum(hits / np.maximum(runs, 1), whole)
        return shares

    def share_in(self, others: Grams) -> float:
        """Share of all runs that *others* have; 0 when there is none."""
        return float(others.known[self.values].sum()) / max(len(self.values), 1)


def grams_of(*groups: Sequence[str]) -> list[Grams]:
    """Number the runs of words of each of *groups* of texts; none reaches from text to text."""
    hashed = hash_words([text for texts in groups for text in texts])
    values, offsets = hashed.values, hashed.offsets
    counts = np.diff(offsets)
    owners = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(values)) - offsets[:-1][owners]
    lines = np.zeros(len(counts), np.uint64)
    np.add.at(lines, owners, mix(values + within.astype(np.uint64)))
    runs, starts = _runs(values, owners)
    distinct, numbers = np.unique(runs, return_inverse=True)
    found = []
    first = 0
    for texts in groups:
        last = first + len(texts)
        begin, end = np.searchsorted(starts, (first, last)).tolist()
        own = starts[begin:end] - first
        group = (numbers[begin:end], own, len(distinct), counts[first:last], lines[first:last])
        found.append(Grams(*group))
        first = last
    return found


def _runs(values: Hashes, owners: NDArray[np.int64]) -> tuple[Hashes, NDArray[np.int64]]:
    """Hashes of runs of ``GRAM`` words within one text, and the text of each."""
    if len(values) < GRAM:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    runs = values[: 1 - GRAM].copy()
    for step in range(1, GRAM):
        runs = mix(runs) + values[step : len(values) + 1 - GRAM + step]
    inside = owners[: 1 - GRAM] == owners[GRAM - 1 :]
    return runs[inside], owners[: 1 - GRAM][inside]


def compare(texts: Sequence[str], extractions: Sequence[str]) -> Measured:
    """Compare blocks with *extractions*, one for each of ``EXTRACTIONS``; empty if missing."""
    blocks, *extracted = grams_of(texts, *(text.split("\n") for text in extractions))
    pairs = ((0, 1), (1, 0), (0, 2), (2, 0))
    return Measured(
        blocks.counts.astype(np.float64),
        np.stack([blocks.shares_in(each) for each in extracted], axis=1),
        tuple(each.share_in(blocks) for each in extracted),
        tuple(int(each.counts.sum()) for each in extracted),
        tuple(extracted[a].share_in(extracted[b]) for a, b in pairs),
    )
