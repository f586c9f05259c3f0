"""Dates, as machines write them and as pages print them.

``parse_timestamp`` reads a whole string (markup, headers, database exports); ``find_date``
finds a date in a printed line. A date is read only when every part of it is given and its order
is certain: nothing is filled in from today, and ``03/04/2024`` is not read at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from pipeline.records import Precision, Timestamp

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Years outside are typing errors and placeholders such as 0001 and 9999."""

EPOCH_SECONDS = range(1_000_000_000, 1_900_000_000)
"""Bare ten-digit numbers that are seconds since 1970: 2001-09 to 2030-03.

Larger ones would also read as a year, month, day and hour in one word.
"""

STAMP_MONTHS = {
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

STAMP_ZONES = {
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

_STAMP_ZONE = (
    r"(?:\s*(?:(?:gmt|utc)?(?P<sign>[+\-−])(?P<zh>\d{2}):?(?P<zm>\d{2})?|(?P<zone>[a-z]{1,5}))"
    r"(?:\s*[(\[][\w\s/+:-]*[)\]])?)?"
)

_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"

_STAMP_TIME = rf"(?:(?:\s*,)?(?:\s+at)?\s+{_CLOCK}{_STAMP_ZONE})?"

_STAMP_MONTH = r"(?P<name>[a-z]{3,9})\.?"

_STAMP_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"

_SHAPES = tuple(
    re.compile("^" + shape, re.IGNORECASE | re.ASCII)
    for shape in (
        # 2024-02-28T10:00:00+01:00, 2024/02/28 10:00
        (
            rf"(?P<year>\d{{4}})(?P<sep>[-/.])(?P<month>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}})"
            rf"(?:(?:\s*t\s*|,?\s+){_CLOCK}{_STAMP_ZONE})?"
        ),
        # 20240228, 20240228T100000Z, 20240228100000
        (
            r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
            rf"(?:t?(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?{_STAMP_ZONE})?"
        ),
        # Wed, 28 Feb 2024 10:00:00 +0100; 28 February 2024
        rf"{_WEEKDAY}{_STAMP_DAY}[\s-]{_STAMP_MONTH},?[\s-](?P<year>\d{{4}}){_STAMP_TIME}",
        # February 28, 2024, 10:00 AM; Wed Feb 28 2024 10:00:00 GMT+0100 (CET)
        rf"{_WEEKDAY}{_STAMP_MONTH}\s{_STAMP_DAY},?\s(?P<year>\d{{4}}){_STAMP_TIME}",
        # Wed Feb 28 10:00:00 CET 2024
        rf"{_WEEKDAY}{_STAMP_MONTH}\s+{_STAMP_DAY}\s+{_CLOCK}{_STAMP_ZONE}\s+(?P<year>\d{{4}})",
        # 28/02/2024, 02/28/2024 10:00: only where one of the numbers can be no month
        rf"(?P<one>\d{{1,2}})(?P<sep>[-/.])(?P<two>\d{{1,2}})(?P=sep)(?P<year>\d{{4}}){_STAMP_TIME}",
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
        month = STAMP_MONTHS.get((parts["name"] or "").lower())
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
    return STAMP_ZONES.get((parts.get("zone") or "").lower())


# One month a line (continued with a backslash), with the short forms in print:
# en de fr es it pt nl sv da no fi pl cs ru uk tr id el ro hu ar
_MONTH_NAMES = """
january ianuarie január يناير jan januar jänner januari janvier janv enero ene gennaio gen \
    janeiro tammikuuta styczeń stycznia ledna января січня ocak ιανουαρίου
february februarie február فبراير feb februar februari février fevrier févr fév febrero \
    febbraio febb fevereiro fev helmikuuta luty lutego února февраля лютого şubat φεβρουαρίου
march martie március مارس mar märz maerz mrz maart mars marzo março marco maaliskuuta marzec \
    marca března марта березня mart maret μαρτίου
april aprilie április أبريل apr avril avr abril abr aprile huhtikuuta kwiecień kwietnia dubna \
    апреля квітня nisan απριλίου
may maja május مايو mai mayo maggio mag maio mei maj toukokuuta května мая травня mayıs μαΐου \
    μαίου
june iunie június يونيو jun juni juin junio giugno giu junho kesäkuuta czerwiec czerwca června \
    июня червня haziran ιουνίου
july iulie július يوليو jul juli juillet juil julio luglio lug julho heinäkuuta lipiec lipca \
    července июля липня temmuz ιουλίου
august augusztus أغسطس aug août aout agosto ago augustus augusti elokuuta sierpień sierpnia \
    srpna августа серпня ağustos agustus agu αυγούστου
september septembrie szeptember سبتمبر sept sep septembre septiembre setiembre settembre sett \
    set setembro syyskuuta wrzesień września září сентября вересня eylül σεπτεμβρίου
october octombrie október أكتوبر oct oktober okt octobre octubre ottobre ott outubro out \
    lokakuuta październik października října октября жовтня ekim οκτωβρίου
november noiembrie نوفمبر nov novembre noviembre novembro marraskuuta listopad listopada \
    listopadu ноября листопада kasım νοεμβρίου
december decembrie ديسمبر dec dezember dez décembre decembre déc diciembre dic dicembre \
    dezembro joulukuuta grudzień grudnia prosince декабря грудня aralık desember des \
    δεκεμβρίου
"""

MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(_MONTH_NAMES.strip().splitlines(), 1)
    for name in names.split()
}
"""Case-folded name of a month, long or short → its number."""

ZONES: dict[str, int | str] = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "WET": 0,
    "BST": 60,
    "CET": 60,
    "MEZ": 60,
    "CEST": 120,
    "MESZ": 120,
    "EET": 120,
    "EEST": 180,
    "MSK": 180,
    "PKT": 300,
    "WIB": 420,
    "SGT": 480,
    "HKT": 480,
    "JST": 540,
    "KST": 540,
    "AEST": 600,
    "AEDT": 660,
    "NZST": 720,
    "NZDT": 780,
    "EST": -300,
    "EDT": -240,
    "CDT": -300,
    "MST": -420,
    "MDT": -360,
    "PST": -480,
    "PDT": -420,
    "AKST": -540,
    "AKDT": -480,
    "HST": -600,
    "ET": "-300",
    "PT": "-480",
}
"""Zone → minutes east of UTC; as text where the summer time of the United States comes on top.

Names that stand for several zones (CST: Chicago, Shanghai; IST: Dublin, Mumbai, Jerusalem) are
left out: such a time is only a day.
"""

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
