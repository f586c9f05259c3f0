"""Which lines leave a text, and why.

rules ─┐
tagger ┼─margins, Viterbi─▶ cut: line ─▶ reason;  guards keep what may be the whole story
roles ─┘
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from math import log
from statistics import fmean

import numpy as np

from pipeline.clean.lines.heading import Heading
from pipeline.clean.lines.page import LONG_WORDS, LineRecord, Mode, Page
from pipeline.clean.lines.rules import CLASS_OF, CLASSES, Hits, author_block, repeated_title
from pipeline.clean.lines.tagger import Tags
from pipeline.clean.model import viterbi

THRESHOLDS: dict[Mode, float] = {"careful": -2.0, "default": -0.4, "thorough": 0.0}
"""Log-odds below which a line goes, by ``clean.mode``; docs/decisions/0030 has the trade-off."""
SWITCH_COST = 0.4
"""Log-odds that each change between story and boilerplate costs."""
KNOWN_MARGIN = 8.0
"""Log-odds against a line that a named rule matches."""
DOUBTFUL = -2.0
"""Log-odds that a line must be below before anything is cut from a text without a named rule."""
PROSE_FREE_RULES = ("repeated_title", "bullet_only")
"""Rules that apply to a text without prose: a list, a table or a poem keeps its short lines."""
SUBHEADING_WORDS, SUBHEADING_BONUS, INSIDE_BONUS = 10, 3.5, 2.0
"""Log-odds added to a line between two paragraphs of story that has no pattern: more if it has few
words and no phrase, for it is usually a subheading, than if it ends like a sentence. Other lines
are as often captions or headlines of other stories."""
QUOTING_BONUS = 4.0
"""Log-odds for a sentence that says who speaks, if it quotes a phrase of boilerplate."""
RECURRING_WORDS = 4
"""Words of the longest heading that stays, between lines of story, although the site repeats it.
Teasers, which the tagger takes for headings, have more."""
TABLE_BARS, ENTRY_WORDS = 3, 10
"""Bars in the smallest row of a table; words of the longest entry of a list. Rows of a table stay
or go together, and an entry unlike the others does not go alone (docs/decisions/0042)."""
ABOVE_TITLE = 2.0
"""Log-odds against a line above the headline: a notice of consent may read like a story."""
LEAST_KEPT, NEAR_BEST = 0.1, 2.0
"""Least share of the words in long lines that stays; if less would, the long lines within so many
log-odds of the best one stay. Without a long line the same is true of all sentences."""
BLOCK_WORDS, BLOCK_DOUBTFUL = 60, -1.0
"""Words of the shortest block of prose that may be the story, and its lowest mean log-odds."""
SURE_CLASS = 0.6
"""Probability from which the class of a line is its reason."""
UNNAMED = ("unlike_story", "neighbours")
"""Reasons if no class is likely: the line's own log-odds, or only those of the lines around it."""


def decide(
    page: Page, hits: Hits, tags: Tags | None, heading: Heading
) -> tuple[dict[int, str], bool]:
    """Line → reason for each line that is cut, and whether a guard kept others.

    Lines that match a named rule go; the tagger decides about the others. A text without prose,
    such as a list, a table or a poem, keeps them all. The headline's line is never cut.
    """
    story = tags.story.tolist() if tags is not None else [0.0] * len(page.lines)
    cut, guarded = _known(page, hits, heading, story), False
    if tags is not None and page.prose_before[-1]:
        dropped, guarded = _dropped(page, story, cut, heading.title_index or 0)
        new = [index for index in dropped if index not in cut and index not in heading.spared]
        cut.update(zip(new, _reasons(page, tags, new) if new else (), strict=True))
    if heading.title_index is not None:
        cut.pop(heading.title_index, None)
    return cut, guarded


def _reasons(page: Page, tags: Tags, lines: Sequence[int]) -> list[str]:
    """Why the tagger cuts each of *lines*: the class of its phrases, else the likely one."""
    logits = tags.classes[lines]
    powers = np.exp(logits - np.maximum.reduce(logits, axis=1, keepdims=True))
    sure = (np.add.reduce(powers, axis=1) * SURE_CLASS <= 1.0).tolist()
    likely, above = logits.argmax(axis=1).tolist(), (tags.story[lines] >= 0).tolist()
    found = []
    for at, likeliest, is_sure, is_above in zip(lines, likely, sure, above, strict=True):
        kinds = page.lines[at].kinds
        said = [CLASS_OF[name] for name in CLASS_OF if name in kinds] if kinds else ()
        learned = CLASSES[likeliest] if is_sure else UNNAMED[is_above]
        found.append(f"tagger: {said[0] if said else learned}")
    return found


def _known(page: Page, hits: Hits, heading: Heading, story: Sequence[float]) -> dict[int, str]:
    """Lines that are boilerplate by a rule, by their role, or because the site repeats them."""
    again = repeated_title(page, heading.title, heading.title_index)
    authors = author_block(page, heading.authors)
    found = {**hits, "repeated_title": again, "author_block": authors}
    if not page.prose_before[-1]:
        found = {name: found[name] for name in PROSE_FREE_RULES if name in found}
    repeated = [
        index
        for index in page.repeated
        if not (_inside_sentence(page, index) or _recurring_heading(page, index, story))
    ]
    roles = (("byline", heading.bylines), ("timestamp", heading.times))
    known: dict[int, str] = {}
    for reason, indexes in (*found.items(), *roles, ("site_repetition", repeated)):
        for index in sorted(indexes) if indexes else ():
            known.setdefault(index, reason)
    return known


def _inside_sentence(page: Page, index: int) -> bool:
    """Whether a line is the text of a link within a sentence."""
    if not 0 < index < len(page.lines) - 1:
        return False
    before, after = page.lines[index - 1], page.lines[index + 1]
    return not before.terminal and (after.text[0].islower() or after.text[0] in ",.;:)’'")


def _recurring_heading(page: Page, index: int, story: Sequence[float]) -> bool:
    """Whether a line is a heading within a story that others of its series have, too: *Results*."""
    line = page.lines[index]
    return (
        line.word_count <= RECURRING_WORDS
        and not (line.kinds or line.signs)
        and 0 < index < len(story) - 1
        and story[index] > -SUBHEADING_BONUS
        and all(story[at] > 0 and at not in page.repeated for at in (index - 1, index + 1))
    )


def _dropped(
    page: Page, story: list[float], known: Mapping[int, str], title: int
) -> tuple[list[int], bool]:
    """Lines that the tagger cuts, and whether a guard kept others."""
    values = _values(page, story, known, title)
    bullets = [index for index, reason in known.items() if reason == "bullet_only"]
    others = (value for at, value in enumerate(values) if at not in known)
    if len(bullets) == len(known) and min(others, default=0.0) > DOUBTFUL:
        return bullets, False
    _level(page, values)
    threshold = _threshold(page, values, known)
    margins = [value - threshold for value in values]
    # The time above an entry of a live blog, or a bare bullet, goes or stays with its neighbours.
    for index in page.entry_times:
        margins[index] = 0.0
    for index, reason in known.items():
        margins[index] = 0.0 if reason == "bullet_only" else min(margins[index], -KNOWN_MARGIN)
    drop = viterbi(margins, SWITCH_COST)
    held = _held(page, values, drop, known)
    for line in held:
        drop[line.index] = False
    return [index for index, gone in enumerate(drop) if gone], bool(held)


def _values(
    page: Page, story: Sequence[float], known: Mapping[int, str], title: int
) -> list[float]:
    """The tagger's log-odds of each line: less above the headline, more between paragraphs."""
    values = [value - ABOVE_TITLE for value in story[:title]] + [*story[title:]]
    for index in page.attributed:
        values[index] += QUOTING_BONUS * bool(page.lines[index].kinds)
    unknown = [line for at, line in enumerate(page.lines) if at not in known]
    told = [line.prose and story[line.index] > 0 for line in unknown]
    for before, line, after in zip(told, unknown[1:], told[2:], strict=False):
        if before and after and not line.signs:
            # A paragraph below a caption is not in doubt by itself.
            below = line.prose and line.index - 1 in known and not line.kinds
            short = line.word_count <= SUBHEADING_WORDS
            if (below or short) and (line.terminal or not line.kinds - {"nav"}):
                values[line.index] += SUBHEADING_BONUS
            elif line.terminal:
                values[line.index] += INSIDE_BONUS
    return values


def _level(page: Page, values: list[float]) -> None:
    """Raise rows of a table to the likeliest of them, and short lines to the mean of their run."""
    alike = [
        "row"
        if line.text[0] == line.text[-1] == "|" and line.text.count("|") >= TABLE_BARS
        else "entry"
        if line.word_count <= ENTRY_WORDS and not line.terminal
        else ""
        for line in page.lines
    ]
    for kind, indexes in groupby(range(len(alike)), alike.__getitem__):
        run = list(indexes)
        if kind and len(run) > 1:
            own = [values[index] for index in run]
            least = max(own) if kind == "row" else sum(own) / len(own)
            values[run[0] : run[-1] + 1] = [max(value, least) for value in own]


def _held(
    page: Page, values: Sequence[float], drop: Sequence[bool], known: Mapping[int, str]
) -> list[LineRecord]:
    """Lines that a guard keeps although the tagger would *drop* them.

    A guard acts if hardly a long line would stay, or without one hardly a sentence; or if the
    largest block of prose would go and is larger than all that stays.
    """
    held: list[LineRecord] = []
    long = [line for line in page.lines if line.word_count >= LONG_WORDS]
    if _words(n for n in long if not drop[n.index]) < LEAST_KEPT * _words(long):
        best = max(values[line.index] for line in long)
        held = [line for line in long if values[line.index] >= best - NEAR_BEST]
    if not long:
        told = [n for n in page.lines if n.terminal and not (n.kinds or n.index in known)]
        # By the log-odds, not by what goes: what is kept must not depend on the mode.
        if _words(n for n in told if values[n.index] >= 0) < LEAST_KEPT * _words(told):
            held = told
    if _words(line for line in page.lines if line.prose and drop[line.index]) >= BLOCK_WORDS:
        runs = groupby(page.lines, lambda line: line.prose and line.index not in known)
        block = max((list(run) for is_block, run in runs if is_block), key=_words, default=[])
        kept = _words(n for n in page.lines if not drop[n.index] or n in held)
        if (
            all(drop[line.index] for line in block)
            and _words(block) >= max(BLOCK_WORDS, kept)
            and fmean(values[line.index] for line in block) >= BLOCK_DOUBTFUL
        ):
            held += block
    return held


def _threshold(page: Page, values: list[float], known: Mapping[int, str]) -> float:
    """Log-odds below which a line goes, by how much of *page* seems to be boilerplate.

    In a long story each of three buttons is a third of the boilerplate; on a page of mostly
    boilerplate a doubtful line is probably more of it.
    """
    chrome = _words(n for n in page.lines if values[n.index] < 0 or n.index in known)
    ratio = log((chrome + 3) / (_words(page.lines) - chrome + 3))
    return THRESHOLDS[page.mode] + max(-1.0 - ratio, ratio + 0.5, 0.0) / 2


def _words(lines: Iterable[LineRecord]) -> int:
    """Words of *lines* together."""
    return sum([line.word_count for line in lines])
