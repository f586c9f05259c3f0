"""The features of the line model: one row of numbers a line, from the line and its page.

    page ─observe─▶ what each line is (B) ─expand─▶ and what stands around it (X)

``observe`` reads the text; ``expand`` is arithmetic on whole columns. Both name their columns.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np

from pipeline.clean.plain import context
from pipeline.clean.plain.line_facts import FACTS, line_facts
from pipeline.clean.plain.phrase_openings import OPENING, WITHIN
from pipeline.clean.plain.phrase_tables import WHOLE
from pipeline.clean.plain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from pipeline.clean.plain.page import Page

    Matrix = NDArray[np.float32]

KINDS = tuple(sorted({*WHOLE, *OPENING, *WITHIN}))
BINS = (1.5, 2.5, 4.5, 7.5, 12.5, 20.5, 35.5, 60.5, 100.5)
"""Words from which a line falls into the next class of lengths."""
BASE_WORDS = 8.0
CAP_WORDS = 60.0
"""Words below which a line speaks against the story, and from which more do not count."""
BLOCK_COSTS = (8.0, 3.0, 25.0)
"""What a line outside prose costs in each of three readings of where the story is."""

SHARES = ("overlap", "overlap_often", "overlap_page", "overlap_title")
REPEATS = ("repeated", "repeated_before", "repeated_near", "alike")
LEXICON = ("lexicon", "lexicon_high", "lexicon_low")
OBSERVED = (
    *FACTS,
    *(f"phrase:{kind}" for kind in KINDS),
    *(f"rule:{name}" for name in RULES),
    "ruled",
    *SHARES,
    *REPEATS,
    *(f"section:{kind}:{part}" for kind in context.SECTIONS for part in ("under", "near", "few")),
)
BASE = (*OBSERVED, *LEXICON)
_AT = {name: index for index, name in enumerate(BASE)}


WINDOWS = ((2, 2), (6, 6), (15, 15), (4, 0), (12, 0), (0, 4), (0, 12))
"""Lines before and behind over which facts are averaged."""
WINDOW_FACTS = (
    "words", "prose", "terminal", "phrase", "ruled", "capitalized", "overlap", "lexicon",
    "repeated", "digits", "section:comments:under",
)  # fmt: skip
SHIFTS = (-3, -2, -1, 1, 2, 3)
SHIFT_FACTS = (
    "words", "prose", "terminal", "phrase", "ruled", "capitalized", "overlap", "lexicon",
    "ends_colon", "digits", "blank_before",
)  # fmt: skip
PLACES = ("in", "above", "below")
DOC_FACTS = ("prose", "phrase", "ruled", "terminal", "overlap", "repeated", "spaceless", "words")
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
    "blank_before", "repeated", "section:comments:few", "digits",
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
_BIN_EDGES = np.log1p(np.array(BINS))


def observe(page: Page, hits: Mapping[str, AbstractSet[int]]) -> Matrix:
    """Measure each line: float32[lines, OBSERVED]; *hits* are the lines that each rule holds."""
    facts = line_facts(page)
    count = len(facts)
    kinds = np.zeros((count, len(KINDS)), np.float32)
    for line in page.lines:
        for kind in line.kinds:
            kinds[line.index, KINDS.index(kind)] = 1.0
    ruled = np.zeros((count, len(RULES) + 1), np.float32)
    for column, name in enumerate(RULES):
        found = hits.get(name)
        if found:
            ruled[list(found), column] = 1.0
    ruled[:, -1] = ruled[:, :-1].max(axis=1, initial=0.0)
    words = np.expm1(facts[:, 0])
    start, end = context.best_run(
        _gains(
            words, facts[:, FACTS.index("prose")], facts[:, FACTS.index("phrase")], BLOCK_COSTS[0]
        )
    )
    here = np.arange(count)
    inside = (here >= start) & (here < end)
    parts = (
        facts,
        kinds,
        ruled,
        context.vocabulary_shares(page, inside),
        context.repetition(page),
        context.section_state(page, words),
    )
    return np.concatenate(parts, axis=1)


def _gains(words: Matrix, prose: Matrix, phrase: Matrix, cost: float) -> NDArray[np.float64]:
    """What each line says for the story, in words of prose."""
    good = np.minimum(words, CAP_WORDS) - BASE_WORDS / 2
    gains = np.where((prose > 0) & (phrase == 0), good, -cost * (1.0 + phrase))
    return gains.astype(np.float64)


class Expansion:
    """Computes chosen features of a page from what ``observe`` and the lexicon say of its lines.

    Args:
        names: from ``FEATURES``; the columns of ``expand``'s answer, in this order.
    """

    def __init__(self, names: Sequence[str]) -> None:
        at = {name: index for index, name in enumerate((*PLAIN, "one"))}
        pairs = [name.split(" x ") if " x " in name else (name, "one") for name in names]
        self._left = np.array([at[pair[0]] for pair in pairs], np.int64)
        self._right = np.array([at[pair[1]] for pair in pairs], np.int64)

    def expand(self, base: Matrix) -> Matrix:
        """Say what stands around each line: float32[lines, names] from float32[lines, BASE]."""
        plain = _plain(base)
        return plain[:, self._left] * plain[:, self._right]


def _plain(base: Matrix) -> Matrix:
    """All of ``PLAIN``, and a column of ones."""
    count = len(base)
    log_words, prose, phrase = (base[:, _AT[name]] for name in ("words", "prose", "phrase"))
    words = np.expm1(log_words)
    blocks = [context.best_run(_gains(words, prose, phrase, cost)) for cost in BLOCK_COSTS]
    own = (
        *(context.place_of(block, count) for block in blocks),
        context.runs_of(prose > 0),
        context.runs_of(phrase > 0),
        context.runs_of(base[:, _AT["ruled"]] > 0),
        _position(words * prose),
        _bins(log_words),
    )
    total = max(float(words.sum()), 1.0)
    start, end = blocks[0]
    doc = (
        *base[:, _DOC_AT].mean(axis=0).tolist(),
        float(np.log1p(count)),
        float(words[start:end].sum()) / total,
        float((words * prose).sum()) / total,
    )
    near = base[:, _SHIFT_AT]
    parts = (
        base,
        *own,
        np.broadcast_to(np.array(doc, np.float32), (count, len(doc))),
        context.averages(base[:, _WINDOW_AT], WINDOWS),
        *(context.shifted(near, by) for by in SHIFTS),
        np.ones((count, 1), np.float32),
    )
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _position(prose_words: Matrix) -> Matrix:
    """Where a line stands, by lines and by words of prose: float32[lines, 7]."""
    count = len(prose_words)
    here = np.arange(count)
    before = np.cumsum(prose_words) - prose_words
    total = max(float(prose_words.sum()), 1.0)
    behind = total - before - prose_words
    columns = (
        1.0 / (1.0 + here), 1.0 / (count - here), here / count, before / total, behind / total,
        before <= 0, behind <= 0,
    )  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32)


def _bins(log_words: Matrix) -> Matrix:
    """The class of each line's length, one column a class."""
    return np.eye(len(BINS) + 1, dtype=np.float32)[np.searchsorted(_BIN_EDGES, log_words)]


GROUPS = {
    "length": ("words", "bin", "long", "word_length", "stops_inside"),
    "ending": ("ends_", "terminal", "commas"),
    "signs": (
        "digits", "capital", "opens_", "quote", "separator", "address", "copyright", "bracket",
        "wordless", "blank_before", "spaceless",
    ),
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
