"""What a text says about itself: headline, authors, dates, site and dateline, and where.

``read`` takes the roles of lines from the tagger, before any line is cut; ``settle`` adds what
depends on the lines that are cut. None means unknown: a value counts only if the text states it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.clean.bylines import read_contributors, read_reporters
from pipeline.clean.datelines import find_dateline
from pipeline.clean.dates import is_later, parse_timestamp
from pipeline.clean.lines.authors import bylines
from pipeline.clean.lines.choices import Candidate, Reading, reading_of
from pipeline.clean.lines.days import days
from pipeline.clean.lines.headline import headlines
from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.tagger import Tags
from pipeline.clean.words import WORDS
from pipeline.records import Document, Evidence, Timestamp
from pipeline.text.unicode import normalize
from pipeline.urls import canonical_url, site_of

TITLE_SHARE, ADDRESSED_SHARE, EXPECTED_SHARE, SPARED_SHARE = 0.66, 0.55, 0.05, 0.15
"""Probabilities from which a line is the headline; from which it is if the page's address has words
of one; from which it is where one is expected; and from which it stays in the text if it is not
the headline (docs/decisions/0037, 0040 and 0047)."""
TITLE_CHARS = 300
"""Characters of the longest headline."""
BUTTON_WORDS = 2
"""Words of the longest line that is rather a button if another line is the headline."""
AUTHOR_SHARE, TIME_SHARE = 0.5, 0.7
"""Probabilities from which names are the authors, and a day is that of publication or change."""
STAMP_SHARE, STAMP_WORDS_MOST = 0.15, 25
"""The tagger's probability from which a line with a date is a time stamp; words of the longest."""
SITE_WORDS, SITE_CHARS = 90, 1_000
"""Words and characters of the longest line that may name the site."""
DATELINE_LINES = 3
"""Paragraphs of prose of which one may open with a dateline."""
_MARKS = re.compile(
    r"^(?:#{1,6}\s+(?=[^a-z])|>\s+|\*\*|__|(?i:title|headline|subject)\s?:\s+)+|(?:\s#+|\*\*|__)$"
)
"""Marks of a headline in Markdown, and its label in a mail."""
_EMAIL = re.compile(r"[\w.+-]{1,64}@(?P<domain>[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})")
_DOMAIN_FIRST = re.compile(
    r"(?P<domain>[A-Za-z0-9-]{2,63}\.(?:[A-Za-z]{2,12})(?:\.[a-z]{2})?)\s(?:has|have|reserves?)\b"
)


@dataclass
class Heading:
    """What the record and the text say about the story.

    Attributes:
        title: from the record, else the headline in the text.
        title_index: the line that the headline was read from; None if the record declares it.
        spared: lines that may be the headline if none is sure: they stay in the text.
        authors: names from the record, else from bylines, else before the first sentence.
        published, modified: None also if the record declares a date that cannot be read.
        bylines, times: lines with nothing but authors, or a date or time.
        evidence: the source of each value.
        fetched_at, url, site: from the record; without a URL, ``settle`` finds the site.
        contributors, dateline: known after ``settle``.
    """

    title: str | None = None
    title_index: int | None = None
    spared: frozenset[int] = frozenset()
    authors: tuple[str, ...] = ()
    published: Timestamp | None = None
    modified: Timestamp | None = None
    bylines: frozenset[int] = frozenset()
    times: frozenset[int] = frozenset()
    evidence: list[Evidence] = field(default_factory=list)
    fetched_at: Timestamp | None = None
    url: str | None = None
    site: str | None = None
    contributors: tuple[str, ...] = ()
    dateline: str | None = None


def read(page: Page, document: Document, tags: Tags | None) -> Heading:
    """Read title, authors and dates; what the record declares overrides what the text says."""
    heading, fetched_at = Heading(), parse_timestamp(document.fetched_at or "")
    if tags is not None and page.prose_before[-1]:
        heading = read_roles(page, tags, document.url, fetched_at)
    title, day = normalize(document.title or ""), document.date_published
    authors = tuple(filter(None, map(normalize, document.authors)))
    declared = {"title": title, "authors": authors, "date_published": day}
    evidence = [Evidence("title", title, "record")] if title else []
    evidence += [Evidence("authors", name, "record") for name in authors]
    evidence += [each for each in heading.evidence if not declared.get(each.field)]
    if title:
        heading.title, heading.title_index, heading.spared = title, None, frozenset()
    if day:
        evidence.append(Evidence("date_published", day, "record"))
        heading.published = parse_timestamp(day)
    heading.authors = authors or heading.authors
    heading.evidence = evidence
    heading.fetched_at = fetched_at
    heading.url = canonical_url(document.url or "")
    heading.site = site_of(heading.url or "")
    return heading


def read_roles(
    page: Page, tags: Tags, url: str | None = None, fetched_at: Timestamp | None = None
) -> Heading:
    """Headline, authors and dates of a text, each only if it is probable enough."""
    heading, text = Heading(), reading_of(page, tags, url, fetched_at)
    titles = headlines(text)
    _read_authors(heading, text)
    _read_dates(heading, text)
    _read_headline(heading, text, titles)
    return heading


def _read_headline(heading: Heading, text: Reading, titles: Sequence[Candidate[bool]]) -> None:
    """Read the likeliest headline; if none is sure, spare the lines that may be it."""
    stated = heading.bylines | heading.times
    likely = [each for each in titles if each.line.index not in stated]
    likely = [each for each in likely if len(each.line.text) <= TITLE_CHARS]
    found = _chosen(likely, ADDRESSED_SHARE if text.url_words else TITLE_SHARE)
    if found is not None:
        line = found.line
        title = _MARKS.sub("", line.text) or line.text
        heading.title, heading.title_index = title, line.index
        heading.evidence.insert(0, _evidence(text.page, line, "title", title, found.chance))
        likely = [each for each in likely if each.line.word_count > BUTTON_WORDS]
    spared = (each.line.index for each in likely if each.chance >= SPARED_SHARE)
    heading.spared = frozenset(spared)


def _chosen(likely: Sequence[Candidate[bool]], least: float) -> Candidate[bool] | None:
    """The likeliest line if it has *least*, is expected here or marked as the headline."""
    for found in likely[:1]:
        least = EXPECTED_SHARE if found.value else least
        if found.chance >= least or (found.line.index == 0 and found.line.text.startswith("# ")):
            return found
    return None


def _read_authors(heading: Heading, text: Reading) -> None:
    """Read the names of the most probable byline."""
    for found in bylines(text)[:1]:
        if found.chance >= AUTHOR_SHARE:
            heading.authors, line = found.value, found.line
            heading.bylines = frozenset(() if line.prose else (line.index,))
            names = ", ".join(found.value)
            heading.evidence.append(_evidence(text.page, line, "authors", names, found.chance))


def _read_dates(heading: Heading, text: Reading) -> None:
    """Read the days of publication and of change, and which lines only say when."""
    dates: dict[str, Timestamp] = {}
    times: set[int] = set()
    for column, found in reversed(days(text).items()):
        stamps = [line for each in found for line in each.lines if not line.prose]
        likely = (n for n in stamps if text.shares["time"][n.index] >= STAMP_SHARE)
        times.update(n.index for n in likely if n.word_count <= STAMP_WORDS_MOST)
        for best in found[:1]:
            day, changed = best.value.timestamp, dates.get("date_modified")
            # A day after that of the change is probably the one on which the page was saved.
            if best.chance >= TIME_SHARE and not (changed and changed.day < day.day):
                dates[column] = day
                printed = best.line.text[best.value.start : best.value.end]
                said = _evidence(text.page, best.line, column, printed, best.chance)
                heading.evidence.append(said)
    if text.url_day and "date_published" not in dates:
        dates["date_published"] = text.url_day
        heading.evidence.append(Evidence("date_published", text.url_day.day, "url"))
    heading.published, heading.modified = map(dates.get, ("date_published", "date_modified"))
    heading.times = frozenset(times)


def settle(heading: Heading, page: Page, cut: Mapping[int, str], document: Document) -> None:
    """Read contributors and site from the lines in *cut*, dateline and reporters from the others.

    The site is the domain of an email address or a comment policy; two different ones say nothing.
    What the record declares overrides them, and a declared date that of the dateline.
    """
    sites: dict[str, Evidence] = {}
    for index, rule in cut.items():
        line = page.lines[index]
        if rule == "contributor_credit":
            new = [n for n in read_contributors(line.text) if n not in heading.contributors]
            heading.contributors += tuple(new)
            said = [Evidence("contributors", ", ".join(new), "credit", line.start, line.end)]
            heading.evidence += said if new else []
        for site in () if heading.url else _sites_in(page, line, rule):
            sites.setdefault(site.value, site)
    gone = {*cut, heading.title_index}
    kept = [line for line in page.lines if line.prose and line.index not in gone]
    opened = [
        (line, found) for line in kept[:DATELINE_LINES] if (found := find_dateline(line.text))
    ]
    for line, (heading.dateline, printed) in opened[:1]:
        heading.evidence.append(_evidence(page, line, "dateline", heading.dateline, "dateline"))
        stated = heading.published or document.date_published
        if not (stated or printed is None or is_later(printed.timestamp, heading.fetched_at)):
            heading.published = printed.timestamp
            value = line.text[printed.start : printed.end]
            heading.evidence.append(_evidence(page, line, "date_published", value, "dateline"))
    for line in kept[: 0 if heading.authors else DATELINE_LINES]:
        if names := read_reporters(line.text):
            heading.authors = names
            value = ", ".join(names)
            heading.evidence.append(_evidence(page, line, "authors", names[0], "dateline", value))
            break
    if document.site and heading.url is None:
        sites = {document.site: Evidence("site", document.site, "record")}
    if len(sites) == 1:
        ((heading.site, named),) = sites.items()
        heading.evidence.append(named)


def _sites_in(page: Page, line: LineRecord, rule: str) -> Iterator[Evidence]:
    """Evidence for each site that a line names; public mail services are none."""
    if line.word_count <= SITE_WORDS and len(line.text) <= SITE_CHARS:
        for pattern, sign in ((_EMAIL, "@"), (_DOMAIN_FIRST, " right")):
            match = pattern.search(line.text) if sign in line.text else None
            domain = match["domain"] if match else ""
            if domain and domain.casefold() not in WORDS["mail_host"]:
                site = site_of(f"https://{domain.casefold()}/")
                if site:
                    yield _evidence(page, line, "site", domain, rule, site)


def _evidence(
    page: Page, line: LineRecord, column: str, printed: str, source: str | float, value: str = ""
) -> Evidence:
    """Evidence with the position of *printed* in the raw text; of the line if characters differ.

    Args:
        source: what states it, or how probable it is.
    """
    start = page.raw.find(printed, line.start, line.end)
    end = start + len(printed)
    if start < 0 or not printed:
        start, end = line.start, line.end
    said = source if isinstance(source, str) else f"tagger:{source:.2f}"
    return Evidence(column, value or printed, said, start, end)
