"""The date and the authors that a page prints near its headline, for its readers.

Markup often gives the day of an import or of the last change instead, and one page in four gives
none at all. Only a line that says when, and perhaps by whom, counts: dates in captions, quotes,
other headlines and sentences belong to something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter

from pipeline.clean.dates import PrintedDate, find_date
from pipeline.clean.html.blocks import Blocks, mask_with
from pipeline.clean.lines.bylines import PUBLISHED, UPDATED
from pipeline.clean.names import BYLINE_LEAD, name_key, read_byline
from pipeline.records import Evidence

PRINTED, ABOVE = "printed", "printed:above"
"""Sources of a day printed below the headline, and above it: that may be another story's."""
AFTER, BEFORE = 8, 3
"""Blocks after and before the headline among which its date is sought: byline, summary, picture
and buttons may be between them. Chosen on the 1,344 dated development pages of six benchmarks, as
are all figures here."""
BEFORE_COST = 1.5
"""A block before the headline counts as this many after it: it may belong to another story."""
LABEL_GAIN = 5
"""Blocks by which a line that says ``published`` counts as nearer."""
PROSE_CHARS, MAX_PROSE = 70, 3
"""Behind this many longer lines (summary, caption, first paragraph) a date is the story's."""
BELOW_CRUMBS = 3
"""Blocks after the last breadcrumb among which the headline is sought: a kicker may come first."""
MAX_LINE_CHARS = 120
"""A longer line is a paragraph."""
MAX_OTHER_CHARS = 40
"""Characters that a line may have beside its date: a label, a name, minutes to read. With 60, the
days of broadcasts and of quotations come in."""
SENTENCE_WORDS = 4
"""Minimum words next to a date for a line with a full stop to be a sentence."""
MAX_DATES = 4
"""Dates of one line: of publication and of change, each perhaps twice."""
_DIGITS = re.compile(r"\d")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

_GLUED_DATE = re.compile(
    r"(?<=(?<!\d)\d{4})(?=\d{1,2}\.\s?[^\W\d])|(?<=[^\W\d_A-Z])(?=[A-Z][a-z]{2,8}\.?\s\d{1,2},)"
)
"""Between ``28. Juli 2019`` and the same for machines or for a second time, and between a word and
``Dec 30,``."""

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"[^\W\d_]{3,}[.!?…](?:\s|$)")
_UPDATED = UPDATED | {"änderung", "aktualisierung", "lastupdate", "stand", "jour", "until", "bis"}
_EDITION = frozenset({"issue", "ausgabe", "heft", "edition", "édition", "edición", "edizione"})
"""Words beside the day of a printed magazine."""
_HEADING = mask_with("heading")
ELSEWHERE = mask_with("aside", "footer", "blockquote", "figure", "figcaption", "comments")
_MENU = mask_with("nav")
_H1 = mask_with("h1")


def date_beside_headline(blocks: Blocks, places: Sequence[int]) -> list[Evidence]:
    """Find the dates printed next to the headline, which is at *places*, see ``headlines``.

    Returns:
        The nearest date, as it is printed, or the only one on the page that is called that of
        publication, field ``date_published``; and the nearest one that is
        called the day of a change, field ``date_modified``. Either may be missing.
    """
    found = [stamp for place in places for stamp in _dates_around(blocks, place)]
    if not any(each.field == "date_published" for _, each in found):
        found += _labelled(blocks)
    return [
        min(same, key=itemgetter(0))[1]
        for field in ("date_published", "date_modified")
        if (same := [each for each in found if each[1].field == field])
    ]


def headlines(blocks: Blocks, titles: Sequence[str]) -> list[int]:
    """Find the blocks that are the headline: those in heading elements, else all that say the same.

    *titles* are what it may be, the likeliest first.
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


def headlines_below_breadcrumbs(blocks: Blocks, stated: Sequence[str]) -> dict[str, str]:
    """Map each ``<h1>`` in the breadcrumbs, as ``name_key``, to the headline in print below them.

    Such an ``<h1>`` is written for search engines. The headline is a heading that follows, if it
    is among *stated*, the headlines of the page's JSON-LD.
    """
    titles = {name_key(title): title for title in stated}
    crumbs = [n for n, flags in enumerate(blocks.near) if flags & _H1 and _in_menu(blocks, n)]
    return {
        name_key(blocks.texts[n]): titles[key]
        for n in crumbs
        for m in range(n + 1, min(n + 1 + BELOW_CRUMBS, len(blocks.texts)))
        if blocks.near[m] & _HEADING and not _in_menu(blocks, m)
        if (key := name_key(blocks.texts[m])) in titles
    }


def _in_menu(blocks: Blocks, n: int) -> bool:
    return bool((blocks.near[n] | blocks.around[n]) & _MENU)


def _saying(texts: list[str], places: Sequence[int], key: str, limit: int) -> list[int]:
    low = len(key)
    return [n for n in places if low <= len(texts[n]) <= limit and name_key(texts[n]) == key]


def _dates_around(blocks: Blocks, headline: int) -> Iterator[tuple[float, Evidence]]:
    """(distance, date) of the lines around the block *headline* that print its date."""
    texts = blocks.texts
    # In a list of stories the next date is the next story's.
    listed = _is_linked_heading(blocks, headline)
    prose = 0
    for n in range(max(headline - BEFORE, 0), min(headline + AFTER + 1, len(texts))):
        line = texts[n]
        elsewhere = blocks.around[n] & ELSEWHERE or blocks.near[n] & _MENU
        prose += n > headline and len(line) > PROSE_CHARS
        if prose > MAX_PROSE or (listed and n > headline and _is_linked_heading(blocks, n)):
            break
        if n == headline or len(line) > MAX_LINE_CHARS or elsewhere:
            continue
        label = texts[n - 1] if n and len(texts[n - 1]) <= MAX_OTHER_CHARS else ""
        for printed, kind in _stamps(line, label):
            above = n < headline
            distance = BEFORE_COST * (headline - n) if above else float(n - headline)
            field = "date_modified" if kind == "updated" else "date_published"
            evidence = Evidence(field, printed, ABOVE if above else PRINTED)
            yield distance - LABEL_GAIN * (kind == "published"), evidence


def _is_linked_heading(blocks: Blocks, n: int) -> bool:
    return bool(blocks.near[n] & _HEADING) and 2 * blocks.linked[n] > len(blocks.texts[n])


def _labelled(blocks: Blocks) -> list[tuple[float, Evidence]]:
    """The day that lines anywhere on the page call that of publication; nothing for several."""
    days = {
        printed
        for n, line in enumerate(blocks.texts)
        if len(line) <= MAX_LINE_CHARS
        and _YEAR.search(line)
        and not blocks.around[n] & ELSEWHERE
        and not blocks.near[n] & _MENU
        for printed, kind in _stamps(line, "")
        if kind == "published"
    }
    evidence = [Evidence("date_published", day, PRINTED) for day in days]
    return [(0.0, each) for each in evidence] if len(days) == 1 else []


def _stamps(line: str, label: str) -> list[tuple[str, str]]:
    """The dates that *line* says, each with its kind: published, updated or plain.

    Empty where the line says something else; *label* is the line before it. A plain date counts
    only where no other is published, and none is another day.
    """
    line = _GLUED_DATE.sub(" ", line)
    if "@" in line or not _DIGITS.search(line):
        return []
    found: list[tuple[PrintedDate, int, str]] = []
    start, previous = 0, _words(label)
    while (each := find_date(line[start:])) is not None and len(found) < MAX_DATES:
        words = _words(line[start : start + each.start])
        kind = kind_of_label(words or previous)
        found.append((each, start, kind))
        start, previous = start + each.end, frozenset()
    if found and found[-1][2] == "plain" and kind_of_label(_words(line[start:])) == "updated":
        found[-1] = (*found[-1][:2], "updated")  # 3 May 2021 (updated)
    dates = [(line[at + each.start : at + each.end], kind) for each, at, kind in found]
    said = [pair for pair in dates if pair[1] == "published"][:1]
    updated = [pair for pair in dates if pair[1] == "updated"][:1]
    plain = [(each, at) for each, at, kind in found if kind == "plain"]
    if said or not plain or not _is_stamp(line, found, plain[0][0]):
        return said + updated
    return [
        (line[plain[0][1] + plain[0][0].start : plain[0][1] + plain[0][0].end], "plain"),
        *updated,
    ]


def kind_of_label(words: frozenset[str]) -> str:
    """What case-folded *words* before a date call it: published, updated, or plain."""
    if not words.isdisjoint(PUBLISHED):
        return "published"
    return "plain" if words.isdisjoint(_UPDATED) else "updated"


def _is_stamp(line: str, found: list[tuple[PrintedDate, int, str]], first: PrintedDate) -> bool:
    """Whether *line* has little else than its dates, and no plain one of another day."""
    other, end = [], 0
    for each, at, kind in found:
        if kind == "plain" and each.timestamp.instant.date() != first.timestamp.instant.date():
            return False
        other.append(line[end : at + each.start])
        end = at + each.end
        if kind == "updated":
            break
    else:
        other.append(line[end:])
    rest = "".join(other)
    if not _EDITION.isdisjoint(_words(rest)):
        return False
    if line.endswith(".") and len(rest.split()) >= SENTENCE_WORDS:
        return False
    return len(rest) <= MAX_OTHER_CHARS and not _SENTENCE.search(rest) and not _YEAR.search(rest)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


BYLINE_AFTER, BYLINE_BEFORE = 8, 2
"""Blocks after and before the headline among which its byline is sought."""
_GLUED_BYLINE = re.compile(r"(?i)^((?:written )?by:?|von|par|por)(?=[A-Z])")
_PARTS = re.compile(r"\s*[|•·⋅∙]\s*|\s+[–—-]+\s+|\s+//?\s+")

_LABEL = re.compile(
    r"(?i)(?:(?:this (?:post|article|story) was )?(?:written|posted|authored) by:?|guest author:?"
    r"|(?:author|autor(?:in|en|a|es)?|auteur|автор)s?:|interview by:?|text von:?"
    r"|(?:verfasst|geschrieben|erstellt|gespeichert) von:?|escrito por:?|scritto da:?|écrit par:?"
    r"|(?P<by>by)(?= [A-Z][^\W\d_]+ [A-Z][^\W\d_]+$))"
    r"\s*(?=\w)"
)
"""Labels that name the author of a page wherever they stand on it."""

_AFTER = re.compile(
    r"(?i)(?<=\w)(?:\s(?:on|am|le|el|den|at)\s|,\s(?:the |our )?(?:head|director|senior|junior"
    r"|chief|professor|founder|co-founder|projektleiter|gastautor|vice)).*$"
)
"""When, and as what, a labelled author wrote."""

_ON = re.compile(r"(?<=\w)\s(?:on|am|le|el|den)\s.*$")


def names_beside_headline(blocks: Blocks, places: Sequence[int]) -> list[Evidence]:
    """Find the byline next to the headline, which is at *places*.

    Returns:
        The names, field ``authors``, or those of the only label on the page that names an
        author, such as *Written by*; empty when there is no line with any.
    """
    for place in places:
        for n in _around(blocks, place):
            names = _names_in(blocks.texts[n])
            if names:
                return [Evidence("authors", "; ".join(names), PRINTED)]
    found = set(_labelled_names(blocks))
    return [Evidence("authors", "; ".join(names), PRINTED) for names in found if len(found) == 1]


def _labelled_names(blocks: Blocks) -> Iterator[tuple[str, ...]]:
    """The names behind labels; *by* is one only before the first paragraph."""
    in_story = False
    for n, line in enumerate(blocks.texts):
        label = _LABEL.match(line) if len(line) <= MAX_LINE_CHARS else None
        if label and not (blocks.around[n] & ELSEWHERE or blocks.near[n] & _MENU):
            byline = read_byline(f"By {_AFTER.sub('', line[label.end() :])}")
            if byline and not (in_story and label["by"]):
                yield byline.names
        in_story = in_story or len(line) > PROSE_CHARS


def _around(blocks: Blocks, headline: int) -> Iterator[int]:
    """The short lines around the block *headline*, those after it first, the nearest first."""
    after = range(headline + 1, min(headline + BYLINE_AFTER + 1, len(blocks.texts)))
    before = range(headline - 1, max(headline - BYLINE_BEFORE, 0) - 1, -1)
    for n in (*after, *before):
        flags = blocks.around[n] & ELSEWHERE or blocks.near[n] & (_HEADING | _MENU)
        if len(blocks.texts[n]) <= MAX_LINE_CHARS and not flags:
            yield n


def _names_in(line: str) -> tuple[str, ...]:
    """The names after a word such as *by*, wherever a part of *line* begins with one."""
    for part in _PARTS.split(line):
        byline = read_byline(_ON.sub("", BYLINE_LEAD.sub("By ", _GLUED_BYLINE.sub(r"\1 ", part))))
        if byline:
            return byline.names
    return ()
