"""What extractors say of a page: one parse, its metadata, and who takes what for the story.

The page is parsed once: metadata and blocks are read from the very tree that trafilatura then
takes apart; resiliparse has a parser of its own. trafilatura's own deduplication stays off,
because it remembers earlier pages.
"""

from __future__ import annotations

import logging
import unicodedata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from lxml.etree import LxmlError, _Element
from lxml.html import tostring
from resiliparse.extract.html2text import extract_plain_text
from trafilatura import bare_extraction
from trafilatura.metadata import (
    examine_meta,
    extract_author,
    extract_meta_json,
    extract_title,
    extract_url,
    find_date,
)
from trafilatura.settings import Document as Stated
from trafilatura.settings import use_config
from trafilatura.utils import load_html

from pipeline.clean.html.blocks import Blocks, read_blocks
from pipeline.clean.html.json_ld import Node, article_nodes, texts_of
from pipeline.clean.html.markup import Markup, read_markup
from pipeline.clean.html.metadata import PageMetadata, read_metadata
from pipeline.clean.timestamps import LAST_YEAR, parse_timestamp
from pipeline.records import Document, Evidence

EXTRACTOR = "trafilatura"

MAX_ELEMENTS = 50_000
"""Elements up to which a page is looked into: extraction takes about 0.2 ms for each of them,
and the largest of 2,300 benchmark pages has 10,100.
(The parser itself ends a page's nesting at 256 levels.)"""

MAX_CHARS = 8_000_000
"""Code points up to which a page is looked into: extraction takes about a second a million."""

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


_BUGS = (
    AssertionError, AttributeError, LookupError, LxmlError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What a library raises where a page holds what it did not think of."""

_Answer = TypeVar("_Answer")


class PageTooLargeError(ValueError):
    """The page is too large to be a story's, and would take too long."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """What is known of a page before its story is chosen.

    Attributes:
        metadata: by vote.
        blocks: the lines of the page.
        extractions: the story after trafilatura, resiliparse and the page's JSON-LD, blocks a
            line each, NFC; empty where one finds none.
        old: whether the page was built before there were elements for stories.
    """

    metadata: PageMetadata
    blocks: Blocks
    extractions: tuple[str, str, str]
    old: bool


def read_candidates(document: Document) -> Candidates | None:
    """Parse the HTML page that *document* holds and ask everyone about it.

    Returns:
        None when the page is empty.

    Raises:
        PageTooLargeError: it is larger than ``MAX_ELEMENTS`` or ``MAX_CHARS``.
    """
    content = _clean(document.content)
    # Every look at an element that nobody holds makes its object anew, and there are many looks.
    elements = _parse(content)
    if not elements:
        return None
    root = elements[0]
    blocks, nodes = read_blocks(root), article_nodes(root)
    metadata = _metadata(root, nodes, blocks, document)
    old = not root.xpath(_MODERN)
    stated = _stated(nodes)
    second = _second_text(root)
    elements.clear()
    extractions = (_main_text(root, metadata.url, careful=old), second, stated)
    return Candidates(metadata, blocks, extractions, old)


def metadata_alone(document: Document) -> PageMetadata:
    """What the record itself declares about a page that is not looked into."""
    return read_metadata(Markup(), [], Blocks(), document, lambda _url, _dated: [])


def _clean(content: str) -> str:
    # A byte order mark or a lone surrogate is no reason to lose a page.
    return content.encode("utf-8", "replace").decode("utf-8").lstrip("\ufeff")


def _parse(content: str) -> list[_Element]:
    """The elements of the page's tree, its root first; none when there is no tree."""
    if not content.strip():
        return []
    if len(content) > MAX_CHARS:
        raise PageTooLargeError
    root = load_html(content)
    if root is None and "<" in content:  # a fragment, as feeds and databases hold
        root = load_html(f"<html><body>{content}</body></html>")
    if root is None:
        return []
    elements = list(islice(root.iter(), MAX_ELEMENTS + 1))
    if len(elements) > MAX_ELEMENTS:
        raise PageTooLargeError
    return elements


def _metadata(
    root: _Element, nodes: list[Node], blocks: Blocks, document: Document
) -> PageMetadata:
    """Metadata by vote; trafilatura is asked only where the markup leaves a field unknown."""

    def second_opinion(url: str | None, dated: bool) -> list[Evidence]:
        return _trafilatura_votes(root, url, document.fetched_at, dated=dated)

    return read_metadata(read_markup(root), nodes, blocks, document, second_opinion)


def _trafilatura_votes(
    root: _Element, url: str | None, fetched_at: str | None, *, dated: bool
) -> list[Evidence]:
    """What trafilatura, and htmldate inside it, take for title, authors and day.

    Where the page is *dated* already, no day is sought: that costs most. The rest of the library's
    metadata (site, tags, licence) nobody asks for. Where it fails on a page it has no vote.
    """
    stated = _guarded(lambda: _title_and_authors(root), None)
    votes = [("title", stated.title), ("authors", stated.author)] if stated else []
    if not dated:
        address = (stated and stated.url) or _guarded(lambda: extract_url(root, url), None)
        votes.append(("date_published", _guarded(lambda: _day(root, address, fetched_at), None)))
    return [Evidence(field, value, EXTRACTOR) for field, value in votes if value]


def _guarded(ask: Callable[[], _Answer], without: _Answer) -> _Answer:
    """What *ask* says, *without* when it fails: a library's bug is no reason to lose a page."""
    try:
        return ask()
    except _BUGS:
        return without


def _title_and_authors(root: _Element) -> Stated:
    """Title, authors and address in the words of trafilatura's own ``extract_metadata``."""
    stated = examine_meta(root)
    if stated.author and " " not in stated.author:
        stated.author = None
    stated = _guarded(lambda: extract_meta_json(root, stated), stated)
    stated.title = stated.title or extract_title(root)
    stated.author = stated.author or extract_author(root)
    stated.clean_and_trim()
    return stated


def _day(root: _Element, url: str | None, fetched_at: str | None) -> str | None:
    """The day that htmldate finds, ISO 8601."""
    fetched = parse_timestamp(fetched_at or "")
    # The library's own bound is today: what a page says must not depend on when it is read.
    newest = fetched.instant.date().isoformat() if fetched else f"{LAST_YEAR}-12-31"
    with warnings.catch_warnings():
        # Zone letters in the page's dates: the page's matter, no fault of ours.
        warnings.simplefilter("ignore")
        day: str | None = find_date(
            root, extensive_search=True, original_date=True, url=url, max_date=newest
        )
    return day


def _main_text(root: _Element, url: str | None, *, careful: bool) -> str:
    """What trafilatura takes for the story."""
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


def _second_text(root: _Element) -> str:
    """What resiliparse takes for the story, at a tenth of trafilatura's cost.

    It reads the tree written out again: on tags that were never closed its own parser's time
    grows with their square.
    """
    page = tostring(root, encoding="unicode", method="html")
    text = extract_plain_text(page, main_content=True, alt_texts=False, comments=False)
    return unicodedata.normalize("NFC", text).strip()


def _stated(nodes: list[Node]) -> str:
    """The longest ``articleBody`` of the page's JSON-LD."""
    bodies = ("\n".join(texts_of(node.get("articleBody"))) for node in nodes)
    return unicodedata.normalize("NFC", max(bodies, key=len, default=""))
