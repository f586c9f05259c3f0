"""What a text says about itself: headline, authors, dates, site and dateline, each with its place.

``read`` asks the tagger which line has which role, before any line is judged; ``settle`` adds what
depends on the lines that are cut. None means unknown: a value counts only where the text states it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from pipeline.clean.dates import PrintedDate, find_date, parse_timestamp
from pipeline.clean.lines.bylines import PUBLISHED, UPDATED, byline_names, is_labelled
from pipeline.clean.lines.page import DATES_IN_LIST, LineRecord, Page
from pipeline.clean.lines.phrases import WORDS
from pipeline.clean.lines.signs import CLOSING, agencies
from pipeline.clean.lines.tagger import Tags
from pipeline.clean.names import read_contributors
from pipeline.records import Document, Evidence, Timestamp
from pipeline.text.unicode import normalize
from pipeline.urls import canonical_url, site_of

FIRST_SHARE, TITLE_SHARE, TIME_SHARE, ENTRY_SHARE = 0.5, 0.8, 0.6, 0.8
AUTHOR_SHARE, DATED_SHARE, LABEL_SHARE = 0.85, 0.7, 0.05
"""Shares from which a role is believed: a headline that is the first line, another one, a date, one
of many; a byline, one right above a date, one behind ``Author:`` and the like; decision 32."""
HEADLINE_WORDS, MOST_HEADLINE_WORDS = 3, 24
"""Words of the shortest and the longest first line that is a headline however unsure the tagger."""
HEADED_LINES = 8
"""Lines after a headline among which prose is looked for."""
ABOVE_BYLINE, BUTTON_WORDS, NOTICE_LINES = 1.5, 5, 6
"""What the share of a line right above the byline or time stamp is multiplied by; words of the
longest button that is never a headline; lines above the one over the first paragraph among which a
notice of consent leaves that one as the headline."""
SPARED_SHARE, LEAST_SHARE = 0.15, 0.04
"""Shares from which a line may be the headline, or a time stamp, and from which it is looked at."""
BESIDE_BEST, BESIDE_NAME, MOST_TIMES = 0.25, 0.25, 5
"""Share of the likeliest time stamp's from which a line is one too; share from which the date of a
byline is believed; lines looked at."""
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


@dataclass
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
        fetched_at, url, site: of the record; without a url the site is known after ``settle``.
        contributors, dateline: known once the lines that are cut are known, see ``settle``.
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


_Dates = dict[str, tuple[Timestamp, Evidence]]


def read(page: Page, document: Document, tags: Tags | None) -> Heading:
    """Read title, authors and dates; what the record declares wins over what the text says.

    What the text says counts where the tagger is sure enough.
    """
    heading = read_roles(page, tags) if tags is not None and page.prose_before[-1] else Heading()
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
    heading.fetched_at = parse_timestamp(document.fetched_at or "")
    heading.url = canonical_url(document.url or "")
    heading.site = site_of(heading.url or "")
    return heading


def read_roles(page: Page, tags: Tags) -> Heading:
    """Headline, authors and dates of a text, where the tagger is sure enough; else None each."""
    shares: list[list[float]] = tags.roles.T.tolist()
    headline, byline, time = shares
    _, no_byline, no_time = tags.none.tolist()
    # In a list of dates, or a live blog, each belongs to its entry, unless one stands out.
    entries = [index for index in page.entry_times if page.share_before(index) > 0]
    if len(entries) >= DATES_IN_LIST and max(time[index] for index in entries) < ENTRY_SHARE:
        for index in entries:
            time[index] = 0.0
    authors, bylines, evidence = _authors(page, byline, 1.0 - no_byline, time)
    dates, times = _dates(page, time, no_time, bylines)
    for index in bylines | times:
        headline[index] = 0.0
        if index and index - 1 not in bylines | times:
            headline[index - 1] *= ABOVE_BYLINE
    title, sure, spared = _headline(page, headline, tags.story.tolist())
    if title is not None:
        source = sure or ("above_story" if title.index else "first_line")
        evidence.insert(0, _evidence(page, title, "title", title.text, source))
    return Heading(
        title=title and title.text,
        title_index=title and title.index,
        spared=spared,
        authors=authors,
        published=dates["date_published"][0] if "date_published" in dates else None,
        modified=dates["date_modified"][0] if "date_modified" in dates else None,
        bylines=bylines,
        times=times,
        evidence=evidence + [each for _, each in dates.values()],
    )


def _headline(
    page: Page, shares: list[float], story: Sequence[float]
) -> tuple[LineRecord | None, float, frozenset[int]]:
    """The line that is the headline and its share, and those that may be one where none is sure.

    A line above text that is not the story most likely heads a notice.
    """
    likely = [
        line
        for line, share in zip(page.lines, shares, strict=True)
        if share >= LEAST_SHARE
        and line.words
        and line.word_count > (BUTTON_WORDS if line.kinds else 1)
    ]
    if likely:
        line = max(likely, key=lambda n: (_heads_story(page, n, story), shares[n.index]))
        opening = line.words[0]
        alike = [n for n in page.lines if n.words and n.words[0] == opening]
        # Of a headline, and the same with the site's name after it, the headline counts.
        line = next((n for n in alike if _is_name_of(line, n.words)), line)
        same = [n.index for n in alike if n.words == line.words or _is_name_of(n, line.words)]
        sure = sum(shares[index] for index in same)
        needed = TITLE_SHARE if line.index else FIRST_SHARE
        if sure >= needed and len(line.text) <= TITLE_CHARS:
            return line, sure, frozenset()
    first = _opens_story(page, story, sure=shares[0] >= LEAST_SHARE or story[0] > 0)
    if first is not None:
        return first, 0.0, frozenset()
    above = _above_story(page, story)
    notice = page.lines[max(above[0].index - NOTICE_LINES, 0) : above[0].index] if above else ()
    if any("legal" in other.kinds for other in notice):
        return above[0], 0.0, frozenset()
    spared = {n.index for n in likely if shares[n.index] >= SPARED_SHARE}
    return None, 0.0, frozenset(spared.union(line.index for line in above))


def _is_name_of(line: LineRecord, words: tuple[str, ...]) -> bool:
    """Whether a line is a headline of these *words*, and the site's name after it."""
    size = len(words)
    return (
        2 < size < len(line.words)
        and line.words[:size] == words
        and bool(_SITE_NAME.search(line.text))
    )


def _opens_story(page: Page, story: Sequence[float], *, sure: bool) -> LineRecord | None:
    """The first line where it must be a headline: a few words right above a paragraph.

    Args:
        sure: whether the tagger does not rule it out; a line that is printed twice needs no more.
    """
    line, *behind = page.lines[:3]
    if behind and (behind[0].words == line.words or _is_name_of(line, behind[0].words)):
        line, sure = behind.pop(0), True
    if not (sure and behind and behind[0].prose and story[behind[0].index] > 0):
        return None
    few = HEADLINE_WORDS <= line.word_count <= MOST_HEADLINE_WORDS
    ended = line.text.rstrip(CLOSING).endswith((".", "。", ":", ";", ","))
    plain = not (line.prose or line.kinds or line.signs or ended) and not line.text[0].isdigit()
    return line if few and plain and not line.text[0].islower() else None


def _above_story(page: Page, story: Sequence[float]) -> list[LineRecord]:
    """The line right above the first paragraph of the story, where it may be a headline."""
    first = next((o.index for o in page.lines if o.prose and not o.kinds and story[o.index] > 0), 0)
    line = page.lines[first - 1]
    plain = not (line.prose or line.kinds or line.signs) and line.word_count >= HEADLINE_WORDS
    return [line] if first and plain else []


def _heads_story(page: Page, line: LineRecord, story: Sequence[float]) -> bool:
    """Whether the next prose behind a line is story; at a text's end, whether any could be."""
    behind = page.lines[line.index + 1 : line.index + 1 + HEADED_LINES]
    following = next((other.index for other in behind if other.prose), None)
    return following is None or story[following] > 0


def _authors(
    page: Page, shares: list[float], sure: float, time: list[float]
) -> tuple[tuple[str, ...], frozenset[int], list[Evidence]]:
    """Names of the likeliest byline; its line, unless it is prose; where the names stand."""
    line = page.lines[shares.index(max(shares))]
    dated = max(time[line.index + 1 : line.index + 2], default=0.0) >= TIME_SHARE
    believed = sure >= (DATED_SHARE if dated else AUTHOR_SHARE) or (
        sure >= LABEL_SHARE and is_labelled(line.text)
    )
    names = byline_names(line.text) if believed else ()
    if not names:
        return (), frozenset(), []
    held = frozenset[int]() if line.prose else frozenset((line.index,))
    return names, held, [_evidence(page, line, "authors", ", ".join(names), sure)]


def _dates(
    page: Page, shares: list[float], none: float, bylines: frozenset[int]
) -> tuple[_Dates, frozenset[int]]:
    """The dates of publication and of change, by column, and the lines that say only when."""
    likely = [n for n in page.lines if shares[n.index] >= LEAST_SHARE]
    likely.sort(key=lambda each: -shares[each.index])
    printed = [
        (line, column, each)
        for line in likely[:MOST_TIMES]
        if len(line.text) <= MAX_STAMP_CHARS
        for column, each in printed_dates(line.text).items()
    ]
    least = BESIDE_BEST * max((shares[line.index] for line, _, _ in printed), default=0.0)
    dates: _Dates = {}
    for line, column, each in printed:
        rivals = {n.index: p.timestamp.day for n, c, p in printed if c == column}
        same = sum(shares[i] for i, day in rivals.items() if day == each.timestamp.day)
        sure = same / (sum(shares[i] for i in rivals) + none)
        needed = BESIDE_NAME if line.index in bylines else TIME_SHARE
        if column not in dates and sure >= needed and shares[line.index] >= least:
            value = line.text[each.start : each.end]
            dates[column] = each.timestamp, _evidence(page, line, column, value, sure)
    stamps = (line for line, _, _ in printed if shares[line.index] >= max(least, SPARED_SHARE))
    short = (n.index for n in stamps if not n.prose and n.word_count <= STAMP_WORDS_MOST)
    return dates, frozenset(short)


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


def settle(heading: Heading, page: Page, cut: Mapping[int, str], document: Document) -> None:
    """Read what the lines in *cut* say that are known not to be the story, and the dateline.

    A site is the domain of a mail address or of a comment policy; two different ones say nothing,
    and the record's own wins. So does its date: the dateline's is not asked then.
    """
    sites: dict[str, Evidence] = {}
    for index, rule in cut.items():
        line = page.lines[index]
        if rule == "contributor_credit":
            new = [n for n in read_contributors(line.text) if n not in heading.contributors]
            heading.contributors += tuple(new)
            said = [Evidence("contributors", ", ".join(new), "credit", line.start, line.end)]
            heading.evidence += said if new else []
        for named in () if heading.url else _sites_in(page, line):
            sites.setdefault(named.value, replace(named, source=rule))
    for line, dateline in _place(page, cut):
        heading.dateline = dateline.place
        heading.evidence.append(_evidence(page, line, "dateline", dateline.place, "dateline"))
        printed = dateline.printed
        if printed is not None and not (heading.published or document.date_published):
            heading.published = printed.timestamp
            value = line.text[printed.start : printed.end]
            heading.evidence.append(_evidence(page, line, "date_published", value, "dateline"))
    if document.site and heading.url is None:
        sites = {document.site: Evidence("site", document.site, "record")}
    if len(sites) == 1:
        ((heading.site, named),) = sites.items()
        heading.evidence.append(named)


def _place(page: Page, cut: Mapping[int, str]) -> list[tuple[LineRecord, Dateline]]:
    """The dateline that opens one of the first paragraphs kept, with its line; else none."""
    kept = (n for n in page.lines if n.prose and n.index not in cut and n.index != page.title_index)
    found = ((line, find_dateline(line.text)) for line in islice(kept, DATELINE_LINES))
    return [(line, dateline) for line, dateline in found if dateline][:1]


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
    r"|,?\s\d{1,2}\s[^\W\d_]{3,10}\.?(?:\s\([^()]{2,40}\))?)(?:\s?/[\w .-]{2,30}/)?"
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
    """The place as written, the characters of the line that hold it, and the day beside it."""

    place: str
    start: int
    end: int
    printed: PrintedDate | None


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
    place, (start, end) = match["place"], match.span("place")
    return Dateline(place, start, end, find_date(match[0]))


def _is_place(place: str, text: str) -> bool:
    """Whether words before a dash are a place: capitals, a state's short name after a comma."""
    name, _, _state = place.partition(",")
    words = re.findall(r"[^\W\d_]+", name)
    if not words or not all(word.isupper() for word in words) or words[0] in _ABBREVIATIONS:
        return False
    # A short abbreviation, or a heading in capitals throughout, is no dispatch.
    return sum(map(len, words)) >= 5 and len(text) >= 60 and not text.isupper()
