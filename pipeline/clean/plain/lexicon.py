"""Which words and pairs of words speak for story or chrome, learned from many sites."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.clean.plain.line_tokens import GAP, NUMBER, hashes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pipeline.clean.plain.line_tokens import Hashes, Tokens

HEAD_WORDS = 45
TAIL_WORDS = 14
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
        words = (*words[:HEAD_WORDS], GAP, *words[-TAIL_WORDS:])
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
            seen = ~tokens.long | (tokens.place < HEAD_WORDS) | (tokens.place >= GAP_PLACE)
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
