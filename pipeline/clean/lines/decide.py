"""Which lines leave a text, and the reason for each.

rules ─┐
tagger ┼─margins, Viterbi─▶ cut: line ─▶ reason;  a guard keeps what may be the whole story
roles ─┘
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby, zip_longest
from math import log
from statistics import fmean

from pipeline.clean.lines.heading import Heading
from pipeline.clean.lines.marks import CLASSES
from pipeline.clean.lines.page import LineRecord, Mode, Page
from pipeline.clean.lines.rules import Hits, later_hits
from pipeline.clean.lines.tagger import Tags
from pipeline.clean.model import viterbi

THRESHOLDS: dict[Mode, float] = {"careful": -2.0, "default": -1.05, "thorough": 0.0}
"""Log-odds below which a line goes, by ``clean.mode``; docs/decisions/0030 has the trade-off."""
LITTLE, MUCH, RISE = -1.0, -0.5, 0.5
"""Log of words that seem chrome to words that seem story, below and above which the threshold
rises, and how fast: three lines of chrome in a long story are a third of it each, and where most is
chrome a line is likely more of it."""
SWITCH_COST = 0.4
"""Log-odds that each change between story and chrome costs."""
KNOWN_MARGIN = 8.0
"""Log-odds against a line that a named rule holds."""
DOUBTFUL = -3.0
"""Log-odds to which a line must fall before anything is cut from a text that no rule holds."""
PROSE_FREE_RULES = frozenset({"repeated_title", "bullet_only"})
"""Rules that act without prose around: a list, a table or a poem keeps its short lines."""
INSIDE_BONUS, SENTENCE_BONUS, BRIEF_WORDS = 1.0, 2.0, 3
"""Log-odds for lines of which nothing else is known: one line between two paragraphs is a
subheading, or a row of a table, more often than not; a sentence after a paragraph, of three words
and more, is story."""
LONG_WORDS, LEAST_KEPT, NEAR_BEST = 24, 0.1, 2.0
"""Words of a long line; the share of the words in such lines that must stay; log-odds below the
best of them within which they stay when too little would."""
BLOCK_WORDS, BLOCK_DOUBTFUL = 60, -1.0
"""Words of the shortest block of prose that the guard looks at, and the mean log-odds from which it
may be the story."""
ROWS, ROW_SHARE = 5, 0.5
"""Rows with figures of the smallest table that the guard looks at, and their share of the lines
that are no prose and match no phrase or pattern."""
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
    cut, guarded = _known(page, hits, heading), False
    spared = heading.spared - cut.keys()
    if tags is not None and page.prose_before[-1]:
        dropped, guarded = _dropped(page, tags.story.tolist(), cut)
        unnamed = [index for index in dropped if index not in cut and index not in spared]
        cut.update(zip(unnamed, _reasons(tags, unnamed), strict=True))
    if page.title_index is not None:
        cut.pop(page.title_index, None)
    return Decision(cut, guarded)


def _known(page: Page, hits: Hits, heading: Heading) -> dict[int, str]:
    """Lines that are chrome by a rule, by their role, or by what the site repeats."""
    known: dict[int, str] = {}
    for name, found in {**hits, **later_hits(page)}.items():
        if page.prose_before[-1] or name in PROSE_FREE_RULES:
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


def _dropped(page: Page, story: list[float], known: Mapping[int, str]) -> tuple[list[int], bool]:
    """Lines that the tagger or a rule drops, and whether the guard spoke.

    It does when hardly a long line would stay, when the largest block of prose would go and holds
    more than all that stays, and when a table would go of which the text consists.
    """
    bonus = _inside_bonus(page, story, known)
    values = [value + bonus.get(index, 0.0) for index, value in enumerate(story)]
    if not known and min(values) > DOUBTFUL:
        return [], False
    threshold = _threshold(page, values, known)
    margins = [value - threshold for value in values]
    # The time above an entry of a live blog says nothing by itself: it goes or stays with others.
    for index in page.entry_times:
        margins[index] = 0.0
    for index in known:
        margins[index] = min(margins[index], -KNOWN_MARGIN)
    drop = viterbi(margins, SWITCH_COST)
    held: list[LineRecord] = []
    long = [line for line in page.lines if line.word_count >= LONG_WORDS]
    if _words(n for n in long if not drop[n.index]) < LEAST_KEPT * _words(long):
        best = max(values[line.index] for line in long)
        held = [line for line in long if values[line.index] >= best - NEAR_BEST]
    prose = [line for line in page.lines if line.prose]
    gone = [line for line in prose if drop[line.index]]
    if _words(gone) >= BLOCK_WORDS:
        runs = groupby(page.lines, lambda line: line.prose and line.index not in known)
        block = max((list(run) for is_block, run in runs if is_block), key=_words, default=[])
        kept = _words(n for n in page.lines if not drop[n.index] or n in held)
        if (
            all(drop[line.index] for line in block)
            and _words(block) >= max(BLOCK_WORDS, kept)
            and fmean(values[line.index] for line in block) >= BLOCK_DOUBTFUL
        ):
            held += block
    if len(prose) - len(gone) <= 1:
        held += _table(page, drop, known)
    for line in held:
        drop[line.index] = False
    return [index for index, gone in enumerate(drop) if gone], bool(held)


def _table(page: Page, drop: list[bool], known: Mapping[int, str]) -> list[LineRecord]:
    """Lines of the table that a text consists of, if a third of its rows would go; else none.

    Rows of figures, such as results or prices, outweigh the one paragraph that stays.
    """
    plain = [n for n in page.lines if not (n.prose or n.kinds or n.signs or n.index in known)]
    rows = [n for n in plain if any(map(str.isdigit, n.text))]
    gone = sum(drop[n.index] for n in rows)
    told = _words(n for n in page.lines if n.prose and not drop[n.index])
    if len(rows) < max(ROWS, ROW_SHARE * len(plain)) or 3 * gone < len(rows) or _words(rows) < told:
        return []
    first, last = rows[0].index, rows[-1].index
    return [n for n in page.lines[first : last + 1] if n.index not in known]


def _threshold(page: Page, values: list[float], known: Mapping[int, str]) -> float:
    """Log-odds below which a line of *page* goes, by how much of it seems to be chrome."""
    lines = zip(page.lines, values, strict=True)
    chrome = _words([n for n, value in lines if value < 0 or n.index in known])
    ratio = log((chrome + 3) / (_words(page.lines) - chrome + 3))
    return THRESHOLDS[page.mode] + RISE * max(LITTLE - ratio, ratio - MUCH, 0.0)


def _words(lines: Iterable[LineRecord]) -> int:
    """Words of *lines* together."""
    return sum([line.word_count for line in lines])


def _inside_bonus(page: Page, story: list[float], known: Mapping[int, str]) -> dict[int, float]:
    """Log-odds for lines of which no rule, phrase or pattern says anything, inside the story."""
    found = {}
    told = [n.index for n in page.lines if n.prose and story[n.index] > 0 and n.index not in known]
    for before, after in zip_longest(told, told[1:], fillvalue=0):
        if after == before + 1:
            continue
        inside = [page.lines[index] for index in range(before + 1, after) if index not in known]
        if len(inside) != 1:
            following = page.lines[before + 1 : before + 2]
            inside = [n for n in following if n.text[-1] == "." and n.word_count >= BRIEF_WORDS]
        for line in inside:
            if not (line.kinds - {"nav"} or line.signs):
                found[line.index] = SENTENCE_BONUS if line.terminal else INSIDE_BONUS
    return found


def _reasons(tags: Tags, lines: list[int]) -> list[str]:
    """Why the tagger cuts each of *lines*: its likeliest class, if one is likely."""
    likely, story = tags.likely.tolist(), tags.story.tolist()
    return [
        f"tagger: {CLASSES[likely[at]] if likely[at] >= 0 else UNNAMED[int(story[at] >= 0)]}"
        for at in lines
    ]
