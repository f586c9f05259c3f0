"""The date and the authors that a page prints beside its headline, for people.

Markup often gives the day of an import or of the last change instead, and one page in four gives
none at all. Only a line that says when, and perhaps by whom, counts: dates in captions, quotes,
other headlines and sentences belong to something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter

from pipeline.clean.dates import find_date
from pipeline.clean.html.blocks import Blocks, mask_with
from pipeline.clean.lines.stamps import PUBLISHED, UPDATED
from pipeline.clean.names import BYLINE_LEAD, name_key, read_byline
from pipeline.records import Evidence

PRINTED, ABOVE = "printed", "printed:above"
"""Sources of a day that stands below the headline, and above it: that may be another story's."""

BEHIND, BEFORE = 8, 3
"""Blocks after and before the headline among which its date is sought: byline, summary, picture
and buttons stand between them. Chosen on the 1,344 dated development pages of six benchmarks, as
are all figures here."""

BEFORE_COST = 1.5
"""A block before the headline counts as this many behind: it may belong to another story."""

LABEL_GAIN = 5
"""Blocks by which a line that says ``published`` is nearer than it stands."""

MAX_LINE_CHARS = 120
"""A longer line is a paragraph."""

MAX_OTHER_CHARS = 40
"""Characters that a line may have beside its date: a label, a name, minutes to read. With 60, the
days of broadcasts and of quotations come in."""

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

_GLUED_DATE = re.compile(r"(?<=(?<!\d)\d{4})(?=\d{1,2}\.\s?[^\W\d])")
"""Between ``28. Juli 2019`` and the same for machines or for a second time."""

_WORD = re.compile(r"[^\W\d_]+")

_SENTENCE = re.compile(r"[^\W\d_]{3,}[.!?…](?:\s|$)")

_UPDATED = UPDATED | {"änderung", "aktualisierung", "lastupdate", "stand", "jour", "until", "bis"}

_HEADING = mask_with("heading")

ELSEWHERE = mask_with("nav", "aside", "footer", "blockquote", "figure", "figcaption")


def date_beside_headline(blocks: Blocks, places: Sequence[int]) -> list[Evidence]:
    """Find the date printed next to the headline.

    Args:
        blocks: of the whole page.
        places: the blocks that are the headline, see ``headlines``.

    Returns:
        The date as it is printed, field ``date_published``; empty when there is none.
    """
    found = [stamp for place in places for stamp in _dates_around(blocks, place)]
    return [min(found, key=itemgetter(0))[1]] if found else []


def headlines(blocks: Blocks, titles: Sequence[str]) -> list[int]:
    """Find the blocks that are the headline: those in heading elements, else all that say the same.

    Args:
        blocks: of the whole page.
        titles: what the headline may be, the likeliest first.
    """
    for title in titles:
        key, limit = name_key(title), 2 * len(title)
        if not key:
            continue
        near = [n for n, flags in enumerate(blocks.near) if flags & _HEADING]
        same = _saying(blocks.texts, near, key, limit)
        same = same or _saying(blocks.texts, range(len(blocks.texts)), key, len(title) + 2)
        if same:
            return same
    return []


def _saying(texts: list[str], places: Sequence[int], key: str, limit: int) -> list[int]:
    low = len(key)
    return [n for n in places if low <= len(texts[n]) <= limit and name_key(texts[n]) == key]


def _dates_around(blocks: Blocks, headline: int) -> Iterator[tuple[float, Evidence]]:
    """(distance, date) of the lines around the block *headline* that print its date."""
    texts = blocks.texts
    for n in range(max(headline - BEFORE, 0), min(headline + BEHIND + 1, len(texts))):
        line = texts[n]
        if n == headline or len(line) > MAX_LINE_CHARS or blocks.around[n] & ELSEWHERE:
            continue
        label = texts[n - 1] if n and len(texts[n - 1]) <= MAX_OTHER_CHARS else ""
        found = _stamp(line, label)
        if found:
            printed, labelled = found
            above = n < headline
            distance = BEFORE_COST * (headline - n) if above else float(n - headline)
            evidence = Evidence("date_published", printed, ABOVE if above else PRINTED)
            yield distance - LABEL_GAIN * labelled, evidence


def _stamp(line: str, label: str) -> tuple[str, bool] | None:
    """The date that *line* says, and whether it is called that of publication.

    None where the line says something else, or the day of a change; *label* is the line before it.
    """
    line = _GLUED_DATE.sub(" ", line)
    printed = find_date(line) if _YEAR.search(line) and "@" not in line else None
    if printed is None:
        return None
    lead, rest = line[: printed.start], line[printed.end :]
    words = _words(lead)
    if not words.isdisjoint(PUBLISHED):
        return line[printed.start : printed.end], True
    if not (words or _words(label)).isdisjoint(_UPDATED):
        return None
    again = find_date(rest)
    if (
        again is not None
        and again.timestamp.instant != printed.timestamp.instant
        and _words(rest[: again.start]).isdisjoint(_UPDATED)
    ):
        return None
    other = lead + (rest[: again.start] if again else rest)
    if len(other) > MAX_OTHER_CHARS or _SENTENCE.search(other) or _YEAR.search(other):
        return None
    return line[printed.start : printed.end], False


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


BYLINE_BEHIND, BYLINE_BEFORE = 8, 2
"""Blocks after and before the headline among which its byline is sought."""

_GLUED_BYLINE = re.compile(r"^((?:written )?by:?|von|par|por)(?=[A-Z])", re.IGNORECASE)

_PARTS = re.compile(r"\s*[|•·⋅∙]\s*|\s+[–—-]+\s+|\s+//?\s+")

_ON = re.compile(r"(?<=\w)\s(?:on|am|le|el|den)\s.*$")


def names_beside_headline(blocks: Blocks, places: Sequence[int]) -> list[Evidence]:
    """Find the byline next to the headline.

    Args:
        blocks: of the whole page.
        places: the blocks that are the headline.

    Returns:
        The names, field ``authors``; empty when there is no line with any.
    """
    for place in places:
        for n in _around(blocks, place):
            names = _names_in(blocks.texts[n])
            if names:
                return [Evidence("authors", "; ".join(names), PRINTED)]
    return []


def _around(blocks: Blocks, headline: int) -> Iterator[int]:
    """The short lines around the block *headline*, those behind it first, the nearest first."""
    behind = range(headline + 1, min(headline + BYLINE_BEHIND + 1, len(blocks.texts)))
    before = range(headline - 1, max(headline - BYLINE_BEFORE, 0) - 1, -1)
    for n in (*behind, *before):
        flags = blocks.around[n] & ELSEWHERE | blocks.near[n] & _HEADING
        if len(blocks.texts[n]) <= MAX_LINE_CHARS and not flags:
            yield n


def _names_in(line: str) -> tuple[str, ...]:
    """The names behind a word such as *by*, wherever a part of *line* begins with one."""
    for part in _PARTS.split(line):
        byline = read_byline(_ON.sub("", BYLINE_LEAD.sub("By ", _GLUED_BYLINE.sub(r"\1 ", part))))
        if byline:
            return byline.names
    return ()
