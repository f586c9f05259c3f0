"""The tagger: one small net reads all lines of a text and says what each one is.

    words, pairs of words ─┐                       ┌─▶ story: a log-odds a line
    what a line is, marks ─┼─▶ two towers of      ─┤
    where it stands       ─┘   convolutions, pool  └─▶ headline, byline, time: a share a line

``tagger.npz`` holds the weights; ``training/train_tagger.py`` makes it. All weights and inner
values are rounded to steps of powers of two, so that the sums of a matrix product are exact: they
depend neither on the machine nor on the other texts of a block (docs/decisions/0003). The net
counts in those steps: an inner value is held as a whole number of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.observed import (
    Growing,
    Hashes,
    Ints,
    LineTable,
    Matrix,
    Tokens,
    placed,
    read_lines,
)

WEIGHTS = Path(__file__).with_name("tagger.npz")
DILATIONS = (1, 2, 4, 8)
"""Lines from one to the next that each layer of a tower looks at."""
ROLES = ("headline", "byline", "time")
BLOCK_LINES = 8_192
"""Lines that are looked at together, so that long texts do not fill the memory."""
KNOWN_TOKENS = 200_000
"""Tokens that are remembered; above, the memory starts anew."""
STEP, WEIGHT_STEP = np.float32(256), np.float32(512)
"""Steps between whole numbers of inner values and of weights."""
SURE_CLASS = 0.6
"""Share from which the class of a line is its reason."""
TOLD = 8.0
"""Log-odds of story up to which the second tower is told of them."""
LARGEST = np.float32(60) * STEP
"""Steps within which inner values are held; none of the labelled texts comes near."""
_MAYBE = np.uint64((1 << 20) - 1)
"""Low bits of a hash by which most that have no row are ruled out before they are looked up."""
_EPSILON = 1e-5


@dataclass(frozen=True, eq=False)
class Tags:
    """What the net says of one text.

    Attributes:
        story: float64[lines], log-odds that a line is story.
        classes: float32[lines, CLASSES], logits of what a line is if it is chrome.
        likely: int64[lines], the class of a line, -1 where none has a share of ``SURE_CLASS``.
        roles: float64[lines, ROLES], the share of each role that a line has; with ``none`` they
            add up to 1.
        none: float64[ROLES], the share that no line has it.
    """

    story: NDArray[np.float64]
    classes: Matrix
    likely: Ints
    roles: NDArray[np.float64]
    none: NDArray[np.float64]

    def spread(self, at: Sequence[int], count: int) -> Tags:
        """The same for a text of *count* lines, of which those *at* were tagged."""
        story, likely = np.full(count, -TOLD), np.full(count, -1)
        classes = np.zeros((count, self.classes.shape[1]), np.float32)
        roles = np.zeros((count, len(ROLES)))
        story[at], likely[at], classes[at], roles[at] = (
            self.story, self.likely, self.classes, self.roles,
        )  # fmt: skip
        return Tags(story, classes, likely, roles, self.none)


class Tagger:
    """The net, and the tokens that it has met.

    Args:
        weights: name → array, as ``training/train_tagger.py`` writes them.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.generic]]) -> None:
        self._words = _Rows(weights, "words")
        self._pairs = _Rows(weights, "pairs")
        self._of_lines, self._of_places, self._of_story, self._of_classes, self._bias = (
            weights[name].astype(np.float32)
            for name in ("of_lines", "of_places", "of_story", "of_classes", "bias")
        )
        self._bias *= STEP
        self._towers = _Tower(weights, "story_"), _Tower(weights, "roles_")
        self._reset()

    def _reset(self) -> None:
        self._tokens = Tokens()
        self._met = Growing(np.zeros((0, self._words.width + 2), np.float32))
        self._sums = self._met.add(np.zeros((0, self._words.width + 2), np.float32))

    def tag(
        self, texts: Sequence[Sequence[str]], blanks: Sequence[Sequence[bool]], marks: Matrix
    ) -> list[Tags]:
        """Tag each of *texts*, none without lines.

        Args:
            blanks: whether an empty line stands before each line.
            marks: float32[all lines, marks], text after text: which rules and phrases hold each.
        """
        found: list[Tags] = []
        begin = 0
        for low, high in _blocks([len(text) for text in texts]):
            end = begin + sum(map(len, texts[low:high]))
            found += self._tag(texts[low:high], blanks[low:high], marks[begin:end])
            begin = end
        return found

    def _tag(
        self, texts: Sequence[Sequence[str]], blanks: Sequence[Sequence[bool]], marks: Matrix
    ) -> list[Tags]:
        if len(self._tokens) > KNOWN_TOKENS:
            self._reset()
        texts_lines = _TextLines(np.array([len(text) for text in texts]))
        lines = list(chain.from_iterable(texts))
        numbers = {line: number for number, line in enumerate(dict.fromkeys(lines))}
        ids = np.fromiter(map(numbers.__getitem__, lines), np.int64, len(lines))
        table = read_lines(list(numbers), self._tokens)
        gaps = np.fromiter(chain.from_iterable(blanks), np.bool_, len(lines))
        places = np.concatenate((placed(table, ids, gaps, texts_lines.sizes), marks), axis=1)
        first = (self._lines(table) @ self._of_lines)[ids]
        seen = _rounded(places * STEP)
        first += seen @ self._of_places
        first += self._bias
        limit = len(self._bias) - len(self._of_story)
        said, _ = self._towers[0].run(first[:, :limit], texts_lines)
        told = _rounded(np.clip(said[:, :1], -TOLD, TOLD) * (STEP / np.float32(4)))
        roles, none = self._towers[1].run(first[:, limit:] + told * self._of_story, texts_lines)
        classes = said[:, 1:] + (seen @ self._of_classes) / STEP
        most = classes.max(axis=1, keepdims=True)
        sure = np.exp(classes - most).sum(axis=1) * SURE_CLASS <= 1.0
        likely = np.where(sure, classes.argmax(axis=1), -1)
        story = np.round(said[:, 0].astype(np.float64), 2).astype(np.float64)
        shares, nobody = _shares(roles, none, texts_lines)
        spans = zip(texts_lines.start.tolist(), texts_lines.sizes.tolist(), strict=True)
        return [
            Tags(
                story[low : low + size],
                classes[low : low + size],
                likely[low : low + size],
                shares[low : low + size],
                nobody[number],
            )
            for number, (low, size) in enumerate(spans)
        ]

    def _lines(self, table: LineTable) -> Matrix:
        """What each different line says by itself: sums of rows, ``OWN``, shares of known words."""
        count = len(table.own)
        self._meet_tokens()
        words = np.zeros((count, self._words.width), np.float32)
        pairs = np.zeros((count, self._pairs.width), np.float32)
        shares = np.zeros((count, 2), np.float32)
        if len(table.tokens):
            first, lines = _first_of_each(table.token_lines)
            sums = np.add.reduceat(self._sums[table.tokens], first, axis=0)
            words[lines], counts = sums[:, :-2], sums[:, -2:]
            words[lines] /= np.sqrt(np.maximum(counts[:, :1], 1.0))
            shares[lines, 0] = counts[:, 0] / np.maximum(counts[:, 1], 1.0)
            rows, known = self._pairs.find(table.pairs)
            held = table.pair_lines[known]
            order = np.argsort(held, kind="stable")
            if len(order):
                first, lines = _first_of_each(held[order])
                pairs[lines] = np.add.reduceat(self._pairs.values[rows[order]], first, axis=0)
            met = np.bincount(held, minlength=count)
            pairs /= np.sqrt(np.maximum(met, 1))[:, None].astype(np.float32)
            shares[:, 1] = met / np.maximum(np.bincount(table.pair_lines, minlength=count), 1)
        return _rounded(np.concatenate((words, pairs, table.own, shares), axis=1) * STEP)

    def _meet_tokens(self) -> None:
        """Sum the rows of each new token's word, end and beginning; count those, and the hashes."""
        hashes = self._tokens.hashes[len(self._sums) :]
        if not len(hashes):
            return
        sums = np.zeros((len(hashes), self._words.width + 2), np.float32)
        for column in hashes.T:
            rows, known = self._words.find(column)
            sums[known, :-2] += self._words.values[rows]
            sums[known, -2] += 1
            sums[:, -1] += column > 0
        self._sums = self._met.add(sums)


@cache
def load_tagger() -> Tagger:
    """Read ``tagger.npz``, once a process."""
    with np.load(WEIGHTS) as stored:
        return Tagger(dict(stored))


class _Rows:
    """The learned rows of hashed words, or of pairs: ``int8`` steps of a power of two each."""

    def __init__(self, weights: Mapping[str, NDArray[np.generic]], name: str) -> None:
        self._hashes = weights[f"{name}_hashes"].astype(np.uint64)
        self._maybe = np.zeros(int(_MAYBE) + 1, np.bool_)
        self._maybe[self._hashes & _MAYBE] = True
        steps = np.ldexp(np.float32(1.0), -weights[f"{name}_powers"].astype(np.int32))
        self.values: Matrix = weights[f"{name}_rows"].astype(np.float32) * steps[:, None]
        self.width = self.values.shape[1]

    def find(self, hashes: Hashes) -> tuple[Ints, Ints]:
        """Rows of the hashes that have one, and which of them these are."""
        maybe = np.flatnonzero(self._maybe[(hashes & _MAYBE).astype(np.int64)])
        some = hashes[maybe]
        at = np.searchsorted(self._hashes, some)
        at[at == len(self._hashes)] = 0
        known = self._hashes[at] == some
        return at[known], maybe[known]


class _TextLines:
    """Which lines belong together: those of a text, one after another.

    Attributes:
        sizes: lines of each text, none 0.
        start: the first line of each.
        text: the text of each line.
        early, late: for each of ``DILATIONS``, the lines with fewer lines of their text than that
            before them, and behind them.
    """

    def __init__(self, sizes: Ints) -> None:
        self.sizes = sizes
        self.start = np.cumsum(sizes) - sizes
        self.text = np.repeat(np.arange(len(sizes)), sizes)
        here = np.arange(len(self.text)) - self.start[self.text]
        rest = sizes[self.text] - 1 - here
        self.early = {step: np.flatnonzero(here < step) for step in DILATIONS}
        self.late = {step: np.flatnonzero(rest < step) for step in DILATIONS}

    def sums(self, values: Matrix) -> Matrix:
        """Sums over the lines of each text."""
        return np.add.reduceat(values, self.start, axis=0)


class _Tower:
    """The layers of one head, from the first sums of each line to what is said of it."""

    def __init__(self, weights: Mapping[str, NDArray[np.generic]], prefix: str) -> None:
        one = np.float32(1)
        self._weights: dict[str, Matrix] = {
            name.removeprefix(prefix): array.astype(np.float32) * (STEP if "bias" in name else one)
            for name, array in weights.items()
            if name.startswith(prefix)
        }

    def run(self, first: Matrix, lines: _TextLines) -> tuple[Matrix, Matrix]:
        """Logits of each line, and of each text: none for a tower without them."""
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

    def _layer(self, h: Matrix, number: int, step: int, lines: _TextLines) -> Matrix:
        """What one layer adds: each line with those *step* lines before and behind."""
        w, width = self._weights, h.shape[1]
        even = _normed(h)
        even *= w[f"norm{number}"]
        found = _rounded(even) @ w[f"near{number}"]
        # Neighbours in other texts say nothing.
        found[lines.late[step], :width] = 0.0
        found[lines.early[step], 2 * width :] = 0.0
        total = found[:, width : 2 * width]
        total += w[f"near_bias{number}"]
        total[step:] += found[:-step, :width]
        total[:-step] += found[step:, 2 * width :]
        added: Matrix = _positive(total) @ w[f"add{number}"]
        added += w[f"add_bias{number}"]
        return added

    def _pooled(self, h: Matrix, even: Matrix, lines: _TextLines) -> Matrix:
        """Two weighed means of *even* over the lines of each text, and the plain one."""
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
    """Each line's values in whole steps, scaled to mean square 1, which keeps them small.

    Squares are summed in 64 bits, where that is exact.
    """
    wide = h.astype(np.float64)
    squares = np.einsum("lc,lc->l", wide, wide) / (h.shape[1] * float(STEP) ** 2)
    even: Matrix = h / np.sqrt(squares + _EPSILON).astype(np.float32)[:, None]
    return np.rint(even, out=even)


def _shares(
    logits: Matrix, none: Matrix, lines: _TextLines
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of each role that each line of each text has, and that none has."""
    start = lines.start
    most = np.maximum(np.maximum.reduceat(logits, start, axis=0), none).astype(np.float64)
    powers = np.exp(logits - most[lines.text])
    rest = np.exp(none - most)
    total = np.add.reduceat(powers, start, axis=0) + rest
    return np.round(powers / total[lines.text], 3), np.round(rest / total, 3)


def _first_of_each(lines: Ints) -> tuple[Ints, Ints]:
    """Where each line begins among *lines*, which are in order, and its number."""
    first = np.flatnonzero(np.concatenate(([True], lines[1:] != lines[:-1])))
    return first, lines[first]


def _blocks(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Spans [low, high) of texts with ``BLOCK_LINES`` lines together, one text at least."""
    low = held = 0
    for number, size in enumerate(sizes):
        if held and held + size > BLOCK_LINES:
            yield low, number
            low, held = number, 0
        held += size
    if held:
        yield low, len(sizes)
