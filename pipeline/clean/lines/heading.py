"""What a text says about itself: headline, authors, dates, site and dateline, each with its place.

``read`` asks the tagger which line has which role, before any line is judged; ``settle`` adds what
depends on the lines that are cut. None means unknown: a value counts only where the text states it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.dates import PrintedDate, find_date, parse_timestamp
from pipeline.clean.lines.bylines import byline_names, is_labelled
from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.page_rules import MIN_ENTRIES, entry_times
from pipeline.clean.lines.phrases import WORDS
from pipeline.clean.lines.signs import CLOSING, agencies
from pipeline.clean.lines.stamps import PUBLISHED, UPDATED
from pipeline.clean.lines.tagger import Tags
from pipeline.clean.names import name_key, read_contributors
from pipeline.records import Document, Evidence, Timestamp
from pipeline.text.unicode import normalize
from pipeline.urls import canonical_url, site_of

FIRST_SHARE, TITLE_SHARE, TIME_SHARE = 0.35, 0.5, 0.6
AUTHOR_SHARE, BYLINE_SHARE, LABEL_SHARE = 0.8, 0.5, 0.25
"""Shares from which a role is believed: of a headline in the first line, of another one, of a date;
of names alone, behind ``By`` and the like, behind ``Author:`` and the like (decision 3)."""
HEADED_LINES, HEADED_PROSE = 8, 1
"""Lines behind a headline among which prose is looked for, and lines of prose."""
ABOVE_BYLINE, NOTICE_LINES = 3.0, 6
"""What the share of a line right above the byline or time stamp is multiplied by; lines above the
one over the first paragraph among which a notice of consent leaves that one as the headline."""
HEADLINE_WORDS, MOST_HEADLINE_WORDS = 3, 24
"""Words of the shortest and the longest line above the story that may be its headline unseen."""
BUTTON_WORDS = 5
"""Words of the longest button that is never a headline."""
SPARED_SHARE, LEAST_SHARE = 0.15, 0.04
"""Shares from which a line may be the headline, and from which one is looked at at all."""
BESIDE_BEST, BESIDE_LINES, MOST_BYLINES, MOST_TIMES = 0.25, 3, 4, 5
"""Share of the likeliest byline's from which a line near it is one too; lines looked at."""
TITLE_CHARS, MAX_STAMP_CHARS, STAMP_WORDS_MOST = 300, 300, 25
"""Characters of the longest headline and time stamp, and words of the latter."""
_SITE_NAME = re.compile(r"\s(?:[|–—»·•]|-)\s")
_WORD = re.compile(r"[^\W\d_]+")
SITE_WORDS, SITE_CHARS = 90, 1_000
"""Words and characters of the longest line that may name the site."""
DATELINE_LINES = 3
"""Paragraphs of prose among which the dateline opens one."""
_EMAIL = re.compile(r"[\w.+-]{1,64}@(?P<domain>[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})")

_DOMAIN_FIRST = re.compile(
    r"(?P<domain>[A-Za-z0-9-]{2,63}\.(?:[A-Za-z]{2,12})(?:\.[a-z]{2})?)\s(?:has|have|reserves?)\b"
)


@dataclass(frozen=True)
class Heading:
    """What the record and the text say about the story, by the line that says it.

    Attributes:
        title: from the record, else the headline in the text.
        title_index: the line that the headline was read from; None when it was declared.
        spared: lines that may be the headline while none is sure: they stay in the text.
        authors: names from the record, else from bylines.
        published, modified: when the story was; a declared date that cannot be read gives None.
        bylines, times: lines that say only by whom, or only when.
        evidence: what says so.
        sites: of lines that are not the story's own if they stay in it.
        url: canonical url of the record.
    """

    title: str | None = None
    title_index: int | None = None
    spared: frozenset[int] = frozenset()
    authors: tuple[str, ...] = ()
    published: Timestamp | None = None
    modified: Timestamp | None = None
    bylines: frozenset[int] = frozenset()
    times: frozenset[int] = frozenset()
    evidence: tuple[Evidence, ...] = ()
    sites: Mapping[int, tuple[Evidence, ...]] = field(default_factory=dict)
    url: str | None = None


@dataclass(frozen=True)
class Settled:
    """The fields of an article that depend on which lines are the story."""

    contributors: tuple[str, ...]
    site: str | None
    dateline: str | None
    evidence: tuple[Evidence, ...]


_Dates = dict[str, tuple[Timestamp, Evidence]]


def read(page: Page, document: Document, tags: Tags | None) -> Heading:
    """Read title, authors, dates and site; what the record declares wins over what the text says.

    What the text says counts where the tagger is sure enough. A site is the domain of a mail
    address or of a comment policy.
    """
    read = read_roles(page, tags) if tags is not None and page.prose_before[-1] else Heading()
    title = normalize(document.title or "") or None
    authors = tuple(filter(None, map(normalize, document.authors)))
    declared = {"title": title, "authors": authors, "date_published": document.date_published}
    evidence = [Evidence("title", title, "record")] if title else []
    evidence += [Evidence("authors", name, "record") for name in authors]
    evidence += [each for each in read.evidence if not declared.get(each.field)]
    if document.date_published:
        evidence.append(Evidence("date_published", document.date_published, "record"))
        read = replace(read, published=parse_timestamp(document.date_published))
    url = canonical_url(document.url) if document.url else None
    sites = {}
    if not url and ("@" in page.raw or " right" in page.raw):
        sites = {line.index: named for line in page.lines if (named := _sites_in(page, line))}
    if title:
        read = replace(read, title=title, title_index=None, spared=frozenset())
    if authors:
        read = replace(read, authors=authors)
    return replace(read, evidence=tuple(evidence), sites=sites, url=url)


def read_roles(page: Page, tags: Tags) -> Heading:
    """Headline, authors and dates of a text, where the tagger is sure enough; else None each."""
    headline, byline, time = tags.roles.T.copy()
    none = tags.none.tolist()
    # In a list of dates, or a live blog, each belongs to its entry, unless one stands out.
    entries = [index for index in entry_times(page) if page.share_before(index) > 0]
    if len(entries) >= MIN_ENTRIES and time[entries].max() < TIME_SHARE:
        time[entries] = 0.0
    authors, bylines, evidence = _authors(page, byline, none[1])
    dates, times = _dates(page, time, none[2])
    above = [index - 1 for index in bylines | times if index and index - 1 not in bylines | times]
    headline[above] *= ABOVE_BYLINE
    title, spared = _headline(page, headline, tags.story)
    if title is not None:
        sure = float(headline[_same(page, title)].sum())
        line = page.lines[title]
        place = "above_story" if title else "first_line"
        source = sure if sure >= FIRST_SHARE else place
        evidence.insert(0, _evidence(page, line, "title", line.text, source))
    evidence += [each for _, each in dates.values()]
    when = {column: timestamp for column, (timestamp, _) in dates.items()}
    return Heading(
        title=None if title is None else page.lines[title].text,
        title_index=title,
        spared=spared,
        authors=authors,
        published=when.get("date_published"),
        modified=when.get("date_modified"),
        bylines=bylines,
        times=times,
        evidence=tuple(evidence),
    )


def _same(page: Page, index: int) -> list[int]:
    """The lines that say what one of them says, itself first; the site's name may stand behind."""
    words = page.lines[index].words
    first = words[:1]
    others = (o for o in page.lines if o.words[:1] == first and o.words and o.index != index)
    return [index, *(o.index for o in others if o.words == words or _is_name_of(o, words))]


def _is_name_of(line: LineRecord, words: tuple[str, ...]) -> bool:
    """Whether a line is a headline of these *words*, and the site's name behind it."""
    size = len(words)
    return size > 2 and line.words[:size] == words and _SITE_NAME.search(line.text) is not None


def _headline(
    page: Page, shares: NDArray[np.float64], story: NDArray[np.float64]
) -> tuple[int | None, frozenset[int]]:
    """The line that is the headline, and those that may be one where none is sure.

    A line above text that is not the story heads a notice, however much it looks like a headline.
    A button, and a byline with a label, are none.
    """
    likely = [
        index
        for index in np.flatnonzero(shares >= LEAST_SHARE).tolist()
        if not (page.lines[index].kinds and page.lines[index].word_count <= BUTTON_WORDS)
        and not is_labelled(page.lines[index].text)
    ]
    heads = {i: _heads_story(page, page.lines[i], story) for i in likely}
    best = max(likely, key=lambda i: shares[i] * heads[i], default=0)
    line = page.lines[best]
    # Of a headline, and the same with the site's name behind it, the headline counts.
    if _SITE_NAME.search(line.text) is not None:
        bare = (o for o in page.lines if o.words != line.words and _is_name_of(line, o.words))
        best = next((o.index for o in bare), best)
    sure = float(shares[_same(page, best)].sum())
    line = page.lines[best]
    if sure < TITLE_SHARE and _opens_story(page, story):
        best, line, sure = 0, page.lines[0], max(float(shares[0]), FIRST_SHARE)
    needed = FIRST_SHARE if best == 0 and heads.get(0, True) else TITLE_SHARE
    if sure >= needed and line.words and len(line.text) <= TITLE_CHARS:
        return best, frozenset()
    above = _above_story(page, story)
    notice = page.lines[max(above[0] - NOTICE_LINES, 0) : above[0]] if above else ()
    if any("legal" in other.kinds for other in notice):
        return above[0], frozenset()
    spared = (i for i in likely if shares[i] >= SPARED_SHARE)
    return None, frozenset(i for i in (*spared, *above) if page.lines[i].words)


def _opens_story(page: Page, story: NDArray[np.float64]) -> bool:
    """Whether a text begins with what must be a headline: a few words right above a paragraph."""
    line, *behind = page.lines[:2]
    if not behind or not behind[0].prose or story[1] <= 0 or line.prose or line.kinds or line.signs:
        return False
    few = HEADLINE_WORDS <= line.word_count <= MOST_HEADLINE_WORDS
    ended = line.text.rstrip(CLOSING).endswith((".", "。", ":", ";", ","))
    return few and not ended and not line.text[0].islower() and not line.text[0].isdigit()


def _above_story(page: Page, story: NDArray[np.float64]) -> list[int]:
    """The line right above the first paragraph of the story, where it may be a headline."""
    first = next((o.index for o in page.lines if o.prose and not o.kinds and story[o.index] > 0), 0)
    line = page.lines[first - 1]
    plain = not (line.prose or line.kinds or line.signs) and line.word_count >= HEADLINE_WORDS
    return [first - 1] if first and plain else []


def _heads_story(page: Page, line: LineRecord, story: NDArray[np.float64]) -> bool:
    """Whether the next prose behind a line is story; at a text's end, whether any could be."""
    behind = page.lines[line.index + 1 : line.index + 1 + HEADED_LINES]
    following = [other.index for other in behind if other.prose][:HEADED_PROSE]
    return not following or bool(story[following].max() > 0)


def _authors(
    page: Page, shares: NDArray[np.float64], none: float
) -> tuple[tuple[str, ...], frozenset[int], list[Evidence]]:
    """Names of the likeliest byline and of those beside it; the lines; where the names stand."""
    order = np.argsort(-shares, kind="stable")[:MOST_BYLINES].tolist()
    best = order[0]
    likely = [i for i in order if shares[i] >= max(BESIDE_BEST * shares[best], LEAST_SHARE)]
    names: dict[str, str] = {}
    lines: list[int] = []
    for index in sorted(i for i in likely if abs(i - best) <= BESIDE_LINES):
        found = byline_names(page.lines[index].text)
        if found:
            lines.append(index)
        for name in found:
            names.setdefault(name_key(name), name)
    sure = 1.0 - none
    line = page.lines[best]
    signed = BYLINE_SHARE if "byline" in line.signs else AUTHOR_SHARE
    needed = LABEL_SHARE if is_labelled(line.text) else signed
    if not names or best not in lines or sure < needed:
        return (), frozenset(), []
    held = frozenset(i for i in lines if not page.lines[i].prose)
    evidence = _evidence(page, line, "authors", ", ".join(names.values()), sure)
    return tuple(names.values()), held, [evidence]


def _dates(page: Page, shares: NDArray[np.float64], none: float) -> tuple[_Dates, frozenset[int]]:
    """The dates of publication and of change, by column, and the lines that say only when."""
    order = np.argsort(-shares, kind="stable")[:MOST_TIMES].tolist()
    printed = [
        (i, column, each)
        for i in order
        if shares[i] >= LEAST_SHARE and len(page.lines[i].text) <= MAX_STAMP_CHARS
        for column, each in printed_dates(page.lines[i].text).items()
    ]
    dated = {i: float(shares[i]) for i, _, _ in printed}
    least = BESIDE_BEST * max(dated.values(), default=0.0)
    dates: _Dates = {}
    for index, column, each in printed:
        line = page.lines[index]
        rivals = {i: _day(p) for i, c, p in printed if c == column}
        same = sum(dated[i] for i, day in rivals.items() if day == _day(each))
        sure = same / (sum(dated[i] for i in rivals) + none)
        if column not in dates and sure >= TIME_SHARE and dated[index] >= least:
            value = line.text[each.start : each.end]
            evidence = _evidence(page, line, column, value, sure)
            dates[column] = each.timestamp, evidence
    stamps = (line for line in map(page.lines.__getitem__, dated) if dated[line.index] >= least)
    short = (n.index for n in stamps if not n.prose and n.word_count <= STAMP_WORDS_MOST)
    return dates, frozenset(short)


def _day(printed: PrintedDate) -> date:
    """The day as printed."""
    when = printed.timestamp
    return (when.instant + timedelta(minutes=when.offset_min or 0)).date()


def printed_dates(text: str) -> dict[str, PrintedDate]:
    """The first date of a line that says when the story was published, and when changed.

    >>> sorted(printed_dates("Updated: 1 October 2014 | Published: 28 March 2014"))
    ['date_modified', 'date_published']
    >>> printed_dates("Updated 8 March 2024").keys()
    dict_keys(['date_modified'])
    """
    labels = [
        (match.start(), match[0].casefold())
        for match in _WORD.finditer(text)
        if match[0].casefold() in UPDATED or match[0].casefold() in PUBLISHED
    ]
    starts = [0, *(start for start, _ in labels), len(text)]
    columns = ["date_published"]
    columns += ["date_modified" if word in UPDATED else "date_published" for _, word in labels]
    found: dict[str, PrintedDate] = {}
    for column, start, end in zip(columns, starts, starts[1:], strict=False):
        each = find_date(text[start:end])
        if each is not None and column not in found:
            found[column] = replace(each, start=each.start + start, end=each.end + start)
    return found


def _sites_in(page: Page, line: LineRecord) -> tuple[Evidence, ...]:
    """The sites that a line names; the domain of a public mail service says nothing."""
    found = []
    for pattern, sign in ((_EMAIL, "@"), (_DOMAIN_FIRST, " right")):
        if sign not in line.text or line.word_count > SITE_WORDS or len(line.text) > SITE_CHARS:
            continue
        match = pattern.search(line.text)
        domain = match["domain"] if match else ""
        if domain and domain.casefold() not in WORDS["mail_host"]:
            site = site_of("https://" + domain.casefold() + "/")
            if site:
                found.append(_evidence(page, line, "site", domain, "", site))
    return tuple(found)


def settle(heading: Heading, page: Page, cut: Mapping[int, str]) -> Settled:
    """Read what the lines in *cut* say that are known not to be the story, and the dateline.

    Two different sites say nothing.
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
    place = _place(page, cut, heading.title_index)
    evidence.extend(filter(None, (place,)))
    site = site_of(heading.url) if heading.url else None
    if len(sites) == 1:
        ((site, named),) = sites.items()
        evidence.append(named)
    return Settled(
        contributors=tuple(contributors),
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
            return _evidence(page, line, "dateline", dateline.place, "dateline")
    return None


def _evidence(
    page: Page, line: LineRecord, column: str, printed: str, source: str | float, value: str = ""
) -> Evidence:
    """Evidence with the place of *printed* in the raw text; the line's if characters differ.

    Args:
        source: what says so, or how sure the tagger is.
    """
    start = page.raw.find(printed, line.start, line.end)
    end = start + len(printed)
    if start < 0 or not printed:
        start, end = line.start, line.end
    said = source if isinstance(source, str) else f"tagger:{min(source, 1.0):.2f}"
    return Evidence(column, value or printed, said, start, end)


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
