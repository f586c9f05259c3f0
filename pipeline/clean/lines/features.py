"""The features of the line model: one row of numbers a line, from the line and its page.

    page ─observe─▶ what each line is (B) ─expand─▶ and what stands around it (X)

``observe`` reads the text; ``expand`` is arithmetic on whole columns. Both name their columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines import context
from pipeline.clean.lines import voice as change_of_voice
from pipeline.clean.lines.context import Grid
from pipeline.clean.lines.facts import FACTS, UNIT_WORDS, line_facts
from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.phrases import KINDS
from pipeline.clean.lines.rules import RULES
from pipeline.clean.lines.story import ROW_FIGURES, SHAPES, story_shapes
from pipeline.clean.lines.tokens import Tokens

Matrix = NDArray[np.float32]


_RULE_AT = {name: column for column, name in enumerate(RULES)}

_KIND_AT = {kind: index for index, kind in enumerate(KINDS)}

BINS = (1.5, 2.5, 4.5, 7.5, 12.5, 20.5, 35.5, 60.5, 100.5)
"""Words from which a line falls into the next class of lengths."""

BLOCK_COSTS = (8.0, 3.0, 25.0)
"""What a line outside prose costs in each of three readings of where the story is."""

SHARES = ("overlap", "overlap_often", "overlap_page", "overlap_title")

REPEATS = ("repeated", "repeated_before", "repeated_near", "alike", "refrain")

COMPANY = ("company_run", "company_near")

VOICES = tuple(f"voice_{name}" for name in change_of_voice.COLUMNS)

LEXICON = ("lexicon", "lexicon_high", "lexicon_low", "lexicon_rate")

OBSERVED = (
    *FACTS,
    *(f"phrase:{kind}" for kind in KINDS),
    *(f"rule:{name}" for name in RULES),
    "ruled",
    *SHARES,
    *REPEATS,
    *COMPANY,
    *VOICES,
    *(f"shape_{name}" for name in SHAPES),
    *(f"section:{kind}:{part}" for kind in context.SECTIONS for part in ("under", "near", "few")),
)

BASE = (*OBSERVED, *LEXICON)

AT = {name: index for index, name in enumerate(BASE)}


WINDOW_NAME, SHIFT_NAME = "window:{}:{}:{}", "shift:{}:{}"

WINDOWS = ((2, 2), (6, 6), (15, 15), (4, 0), (12, 0), (0, 4), (0, 12))
"""Lines before and behind over which facts are averaged."""

WINDOW_FACTS = (
    "words", "prose", "terminal", "phrase", "ruled", "capitalized", "overlap", "lexicon",
    "repeated", "digits", "section:comments:under", "lexicon_rate", "remark", "first_person",
    "spaceless_terms", "digit_share", "company_near", "second_person", "informal", "refrain",
    "cells", "bullet", "figures", "loud", "ends_ellipsis",
)  # fmt: skip

SHIFTS = (-3, -2, -1, 1, 2, 3)

SHIFT_FACTS = (
    "words", "prose", "terminal", "phrase", "ruled", "capitalized", "overlap", "lexicon",
    "ends_colon", "digits", "blank_before", "lexicon_rate", "remark", "cells", "bullet", "figures",
    "ends_ellipsis",
)  # fmt: skip

PLACES = ("in", "above", "below")

DOC_FACTS = (
    "prose", "phrase", "ruled", "terminal", "overlap", "repeated", "spaceless", "words",
    "lexicon_rate", "remark", "first_person", "informal",
)  # fmt: skip

DOC = (
    *(f"doc:{name}" for name in DOC_FACTS),
    "doc:lines",
    "doc:block_words",
    "doc:prose_words",
    "doc:bare",
)

OWN = (
    *(f"place:{i}:{part}" for i in range(len(BLOCK_COSTS)) for part in PLACES),
    "prose_since", "prose_until", "phrase_since", "phrase_until", "ruled_since", "ruled_until",
    "from_top", "from_end", "share_lines", "share_before", "share_behind", "edge_top", "edge_end",
    *(f"bin:{i}" for i in range(len(BINS) + 1)),
)  # fmt: skip

CROSSED = (
    "words", "prose", "terminal", "phrase", "ruled", "lexicon", "overlap", "overlap_often",
    "capitalized", "spaceless", "place:0:in", "place:1:in", "place:2:in", "share_behind",
    "blank_before", "repeated", "section:comments:few", "digits", "lexicon_rate", "company_near",
    "voice_gain", "figures", "phrase:bio", "phrase:offer", "phrase:pointer", "loud",
)  # fmt: skip

BIN_CROSSED = (
    "place:0:in", "place:1:in", "terminal", "spaceless", "doc:block_words", "doc:ruled",
    "doc:bare", "voice_gain",
)  # fmt: skip
"""What is multiplied with one another and with ``DOC``, and with each class of lengths."""

PLAIN = (
    *BASE,
    *OWN,
    *DOC,
    *(WINDOW_NAME.format(*window, name) for window in WINDOWS for name in WINDOW_FACTS),
    *(SHIFT_NAME.format(by, name) for by in SHIFTS for name in SHIFT_FACTS),
)

CROSSES = (
    *combinations(CROSSED, 2),
    *product((f"bin:{i}" for i in range(len(BINS) + 1)), BIN_CROSSED),
    *product(CROSSED, DOC),
)

FEATURES = (*PLAIN, *(f"{a} x {b}" for a, b in CROSSES))

_VOICES = [FACTS.index(name) for name in ("first_person", "second_person", "informal")]

_LOUD = [FACTS.index(name) for name in ("doubled_mark", "picture", "addressed")]

_QUOTE = FACTS.index("quote")

_ROWS = [FACTS.index(name) for name in ("figures", "prose", "clock")]

_BLANK = FACTS.index("blank_before")

_LEVELLED = (
    ([_BLANK], 0.9),
    ([FACTS.index("capitals"), FACTS.index("loud")], 0.5),
)
"""Facts, and the share of a page's lines from which they (by the first) say nothing any more."""

_DAY_LAST = re.compile(r"\d[./-]\d\d?[./-](?:\d\d){1,2}\W?$")

QUOTED = 0.5
"""What a word in a line with quotation marks weighs as its writer's own."""

_OPENS = [FACTS.index(f"opens_{kind}") for kind in ("lower", "digit", "quote", "sign")]

_OPENS_VALUES = np.array([1.0, 2.0, 3.0, 4.0], np.float32)

_ENDS = [FACTS.index(f"ends_{kind}") for kind in ("mark", "colon", "letter")]

_ENDS_VALUES = np.array([1.0, 2.0, 3.0], np.float32)


def observe(
    pages: Sequence[Page], hits: Sequence[Mapping[str, AbstractSet[int]]], tokens: Tokens
) -> Matrix:
    """Measure each line of *pages*, none without lines: float32[all lines, OBSERVED].

    *hits* are, for each page, the lines that each rule holds; *tokens* the words of all lines.
    """
    grid = Grid([len(page.lines) for page in pages])
    lines = all_lines(pages)
    facts = line_facts(lines, tokens)
    kinds = np.zeros((len(lines), len(KINDS)), np.float32)
    held = [
        (row, _KIND_AT[kind])
        for row, line in enumerate(lines)
        for kind in (*line.kinds, *line.hints)
    ]
    if held:
        kinds[tuple(zip(*held, strict=True))] = 1.0
    words = np.expm1(facts[:, 0])
    prose = facts[:, FACTS.index("prose")]
    start, end = context.best_run(
        grid.spread(context.gains(words, prose, facts[:, FACTS.index("phrase")], BLOCK_COSTS[0]))
    )
    inside = grid.gather((grid.here >= start[:, None]) & (grid.here < end[:, None]))
    parts = (
        facts,
        kinds,
        _ruled(hits, grid),
        context.vocabulary_shares(pages, tokens, grid.page_of, inside & (prose > 0)),
        context.repetition(lines, tokens, grid.page_of),
        context.company(_shapes(facts) + 10_000 * grid.page_of),
        grid.gather(change_of_voice.change_of_voice(*map(grid.spread, _said(facts, tokens)))),
        story_shapes(pages, _rows_of_figures(lines, facts)),
        grid.gather(context.section_state(pages, grid.spread(words))),
    )
    return np.concatenate(parts, axis=1)


def levelled(observed: Matrix, sizes: Sequence[int]) -> Matrix:
    """Take out, in place, what holds of a whole page and so says nothing of one of its lines.

    A blank line before where one stands before (nearly) all, and capitals where most have them.

    Args:
        observed: float32[all lines, OBSERVED].
        sizes: lines of each page.
    """
    grid = Grid(sizes)
    # Nothing stands before a page's first line, whatever the text begins with.
    observed[np.cumsum(sizes) - grid.sizes, _BLANK] = 0.0
    for columns, most in _LEVELLED:
        held = grid.spread(observed[:, columns[0]]).sum(axis=1)
        flat = (held >= most * np.maximum(grid.sizes - 1, 1))[grid.page_of]
        observed[np.ix_(flat, columns)] = 0.0
    return observed


def all_lines(pages: Sequence[Page]) -> list[LineRecord]:
    """The lines of all pages, one page after another."""
    return [line for page in pages for line in page.lines]


def _rows_of_figures(lines: Sequence[LineRecord], facts: Matrix) -> NDArray[np.bool_]:
    """Lines of numbers that are no prose, open with no time of day and end with no date.

    With the one or the other, headlines of other stories stand so.
    """
    figures, prose, clock = (facts[:, column] for column in _ROWS)
    rows: NDArray[np.bool_] = figures > np.log1p(ROW_FIGURES) - 1e-3
    rows &= (prose == 0) & (clock == 0)
    for index in np.flatnonzero(rows).tolist():
        rows[index] = _DAY_LAST.search(lines[index].text[-12:]) is None
    return rows


def _said(facts: Matrix, tokens: Tokens) -> tuple[Matrix, Matrix]:
    """Words of each line that speak as readers do, and words that were looked at.

    What is quoted counts by half: people in stories speak so too.
    """
    words = np.minimum(tokens.counts, UNIT_WORDS).astype(np.float32)
    voices = facts[:, _VOICES].sum(axis=1) * np.sqrt(np.maximum(words, 1.0))
    signs = facts[:, _LOUD].sum(axis=1)
    said = (voices + signs) * np.where(facts[:, _QUOTE] > 0, QUOTED, 1.0)
    return np.minimum(said, words).astype(np.float32), words


def _ruled(hits: Sequence[Mapping[str, AbstractSet[int]]], grid: Grid) -> Matrix:
    """Which rule holds which line, and whether any does."""
    ruled = np.zeros((len(grid.page_of), len(RULES) + 1), np.float32)
    first = 0
    rows: list[int] = []
    columns: list[int] = []
    for found, size in zip(hits, grid.sizes.tolist(), strict=True):
        for name, held in found.items():
            if held:
                rows.extend([first + index for index in held])
                columns.extend([_RULE_AT[name]] * len(held))
        first += size
    ruled[rows, columns] = 1.0
    ruled[rows, -1] = 1.0
    return ruled


def _shapes(facts: Matrix) -> NDArray[np.int64]:
    """A number for how a line looks: what it opens and ends with, and about how long it is."""
    opens = facts[:, _OPENS] @ _OPENS_VALUES
    ends = facts[:, _ENDS] @ _ENDS_VALUES
    size = (facts[:, 0] * 2.0).astype(np.int64)
    return (opens + 5 * ends).astype(np.int64) + 20 * size


GROUPS = {
    "length": ("words", "bin", "long", "word_length", "stops_inside"),
    "ending": ("ends_", "terminal", "comma"),
    "signs": (
        "digit", "capital", "opens_", "quote", "separator", "address", "copyright", "bracket",
        "wordless", "blank_before", "spaceless", "question", "exclamation", "clock", "numbered",
        "money", "dash", "cells", "bullet", "figures", "picture", "doubled_mark",
        "loud",
    ),
    "voice": (
        "first_person", "second_person", "remark", "informal", "addressed", "voice_",
    ),
    "likeness": ("company_", "shape_"),
    "outside_prose": ("prose", "place:"),
    "position": ("from_", "share_", "edge_"),
    "vocabulary": ("overlap",),
    "lexicon": ("lexicon",),
    "repetition": ("repeated", "alike", "refrain"),
    "phrases": ("phrase", "rule"),
    "section": ("section:",),
    "neighbours": ("window:", "shift:"),
    "page": ("doc:",),
}  # fmt: skip
"""Group of features, as reasons name it → how the names of its features begin."""


def group_of(feature: str) -> str:
    """The group of a feature; a product belongs to its first factor's.

    >>> group_of("words x doc:lines"), group_of("place:0:in")
    ('length', 'outside_prose')
    """
    return next(group for group, beginnings in GROUPS.items() if feature.startswith(beginnings))


GRID_FACTS = tuple(dict.fromkeys((*DOC_FACTS, *WINDOW_FACTS, *SHIFT_FACTS)))
"""What is looked at around a line, those of ``DOC`` first."""

_GRID_AT = [AT[name] for name in GRID_FACTS]

_WORDS, _PROSE, _PHRASE, _RULED = map(GRID_FACTS.index, ("words", "prose", "phrase", "ruled"))

_SIGNED = [DOC_FACTS.index(name) for name in ("phrase", "ruled")]
"""A page on which no line has a phrase and none is held by a rule is bare."""

EDGE = max(map(max, WINDOWS))
"""Lines beyond the page that a window can reach."""

_BIN_EDGES = np.log1p(np.array(BINS))


class Expansion:
    """Computes chosen features of a page from what ``observe`` and the lexicon say of its lines.

    Args:
        names: from ``FEATURES``; the columns of ``expand``'s answer, in this order.
    """

    def __init__(self, names: Sequence[str]) -> None:
        pairs = [name.partition(" x ") for name in names]
        used = {factor for left, _, right in pairs for factor in (left, right) if factor}
        self._base = [AT[name] for name in BASE if name in used]
        self._own = [place for place, name in enumerate(OWN) if name in used]
        self._doc = [place for place, name in enumerate(DOC) if name in used]
        self._windows = _used(used, WINDOW_NAME, WINDOWS, WINDOW_FACTS)
        self._shifts = _used(used, SHIFT_NAME, [(by,) for by in SHIFTS], SHIFT_FACTS)
        order = (
            *(BASE[place] for place in self._base),
            *(OWN[place] for place in self._own),
            *(DOC[place] for place in self._doc),
            *(WINDOW_NAME.format(*w, GRID_FACTS[at]) for w, facts in self._windows for at in facts),
            *(SHIFT_NAME.format(*by, GRID_FACTS[at]) for by, facts in self._shifts for at in facts),
        )
        at = {name: row for row, name in enumerate(order)}
        self._left = np.array([at[left] for left, _, _ in pairs], np.int64)
        # What is no product is one with the row of ones.
        self._right = np.array([at.get(right, len(at)) for _, _, right in pairs], np.int64)

    def expand(self, base: Matrix, sizes: Sequence[int]) -> Matrix:
        """Say what stands around each line: float32[all lines, names].

        Args:
            base: float32[all lines, BASE].
            sizes: lines of each page.
        """
        plain = self._plain(base, Grid(sizes))
        features = plain.take(self._left, axis=0)
        features *= plain.take(self._right, axis=0)
        return np.ascontiguousarray(features.T)

    def _plain(self, base: Matrix, grid: Grid) -> Matrix:
        """The factors in use and one more that is 1: float32[factors, all lines]."""
        rows = grid.spread_rows(base.T[_GRID_AT])
        prose, phrase, ruled = rows[_PROSE], rows[_PHRASE], rows[_RULED]
        # Whole numbers again: their sums are exact, however wide the grid is.
        words = np.rint(np.expm1(rows[_WORDS]))
        blocks = [
            context.best_run(np.where(grid.mask, context.gains(words, prose, phrase, cost), 0.0))
            for cost in BLOCK_COSTS
        ]
        sums = context.running_sums(rows, EDGE)
        doc = _of_page(sums[: len(DOC_FACTS), :, -1], prose, words, blocks[0], grid)
        near: tuple[NDArray[Any], ...] = (
            *(context.averaged(sums[facts], window, EDGE) for window, facts in self._windows),
            *(context.shifted_rows(rows[facts], by) for (by,), facts in self._shifts),
        )
        own: tuple[NDArray[Any], ...] = (
            *(context.place_of(*block, grid.here) for block in blocks),
            context.runs_of(prose > 0),
            context.runs_of(phrase > 0),
            context.runs_of(ruled > 0),
            _position(words * prose, grid),
            np.eye(len(BINS) + 1, dtype=np.float32)[np.searchsorted(_BIN_EDGES, rows[_WORDS])],
        )
        parts: tuple[NDArray[Any], ...] = (
            base.T[self._base],
            grid.gather(np.concatenate(own, axis=2))[:, self._own].T,
            doc[:, self._doc].T[:, grid.page_of],
            grid.gather_rows(np.concatenate(near)) if near else np.empty((0, len(base))),
            np.ones((1, len(base))),
        )
        return np.concatenate(parts, dtype=np.float32, casting="unsafe")


def _used(
    used: AbstractSet[str], form: str, parts: Sequence[tuple[int, ...]], facts: Sequence[str]
) -> list[tuple[tuple[int, ...], list[int]]]:
    """Windows or shifts with names in *used*, each with the places of their facts in the grid."""
    found = (
        (part, [GRID_FACTS.index(fact) for fact in facts if form.format(*part, fact) in used])
        for part in parts
    )
    return [(part, places) for part, places in found if places]


def _of_page(
    sums: NDArray[np.float64],
    prose: Matrix,
    words: Matrix,
    block: tuple[NDArray[np.int64], NDArray[np.int64]],
    grid: Grid,
) -> NDArray[np.float64]:
    """The columns of ``DOC``, of whose facts *sums* are: float64[pages, DOC]."""
    start, end = (limit[:, None] for limit in block)
    total = np.maximum(words.sum(axis=1), 1.0)
    inside = (grid.here >= start) & (grid.here < end)
    columns = (
        *(sums / grid.sizes),
        np.log1p(grid.sizes),
        (words * inside).sum(axis=1) / total,
        (words * prose).sum(axis=1) / total,
        (sums[_SIGNED] <= 0).all(axis=0),
    )
    return np.stack(columns, axis=1)


def _position(prose_words: Matrix, grid: Grid) -> Matrix:
    """Where a line stands, by lines and by words of prose: float32[pages, lines, 7]."""
    here, count = grid.here, np.maximum(grid.sizes[:, None] - grid.here, 1)
    sums = np.cumsum(prose_words, axis=1)
    before = sums - prose_words
    total = np.maximum(prose_words.sum(axis=1), 1.0)[:, None]
    behind = total - before - prose_words
    columns = (
        np.broadcast_to(1.0 / (1.0 + here), grid.shape), 1.0 / count,
        here / grid.sizes[:, None], before / total, behind / total, before <= 0, behind <= 0,
    )  # fmt: skip
    return np.stack(columns, axis=2).astype(np.float32)
