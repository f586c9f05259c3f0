"""Dates as sites print them for people: ``7:30 JST, May 3, 2021``, ``3. Mai 2021``.

Machine-written dates are read by ``timestamps``. A time counts only with a zone whose offset is
known without doubt; otherwise the day is all that was said. Two readings of one date
(``03/04/2024``) make none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from pipeline.clean.plain.calendar_words import MONTHS, ZONES
from pipeline.records import Timestamp

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Years that a news story may carry; others are model numbers, prices or page counts."""
MAX_CHARS = 400
"""Characters of a line that are looked into."""

_MONTH = r"(?P<month>[^\W\d_]{2,12})"
_YEAR = r"(?P<year>[12]\d{3})"
_SOME_YEAR = re.compile(r"[12]\d{3}")
_DAY = r"(?P<day>\d{1,2})"
_OF = r"(?:(?:de|del|of|di)\s|d[’'])?"
_GAP = r"[\s.,/–-]{0,3}"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # 2024-04-10, 2024/4/10, 2024.04.10
        rf"(?<![\d.]){_YEAR}(?P<sep>[-/.])(?P<month_number>\d{{1,2}})(?P=sep){_DAY}(?![\d-])",
        # 2024年4月10日, 2024년 4월 10일
        rf"(?<!\d){_YEAR}\s?[年년]\s?(?P<month_number>\d{{1,2}})\s?[月월]\s?{_DAY}\s?[日일]",
        # 10. April 2024, 10th of April, 2024, 10 de abril de 2024, 3-May-2021
        rf"(?<![\d.]){_DAY}(?:st|nd|rd|th|er|º|ª|°)?{_GAP}{_OF}{_MONTH}{_GAP}{_OF}{_YEAR}(?!\d)",
        # April 10, 2024, May -03-2021, Apr. 10th 2024
        rf"(?<![^\W\d_]){_MONTH}{_GAP}{_DAY}(?:st|nd|rd|th)?{_GAP}{_YEAR}(?!\d)",
        # 10.04.2024, 10. 4. 2024
        rf"(?<![\d.]){_DAY}\.\s?(?P<month_number>\d{{1,2}})\.\s?{_YEAR}(?!\.?\d)",
        # 31/12/2024, 12/31/2024: only when one of the two can be no month
        rf"(?<![\d/])(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})/{_YEAR}(?![\d/])",
    )
)
_TIME = re.compile(
    r"(?<![\d:.])(?P<hour>[0-2]?\d)(?:[:.h](?P<minute>[0-5]\d))?(?::(?P<second>[0-5]\d))?"
    r"\s?(?P<half>[ap]\.?\s?m\b\.?)?(?![\d:])(?:\s?(?:Uhr|hrs|h\b))?",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    r"[\s(]{0,2}(?:(?:UTC|GMT)\s?)?(?P<sign>[+−-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?\b"
)
_ZONE = re.compile(r"[\s(]{0,2}(?P<zone>[A-Z]{1,5})\b")


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A date found in a line.

    Attributes:
        start, end: characters of the line that hold the day, and the time when there is one.
        timestamp: what they say.
    """

    start: int
    end: int
    timestamp: Timestamp


def find_date(text: str) -> PrintedDate | None:
    """Return the first date that *text* prints, with the time beside it; None without a date.

    >>> find_date("7:30 JST, May 3, 2021").timestamp.isoformat()
    '2021-05-03T07:30:00+09:00'
    >>> find_date("May 3, 2021, 7:30 local time").timestamp.isoformat()
    '2021-05-03'
    """
    text = text[:MAX_CHARS]
    if not _SOME_YEAR.search(text):
        return None
    found: tuple[int, int, date] | None = None
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            day = _day(match)
            if day and (found is None or match.start() < found[0]):
                found = (match.start(), match.end(), day)
    if found is None:
        return None
    start, end, day = found
    clock = _clock(text, start, end)
    midnight = datetime.combine(day, time(), timezone.utc)
    if clock is None:
        return PrintedDate(start, end, Timestamp(midnight, None, "day"))
    moment, start, end, offset = clock
    if offset is None:
        return PrintedDate(start, end, Timestamp(midnight, None, "day"))
    local = midnight + timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)
    precision = "second" if moment.second else "minute"
    instant = local - timedelta(minutes=_minutes(offset, local))
    return PrintedDate(
        start,
        end,
        Timestamp(instant, _minutes(offset, local), precision),  # type: ignore[arg-type]
    )


def _day(match: re.Match[str]) -> date | None:
    """The day that a pattern matched, when the calendar has it and it has one reading."""
    groups = match.groupdict()
    year = int(groups["year"])
    if "first" in groups:
        first, second = int(groups["first"]), int(groups["second"])
        if first != second and first <= 12 and second <= 12:
            return None
        day, month = (first, second) if second <= 12 else (second, first)
    else:
        day = int(groups["day"])
        number = groups.get("month_number")
        month = int(number) if number else MONTHS.get(groups["month"].casefold(), 0)
    if not (FIRST_YEAR <= year < LAST_YEAR and 1 <= month <= 12):
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(text: str, start: int, end: int) -> tuple[time, int, int, int | str | None] | None:
    """The time printed beside the day at [start, end): it, the widened span, and its zone."""
    for match in _TIME.finditer(text):
        if not (match["minute"] or match["half"]) or start <= match.start() < end:
            continue
        near = 0 <= match.start() - end <= 20 or 0 <= start - match.end() <= 20
        moment = _moment(match) if near else None
        if moment is None:
            continue
        offset, zone_end = _zone(text, match.end())
        return moment, min(start, match.start()), max(end, zone_end), offset
    return None


def _moment(match: re.Match[str]) -> time | None:
    """The time of day that was matched, if there is such a time."""
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
    if hour > 23:
        return None
    return time(hour, int(match["minute"] or 0), int(match["second"] or 0))


def _zone(text: str, position: int) -> tuple[int | str | None, int]:
    """The zone printed at *position*, as in ``ZONES``, or None; and where it ends."""
    match = _OFFSET.match(text, position)
    if match:
        hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
        if hours <= 14 and minutes < 60:
            sign = 1 if match["sign"] == "+" else -1
            return sign * (60 * hours + minutes), match.end()
    match = _ZONE.match(text, position)
    if match and match["zone"] in ZONES:
        return ZONES[match["zone"]], match.end()
    return None, position


def _minutes(offset: int | str, local: datetime) -> int:
    """Minutes east of UTC; zones such as ET follow the summer time of the United States."""
    if isinstance(offset, int):
        return offset
    begin = _sunday(local.year, 3, 2)
    end = _sunday(local.year, 11, 1)
    return int(offset) + (60 if begin <= local.date() < end else 0)


def _sunday(year: int, month: int, which: int) -> date:
    """The first or second Sunday of a month: when clocks change in the United States since 2007."""
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))
