"""Dates written by machines: markup, headers, database exports.

A date is read only when every part of it is printed and its order is beyond doubt;
nothing is filled in from today, and ``03/04/2024`` is not read at all.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from pipeline.records import Precision, Timestamp

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Years outside are typing errors and placeholders such as 0001 and 9999."""

EPOCH_SECONDS = range(1_000_000_000, 1_900_000_000)
"""Bare ten-digit numbers that are seconds since 1970: 2001-09 to 2030-03.

Larger ones would also read as a year, month, day and hour in one word.
"""

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}

ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0,
    "est": -300, "edt": -240, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
    "cet": 60, "cest": 120, "eet": 120, "eest": 180, "jst": 540,
}  # fmt: skip
"""Zone letters and their minutes east of UTC: those of RFC 2822, and a few with one meaning only.

CST, IST and BST name several zones: a time with such letters has no known offset.
"""

_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"(?:\s?(?P<half>[ap])\.?m\.?(?![a-z]))?"
)
_ZONE = (
    r"(?:\s*(?:(?:gmt|utc)?(?P<sign>[+\-−])(?P<zh>\d{2}):?(?P<zm>\d{2})?|(?P<zone>[a-z]{1,5}))"
    r"(?:\s*[(\[][\w\s/+:-]*[)\]])?)?"
)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_TIME = rf"(?:(?:\s*,)?(?:\s+at)?\s+{_CLOCK}{_ZONE})?"
_MONTH = r"(?P<name>[a-z]{3,9})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"

_SHAPES = tuple(
    re.compile("^" + shape, re.IGNORECASE | re.ASCII)
    for shape in (
        # 2024-02-28T10:00:00+01:00, 2024/02/28 10:00
        (
            rf"(?P<year>\d{{4}})(?P<sep>[-/.])(?P<month>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}})"
            rf"(?:(?:\s*t\s*|,?\s+){_CLOCK}{_ZONE})?"
        ),
        # 20240228, 20240228T100000Z, 20240228100000
        (
            r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
            rf"(?:t?(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?{_ZONE})?"
        ),
        # Wed, 28 Feb 2024 10:00:00 +0100; 28 February 2024
        rf"{_WEEKDAY}{_DAY}[\s-]{_MONTH},?[\s-](?P<year>\d{{4}}){_TIME}",
        # February 28, 2024, 10:00 AM; Wed Feb 28 2024 10:00:00 GMT+0100 (CET)
        rf"{_WEEKDAY}{_MONTH}\s{_DAY},?\s(?P<year>\d{{4}}){_TIME}",
        # Wed Feb 28 10:00:00 CET 2024
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+{_CLOCK}{_ZONE}\s+(?P<year>\d{{4}})",
        # 28/02/2024, 02/28/2024 10:00: only where one of the numbers can be no month
        rf"(?P<one>\d{{1,2}})(?P<sep>[-/.])(?P<two>\d{{1,2}})(?P=sep)(?P<year>\d{{4}}){_TIME}",
    )
)


def parse_timestamp(text: str) -> Timestamp | None:
    """Read a machine-written date, keeping the offset and the precision it states.

    Understood: ISO 8601 with its usual liberties, RFC 2822, the dates of JavaScript and C,
    English month names, numbers in an order beyond doubt, seconds (ten digits) and
    milliseconds (thirteen) since 1970.

    Returns:
        The time to the second, fractions dropped; None for anything else, for an
        ambiguous order, a date that does not exist, and years outside 1900-2100.

    >>> parse_timestamp("2024-02-28 10:00:00+01:00").isoformat()
    '2024-02-28T10:00:00+01:00'
    >>> parse_timestamp("03/04/2024") is None
    True
    """
    text = " ".join(text[:100].split())
    if text.isascii() and text.isdigit() and len(text) in {10, 13}:
        return _from_epoch(int(text[:10]))
    for shape in _SHAPES:
        match = shape.fullmatch(text)
        if match is not None:
            return _from_parts(match.groupdict())
    return None


def _from_epoch(seconds: int) -> Timestamp | None:
    if seconds not in EPOCH_SECONDS:
        return None
    return Timestamp(datetime.fromtimestamp(seconds, tz=timezone.utc), 0, "second")


def _from_parts(parts: dict[str, str | None]) -> Timestamp | None:
    month_and_day = _month_and_day(parts)
    year = int(parts["year"] or 0)
    if month_and_day is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    hour = _hour(parts)
    minute, second = int(parts.get("minute") or 0), int(parts.get("second") or 0)
    try:
        wall = datetime(year, *month_and_day, hour, minute, min(second, 59), tzinfo=timezone.utc)
    except ValueError:  # 30 February, 25 o'clock
        return None
    if second > 60:  # 60 is a leap second
        return None
    if parts.get("hour") is None:
        return Timestamp(wall, None, "day")
    precision: Precision = "second" if parts.get("second") else "minute"
    offset = _offset_min(parts)
    return Timestamp(wall - timedelta(minutes=offset or 0), offset, precision)


def _month_and_day(parts: dict[str, str | None]) -> tuple[int, int] | None:
    """Month and day, or None when the name is no month or the order is in doubt."""
    if parts.get("name"):
        month = MONTHS.get((parts["name"] or "").lower())
        return None if month is None else (month, int(parts["day"] or 0))
    if parts.get("one"):
        one, two = int(parts["one"] or 0), int(parts["two"] or 0)
        if one > 12 or one == two:
            return two, one
        return (one, two) if two > 12 else None
    return int(parts["month"] or 0), int(parts["day"] or 0)


def _hour(parts: dict[str, str | None]) -> int:
    """Hour of the day; 99, which no day has, for thirteen o'clock in the afternoon."""
    hour, half = int(parts.get("hour") or 0), (parts.get("half") or "").lower()
    if not half:
        return hour
    if not 1 <= hour <= 12:
        return 99
    return hour % 12 + (12 if half == "p" else 0)


def _offset_min(parts: dict[str, str | None]) -> int | None:
    """Minutes east of UTC, or None when the time names no zone, or one that is not known."""
    if parts.get("sign"):
        minutes = int(parts["zh"] or 0) * 60 + int(parts["zm"] or 0)
        # The world's offsets end at UTC+14.
        return None if minutes > 14 * 60 else (minutes if parts["sign"] == "+" else -minutes)
    return ZONES.get((parts.get("zone") or "").lower())
