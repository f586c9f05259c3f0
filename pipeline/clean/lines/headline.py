"""Lines that may be the headline, and what is seen of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from math import log

from pipeline.clean.lines.choices import (
    AROUND,
    Candidate,
    Features,
    Reading,
    gathered,
    log_odds,
    rated,
)
from pipeline.clean.lines.observed import CONTENT_CHARS
from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.phrases import PHRASES
from pipeline.clean.lines.signs import CLOSING

LEAST_SHARE, MOST_CANDIDATES = 0.01, 12
"""The tagger's probability from which a line is a candidate; the most such candidates of a text,
and the most of those lines that repeat one without the site's name."""
REPEATED_CHARS = 15
"""Characters of the shortest candidate that is looked for within other lines."""
NOTICE_LINES, FAR = 6, 20
"""Lines before a headline in which a notice of consent is; lines above the story from which a line
is far from it."""
TIMES = frozenset({"clock", "timestamp"})
"""Signs of lines that are part of the story: the times of a live blog. Lines with others, such as
captions, may be between a headline and the story."""
STATED_SHARE = 0.5
"""The tagger's probability from which a line is taken for a byline or time stamp."""
MENU = frozenset(phrase for phrase in PHRASES["line"]["nav"] if " " not in phrase)
MENU_WORDS = 4
"""Sections named in the shortest menu on one line, which is never the headline."""
FEW, USUAL, LONG = 3, range(7, 17), 24
"""Words of short lines, of the usual headline, and of the longest."""
_SITE_NAME = re.compile(r"\s(?:[|–—»·•]|-)\s")


def headlines(text: Reading) -> list[Candidate[bool]]:
    """Lines that may be the headline; copies of a line count once.

    Their value: whether a headline must be here: a few words right above the story, in the first
    line, below a notice of consent or above the byline.
    """
    page, shares = text.page, text.shares["headline"]
    found = gathered(
        text, "headline", [(False, same) for same in _groups(page, shares, text.start)]
    )
    # Of the story's words, only those of candidates are looked up.
    words = {word for each in found for word in each.line.words}
    told = set().union(*[words.intersection(n.words) for n in text.told])
    for each in found:
        line = each.likeliest
        notice, stated, each.value = _above_story(text, line)
        each.features.update(
            {
                "share of copies": log_odds(sum([shares[n.index] for n in each.lines])),
                "share of the next two": log_odds(sum(shares[line.index + 1 : line.index + 3])),
                "lines": log(1 + len(page.lines)) / 5,
                "prose before": page.share_before(line.index),
                "far above the story": text.start - line.index > FAR,
                "text has a time stamp": 1.0 - text.none["time"],
                "part of another line": len(line.text) >= REPEATED_CHARS
                and page.raw.count(line.text) > len(each.lines),
                "between a notice and the story": notice,
                "above a byline and the story": stated,
                **_wording(each.line, told),
            }
        )
    return rated(text, "headline", found)


def _groups(page: Page, shares: Sequence[float], start: int) -> list[list[LineRecord]]:
    """The candidates, each with its copies: equal lines, also such with the site's name after it.

    Args:
        start: the story's first line; the line above it is a candidate, and so is the first one.
    """
    likely = [page.lines[at] for at, share in enumerate(shares) if share >= LEAST_SHARE]
    likely = sorted(likely, key=lambda n: -shares[n.index])[:MOST_CANDIDATES]
    likely += [page.lines[0], page.lines[max(start - 1, 0)]]
    openings = {n.words[:3] for n in likely if n.words}
    alike = [n for n in page.lines if n.words[:3] in openings]
    named = [n for n in likely if _SITE_NAME.search(n.text)]
    bare = [n for n in alike if any(_has_site_name(line, n.words) for line in named)]
    likely += bare[:MOST_CANDIDATES]
    found: dict[tuple[str, ...], list[LineRecord]] = {}
    for line in likely:
        if line.words:
            found.setdefault(line.words, [line])
    for words, same in found.items():
        same += [
            n
            for n in alike
            if (n.words == words and n is not same[0])
            or (len(n.words) > len(words) and _has_site_name(n, words))
        ]
    return [
        same
        for same in found.values()
        if not (same[0] in named and any(_has_site_name(same[0], words) for words in found))
        # A sentence that is printed twice is a lead, a paragraph of the story; a question is not.
        and not (len(same) > 1 and same[0].prose and not same[0].text.endswith(("?", "!", "？")))
        and sum(map(MENU.__contains__, same[0].words)) < MENU_WORDS
    ]


def _has_site_name(line: LineRecord, words: tuple[str, ...]) -> bool:
    """Whether a line is a headline of these *words* with the site's name after it."""
    return (
        2 < len(words) < len(line.words)
        and line.words[: len(words)] == words
        and _SITE_NAME.search(line.text) is not None
    )


def _above_story(text: Reading, line: LineRecord) -> tuple[bool, bool, bool]:
    """Whether a few words are right above the story: below a notice, above a byline, or either.

    The third holds for the first line of a text, too.
    """
    if not _is_plain(line):
        return False, False, False
    behind = text.page.lines[line.index + 1 : line.index + 1 + AROUND]
    bylines, times = text.shares["byline"], text.shares["time"]
    stated = [n.index for n in behind if bylines[n.index] + times[n.index] >= STATED_SHARE]
    others = (n for n in behind if n.index not in stated and (not n.signs or n.signs & TIMES))
    below = next(others, None)
    if below is None or not below.prose or text.story[below.index] <= 0:
        return False, False, False
    above = text.page.lines[max(line.index - NOTICE_LINES, 0) : line.index]
    notice = any("legal" in n.kinds for n in above)
    dated = line.index + 1 in stated
    return notice, dated, notice or dated or line.index == 0


def _is_plain(line: LineRecord) -> bool:
    """Whether a line is a few words, like a headline and unlike a sentence."""
    few = FEW <= line.word_count <= LONG and not line.text[0].islower()
    ended = line.text.rstrip(CLOSING).endswith((".", "。", ":", ";", ","))
    return few and not (line.prose or line.kinds or line.signs or ended or line.text[0].isdigit())


def _wording(line: LineRecord, told: Collection[str]) -> Features:
    content = [word for word in line.words if len(word) >= CONTENT_CHARS]
    return {
        "few words": line.word_count <= FEW,
        "usual length": line.word_count in USUAL,
        "long": line.word_count > LONG,
        "full stop": line.text.rstrip(CLOSING).endswith("."),
        "words of the story": sum(map(told.__contains__, content)) / max(len(content), 1),
    }
