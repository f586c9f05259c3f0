"""The page model: scores each block of a page as story or boilerplate; read ``select`` first.

    blocks, extractions ─features─weights─▶ log-odds per block ─threshold, Viterbi─▶ keep or drop

``block_model.json`` contains the weights; ``training/train_pages.py`` writes it. Fixed rules
(``forbidden_rows``, ``other_stories``) then remove blocks whatever their score.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.html.block_features import Expansion, Matrix, base_features, may_be_story
from pipeline.clean.html.blocks import EXTRACTIONS, HEADING, LINE_BREAK, Blocks, compare, mask_with
from pipeline.clean.html.candidates import EXTRACTOR, Candidates
from pipeline.clean.html.title import headlines
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import repeated_title, rule_hits
from pipeline.clean.model import viterbi
from pipeline.records import Evidence

CHOSEN = "trafilatura+block_model"
"""Value of ``articles.extractor`` if the page model changed trafilatura's text."""
WEIGHTS = Path(__file__).with_name("block_model.json")
THRESHOLD = -0.75
"""Log-odds below which a block is dropped."""
SWITCH_COST = 0.2
"""Penalty, in log-odds, for each switch between story and boilerplate."""
STAMP_COST = 1.0
"""Penalty, in log-odds, for a time stamp: of 1,454 on labelled pages, 54 are story."""
MAX_BLOCKS = 3_000
"""Pages with more blocks are larger than any training page: trafilatura's text is used."""
MIN_FOUND = 0.6
"""Minimum share of trafilatura's text found in the blocks; below it, that text is used."""
MIN_EXTRACTED = 20
"""Minimum words of trafilatura's text for it to be a story, rather than a menu."""
TAKEN = 0.5
"""Minimum share of a block in trafilatura's text for it to count as taken by trafilatura."""
ENTRY_BLOCKS = 1.5
"""Maximum mean number of blocks in an entry of a list for its entries to be scored as one: with
more, the list is layout."""
UNSEEN = -2.0
"""Log-odds of the blocks that the model does not score, see ``may_be_story``, in the mean of their
list. Of -1, -2, -3 and -5, -1 and -2 lower the held-out score of no benchmark."""
_PRE = mask_with("pre")
REASONS_SHOWN = 2
MOST_FORBIDDEN = 0.5
"""Share of a story's words outside headings that all rules together may remove. With 0.4, a long
discussion would stay on one of 465 labelled pages, and the others would not change."""

GROUPS = {
    "extractors": (*EXTRACTIONS, "place:in_first", "place:before_first", "place:behind_first"),
    "containers": ("level", "place:"), "element_names": ("own:", "near:", "around:"),
    "length": ("words",), "ending": ("ends_", "terminal"), "outside_prose": ("prose",),
    "phrases": ("phrase", "rule"), "neighbours": ("window:",),
    "page": ("page:",),
}  # fmt: skip
"""Group of features, as named in reasons → prefixes of its features' names."""


Line: TypeAlias = "tuple[str, str | None]"


class Story(NamedTuple):
    """The extraction of a page: blocks that trafilatura or the model took, one per line.

    Attributes:
        lines: the text of each, and the reason if it does not belong to the story.
        evidence: what the model changed.
    """

    lines: list[Line]
    extractor: str = EXTRACTOR
    evidence: tuple[Evidence, ...] = ()


class LinearModel:
    """Weights learned from labelled pages.

    Attributes:
        expansion: computes the features that have a weight.
        weights: log-odds per feature; positive is evidence for story.
        means: of the features over the training data; reasons are relative to them.
        bias: log-odds of a row whose features are all 0.
        membership: float64[features, groups], 1 where a feature belongs to one of ``GROUPS``.
    """

    def __init__(self, stored: Mapping[str, Any]) -> None:
        names = tuple(stored["weights"])
        self.expansion = Expansion(names)
        self.weights, self.means = np.array(list(stored["weights"].values()), np.float64).T
        self.bias = float(stored["bias"])
        membership = [[group_of(name) == group for group in GROUPS] for name in names]
        self.membership = np.array(membership, np.float64)

    def reasons(self, features: Matrix) -> list[list[str]]:
        """The groups of features that are the strongest evidence against story, for each row."""
        sums, groups = ((features - self.means) * self.weights) @ self.membership, list(GROUPS)
        return [[groups[n] for n in np.argsort(row)[:REASONS_SHOWN] if row[n] < 0] for row in sums]


@cache
def load_model() -> LinearModel:
    """Read ``block_model.json``, once per process."""
    return LinearModel(json.loads(WEIGHTS.read_text(encoding="utf-8")))


def group_of(feature: str) -> str:
    """The group of a feature; that of its first factor for a product.

    >>> group_of("first x words")
    'extractors'
    """
    return next(group for group, begin in GROUPS.items() if feature.startswith(begin))


@dataclass(frozen=True, eq=False)
class Rows:
    """The blocks of a page that the model scores, one row each.

    Attributes:
        indices: of the blocks.
        words: number of words.
        taken: whether trafilatura took the block.
        base: float32[rows, ...], see ``block_features.base_features``.
        forbidden: row → the rule that forbids it, whatever its score.
        stamps: whether the block is a time stamp.
        lists: number of the list whose entries are scored as one and include the block; else 0.
        unseen: words of the blocks of each list that are not rows, by the list's number.
        signed: indices of blocks followed by a byline or time stamp.
    """

    indices: NDArray[np.int64]
    words: NDArray[np.float64]
    taken: NDArray[np.bool_]
    base: Matrix
    forbidden: Mapping[int, str]
    stamps: NDArray[np.bool_]
    lists: NDArray[np.int64]
    unseen: NDArray[np.float64]
    signed: frozenset[int]


def measure(candidates: Candidates) -> Rows | None:
    """Measure the blocks of a page for the model.

    Returns:
        None for pages that the model cannot score: no blocks, too many of them, or blocks
        without most of what trafilatura extracted.
    """
    blocks = candidates.blocks
    if not 0 < len(blocks.texts) <= MAX_BLOCKS:
        return None
    measured = compare(blocks.texts, candidates.extractions)
    if measured.sizes[0] >= MIN_EXTRACTED and measured.found[0] < MIN_FOUND:
        return None
    chosen = may_be_story(blocks, measured)
    # Blank lines keep blocks from being joined as hard-wrapped lines.
    texts = [blocks.texts[index].replace(LINE_BREAK, " ") for index in chosen.tolist()]
    page = read_page("\n\n".join(texts))
    if not 0 < len(page.lines) == len(chosen):
        return None
    title = candidates.metadata.title
    hits = {**rule_hits(page), "repeated_title": repeated_title(page, title)}
    base = base_features(blocks, chosen, page, hits, measured, old=candidates.old)
    taken = measured.shares[chosen, 0] >= TAKEN
    signs = hits["byline"] | hits["timestamp"]
    signed = frozenset(int(chosen[row - back]) for row in signs for back in (1, 2) if row >= back)
    forbidden = forbidden_rows(blocks, chosen, hits, taken)
    stamps = np.isin(np.arange(len(chosen)), list(hits["timestamp"]))
    words = measured.words[chosen]
    lists = lists_of(blocks, chosen)
    inside = lists[chosen]
    unseen: NDArray[np.float64] = np.zeros(len(blocks.parents) + 1)
    np.add.at(unseen, np.delete(lists, chosen), np.delete(measured.words, chosen))
    return Rows(chosen, words, taken, base, forbidden, stamps, inside, unseen, signed)


def lists_of(blocks: Blocks, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """The list that contains each block, from 1; 0 outside lists and in those that are layout."""
    lists, entries = np.array(blocks.lists) + 1, np.array(blocks.entries)[chosen]
    count = len(blocks.parents) + 1
    first = np.unique(entries, return_index=True)[1]
    distinct = np.bincount(lists[chosen][first], minlength=count)
    layout = np.bincount(lists[chosen], minlength=count) > ENTRY_BLOCKS * distinct
    return np.where(layout[lists], 0, lists)


def select(candidates: Candidates) -> Story:
    """Select the story of a page; trafilatura's text if the model cannot score it or finds none."""
    unchanged = Story([(line, None) for line in candidates.extractions[0].split("\n")])
    rows = measure(candidates)
    if rows is None:
        return unchanged
    model = load_model()
    features = model.expansion.expand(rows.base)
    kept = keep(pooled(np.round(features @ model.weights + model.bias, 3), rows), rows.stamps)
    if not kept.any():
        return unchanged
    settle(candidates, rows, kept)
    dropped = np.flatnonzero(rows.taken & ~kept)
    weighed = model.reasons(features[dropped])
    reasons = {
        row: rows.forbidden.get(row) or f"block_model: {', '.join(groups or ['neighbours'])}"
        for row, groups in zip(dropped.tolist(), weighed, strict=True)
    }
    texts, taken = candidates.blocks.texts, np.flatnonzero(rows.taken | kept).tolist()
    lines = [(texts[rows.indices[row]], reasons.get(row)) for row in taken]
    added = int((kept & ~rows.taken).sum())
    if not (added or len(dropped)):
        return Story(lines)
    change = f"{added} blocks added, {len(dropped)} dropped"
    return Story(lines, CHOSEN, (Evidence("extractor", change, "block_model"),))


def settle(candidates: Candidates, rows: Rows, kept: NDArray[np.bool_]) -> None:
    """Correct *kept* in place: tables and code whole, then what rules forbid.

    All rules together remove less than ``MOST_FORBIDDEN`` of the words outside headings, those with
    the fewest words first: what would exceed that is likely the story itself.
    """
    blocks = candidates.blocks
    tables = np.array(blocks.tables, np.int64)[rows.indices]
    own = np.array(blocks.own, np.int64)[rows.indices]
    story = np.flatnonzero(kept & (tables < 0))
    for table in np.unique(tables[tables >= 0]).tolist():
        at = tables == table
        first = int(np.flatnonzero(at)[0])
        inside = bool(len(story)) and story[0] < first <= story[-1] + 1
        most = max(
            float(rows.words[at & kept].sum()), inside * float(rows.words[at & rows.taken].sum())
        )
        kept[at] = 2 * most >= float(rows.words[at].sum())
    kept[1:-1] |= (own & _PRE > 0)[1:-1] & kept[:-2] & kept[2:]

    words = np.where(own & HEADING, 0.0, rows.words)
    left = MOST_FORBIDDEN * float(words[kept].sum())
    by_rule: dict[str, list[int]] = {}
    for row, rule in sorted(rows.forbidden.items()):
        if kept[row]:
            by_rule.setdefault(rule, []).append(row)
    for forbidden in sorted(by_rule.values(), key=lambda each: float(words[each].sum())):
        if words[forbidden].sum() < left:
            left -= float(words[forbidden].sum())
            kept[forbidden] = False
    others = other_stories(candidates, rows, np.flatnonzero(kept))
    if words[others].sum() < left:
        kept[others] = False


def pooled(scores: NDArray[np.float64], rows: Rows) -> NDArray[np.float64]:
    """The log-odds of each block; for the entries of a list, their mean, weighted by words."""
    lists, words = rows.lists, np.maximum(rows.words, 1.0)
    count = len(rows.unseen)
    sums = np.bincount(lists, scores * words, count) + UNSEEN * rows.unseen
    means = sums / np.maximum(np.bincount(lists, words, count) + rows.unseen, 1.0)
    return np.where(lists > 0, means[lists], scores)


def keep(scores: NDArray[np.float64], stamps: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each block is kept, given the log-odds of all; *stamps* are time stamps."""
    margins = scores - THRESHOLD - STAMP_COST * stamps
    return ~np.array(viterbi(margins.tolist(), SWITCH_COST), np.bool_)


LINE_RULES = (
    "timestamp", "byline", "advertisement", "read_more", "share_buttons", "newsletter",
    "subscription", "cookie_notice", "caption_or_credit", "spaceless_notice",
)  # fmt: skip
"""Rules for plain text that also apply between the paragraphs of a page."""

BRIEF, BRIEF_WORDS = frozenset({"newsletter", "subscription", "share_buttons"}), 9
"""Rules that apply only to lines of fewer words: longer ones may be a story about such things."""
MOST_HITS = 6
"""From so many matches on, a rule describes the story itself, such as a list of links."""

CONTAINERS = {
    "caption_or_credit": ("figcaption", "captioned"),
    "cookie_notice": ("consent",),
    "subscription": ("wall",),
    "reader_comments": ("comments",),
}
"""Rule → flags in ``Blocks.near`` that trigger it."""

CAPTION_WORDS = 80
"""Longest block, in words, that a container forbids."""
WALL_ROWS = 4
"""A paywall notice is among so many last blocks."""
STORY_WORDS = 80
"""Minimum words of a story before another one may begin below it."""
TEASERS, TEASER_WORDS = 2, 60
"""Minimum number of linked headings at the end that are teasers, and most words of each teaser."""
HOME_SHARE = 0.9
"""Share of the words before a second headline that the story's container contains."""
LINKED = 0.8
"""Minimum share of a heading's characters in links for it to be a link to another page."""
_COOKIES = re.compile(r"(?i)cookie|кук[иі]|クッキー|쿠키")

_CHOICE = re.compile(
    r"(?i)partner|consent|privacy|accept|prefer|device|personal data|settings|datenschutz|einwillig"
    r"|zustimm|appareil|confidentialité|vie privée|accept|socios|dispositivo|privacidad|consenso"
    r"|toestemming|voorkeur|samtyck|samtykk|zgod|urządze|соглас|プライバシー|개인정보"
)
"""Words of consent banners besides *cookies*."""

_WALL = re.compile(
    r"(?i)^(?:you(?:['’]ve| have) (?:read|used|reached|\d+|one|two|three).{0,40}\bfree\b"
    r"|this (?:story|article|content) is (?:only )?(?:for|available to) (?:our )?subscribers"
    r"|dieser artikel ist (?:nur )?(?:für|exklusiv für) abonnent"
    r"|cet article est réservé (?:à nos|aux) abonnés"
    r"|este (?:artículo|contenido) es (?:exclusivo )?para suscriptores)"
)
"""Beginnings of paywall notices."""

# Of the blocks there that the model would add to trafilatura's, 1 in 8 is story.
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

    Rules for lines do not apply to list items, cells, headings and code.

    Args:
        hits: the rows that each rule for lines matches.
        taken: whether trafilatura took the block of each row.
    """
    near, around = np.array(blocks.near)[chosen], np.array(blocks.around)[chosen]
    outside = (near & _ADDED_NEAR | around & _ADDED_AROUND) > 0
    outside &= near & _LEAD == 0
    found = dict.fromkeys(np.flatnonzero(outside & ~taken).tolist(), "outside_story")
    indices = chosen.tolist()
    for row in np.flatnonzero(~taken).tolist():
        text = blocks.texts[indices[row]]
        if _COOKIES.search(text) and _CHOICE.search(text):
            found[row] = "cookie_notice"
    for row in range(len(chosen))[-WALL_ROWS:]:
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


def other_stories(candidates: Candidates, rows: Rows, kept: NDArray[np.int64]) -> list[int]:
    """Find the *kept* rows that belong to other stories below this one, in ascending order.

    These are blocks in an ``<article>`` after the headline's, those from a second heading with a
    byline on, and linked headings at the end, with their teasers.
    """
    blocks, title = candidates.blocks, candidates.metadata.title
    indices, words = rows.indices[kept].tolist(), rows.words[kept]
    before = np.concatenate((np.zeros(1), np.cumsum(words)))
    place = next(iter(headlines(blocks, [title] if title else [])), -1)
    home = blocks.articles[place] if place >= 0 else -1
    found: set[int] = set()
    if home >= 0:
        apart = [n for n, index in enumerate(indices) if blocks.articles[index] > home]
        inside = sum(words[n] for n, at in enumerate(indices) if blocks.articles[at] == home)
        found.update(apart if inside >= STORY_WORDS else ())
    headings = [n for n, index in enumerate(indices) if blocks.own[index] & HEADING]
    second = [n for n in headings if indices[n] in rows.signed and before[n] >= STORY_WORDS]
    for n in second[:1] if len(second) < MOST_HITS else ():
        start, end = _container(blocks, indices[:n], words[:n])
        if not start <= indices[n] < end:
            found.update(m for m in range(n, len(indices)) if indices[m] >= end)
    found.update(_teasers(blocks, indices, words, headings))
    rows_found: list[int] = kept[sorted(found)].tolist()
    return rows_found


def _container(blocks: Blocks, rows: Sequence[int], words: NDArray[np.float64]) -> tuple[int, int]:
    """The blocks [start, end) of the smallest container with nearly all words of *rows*."""
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
    """The linked headings at the end of *rows*, each with a short teaser."""
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
