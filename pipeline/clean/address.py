"""What a page's address says of its story: words of the headline, and the day."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache
from urllib.parse import unquote

from pipeline.clean.dates import MONTHS, parse_timestamp
from pipeline.records import Timestamp

LEAST_WORDS = 3
"""Words of a part of a path that may be a headline; shorter parts name sections."""
_WORD = re.compile(r"[^\W_]{2,}")
_YEAR = r"(?P<year>199[5-9]|20[0-3]\d)"
"""Before it there were no news sites; later years are numbers of articles."""
_END = r"(?=[/._-]|$)"
_STORY = (
    r"(?:articles?|artikel|art[ií]culo|artigo|articolo|not[ií]cia|nachricht|nota|news|post|story)"
)
"""What a day may follow in the name of a story; after other words, eight digits may be an id."""
_DAYS = [
    re.compile(shape.replace("YEAR", _YEAR).replace("END", _END), re.IGNORECASE)
    for shape in (
        r"/YEAR[/-](?P<month>\d{1,2}|[a-z]{3,9})[/-](?P<day>\d{1,2})(?:[/_-]|$)",
        r"/YEAR(?P<by>[._])(?P<month>\d\d)(?P=by)(?P<day>\d\d)(?!\d)",
        r"/YEAR(?P<month>\d\d)(?P<day>\d\d)(?=[/_-])",
        rf"/{_STORY}[_-]YEAR(?P<month>\d\d)(?P<day>\d\d)END",
        r"(?<!\d)YEAR-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)",
        r"/(?P<day>\d{1,2})-(?P<month>[a-z]{3,9})-YEAREND",
        r"(?<!\d)(?P<day>\d\d)(?P<by>[._-])(?P<month>\d\d)(?P=by)YEAR(?!\d)",
        r"/(?P<day>\d\d)/(?P<month>\d\d)/YEAR(?=/|$)",
        r"/(?P<day>\d\d)(?P<month>\d\d)YEAR(?=[/_-])",
        rf"/{_STORY}[_-](?P<day>\d\d)(?P<month>\d\d)YEAREND",
    )
]
"""The day in a path; with the year last, day and month may be exchanged."""
_DIGITS = [
    re.compile(shape.replace("YEAR", _YEAR))
    for shape in (
        r"(?<!\d)YEAR(?P<month>\d\d)(?P<day>\d\d)(?!\d)",
        r"(?<!\d)(?P<day>\d\d)(?P<month>\d\d)YEAR(?!\d)",
    )
]
"""Eight digits that are a day or an id."""
_EVENTS = re.compile(
    r"/(?:events?|termine?|veranstaltungen|agenda|calendar|whats-on)/", re.IGNORECASE
)
"""Parts of a path before the day of an event."""
_LAST_LATIN = "\u024f"
_BARE = {
    code: unicodedata.normalize("NFD", chr(code))[0] for code in range(0xC0, ord(_LAST_LATIN) + 1)
}
"""Latin letter → the letter without its marks."""
_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})


def words_of_url(url: str | None) -> frozenset[str]:
    """The words of the longest part of a path, without accents: those of the headline, often.

    >>> sorted(words_of_url("https://a.example/news/2024/ferry-is-back-12345"))
    ['back', 'ferry', 'is']
    >>> words_of_url("https://a.example/news/local")
    frozenset()
    """
    parts = unicodedata.normalize("NFC", unquote(_path(url))).split("/")
    words = max((_WORD.findall(_plain(part)) for part in parts), key=len, default=[])
    told = frozenset(word for word in words if not word.isdigit())
    return told if len(told) >= LEAST_WORDS else frozenset()


def said_by_url(words: Collection[str], url_words: frozenset[str]) -> set[str]:
    """Which *url_words* are among the case-folded *words* of a line, in either spelling of ü.

    >>> sorted(said_by_url(("fähre", "kommt"), frozenset({"faehre", "kommt", "heute"})))
    ['faehre', 'kommt']
    """
    said = set(url_words.intersection(words))
    marked = [word for word in words if not (word.isascii() and word.isalnum())]
    return said.union(*[url_words & _spellings(word) for word in marked])


@lru_cache(maxsize=1 << 14)
def _spellings(word: str) -> frozenset[str]:
    """What an address has in place of a word with marks or signs; none without a Latin letter."""
    if min(word) > _LAST_LATIN:
        return frozenset()
    return frozenset((*_WORD.findall(_plain(word)), _plain(word.translate(_SPELT))))


def day_of_url(url: str | None) -> Timestamp | None:
    """The day in the path of a URL; None if there is none, or if it may be another day or an id.

    >>> urls = ("/2024/02/28/title", "/2024/feb/28/title", "/20240228/title", "/28-02-2024/title")
    >>> {day_of_url(f"https://a.example{each}").day for each in urls}
    {'2024-02-28'}
    >>> day_of_url("https://a.example/02-11-2024/title")
    """
    days = _days_in(url, _DAYS)
    return days[0] if len(days) == 1 else None


def possible_days(url: str | None) -> tuple[Timestamp, ...]:
    """The days that the path of a URL may name, of which something else may confirm one.

    >>> [day.day for day in possible_days("https://a.example/02-11-2024/title")]
    ['2024-11-02', '2024-02-11']
    >>> [day.day for day in possible_days("https://a.example/title-20241102")]
    ['2024-11-02']
    """
    return _days_in(url, _DAYS) or _days_in(url, _DIGITS)


def _days_in(url: str | None, shapes: Sequence[re.Pattern[str]]) -> tuple[Timestamp, ...]:
    """The days that the first matching shape finds in a path, each once."""
    path = _path(url)
    match = (
        None if _EVENTS.search(path) else next(filter(None, (s.search(path) for s in shapes)), None)
    )
    if match is None:
        return ()
    year, month, day = match["year"], match["month"], match["day"]
    month = str(MONTHS.get(month.casefold(), month))
    orders = [f"{year}-{month}-{day}"]
    if match.start("year") > match.start("day") and match["month"].isdigit():
        orders.append(f"{year}-{day}-{month}")
    return tuple(dict.fromkeys(filter(None, map(parse_timestamp, orders))))


def _path(url: str | None) -> str:
    """The path of a URL; an archive's ends with the URL of the page, whose path counts."""
    _, slashes, rest = (url or "").partition("?")[0].partition("#")[0].rpartition("//")
    return "/" + rest.partition("/")[2] if slashes else ""


def _plain(text: str) -> str:
    """*text* case-folded, and Latin letters without their marks."""
    return text.casefold().translate(_BARE)
