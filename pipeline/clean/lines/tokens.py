"""The words of many lines at once, as numbers: 64-bit hashes and where each word stands.

Hashes are Python's own, different in each process; only their equality is ever asked for. Words
return from text to text: what each says by itself is looked up, and found out but once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice, pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.page import LineRecord
from pipeline.clean.lines.phrases import WORDS
from pipeline.text.scripts import FIRST_SPACELESS, SPACELESS_LETTER

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
    **{
        name: WORDS[name].__contains__
        for name in ("first_person", "second_person", "remark", "informal")
    },
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


LEXICON_HEAD_WORDS = 45

WHOLE_WORDS = 60
"""Words of a line that is looked at as a whole; of a longer one, those at its two ends."""

LIMIT = 8.0
"""Log-odds to which the sum of a line's weights is limited."""

RATE_LIMIT = 4.0
"""Log-odds to which the same sum is limited when divided by the root of the n-grams."""

GAP_PLACE = 60
"""Number of the word in ``Tokens`` from which a longer line's last words stand."""


def grams(words: Sequence[str]) -> list[str]:
    """Single words and pairs of a line of case-folded *words*, and those at its ends.

    Numbers are all the same; the line's first and last word are marked.

    >>> grams(("read", "more"))
    ['read', 'more', 'read more', '^read', '^read more', 'more$']
    """
    if not words:
        return []
    if len(words) > WHOLE_WORDS:
        words = (*words[:LEXICON_HEAD_WORDS], GAP, *words[-TAIL_WORDS:])
    folded = [word if word.isalpha() or not word[0].isdigit() else NUMBER for word in words]
    pairs = [f"{a} {b}" for a, b in pairwise(folded)]
    found = [*folded, *pairs, f"^{folded[0]}", f"{folded[-1]}$"]
    if pairs:
        found.insert(-1, f"^{pairs[0]}")
    return found


def gram_count(words: int) -> int:
    """How many n-grams a line of so many words has, repeated ones counted; at least 1.

    >>> gram_count(2), len(grams(("read", "more")))
    (6, 6)
    """
    seen = min(words, WHOLE_WORDS)
    return 2 * seen + 2 - (seen == 1) if seen else 1


class Lexicon:
    """Scores lines by the weights of their n-grams.

    Args:
        weights: n-gram, as ``grams`` writes it → log-odds.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        kinds: dict[str, list[tuple[str, str, float]]] = {kind: [] for kind in _FACTORS}
        for gram, weight in weights.items():
            first, _, second = gram.strip("^$").partition(" ")
            kind = "first" if gram[0] == "^" else "last" if gram[-1] == "$" else "any"
            kinds[f"{kind} pair" if second else kind].append((first, second, weight))
        keys, values = [], []
        self._roles = np.zeros(1 << _FILTER_BITS, np.uint8)
        for kind, found in kinds.items():
            left = hashes([first for first, _, _ in found], len(found))
            right = hashes([second for _, second, _ in found], len(found))
            self._roles[left >> _FILTER_SHIFT] |= _LEFT[kind]
            self._roles[right >> _FILTER_SHIFT] |= _RIGHT.get(kind, np.uint8(0))
            keys.append(_key(kind, left, right))
            values += [weight for _, _, weight in found]
        unsorted = np.concatenate(keys)
        order = np.argsort(unsorted)
        self._keys = unsorted[order]
        self._values = np.array(values)[order]
        self._filter = np.zeros(1 << _FILTER_BITS, np.bool_)
        self._filter[self._keys >> _FILTER_SHIFT] = True

    def scores(self, tokens: Tokens) -> NDArray[np.float32]:
        """Sum, highest and lowest weight, and the sum by the line's length: float32[lines, 4].

        What stands twice in a line counts once; the sum is limited to ``LIMIT``. The last column is
        the sum divided by the root of the number of n-grams, within ``RATE_LIMIT``.
        """
        out = np.zeros((len(tokens.counts), 4))
        keys, lines = self._keys_of(tokens)
        likely = np.flatnonzero(self._filter[keys >> _FILTER_SHIFT])
        keys, lines = keys[likely], lines[likely]
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        known = self._keys[at] == keys
        if not known.any():
            return out.astype(np.float32)
        found = np.unique(lines[known] * len(self._keys) + at[known])
        line, weight = found // len(self._keys), self._values[found % len(self._keys)]
        starts = np.flatnonzero(np.concatenate(([True], line[1:] != line[:-1])))
        rows = line[starts]
        total = np.round(np.add.reduceat(weight, starts), 6)
        seen = np.minimum(tokens.counts[rows], WHOLE_WORDS)
        rate = total / np.sqrt(2 * seen + 2 - (seen == 1))
        out[rows, 0] = np.clip(total, -LIMIT, LIMIT)
        out[rows, 1] = np.maximum(np.maximum.reduceat(weight, starts), 0.0)
        out[rows, 2] = np.minimum(np.minimum.reduceat(weight, starts), 0.0)
        out[rows, 3] = np.clip(rate, -RATE_LIMIT, RATE_LIMIT)
        return out.astype(np.float32)

    def _keys_of(self, tokens: Tokens) -> tuple[Hashes, NDArray[np.int64]]:
        """Key and line of every n-gram whose words are those of n-grams with a weight."""
        word, line = np.where(tokens.number, _NUMBER_HASH, tokens.word), tokens.line_of
        if tokens.long.any():
            seen = ~tokens.long | (tokens.place < LEXICON_HEAD_WORDS) | (tokens.place >= GAP_PLACE)
            word, line = word[seen], line[seen]
        if not len(word):
            return word, line
        roles = self._roles[word >> _FILTER_SHIFT]
        first = np.concatenate(([True], line[1:] != line[:-1]))
        starts = np.flatnonzero(first)
        ends = np.concatenate((starts[1:], [len(line)])) - 1
        openings = starts[ends > starts]
        paired = ((roles[:-1] & _LEFT["any pair"]) != 0) & ((roles[1:] & _RIGHT["any pair"]) != 0)
        opens = roles[openings] & _LEFT["first pair"], roles[openings + 1] & _RIGHT["first pair"]
        parts = (
            ("any", np.flatnonzero(roles & _LEFT["any"])),
            ("any pair", np.flatnonzero(paired & ~first[1:])),
            ("first", starts[(roles[starts] & _LEFT["first"]) != 0]),
            ("first pair", openings[(opens[0] != 0) & (opens[1] != 0)]),
            ("last", ends[(roles[ends] & _LEFT["last"]) != 0]),
        )
        nothing = np.zeros(1, np.uint64)
        keys = [
            _key(kind, word[at], word[at + 1] if kind in _RIGHT else nothing) for kind, at in parts
        ]
        return np.concatenate(keys), np.concatenate([line[at] for _, at in parts])


_FACTORS = {
    "any": (0x9E3779B97F4A7C15, 0),
    "any pair": (0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9),
    "first": (0xD6E8FEB86659FD93, 0),
    "first pair": (0xA0761D6478BD642F, 0xE7037ED1A0B428DB),
    "last": (0x8EBC6AF09C88C6E3, 0),
}
"""Odd numbers by which an n-gram's hashes are multiplied, so that its kind is in its key."""

_LEFT = {kind: np.uint8(1 << bit) for bit, kind in enumerate(_FACTORS)}

_RIGHT = {"any pair": np.uint8(1 << 5), "first pair": np.uint8(1 << 6)}
"""Bits of what a word may be in n-grams of each kind: the first of them, or the second."""

_FILTER_BITS = 17

_FILTER_SHIFT = np.uint64(64 - _FILTER_BITS)


def _key(kind: str, left: Hashes, right: Hashes) -> Hashes:
    """Key of n-grams of one kind."""
    first, second = (np.uint64(factor) for factor in _FACTORS[kind])
    key = left * first + right * second
    key ^= (key >> np.uint64(29)) * np.uint64(0xBF58476D1CE4E5B9)
    return key


_NUMBER_HASH = hashes([NUMBER], 1)[0]
