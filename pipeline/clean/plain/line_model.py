"""The line model: weights learned from labelled pages say how much each line is story.

    features ─weights─▶ a log-odds a line (above 0: story) ─threshold, Viterbi─▶ keep or drop

``line_model.json`` holds weights and lexicon; ``training/train_lines.py`` makes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.clean.plain.features import FEATURES, GROUPS, Expansion, group_of, observe
from pipeline.clean.plain.lexicon import lexicon_scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from pipeline.clean.plain.page import Mode, Page

WEIGHTS = Path(__file__).with_name("line_model.json")
THRESHOLDS: dict[Mode, float] = {"careful": -1.5, "default": -0.5, "thorough": 0.3}
"""Log-odds below which a line goes, by ``clean.mode``; docs/decisions/0003 has the trade-off."""
SWITCH_COST = 0.2
"""Log-odds that each change between story and chrome costs."""
KNOWN_MARGIN = 8.0
"""Log-odds against a line that a named rule holds."""
REASONS_SHOWN = 2
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
        lexicon: word or pair of words → log-odds.
        membership: float64[weights, GROUPS], 1 where a weight belongs to a group.
    """

    expansion: Expansion
    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    bias: float
    lexicon: Mapping[str, float]
    membership: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """What the model says of a page's lines.

    Attributes:
        values: float64[lines], log-odds that a line is story.
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
        stored["lexicon"],
        np.array([[group_of(name) == group for group in GROUPS] for name in names], np.float64),
    )


def score_lines(page: Page, hits: Mapping[str, AbstractSet[int]]) -> Scores:
    """Score the lines of *page*; *hits* are the lines that each named rule holds."""
    model = load_model()
    words = lexicon_scores([line.words for line in page.lines], model.lexicon)
    base = np.concatenate((observe(page, hits), words), axis=1)
    features = model.expansion.expand(base)
    return Scores(np.round(features @ model.weights + model.bias, 3), features)


def chrome_lines(
    scores: Scores, mode: Mode, known: AbstractSet[int], open_: Iterable[int] = ()
) -> list[int]:
    """Lines to drop in *mode*, given the lines that are *known* to be chrome.

    What *open_* names says nothing by itself: it goes or stays with the lines around it.
    """
    margins = (scores.values - THRESHOLDS[mode]).tolist()
    for index in open_:
        margins[index] = 0.0
    for index in known:
        margins[index] = min(margins[index], -KNOWN_MARGIN)
    return [index for index, drop in enumerate(viterbi(margins, SWITCH_COST)) if drop]


def viterbi(margins: Sequence[float], cost: float) -> list[bool]:
    """Whether each line is dropped, so that the sum of margins kept minus switches is largest.

    Ties keep the line, and stay in the state.

    >>> viterbi([2.0, -0.1, 2.0, -3.0, -3.0], 0.2)
    [False, False, False, True, True]
    """
    kept = dropped = 0.0
    from_dropped: list[bool] = []
    from_kept: list[bool] = []
    for margin in margins:
        enter, leave = dropped - cost > kept, kept - cost > dropped
        from_dropped.append(enter)
        from_kept.append(leave)
        kept, dropped = (
            (dropped - cost if enter else kept) + margin,
            kept - cost if leave else dropped,
        )
    drop = dropped > kept
    answer = [False] * len(margins)
    for index in range(len(margins) - 1, -1, -1):
        answer[index] = drop
        if from_kept[index] if drop else from_dropped[index]:
            drop = not drop
    return answer


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
