"""The page model: scores each block of a page as story or boilerplate; read ``select`` first.

    blocks, extractions ─features─weights─▶ log-odds a block ─threshold, Viterbi─▶ keep or drop

``block_model.json`` holds the weights; ``training/train_pages.py`` makes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.html.block_features import (
    FEATURES,
    OWN,
    Expansion,
    Matrix,
    base_features,
    may_be_story,
)
from pipeline.clean.html.blocks import LINE_BREAK, Blocks, mask_with
from pipeline.clean.html.forbidden import forbidden_rows, other_stories
from pipeline.clean.html.overlap import EXTRACTIONS, compare
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import rule_hits
from pipeline.clean.model import LinearModel, viterbi
from pipeline.records import Removed

WEIGHTS = Path(__file__).with_name("block_model.json")
THRESHOLD = -0.75
"""Log-odds below which a block goes."""
SWITCH_COST = 0.2
"""Log-odds that each switch between story and boilerplate costs."""
STAMP_COST = 1.0
"""Log-odds against a block that is a time stamp: of 1,454 on labelled pages 54 are story."""
MAX_BLOCKS = 3_000
"""On pages with more blocks, larger than any training page, trafilatura's text is used."""
MIN_FOUND = 0.6
"""Least share of trafilatura's words found in blocks; below it, trafilatura's text is used."""
MIN_EXTRACTED = 20
"""Minimum words of trafilatura's text for it to be a story, and not a menu."""
TAKEN = 0.5
"""Minimum share of a block's words for it to count as extracted."""
_PRE = mask_with("pre")
REASONS_SHOWN = 2
MOST_FORBIDDEN = 0.4
"""Minimum share of a story's words at which what rules forbid is the story itself."""
_STAMP = OWN.index("rule:timestamp")

GROUPS = {
    "extractors": (*EXTRACTIONS, "place:in_first", "place:before_first", "place:behind_first"),
    "containers": ("level", "place:"), "element_names": ("own:", "near:", "around:"),
    "length": ("words",), "ending": ("ends_", "terminal"), "outside_prose": ("prose",),
    "signs": ("spaceless",), "voice": ("voice_",), "vocabulary": ("overlap",),
    "repetition": ("repeated", "refrain"), "phrases": ("phrase", "rule"),
    "neighbours": ("window:", "shift:"), "page": ("page:",),
}  # fmt: skip
"""Group of features, as reasons name it → how the names of its features begin."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The blocks of a page that are its story, and those that only trafilatura took.

    Attributes:
        extraction: both, a line each.
        removed: the lines of the latter in it, with the reason.
        added, dropped: blocks kept that trafilatura left out, and the other way round.
    """

    extraction: str
    removed: tuple[Removed, ...]
    added: int
    dropped: int


@cache
def load_model() -> tuple[LinearModel, Expansion]:
    """Read ``block_model.json``, once per process; also what computes the features it weighs."""
    model = LinearModel.load(WEIGHTS, FEATURES, GROUPS)
    return model, Expansion(model.names)


@dataclass(frozen=True, eq=False)
class Rows:
    """The blocks of a page that the model scores.

    Attributes:
        indices: their numbers.
        words: of each.
        taken: whether trafilatura took it.
        base: float32[rows, ...], see ``block_features.base_features``.
        forbidden: row → the rule that forbids it, whatever its score.
        signed: blocks that a byline or time stamp follows.
    """

    indices: NDArray[np.int64]
    words: NDArray[np.float64]
    taken: NDArray[np.bool_]
    base: Matrix
    forbidden: Mapping[int, str]
    signed: frozenset[int]

    @property
    def stamps(self) -> NDArray[np.bool_]:
        """Whether each is a time stamp."""
        stamps: NDArray[np.bool_] = self.base[:, _STAMP] > 0
        return stamps


def measure(
    blocks: Blocks, title: str | None, extractions: Sequence[str], *, old: bool
) -> Rows | None:
    """Measure the blocks of a page for the model.

    Args:
        extractions: one for each of ``EXTRACTIONS``, blocks a line each; empty where there is none.
        old: whether the page was built before there were elements for stories.

    Returns:
        None for pages that the model cannot score: no blocks, too many of them, or blocks
        that lack most of what trafilatura extracted.
    """
    if not 0 < len(blocks.texts) <= MAX_BLOCKS:
        return None
    measured = compare(blocks.texts, extractions)
    if measured.sizes[0] >= MIN_EXTRACTED and measured.found[0] < MIN_FOUND:
        return None
    chosen = may_be_story(blocks, measured)
    # A blank line between blocks: they are paragraphs already, none is joined to the next.
    texts = [blocks.texts[index].replace(LINE_BREAK, " ") for index in chosen.tolist()]
    page = read_page("\n\n".join(texts))
    if not 0 < len(page.lines) == len(chosen):
        return None
    page = replace(page, title=title)
    hits = rule_hits(page)
    base = base_features(blocks, chosen, (page, hits), measured, old=old)
    taken = measured.shares[chosen, 0] >= TAKEN
    signs = hits["byline"] | hits["timestamp"]
    signed = {int(chosen[row - back]) for row in signs for back in (1, 2) if row >= back}
    forbidden = forbidden_rows(blocks, chosen, hits, taken)
    return Rows(chosen, measured.words[chosen], taken, base, forbidden, frozenset(signed))


def select(
    blocks: Blocks, title: str | None, extractions: Sequence[str], *, old: bool
) -> Selection | None:
    """Select the story of a page; arguments as for ``measure``.

    Returns:
        None where ``measure`` gives None, and where the model finds no story at all.
    """
    rows = measure(blocks, title, extractions, old=old)
    if rows is None:
        return None
    model, expansion = load_model()
    features = expansion.expand(rows.base)
    scores = np.round(features @ model.weights + model.bias, 3)
    kept = keep(scores, rows.stamps)
    if not kept.any():
        return None
    settle(blocks, rows, kept, title)
    dropped = np.flatnonzero(rows.taken & ~kept)
    weighed = model.reasons(features[dropped], REASONS_SHOWN)
    reasons = {
        row: rows.forbidden.get(row) or f"block_model: {', '.join(groups)}"
        for row, groups in zip(dropped.tolist(), weighed, strict=True)
    }
    lines: list[str] = []
    removed: list[Removed] = []
    start = 0
    for row in np.flatnonzero(rows.taken | kept).tolist():
        text = blocks.texts[rows.indices[row]]
        if row in reasons:
            removed.append(Removed(start, start + len(text), reasons[row]))
        lines.append(text)
        start += len(text) + 1
    added = int((kept & ~rows.taken).sum())
    return Selection("\n".join(lines), tuple(removed), added, len(dropped))


def settle(blocks: Blocks, rows: Rows, kept: NDArray[np.bool_], title: str | None) -> None:
    """Correct *kept* in place by what is certain: tables whole, nothing that a rule forbids."""
    tables = np.array(blocks.tables, np.int64)[rows.indices]
    story = np.flatnonzero(kept & (tables == 0))
    for table in np.unique(tables[tables > 0]).tolist():
        at = tables == table
        first = int(np.flatnonzero(at)[0])
        inside = bool(len(story)) and story[0] < first <= story[-1] + 1
        most = max(
            float(rows.words[at & kept].sum()), inside * float(rows.words[at & rows.taken].sum())
        )
        kept[at] = 2 * most >= float(rows.words[at].sum())
    verbatim = np.array(blocks.own, np.int64)[rows.indices] & _PRE > 0
    kept[1:-1] |= verbatim[1:-1] & kept[:-2] & kept[2:]
    forbidden = [row for row in rows.forbidden if kept[row]]
    if float(rows.words[forbidden].sum()) <= MOST_FORBIDDEN * float(rows.words[kept].sum()):
        kept[forbidden] = False
    left = np.flatnonzero(kept)
    others = other_stories(
        blocks, rows.indices[left].tolist(), rows.words[left], title, rows.signed
    )
    if float(rows.words[left[others]].sum()) <= MOST_FORBIDDEN * float(rows.words[left].sum()):
        kept[left[others]] = False


def keep(scores: NDArray[np.float64], stamps: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each block is kept, given the log-odds of all; *stamps* are time stamps."""
    margins = scores - THRESHOLD - STAMP_COST * stamps
    return ~np.array(viterbi(margins.tolist(), SWITCH_COST), np.bool_)
