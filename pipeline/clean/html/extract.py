"""Turns a page into an article (``extract_page``); lists what was left out (``page_blocks``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.clean.bylines import byline_names
from pipeline.clean.dates import find_date, parse_timestamp
from pipeline.clean.html.block_model import Line, select
from pipeline.clean.html.blocks import LINE_BREAK, mask_with
from pipeline.clean.html.candidates import read_candidates
from pipeline.clean.html.metadata import PageMetadata, declared
from pipeline.clean.html.title import HEADLINE_WORDS, KICKER_WORDS, title_parts
from pipeline.clean.names import author_names, name_key
from pipeline.records import Article, Document, Removed

HEAD_LINES = 6
"""Number of first lines that may repeat headline, byline or time stamp."""
MAX_HEAD_CHARS = 300
"""Maximum length of such a line."""
MAX_LABEL_LETTERS = 16
"""Maximum letters besides the date in a time stamp: *Published*, *Updated*, a weekday."""
_HEADING_MARK = re.compile(r"^(?:#+|[-–—*•])\s+")


def extract_page(document: Document) -> Article:
    """Extract the article from the HTML page in *document*.

    The text is what the page model selects, without the headline, byline and time stamp before
    it; blank lines separate blocks. It is empty if there is no story, and, with the flag
    ``page_too_large``, for pages over ``MAX_ELEMENTS`` or ``MAX_CHARS``.

    Args:
        document: ``content`` is the decoded page.

    Returns:
        An article whose ``removed`` spans are code point offsets in the extraction: the blocks
        that trafilatura or the page model took, NFC, separated by line feeds.
    """
    candidates = read_candidates(document)
    metadata, story = candidates.metadata, select(candidates)
    text, removed = without_head(story.lines, metadata)
    own_site = None if metadata.url else document.site
    return Article(
        document=document,
        text=text,
        extractor=story.extractor,
        title=metadata.title,
        authors=metadata.authors,
        date_published=metadata.date_published,
        date_modified=metadata.date_modified,
        fetched_at=metadata.fetched_at,
        url=metadata.url,
        site=own_site or metadata.site,
        section=metadata.section,
        keywords=metadata.keywords,
        removed=removed,
        evidence=(*metadata.evidence, *story.evidence, *declared("site", own_site)),
        flags=(
            *document.flags,
            *("date_unparsable",) * bool(document.date_published and not metadata.own_date),
            *("page_too_large",) * candidates.too_large,
        ),
        raw_char_count=len(document.content),
        extraction="\n".join(line for line, _ in story.lines),
    )


def without_head(lines: Sequence[Line], metadata: PageMetadata) -> tuple[str, tuple[Removed, ...]]:
    """The *lines* of a story as paragraphs, without those that repeat metadata; and all removed."""
    title = metadata.title or ""
    # Other headings than the title may belong to the story.
    others = [e.value for e in metadata.evidence if e.field == "title" and e.source != "h1"]
    headlines = [name_key(each) for each in (*title_parts(title), *others)]
    kept: list[str] = []
    removed: list[Removed] = []
    start = seen = 0
    for line, reason in lines:
        rule = (seen < HEAD_LINES and _head_rule(line, metadata, headlines)) or reason
        seen += reason is None
        if rule:
            removed.append(Removed(start, start + len(line), rule))
        elif line.strip():
            kept.append(line.strip().replace(LINE_BREAK, "\n"))
        start += len(line) + 1
    return "\n\n".join(kept), tuple(removed)


def _head_rule(line: str, metadata: PageMetadata, headlines: list[str]) -> str | None:
    """The name of the rule for a *line* that only repeats metadata, or None.

    Args:
        headlines: ``name_key`` of the title, then of its parts and of other candidates.
    """
    text = _HEADING_MARK.sub("", line.strip())
    key = name_key(text)
    if not key or len(text) > MAX_HEAD_CHARS:
        return None
    before = key.removesuffix(headlines[0]).split()  # a kicker, such as *Exclusive*
    long = len(headlines[0].split()) >= HEADLINE_WORDS and key.endswith(headlines[0])
    if key in headlines or (long and len(before) <= KICKER_WORDS):
        return "headline"
    if key in metadata.site_names:
        return "site_name"
    named = set(metadata.authors)
    if named and named in (set(author_names([text])), set(byline_names(text))):
        return "byline"
    printed = find_date(text)
    rest = text[: printed.start] + text[printed.end :] if printed else text
    labelled = printed is not None and sum(map(str.isalpha, rest)) <= MAX_LABEL_LETTERS
    return "timestamp" if labelled or parse_timestamp(text) is not None else None


WHERE = {
    "nav": "navigation", "comment": "comments",
    "account": "cookie, newsletter or login box", "share": "share buttons",
    "ad": "advertisement", "related": "related stories", "footer": "footer", "foot": "footer",
    "form": "form", "aside": "sidebar", "side": "sidebar", "header": "page header",
    "head": "page header", "figure": "picture", "caption": "picture",
}  # fmt: skip
"""Flag in ``Blocks.around`` → the part of the page; the first one that is set counts."""


class PageBlock(NamedTuple):
    """A block of text of a page.

    Attributes:
        line: its line in the extraction, from 0; None if it was left out.
        by: what left it out: trafilatura, resiliparse, and always the page model.
        where: the part of the page that contains it, according to its markup; None if unknown.
    """

    text: str
    line: int | None
    by: tuple[str, ...] = ()
    where: str | None = None


def page_blocks(document: Document, extraction: str) -> list[PageBlock]:
    """List the blocks of the page in *document* in reading order, extracted or left out.

    Lines of *extraction* that are not a block of the page, such as text from its JSON-LD, are
    listed before the next one that is.

    Args:
        extraction: of the same page, as in ``Article.extraction``.
    """
    candidates = read_candidates(document)
    lines = extraction.split("\n") if extraction else []
    whole = [PageBlock(text, line) for line, text in enumerate(lines)]
    first, second = (set(each.split("\n")) for each in candidates.extractions)
    places: dict[str, list[int]] = {}
    for number, extracted in enumerate(lines):
        places.setdefault(extracted.strip(), []).append(number)
    found: list[PageBlock] = []
    listed = 0
    blocks = candidates.blocks
    for text, around in zip(blocks.texts, blocks.around, strict=True):
        line = next((each for each in places.get(text, ()) if each >= listed), None)
        if line is None:
            takers = (("trafilatura", first), ("resiliparse", second))
            by = [name for name, taken in takers if text not in taken]
            where = next((part for flag, part in WHERE.items() if around & mask_with(flag)), None)
            found.append(PageBlock(text, None, (*by, "page model"), where))
            continue
        found += whole[listed : line + 1]
        listed = line + 1
    return found + whole[listed:]
