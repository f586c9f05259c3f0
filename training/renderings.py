"""Renders a page as plain text in the ways that scrapers do: lines, with or without blank lines.

    whole page ─▶ lxml      paragraphs ─▶ ptags, ponly      container of the story ─▶ container

The names are those of the most similar ones in ``labelled.FULL`` and ``labelled.HALF``.
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
"""Elements that begin and end a line."""
UNSEEN = frozenset("script style noscript template svg iframe head select textarea object".split())
PARAGRAPHS = frozenset("p h1 h2 h3 h4 h5 h6 li blockquote dd dt td pre".split())
"""Elements that scrapers of paragraphs extract."""
CONTAINER_SHARE = 0.75
"""An element with this share of its parent's text outside links contains the whole story."""
Lines = list[tuple[str, bool]]
"""Text of each line, and whether there is a blank line before it."""


def renderings(content: str) -> dict[str, Lines]:
    """Name of each rendering → lines of the HTML page *content*; without empty renderings.

    Raises:
        lxml.etree.ParserError: *content* has no element.
    """
    root = document_fromstring(content)
    made = {
        "lxml": block_lines(root),
        "ptags": paragraph_lines(root, PARAGRAPHS),
        "ponly": [headline_of(root), *paragraph_lines(root, frozenset("p"))],
        "container": block_lines(container_of(root)),
    }
    apart = frozenset({"ptags", "ponly"})
    lines = {name: [(t, name in apart) for t in texts if t] for name, texts in made.items()}
    return {name: found for name, found in lines.items() if found}


def block_lines(element: HtmlElement) -> list[str]:
    """The text of *element*, divided into lines by block elements."""
    lines = (" ".join(line.split()) for line in "".join(_pieces(element)).split("\n"))
    return [line for line in lines if line]


def paragraph_lines(root: HtmlElement, tags: frozenset[str]) -> list[str]:
    """The texts of the innermost elements with *tags*, one line each."""
    texts = (
        " ".join("".join(_pieces(element)).split())
        for element in root.iter(*tags)
        if next(element.iterdescendants(*tags), next(element.iterancestors(*UNSEEN), None)) is None
    )
    return list(filter(None, texts))


def headline_of(root: HtmlElement) -> str:
    """The page's first ``h1``, else its ``title``; empty if it has neither."""
    texts = (" ".join(e.text_content().split()) for t in ("h1", "title") for e in root.iter(t))
    return next(filter(None, texts), "")


def container_of(root: HtmlElement) -> HtmlElement:
    """The innermost element with nearly all text outside links."""
    sizes: dict[HtmlElement, int] = {}
    for element in root.iter():
        own = len((element.text or "").strip()) if _is_prose(element) else 0
        sizes[element] = sizes.get(element, 0) + own
    for element in reversed(list(root.iter())):
        parent = element.getparent()
        if parent is not None and element is not root:
            sizes[parent] += sizes[element]
            if _is_prose(parent):
                sizes[parent] += len((element.tail or "").strip())
    here = root
    while True:
        inner = max(here, key=lambda child: sizes.get(child, 0), default=None)
        if inner is None or inner.tag == "p" or sizes[inner] < CONTAINER_SHARE * sizes[here]:
            return here
        here = inner


def _is_prose(element: HtmlElement) -> bool:
    """Whether an element's own text is shown and not a link."""
    return isinstance(element.tag, str) and element.tag not in UNSEEN and element.tag != "a"


def _pieces(element: HtmlElement) -> Iterator[str]:
    """The visible text of *element*, with line feeds around block elements."""
    if not isinstance(element.tag, str) or element.tag in UNSEEN:
        return
    edge = "\n" if element.tag in BLOCKS else ""
    yield edge
    yield re.sub(r"\s+", " ", element.text or "")
    for child in element:
        yield from _pieces(child)
        yield re.sub(r"\s+", " ", child.tail or "")
    yield edge
