"""The line model: weights learned from labelled pages say how much each line is story.

    features ─weights─▶ a log-odds a line (above 0: story) ─threshold, Viterbi─▶ keep or drop

``line_model.json`` holds weights and lexicon; ``training/train_lines.py`` makes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.context import alike
from pipeline.clean.lines.features import (
    BASE,
    FEATURES,
    GROUPS,
    Expansion,
    all_lines,
    group_of,
    levelled,
    observe,
)
from pipeline.clean.lines.page import Mode, Page
from pipeline.clean.lines.rules import RULES
from pipeline.clean.lines.story import SHAPES
from pipeline.clean.lines.tokens import Lexicon, Tokens
from pipeline.clean.model import viterbi

WEIGHTS = Path(__file__).with_name("line_model.json")

THRESHOLDS: dict[Mode, float] = {"careful": -1.4, "default": -0.4, "thorough": 0.2}
"""Log-odds below which a line goes, by ``clean.mode``; docs/decisions/0009 has the trade-off."""

SWITCH_COST = 0.2
"""Log-odds that each change between story and chrome costs."""

KNOWN_MARGIN = 8.0
"""Log-odds against a line that a named rule holds."""

PARAGRAPH_WORDS, PARAGRAPH_BONUS = 60, 1.0
"""Log-odds for a line of so many words and more: it may be the whole story."""

HEADING_WORDS, HEADING_BONUS = 8, 4.0
"""Log-odds for a line of so many words and fewer that stands alone before a paragraph of the story,
behind another, behind what a rule cuts, or first with a number as in a list: of those that the
weights would drop, most head it."""

BRIEF_WORDS, BRIEF_BONUS = 3, 2.0
"""Log-odds for a short line of so many words and more that ends in a full stop, and that no rule or
phrase holds: the last sentence of a story is often one (docs/decisions/0009)."""

SHAPE_BONUS = 2.0
"""Log-odds for a line of one of ``story_shapes.SHAPES``, or a table's row with cells parted by
upright strokes, that no rule or phrase holds. Tables and recipes stand at a story's end too: for
them ``outside_story`` says nothing."""

REASONS_SHOWN = 2

_DOUBT_AT = [
    BASE.index(name) for name in ("words", "prose", "ruled", "phrase", "ends_period", "numbered")
]

_RULES_AT = [BASE.index(f"rule:{name}") for name in RULES if name != "outside_story"]

_TALK = ("speaker", "entry")

_TALK_AT = [BASE.index(f"shape_{name}") for name in _TALK]

_TABLE_AT = [BASE.index("cells")]

_TABLE_AT += [BASE.index(f"shape_{name}") for name in SHAPES if name not in _TALK]

SURROUNDED = "neighbours"
"""The reason where the line's own score says story, and those around it do not."""


@dataclass(frozen=True, eq=False)
class LineModel:
    """What was learned.

    Attributes:
        expansion: the features that have a weight, and how they are computed.
        weights: one a feature, in log-odds; positive speaks for story.
        means: of the features over the training lines, against which reasons are weighed.
        bias: log-odds of a line whose features are all 0.
        lexicon: what words and pairs of words say.
        membership: float64[weights, GROUPS], 1 where a weight belongs to a group.
    """

    expansion: Expansion
    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    bias: float
    lexicon: Lexicon
    membership: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """What the model says of a page's lines.

    Attributes:
        values: float64[lines], log-odds that a line is story, the benefit of the doubt included.
        features: float32[lines, features], for reasons.
    """

    values: NDArray[np.float64]
    features: NDArray[np.float32]


@cache
def load_model() -> LineModel:
    """Read ``line_model.json``, once a process."""
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    names = tuple(stored["weights"])
    unknown = set(names) - set(FEATURES)
    if unknown:
        raise ValueError(f"line_model.json weighs what is no feature: {sorted(unknown)[:3]}")
    pairs = np.array([stored["weights"][name] for name in names], np.float64)
    return LineModel(
        Expansion(names),
        pairs[:, 0],
        pairs[:, 1],
        float(stored["bias"]),
        Lexicon(stored["lexicon"]),
        np.array([[group_of(name) == group for group in GROUPS] for name in names], np.float64),
    )


def score_pages(
    pages: Sequence[Page], hits: Sequence[Mapping[str, AbstractSet[int]]]
) -> list[Scores]:
    """Score the lines of each of *pages*, none without lines, many pages at a time.

    *hits* are, for each page, the lines that each named rule holds. A page's scores do not depend
    on the others.
    """
    model = load_model()
    scored: dict[int, Scores] = {}
    for group in alike([len(page.lines) for page in pages]):
        some = [pages[index] for index in group]
        sizes = [len(page.lines) for page in some]
        tokens = Tokens(all_lines(some))
        observed = levelled(observe(some, [hits[index] for index in group], tokens), sizes)
        base = np.concatenate((observed, model.lexicon.scores(tokens)), axis=1)
        features = model.expansion.expand(base, sizes)
        # Not a matrix product: its rounding would depend on how many lines there are.
        sums = np.einsum("lf,f->l", features, model.weights.astype(np.float32))
        values = sums.astype(np.float64) + model.bias
        pages_of = np.repeat(np.arange(len(sizes)), sizes)
        values = np.round(values + benefit_of_doubt(values, base, pages_of), 3)
        limits = np.cumsum(sizes)[:-1]
        parts = zip(np.split(values, limits), np.split(features, limits), strict=True)
        scored.update(zip(group, (Scores(*part) for part in parts), strict=True))
    return [scored[index] for index in range(len(pages))]


def benefit_of_doubt(
    values: NDArray[np.float64], base: NDArray[np.float32], page_of: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What speaks for paragraphs, headings, sentences and shapes beyond weights: float64[lines].

    Args:
        values: log-odds by the weights.
        base: float32[lines, BASE or OBSERVED].
        page_of: the page of each line.
    """
    log_words, prose, ruled, phrase, period, numbered = (base[:, column] for column in _DOUBT_AT)
    bonus: NDArray[np.float64] = PARAGRAPH_BONUS * (
        log_words >= np.log1p(PARAGRAPH_WORDS) - 1e-3
    ).astype(np.float64)
    story = (prose > 0) & (values > 0)
    near = page_of[1:] == page_of[:-1]
    # What begins as an item of a list may stand first: the text begins inside a story.
    behind, before = numbered > 0, np.zeros(len(values), np.bool_)
    behind[1:][near] = (story | (ruled > 0))[:-1][near]
    before[:-1] = story[1:] & near
    lone = (prose == 0) & (ruled == 0) & behind & before
    lone &= log_words <= np.log1p(HEADING_WORDS) + 1e-3
    shaped = base[:, _TABLE_AT].any(axis=1) & ~base[:, _RULES_AT].any(axis=1)
    shaped |= base[:, _TALK_AT].any(axis=1) & (ruled == 0)
    shaped &= phrase == 0
    brief = (prose == 0) & (period > 0) & (log_words >= np.log1p(BRIEF_WORDS) - 1e-3)
    brief &= (ruled == 0) & (phrase == 0)
    bonus += HEADING_BONUS * lone + SHAPE_BONUS * shaped + BRIEF_BONUS * brief
    return bonus


def has_chrome(values: NDArray[np.float64], *, ruled: bool) -> bool:
    """Whether there is anything to cut on a page: weak evidence counts beside strong one only.

    What the careful mode would leave as it is, no mode touches (docs/decisions/0009).

    Args:
        values: log-odds of all its lines, with the benefit of the doubt.
        ruled: whether a named rule holds a line of it.
    """
    return ruled or bool((values <= THRESHOLDS["careful"]).any())


def chrome_lines(
    scores: Scores, mode: Mode, known: AbstractSet[int], open_: Iterable[int] = ()
) -> list[int]:
    """Lines to drop in *mode*, given the lines that are *known* to be chrome.

    What *open_* names says nothing by itself: it goes or stays with the lines around it.
    """
    if not has_chrome(scores.values, ruled=bool(known)):
        return []
    margins = (scores.values - THRESHOLDS[mode]).tolist()
    for index in open_:
        margins[index] = 0.0
    for index in known:
        margins[index] = min(margins[index], -KNOWN_MARGIN)
    return [index for index, drop in enumerate(viterbi(margins, SWITCH_COST)) if drop]


def reasons_for(scores: Scores, indices: Sequence[int], mode: Mode) -> list[str]:
    """The rule strings of lines that the model drops: the feature groups that weighed most."""
    model = load_model()
    parts = (scores.features[indices] - model.means) * model.weights
    sums = parts @ model.membership
    flipped = (scores.values[indices] >= THRESHOLDS[mode]).tolist()
    reasons = []
    for row, heaviest, flip in zip(sums, np.argsort(sums, axis=1), flipped, strict=True):
        names = [tuple(GROUPS)[group] for group in heaviest[:REASONS_SHOWN] if row[group] < 0]
        reasons.append(f"line_model: {SURROUNDED if flip or not names else ', '.join(names)}")
    return reasons
