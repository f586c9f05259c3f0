"""What a text says about itself: headline, authors, dates, dateline and site, each with its place.

None means unknown: a value counts only where the text says it in so many words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from pipeline.clean.plain.bylines import read_contributors
from pipeline.clean.plain.datelines import find_dateline
from pipeline.clean.plain.stamps import (
    PUBLISHED,
    byline_of,
    date_of,
    stamps_update,
)
from pipeline.records import Evidence
from pipeline.web.url import site_of

if TYPE_CHECKING:
    from pipeline.clean.plain.page import LineRecord, Page
    from pipeline.records import Timestamp

DATED = frozenset({"timestamp", "byline"})
DATED_RULES = frozenset({*DATED, "outside_story", "author_block"})
"""Signs of a line with the story's own date, and rules whose lines may have them."""
DATELINE_LINES = 3
"""Paragraphs of prose among which the dateline opens one."""

_EMAIL = re.compile(r"[\w.+-]{1,64}@(?P<domain>[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})")
_DOMAIN_FIRST = re.compile(
    r"(?P<domain>[A-Za-z0-9-]{2,63}\.(?:[A-Za-z]{2,12})(?:\.[a-z]{2})?)\s(?:has|have|reserves?)\b"
)
_MAIL_HOSTS = frozenset(
    "gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.co.jp hotmail.com outlook.com"
    " live.com msn.com aol.com icloud.com me.com mail.com gmx.de gmx.net gmx.com web.de"
    " t-online.de protonmail.com proton.me mail.ru yandex.ru qq.com 163.com 126.com"
    " naver.com orange.fr free.fr laposte.net libero.it wanadoo.fr rediffmail.com"
    " example.com".split()
)


@dataclass(frozen=True, slots=True)
class Found:
    """A value read off the text, with the code points of the raw text that say it."""

    value: str
    source: str
    start: int
    end: int

    def evidence(self, field: str) -> Evidence:
        """The same as evidence for *field*."""
        return Evidence(field, self.value, self.source, self.start, self.end)


def find_authors(page: Page) -> tuple[tuple[str, ...], tuple[Found, ...]]:
    """Names from the bylines at the head of the story, else from the one below it."""
    lines = [line for line in page.marked if "byline" in line.signs and not line.prose]
    head = [line for line in lines if page.share_before(line.index) <= 0.2]
    foot = [line for line in lines if page.share_before(line.index) >= 0.95]
    for place in (head[-2:], foot[:1]):
        names: list[str] = []
        found: list[Found] = []
        for line in place:
            byline = byline_of(line.text)
            if byline is None:
                continue
            new = [name for name in byline.names if name not in names]
            names.extend(new)
            if new:
                printed = line.text[byline.start : byline.end]
                found.append(Found(", ".join(new), "byline", *_span(page, line, printed)))
        if names:
            return tuple(names), tuple(found)
    return (), ()


def find_contributors(page: Page, cut: dict[int, str]) -> tuple[tuple[str, ...], tuple[Found, ...]]:
    """Names from the credits that were cut below the story."""
    names: list[str] = []
    found: list[Found] = []
    for index, rule in cut.items():
        line = page.lines[index]
        if rule == "contributor_credit":
            new = [name for name in read_contributors(line.text) if name not in names]
            names.extend(new)
            found.append(Found(", ".join(new), "credit", line.start, line.end))
    return tuple(names), tuple(found)


def find_dates(page: Page, cut: dict[int, str]) -> dict[str, tuple[Timestamp, Found]]:
    """The dates of publication and of change, from time stamps and dated bylines, by field.

    Of several the one nearest above the story counts, then the first below it. Dates of captions
    and of sentences are those of events.
    """
    first = page.first_prose
    dates: dict[str, tuple[int, Timestamp, Found]] = {}
    for line in page.marked:
        if line.signs.isdisjoint(DATED) or cut.get(line.index) not in DATED_RULES:
            continue
        printed = date_of(line.text)
        if printed is None:
            continue
        distance = first - line.index if line.index < first else 1000 + line.index
        field = "date_modified" if stamps_update(line) else "date_published"
        if set(line.words) & PUBLISHED:
            distance -= 5
        if field not in dates or distance < dates[field][0]:
            value = line.text[printed.start : printed.end]
            found = Found(value, cut[line.index], *_span(page, line, value))
            dates[field] = (distance, printed.timestamp, found)
    return {field: (timestamp, found) for field, (_, timestamp, found) in dates.items()}


def find_place(page: Page, kept: list[LineRecord]) -> Found | None:
    """The dateline that opens one of the first paragraphs kept."""
    for line in islice(filter(attrgetter("prose"), kept), DATELINE_LINES):
        dateline = find_dateline(line.text)
        if dateline:
            span = _span(page, line, dateline.place)
            return Found(dateline.place, "dateline", *span)
    return None


def find_site(page: Page, cut: dict[int, str]) -> Found | None:
    """The site that the chrome names: the domain of its mail address or of its comment policy.

    Two different domains, or that of a public mail service, say nothing.
    """
    found: dict[str, Found] = {}
    for index, rule in cut.items():
        line = page.lines[index]
        if "@" not in line.text and " right" not in line.text:
            continue
        if line.word_count > 90 or len(line.text) > 1000:
            continue
        for pattern, sign in ((_EMAIL, "@"), (_DOMAIN_FIRST, " right")):
            if sign not in line.text:
                continue
            match = pattern.search(line.text)
            domain = match["domain"].casefold() if match else ""
            if match is None or domain in _MAIL_HOSTS:
                continue
            site = site_of("https://" + domain + "/")
            if site:
                found.setdefault(site, Found(site, rule, *_span(page, line, match["domain"])))
    return next(iter(found.values())) if len(found) == 1 else None


def _span(page: Page, line: LineRecord, printed: str) -> tuple[int, int]:
    """Code points of the raw text that hold *printed*; the line's where characters were mended."""
    start = page.raw.find(printed, line.start, line.end)
    return (start, start + len(printed)) if start >= 0 and printed else (line.start, line.end)
