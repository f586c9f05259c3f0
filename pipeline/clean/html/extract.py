"""A page to an article: main text by trafilatura, metadata by vote.

The page is parsed once: metadata is read from the very tree that the extraction then takes
apart. trafilatura's own deduplication stays off, because it remembers earlier pages.
"""

from __future__ import annotations

import logging
import re
import unicodedata
import warnings
from itertools import islice

from lxml.etree import _Element
from lxml.html import document_fromstring
from trafilatura import bare_extraction
from trafilatura.metadata import extract_metadata
from trafilatura.settings import use_config
from trafilatura.utils import load_html

from pipeline.clean.html.metadata import PageMetadata, read_metadata
from pipeline.clean.person_names import author_names, name_key
from pipeline.clean.timestamps import LAST_YEAR, parse_timestamp
from pipeline.config import CleanConfig
from pipeline.records import Article, Document, Evidence, Removed

EXTRACTOR = "trafilatura"

MAX_ELEMENTS = 50_000
"""Elements up to which a page is looked into: extraction takes about 0.2 ms for each of them,
and the largest of 2,300 benchmark pages has 10,100.
(The parser itself ends a page's nesting at 256 levels.)"""

MAX_CHARS = 8_000_000
"""Code points up to which a page is looked into: extraction takes about a second a million."""

HEAD_LINES = 6
"""Lines at the start of an extraction among which headline, byline and time stamp are sought."""

MAX_HEAD_CHARS = 300
"""A longer line is no headline, byline or time stamp."""

_CONFIG = use_config()
# Unset by default: a page may not come out larger than it may come in.
_CONFIG.set("DEFAULT", "MAX_TREE_SIZE", str(MAX_ELEMENTS))

# Pages that give nothing are no news for the log: they become rejects with a reason.
for _name in ("trafilatura", "htmldate", "courlan"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_MODERN = (
    "//article | //main | //meta[@name='viewport'] | //meta[starts-with(@property, 'og:')]"
    " | //script[contains(@type, 'ld+json')]"
)
"""Pages with none of these were built when tables held the story and the menus alike: there
trafilatura's precision mode is better (daniel: .865 against .840), elsewhere worse."""

_HEADING_MARK = re.compile(r"^(?:#+|[-–—*•])\s+")


def extract_page(document: Document, config: CleanConfig) -> Article:
    """Take the article out of the HTML page that *document* holds.

    The text is what trafilatura takes for the story, a blank line between its blocks, less
    the headline, byline and time stamp before it; empty when it finds none, and for pages
    that are larger than ``MAX_ELEMENTS`` or ``MAX_CHARS``.

    Args:
        document: ``content`` is the decoded page.
        config: not asked yet: what trafilatura keeps does not depend on the mode.

    Returns:
        An article whose ``removed`` spans count the code points of the extraction:
        trafilatura's blocks, NFC, each ended by one line feed.
    """
    del config
    root = _parse(document.content)
    metadata = _metadata(root, document)
    extraction = "" if root is None else _main_text(root, metadata.url)
    text, removed = _without_head(extraction, metadata)
    return Article(
        document=document,
        text=text,
        extractor=EXTRACTOR,
        title=metadata.title,
        authors=metadata.authors,
        date_published=metadata.date_published,
        date_modified=metadata.date_modified,
        fetched_at=metadata.fetched_at,
        url=metadata.url,
        site=metadata.site,
        section=metadata.section,
        keywords=metadata.keywords,
        removed=removed,
        evidence=metadata.evidence,
        raw_char_count=len(document.content),
        extraction=extraction,
    )


def _parse(content: str) -> _Element | None:
    """The page's tree; None when there is none, or one too large to be a story's."""
    # A byte order mark or a lone surrogate is no reason to lose a page.
    content = content.encode("utf-8", "replace").decode("utf-8").lstrip("\ufeff")
    if not content.strip() or len(content) > MAX_CHARS:
        return None
    root = load_html(content)
    if root is None and "<" in content:  # a fragment, as feeds and databases hold
        root = load_html(f"<html><body>{content}</body></html>")
    if root is None:
        return None
    if sum(1 for _ in islice(root.iter(), MAX_ELEMENTS + 1)) > MAX_ELEMENTS:
        return None
    return root


def _metadata(root: _Element | None, document: Document) -> PageMetadata:
    """Metadata by vote; trafilatura is asked only where the markup leaves a field unknown."""

    def second_opinion(url: str | None) -> list[Evidence]:
        return [] if root is None else _trafilatura_votes(root, url, document.fetched_at)

    empty = document_fromstring("<html></html>")
    return read_metadata(empty if root is None else root, document, second_opinion)


def _trafilatura_votes(root: _Element, url: str | None, fetched_at: str | None) -> list[Evidence]:
    """What trafilatura, and htmldate inside it, take for title, authors and day."""
    fetched = parse_timestamp(fetched_at or "")
    # The library's own bound is today: what a page says must not depend on when it is read.
    newest = fetched.instant.date().isoformat() if fetched else f"{LAST_YEAR}-12-31"
    dates = {"original_date": True, "extensive_search": True, "max_date": newest}
    with warnings.catch_warnings():
        # Zone letters in the page's dates: the page's matter, no fault of ours.
        warnings.simplefilter("ignore")
        found = extract_metadata(root, default_url=url, date_config=dates, extensive=True)
    stated = (("title", found.title), ("authors", found.author), ("date_published", found.date))
    return [Evidence(field, value, EXTRACTOR) for field, value in stated if value]


def _main_text(root: _Element, url: str | None) -> str:
    """The extraction: blocks that trafilatura takes for the story, a line each."""
    careful = not root.xpath(_MODERN)
    text = _extracted(root, url, favor_precision=careful)
    if careful and not text:
        text = _extracted(root, url, favor_precision=False)
    return unicodedata.normalize("NFC", text).strip()


def _extracted(root: _Element, url: str | None, *, favor_precision: bool) -> str:
    found = bare_extraction(
        root,
        url=url,
        include_comments=False,
        deduplicate=False,
        favor_precision=favor_precision,
        with_metadata=False,
        config=_CONFIG,
    )
    return (found.text or "") if found else ""


def _without_head(extraction: str, metadata: PageMetadata) -> tuple[str, tuple[Removed, ...]]:
    """The extraction as paragraphs, less what metadata fields already say, and those spans."""
    kept: list[str] = []
    removed: list[Removed] = []
    start = 0
    for number, line in enumerate(extraction.split("\n")):
        end = start + len(line)
        rule = _head_rule(line, metadata) if number < HEAD_LINES else None
        if rule is not None:
            removed.append(Removed(start, end, rule))
        elif line.strip():
            kept.append(line.strip())
        start = end + 1
    return "\n\n".join(kept), tuple(removed)


def _head_rule(line: str, metadata: PageMetadata) -> str | None:
    """The field that *line* only repeats, or None."""
    text = _HEADING_MARK.sub("", line.strip())
    key = name_key(text)
    if not key or len(text) > MAX_HEAD_CHARS:
        return None
    titles = (item.value for item in metadata.evidence if item.field == "title")
    if any(key == name_key(title) for title in titles):
        return "headline"
    if metadata.authors and set(author_names([text])) == set(metadata.authors):
        return "byline"
    if parse_timestamp(text) is not None:
        return "timestamp"
    return None
