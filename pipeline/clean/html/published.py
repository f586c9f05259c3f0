"""When a page was published, by a vote of the places that state a date: ``page_dates``.

A stale template or an import leaves a wrong date in one place; the others then agree on the
right one. Where they do not, the order of trust decides. One page in four dates itself only in
print, near its headline: there only a line that says when, and perhaps by whom, counts, for dates
in captions, quotes, other headlines and sentences belong to something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from operator import itemgetter
from typing import NamedTuple

from pipeline.clean.dates import PrintedDate, find_date, parse_timestamp
from pipeline.clean.html.blocks import ELSEWHERE, HEADING, MENU, Blocks
from pipeline.clean.html.markup import Markup
from pipeline.clean.lines.bylines import kind_of_label
from pipeline.records import Evidence, Timestamp

TOLERANCE = timedelta(days=1)
"""A date may lie this far after the page was fetched: one without offset may run ahead of UTC."""
MAX_PRINTED_CHARS = 60
"""A longer value of a date field is a sentence about something."""
URL = "url"
"""Source of a day in the page's address: it counts only where nothing else dates the page."""
SEEN = frozenset({"printed", "time"})
"""Places that readers see: these may show the day of the last change instead."""
VAGUE = frozenset({"meta:date", "meta:dc.date", "meta:dcterms.date"})
"""Names of ``<meta>`` that do not say what is dated: half of them are wrong where nothing else on
the page has their day, so they only support others."""
STALE = timedelta(days=30)
"""Where places contradict each other by more than this, and most have the day of the last change,
that day is that of publication as often as not."""
EVENING = (21, 22, 23)
"""Hours of UTC at which a day begins in Europe: in Moscow, and in Paris in summer and in winter."""
_BASIC_DAY = re.compile(r"^(\d{4})(\d\d)(\d\d)(?=T\d\d:)")
"""The day of ``20240228T10:00:00Z``, which ISO 8601 would have in one form or the other."""
_CLOCK = re.compile(r"\dT\d")
"""A broken time for machines: half of it would be the day in UTC, which no page prints."""
_URL_DAY = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:/|-|_|$)")


class PageDates(NamedTuple):
    """When a page was published and last changed, and what its places say of each, best first."""

    published: Timestamp | None
    modified: Timestamp | None
    stated: list[Evidence]
    stated_changes: list[Evidence]


def page_dates(
    markup: Markup,
    blocks: Blocks,
    places: Sequence[int],
    url: str | None,
    fetched_at: Timestamp | None,
) -> PageDates:
    """Choose the dates of a page; *places* are the blocks of its headline."""
    beside = date_beside_headline(blocks, places)
    changes = [replace(each, source=CHANGE) for each in beside if each.field == "date_modified"]
    times = markup.updated_times[:1]
    changes += [Evidence("date_modified", each, "time:updated") for each in times]
    changed, changes = choose_date(markup.modified + changes, fetched_at)
    stated = [each for each in beside if each.field == "date_published"]
    stated += [Evidence("date_published", each, "time") for each in markup.times[:1]]
    address = day_of_url(url)
    stated += [Evidence("date_published", address.day, URL)] if address else []
    published, stated = choose_date(markup.published + stated, fetched_at, changed)
    return PageDates(_printed_day(published, address, stated), changed, stated, changes)


def choose_date(
    candidates: Iterable[Evidence],
    fetched_at: Timestamp | None,
    modified: Timestamp | None = None,
) -> tuple[Timestamp | None, list[Evidence]]:
    """Choose the day that most places name, and of these the one trusted most.

    A day printed below the headline that is before all that is the winner: no story is printed
    with a day on which it was not there yet, while markup often gives the day of an import. So is
    the day after a time in UTC: there that is the day of the page.

    Args:
        candidates: dates as found, in order of trust; json-ld, each name of a ``<meta>``,
            itemprop, the line beside the headline and ``<time>`` are places, the address is one
            that only breaks ties.
        fetched_at: dates after it are no dates of this page.
        modified: what people see has no vote for this day, where markup names another.

    Returns:
        The date, None when none can be read or markup contradicts itself; and the candidates,
        the winner first.
    """
    found = list(candidates)
    dated = [(item, moment) for item in found if (moment := _readable(item, fetched_at))]
    dated = _voters(dated, modified)
    if not dated:
        return None, found
    moments = [_in_own_offset(moment, dated) for _, moment in dated]
    places: dict[str, set[str]] = {}
    for (item, _), moment in zip(dated, moments, strict=True):
        places.setdefault(moment.day, set()).add(_place(item.source))
    best = max(len(votes) for votes in places.values())
    chosen = next(n for n, moment in enumerate(moments) if len(places[moment.day]) == best)
    for n, (item, _) in enumerate(dated):
        if item.source == PRINTED and _corrects(moments[n], moments[chosen]):
            chosen = n
    if modified and _is_change(moments[chosen], modified, dated):
        return None, found
    if _may_be_midnight(moments[chosen]) and all(map(_is_utc, moments)):
        return None, found
    if dated[chosen][0].source in (PRINTED, ABOVE):
        chosen = _with_offset(chosen, moments)
    winner = dated[chosen][0]
    rest = [item for item in found if item is not winner]
    return moments[chosen], [winner, *rest]


def _is_change(
    chosen: Timestamp, modified: Timestamp, dated: list[tuple[Evidence, Timestamp]]
) -> bool:
    """Whether *chosen* may be the day *modified* only, for markup has one long before it, too."""
    before = chosen.instant - STALE
    return chosen.day == modified.day and any(
        moment.instant < before and _place(item.source) not in SEEN for item, moment in dated
    )


def _may_be_midnight(moment: Timestamp) -> bool:
    """Whether a time in UTC may be a mere day further east: 23:00:00 is midnight in Paris."""
    clock = moment.instant.time()
    return _is_utc(moment) and clock.hour in EVENING and not (clock.minute or clock.second)


def _with_offset(printed: int, moments: list[Timestamp]) -> int:
    """Choose what states the offset of the *printed* moment too, where something does."""
    day = moments[printed].day
    if moments[printed].offset_min is not None:
        return printed
    exact = (n for n, each in enumerate(moments) if each.offset_min is not None)
    return next((n for n in exact if moments[n].day == day), printed)


def _corrects(printed: Timestamp, stated: Timestamp) -> bool:
    """Whether the day *printed* below the headline is right, and the one *stated* is not."""
    if printed.day < stated.day:
        return True
    return _is_utc(stated) and printed.day == _next_day(stated)


def _is_utc(moment: Timestamp) -> bool:
    return moment.offset_min == 0 and moment.precision != "day"


def _next_day(moment: Timestamp) -> str:
    return (moment.instant.date() + timedelta(days=1)).isoformat()


def _voters(
    dated: list[tuple[Evidence, Timestamp]], modified: Timestamp | None
) -> list[tuple[Evidence, Timestamp]]:
    """*dated* less vague statements, and what people see where it may belong to something else.

    That is the day *modified*, unless markup calls it that of publication, and a line above the
    headline, unless there is nothing else but ``<time>``; as long as something is left.
    """
    clear = {moment.day for item, moment in dated if item.source not in VAGUE}
    dated = [pair for pair in dated if pair[0].source not in VAGUE or pair[1].day in clear]
    addressed = [pair for pair in dated if pair[0].source == URL]
    dated = [pair for pair in dated if pair[0].source != URL]
    marked = [moment for item, moment in dated if _place(item.source) not in SEEN]
    stated = {moment.day for moment in marked}
    known = stated | {_next_day(moment) for moment in marked if _is_utc(moment)}
    changed = modified.day if modified else None
    kept = [
        (item, moment)
        for item, moment in dated
        if _place(item.source) not in SEEN
        or (
            (moment.day in known or moment.day != changed) and not (stated and item.source == ABOVE)
        )
    ]
    return kept or dated or addressed


def _printed_day(
    moment: Timestamp | None, address: Timestamp | None, stated: list[Evidence]
) -> Timestamp | None:
    """Replace a time in UTC by the day in the page's *address* where that is the day beside it.

    The time then belongs to another day than the one the page prints, and its own offset is
    not known: only the day is. Where the page prints the same day, as *stated*, it stays.
    """
    if moment is None or address is None or moment.offset_min or moment.precision == "day":
        return moment
    apart = address.instant.date() - moment.instant.date()
    if abs(apart) != timedelta(days=1):
        return moment
    said = [_readable(each, None) for each in stated if _place(each.source) in SEEN]
    return moment if any(each and each.day == moment.day for each in said) else address


def day_of_url(url: str | None) -> Timestamp | None:
    """Read the day out of an address such as ``/2024/02/28/title``; None where there is none."""
    match = _URL_DAY.search(url or "")
    if match is None:
        return None
    year, month, day_of_month = map(int, match.groups())
    try:
        day = datetime(year, month, day_of_month, tzinfo=timezone.utc)
    except ValueError:
        return None
    return Timestamp(day, None, "day")


def _readable(item: Evidence, fetched_at: Timestamp | None) -> Timestamp | None:
    value = _BASIC_DAY.sub(r"\1-\2-\3", item.value)
    moment = parse_timestamp(value)
    if moment is None and len(value) <= MAX_PRINTED_CHARS and not _CLOCK.search(value):
        printed = find_date(value)
        moment = printed.timestamp if printed else None
    if moment and fetched_at and moment.instant > fetched_at.instant + TOLERANCE:
        return None
    return moment


def _in_own_offset(moment: Timestamp, dated: list[tuple[Evidence, Timestamp]]) -> Timestamp:
    """*moment*, in the offset another place gives the same instant, to the minute."""
    if moment.offset_min != 0:
        return moment
    minute = moment.instant.replace(second=0)
    same = (m for _, m in dated if m.offset_min and m.instant.replace(second=0) == minute)
    return next(same, moment)


def _place(source: str) -> str:
    """What counts as one place: JSON-LD as a whole, each name of a meta element."""
    return source if source.startswith("meta:") else source.partition(":")[0]


PRINTED, ABOVE, CHANGE = "printed", "printed:above", "printed:updated"
"""Sources of a day printed below the headline; above it: that may be another story's; and of one
that is called the day of a change."""
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
_EDITION = frozenset({"issue", "ausgabe", "heft", "edition", "édition", "edición", "edizione"})
"""Words beside the day of a printed magazine."""


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


def _dates_around(blocks: Blocks, headline: int) -> Iterator[tuple[float, Evidence]]:
    """(distance, date) of the lines around the block *headline* that print its date."""
    texts = blocks.texts
    # In a list of stories the next date is the next story's.
    listed = _is_linked_heading(blocks, headline)
    prose = 0
    for n in range(max(headline - BEFORE, 0), min(headline + AFTER + 1, len(texts))):
        line = texts[n]
        elsewhere = blocks.around[n] & ELSEWHERE or blocks.near[n] & MENU
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
    return bool(blocks.near[n] & HEADING) and 2 * blocks.linked[n] > len(blocks.texts[n])


def _labelled(blocks: Blocks) -> list[tuple[float, Evidence]]:
    """The day that lines anywhere on the page call that of publication; nothing for several."""
    days = {
        printed
        for n, line in enumerate(blocks.texts)
        if len(line) <= MAX_LINE_CHARS
        and _YEAR.search(line)
        and not blocks.around[n] & ELSEWHERE
        and not blocks.near[n] & MENU
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
    found: list[tuple[PrintedDate, str]] = []
    start, before = 0, _words(label)
    while (each := find_date(line[start:])) is not None and len(found) < MAX_DATES:
        date = replace(each, start=start + each.start, end=start + each.end)
        found.append((date, kind_of_label(_words(line[start : date.start]) or before)))
        start, before = date.end, frozenset()
    if found and found[-1][1] == "plain" and kind_of_label(_words(line[start:])) == "updated":
        found[-1] = (found[-1][0], "updated")  # 3 May 2021 (updated)
    first: dict[str, PrintedDate] = {}
    for date, kind in found:
        first.setdefault(kind, date)
    if "published" in first or not ("plain" in first and _is_stamp(line, found, first["plain"])):
        first.pop("plain", None)
    kinds = [kind for kind in ("published", "plain", "updated") if kind in first]
    return [(line[first[kind].start : first[kind].end], kind) for kind in kinds]


def _is_stamp(line: str, found: list[tuple[PrintedDate, str]], first: PrintedDate) -> bool:
    """Whether *line* has little else than its dates, and no plain one of another day."""
    other, end = [], 0
    for date, kind in found:
        if kind == "plain" and date.timestamp.instant.date() != first.timestamp.instant.date():
            return False
        other.append(line[end : date.start])
        end = date.end
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
