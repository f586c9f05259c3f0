"""The features of the line model: one row of numbers a line, from the line and its page.

    page ─observe─▶ what each line is (B) ─expand─▶ and what stands around it (X)

``observe`` reads the text; ``expand`` is arithmetic on whole columns. Both name their columns.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.clean.plain import context
from pipeline.clean.plain.line_facts import FACTS, line_facts
from pipeline.clean.plain.page_grid import Grid
from pipeline.clean.plain.phrase_openings import OPENING, WITHIN
from pipeline.clean.plain.phrase_tables import WHOLE
from pipeline.clean.plain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from pipeline.clean.plain.line_tokens import Tokens
    from pipeline.clean.plain.page import LineRecord, Page

    Matrix = NDArray[np.float32]

KINDS = tuple(sorted({*WHOLE, *OPENING, *WITHIN}))
_KIND_AT = {kind: index for index, kind in enumerate(KINDS)}
BINS = (1.5, 2.5, 4.5, 7.5, 12.5, 20.5, 35.5, 60.5, 100.5)
"""Words from which a line falls into the next class of lengths."""
BASE_WORDS = 8.0
CAP_WORDS = 60.0
"""Words below which a line speaks against the story, and from which more do not count."""
BLOCK_COSTS = (8.0, 3.0, 25.0)
"""What a line outside prose costs in each of three readings of where the story is."""

SHARES = ("overlap", "overlap_often", "overlap_page", "overlap_title")
REPEATS = ("repeated", "repeated_before", "repeated_near", "alike")
COMPANY = ("company_run", "company_near")
LEXICON = ("lexicon", "lexicon_high", "lexicon_low", "lexicon_rate")
OBSERVED = (
    *FACTS,
    *(f"phrase:{kind}" for kind in KINDS),
    *(f"rule:{name}" for name in RULES),
    "ruled",
    *SHARES,
    *REPEATS,
    *COMPANY,
    *(f"section:{kind}:{part}" for kind in context.SECTIONS for part in ("under", "near", "few")),
)
BASE = (*OBSERVED, *LEXICON)
_AT = {name: index for index, name in enumerate(BASE)}


WINDOWS = ((2, 2), (6, 6), (15, 15), (4, 0), (12, 0), (0, 4), (0, 12))
"""Lines before and behind over which facts are averaged."""
WINDOW_FACTS = (
    "words", "prose", "terminal", "phrase", "ruled", "capitalized", "overlap", "lexicon",
    "repeated", "digits", "section:comments:under", "lexicon_rate", "remark", "first_person",
    "spaceless_terms", "digit_share", "company_near",
)  # fmt: skip
SHIFTS = (-3, -2, -1, 1, 2, 3)
SHIFT_FACTS = (
    "words", "prose", "terminal", "phrase", "ruled", "capitalized", "overlap", "lexicon",
    "ends_colon", "digits", "blank_before", "lexicon_rate", "remark",
)  # fmt: skip
PLACES = ("in", "above", "below")
DOC_FACTS = (
    "prose", "phrase", "ruled", "terminal", "overlap", "repeated", "spaceless", "words",
    "lexicon_rate", "remark", "first_person",
)  # fmt: skip
DOC = (*(f"doc:{name}" for name in DOC_FACTS), "doc:lines", "doc:block_words", "doc:prose_words")
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
)  # fmt: skip
BIN_CROSSED = (
    "place:0:in", "place:1:in", "terminal", "spaceless", "doc:block_words", "doc:ruled",
)  # fmt: skip
"""What is multiplied with one another and with ``DOC``, and with each class of lengths."""
PLAIN = (
    *BASE,
    *OWN,
    *DOC,
    *(f"window:{before}:{after}:{name}" for before, after in WINDOWS for name in WINDOW_FACTS),
    *(f"shift:{by}:{name}" for by in SHIFTS for name in SHIFT_FACTS),
)
CROSSES = (
    *combinations(CROSSED, 2),
    *product((f"bin:{i}" for i in range(len(BINS) + 1)), BIN_CROSSED),
    *product(CROSSED, DOC),
)
FEATURES = (*PLAIN, *(f"{a} x {b}" for a, b in CROSSES))
_DOC_AT, _WINDOW_AT, _SHIFT_AT = (
    [_AT[name] for name in names] for names in (DOC_FACTS, WINDOW_FACTS, SHIFT_FACTS)
)
_OPENS = [FACTS.index(f"opens_{kind}") for kind in ("lower", "digit", "quote", "sign")]
_OPENS_VALUES = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
_ENDS = [FACTS.index(f"ends_{kind}") for kind in ("mark", "colon", "letter")]
_ENDS_VALUES = np.array([1.0, 2.0, 3.0], np.float32)
_BIN_EDGES = np.log1p(np.array(BINS))


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
    for row, line in enumerate(lines):
        for kind in line.kinds:
            kinds[row, _KIND_AT[kind]] = 1.0
    words = np.expm1(facts[:, 0])
    prose = facts[:, FACTS.index("prose")]
    start, end = context.best_run(
        grid.spread(_gains(words, prose, facts[:, FACTS.index("phrase")], BLOCK_COSTS[0]))
    )
    inside = grid.gather((grid.here >= start[:, None]) & (grid.here < end[:, None]))
    parts = (
        facts,
        kinds,
        _ruled(hits, grid),
        context.vocabulary_shares(pages, tokens, grid.page_of, inside & (prose > 0)),
        context.repetition(lines, tokens, grid.page_of),
        context.company(_shapes(facts) + 10_000 * grid.page_of),
        grid.gather(context.section_state(pages, grid.spread(words))),
    )
    return np.concatenate(parts, axis=1)


def all_lines(pages: Sequence[Page]) -> list[LineRecord]:
    """The lines of all pages, one page after another."""
    return [line for page in pages for line in page.lines]


def _ruled(hits: Sequence[Mapping[str, AbstractSet[int]]], grid: Grid) -> Matrix:
    """Which rule holds which line, and whether any does."""
    ruled = np.zeros((*grid.shape, len(RULES) + 1), np.float32)
    for number, found in enumerate(hits):
        for column, name in enumerate(RULES):
            if found.get(name):
                ruled[number, list(found[name]), column] = 1.0
    ruled[..., -1] = ruled[..., :-1].max(axis=2, initial=0.0)
    return grid.gather(ruled)


def _gains(words: Matrix, prose: Matrix, phrase: Matrix, cost: float) -> NDArray[np.float64]:
    """What each line says for the story, in words of prose."""
    good = np.minimum(words, CAP_WORDS) - BASE_WORDS / 2
    gains = np.where((prose > 0) & (phrase == 0), good, -cost * (1.0 + phrase))
    return gains.astype(np.float64)


def _shapes(facts: Matrix) -> NDArray[np.int64]:
    """A number for how a line looks: what it opens and ends with, and about how long it is."""
    opens = facts[:, _OPENS] @ _OPENS_VALUES
    ends = facts[:, _ENDS] @ _ENDS_VALUES
    size = (facts[:, 0] * 2.0).astype(np.int64)
    return (opens + 5 * ends).astype(np.int64) + 20 * size


class Expansion:
    """Computes chosen features of a page from what ``observe`` and the lexicon say of its lines.

    Args:
        names: from ``FEATURES``; the columns of ``expand``'s answer, in this order.
    """

    def __init__(self, names: Sequence[str]) -> None:
        at = {name: index for index, name in enumerate(PLAIN)}
        pairs = [name.partition(" x ") for name in names]
        self._left = np.array([at[left] for left, _, _ in pairs], np.int64)
        self._right = np.array([at[right] for _, _, right in pairs if right], np.int64)
        self._crossed = np.array([i for i, pair in enumerate(pairs) if pair[2]], np.int64)

    def expand(self, base: Matrix, sizes: Sequence[int]) -> Matrix:
        """Say what stands around each line: float32[all lines, names].

        Args:
            base: float32[all lines, BASE].
            sizes: lines of each page.
        """
        plain = _plain(base, Grid(sizes))
        features = plain.take(self._left, axis=1)
        features[:, self._crossed] *= plain.take(self._right, axis=1)
        return features


def _plain(base: Matrix, grid: Grid) -> Matrix:
    """All of ``PLAIN``."""
    cells = grid.spread(base)
    log_words, prose, phrase = (cells[..., _AT[name]] for name in ("words", "prose", "phrase"))
    # Whole numbers again: their sums are exact, however wide the grid is.
    words = np.rint(np.expm1(log_words))
    blocks = [
        context.best_run(np.where(grid.mask, _gains(words, prose, phrase, cost), 0.0))
        for cost in BLOCK_COSTS
    ]
    near = cells[..., _SHIFT_AT]
    parts: tuple[NDArray[Any], ...] = (
        *(context.place_of(*block, grid.here) for block in blocks),
        context.runs_of(prose > 0),
        context.runs_of(phrase > 0),
        context.runs_of(cells[..., _AT["ruled"]] > 0),
        _position(words * prose, grid),
        np.eye(len(BINS) + 1, dtype=np.float32)[np.searchsorted(_BIN_EDGES, log_words)],
        np.broadcast_to(_of_page(cells, words, blocks[0], grid)[:, None], (*grid.shape, len(DOC))),
        context.averages(cells[..., _WINDOW_AT], WINDOWS),
        *(context.shifted(near, by) for by in SHIFTS),
    )
    around = np.concatenate(parts, axis=2, dtype=np.float32, casting="unsafe")
    return np.concatenate((base, grid.gather(around)), axis=1)


def _of_page(
    cells: Matrix, words: Matrix, block: tuple[NDArray[np.int64], NDArray[np.int64]], grid: Grid
) -> NDArray[np.float64]:
    """The columns of ``DOC``: float64[pages, DOC]."""
    start, end = (limit[:, None] for limit in block)
    total = np.maximum(words.sum(axis=1), 1.0)
    inside = (grid.here >= start) & (grid.here < end)
    prose = cells[..., _AT["prose"]]
    return np.concatenate(
        (
            # Added up one by one, so that the sum is the same however wide the grid is.
            np.cumsum(cells[..., _DOC_AT], axis=1, dtype=np.float64)[:, -1] / grid.sizes[:, None],
            np.log1p(grid.sizes)[:, None],
            ((words * inside).sum(axis=1) / total)[:, None],
            ((words * prose).sum(axis=1) / total)[:, None],
        ),
        axis=1,
    )


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


GROUPS = {
    "length": ("words", "bin", "long", "word_length", "stops_inside"),
    "ending": ("ends_", "terminal", "commas"),
    "signs": (
        "digit", "capital", "opens_", "quote", "separator", "address", "copyright", "bracket",
        "wordless", "blank_before", "spaceless", "question", "exclamation", "clock", "numbered",
        "money", "dash",
    ),
    "voice": ("first_person", "second_person", "remark"),
    "likeness": ("company_",),
    "outside_prose": ("prose", "place:"),
    "position": ("from_", "share_", "edge_"),
    "vocabulary": ("overlap",),
    "lexicon": ("lexicon",),
    "repetition": ("repeated", "alike"),
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
