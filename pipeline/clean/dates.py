"""Parse machine-written dates and find printed ones.

``parse_timestamp`` reads a whole string (markup, headers, database exports); ``find_date`` finds a
date in a printed line. Both use the same tables and rules. Nothing is guessed:

- Numbers with slashes or hyphens, year last, are read only if they are equal, if one of them cannot
  be a month, if the weekday before them tells, or if the order of the text is known: ``03/04/2024``
  alone is no date. Numbers with dots have the day first: ``3.4.2024`` is 3 April.
- Years are 1900 to 2100. Thai dates use the Buddhist era, Persian ones the solar Hijri calendar,
  those of Japan and Taiwan their eras.
- The zero of a clock (1 January 1970, 1 January 1900) is a placeholder, not a date.
- A time without a zone, or with an ambiguous one (CST: Chicago, Shanghai; IST: Dublin, Mumbai,
  Jerusalem), keeps its hour and has no offset.
- BST is British Summer Time: Bangladesh prints BdST. ET, CT, MT and PT follow the summer time of
  the United States. EST and the like are American, as in RFC 2822.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from operator import itemgetter
from typing import Literal

from pipeline.clean.words import TABLES
from pipeline.records import Precision, Timestamp

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Other years are typing errors and placeholders such as 0001 and 9999."""
TOLERANCE = timedelta(days=1)
"""How far a date may be after the time of fetching: without an offset it may be ahead of UTC."""
PLACEHOLDERS = frozenset({date(1970, 1, 1), date(1969, 12, 31), date(1900, 1, 1)})
"""Zero of a clock: Unix, also west of Greenwich; spreadsheets and databases."""
EPOCH_SECONDS = range(1_000_000_000, 1_900_000_000)
"""Ten-digit numbers that are seconds since 1970 (2001-09 to 2030-03); larger ones may be a year,
month, day and hour."""
BUDDHIST_YEARS, BUDDHIST_OFFSET = range(2443, 2644), 543
"""Years of the Thai calendar, and their difference from Gregorian ones."""
PERSIAN_YEARS = range(1340, 1411)
"""Years of the solar Hijri calendar: 1961 to 2031. The lunar one reached 1415 in 1995."""
ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
"""Name of an era → the year before its first."""


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


MONTHS: dict[str, int] = {
    _folded(name): number
    for number, names in enumerate(TABLES["months"], 1)
    for name in names.split()
}
"""Name of a month, long or short → its number."""
WEEKDAYS: dict[str, int] = {
    _folded(name): number
    for number, names in enumerate(TABLES["weekdays"])
    for name in names.split()
}
"""Name of a weekday, long or short → its number, from Monday as 0."""
AFTER_DOT = {"lip": 6, "listopada": 10}
"""Croatian names of other months than in Polish, which has no dot after the day: *10. listopada* is
in October, *10 listopada* and *10. listopada 2021 r.* in November."""
PERSIAN_MONTHS = {name: n for n, name in enumerate(TABLES["persian_months"].split(), 1)}

ZONES: dict[str, int | str] = {
    "UTC": 0, "UT": 0, "GMT": 0, "Z": 0, "WET": 0, "BST": 60, "CET": 60, "MEZ": 60, "CEST": 120,
    "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "PKT": 300, "WIB": 420, "SGT": 480,
    "HKT": 480, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
    "EST": -300, "EDT": -240, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
    "AKST": -540, "AKDT": -480, "HST": -600, "ET": "-300", "CT": "-360", "MT": "-420",
    "PT": "-480",
}  # fmt: skip
"""Zone → minutes east of UTC; as a string if the summer time of the United States is added."""
Order = Literal["day", "month"]
"""Which number of ``03/04/2024`` comes first."""
MAX_CHARS = 400
"""Characters of a line that are searched for a date."""
_HALF = r"(?:\s?(?P<half>[apAP])\.?\s?[mM]\b\.?)"
_CLOCK = (
    r"(?P<hour>[0-2]?\d)(?:\s?[:.hH時시点點]\s?(?P<minute>[0-5]\d)[分분]?"
    r"(?::(?P<second>[0-5]\d|60)(?:[.,]\d{1,9})?)?)?" + _HALF + "?"
)
_OFFSET = r"(?P<sign>[+−-])(?P<zone_hours>\d{1,2}?)(?::?(?P<zone_minutes>\d{2}))?(?!\d)"
_GO_ZONE = r"(?:\s(?-i:[A-Z]{2,5}|[+-]\d{2,4})(?:\sm=[+-]\d+\.\d+)?)?"
"""What Go prints after an offset: a name for it, and how long the program has run."""
_STRICT_ZONE = (
    rf"(?:\s*(?:(?:gmt|utc)?\s?{_OFFSET}{_GO_ZONE}|(?P<zone>[a-z]{{1,5}}))"
    r"(?:\s*[(\[][\w\s/+:-]*[)\]])?)?"
)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_BEFORE = re.compile(
    r"(?:(?<![^\W\d_])(?P<long>[^\W\d_]{4,16})(?:-feira)?|(?:\A|[\n|·•,:(\[])\s{0,2}(?P<short>[^\W\d_]{3}))"
    r"[.,،:]{0,2}[^\S\n]{0,2}[(–-]?[^\S\n]{0,2}\Z"
)
"""A word before a date, which may be its weekday; a short one may be part of a name, unless it
comes first."""
_STRICT_TIME = rf"(?:(?:\s*,)?(?:\s+at)?\s+{_CLOCK}{_STRICT_ZONE})?"
_STRICT_MONTH = r"(?P<name>[a-z]{3,9})\.?"
_STRICT_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"

_SHAPES = tuple(
    re.compile("^" + shape, re.IGNORECASE | re.ASCII)
    for shape in (
        # 2024-02-28T10:00:00+01:00, 2024/02/28 10:00
        (
            r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})"
            rf"(?:(?:\s*t\s*|,?\s+){_CLOCK}{_STRICT_ZONE})?"
        ),
        # 20240228, 20240228T100000Z, 20240228100000
        (
            r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
            rf"(?:t?(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?{_STRICT_ZONE})?"
        ),
        # Wed, 28 Feb 2024 10:00:00 +0100; 28 February 2024
        rf"{_WEEKDAY}{_STRICT_DAY}[\s-]{_STRICT_MONTH},?[\s-](?P<year>\d{{4}}){_STRICT_TIME}",
        # February 28, 2024, 10:00 AM; Wed Feb 28 2024 10:00:00 GMT+0100 (CET)
        rf"{_WEEKDAY}{_STRICT_MONTH}\s{_STRICT_DAY},?\s(?P<year>\d{{4}}){_STRICT_TIME}",
        # Wed Feb 28 10:00:00 CET 2024
        rf"{_WEEKDAY}{_STRICT_MONTH}\s+{_STRICT_DAY}\s+{_CLOCK}{_STRICT_ZONE}\s+(?P<year>\d{{4}})",
        # 28/02/2024, 02/28/2024 10:00, 28.2.2024
        rf"(?P<one>\d{{1,2}})(?P<sep>[-/.])(?P<two>\d{{1,2}})(?P=sep)(?P<year>\d{{4}}){_STRICT_TIME}",
    )
)
_EPOCH = re.compile(r"(\d{10})(?:\d{3}|\d{6}|\d{9})?(?:\.\d{1,9})?", re.ASCII)
_DAY_END = re.compile(
    r"(?<=[\dt ])24(?=:00(?::00(?:\.0{1,9})?)?(?![\d:.]))", re.IGNORECASE | re.ASCII
)


def parse_timestamp(text: str) -> Timestamp | None:
    """Parse a machine-written date, with its offset and precision.

    Formats: ISO 8601 and common variants, RFC 2822, dates of JavaScript and C, month names, numbers
    in an unambiguous order, dates of Go; seconds (ten digits, also with a fraction), milli-, micro-
    and nanoseconds (13, 16 and 19) since 1970. 24:00 is the end of its day.

    Returns:
        The time to the second, fractions dropped; None for anything else, ambiguous dates, dates
        that do not exist, placeholders, and years outside 1900-2100.

    >>> parse_timestamp("2024-02-28 10:00:00+01:00").isoformat()
    '2024-02-28T10:00:00+01:00'
    >>> parse_timestamp("03/04/2024") is None
    True
    """
    text = " ".join(text[:100].split())
    epoch = _EPOCH.fullmatch(text)
    if epoch:
        seconds = int(epoch[1])
        moment = datetime.fromtimestamp(seconds, tz=timezone.utc)
        return Timestamp(moment, 0, "second") if seconds in EPOCH_SECONDS else None
    text, ends = _DAY_END.subn("00", text)
    match = next(filter(None, (shape.fullmatch(text) for shape in _SHAPES)), None)
    day = _day(match) if match else None
    if not (match and day and ends < 2):
        return None
    return _timestamp(day + timedelta(days=ends), match.groupdict())


def is_later(moment: Timestamp, fetched_at: Timestamp | None) -> bool:
    """Whether *moment* is after a page was fetched, and so not that of its publication."""
    return fetched_at is not None and moment.instant > fetched_at.instant + TOLERANCE


def _day(match: re.Match[str], order: Order | None = None) -> date | None:
    """The day that a pattern matched; None if it does not exist or is ambiguous.

    Args:
        order: which of two numbers comes first, if neither they nor a weekday before them tell.
    """
    parts = match.groupdict()
    year, day = _number(parts, "year"), _number(parts, "day")
    name = _folded(parts.get("name") or "")
    if parts.get("short"):
        year = 2000 + _number(parts, "short")
    elif parts.get("era"):
        year += ERAS[parts["era"] or ""]
    elif year in BUDDHIST_YEARS:
        year -= BUDDHIST_OFFSET
    elif year in PERSIAN_YEARS:
        return _persian_day(year, _number(parts, "month") or PERSIAN_MONTHS.get(name, 0), day)
    month = MONTHS.get(name, 0) if name else _number(parts, "month")
    dotted = name in AFTER_DOT and match.string.startswith(".", match.end("day"))
    if dotted and not match.string.startswith(" r.", match.end("year")):
        month = AFTER_DOT[name]
    readings = [(month, day)]
    if parts.get("one"):
        one, two = _number(parts, "one"), _number(parts, "two")
        certain = parts.get("sep") == "." or one == two or year != int(parts["year"] or 0)
        readings = [(two, one), (one, two)][: 1 if certain else 2]
    start, weekday = match.start(), None
    if len(readings) > 1 and (
        word := _BEFORE.search(match.string, max(start - NEAR_CHARS, 0), start)
    ):
        weekday = WEEKDAYS.get(_folded(word["long"] or word["short"]))
    possible: list[date] = []
    for month, day in readings:
        # 30 February does not exist.
        with suppress(ValueError):
            possible.append(date(year, month, day))
    if not FIRST_YEAR <= year <= LAST_YEAR or not PLACEHOLDERS.isdisjoint(possible):
        return None
    if len(possible) > 1 and weekday is not None:
        possible = [each for each in possible if each.weekday() == weekday]
    elif len(possible) > 1:
        return possible[order == "month"] if order else None
    return possible[0] if possible else None


def _number(parts: Mapping[str, str | None], name: str) -> int:
    """A number of a match; 0 if it is missing, 1 for the first year of an era."""
    digits = parts.get(name) or "0"
    return 1 if digits == "元" else int(digits)


def _persian_day(year: int, month: int, day: int) -> date | None:
    """The Gregorian date of one in the solar Hijri calendar, by its cycle of 33 years."""
    last = 31 if month <= 6 else 30
    if not (1 <= month <= 12 and 1 <= day <= last):
        return None
    since = year - 979
    days = 365 * since + since // 33 * 8 + (since % 33 + 3) // 4
    days += 31 * (month - 1) - max(month - 7, 0) + day - 1
    return date(1600, 1, 1) + timedelta(days=days + 79)


def _timestamp(day: date, parts: Mapping[str, str | None]) -> Timestamp | None:
    """The time on *day* given by the *parts* of a match; None if there is no such time."""
    if parts.get("hour") is None:
        return _midnight(day)
    hour, half = _number(parts, "hour"), (parts.get("half") or "").lower()
    minute, second = _number(parts, "minute"), min(_number(parts, "second"), 59)  # 60: leap second
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59 or (parts.get("minute") is None and not half):
        return None
    local = _midnight(day).instant + timedelta(hours=hour, minutes=minute, seconds=second)
    offset = _offset(parts, day)
    precision: Precision = "second" if parts.get("second") else "minute"
    return Timestamp(local - timedelta(minutes=offset or 0), offset, precision)


def _midnight(day: date) -> Timestamp:
    return Timestamp(datetime.combine(day, time(), timezone.utc), None, "day")


def _offset(parts: Mapping[str, str | None], day: date) -> int | None:
    """Minutes east of UTC; None if there is no zone or an unknown one."""
    if parts.get("sign"):
        minutes = 60 * _number(parts, "zone_hours") + _number(parts, "zone_minutes")
        # The world's offsets end at UTC+14.
        return None if minutes > 14 * 60 else (minutes if parts["sign"] == "+" else -minutes)
    offset = ZONES.get((parts.get("zone") or "").upper())
    if isinstance(offset, str):
        # Since 2007, from the second Sunday in March to the first in November.
        march, november = date(day.year, 3, 8), date(day.year, 11, 1)
        start, end = (d + timedelta(days=6 - d.weekday()) for d in (march, november))
        return int(offset) + 60 * (start <= day < end)
    return offset


def _any_of(names: Mapping[str, object]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


# \w does not match the vowel signs of Indic scripts and Thai, so such names are listed.
_MARKED = {name: number for name, number in MONTHS.items() if not name.isalpha()}
_MONTH = (
    r"(?P<name>[^\W\d_](?:[^\W\d_A-Z]{1,11}|[^\W\d_a-z]{1,11})"
    rf"|(?=[^\x00-\x7f])(?:{_any_of(_MARKED)}))"
)
_YEAR = r"(?P<year>[12]\d{3})"
_END = r"(?!\d{1,2}(?!\d|:[0-5]\d)|\d{3}|:[0-5]\d)"
"""A year is not followed by more digits, except those of a time without a space before it."""
_GLUED_END = rf"(?:{_END}|(?=\d{{1,2}}\.?\s[^\W\d_]))"
"""After the name of a month, also by those of a count or day: ``May 3, 20212 comments``."""
_GLUED_START = r"(?:(?<![^\W\d_])|(?<=[a-zß-ÿ])(?=[A-Z]))"
"""A month begins a word, or a capital of its own: ``Ann LeeMay 3, 2021``."""
_SOME_YEAR = re.compile(r"[12]\d{3}")
_SHORT_DAY = re.compile(r"\d\.\d{1,2}\.\d\d")
_NUMBER = re.compile(r"\d+")
_DAY = r"(?P<day>\d{1,2})"
_OF = r"(?:(?:de|del|of|di|ماه)\s|d[’'])?"
_GAP = r"[\s.,،/–-]{0,3}"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # 2024-04-10, 2024/4/10, 2024.04.10, 2024. 4. 10.
        rf"(?<![\d.]){_YEAR}(?P<sep>[-/]|\.\s?)(?P<month>\d{{1,2}})(?P=sep){_DAY}(?![\d-])",
        # 2024年4月10日, 2024년 4월 10일
        rf"(?<!\d){_YEAR}\s?[年년]\s?(?P<month>\d{{1,2}})\s?[月월]\s?{_DAY}\s?[日일号號]",
        # 令和6年3月7日
        (
            rf"(?P<era>{_any_of(ERAS)})\s?(?P<year>\d{{1,3}}|元)\s?年\s?(?P<month>\d{{1,2}})\s?月"
            rf"\s?{_DAY}\s?日"
        ),
        # 10. April 2024, 10th of April, 2024, 10 de abril de 2024, 3-May-2021
        (
            rf"(?<![\d.]){_DAY}(?:st|nd|rd|th|er|º|ª|°)?{_GAP}{_OF}{_MONTH}{_GAP}{_OF}"
            rf"(?:พ\.ศ\.\s)?{_YEAR}{_GLUED_END}"
        ),
        # April 10, 2024, May -03-2021, Apr. 10th 2024
        rf"{_GLUED_START}{_MONTH}{_GAP}{_DAY}(?!\d)(?:st|nd|rd|th)?{_GAP}{_YEAR}{_GLUED_END}",
        # 2024. április 10., 2024 m. balandžio 10 d.
        rf"(?<![\d.]){_YEAR}{_GAP}(?:m\.\s|gada\s)?{_MONTH}{_GAP}{_DAY}(?![\d:])",
        # 10 tháng 4 năm 2024
        rf"(?<!\d){_DAY}\stháng\s(?P<month>\d{{1,2}})(?:,|\snăm)\s{_YEAR}{_END}",
        # 10.04.2024, 10. 4. 2024
        rf"(?<![\d.])(?P<one>\d{{1,2}})(?P<sep>\.)\s?(?P<two>\d{{1,2}})\.\s?{_YEAR}(?!\.\d){_END}",
        # 19.10.19 um 14:34 Uhr
        (
            r"(?<![\d.])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<short>\d\d)(?=,?\s(?:um\s)?"
            r"\d{1,2}[:.]\d\d\sUhr\b)"
        ),
        # 31/12/2024, 12/31/2024, 31-12-2024
        rf"(?<![\d/-])(?P<one>\d{{1,2}})(?P<sep>[/-])(?P<two>\d{{1,2}})(?P=sep){_YEAR}(?![/-]){_END}",
    )
)
SLASHED = _PATTERNS[-1]
"""A date of which either number may come first, as far as its form tells."""
_TIME = re.compile(
    rf"(?<![\d:.]){_CLOCK}(?![\d:])(?:\s?(?:Uhr|hrs|h\b))?"
    rf"(?:[\s(]{{0,2}}(?:(?:UTC|GMT)\s?)?(?P<sign>[+−]|(?<=:\d\d:\d\d)-|(?<=UTC)-|(?<=GMT)-)"
    r"(?P<zone_hours>\d{1,2}?)(?::?(?P<zone_minutes>\d{2}))?(?!\d)"
    rf"|[\s(]{{0,2}}(?P<zone>{_any_of(ZONES)})\b)?"
)
"""A time of day and its zone. A hyphen after ``10:00`` is that of a range, not of an offset."""
_NEXT_TO = re.compile(r"\W*(?:(?:at|um|kl|klo|om|ore|alle|à|às|a|las|saat|o|в|о)\b\W*){0,2}")
"""Text between a day and a time without a zone."""
NEAR_CHARS = 20
"""Maximum characters between a day and a time."""
_DIGITS = {
    ord(char): str(digit)
    for first in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10)
    for digit, char in enumerate(map(chr, range(first, first + 10)))
}
"""Arabic, Persian, Indic, Thai and full-width digits → ASCII digits."""


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A date found in a line.

    Attributes:
        start, end: the span of the day, and of the time if there is one.
        timestamp: the date.
    """

    start: int
    end: int
    timestamp: Timestamp


def find_date(text: str, order: Order | None = None) -> PrintedDate | None:
    """The first date in *text*, with the time next to it; None if there is none.

    Args:
        order: which number comes first where a date has slashes or hyphens, if that is known.

    >>> find_date("7:30 JST, May 3, 2021").timestamp.isoformat()
    '2021-05-03T07:30:00+09:00'
    >>> find_date("The May 3, 2021 meeting is over by 7:30").timestamp.isoformat()
    '2021-05-03'
    >>> find_date("Thu 04/03/2021").timestamp.isoformat()
    '2021-03-04'
    """
    text = text[:MAX_CHARS]
    if not text.isascii():
        text = text.translate(_DIGITS)
    if not may_date(text):
        return None
    found = [
        (*match.span(), day)
        for pattern in _PATTERNS
        for match in pattern.finditer(text)
        if (day := _day(match, order))
    ]
    if not found:
        return None
    start, end, day = min(found, key=itemgetter(0))
    return _with_clock(text, start, end, day) or PrintedDate(start, end, _midnight(day))


def order_of_dates(text: str) -> Order | None:
    """Which number comes first in the dates of *text* with slashes or hyphens, year last.

    Returns:
        None if no date tells, or if they contradict each other.

    >>> order_of_dates("03/04/2024 Rain. 22/03/2024 Sun.")
    'day'
    """
    orders: set[Order] = set()
    for match in SLASHED.finditer(text):
        day = _day(match)
        if day and int(match["one"]) != int(match["two"]):
            orders.add("day" if day.day == int(match["one"]) else "month")
    return orders.pop() if len(orders) == 1 else None


def may_date(text: str) -> bool:
    """Whether *text* has the digits of a date or an era; most years in texts are alone.

    >>> may_date("Since 2019 the number fell."), may_date("3 May 2019")
    (False, True)
    """
    if _SOME_YEAR.search(text):
        numbers = _NUMBER.findall(text)
        # A day directly before its year is part of one number.
        if len(numbers) > 1 or len(numbers[0]) > 4:
            return True
    if text.count(".") > 1 and _SHORT_DAY.search(text):
        return True
    return not text.isascii() and any(era in text for era in ERAS)


def _with_clock(text: str, start: int, end: int, day: date) -> PrintedDate | None:
    """The *day* at [start, end) with the time next to it; None if there is none."""
    for match in _TIME.finditer(text, max(start - 2 * NEAR_CHARS, 0), end + 2 * NEAR_CHARS):
        before, after = start - match.end(), match.start() - end
        if not (0 <= before <= NEAR_CHARS or 0 <= after <= NEAR_CHARS):
            continue
        zoned = match["zone"] or match["sign"]
        between = text[match.end() : start] if before >= 0 else text[end : match.start()]
        if not zoned and _NEXT_TO.fullmatch(between) is None:
            continue
        moment = _timestamp(day, match.groupdict())
        if moment is not None:
            return PrintedDate(min(start, match.start()), max(end, match.end()), moment)
    return None
