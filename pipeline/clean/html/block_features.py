"""Features of each block: its text, its place in the tree, the extractions that contain it.

Read ``base_features`` first; ``Expansion`` computes windows and products from them.

    text of blocks ─────────┐
    sums over containers ───┼─▶ base ─windows, products─▶ float32[blocks, features]
    overlap, extractions ───┘
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import log1p

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.html.blocks import EXTRACTIONS, LEVELS, Blocks, Measured, mask_with
from pipeline.clean.lines.page import QUOTES, Page
from pipeline.clean.phrases import hints_of
from pipeline.clean.signs import CLOSING

Matrix = NDArray[np.float32]
Lines = NDArray[np.int64]
CAP_WORDS, BASE_WORDS = 60.0, 5.0
"""Most words that a block of prose adds to the score of a container; penalty for other blocks."""
HOME_SHARE = 0.8
"""The home of trafilatura's text is the smallest container with this share of its words."""
MENU_SHARE = 0.8
"""A block with a larger share of its characters in links is a menu item."""

LEVEL_FACTS = (
    "words", "blocks", "prose", "linked", "first", "second", "of_first", "of_prose",
)  # fmt: skip
PLACE_FACTS = (
    "linked", "in_best", "before_best", "behind_best", "in_home", "before_home", "behind_home",
    "in_first", "before_first", "behind_first", "best_gain",
)  # fmt: skip
PAGE_FACTS = (
    "words", "first_words", "second_words", "first_found", "second_found", "first_in_second",
    "second_in_first", "prose_in_first", "prose_in_second", "best_in_first", "first_in_best",
    "home_in_first", "prose", "first_prose", "spaceless", "old",
)  # fmt: skip
OBSERVED = ("words", "ends_letter", "terminal", "prose", "phrase", "ruled")
FLAGS_SEEN = {
    "own": ("p", "li", "heading"),
    "near": ("figure", "figcaption", "blockquote", "pre", "heading"),
    "around": (
        "figure", "figcaption", "table", "blockquote", "p", "td", "comment", "related", "tag",
        "body", "article_body", "comments", "wall",
    ),
}  # fmt: skip
"""Mask of ``Blocks`` → the flags in it that are features."""
OWN = (
    *OBSERVED,
    *EXTRACTIONS,
    *(f"{mask}:{flag}" for mask, flags in FLAGS_SEEN.items() for flag in flags),
    *(f"level{level}:{fact}" for level in range(LEVELS) for fact in LEVEL_FACTS),
    *(f"place:{fact}" for fact in PLACE_FACTS),
)
WINDOWS = ((1, 1), (3, 3), (8, 8), (4, 0), (0, 4))
WINDOW_FACTS = ("words", "prose", "first", "second", "place:linked", "ruled")
PAGE = tuple(f"page:{fact}" for fact in PAGE_FACTS)
PLAIN = (
    *OWN,
    *PAGE,
    *(f"window:{before}:{after}:{fact}" for before, after in WINDOWS for fact in WINDOW_FACTS),
)
_ENDINGS = ".。।?!？！؟…:："
_CLOSING = CLOSING + "›」』）*"
_AT = {name: place for place, name in enumerate((*OWN, *PAGE))}
_BITS = {mask: [mask_with(flag) for flag in flags] for mask, flags in FLAGS_SEEN.items()}


def may_be_story(blocks: Blocks, measured: Measured) -> NDArray[np.int64]:
    """Indices of the blocks that may be story: all but links that no extraction contains.

    Two blocks in five are such links; skipping them saves time.
    """
    chars = np.array([len(text) for text in blocks.texts])
    links = np.array(blocks.linked) > MENU_SHARE * chars
    rows = np.array(blocks.tables, np.int64) >= 0
    return np.flatnonzero(~links | rows | (measured.shares.max(axis=1) > 0))


def base_features(
    blocks: Blocks,
    chosen: NDArray[np.int64],
    page: Page,
    hits: Mapping[str, AbstractSet[int]],
    measured: Measured,
    *,
    old: bool,
) -> Matrix:
    """Features of the *chosen* blocks of a page: float32[chosen, OWN and PAGE].

    Args:
        page, hits: the chosen blocks as lines, and the lines that each rule matches.
        old: whether the page has no markup for stories, see ``candidates``.
    """
    lines = page.lines
    bits = [
        np.array(getattr(blocks, mask), np.int64)[chosen, None] & np.array(_BITS[mask]) > 0
        for mask in FLAGS_SEEN
    ]
    prose = np.zeros(len(blocks.texts))
    prose[chosen] = [line.prose for line in lines]
    prose *= measured.words
    sums = _Sums(blocks, measured, prose)
    counts = np.array([line.word_count for line in lines], np.float64)
    known = np.array([len(line.words) for line in lines], np.float64)
    spaceless = np.where(known, np.clip(1 - known / np.maximum(counts, 1), 0, 1), 0)
    facts = (*sums.facts(), spaceless @ measured.words[chosen] / sums.total[0], old)
    parts = (
        observe(page, hits),
        measured.shares[chosen],
        *bits,
        sums.levels()[chosen],
        sums.places()[chosen],
        np.broadcast_to(np.array(facts, np.float32), (len(chosen), len(PAGE_FACTS))),
    )
    return np.concatenate(parts, axis=1, dtype=np.float32, casting="unsafe")


class _Sums:
    """Sums over containers: words, blocks, prose, linked words, words in the extractions.

    Attributes:
        held: float64[containers, 6], these sums; *total* is that of the page.
        best: the container with the most prose and the fewest other blocks.
        home: the smallest container with nearly all that trafilatura took.
    """

    def __init__(self, blocks: Blocks, measured: Measured, prose: NDArray[np.float64]) -> None:
        self.measured, self.prose = measured, prose
        words, shares = measured.words, measured.shares
        chars = np.array([len(text) for text in blocks.texts], np.float64)
        self.linked = np.array(blocks.linked, np.float64) / np.maximum(chars, 1)
        columns = np.stack(
            (words, np.ones_like(words), prose, self.linked * words, *(shares.T * words)), axis=1
        )
        sums = np.concatenate((np.zeros((1, columns.shape[1])), np.cumsum(columns, axis=0)))
        self.starts, self.ends = np.array(blocks.starts), np.array(blocks.ends)
        self.held = sums[self.ends] - sums[self.starts]
        self.total = np.maximum(sums[-1], 1.0)
        self.chain = _chains(blocks)
        gains = np.where(prose > 0, np.minimum(words, CAP_WORDS), -BASE_WORDS * (1 + self.linked))
        gained = np.concatenate((np.zeros(1), np.cumsum(gains)))
        self.best = int(np.argmax(gained[self.ends] - gained[self.starts]))
        enough = self.held[:, 4] >= HOME_SHARE * self.held[:, 4].max()
        self.home = int(np.argmin(np.where(enough, self.ends - self.starts, 10**9)))

    def levels(self) -> NDArray[np.float64]:
        """``LEVEL_FACTS`` of the containers around each block."""
        total = self.total
        parts = []
        for level in self.chain:
            at = self.held[level]
            parts += [np.log1p(at[:, :2]), at[:, 2:6] / np.maximum(at[:, :1], 1)]
            parts += [at[:, 4:5] / total[4], at[:, 2:3] / total[2]]
        return np.concatenate(parts, axis=1)

    def places(self) -> NDArray[np.float64]:
        """``PLACE_FACTS`` of each block."""
        taken = np.where(self.measured.shares[:, 0] > 0.5, self.measured.words, -2.0)
        here = np.arange(len(self.prose))
        parts = (
            self.linked[:, None],
            place_of(self.starts[self.best], self.ends[self.best], here),
            place_of(self.starts[self.home], self.ends[self.home], here),
            place_of(*best_run(taken), here),
            np.full((len(here), 1), np.log1p(self.held[self.best, 2])),
        )
        return np.concatenate(parts, axis=1)

    def facts(self) -> tuple[float, ...]:
        """``PAGE_FACTS`` except the last two."""
        measured, total = self.measured, self.total
        best, home = self.held[self.best], self.held[self.home]
        prose_taken = self.prose @ measured.shares
        facts = (
            np.log1p(measured.words.sum()),
            *np.log1p(measured.sizes),
            *measured.found,
            *measured.mutual,
            *(prose_taken / total[2]),
            best[4] / max(best[0], 1),
            best[4] / total[4],
            home[4] / max(home[0], 1),
            total[2] / total[0],
            prose_taken[0] / total[4],
        )
        return tuple(map(float, facts))


def _chains(blocks: Blocks) -> list[NDArray[np.int64]]:
    """The container of every block at each level; the outermost one repeats."""
    spans = list(zip(blocks.starts, blocks.ends, strict=True))
    wider = [0] * len(spans)
    for number, parent in enumerate(blocks.parents):
        if parent >= 0:
            wider[number] = parent if spans[parent] != spans[number] else wider[parent]
    up = np.array(wider)
    sizes = np.array(blocks.ends) - np.array(blocks.starts)
    holders = np.array(blocks.holders)
    level = np.where(sizes[holders] > 1, holders, up[holders])
    chain = [level]
    for _ in range(1, LEVELS):
        level = up[level]
        chain.append(level)
    return chain


class Expansion:
    """Computes chosen features from those of ``base_features``.

    Args:
        names: from ``PLAIN``, or products such as ``first x words``; the columns of ``expand``.
    """

    def __init__(self, names: Sequence[str]) -> None:
        at = {name: place for place, name in enumerate((*PLAIN, "one"))}
        pairs = [name.split(" x ") if " x " in name else (name, "one") for name in names]
        self._left = np.array([at[pair[0]] for pair in pairs], np.int64)
        self._right = np.array([at[pair[1]] for pair in pairs], np.int64)

    def expand(self, base: Matrix) -> Matrix:
        """float32[blocks, names] from float32[blocks, OWN and PAGE]."""
        windowed = averages(base[:, [_AT[fact] for fact in WINDOW_FACTS]])
        parts = (base, windowed, np.ones((len(base), 1), np.float32))
        plain = np.concatenate(parts, axis=1, dtype=np.float32)
        return plain[:, self._left] * plain[:, self._right]


def observe(page: Page, hits: Mapping[str, AbstractSet[int]]) -> Matrix:
    """Measure the text of each line of *page*: float32[lines, OBSERVED]."""
    ruled = frozenset().union(*hits.values())
    rows = [
        (
            log1p(line.word_count),
            line.text[-12:].rstrip(_CLOSING)[-1:] not in _ENDINGS,
            line.terminal,
            line.prose,
            bool(line.kinds) or (line.text[0] not in QUOTES and bool(hints_of(line.words))),
            n in ruled,
        )
        for n, line in enumerate(page.lines)
    ]
    return np.array(rows, np.float32)


def averages(values: Matrix) -> Matrix:
    """Means of *values* over ``WINDOWS``: so many rows before and after each row, inclusive.

    Rows beyond either end count as zeros.
    """
    edge = max(map(max, WINDOWS))
    count, columns = values.shape
    sums = np.zeros((count + 1 + 2 * edge, columns), np.float64)
    np.cumsum(values, axis=0, out=sums[edge + 1 : edge + 1 + count])
    sums[edge + 1 + count :] = sums[edge + count]
    parts = []
    for before, after in WINDOWS:
        high, low = edge + after + 1, edge - before
        total = sums[high : high + count] - sums[low : low + count]
        parts.append(total / (before + after + 1))
    return np.concatenate(parts, axis=1).astype(np.float32)


def best_run(gains: NDArray[np.float64]) -> tuple[int, int]:
    """Start and end of the run [start, end) with the largest sum; (0, 0) if no gain is positive.

    >>> best_run(np.array([-1.0, 5.0, -2.0, 4.0, -9.0]))
    (1, 4)
    """
    sums = np.concatenate((np.zeros(1), np.cumsum(gains)))
    rises = sums - np.minimum.accumulate(sums)
    end = int(rises.argmax())
    return (int(sums[: end + 1].argmin()) if rises[end] > 0 else 0), end


def place_of(start: int, end: int, here: Lines) -> Matrix:
    """Whether each block is in the run, and its log distance before or after it."""
    inside = (here >= start) & (here < end)
    before = np.log1p(np.maximum(start - here, 0))
    after = np.log1p(np.maximum(here - end + 1, 0))
    return np.stack((inside, before, after), axis=1).astype(np.float32)
