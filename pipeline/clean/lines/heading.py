"""What a text says about itself: headline, authors, dates, site and dateline, each with its place.

``read`` finds all of it before any line is judged; ``settle`` keeps what is outside the story.
None means unknown: a value counts only where the text states it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

from pipeline.clean.dates import parse_timestamp
from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.page_rules import is_caption
from pipeline.clean.lines.signs import CLOSING, agencies
from pipeline.clean.lines.stamps import PUBLISHED, UPDATED, byline_of, date_of, says_only_when
from pipeline.clean.names import read_contributors
from pipeline.records import Document, Evidence, Timestamp
from pipeline.text.unicode import normalize
from pipeline.urls import canonical_url, site_of

DATED = frozenset({"timestamp", "byline"})

DATED_RULES = frozenset({*DATED, "outside_story", "author_block"})
"""Signs of a line with the story's own date, and rules whose lines may have them."""

CREDITED = frozenset({"contributors", "agency"})
"""Signs of a line that the rule ``contributor_credit`` may cut."""

SITE_WORDS, SITE_CHARS = 90, 1_000
"""Words and characters of the longest line that may name the site."""

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


class DatedLine(NamedTuple):
    """A date that a line prints: the column it belongs to, and how far from the story it stands."""

    field: str
    distance: int
    timestamp: Timestamp
    printed: Evidence


@dataclass(frozen=True)
class Heading:
    """What the record and the text say about the story, by the line that says it.

    Attributes:
        title: from the record, else the headline in the text.
        title_index: the line that the headline was read from; None when it was declared.
        authors: names from the record, else from bylines.
        evidence: what says so.
        dates, sites: of lines that are not the story's own if they stay in it.
        published: the date of the record; with a value, the text's does not count.
        url: canonical url of the record.
    """

    title: str | None
    title_index: int | None
    authors: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    dates: Mapping[int, DatedLine] = field(default_factory=dict)
    sites: Mapping[int, tuple[Evidence, ...]] = field(default_factory=dict)
    published: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Settled:
    """The fields of an article that depend on which lines are the story."""

    contributors: tuple[str, ...]
    date_published: Timestamp | None
    date_modified: Timestamp | None
    site: str | None
    dateline: str | None
    evidence: tuple[Evidence, ...]


def read(page: Page, document: Document) -> Heading:
    """Read title, authors, dates and site; what the record declares wins over what the text says.

    Dates are those of time stamps and dated bylines: dates in captions and sentences are those of
    events. A site is the domain of a mail address or of a comment policy.
    """
    evidence: list[Evidence] = []
    title, title_index = normalize(document.title or "") or None, None
    if title:
        evidence.append(Evidence("title", title, "record"))
    else:
        title_index = find_title(page)
        if title_index is not None:
            line = page.lines[title_index]
            title = line.text
            evidence.append(Evidence("title", title, "first_line", line.start, line.end))
    authors = tuple(filter(None, map(normalize, document.authors)))
    evidence.extend(Evidence("authors", name, "record") for name in authors)
    if not authors:
        authors, found = find_authors(page)
        evidence.extend(found)
    dates, sites = {}, {}
    for line in page.marked:
        if not line.signs.isdisjoint(DATED):
            dated = _date_in(page, line)
            if dated is not None:
                dates[line.index] = dated
    url = canonical_url(document.url) if document.url else None
    if not url and ("@" in page.raw or " right" in page.raw):
        sites = {line.index: named for line in page.lines if (named := _sites_in(page, line))}
    return Heading(
        title, title_index, authors, tuple(evidence), dates, sites, document.date_published, url
    )


def _date_in(page: Page, line: LineRecord) -> DatedLine | None:
    """The date that a line prints. The nearest above the story counts, then the first below it."""
    printed = date_of(line.text)
    if printed is None:
        return None
    first, words = page.first_prose, set(line.words)
    distance = first - line.index if line.index < first else 1000 + line.index
    published = not words.isdisjoint(PUBLISHED)
    updated = not published and not words.isdisjoint(UPDATED)
    column = "date_modified" if updated else "date_published"
    value = line.text[printed.start : printed.end]
    evidence = _evidence(page, line, column, value)
    return DatedLine(column, distance - 5 * published, printed.timestamp, evidence)


def _sites_in(page: Page, line: LineRecord) -> tuple[Evidence, ...]:
    """The sites that a line names; the domain of a public mail service says nothing."""
    found = []
    for pattern, sign in ((_EMAIL, "@"), (_DOMAIN_FIRST, " right")):
        if sign not in line.text or line.word_count > SITE_WORDS or len(line.text) > SITE_CHARS:
            continue
        match = pattern.search(line.text)
        domain = match["domain"] if match else ""
        if domain and domain.casefold() not in _MAIL_HOSTS:
            site = site_of("https://" + domain.casefold() + "/")
            if site:
                found.append(_evidence(page, line, "site", domain, value=site))
    return tuple(found)


def settle(heading: Heading, page: Page, cut: Mapping[int, str]) -> Settled:
    """Choose among what was read, now that the lines in *cut* are known not to be the story.

    Two different sites say nothing. A declared date that cannot be read gives None.
    """
    evidence: list[Evidence] = []
    contributors: list[str] = []
    sites: dict[str, Evidence] = {}
    for index, rule in cut.items():
        line = page.lines[index]
        if rule == "contributor_credit":
            new = [name for name in read_contributors(line.text) if name not in contributors]
            contributors.extend(new)
            names = ", ".join(new)
            evidence.append(Evidence("contributors", names, "credit", line.start, line.end))
        for named in heading.sites.get(index, ()):
            sites.setdefault(named.value, replace(named, source=rule))
    dates: dict[str, tuple[DatedLine, str]] = {}
    for index, dated in heading.dates.items():
        rule = cut.get(index, "")
        nearest = dates.get(dated.field)
        if rule in DATED_RULES and (nearest is None or dated.distance < nearest[0].distance):
            dates[dated.field] = dated, rule
    stamps = {column: dated.timestamp for column, (dated, _) in dates.items()}
    published = stamps.get("date_published")
    if heading.published:
        dates.pop("date_published", None)
        evidence.append(Evidence("date_published", heading.published, "record"))
        published = parse_timestamp(heading.published)
    evidence.extend(replace(dated.printed, source=rule) for dated, rule in dates.values())
    place = _place(page, cut, heading.title_index)
    evidence.extend(filter(None, (place,)))
    site = site_of(heading.url) if heading.url else None
    if len(sites) == 1:
        ((site, named),) = sites.items()
        evidence.append(named)
    return Settled(
        contributors=tuple(contributors),
        date_published=published,
        date_modified=stamps.get("date_modified"),
        site=site,
        dateline=place.value if place else None,
        evidence=tuple(evidence),
    )


def _place(page: Page, cut: Mapping[int, str], title_index: int | None) -> Evidence | None:
    """The dateline that opens one of the first paragraphs kept."""
    kept = (line for line in page.lines if line.prose and line.index not in cut)
    for line in islice((line for line in kept if line.index != title_index), DATELINE_LINES):
        dateline = find_dateline(line.text)
        if dateline:
            return _evidence(page, line, "dateline", dateline.place, source="dateline")
    return None


def find_authors(page: Page) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
    """Names from the bylines at the head of the story, else from the one below it."""
    lines = [line for line in page.marked if "byline" in line.signs and not line.prose]
    head = [line for line in lines if page.share_before(line.index) <= 0.2]
    foot = [line for line in lines if page.share_before(line.index) >= 0.95]
    for place in (head[-2:], foot[:1]):
        names: list[str] = []
        found: list[Evidence] = []
        for line in place:
            byline = byline_of(line.text)
            new = [name for name in byline.names if name not in names] if byline else []
            names.extend(new)
            if byline and new:
                printed = line.text[byline.start : byline.end]
                value = ", ".join(new)
                found.append(_evidence(page, line, "authors", printed, value, "byline"))
        if names:
            return tuple(names), tuple(found)
    return (), ()


def _evidence(
    page: Page, line: LineRecord, column: str, printed: str, value: str = "", source: str = ""
) -> Evidence:
    """Evidence with the place of *printed* in the raw text; the line's if characters differ."""
    start = page.raw.find(printed, line.start, line.end)
    end = start + len(printed)
    if start < 0 or not printed:
        start, end = line.start, line.end
    return Evidence(column, value or printed, source, start, end)


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
    r"\s?(?:,\s[^\W\d_]{3,10}\.?\s\d{1,2}\s?)?"
    rf"\((?:{'|'.join(agencies('dateline'))}"
    r"|dpa/\w+)\)\s?[—–:-]{1,2}"
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
    if says_only_when(line.words) or line.signs & _NO_HEADLINES or is_caption(page, line.index):
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
    text = line.text.rstrip(CLOSING)
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
