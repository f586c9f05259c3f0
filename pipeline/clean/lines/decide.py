"""Which lines leave a text, and why.

rules ─┐
tagger ┼─margins, Viterbi─▶ cut: line ─▶ reason;  guards keep what may be the whole story
roles ─┘
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby, zip_longest
from math import log
from statistics import fmean

from pipeline.clean.lines.heading import Heading
from pipeline.clean.lines.marks import CLASSES
from pipeline.clean.lines.page import LONG_WORDS, LineRecord, Mode, Page
from pipeline.clean.lines.rules import Hits, author_block, repeated_title
from pipeline.clean.lines.tagger import Tags
from pipeline.clean.model import viterbi

THRESHOLDS: dict[Mode, float] = {"careful": -2.0, "default": -1.05, "thorough": 0.0}
"""Log-odds below which a line goes, by ``clean.mode``; docs/decisions/0030 has the trade-off."""
LITTLE, MUCH, RISE = -1.0, -0.5, 0.5
"""Log ratios of boilerplate to story below and above which the threshold rises, and how fast. In a
long story each of three buttons is a third of the boilerplate; on a page of mostly boilerplate a
doubtful line is probably more of it."""
SWITCH_COST = 0.4
"""Log-odds that each change between story and boilerplate costs."""
KNOWN_MARGIN = 8.0
"""Log-odds against a line that a named rule matches."""
DOUBTFUL = -3.0
"""Log-odds that a line must be below before anything is cut from a text without a named rule."""
PROSE_FREE_RULES = ("repeated_title", "bullet_only")
"""Rules that apply to a text without prose: a list, a table or a poem keeps its short lines."""
INSIDE_BONUS, SENTENCE_BONUS, BRIEF_WORDS = 1.0, 2.0, 3
"""Log-odds added to lines without phrases and signs: to a single line between two paragraphs, which
is usually a subheading or a row of a table, and to a sentence after a paragraph; words of the
shortest such sentence."""
LEAST_KEPT, NEAR_BEST = 0.1, 2.0
"""Least share of the words in long lines that stays; if less would, the long lines within so many
log-odds of the best one stay."""
BLOCK_WORDS, BLOCK_DOUBTFUL = 60, -1.0
"""Words of the shortest block of prose that may be the story, and its lowest mean log-odds."""
ROWS, ROW_SHARE = 5, 0.5
"""Rows of figures in the smallest table that is kept, and their least share of the lines that are
neither prose nor match a phrase or pattern."""
UNNAMED = ("unlike_story", "neighbours")
"""Reasons if no class is likely: the line's own log-odds, or only those of the lines around it."""


def decide(
    page: Page, hits: Hits, tags: Tags | None, heading: Heading
) -> tuple[dict[int, str], bool]:
    """Line → reason for each line that is cut, and whether a guard kept others.

    Lines that match a named rule go; the tagger decides about the others. A text without prose,
    such as a list, a table or a poem, keeps them all. The headline's line is never cut.
    """
    cut, guarded = _known(page, hits, heading), False
    if tags is not None and page.prose_before[-1]:
        story, likely = tags.story.tolist(), tags.likely.tolist()
        dropped, guarded = _dropped(page, story, cut)
        for index in dropped:
            if index not in cut and index not in heading.spared:
                name = CLASSES[likely[index]] if likely[index] >= 0 else UNNAMED[story[index] >= 0]
                cut[index] = f"tagger: {name}"
    if heading.title_index is not None:
        cut.pop(heading.title_index, None)
    return cut, guarded


def _known(page: Page, hits: Hits, heading: Heading) -> dict[int, str]:
    """Lines that are boilerplate by a rule, by their role, or because the site repeats them."""
    again = repeated_title(page, heading.title, heading.title_index)
    found = {**hits, "repeated_title": again}
    if heading.authors:
        found["author_block"] = hits["author_block"].union(author_block(page, heading.authors))
    if not page.prose_before[-1]:
        found = {name: found[name] for name in PROSE_FREE_RULES if name in found}
    repeated = [index for index in page.repeated if not _inside_sentence(page, index)]
    roles = (("byline", heading.bylines), ("timestamp", heading.times))
    known: dict[int, str] = {}
    for reason, indexes in (*found.items(), *roles, ("site_repetition", repeated)):
        for index in sorted(indexes):
            known.setdefault(index, reason)
    return known


def _inside_sentence(page: Page, index: int) -> bool:
    """Whether a line is the text of a link within a sentence."""
    if not 0 < index < len(page.lines) - 1:
        return False
    before, after = page.lines[index - 1], page.lines[index + 1]
    goes_on = after.text[0].islower() or after.text[0] in ",.;:)’'"
    return goes_on and not before.terminal


def _dropped(page: Page, story: list[float], known: Mapping[int, str]) -> tuple[list[int], bool]:
    """Lines that the tagger cuts, and whether a guard kept others.

    A guard does if hardly a long line would stay, if the largest block of prose would go and is
    larger than all that stays, or if the table would go of which the text consists.
    """
    bonus = _inside_bonus(page, story, known)
    values = [value + bonus.get(index, 0.0) for index, value in enumerate(story)]
    if not known and min(values) > DOUBTFUL:
        return [], False
    threshold = _threshold(page, values, known)
    margins = [value - threshold for value in values]
    # The time above an entry of a live blog, or a bare bullet, goes or stays with its neighbours.
    for index in page.entry_times:
        margins[index] = 0.0
    for index, reason in known.items():
        margins[index] = 0.0 if reason == "bullet_only" else min(margins[index], -KNOWN_MARGIN)
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

    Rows of figures, such as results or prices, outweigh a single paragraph.
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
    """Log-odds below which a line goes, by how much of *page* seems to be boilerplate."""
    lines = zip(page.lines, values, strict=True)
    chrome = _words([n for n, value in lines if value < 0 or n.index in known])
    ratio = log((chrome + 3) / (_words(page.lines) - chrome + 3))
    return THRESHOLDS[page.mode] + RISE * max(LITTLE - ratio, ratio - MUCH, 0.0)


def _words(lines: Iterable[LineRecord]) -> int:
    """Words of *lines* together."""
    return sum([line.word_count for line in lines])


def _inside_bonus(page: Page, story: list[float], known: Mapping[int, str]) -> dict[int, float]:
    """Line → log-odds added because it is inside the story and no rule, phrase or sign matches."""
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
