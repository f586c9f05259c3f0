"""Which lines leave a text, and the reason for each.

rules ─┐
tagger ┼─margins, Viterbi─▶ cut: line ─▶ reason;  a guard keeps what may be the whole story
roles ─┘
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.heading import Heading
from pipeline.clean.lines.marks import CLASSES
from pipeline.clean.lines.page import LineRecord, Mode, Page
from pipeline.clean.lines.page_rules import entry_times
from pipeline.clean.lines.rules import Hits, later_hits
from pipeline.clean.lines.tagger import Tags
from pipeline.clean.model import viterbi

THRESHOLDS: dict[Mode, float] = {"careful": -1.75, "default": -0.75, "thorough": 0.25}
"""Log-odds below which a line goes, by ``clean.mode``; docs/decisions/0028 has the trade-off."""
SWITCH_COST = 1.0
"""Log-odds that each change between story and chrome costs."""
HINTS = ("outside_story",)
"""Rules that only inform the tagger: alone they cost more story than they cut chrome."""
KNOWN_MARGIN = 8.0
"""Log-odds against a line that a named rule holds."""
DOUBTFUL = -2.5
"""Log-odds to which a line must fall before anything is cut from a text that no rule holds."""
MENU = frozenset({"nav"})
"""Kinds of words that head parts of stories too."""
PROSE_FREE_RULES = frozenset({"repeated_title", "bullet_only"})
"""Rules that act without prose around: a list, a table or a poem keeps its short lines."""
INSIDE_BONUS = {1: 2.0, 2: 1.0, 3: 1.0}
"""Lines between two paragraphs → log-odds for those of which nothing else is known: one is a
subheading, or a row of a table, more often than not."""
BRIEF_WORDS, SENTENCE_BONUS = 3, 5.0
"""Words of the shortest sentence after a paragraph, and log-odds for a sentence there."""
LONG_WORDS, LEAST_KEPT, NEAR_BEST = 24, 0.1, 2.0
"""Words of a long line; the share of the words in such lines that must stay; log-odds below the
best of them within which they stay when too little would."""
BLOCK_WORDS, BLOCK_DOUBTFUL = 60, -1.0
"""Words of the shortest block of prose that the guard looks at, and the mean log-odds from which it
may be the story."""
SURE_CLASS = 0.5
"""Share from which the class of a line is its reason."""
UNNAMED = ("unlike_story", "neighbours")
"""Reasons where no class is likely: the line's own score, or only those of the lines around it."""


@dataclass(frozen=True, eq=False)
class Decision:
    """What leaves a text.

    Attributes:
        cut: line → reason; the headline's line is not among them.
        guarded: whether the guard kept lines that the tagger would have cut.
    """

    cut: dict[int, str]
    guarded: bool


def decide(page: Page, hits: Hits, tags: Tags | None, heading: Heading) -> Decision:
    """Decide about each line of *page*, whose headline and authors are known by now.

    A named rule's word stands; of all other lines the tagger decides. Where no line is prose,
    nothing is learned about: a list, a table or a poem stays.
    """
    known = _known(page, hits, heading)
    cut, guarded = known, False
    if tags is not None and page.prose_before[-1]:
        dropped, guarded = _dropped(page, tags, known)
        cut = known | {i: _reason(hits, tags, i) for i in dropped if i not in known}
    if page.title_index is not None:
        cut.pop(page.title_index, None)
    for index in heading.spared - known.keys():
        cut.pop(index, None)
    return Decision(cut, guarded)


def _known(page: Page, hits: Hits, heading: Heading) -> dict[int, str]:
    """Lines that are chrome by a rule, by their role, or by what the site repeats."""
    known: dict[int, str] = {}
    for name, found in {**hits, **later_hits(page)}.items():
        if name not in HINTS and (page.prose_before[-1] or name in PROSE_FREE_RULES):
            for index in found:
                known.setdefault(index, name)
    for index in sorted(heading.bylines):
        known.setdefault(index, "byline")
    for index in sorted(heading.times):
        known.setdefault(index, "timestamp")
    for index in page.repeated:
        if not _inside_sentence(page, index):
            known.setdefault(index, "site_repetition")
    return known


def _inside_sentence(page: Page, index: int) -> bool:
    """Whether a line is the text of a link that stands in the middle of a sentence."""
    if not 0 < index < len(page.lines) - 1:
        return False
    before, after = page.lines[index - 1], page.lines[index + 1]
    goes_on = after.text[0].islower() or after.text[0] in ",.;:)’'"
    return goes_on and not before.terminal


def _dropped(page: Page, tags: Tags, known: dict[int, str]) -> tuple[list[int], bool]:
    """Lines that the tagger or a rule drops, and whether the guard spoke.

    It does when hardly a long line would stay, or when the largest block of prose would go and
    holds more than all that stays.
    """
    words = np.array([line.word_count for line in page.lines])
    values = tags.story + _benefit_of_doubt(page, tags.story, known)
    if not known and not (values <= DOUBTFUL).any():
        return [], False
    margins = values - THRESHOLDS[page.mode]
    # The time above an entry of a live blog says nothing by itself: it goes or stays with others.
    margins[entry_times(page)] = 0.0
    held = sorted(known)
    margins[held] = np.minimum(margins[held], -KNOWN_MARGIN)
    drop = np.array(viterbi(margins.tolist(), SWITCH_COST))
    guarded = False
    long = words >= LONG_WORDS
    if words[long & ~drop].sum() < LEAST_KEPT * words[long].sum():
        at = np.flatnonzero(long)
        drop[at[values[at] >= values[at].max() - NEAR_BEST]] = False
        guarded = True
    block = max(_blocks(page, known), key=lambda lines: int(words[lines].sum()), default=[])
    lost = int(words[block].sum())
    doubtful = bool(block) and values[block].mean() >= BLOCK_DOUBTFUL
    if doubtful and drop[block].all() and lost >= max(BLOCK_WORDS, int(words[~drop].sum())):
        drop[block] = False
        guarded = True
    return np.flatnonzero(drop).tolist(), guarded


def _benefit_of_doubt(
    page: Page, values: NDArray[np.float64], known: dict[int, str]
) -> NDArray[np.float64]:
    """Log-odds for lines of which no rule, phrase or pattern says anything, inside the story."""
    found = np.zeros(len(values))
    told = [n.index for n in page.lines if n.prose and values[n.index] > 0 and n.index not in known]
    for before, after in zip_longest(told, told[1:], fillvalue=0):
        inside = [index for index in range(before + 1, after) if index not in known]
        following = page.lines[before + 1 : before + 2]
        if len(inside) not in INSIDE_BONUS:
            inside = [line.index for line in following if _is_brief(line)]
        for index in inside:
            line = page.lines[index]
            if not (line.kinds - MENU or line.signs or index in known):
                found[index] = SENTENCE_BONUS if line.terminal else INSIDE_BONUS[len(inside)]
    return found


def _is_brief(line: LineRecord) -> bool:
    """Whether a line may be a short sentence."""
    return line.text.endswith(".") and line.word_count >= BRIEF_WORDS and not line.prose


def _blocks(page: Page, known: dict[int, str]) -> Iterator[list[int]]:
    """Runs of prose that no rule holds."""
    block: list[int] = []
    for line in page.lines:
        if line.prose and line.index not in known:
            block.append(line.index)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _reason(hits: Hits, tags: Tags, index: int) -> str:
    """Why the tagger cuts a line: the hint that agrees, else its likeliest class."""
    for name in HINTS:
        if index in hits[name]:
            return name
    powers = np.exp(tags.classes[index] - tags.classes[index].max())
    best = int(powers.argmax())
    if powers[best] >= SURE_CLASS * powers.sum():
        return f"tagger: {CLASSES[best]}"
    return f"tagger: {UNNAMED[int(tags.story[index] >= 0)]}"
