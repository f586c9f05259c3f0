"""Which extraction took which block: runs of words that both have, in any script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.text.tokens import hash_words, mix

Hashes = NDArray[np.uint64]

VOTERS = ("first", "second", "stated")
"""Extractions that are compared with the blocks: trafilatura's, resiliparse's, JSON-LD's."""

GRAM = 3
"""Words in a row that are looked up in an extraction."""


@dataclass(frozen=True, eq=False)
class Measured:
    """The words of a page's blocks, and how much of each an extraction shares.

    Attributes:
        words: float64[blocks], logarithms are taken elsewhere.
        shares: float64[blocks, VOTERS], of a block's words.
        found: of each voter's words, the share that some block holds; 0 when it has none.
        sizes: words of each voter.
        mutual: of each pair of voters (first, second), (second, first), (first, stated),
            (stated, first), the share of the one's words in the other.
    """

    words: NDArray[np.float64]
    shares: NDArray[np.float64]
    found: tuple[float, ...]
    sizes: tuple[int, ...]
    mutual: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Grams:
    """The runs of ``GRAM`` words of some texts.

    Attributes:
        values, owners: of each run its number, and the text that it stands in; the same run has
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
    """Look up blocks in *extractions*, one for each of ``VOTERS``; empty where there is none."""
    blocks, *voters = grams_of(texts, *(text.split("\n") for text in extractions))
    pairs = ((0, 1), (1, 0), (0, 2), (2, 0))
    return Measured(
        blocks.counts.astype(np.float64),
        np.stack([blocks.shares_in(voter) for voter in voters], axis=1),
        tuple(voter.share_in(blocks) for voter in voters),
        tuple(int(voter.counts.sum()) for voter in voters),
        tuple(voters[a].share_in(voters[b]) for a, b in pairs),
    )
