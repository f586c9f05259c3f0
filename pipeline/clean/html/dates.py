"""When a page was published: a vote among the places that date it.

A stale template or an import leaves a wrong date in one place; the others then agree on the
right one. Where they do not, the order of trust decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from pipeline.clean.timestamps import parse_timestamp
from pipeline.records import Evidence, Timestamp

TOLERANCE = timedelta(days=1)
"""A date may lie this far after the page was fetched: one without offset may run ahead of UTC."""

_URL_DAY = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:/|-|_|$)")


def choose_date(
    candidates: Iterable[Evidence], fetched_at: Timestamp | None
) -> tuple[Timestamp | None, list[Evidence]]:
    """Choose the day that most places name, and of these the one trusted most.

    Args:
        candidates: dates as found, in order of trust; json-ld, each name of a ``<meta>``,
            itemprop and ``<time>`` are places, the address is one that only breaks ties.
        fetched_at: dates after it are no dates of this page.

    Returns:
        The date, None when none can be read; and the candidates, the winner first.
    """
    found = list(candidates)
    dated = [(item, moment) for item in found if (moment := _readable(item, fetched_at))]
    if not dated:
        return None, found
    moments = [_in_own_offset(moment, dated) for _, moment in dated]
    places: dict[str, set[str]] = {}
    for (item, _), moment in zip(dated, moments, strict=True):
        places.setdefault(_day(moment), set()).add(_place(item.source))
    best = max(len(votes) for votes in places.values())
    chosen = next(n for n, moment in enumerate(moments) if len(places[_day(moment)]) == best)
    winner = dated[chosen][0]
    rest = [item for item in found if item is not winner]
    return moments[chosen], [winner, *rest]


def printed_day(moment: Timestamp | None, url: str | None) -> Timestamp | None:
    """Replace a time in UTC by the day in the page's address where that is the day beside it.

    The time then belongs to another day than the one the page prints, and its own offset is
    not known: only the day is.
    """
    day = day_of_url(url)
    if moment is None or day is None or moment.offset_min or moment.precision == "day":
        return moment
    apart = day.instant.date() - moment.instant.date()
    return day if abs(apart) == timedelta(days=1) else moment


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
    moment = parse_timestamp(item.value)
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


def _day(moment: Timestamp) -> str:
    return moment.isoformat()[:10]


def _place(source: str) -> str:
    """What counts as one place: JSON-LD as a whole, each name of a meta element."""
    return source if source.startswith("meta:") else source.partition(":")[0]
