"""The words of many lines at once, as numbers: 64-bit hashes and where each word stands.

Hashes are Python's own, different in each process; only their equality is ever asked for. Words
return from text to text: what each says by itself is looked up, and found out but once.
"""

from __future__ import annotations

import threading
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.clean.plain.line_words import FIRST_PERSON, INFORMAL, REMARKS, SECOND_PERSON
from pipeline.text.scripts import SPACELESS_LETTER

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
FIRST_SPACELESS = "\u0e00"
"""No script that needs no spaces has a letter below this one."""


def hashes(words: Iterable[object], count: int) -> Hashes:
    """Hashes of *count* words."""
    return np.fromiter(map(hash, words), np.int64, count).view(np.uint64)


def units(words: Sequence[str]) -> list[str]:
    """What a line of these *words* is read by: pairs of letters where no spaces part words.

    >>> units(("read", "more")), units(("責任編輯",))
    (['read', 'more'], ['責任', '任編', '編輯'])
    """
    found: list[str] = []
    for word in words:
        beyond = max(word[0], word[-1]) >= FIRST_SPACELESS and len(word) > 2
        if beyond and (SPACELESS_LETTER.match(word) or SPACELESS_LETTER.match(word[-1])):
            found.extend(map("".join, pairwise(word)))
        else:
            found.append(word)
    return found


_TRAITS: dict[str, Callable[[str], bool]] = {
    "number": lambda word: not word.isalpha() and word[0].isdigit(),
    "first_person": FIRST_PERSON.__contains__,
    "second_person": SECOND_PERSON.__contains__,
    "remark": REMARKS.__contains__,
    "informal": INFORMAL.__contains__,
}
"""What a word is by itself: name → test."""
_REMEMBERED_WORDS = 1 << 17
"""Words after which a thread forgets those that it has seen."""


class _Numbers(dict[str, int]):
    """Numbers words as they come."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


class Words:
    """The words that were seen, each with its number and what it is by itself.

    Attributes:
        word: hash of each word, by number; what is behind the last word is nothing.
        size: letters of each word.
        traits: of each word, the bits of ``_TRAITS`` that hold.
    """

    def __init__(self) -> None:
        self._numbers = _Numbers()
        self._known = 0
        self.word = np.zeros(1 << 12, np.uint64)
        self.size = np.zeros(1 << 12, np.int64)
        self.traits = np.zeros(1 << 12, np.uint8)

    def __len__(self) -> int:
        return self._known

    def number(self, words: Iterable[str], count: int) -> Places:
        """Numbers of *count* words."""
        found = np.fromiter(map(self._numbers.__getitem__, words), np.int64, count)
        fresh = len(self._numbers) - self._known
        if fresh:
            self._learn(list(islice(reversed(self._numbers), fresh))[::-1])
        return found

    def _learn(self, words: list[str]) -> None:
        """Find out about words that were numbered just now."""
        start, end = self._known, self._known + len(words)
        if end > len(self.word):
            room = 2 * end
            self.word, self.size, self.traits = (
                np.concatenate((each[:start], np.zeros(room - start, each.dtype)))
                for each in (self.word, self.size, self.traits)
            )
        self.word[start:end] = hashes(words, len(words))
        self.size[start:end] = list(map(len, words))
        for bit, holds in enumerate(_TRAITS.values()):
            self.traits[start:end] |= np.array(list(map(holds, words)), np.uint8) << bit
        self._known = end


class _Lately(threading.local):
    """The words that this thread has seen."""

    def __init__(self) -> None:
        self.words = Words()


_lately = _Lately()


class Tokens:
    """The words of *lines*, as ``units`` tells them apart.

    Attributes:
        known: the table in which words have their numbers.
        counts: words of each line that are looked at.
        starts: where each line's words begin.
        line_of: the line of each word.
        place: the number of each word in its line.
        long: of each word, whether its line is one of those with a gap.
        id: number of each word in *known*.
        word: hash of each word.
        size: letters of each word.
        number: of each word, whether it begins with a digit.
    """

    def __init__(self, lines: Sequence[LineRecord]) -> None:
        parts = [
            words if len(words) <= HEAD_WORDS else (*words[:HEAD_WORDS], GAP, *words[-TAIL_WORDS:])
            for words in [
                line.words if line.text.isascii() else units(line.words) for line in lines
            ]
        ]
        if len(_lately.words) > _REMEMBERED_WORDS:
            _lately.words = Words()
        self.known = _lately.words
        self.counts = np.fromiter(map(len, parts), np.int64, len(parts))
        total = int(self.counts.sum())
        self.id = self.known.number(chain.from_iterable(parts), total)
        self.starts = np.cumsum(self.counts) - self.counts
        self.line_of = np.repeat(np.arange(len(parts)), self.counts)
        self.place = np.arange(total) - np.repeat(self.starts, self.counts)
        self.long = np.repeat(self.counts > HEAD_WORDS, self.counts)
        self.word = self.known.word[self.id]
        self.size = self.known.size[self.id]
        self._traits = self.known.traits[self.id]
        self.number = self.are("number")

    def are(self, trait: str) -> NDArray[np.bool_]:
        """Of each word, whether it has this one of ``_TRAITS``."""
        found: NDArray[np.bool_] = (self._traits & _BIT[trait]) != 0
        return found

    def count(self, trait: str) -> Places:
        """How many words with this one of ``_TRAITS`` stand among each line's first words."""
        found = np.flatnonzero(self.are(trait))
        found = found[self.place[found] < HEAD_WORDS]
        return np.bincount(self.line_of[found], None, len(self.counts))


_BIT = {name: np.uint8(1 << bit) for bit, name in enumerate(_TRAITS)}


def grouped(keys: Hashes) -> tuple[Places, Places, Places]:
    """Order in which like keys stand together, where each group starts, and how large it is."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return order, starts, np.diff(np.concatenate((starts, [len(keys)])))
