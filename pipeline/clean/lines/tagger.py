"""The tagger: a small neural net that reads all lines of a text and labels each of them.

    words, pairs of words ─┐                       ┌─▶ story: log-odds of each line
    what a line is        ─┼─▶ two towers of      ─┤
    where it is           ─┘   convolutions, pool  └─▶ headline, byline, time: probabilities

``tagger.npz`` has the weights; ``training/train_tagger.py`` makes it. Weights and activations are
multiples of powers of two, so that the sums of a matrix product are exact: they depend neither on
the machine nor on the other texts of a block (docs/decisions/0003). An activation is stored as a
whole number of steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Growing, portions
from pipeline.clean.lines import observed
from pipeline.clean.lines.observed import Floats, Hashes, Ints, Matrix, TextLines
from pipeline.clean.lines.page import LineRecord

WEIGHTS = Path(__file__).with_name("tagger.npz")
DILATIONS = (1, 2, 4, 8)
"""Distance of the neighbouring lines that each layer of a tower reads."""
ROLES = ("headline", "byline", "time")
BLOCK_LINES = 8_192
"""Lines that are processed together, which bounds the memory."""
KNOWN_PIECES = 250_000
"""Words with their signs that are cached, before the cache is emptied."""
STEP, WEIGHT_STEP = np.float32(256), np.float32(512)
"""Steps per unit of activations and of weights."""
TOLD = 8.0
"""Bound of the log-odds of story that the second tower reads."""
LARGEST = np.float32(60) * STEP
"""Bound of activations, in steps; no labelled text comes near."""
_HASH_BITS, _FIRST_BITS = 32, 18
"""Bits of a hash, and the first of them, which say where to begin to look for it."""
_EPSILON = 1e-5


@dataclass(frozen=True, eq=False)
class Tags:
    """The net's output for one text.

    Attributes:
        story: float64[lines], log-odds that a line is story.
        classes: float32[lines, CLASSES], logits of the class that a line has if it is boilerplate.
        roles: float64[lines, ROLES], the probability that a role is the line's; together with
            ``none`` they add up to 1.
        none: float64[ROLES], the probability that no line has the role.
        choices: role → weights of the features of its candidates, and a constant; see ``choices``.
    """

    story: Floats
    classes: Matrix
    roles: Floats
    none: Floats
    choices: dict[str, list[float]]

    def spread(self, at: Sequence[int], count: int) -> Tags:
        """The same for a text of *count* lines, of which the tagger saw those *at*."""
        story = np.full(count, -TOLD)
        classes = np.zeros((count, self.classes.shape[1]), np.float32)
        roles = np.zeros((count, len(ROLES)))
        story[at], classes[at], roles[at] = self.story, self.classes, self.roles
        return replace(self, story=story, classes=classes, roles=roles)


class Tagger:
    """The net, and a cache of the tokens that it has seen.

    Args:
        weights: name → array, as ``training/train_tagger.py`` writes them.

    Attributes:
        choices: see ``Tags``.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.generic]]) -> None:
        self._words = _Rows(weights, "words")
        self._pairs = _Rows(weights, "pairs")
        self._of_lines, self._of_places, self._of_story, self._of_classes, self._bias = (
            weights[name].astype(np.float32)
            for name in ("of_lines", "of_places", "of_story", "of_classes", "bias")
        )
        self._bias *= STEP
        self.choices = {role: weights[role].tolist() for role in ROLES}
        self._towers = _Tower(weights, "story_"), _Tower(weights, "roles_")
        self._reset()

    def _reset(self) -> None:
        self._tokens = observed.Tokens()
        self._sums = np.zeros((0, self._words.width + 2), np.float32)
        self._growing = Growing(self._sums)

    def tag(self, texts: Iterable[Sequence[LineRecord]]) -> list[Tags]:
        """Tag each of *texts*, none without lines."""
        return [tags for block in portions(texts, len, BLOCK_LINES) for tags in self._tag(block)]

    def _tag(self, texts: Sequence[Sequence[LineRecord]]) -> list[Tags]:
        if len(self._tokens.pieces) > KNOWN_PIECES:
            self._reset()
        block = TextLines(np.array([len(text) for text in texts]))
        lines = list(chain.from_iterable(texts))
        said = [line.text for line in lines]
        numbers = {text: number for number, text in enumerate(dict.fromkeys(said))}
        ids = np.array([*map(numbers.__getitem__, said)])
        table = observed.read_lines(list(numbers), self._tokens)
        blanks = np.array([line.blank_before for line in lines])
        headers = observed.headers_of(lines)
        first = (self._lines(table) @ self._of_lines)[ids]
        seen = _rounded(observed.placed(table, ids, blanks, headers, block.sizes) * STEP)
        first += seen @ self._of_places
        first += self._bias
        limit = len(self._bias) - len(self._of_story)
        logits, _ = self._towers[0].run(first[:, :limit], block)
        told = _rounded(np.clip(logits[:, :1], -TOLD, TOLD) * (STEP / np.float32(4)))
        roles, none = self._towers[1].run(first[:, limit:] + told * self._of_story, block)
        classes = logits[:, 1:] + (seen @ self._of_classes) / STEP
        story = np.round(logits[:, 0].astype(np.float64), 2).astype(np.float64)
        shares, nobody = _shares(roles, none, block)
        own = map(slice, block.start.tolist(), (block.start + block.sizes).tolist())
        return [
            Tags(story[at], classes[at], shares[at], rest, self.choices)
            for at, rest in zip(own, nobody, strict=True)
        ]

    def _lines(self, table: observed.LineTable) -> Matrix:
        """First inputs of each line: sums of its words' and pairs' rows, ``own``, known shares."""
        count = len(table.own)
        self._sum_new_tokens()
        sizes = np.bincount(table.token_lines, minlength=count)
        sums = _sums_of_rows(self._sums, table.tokens, sizes)
        words, counts = sums[:, :-2], sums[:, -2:]
        words /= np.sqrt(np.maximum(counts[:, :1], 1.0))
        rows, known = self._pairs.find(table.pairs)
        held = table.pair_lines[known]
        met = np.bincount(held, minlength=count)
        pairs = _sums_of_rows(self._pairs.values, rows[np.argsort(held, kind="stable")], met)
        pairs /= np.sqrt(np.maximum(met, 1))[:, None].astype(np.float32)
        met_share = met / np.maximum(np.bincount(table.pair_lines, minlength=count), 1)
        shares = np.stack((counts[:, 0] / np.maximum(counts[:, 1], 1.0), met_share), axis=1)
        return _rounded(
            np.concatenate((words, pairs, table.own, shares), axis=1, dtype=np.float32) * STEP
        )

    def _sum_new_tokens(self) -> None:
        """Sum the rows of each new token's hashes; count the hashes with a row, and all of them."""
        hashes = self._tokens.hashes[len(self._sums) :]
        sums = np.zeros((len(hashes), self._words.width + 2), np.float32)
        for column in hashes.T:
            rows, known = self._words.find(column)
            sums[known, :-2] += self._words.values[rows]
            sums[known, -2] += 1
            sums[:, -1] += column > 0
        self._sums = self._growing.add(sums)


@cache
def load_tagger() -> Tagger:
    """Read ``tagger.npz``, once per process."""
    with np.load(WEIGHTS) as stored:
        return Tagger(dict(stored))


class _Rows:
    """Learned rows of hashed words or pairs, each stored as ``int8`` steps of a power of two."""

    _rest = np.uint64(_HASH_BITS - _FIRST_BITS)

    def __init__(self, weights: Mapping[str, NDArray[np.generic]], name: str) -> None:
        hashes = weights[f"{name}_hashes"].astype(np.uint64)
        firsts = np.arange((1 << _FIRST_BITS) + 1, dtype=np.uint64) << self._rest
        self._begin = np.searchsorted(hashes, firsts)
        self._most = int(np.diff(self._begin).max())
        self._hashes = np.append(hashes, firsts[-1])
        steps = np.ldexp(np.float32(1.0), -weights[f"{name}_powers"].astype(np.int32))
        self.values: Matrix = weights[f"{name}_rows"].astype(np.float32) * steps[:, None]
        self.width = self.values.shape[1]

    def find(self, hashes: Hashes) -> tuple[Ints, Ints]:
        """Rows of those *hashes* that have one, and the indexes of these.

        Few hashes begin alike: to step over those is much faster than a binary search of all.
        """
        at = self._begin.take((hashes >> self._rest).astype(np.int64))
        for _ in range(self._most):
            at += self._hashes.take(at) < hashes
        known = np.flatnonzero(self._hashes.take(at) == hashes)
        return at[known], known


class _Tower:
    """The layers of one head."""

    def __init__(self, weights: Mapping[str, NDArray[np.generic]], prefix: str) -> None:
        self._weights: dict[str, Matrix] = {
            name.removeprefix(prefix): array.astype(np.float32) * (STEP if "bias" in name else 1)
            for name, array in weights.items()
            if name.startswith(prefix)
        }
        # One matrix each for the line before, the line itself and the line after: sums of whole
        # arrays are faster than those of parts of their columns.
        self._near = [
            np.stack(np.split(self._weights.pop(f"near{number}"), 3, axis=1))
            for number in range(len(DILATIONS))
        ]

    def run(self, first: Matrix, lines: TextLines) -> tuple[Matrix, Matrix]:
        """Logits of each line and, if the tower has them, of each text."""
        w = self._weights
        h = _positive(first) @ w["in"]
        h += w["in_bias"]
        for number, step in enumerate(DILATIONS):
            h = _rounded(h)
            h += self._layer(h, number, step, lines)
        h = _rounded(h)
        even = _normed(h)
        pooled = self._pooled(h, even, lines)
        gate = np.maximum(pooled @ w["gate"] + w["gate_bias"], 0.0)[lines.text]
        scale = (_rounded(pooled @ w["scale"]) / STEP)[lines.text]
        both = _rounded(np.concatenate((even + gate, even * scale), axis=1))
        out = both @ w["out"]
        out += w["out_bias"]
        none = pooled @ w["none"] + w["none_bias"] if "none" in w else pooled[:, :0]
        return (_positive(out) @ w["last"] + w["last_bias"]) / STEP, none / STEP

    def _layer(self, h: Matrix, number: int, step: int, lines: TextLines) -> Matrix:
        """What one layer adds to *h*, from each line and those *step* lines before and after it."""
        w = self._weights
        even = _normed(h)
        even *= w[f"norm{number}"]
        before, total, after = _rounded(even) @ self._near[number]
        # Lines of other texts are no neighbours.
        before[np.flatnonzero(lines.rest < step)] = 0.0
        after[np.flatnonzero(lines.here < step)] = 0.0
        total += w[f"near_bias{number}"]
        total[step:] += before[:-step]
        total[:-step] += after[step:]
        added: Matrix = _positive(total) @ w[f"add{number}"]
        added += w[f"add_bias{number}"]
        return added

    def _pooled(self, h: Matrix, even: Matrix, lines: TextLines) -> Matrix:
        """Two weighted means of *even* over the lines of each text, and the plain one."""
        weight = np.exp(np.clip((h @ self._weights["pool"]) / STEP, -15.0, 15.0))
        total = lines.sums(weight) + 1e-6
        means = (
            lines.sums(even * weight[:, :1]) / total[:, :1],
            lines.sums(even * weight[:, 1:]) / total[:, 1:],
            lines.sums(even) / lines.sizes[:, None].astype(np.float32),
        )
        return _rounded(np.concatenate(means, axis=1))


def _rounded(values: Matrix) -> Matrix:
    """*values*, in place, as whole steps: sums of their products with weights are exact."""
    np.rint(values, out=values)
    return np.clip(values, -LARGEST, LARGEST, out=values)


def _positive(values: Matrix) -> Matrix:
    """Values above 0 as whole steps, 0 in place of the others; not in place."""
    found = np.rint(values)
    return np.clip(found, np.float32(0), LARGEST, out=found)


def _normed(h: Matrix) -> Matrix:
    """*h* scaled to mean square 1 in each line; the sum of squares is exact in 64 bits."""
    wide = h.astype(np.float64)
    squares = np.einsum("lc,lc->l", wide, wide) / (h.shape[1] * float(STEP) ** 2)
    even: Matrix = h / np.sqrt(squares + _EPSILON).astype(np.float32)[:, None]
    return np.rint(even, out=even)


def _shares(logits: Matrix, none: Matrix, lines: TextLines) -> tuple[Floats, Floats]:
    """Probability of each role for each line of each text, and for none of its lines."""
    start = lines.start
    most = np.maximum(np.maximum.reduceat(logits, start, axis=0), none).astype(np.float64)
    powers = np.exp(logits - most[lines.text])
    rest = np.exp(none - most)
    total = np.add.reduceat(powers, start, axis=0) + rest
    return np.round(powers / total[lines.text], 3), np.round(rest / total, 3)


def _sums_of_rows(values: Matrix, rows: Ints, sizes: Ints) -> Matrix:
    """Sums of the *rows* of *values* of each line, which has *sizes* of them; they must be exact.

    First the first row of each line, then the second, and so on: ``np.add.reduceat`` takes seven
    times as long.
    """
    order = np.argsort(-sizes)
    first = (np.cumsum(sizes) - sizes)[order]
    sums = np.zeros((len(sizes), values.shape[1]), np.float32)
    for place in range(sizes.max()):
        first = first[: np.count_nonzero(sizes > place)]
        sums[: len(first)] += values.take(rows[first + place], axis=0)
    return sums[np.argsort(order)]
