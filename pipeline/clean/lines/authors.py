"""Lines that may be the byline, and what is seen of them."""

from __future__ import annotations

import re
from math import log

from pipeline.clean.bylines import BYLINE_OPENINGS, byline_names, is_labelled, signature
from pipeline.clean.lines.choices import Candidate, Reading, gathered, rated
from pipeline.clean.lines.days import is_of_another
from pipeline.clean.lines.page import QUOTES, LineRecord
from pipeline.clean.names import GIVEN_NAMES, ROLE, has_given_name, name_key
from pipeline.clean.signs import CLOSING
from pipeline.clean.words import WORDS

LEAST_SHARE, UNKNOWN_SHARE = 0.02, 0.2
"""The tagger's probability from which a line is a candidate; from which it is without a label or
a given name: kickers such as *Road Works* have less."""
SURE_SHARE, NEAR_SHARE, ABOVE = 0.9, 0.15, 2
"""The tagger's probabilities from which a name is a byline even among the paragraphs, and from
which a line is a time stamp next to it; paragraphs above it."""
_LIFE = re.compile(r"[†✝]|\b1[89]\d\d\s?[–—-]\s?(?:19|20)\d\d\b|\b1[89]\d\d\s[–—-]\s.*\b20\d\d\b")
_PRESS = re.compile(rf"(?i)\b(?:{ROLE})\b|\b(?:special|for|updated)\b")
_MAY_LABEL = re.compile("[:：]|기자|[記记]者")
"""What a label has: those in many languages take long to look for."""
SECTIONS = WORDS["sections"]
HEADING = WORDS["byline_noun"] | {"autor"}
HEADING_WORDS, BOX_LINES, LIFE_WORDS, NAME_CHARS = 4, 2, 6, 4
"""Words of the longest heading of a box about the author; lines from it to the name, and from there
to a sentence about the author; words of the shortest such, and letters of the name that it opens
with."""
NAME_WORDS = 8
"""Words of the longest other line that is one if it begins with a given name."""


def bylines(text: Reading) -> list[Candidate[tuple[str, ...]]]:
    """Lines that may be the byline, with the names in it; lines with the same names count once."""
    shares = text.shares["byline"]
    found: dict[tuple[str, ...], tuple[tuple[str, ...], list[LineRecord]]] = {}
    likely = _likely(text)
    labelled = {n.index for n in likely if "byline" in n.signs or is_labelled(n.text)}
    likely = [line for line in likely if line.index in labelled or _may_name(text, line)]
    for line in sorted(likely, key=lambda each: -shares[each.index]):
        names = byline_names(line.text)
        if not names and shares[line.index] >= SURE_SHARE:
            names = signature(line.text)
        if names and (line.index in labelled or _may_sign(text, line, names)):
            found.setdefault(tuple(sorted(map(name_key, names))), (names, []))[1].append(line)
    candidates = gathered(text, "byline", found.values())
    told = "\n".join([n.text for n in text.told])
    given = [any(map(has_given_name, each.value)) for each in candidates]
    for each, known in zip(candidates, given, strict=True):
        line = each.line
        headed, lived = _box(text, line, each.value[0])
        words = [f" {word.casefold()}" for name in each.value for word in name.split()]
        each.features.update(
            {
                "named in the story": any(name in told for name in each.value),
                "words in lower case": not known and any(word in text.page.raw for word in words),
                "neither label nor given name": not (line.index in labelled or known),
                "candidates with a given name": log(1 + sum(given)),
                "heading of a box above": headed,
                "life below": lived,
            }
        )
    return rated(text, "byline", candidates)


def _likely(text: Reading) -> list[LineRecord]:
    """Lines that have some probability, a label, or a given name first, and are not of others."""
    likely = [
        line
        for line, share in zip(text.page.lines, text.shares["byline"], strict=True)
        if share >= LEAST_SHARE
        or "byline" in line.signs
        or (
            line.word_count <= NAME_WORDS
            and not line.prose
            and (
                not GIVEN_NAMES.isdisjoint(line.words[:1])
                or (_MAY_LABEL.search(line.text) and is_labelled(line.text))
            )
        )
    ]
    return [
        line for line in likely if not is_of_another(text, line) or any(_box(text, line, line.text))
    ]


def _box(text: Reading, line: LineRecord, name: str) -> tuple[bool, bool]:
    """Signs of a box about the author: its heading above a line, ``Ann is a reporter`` below it."""
    lines, at = text.page.lines, line.index
    above, below = lines[max(at - BOX_LINES, 0) : at], lines[at + 1 : at + 1 + BOX_LINES]
    names = tuple([f"{word} " for word in name.split() if len(word) >= NAME_CHARS])
    return (
        any(n.word_count <= HEADING_WORDS and not HEADING.isdisjoint(n.words) for n in above),
        any(n.word_count >= LIFE_WORDS and n.text.startswith(names) for n in below),
    )


def _may_sign(text: Reading, line: LineRecord, names: tuple[str, ...]) -> bool:
    """Whether *names* without a label may be the authors, by what they are and where they stand.

    Half of the names above the headline without a given name or a time stamp are sections, and most
    of those on the first line are headlines.
    """
    at, times = line.index, text.shares["time"]
    if _is_caption(text, line, names[0]):
        return False
    if any(map(has_given_name, names)):
        return True
    above = at < min(text.headline, default=0) and max(times[max(at - 1, 0) : at + 2]) < NEAR_SHARE
    section = any(SECTIONS.intersection(name.casefold().split()) for name in names)
    other = at == 0 or above or section
    opened = not BYLINE_OPENINGS.isdisjoint(line.words[:1])
    return text.shares["byline"][at] >= UNKNOWN_SHARE and (opened or not other)


def _is_caption(text: Reading, line: LineRecord, name: str) -> bool:
    """Whether a line names somebody in a picture who is also in the story: ``Ada Lee, baker``.

    The last paragraph may be about the author.
    """
    rest = line.text.partition(name)[2]
    role = rest[:2] == ", " and rest[2:3].islower() and not any(map(str.isdigit, rest))
    role = role and not _PRESS.search(rest) and rest[2:] not in WORDS["byline_agency"]
    return role and any(name in n.text for n in text.told[:-1])


def _may_name(text: Reading, line: LineRecord) -> bool:
    """Whether a line without a label may be the byline by its place: see each case."""
    share, page, at = text.shares["byline"][line.index], text.page, line.index
    above, below = (page.lines[n : n + 1] if n >= 0 else () for n in (at - 1, at + 1))
    # Somebody quoted right above, whose life the line below spans, or who comments.
    quote = above[0].text.strip() if above else ""
    quoted = line.text[0] in "-–—" and quote[:1] in QUOTES and quote[-1:] in CLOSING
    lived = any(_LIFE.search(each.text) for each in (line, *below))
    if quoted or lived or "credit" in line.signs:
        return False
    # A name between paragraphs heads them, or said what is quoted, unless there is a time stamp.
    paragraphs = text.told[:ABOVE]
    after = len(paragraphs) == ABOVE and paragraphs[-1].index < at
    among = after and any(n.prose and text.story[n.index] > 0 for n in below)
    dated = max(text.shares["time"][max(at - 1, 0) : at + 2]) >= NEAR_SHARE
    return share >= SURE_SHARE or dated or not among
