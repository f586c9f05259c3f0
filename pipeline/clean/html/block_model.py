"""The page model: scores each block of a page as story or boilerplate; read ``select`` first.

    blocks, extractions ─features─weights─▶ log-odds a block ─threshold, Viterbi─▶ keep or drop

``block_model.json`` holds the weights; ``training/train_pages.py`` makes it. What rules of plain
texts and names of containers forbid for certain goes whatever the model says: ``forbidden_rows``;
items of lists, cells, headings and code are left to the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.html.block_features import (
    OWN,
    Expansion,
    Matrix,
    base_features,
    may_be_story,
)
from pipeline.clean.html.blocks import EXTRACTIONS, LINE_BREAK, Blocks, compare, mask_with
from pipeline.clean.html.title import headlines
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import repeated_title, rule_hits
from pipeline.clean.model import viterbi
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
"""Share of a story's words above which what a rule forbids is the story itself."""
_STAMP = OWN.index("rule:timestamp")

GROUPS = {
    "extractors": (*EXTRACTIONS, "place:in_first", "place:before_first", "place:behind_first"),
    "containers": ("level", "place:"), "element_names": ("own:", "near:", "around:"),
    "length": ("words",), "ending": ("ends_", "terminal"), "outside_prose": ("prose",),
    "signs": ("spaceless",), "phrases": ("phrase", "rule"), "neighbours": ("window:", "shift:"),
    "page": ("page:",),
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


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Weights learned from labelled pages.

    Attributes:
        names: the features that have a weight.
        weights: one per feature, in log-odds; positive is evidence for story.
        means: of the features over the training data, against which reasons are weighed.
        bias: log-odds of a row whose features are all 0.
        membership: float64[features, groups], 1 where a feature belongs to one of ``GROUPS``.
    """

    names: tuple[str, ...]
    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    bias: float
    membership: NDArray[np.float64]

    def reasons(self, features: Matrix, most: int) -> list[list[str]]:
        """For each row, up to *most* groups of features that weighed most against story."""
        sums, groups = ((features - self.means) * self.weights) @ self.membership, list(GROUPS)
        return [[groups[n] for n in np.argsort(row)[:most] if row[n] < 0] for row in sums]


@cache
def load_model() -> tuple[LinearModel, Expansion]:
    """Read ``block_model.json``, once per process; also what computes the features it weighs."""
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    names = tuple(stored["weights"])
    weights, means = np.array(list(stored["weights"].values()), np.float64).T
    membership = [[group_of(name) == group for group in GROUPS] for name in names]
    model = LinearModel(
        names, weights, means, float(stored["bias"]), np.array(membership, np.float64)
    )
    return model, Expansion(names)


def group_of(feature: str) -> str:
    """The group of a feature; a product belongs to the group of its first factor.

    >>> group_of("first x words")
    'extractors'
    """
    return next(group for group, begin in GROUPS.items() if feature.startswith(begin))


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
    hits = {**rule_hits(page), "repeated_title": repeated_title(page, title)}
    base = base_features(blocks, chosen, page, hits, measured, old=old)
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
    _forbid(blocks, rows, kept)
    left = np.flatnonzero(kept)
    others = other_stories(
        blocks, rows.indices[left].tolist(), rows.words[left], title, rows.signed
    )
    if float(rows.words[left[others]].sum()) <= MOST_FORBIDDEN * float(rows.words[left].sum()):
        kept[left[others]] = False


def _forbid(blocks: Blocks, rows: Rows, kept: NDArray[np.bool_]) -> None:
    """Drop what rules forbid from *kept*, in place, unless it is the story.

    That is what one rule forbids of more than ``MOST_FORBIDDEN`` of the words; and where the rules
    together would leave nothing but headings, what the one with the most words forbids.
    """
    limit = MOST_FORBIDDEN * float(rows.words[kept].sum())
    held = {
        rule: [row for row, name in rows.forbidden.items() if name == rule and kept[row]]
        for rule in sorted(set(rows.forbidden.values()))
    }
    words = {rule: float(rows.words[own].sum()) for rule, own in held.items()}
    gone = [rule for rule, count in words.items() if count <= limit]
    left = kept & (np.array(blocks.own, np.int64)[rows.indices] & _HEADING == 0)
    left[[row for rule in gone for row in held[rule]]] = False
    if gone and not left.any():
        gone.remove(max(gone, key=words.__getitem__))
    for rule in gone:
        kept[held[rule]] = False


def keep(scores: NDArray[np.float64], stamps: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each block is kept, given the log-odds of all; *stamps* are time stamps."""
    margins = scores - THRESHOLD - STAMP_COST * stamps
    return ~np.array(viterbi(margins.tolist(), SWITCH_COST), np.bool_)


LINE_RULES = (
    "timestamp", "byline", "advertisement", "read_more", "share_buttons", "newsletter",
    "subscription", "cookie_notice", "caption_or_credit", "spaceless_notice",
)  # fmt: skip
"""Rules of plain texts that hold between the paragraphs of a page too."""

BRIEF, BRIEF_WORDS = frozenset({"newsletter", "subscription", "share_buttons"}), 9
"""Rules that hold only for lines of fewer words: in longer ones a story mentions such things."""
MOST_HITS = 6
"""Minimum lines of one rule for it to be a feature of the story, such as a list of links."""

CONTAINERS = {
    "caption_or_credit": ("figcaption", "captioned"),
    "cookie_notice": ("consent",),
    "subscription": ("wall",),
    "reader_comments": ("comments",),
}
"""Rule that is named → flags of one of the three innermost elements around a block."""

CAPTION_WORDS = 80
"""Words of the longest caption."""
WALL_ROWS = 4
"""Last blocks of a story among which a notice about subscriptions may stand."""
STORY_WORDS = 80
"""Words that a story has before another one may begin below it."""
TEASERS, TEASER_WORDS = 2, 60
"""Minimum linked headings at the end to be pointers to other stories, and the words below each."""
HOME_SHARE = 0.9
"""Share of the words before a second headline that the container of the story holds."""
LINKED = 0.8
"""Minimum share of a heading's characters in links for it to lead to another page."""
_COOKIES = re.compile(r"(?i)cookie|кук[иі]|クッキー|쿠키")

_CHOICE = re.compile(
    r"(?i)partner|consent|privacy|accept|prefer|device|personal data|settings|datenschutz|einwillig"
    r"|zustimm|appareil|confidentialité|vie privée|accept|socios|dispositivo|privacidad|consenso"
    r"|toestemming|voorkeur|samtyck|samtykk|zgod|urządze|соглас|プライバシー|개인정보"
)
"""Words of banners beside *cookies*: their partners, the device, the choice."""

_WALL = re.compile(
    r"(?i)^(?:you(?:['’]ve| have) (?:read|used|reached|\d+|one|two|three).{0,40}\bfree\b"
    r"|this (?:story|article|content) is (?:only )?(?:for|available to) (?:our )?subscribers"
    r"|dieser artikel ist (?:nur )?(?:für|exklusiv für) abonnent"
    r"|cet article est réservé (?:à nos|aux) abonnés"
    r"|este (?:artículo|contenido) es (?:exclusivo )?para suscriptores)"
)
"""How a notice begins that ends a story for readers who do not pay."""

_HEADING = mask_with("heading")

# Of the blocks that the page model would add there to what trafilatura took, 1 in 8 is story.
_ADDED_NEAR = mask_with("related", "foot", "form", "comments")
_ADDED_AROUND = mask_with("aside", "figure", "comments")
_LEAD = mask_with("lead")
_OPEN = mask_with("li", "td", "heading", "pre", "table")


def forbidden_rows(
    blocks: Blocks,
    chosen: NDArray[np.int64],
    hits: Mapping[str, AbstractSet[int]],
    taken: NDArray[np.bool_],
) -> dict[int, str]:
    """Find the *chosen* blocks that a rule forbids: row → name of the rule.

    *hits* has the rows that each rule of lines hits, *taken* those that trafilatura took.
    """
    near, around = np.array(blocks.near)[chosen], np.array(blocks.around)[chosen]
    outside = (near & _ADDED_NEAR | around & _ADDED_AROUND) > 0
    outside &= near & _LEAD == 0
    found = dict.fromkeys(np.flatnonzero(outside & ~taken).tolist(), "outside_story")
    indices = chosen.tolist()
    for row in np.flatnonzero(~taken).tolist():
        if _asks_consent(blocks.texts[indices[row]]):
            found[row] = "cookie_notice"
    for row in range(len(chosen) - 1, max(len(chosen) - 1 - WALL_ROWS, -1), -1):
        if _WALL.match(blocks.texts[indices[row]]):
            found[row] = "subscription"
    for rule, flags in CONTAINERS.items():
        for row in np.flatnonzero(near & mask_with(*flags)).tolist():
            if blocks.texts[indices[row]].count(" ") < CAPTION_WORDS:
                found.setdefault(row, rule)
    for rule in LINE_RULES:
        rows = [
            row
            for row in hits[rule]
            if not blocks.own[indices[row]] & _OPEN
            and (rule not in BRIEF or blocks.texts[indices[row]].count(" ") < BRIEF_WORDS)
        ]
        if len(rows) < MOST_HITS:
            found.update(dict.fromkeys(rows, rule))
    return found


def _asks_consent(text: str) -> bool:
    """Whether *text* mentions cookies and a choice or partners, as banners do."""
    return _COOKIES.search(text) is not None and _CHOICE.search(text) is not None


def other_stories(
    blocks: Blocks,
    rows: Sequence[int],
    words: NDArray[np.float64],
    title: str | None,
    signed: AbstractSet[int],
) -> list[int]:
    """Find the part of what was kept that belongs to other stories below this one.

    That is all in another ``<article>`` than the headline's, all from a heading on that has a
    byline of its own, and headings at the end that lead to other pages, with their teasers.

    Args:
        rows: the kept blocks, in order.
        words: of each of them.
        title: the headline.
        signed: rows that a byline or a time stamp follows.

    Returns:
        Places in *rows*.
    """
    before = np.concatenate((np.zeros(1), np.cumsum(words)))
    place = next(iter(headlines(blocks, [title] if title else [])), -1)
    home = blocks.articles[place] if place >= 0 else 0
    found: set[int] = set()
    if home:
        apart = [n for n, row in enumerate(rows) if blocks.articles[row] > home]
        inside = sum(words[n] for n, row in enumerate(rows) if blocks.articles[row] == home)
        found.update(apart if inside >= STORY_WORDS else ())
    headings = [n for n, row in enumerate(rows) if blocks.own[row] & _HEADING]
    second = [n for n in headings if rows[n] in signed and before[n] >= STORY_WORDS]
    for n in second[:1] if len(second) < MOST_HITS else ():
        start, end = _container(blocks, rows[:n], words[:n])
        if not start <= rows[n] < end:
            found.update(m for m in range(n, len(rows)) if rows[m] >= end)
    found.update(_teasers(blocks, rows, words, headings))
    return sorted(found)


def _container(blocks: Blocks, rows: Sequence[int], words: NDArray[np.float64]) -> tuple[int, int]:
    """The run of blocks of the smallest container with nearly all words of *rows*."""
    held = np.zeros(len(blocks.texts) + 1)
    held[np.array(rows) + 1] = words
    sums = np.cumsum(held)
    starts, ends = np.array(blocks.starts), np.array(blocks.ends)
    enough = sums[ends] - sums[starts] >= HOME_SHARE * sums[-1]
    best = int(np.argmin(np.where(enough, ends - starts, len(held))))
    return int(starts[best]), int(ends[best])


def _teasers(
    blocks: Blocks, rows: Sequence[int], words: NDArray[np.float64], headings: Sequence[int]
) -> range:
    """The linked headings, each with a few words, that *rows* end with."""
    ends = [*headings[1:], len(rows)][: len(headings)]
    first = len(rows)
    count = 0
    for start, end in zip(reversed(headings), reversed(ends), strict=True):
        row = rows[start]
        linked = blocks.linked[row] >= LINKED * len(blocks.texts[row])
        if not linked or words[start:end].sum() > TEASER_WORDS:
            break
        first, count = start, count + 1
    enough = count >= TEASERS and words[:first].sum() >= STORY_WORDS
    return range(first if enough else len(rows), len(rows))
