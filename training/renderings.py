"""A page as plain text in the manners in which scraped text comes: lines, and what parts them.

    whole page ─▶ lxml      paragraphs ─▶ ptags, ponly      the story's place ─▶ container

The names are those of ``labelled.FULL`` and ``labelled.HALF`` that each comes nearest to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement, document_fromstring

BLOCKS = frozenset(
    "address article aside blockquote body br button caption center dd details div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr legend li main nav ol option p pre"
    " section summary table tbody td tfoot th thead title tr ul".split()
)
"""Elements that part lines."""
UNSEEN = frozenset("script style noscript template svg iframe head select textarea object".split())
PARAGRAPHS = frozenset("p h1 h2 h3 h4 h5 h6 li blockquote dd dt td pre".split())
"""Elements that a scraper which looks for paragraphs takes."""
CONTAINER_SHARE = 0.75
"""Share of its parent's text outside links that an element holds when the story is in it alone."""

Lines = list[tuple[str, bool]]
"""Text of each line, and whether an empty line stands before it."""


def renderings(content: str) -> dict[str, Lines]:
    """Name of each manner → the lines that it gives of *content*, an HTML page; empty ones out.

    Raises:
        lxml.etree.ParserError: there is no element in it.
    """
    root = document_fromstring(content)
    made = {
        "lxml": _near(block_lines(root)),
        "ptags": _apart(paragraph_lines(root, PARAGRAPHS)),
        "ponly": _apart([headline_of(root), *paragraph_lines(root, frozenset("p"))]),
        "container": _near(block_lines(container_of(root))),
    }
    return {name: lines for name, lines in made.items() if lines}


def block_lines(element: HtmlElement) -> list[str]:
    """The text in *element*, a line for each run that no block element parts."""
    return _folded_lines("".join(_pieces(element)))


def paragraph_lines(root: HtmlElement, tags: frozenset[str]) -> list[str]:
    """The texts of the innermost elements with *tags*, a line each."""
    found = []
    for element in root.iter(*tags):
        if any(True for _ in element.iterdescendants(*tags)) or _is_unseen(element):
            continue
        found.append(" ".join("".join(_pieces(element)).split()))
    return [line for line in found if line]


def headline_of(root: HtmlElement) -> str:
    """The page's first ``h1``, else its ``title``; empty when it has neither."""
    for tag in ("h1", "title"):
        for element in root.iter(tag):
            text = " ".join(element.text_content().split())
            if text:
                return text
    return ""


def container_of(root: HtmlElement) -> HtmlElement:
    """The innermost element that holds nearly all text outside links."""
    sizes: dict[HtmlElement, int] = {}
    for element in root.iter():
        own = len((element.text or "").strip()) if _is_told(element) else 0
        sizes[element] = sizes.get(element, 0) + own
    for element in reversed(list(root.iter())):
        parent = element.getparent()
        if parent is not None and element is not root:
            sizes[parent] += sizes[element]
            if _is_told(parent):
                sizes[parent] += len((element.tail or "").strip())
    here = root
    while True:
        inner = max(here, key=lambda child: sizes.get(child, 0), default=None)
        if inner is None or inner.tag == "p" or sizes[inner] < CONTAINER_SHARE * sizes[here]:
            return here
        here = inner


def _is_told(element: HtmlElement) -> bool:
    """Whether an element's own text is seen and is no link's."""
    return isinstance(element.tag, str) and element.tag not in UNSEEN and element.tag != "a"


def _is_unseen(element: HtmlElement) -> bool:
    return any(True for _ in element.iterancestors(*UNSEEN))


def _pieces(element: HtmlElement) -> Iterator[str]:
    """The seen text of *element*, a line end around each block element."""
    if not isinstance(element.tag, str) or element.tag in UNSEEN:
        return
    edge = "\n" if element.tag in BLOCKS else ""
    yield edge
    yield _flat(element.text)
    for child in element:
        yield from _pieces(child)
        yield _flat(child.tail)
    yield edge


def _flat(text: str | None) -> str:
    return _SPACE.sub(" ", text or "")


_SPACE = re.compile(r"\s+")


def _folded_lines(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return [line for line in lines if line]


def _near(lines: list[str]) -> Lines:
    return [(line, False) for line in lines]


def _apart(lines: list[str]) -> Lines:
    return [(line, True) for line in lines if line]
