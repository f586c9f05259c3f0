"""Plain text with the site's chrome around the story: lines in, article out.

read_page ─▶ headline, authors ─▶ RULES ─▶ line model ─▶ text · removed · metadata with evidence
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.clean.dates import parse_timestamp
from pipeline.clean.lines.heading import (
    find_authors,
    find_contributors,
    find_dates,
    find_place,
    find_site,
    find_title,
)
from pipeline.clean.lines.model import Scores, chrome_lines, reasons_for, score_pages
from pipeline.clean.lines.page import Mode, Page, read_page
from pipeline.clean.lines.page_rules import entry_times
from pipeline.clean.lines.rules import rule_hits
from pipeline.config import CleanConfig
from pipeline.records import Article, Document, Evidence, Removed, Timestamp
from pipeline.text.unicode import normalize
from pipeline.urls import canonical_url, site_of

_Read = tuple[Page, list[Evidence], dict[str, frozenset[int]]]


EXTRACTOR = "lines"
"""Value of ``articles.extractor`` for texts cleaned by line rules."""

HINTS = ("outside_story",)
"""Rules that only inform the line model: alone they cost more story than they cut chrome."""

MAX_LINES = 5_000
"""Lines above which a text is like none that was learned from: named rules have to do."""

MODES: tuple[Mode, ...] = ("careful", "default", "thorough")

PROSE_FREE_RULES = frozenset({"repeated_title", "bullet_only"})
"""Rules that act without prose around: a list, a table or a poem keeps its short lines."""


def clean_text(
    document: Document, config: CleanConfig, repeated: frozenset[str] = frozenset()
) -> Article:
    """Clean a plain text; what the record declares wins over what the text says.

    Args:
        repeated: short lines of it that stand on many pages of its site.
    """
    page, evidence = _read_heading(document, config, repeated)
    hits = rule_hits(page)
    scores = score_pages([page], [hits])[0] if _is_judged(page) else None
    return _article(document, page, evidence, find_chrome(page, hits, scores))


def clean_texts(
    documents: Sequence[Document], config: CleanConfig, repeated: Sequence[frozenset[str]]
) -> list[Article | Exception]:
    """Clean many plain texts as ``clean_text`` does each, for a good deal less time a text.

    Args:
        repeated: of each document, its short lines that stand on many pages of its site.

    Returns:
        For each document its article, or the exception that it provoked: others do not suffer.
    """
    results: list[Article | Exception | None] = [None] * len(documents)
    read: dict[int, _Read] = {}
    for index, document in enumerate(documents):
        try:
            page, evidence = _read_heading(document, config, repeated[index])
            read[index] = page, evidence, rule_hits(page)
        except Exception as error:  # noqa: BLE001
            results[index] = error
    judged = [index for index, (page, _, _) in read.items() if _is_judged(page)]
    try:
        found = score_pages([read[i][0] for i in judged], [read[i][2] for i in judged])
        scores = dict(zip(judged, found, strict=True))
    except Exception:  # noqa: BLE001
        alone = zip(documents, repeated, strict=True)
        return [_cleaned_alone(document, config, lines) for document, lines in alone]
    for index, (page, evidence, hits) in read.items():
        try:
            cut = find_chrome(page, hits, scores.get(index))
            results[index] = _article(documents[index], page, evidence, cut)
        except Exception as error:  # noqa: BLE001
            results[index] = error
    return [result for result in results if result is not None]


def _cleaned_alone(
    document: Document, config: CleanConfig, repeated: frozenset[str]
) -> Article | Exception:
    """The article, or what went wrong: for blocks in which one document breaks the model."""
    try:
        return clean_text(document, config, repeated)
    except Exception as error:  # noqa: BLE001
        return error


def _is_judged(page: Page) -> bool:
    """Whether the line model knows pages like this one."""
    return page.prose_words > 0 and len(page.lines) <= MAX_LINES


def _article(
    document: Document, page: Page, evidence: list[Evidence], cut: dict[int, str]
) -> Article:
    """The article that is left of *page* without the lines in *cut*."""
    kept = [line for line in page.lines if line.index not in cut and line.index != page.title_index]
    contributors, credits_found = find_contributors(page, cut)
    evidence.extend(found.evidence("contributors") for found in credits_found)
    published, modified = _dates(page, cut, document, evidence)
    url = canonical_url(document.url) if document.url else None
    place = find_place(page, kept)
    if place:
        evidence.append(place.evidence("dateline"))
    return Article(
        document=document,
        text="\n\n".join(line.text for line in kept),
        extractor=EXTRACTOR,
        title=page.title,
        authors=page.authors,
        contributors=contributors,
        date_published=published,
        date_modified=modified,
        fetched_at=parse_timestamp(document.fetched_at) if document.fetched_at else None,
        url=url,
        site=_site(page, cut, url, evidence),
        dateline=place.value if place else None,
        removed=tuple(Removed(page.lines[i].start, page.lines[i].end, cut[i]) for i in sorted(cut)),
        evidence=tuple(evidence),
        flags=_flags(page, cut, document, published),
        raw_char_count=len(document.content),
    )


def find_chrome(
    page: Page, hits: dict[str, frozenset[int]], scores: Scores | None
) -> dict[int, str]:
    """Line number → what takes it for chrome; the headline's line is none.

    A named rule's word stands, but for ``HINTS``; of all other lines the line model decides. Where
    no line is prose, nothing is learned about: a list, a table or a poem stays.
    """
    known: dict[int, str] = {}
    for name, found in hits.items():
        if name not in HINTS and (page.prose_words or name in PROSE_FREE_RULES):
            for index in found:
                known.setdefault(index, name)
    for index in page.repeated:
        if not _inside_sentence(page, index):
            known.setdefault(index, "site_repetition")
    cut = known if scores is None else _judge(page, scores, hits, known)
    if page.title_index is not None:
        cut.pop(page.title_index, None)
    return cut


def _inside_sentence(page: Page, index: int) -> bool:
    """Whether a line is the text of a link that stands in the middle of a sentence."""
    if not 0 < index < len(page.lines) - 1:
        return False
    before, after = page.lines[index - 1], page.lines[index + 1]
    goes_on = after.text[0].islower() or after.text[0] in ",.;:)’'"
    return goes_on and not before.terminal


def _judge(
    page: Page, scores: Scores, hits: dict[str, frozenset[int]], known: dict[int, str]
) -> dict[int, str]:
    """What the model and the rules drop; where no prose would be left, a more careful mode's word.

    When even the most careful one leaves none, the page is like nothing that was learned from: then
    the rules decide alone, hints too.
    """
    times = entry_times(page)
    for mode in MODES[: MODES.index(page.mode) + 1][::-1]:
        dropped = chrome_lines(scores, mode, known.keys(), times)
        gone = frozenset(dropped)
        if any(line.prose and line.index not in gone for line in page.lines):
            break
    else:
        dropped = sorted(known.keys() | {i for name in HINTS for i in hits[name]})
    cut = known | {index: _hint(hits, index) for index in dropped if index not in known}
    unnamed = [index for index in dropped if not cut[index]]
    if not unnamed:
        return cut
    return cut | dict(zip(unnamed, reasons_for(scores, unnamed, mode), strict=True))


def _hint(hits: dict[str, frozenset[int]], index: int) -> str:
    """The hint that agrees with the model about a line; empty when none does."""
    return next((name for name in HINTS if index in hits[name]), "")


def _read_heading(
    document: Document, config: CleanConfig, repeated: frozenset[str]
) -> tuple[Page, list[Evidence]]:
    """The page with its headline and authors, and what says so."""
    page = read_page(document.content, config.mode)
    if repeated:
        numbers = (line.index for line in page.lines if line.text in repeated)
        page = replace(page, repeated=frozenset(numbers))
    evidence: list[Evidence] = []
    title = normalize(document.title or "") or None
    title_index = None
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
        authors, found_authors = find_authors(page)
        evidence.extend(found.evidence("authors") for found in found_authors)
    return replace(page, title=title, title_index=title_index, authors=authors), evidence


def _dates(
    page: Page, cut: dict[int, str], document: Document, evidence: list[Evidence]
) -> tuple[Timestamp | None, Timestamp | None]:
    """When the story was published and changed; a declared date that cannot be read gives None."""
    found = find_dates(page, cut)
    dates = {field: timestamp for field, (timestamp, _) in found.items()}
    if document.date_published:
        found.pop("date_published", None)
        evidence.append(Evidence("date_published", document.date_published, "record"))
        published = parse_timestamp(document.date_published)
    else:
        published = dates.get("date_published")
    evidence.extend(source.evidence(field) for field, (_, source) in found.items())
    return published, dates.get("date_modified")


def _site(page: Page, cut: dict[int, str], url: str | None, evidence: list[Evidence]) -> str | None:
    """The site of the record's url, else the one that the text's own chrome names."""
    if url:
        return site_of(url)
    found = find_site(page, cut)
    if found is None:
        return None
    evidence.append(found.evidence("site"))
    return found.value


def _flags(
    page: Page, cut: dict[int, str], document: Document, published: Timestamp | None
) -> tuple[str, ...]:
    """Names from ``flags.FLAGS`` that hold, in its order."""
    flags = []
    if document.date_published and published is None:
        flags.append("date_unparsable")
    if not page.prose_words:
        flags.append("no_prose")
    if page.wrapped:
        flags.append("hard_wrapped")
    if "outside_story" in cut.values():
        flags.append("whole_page")
    return tuple(flags)
