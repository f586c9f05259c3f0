"""Which line is the headline: a linear model over what is seen of each candidate.

    the tagger's probabilities ─▶ candidates ─▶ FEATURES of each ─▶ probability of each

The tagger is surer of headlines on the pages that it was trained on than on others. This model is
fitted to what it says of pages that it never saw (docs/decisions/0037).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, tanh
from operator import mul
from typing import NamedTuple

from pipeline.clean.lines.observed import CONTENT_CHARS
from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.phrases import PHRASES
from pipeline.clean.lines.signs import CLOSING
from pipeline.clean.lines.tagger import Tags

LEAST_SHARE, MOST_CANDIDATES = 0.01, 12
"""The tagger's probability from which a line is a candidate; such candidates of a text."""
REPEATED_CHARS = 15
"""Characters of the shortest candidate that is looked for within other lines."""
NOTICE_LINES, BELOW, FAR = 6, 4, 20
"""Lines before a headline in which a notice of consent is; lines after it that may be its byline;
lines above the story from which a line is far from it."""
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
FEATURES = (
    "share",
    "share against rivals",
    "share of the next two lines",
    "printed again",
    "part of another line",
    "first line",
    "lines before",
    "lines",
    "prose before",
    "inside the story",
    "far above the story",
    "line before is story",
    "between a notice and the story",
    "above a byline and the story",
    "byline below",
    "time stamp",
    "text has a time stamp",
    "one word",
    "few words",
    "usual length",
    "long",
    "full stop",
    "phrase of boilerplate",
    "no content word",
    "content words of the story",
)
_SITE_NAME = re.compile(r"\s(?:[|–—»·•]|-)\s")
_EPSILON = 0.003


class Candidate(NamedTuple):
    """A line that may be the headline, and how probable that is.

    ``expected``: whether a headline must be here: a few words right above the story, in the first
    line, below a notice of consent or above the byline.
    """

    line: LineRecord
    features: list[float]
    expected: bool
    chance: float = 0.0


@dataclass(frozen=True, eq=False)
class _Text:
    """A page, and what the tagger says of its lines.

    Attributes:
        bylines, times: probability that each line is one.
        story: of each line, from -1 to 1.
        start: the story's first line.
        words: of the story.
    """

    page: Page
    bylines: list[float]
    times: list[float]
    story: list[float]
    start: int
    words: frozenset[str]


def candidates(page: Page, tags: Tags) -> list[Candidate]:
    """Lines that may be the headline, the most probable first; copies of a line count once."""
    *weights, constant = tags.headline.tolist()
    found = seen(page, tags)
    powers = [exp(sum(map(mul, weights, each.features), constant)) for each in found]
    total = 1.0 + sum(powers)
    rated = (
        each._replace(chance=round(power / total, 3))
        for each, power in zip(found, powers, strict=True)
    )
    return sorted(rated, key=lambda each: -each.chance)


def seen(page: Page, tags: Tags) -> list[Candidate]:
    """The candidates of a text with their ``FEATURES``, not yet rated."""
    shares, bylines, times = tags.roles.T.tolist()
    none, _, no_time = tags.none.tolist()
    story = [tanh(value / 4) for value in tags.story.tolist()]
    told = [n for n in page.lines if n.prose and story[n.index] > 0]
    start = next((n.index for n in told if not n.kinds), 0)
    words = frozenset().union(*[n.words for n in told])
    text = _Text(page, bylines, times, story, start, words)
    groups = _groups(page, shares, start)
    masses = [sum([shares[n.index] for n in same]) for same in groups]
    *_, second, best = sorted([0.0, 0.0, *masses])
    found: list[Candidate] = []
    for same, mass in zip(groups, masses, strict=True):
        line = max(same, key=lambda n: (shares[n.index], -n.index))
        rival = second if mass == best else best
        notice, stated, expected = _above_story(text, line)
        features = (
            _log_odds(mass),
            _log_odds(mass / (mass + rival + none + _EPSILON)),
            _log_odds(sum(shares[line.index + 1 : line.index + 3])),
            len(same) > 1,
            len(line.text) >= REPEATED_CHARS and page.raw.count(line.text) > len(same),
            *_place(text, line.index),
            notice,
            stated,
            max(bylines[line.index + 1 : line.index + 1 + BELOW], default=0.0),
            times[line.index],
            1.0 - no_time,
            *_wording(text, same[0]),
        )
        found.append(Candidate(same[0], list(map(float, features)), expected))
    return found


def _groups(page: Page, shares: Sequence[float], start: int) -> list[list[LineRecord]]:
    """The candidates, each with its copies: equal lines, also such with the site's name after it.

    Args:
        start: the story's first line; the line above it is a candidate, and so is the first one.
    """
    likely = [n for n in page.lines if shares[n.index] >= LEAST_SHARE]
    likely = sorted(likely, key=lambda n: -shares[n.index])[:MOST_CANDIDATES]
    likely += [page.lines[0], page.lines[max(start - 1, 0)]]
    named = [n for n in likely if _SITE_NAME.search(n.text)]
    likely += [n for n in page.lines if any(_has_site_name(line, n.words) for line in named)]
    found = {n.words: [n] for n in reversed(likely) if n.words}
    openings = {words[:3] for words in found}
    alike = [n for n in page.lines if n.words[:3] in openings]
    for words, same in found.items():
        first = same[0].index
        same += [n for n in alike if n.index != first and _says(n, words)]
    return [
        same
        for same in found.values()
        if not any(_has_site_name(same[0], words) for words in found)
        # A sentence that is printed twice is a lead, and a paragraph of the story.
        and not (len(same) > 1 and same[0].prose)
        and sum(map(MENU.__contains__, same[0].words)) < MENU_WORDS
    ]


def _says(line: LineRecord, words: tuple[str, ...]) -> bool:
    return line.words == words or _has_site_name(line, words)


def _has_site_name(line: LineRecord, words: tuple[str, ...]) -> bool:
    """Whether a line is a headline of these *words* with the site's name after it."""
    longer = 2 < len(words) < len(line.words) and line.words[: len(words)] == words
    return longer and bool(_SITE_NAME.search(line.text))


def _place(text: _Text, at: int) -> tuple[float, ...]:
    return (
        at == 0,
        log(1 + at) / 4,
        log(1 + len(text.page.lines)) / 5,
        text.page.share_before(at),
        at > text.start,
        text.start - at > FAR,
        text.story[at - 1] if at else 0.0,
    )


def _above_story(text: _Text, line: LineRecord) -> tuple[bool, bool, bool]:
    """Whether a few words are right above the story: below a notice, above a byline, or either.

    For the first line of a text, only the third holds.
    """
    behind = text.page.lines[line.index + 1 : line.index + 1 + BELOW]
    stated = [n for n in behind if text.bylines[n.index] + text.times[n.index] >= STATED_SHARE]
    following = [n for n in behind if n not in stated and (not n.signs or n.signs & TIMES)][:1]
    if not (_is_plain(line) and any(n.prose and text.story[n.index] > 0 for n in following)):
        return False, False, False
    above = text.page.lines[max(line.index - NOTICE_LINES, 0) : line.index]
    notice = any("legal" in n.kinds for n in above)
    dated = bool(stated) and stated[0].index == line.index + 1
    return notice, dated, notice or dated or not line.index


def _is_plain(line: LineRecord) -> bool:
    """Whether a line is a few words, like a headline and unlike a sentence."""
    few = FEW <= line.word_count <= LONG and not line.text[0].islower()
    ended = line.text.rstrip(CLOSING).endswith((".", "。", ":", ";", ","))
    return few and not (line.prose or line.kinds or line.signs or ended or line.text[0].isdigit())


def _wording(text: _Text, line: LineRecord) -> tuple[float, ...]:
    content = [word for word in line.words if len(word) >= CONTENT_CHARS]
    return (
        line.word_count <= 1,
        line.word_count <= FEW,
        line.word_count in USUAL,
        line.word_count > LONG,
        line.text.rstrip(CLOSING).endswith("."),
        bool(line.kinds),
        not content,
        sum(map(text.words.__contains__, content)) / max(len(content), 1),
    )


def _log_odds(share: float) -> float:
    return log((share + _EPSILON) / (1.0 - min(share, 1.0) + _EPSILON))
