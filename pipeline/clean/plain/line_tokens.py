"""The words of many lines at once, as numbers: 64-bit hashes and where each word stands.

Hashes are Python's own, different in each process; only their equality is ever asked for.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain, count
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from pipeline.clean.plain.page import LineRecord

    Hashes = NDArray[np.uint64]
    Places = NDArray[np.int64]

HEAD_WORDS = 60
TAIL_WORDS = 14
"""Words of a line that are looked at, from its start and from its end."""
GAP = "…"
"""Stands where words of a longer line are left out."""
NUMBER = "0"
"""Stands for all words that begin with a digit."""


def hashes(words: Iterable[object], count: int) -> Hashes:
    """Hashes of *count* words."""
    return np.fromiter(map(hash, words), np.int64, count).view(np.uint64)


class Tokens:
    """The words of *lines*.

    Attributes:
        counts: words of each line that are looked at.
        starts: where each line's words begin.
        line_of: the line of each word.
        place: the number of each word in its line.
        long: of each word, whether its line is one of those with a gap.
        word: hash of each word.
        size: letters of each word.
        number: of each word, whether it begins with a digit.
    """

    def __init__(self, lines: Sequence[LineRecord]) -> None:
        parts = [
            words if len(words) <= HEAD_WORDS else (*words[:HEAD_WORDS], GAP, *words[-TAIL_WORDS:])
            for words in [line.words for line in lines]
        ]
        self.counts = np.fromiter(map(len, parts), np.int64, len(parts))
        numbers: dict[str, int] = defaultdict(count().__next__)
        total = int(self.counts.sum())
        self._word = np.fromiter(
            map(numbers.__getitem__, chain.from_iterable(parts)), np.int64, total
        )
        self._distinct = list(numbers)
        self.starts = np.cumsum(self.counts) - self.counts
        self.line_of = np.repeat(np.arange(len(parts)), self.counts)
        self.place = np.arange(total) - np.repeat(self.starts, self.counts)
        self.long = np.repeat(self.counts > HEAD_WORDS, self.counts)
        self.word = hashes(self._distinct, len(self._distinct))[self._word]
        self.size = np.array(list(map(len, self._distinct)), np.int64)[self._word]
        self.number = self.holds(lambda word: not word.isalpha() and word[0].isdigit())

    def holds(self, test: Callable[[str], bool]) -> NDArray[np.bool_]:
        """Of each word, whether it passes *test*, which sees every distinct word once."""
        return np.array(list(map(test, self._distinct)), np.bool_)[self._word]

    def count(self, found: NDArray[np.bool_]) -> Places:
        """How many of *found*, one a word, stand among each line's first words."""
        return np.bincount(self.line_of[found & (self.place < HEAD_WORDS)], None, len(self.counts))


def grouped(keys: Hashes) -> tuple[Places, Places, Places]:
    """Order in which like keys stand together, where each group starts, and how large it is."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return order, starts, np.diff(np.concatenate((starts, [len(keys)])))
