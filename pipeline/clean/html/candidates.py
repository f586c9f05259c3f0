"""What extractors say of a page: one parse, its metadata, and who takes what for the story.

The page is parsed once: metadata and blocks are read from the very tree that trafilatura then
takes apart; resiliparse has a parser of its own. trafilatura's own deduplication stays off,
because it remembers earlier pages.
"""

from __future__ import annotations

import logging
import unicodedata
import warnings
from dataclasses import dataclass
from itertools import islice

from lxml.etree import _Element
from lxml.html import document_fromstring, tostring
from resiliparse.extract.html2text import extract_plain_text
from trafilatura import bare_extraction
from trafilatura.metadata import extract_metadata
from trafilatura.settings import use_config
from trafilatura.utils import load_html

from pipeline.clean.html.blocks import Blocks, read_blocks
from pipeline.clean.html.json_ld import article_nodes, texts_of
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
    root = _parse(content)
    if root is None:
        return None
    blocks = read_blocks(root)
    metadata = _metadata(root, blocks, document)
    old = not root.xpath(_MODERN)
    stated = _stated(root)
    second = _second_text(root)
    extractions = (_main_text(root, metadata.url, careful=old), second, stated)
    return Candidates(metadata, blocks, extractions, old)


def metadata_alone(document: Document) -> PageMetadata:
    """What the record itself declares about a page that is not looked into."""
    root = document_fromstring("<html></html>")
    return read_metadata(root, Blocks(), document, lambda _url, _dated: [])


def _clean(content: str) -> str:
    # A byte order mark or a lone surrogate is no reason to lose a page.
    return content.encode("utf-8", "replace").decode("utf-8").lstrip("\ufeff")


def _parse(content: str) -> _Element | None:
    """The page's tree; None when there is none."""
    if not content.strip():
        return None
    if len(content) > MAX_CHARS:
        raise PageTooLargeError
    root = load_html(content)
    if root is None and "<" in content:  # a fragment, as feeds and databases hold
        root = load_html(f"<html><body>{content}</body></html>")
    if root is None:
        return None
    if sum(1 for _ in islice(root.iter(), MAX_ELEMENTS + 1)) > MAX_ELEMENTS:
        raise PageTooLargeError
    return root


def _metadata(root: _Element, blocks: Blocks, document: Document) -> PageMetadata:
    """Metadata by vote; trafilatura is asked only where the markup leaves a field unknown."""

    def second_opinion(url: str | None, dated: bool) -> list[Evidence]:
        return _trafilatura_votes(root, url, document.fetched_at, dated=dated)

    return read_metadata(root, blocks, document, second_opinion)


def _trafilatura_votes(
    root: _Element, url: str | None, fetched_at: str | None, *, dated: bool
) -> list[Evidence]:
    """What trafilatura, and htmldate inside it, take for title, authors and day.

    Where the page is *dated* already, no day is sought in its text: that costs most.
    """
    fetched = parse_timestamp(fetched_at or "")
    # The library's own bound is today: what a page says must not depend on when it is read.
    newest = fetched.instant.date().isoformat() if fetched else f"{LAST_YEAR}-12-31"
    dates = {"original_date": True, "extensive_search": not dated, "max_date": newest}
    with warnings.catch_warnings():
        # Zone letters in the page's dates: the page's matter, no fault of ours.
        warnings.simplefilter("ignore")
        found = extract_metadata(root, default_url=url, date_config=dates, extensive=not dated)
    stated = (("title", found.title), ("authors", found.author), ("date_published", found.date))
    return [Evidence(field, value, EXTRACTOR) for field, value in stated if value]


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


def _stated(root: _Element) -> str:
    """The longest ``articleBody`` of the page's JSON-LD."""
    bodies = ("\n".join(texts_of(node.get("articleBody"))) for node in article_nodes(root))
    return unicodedata.normalize("NFC", max(bodies, key=len, default=""))
