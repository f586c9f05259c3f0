"""Everything known about a page before its story is selected: read ``read_candidates`` first.

The page is parsed once. Metadata and blocks are read first, because trafilatura modifies the tree;
resiliparse has its own parser. trafilatura's deduplication stays off: it remembers earlier pages.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from lxml.etree import ElementDefaultClassLookup, LxmlError, XPath, _Element, strip_elements
from lxml.html import HtmlElement, HTMLParser, fromstring, tostring
from resiliparse.extract.html2text import extract_plain_text
from trafilatura import bare_extraction
from trafilatura.settings import CUT_EMPTY_ELEMS, use_config
from trafilatura.utils import repair_faulty_html

from pipeline.clean.html.blocks import HEADINGS, Blocks, Grams, read_blocks
from pipeline.clean.html.markup import read_markup
from pipeline.clean.html.metadata import PageMetadata, read_metadata
from pipeline.records import Document

EXTRACTOR = "trafilatura"
MAX_ELEMENTS = 50_000
"""Maximum elements of a page: extraction takes about 0.2 ms for each,
and the largest of 2,300 benchmark pages has 10,100.
(The parser itself limits nesting to 256 levels.)"""
MAX_CHARS = 8_000_000
"""Maximum code points of a page: extraction takes about a second per million."""
MANY_EMPTY = 3_000
"""Number of (empty) elements up to which the cost of removing empty ones one by one is small."""
AGREED, SHORT_CHARS = 0.7, 500
"""trafilatura's fallbacks are skipped if this share of the n-grams of each extraction is in the
other and the first has so many characters: on four pages in five. Chosen on the 1,700 labelled
development pages that are not old: the lowest of 0.5 to 0.8 that changes no body."""
HEAD_CHARS = 4096
"""``<html>`` is sought, and repaired, in so many characters."""
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
_CONFIG = use_config()
# Unset by default.
_CONFIG.set("DEFAULT", "MAX_TREE_SIZE", str(MAX_ELEMENTS))

# Pages without a story become rejects with a reason; they need not be logged too.
for _name in ("trafilatura", "htmldate", "courlan"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

# trafilatura's own parser looks up a Python class on each access to an element.
_PARSER = HTMLParser(
    collect_ids=False,
    default_doctype=False,
    encoding="utf-8",
    remove_comments=True,
    remove_pis=True,
)
_PARSER.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))

_MODERN = (
    "//article | //main | //meta[@name='viewport'] | //meta[starts-with(@property, 'og:')]"
    " | //script[contains(@type, 'ld+json')]"
)
"""Pages without any of these are old and use tables for story and menus alike: on them,
trafilatura's precision mode is better (daniel: F1 .865 instead of .840), on others worse."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """What is known about a page before its story is selected.

    Attributes:
        extractions: the story according to trafilatura and to resiliparse, one block per line,
            NFC; empty if there is none.
        old: whether the page has no markup for stories, see ``_MODERN``.
        too_large: whether it exceeds ``MAX_ELEMENTS`` or ``MAX_CHARS``; nothing of it is read.
    """

    metadata: PageMetadata
    blocks: Blocks
    extractions: tuple[str, str]
    old: bool
    too_large: bool


def read_candidates(document: Document) -> Candidates:
    """Parse the HTML page that *document* holds and collect metadata, blocks and extractions.

    An empty or too large page has no blocks.
    """
    root, too_large = _parse(document.content.lstrip("\ufeff"))
    _strip_code(root)
    # Holding references keeps lxml from creating a Python object at each access.
    elements = list(root.iter())
    within_lines, hidden = hidden_elements(elements)
    _drop(within_lines)
    markup = read_markup(root)
    _drop(hidden)
    blocks = read_blocks(root)
    metadata = read_metadata(markup, blocks, document)
    old = not root.xpath(_MODERN)
    second = _second_text(root)
    if len(elements) > MANY_EMPTY:
        _join_tails(root)
    elements.clear()
    first = _main_text(root, metadata.url, second, careful=old)
    return Candidates(metadata, blocks, (first, second), old, too_large)


def _parse(content: str) -> tuple[HtmlElement, bool]:
    """The page's tree, empty if it has none or is too large; and whether it is too large."""
    root = None
    too_large = len(content) > MAX_CHARS
    if not too_large and content.strip():
        root = _load(content)
        if root is None and "<" in content:  # a fragment, as in feeds and databases
            root = _load(f"<html><body>{content}</body></html>")
    if root is not None and sum(1 for _ in islice(root.iter(), MAX_ELEMENTS + 1)) > MAX_ELEMENTS:
        root, too_large = None, True
    return fromstring("<html></html>", parser=_PARSER) if root is None else root, too_large


def _load(content: str) -> HtmlElement | None:
    """The tree of *content*; None if it is not a whole page."""
    try:
        root = fromstring(_payload(content), parser=_PARSER)
    except LxmlError:
        return None
    return root if "html" in content[:50].lower() or len(root) > 1 else None


def _payload(content: str) -> bytes:
    """*content* in UTF-8, without characters that the parser rejects."""
    end = content.find("\n", HEAD_CHARS)
    head = content if end < 0 else content[: end + 1]
    text = repair_faulty_html(head, head[:50].lower()) + content[len(head) :]
    payload: bytes = text.encode("utf-8", "replace").translate(None, _CONTROLS)
    for noncharacter in ("\ufffe", "\uffff"):
        payload = payload.replace(noncharacter.encode(), b"")
    return payload


def _strip_code(root: _Element) -> None:
    """Remove scripts (except JSON), styles and drawings; buttons around headings become text."""
    for button in root.iter("button"):
        parent = button.getparent()
        if parent is not None and (
            parent.tag in HEADINGS or any(e.tag in HEADINGS for e in button)
        ):
            button.tag = "div" if len(button) and button[0].tag in HEADINGS else "span"
    strip_elements(root, "style", "svg", with_tail=False)
    for script in [each for each in root.iter("script") if "json" not in each.get("type", "")]:
        script.drop_tree()


def _drop(elements: list[_Element]) -> None:
    """Remove *elements* from their tree; the text after each stays."""
    for element in elements:
        if element.getparent() is not None:
            element.drop_tree()


def _join_tails(root: _Element) -> None:
    """Remove the empty children of elements with very many, joining the text between them.

    trafilatura removes them one by one, in quadratic time.
    """
    empty = {each for each in root.iter(*CUT_EMPTY_ELEMS) if each.text is None and not len(each)}
    for parent, count in Counter(each.getparent() for each in empty).items():
        if parent is None or count <= MANY_EMPTY:
            continue
        texts: dict[_Element | None, list[str]] = {None: [parent.text or ""]}
        last = None
        for child in list(parent):
            if child in empty:
                texts[last].append(child.tail or "")
                child.tail = None
                parent.remove(child)
            else:
                last = child
                texts[last] = [child.tail or ""]
        for child, pieces in texts.items():
            if child is None:
                parent.text = "".join(pieces)
            else:
                child.tail = "".join(pieces)


def _main_text(root: _Element, url: str | None, second: str, *, careful: bool) -> str:
    """The story according to trafilatura.

    Its fallbacks double the cost; they run only if its rules disagree with the *second* extraction.
    """
    if careful:
        return _extracted(root, url, favor_precision=True) or _extracted(root, url)
    quick = _extracted(root, url, fast=True)
    return quick if agree(quick, second) else _extracted(root, url)


def agree(first: str, second: str) -> bool:
    """Whether two extractions are similar, and long enough for that to be significant."""
    if len(first) < SHORT_CHARS:
        return False
    ours, theirs = Grams(first.split("\n")), Grams(second.split("\n"))
    return min(ours.share_in(theirs), theirs.share_in(ours)) >= AGREED


def _extracted(
    root: _Element, url: str | None, *, fast: bool = False, favor_precision: bool = False
) -> str:
    found = bare_extraction(
        root,
        url=url,
        fast=fast,
        include_comments=False,
        deduplicate=False,
        favor_precision=favor_precision,
        with_metadata=False,
        config=_CONFIG,
    )
    return unicodedata.normalize("NFC", (found.text or "") if found else "").strip()


def _second_text(root: _Element) -> str:
    """The story according to resiliparse, at a tenth of trafilatura's cost.

    It gets the serialised tree, because its own parser takes quadratic time on unclosed tags.
    """
    page = tostring(root, encoding="unicode", method="html")
    text = extract_plain_text(page, main_content=True, alt_texts=False, comments=False)
    return unicodedata.normalize("NFC", text).strip()


HIDDEN_CLASSES = frozenset(
    "hidden d-none hide is-hidden u-hidden invisible sr-text show-for-sr element-invisible"
    " a11y-hidden assistive-text accessibly-hidden offscreen visually-hide print-only"
    " only-print".split()
)
"""Class names that hide an element; others (``hidden-xs``) only do so on some screens."""
MAX_CLASS_CHARS = 300
"""Characters read of a class attribute."""
STORY_SHARE = 0.4
"""Share of the text in paragraphs from which hidden elements are the story itself, shown later by a
script or covered by a dialog."""
PANELS = frozenset({"region", "tabpanel"})
"""Roles of the parts of accordions and tabs, which readers can open."""
_STYLE = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
_UTILITY = re.compile(
    r"(?:^|[_-])(?:visually-?hidden|hidden-?visually|screen-?reader(?:-text|-only)?|sr-only)$"
)
"""More of them, perhaps with a prefix, such as ``css-visually-hidden``."""
_ON_SOME_SCREENS = re.compile(r"(?:sm|md|lg|xl|2xl|xxl):|d-(?:sm|md|lg|xl|xxl)-(?!none)")
_TEXT_LINES = frozenset("h1 h2 h3 h4 h5 h6 p a span li em strong b i td figcaption".split())
_ROOTS = frozenset({"html", "body", "head", "main", "article"})
_STATED = XPath("boolean(descendant-or-self::*[@itemprop or @datetime or self::meta or self::h1])")


def hidden_elements(elements: Sequence[_Element]) -> tuple[list[_Element], list[_Element]]:
    """Find the elements of a page that are not shown.

    Args:
        elements: all elements of the page in document order, the root first.

    Returns:
        Those within a line of text; and the others, which may contain metadata that must be read
        before they are removed.
    """
    opened = {each.get("aria-controls") for each in elements if each.get("aria-controls")}
    lines: list[_Element] = []
    others: list[_Element] = []
    for element in elements:
        parent = element.getparent() if _is_hidden(element) else None
        if parent is None or element.get("id") in opened:
            continue
        inline = parent.tag in _TEXT_LINES and not _STATED(element)
        (lines if inline else others).append(element)
    prose = [each for each in others if next(each.iter("p"), None) is not None]
    if prose and sum(map(_paragraph_chars, prose)) >= STORY_SHARE * _paragraph_chars(elements[0]):
        others = [each for each in others if each not in prose or each.tag == "dialog"]
    return lines, others


def _is_hidden(element: _Element) -> bool:
    get = element.get
    if element.tag in _ROOTS or get("role") in PANELS:
        return False
    named = get("class")
    if (named and _hides(named)) or element.tag in ("dialog", "template"):
        return True
    if get("aria-hidden") == "true":
        return not _has_spoken_twin(element)
    return (
        _STYLE.search(get("style", "")) is not None
        or get("hidden", "until-found") != "until-found"
        or get("role") in ("dialog", "alertdialog")
    )


@lru_cache(maxsize=20_000)
def _hides(classes: str) -> bool:
    """Whether a name in a class attribute hides the element."""
    names = classes[:MAX_CLASS_CHARS].lower().split()
    if any(_ON_SOME_SCREENS.match(name) for name in names):
        return False
    return any(name in HIDDEN_CLASSES or _UTILITY.search(name) for name in names)


def _has_spoken_twin(element: _Element) -> bool:
    """Whether a sibling is hidden except for screen readers, as beside a drop cap."""
    parent = element.getparent()
    if parent is None:
        return False
    return any(each is not element and _hides(each.get("class") or "") for each in parent)


def _paragraph_chars(element: _Element) -> int:
    return sum(len(str(text)) for each in element.iter("p") for text in each.itertext())
