"""The date of publication of a page, by a vote among its sources: ``page_dates``.

A stale template or an import leaves a wrong date in one source; the others then agree on the right
one. Otherwise the order of trust decides. One page in four only prints its date, near the headline:
there a line counts if it contains little else than the date and perhaps a name, because dates in
captions, quotes, other headlines and sentences belong to something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from operator import itemgetter
from typing import NamedTuple

from pipeline.clean.address import day_of_url, possible_days
from pipeline.clean.dates import find_date, is_later, parse_timestamp
from pipeline.clean.html.blocks import H1, HEADING, Blocks
from pipeline.clean.html.markup import Markup
from pipeline.clean.html.stamps import MAX_OTHER_CHARS, is_labelled, stamps
from pipeline.records import Evidence, Timestamp

DATED_NODES = 3
"""Number of JSON-LD nodes whose dates count."""
MAX_PRINTED_CHARS = 60
"""A longer value of a date field is a sentence."""
URL = "url"
"""Source of a day in the page's URL, which counts only if nothing else dates the page."""
SEEN = frozenset({"printed", "time"})
"""Visible sources, which may show the day of the last change."""
VAGUE = frozenset({"meta:date", "meta:dc.date", "meta:dcterms.date"})
"""Names of ``<meta>`` that do not say what is dated: without support by another source, half of
them are wrong, so they only support others."""
STALE = timedelta(days=30)
"""If sources differ by more than this, and most have the day of the last change, that is the day of
publication in only half of the cases."""
EVENING = (21, 22, 23)
"""Hours in UTC when a day begins in Moscow, in Paris in summer, and in Paris in winter."""
AGREED = 3
"""If so many sources have one day, an earlier printed one is of something else."""
LIVE_TIMES = 3
"""If so many different times are in the story, as in a live blog, they are those of its posts."""
NEXT_DAY = 11
"""The hour in UTC from which it is the next day in New Zealand."""
_BASIC_DAY = re.compile(r"^(\d{4})(\d\d)(\d\d)(?=T\d\d:)")
"""The day of ``20240228T10:00:00Z``, which mixes two forms of ISO 8601."""
_CLOCK = re.compile(r"\dT\d")
"""A malformed machine-readable time, whose day may be that in UTC."""


class PageDates(NamedTuple):
    """When a page was published and last changed, and the candidates for each, best first."""

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
    changes += [Evidence("date_modified", each, at) for at, each in markup.first("time:updated")]
    marked = markup.candidates("date_modified", "dateModified", DATED_NODES)
    changed, changes = choose_date(marked + changes, fetched_at)
    stated = [each for each in beside if each.field == "date_published"]
    stated += [Evidence("date_published", each, at) for at, each in markup.first("time")]
    marked = markup.candidates("date_published", "datePublished", DATED_NODES)
    if not any(node["datePublished"] for node in markup.nodes[:DATED_NODES]):
        marked += markup.candidates("date_published", "dateCreated", DATED_NODES)
    days = [_next_day(day) for each in marked if (day := _readable(each, fetched_at))]
    if days and len(set(markup.values["time"])) >= LIVE_TIMES:
        known = [(each, _readable(each, None)) for each in stated]
        stated = [each for each, day in known if day is None or day.day <= max(days)]
    address = day_of_url(url) or _confirmed(url, marked + stated + changes)
    stated += [Evidence("date_published", address.day, URL)] if address else []
    published, stated = choose_date(marked + stated, fetched_at, changed)
    return PageDates(_printed_day(published, address, stated), changed, stated, changes)


def _confirmed(url: str | None, stated: list[Evidence]) -> Timestamp | None:
    """The one of the days that *url* may name which is *stated* too."""
    days = {moment.day for each in stated if (moment := _readable(each, None))}
    found = [day for day in possible_days(url) if day.day in days]
    return found[0] if len(found) == 1 else None


def choose_date(
    candidates: Iterable[Evidence], fetched_at: Timestamp | None, modified: Timestamp | None = None
) -> tuple[Timestamp | None, list[Evidence]]:
    """Choose the day that most sources have, and of these the most trusted one.

    A printed day wins if it is earlier than all others, because markup often has the day of an
    import, unless several sources agree; or if it is the day after a time in UTC, because it is
    the local day.

    Args:
        candidates: in order of trust. JSON-LD, each name of ``<meta>``, microdata, the line next to
            the headline and ``<time>`` have one vote each; the URL counts only without others.
        fetched_at: later dates are ignored.
        modified: visible sources have no vote for this day if metadata has another.

    Returns:
        The date, None if none can be read or metadata contradicts itself; and the candidates,
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
        if item.source == PRINTED and _corrects(moments[n], moments[chosen], best >= AGREED):
            chosen = n
    if modified and _is_change(moments[chosen], modified, dated):
        return None, found
    if _may_be_midnight(moments[chosen]) and all(map(_is_utc, moments)):
        return None, found
    if dated[chosen][0].source in (PRINTED, ABOVE):
        chosen = _with_offset(chosen, moments)
    winner = dated[chosen][0]
    return moments[chosen], sorted(found, key=lambda item: item is not winner)


def _is_change(
    chosen: Timestamp, modified: Timestamp, dated: list[tuple[Evidence, Timestamp]]
) -> bool:
    """Whether *chosen* may only be the day *modified*, because metadata has a much earlier one."""
    before = chosen.instant - STALE
    return chosen.day == modified.day and any(
        moment.instant < before and _place(item.source) not in SEEN for item, moment in dated
    )


def _may_be_midnight(moment: Timestamp) -> bool:
    """Whether a time in UTC may be midnight further east: 23:00:00 is midnight in Paris."""
    clock = moment.instant.time()
    return _is_utc(moment) and clock.hour in EVENING and not (clock.minute or clock.second)


def _with_offset(printed: int, moments: list[Timestamp]) -> int:
    """The index of a moment with an offset on the day of the *printed* one, else *printed*."""
    day, exact = moments[printed].day, (each.offset_min is not None for each in moments)
    same = [n for n, stated in enumerate(exact) if stated and moments[n].day == day]
    return printed if printed in same else next(iter(same), printed)


def _corrects(printed: Timestamp, stated: Timestamp, agreed: bool) -> bool:
    """Whether the day *printed* below the headline takes precedence over the one *stated*.

    If that is *agreed* by several sources, only as the local day of the same time.
    """
    day = stated.day
    if printed.day < day and (not agreed or (_is_utc(stated) and _next_day(printed) == day)):
        return True
    return _may_be_next_day(stated) and printed.day == _next_day(stated)


def _is_utc(moment: Timestamp) -> bool:
    return moment.offset_min == 0 and moment.precision != "day"


def _may_be_next_day(moment: Timestamp) -> bool:
    """Whether a time in UTC is on the next day somewhere further east."""
    return _is_utc(moment) and moment.instant.hour >= NEXT_DAY


def _next_day(moment: Timestamp) -> str:
    return (moment.instant.date() + timedelta(days=1)).isoformat()


def _voters(
    dated: list[tuple[Evidence, Timestamp]], modified: Timestamp | None
) -> list[tuple[Evidence, Timestamp]]:
    """*dated* without unsupported vague sources, and without visible ones that are doubtful.

    Doubtful are the day *modified*, unless metadata has it as the day of publication, and a line
    above the headline if metadata has any date. If nothing else is left, they count. A day of a
    visit never does.
    """
    dated = _not_of_visits(dated, modified)
    clear = {moment.day for item, moment in dated if item.source not in VAGUE}
    dated = [pair for pair in dated if pair[0].source not in VAGUE or pair[1].day in clear]
    addressed = [pair for pair in dated if pair[0].source == URL]
    dated = [pair for pair in dated if pair[0].source != URL]
    marked = [moment for item, moment in dated if _place(item.source) not in SEEN]
    stated = {moment.day for moment in marked}
    known = stated | {_next_day(moment) for moment in marked if _may_be_next_day(moment)}
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


def _not_of_visits(
    dated: list[tuple[Evidence, Timestamp]], modified: Timestamp | None
) -> list[tuple[Evidence, Timestamp]]:
    """*dated* without visible days after that in the URL, or, above the headline, that of a change.

    Those are printed on the day on which the page is fetched.
    """
    day = next((_next_day(moment) for item, moment in dated if item.source == URL), "9999")
    last = dict.fromkeys(SEEN, day)
    last[ABOVE] = min(day, _next_day(modified)) if modified else day
    return [pair for pair in dated if pair[1].day <= last.get(pair[0].source, "9999")]


def _printed_day(
    moment: Timestamp | None, address: Timestamp | None, stated: list[Evidence]
) -> Timestamp | None:
    """Replace a time in UTC by the day in the page's URL (*address*) if that is an adjacent day.

    The URL has the local day, and the local time is unknown. If the page prints the day of the
    time in UTC, according to *stated*, it stays.
    """
    if moment is None or address is None or moment.offset_min or moment.precision == "day":
        return moment
    apart = address.instant.date() - moment.instant.date()
    if abs(apart) != timedelta(days=1):
        return moment
    printed = [_readable(each, None) for each in stated if _place(each.source) in SEEN]
    return moment if any(each and each.day == moment.day for each in printed) else address


def _readable(item: Evidence, fetched_at: Timestamp | None) -> Timestamp | None:
    value = _BASIC_DAY.sub(r"\1-\2-\3", item.value)
    moment = parse_timestamp(value)
    if moment is None and len(value) <= MAX_PRINTED_CHARS and not _CLOCK.search(value):
        printed = find_date(value)
        moment = printed.timestamp if printed else None
    return None if moment and is_later(moment, fetched_at) else moment


def _in_own_offset(moment: Timestamp, dated: list[tuple[Evidence, Timestamp]]) -> Timestamp:
    """*moment* with the offset of another source that has the same instant, to the minute."""
    if moment.offset_min != 0:
        return moment
    minute = moment.instant.replace(second=0)
    same = (m for _, m in dated if m.offset_min and m.instant.replace(second=0) == minute)
    return next(same, moment)


def _place(source: str) -> str:
    """The kind of a source, which has one vote: JSON-LD as a whole, each name of ``<meta>``."""
    return source if source.startswith("meta:") else source.partition(":")[0]


PRINTED, ABOVE, CHANGE = "printed", "printed:above", "printed:updated"
"""Sources of a day printed below the headline; above it, where it may be another story's; and
labelled as the day of a change."""
AFTER, BEFORE = 8, 3
"""A date is sought in so many blocks after and before the headline: byline, summary, picture and
buttons may be between them. Chosen, like all figures here, on the 1,344 dated development pages of
six benchmarks."""
BEFORE_COST = 1.5
"""Factor for the distance of a block before the headline, which may belong to another story."""
LABEL_GAIN = 5
"""Number of blocks by which a line labelled ``published`` counts as nearer."""
HEADLINE_WORDS = 5
"""Minimum words of the headline of another story."""
PROSE_CHARS, MAX_PROSE = 70, 3
"""After so many longer lines (summary, caption, first paragraph), a date belongs to the text."""
MAX_LINE_CHARS = 120
"""A longer line is a paragraph."""
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def date_beside_headline(blocks: Blocks, places: Sequence[int]) -> list[Evidence]:
    """Find the dates printed next to the headline, which is at *places*, see ``headlines``.

    Returns:
        ``date_published``: the nearest date as printed, else the only one on the page with a label
        of publication; ``date_modified``: the nearest with a label of a change. Either may be
        missing.
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
    """(distance, date) of the lines near the block *headline* that print its date."""
    texts = blocks.texts
    # In a list of stories, the next date belongs to the next story, and the previous one may.
    listed = _is_linked_heading(blocks, headline)
    prose = 0
    before = range(max(headline - BEFORE, 0), headline)
    teased = any(heads_another(blocks, n) for n in before)
    first = headline if teased else before.start
    for n in range(first, min(headline + AFTER + 1, len(texts))):
        line = texts[n]
        prose += n > headline and len(line) > PROSE_CHARS
        if prose > MAX_PROSE or (listed and n > headline and _is_linked_heading(blocks, n)):
            break
        if n == headline or len(line) > MAX_LINE_CHARS or blocks.elsewhere(n):
            continue
        if n < headline and blocks.in_masthead(n, headline):
            continue
        labelled = n - 1 not in (-1, headline) and len(texts[n - 1]) <= MAX_OTHER_CHARS
        label = texts[n - 1] if labelled else ""
        for printed, kind in stamps(line, label):
            above = n < headline
            distance = BEFORE_COST * (headline - n) if above else float(n - headline)
            field = "date_modified" if kind == "updated" else "date_published"
            evidence = Evidence(field, printed, ABOVE if above else PRINTED)
            yield distance - LABEL_GAIN * (kind == "published"), evidence


def _is_linked_heading(blocks: Blocks, n: int) -> bool:
    return bool(blocks.near[n] & HEADING) and 2 * blocks.linked[n] > len(blocks.texts[n])


def heads_another(blocks: Blocks, n: int) -> bool:
    """Whether block *n* is a linked headline: no name of a site, day, or deck."""
    text = blocks.texts[n]
    long = len(text.split()) >= HEADLINE_WORDS
    deck = n > 0 and (blocks.near[n - 1] & H1 or _is_linked_heading(blocks, n - 1))
    return long and not deck and _is_linked_heading(blocks, n) and find_date(text) is None


def _labelled(blocks: Blocks) -> list[tuple[float, Evidence]]:
    """The day labelled as that of publication anywhere on the page; empty if there are several."""
    days = {
        printed
        for n, line in enumerate(blocks.texts)
        if len(line) <= MAX_LINE_CHARS and _YEAR.search(line) and not blocks.elsewhere(n)
        for printed, kind in stamps(line, "")
        if kind == "published" and is_labelled(line, printed)
    }
    evidence = [Evidence("date_published", day, PRINTED) for day in days]
    return [(0.0, each) for each in evidence] if len(days) == 1 else []
