"""What a text says about itself: headline, authors, dates, dateline and site, each with its place.

None means unknown: a value counts only where the text says it in so many words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter

from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.page_rules import is_caption
from pipeline.clean.lines.stamps import PUBLISHED, UPDATED, _says_only_when, byline_of, date_of
from pipeline.clean.names import read_contributors
from pipeline.records import Evidence, Timestamp
from pipeline.urls import site_of

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


DATELINE_CHARS = 90
"""Characters within which a dateline's dash must stand."""

_CAPITALS = re.compile(
    r"^(?P<place>[^\W\d_a-z]{2}[^\W\d_]*(?:[ .,’'/-]{1,2}[^\W\d_]{1,20}\.?){0,5}?)"
    r"(?P<rest>(?:,\s[^\W\d_]{3,10}\.?\s\d{1,2}(?:,\s\d{4})?)?(?:\s?\([^()]{2,40}\)){0,2}"
    r"|,?\s\d{1,2}\s[^\W\d_]{3,10}\.?(?:\s\([^()]{2,40}\))?)"
    r"\s?(?:[—–]|--|\s-\s?|-\s)\s?(?=\S)"
)

_AGENCY = re.compile(
    r"^(?P<place>[A-Z][^\W\d_]+(?:[ -][A-Z][^\W\d_]+){0,3}(?:,\s[A-Z][^\W\d_.]+\.?)?)"
    r"\s?(?:,\s[^\W\d_]{3,10}\.?\s\d{1,2}\s?)?\((?:Reuters|AP|AFP|UPI|dpa|ANI|PTI|Xinhua|EFE|ANSA"
    r"|CNN|dpa/\w+|IANS|Bloomberg)\)\s?[—–:-]{1,2}"
)

_ABBREVIATIONS = frozenset(
    {"US", "UK", "UN", "EU", "CEO", "AI", "TV", "UPDATE", "BREAKING", "CORRECTION", "NOTE", "FILE"}
)


@dataclass(frozen=True, slots=True)
class Dateline:
    """The place as written, and the characters of the line that hold it."""

    place: str
    start: int
    end: int


def find_dateline(text: str) -> Dateline | None:
    """Read ``WASHINGTON—``, ``NEW YORK, Sept. 3 (AP) —`` or ``Paris (Reuters) -`` at the start.

    >>> find_dateline("WASHINGTON—The army has said so, and nobody in the town objected.").place
    'WASHINGTON'
    >>> find_dateline("NASA - what it does") is None
    True
    """
    head = text[:DATELINE_CHARS]
    match = _AGENCY.match(head) if "(" in head else None
    if match is None:
        match = _CAPITALS.match(head) if "—" in head or "–" in head or "-" in head else None
        if match is None or not _is_place(match["place"], text):
            return None
    return Dateline(match["place"], match.start("place"), match.end("place"))


def _is_place(place: str, text: str) -> bool:
    """Whether words before a dash are a place: capitals, a state's short name after a comma."""
    name, _, _state = place.partition(",")
    words = re.findall(r"[^\W\d_]+", name)
    if not words or not all(word.isupper() for word in words) or words[0] in _ABBREVIATIONS:
        return False
    # A short abbreviation, or a heading in capitals throughout, is no dispatch.
    return sum(map(len, words)) >= 5 and len(text) >= 60 and not text.isupper()


MAX_WORDS = 32

TITLE_CHARS = 220
"""Size of the longest headlines in print; longer first lines are ledes."""

HEAD_LINES = 12
"""Lines before the story within which a headline is looked for."""

LABEL_LINES = 3
"""Labels of a section, buttons and time stamps that may stand above the headline."""

NEAR_LINES = 6
"""Lines between a headline under labels and the story: a standfirst, bylines, a credit."""

LEAD_WORDS = 3
"""Words from which a line on its own can be told from a section's name."""

QUESTION_WORDS = 20
"""Words from which a question is the story's first, not its headline."""

_LIST_ITEM = re.compile(r"\d{1,2}\s?[.)]\s")
"""How the items of a list begin; a page that begins with one begins inside a story."""

_CREDIT_END = re.compile(r"\([^()]{1,60}/[^()]{1,60}\)$")

_SITE_NAME = re.compile(r"\s(?:[|–—»·•]|-)\s")

_NO_HEADLINES = frozenset({"byline", "notice"})
"""Signs of lines that stand above headlines."""


def find_title(page: Page) -> int | None:
    """Return the index of the line that is the headline; None rather than a guess.

    The headline is the first line, or the first under a few labels right above the story, or the
    line that the first one repeats with the site's name behind it. A caption, a time stamp, a
    byline, a dateline or a sentence of the story is none.
    """
    first = page.first_prose
    if first >= len(page.lines):
        return None
    by_repeat = _repeated_in_page_name(page)
    if by_repeat is not None:
        return by_repeat
    for line in page.lines[: max(1, min(LABEL_LINES + 1, first))]:
        if _looks_like_headline(page, line):
            near = line.index == 0 or (first - line.index <= NEAR_LINES and line.word_count > 3)
            return line.index if near else None
        if not _is_label(line):
            return None
    return None


def _looks_like_headline(page: Page, line: LineRecord) -> bool:
    """Whether *line*, by itself and by what follows it, is a headline."""
    if not line.words or line.kinds or line.word_count < LEAD_WORDS:
        return False
    if (
        line.word_count > MAX_WORDS
        or len(line.text) > TITLE_CHARS
        or not line.text[0].isprintable()
    ):
        return False
    if says_only_when(line) or line.signs & _NO_HEADLINES or is_caption(page, line.index):
        return False
    if find_dateline(line.text) or _is_sentence(line) or _LIST_ITEM.match(line.text):
        return False
    return page.first_prose - line.index <= HEAD_LINES


def _is_label(line: LineRecord) -> bool:
    """Whether a headline may still follow: a section's name, a button, a byline, a time stamp."""
    if line.word_count < LEAD_WORDS or line.kinds:
        return not line.terminal
    return "timestamp" in line.signs or "byline" in line.signs


def _is_sentence(line: LineRecord) -> bool:
    """Whether a line is a sentence or ends in a credit: no headline."""
    text = line.text.rstrip("\"'”’»)] ")
    if text.endswith((".", "。", "।", ";", ":")) and not text.endswith(
        ("...", "U.S.", "U.K.", "U.N.")
    ):
        return True
    if text.endswith(("?", "？", "؟")) and line.word_count >= QUESTION_WORDS:
        return True
    if text != line.text and _CREDIT_END.search(line.text[-80:]):
        return True
    return line.text[0].islower() and line.text[:1].isalpha() and line.word_count > 12


def _repeated_in_page_name(page: Page) -> int | None:
    """A line that the page's name in the first line, ``Headline | Site``, repeats."""
    name = page.lines[0]
    if not name.words or len(name.text) > 2 * TITLE_CHARS or not _SITE_NAME.search(name.text):
        return None
    for line in page.lines[1 : page.first_prose + 1]:
        size = len(line.words)
        if LEAD_WORDS < size < len(name.words) and name.words[:size] == line.words:
            return line.index
    return None


def says_only_when(line: LineRecord) -> bool:
    """Whether *line* has hardly a word beside numbers and those of time stamps."""
    return _says_only_when(line.words)


def stamps_update(line: LineRecord) -> bool:
    """Whether a time stamp says when the story was changed, and not when it was published."""
    words = set(line.words)
    return bool(words & UPDATED) and not words & PUBLISHED
