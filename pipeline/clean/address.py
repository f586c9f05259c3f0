"""What a page's address says of its story: words of the headline, and the day."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import unquote

from pipeline.clean.dates import MONTHS, parse_timestamp
from pipeline.records import Timestamp

LEAST_WORDS = 3
"""Words of a part of a path that may be a headline; shorter parts name sections."""
_WORD = re.compile(r"[^\W_]{2,}")
_YEAR = r"(199[5-9]|20[0-3]\d)"
"""Before it there were no news sites; later years are numbers of articles."""
_DAY = re.compile(rf"/{_YEAR}[/-](\d{{1,2}}|[a-z]{{3,9}})[/-](\d{{1,2}})(?:[/_-]|$)", re.IGNORECASE)
_DIGITS = re.compile(rf"(?:/{_YEAR}(\d\d)(\d\d)(?=[/_-])|(?<!\d){_YEAR}-(\d\d)-(\d\d)(?!\d))")
_DAY_FIRST = re.compile(rf"(?<!\d)(\d\d)-(\d\d)-{_YEAR}(?!\d)")
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
    """The day in the path of a URL; None if there is none.

    >>> urls = ("/2024/02/28/title", "/2024/feb/28/title", "/20240228/title", "/28-02-2024/title")
    >>> {day_of_url(f"https://a.example{each}").day for each in urls}
    {'2024-02-28'}
    """
    path = _path(url)
    if _EVENTS.search(path):
        return None
    if match := _DAY.search(path):
        year, month, day = match.groups()
        month = str(MONTHS.get(month.casefold(), month))
    elif match := _DIGITS.search(path):
        year, month, day = filter(None, match.groups())
    elif match := _DAY_FIRST.search(path):
        day, month, year = match.groups()
    return parse_timestamp(f"{year}-{month}-{day}") if match else None


def _path(url: str | None) -> str:
    """The path of a URL; an archive's ends with the URL of the page, whose path counts."""
    _, slashes, rest = (url or "").partition("?")[0].partition("#")[0].rpartition("//")
    return "/" + rest.partition("/")[2] if slashes else ""


def _plain(text: str) -> str:
    """*text* case-folded, and Latin letters without their marks."""
    return text.casefold().translate(_BARE)
