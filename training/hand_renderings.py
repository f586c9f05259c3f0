"""Pages of the labelled archives as plain text, the way scrapers of several kinds leave them."""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator

import lxml.html
import trafilatura

WRAPPED_COLUMNS = 72
OPENING_LINES = 70
WIDER = 1.15
"""Words that a wider container must have for each of the narrower one's."""

_SILENT = frozenset("script style noscript template iframe svg select option textarea head".split())
_INLINE = frozenset(
    "a abbr b bdi bdo big cite code del dfn em font i img ins kbd label mark q s samp small span"
    " strike strong sub sup time tt u var wbr".split()
)
_PARAGRAPHS = frozenset("p h1 h2 h3 h4 h5 h6 blockquote pre".split())
_SPACES = re.compile(r"\s+")


def container(page: str) -> str:
    """Text of the element whose own paragraphs say most: a scraper's guess at the article."""
    return _lines(_container(_tree(page)))


def wide(page: str) -> str:
    """Text of the nearest ancestor of the container that says clearly more."""
    return _lines(_wider(_container(_tree(page))))


def wider(page: str) -> str:
    """The same, one step further."""
    return _lines(_wider(_wider(_container(_tree(page)))))


def whole(page: str) -> str:
    """Text of the whole page, a line a block."""
    return _lines(_tree(page))


def paragraphs(page: str) -> str:
    """Headings and whole paragraphs, wherever they stand, and nothing else."""
    found = (
        _said(element)
        for element in _tree(page).iter(*sorted(_PARAGRAPHS))
        if not any(up.tag in _PARAGRAPHS or up.tag in _SILENT for up in element.iterancestors())
    )
    return "\n".join(filter(None, found))


def generous(page: str) -> str:
    """What trafilatura takes when it is told to take much, readers' comments too."""
    return trafilatura.extract(page, favor_recall=True, include_comments=True) or ""


def strict(page: str) -> str:
    """What trafilatura takes when it is told to take little: hardly any chrome is left."""
    return trafilatura.extract(page, favor_precision=True, include_comments=False) or ""


def wrapped(text: str) -> str:
    """The same text as an editor breaks it, with a blank line between paragraphs."""
    return "\n\n".join(map(filled, text.split("\n")))


def tight(text: str) -> str:
    """The same text as an editor breaks it, with nothing between paragraphs."""
    return "\n".join(map(filled, text.split("\n")))


def filled(line: str, columns: int = WRAPPED_COLUMNS) -> str:
    """One line as an editor breaks it at so many columns; words stay whole."""
    return textwrap.fill(line, columns, break_long_words=False, break_on_hyphens=False)


def one_line(text: str) -> str:
    """The same text without its line ends."""
    return " ".join(text.split())


def opening(text: str) -> str:
    """Its first lines: what is left of a long page where somebody cut it short."""
    return "\n".join(text.split("\n")[:OPENING_LINES])


RENDERINGS: dict[str, Callable[[str], str]] = {
    "container": container,
    "wide": wide,
    "wider": wider,
    "whole": whole,
    "paragraphs": paragraphs,
    "generous": generous,
    "strict": strict,
}
FORMS: dict[str, Callable[[str], str]] = {
    "wrapped": wrapped,
    "tight": tight,
    "one_line": one_line,
    "opening": opening,
}


def render(page: str, name: str) -> str:
    """Text of *page* in the rendering *name*: one of ``RENDERINGS``, or one ``+`` a form of it."""
    rendering, _, form = name.partition("+")
    text = RENDERINGS[rendering](page)
    return FORMS[form](text) if form else text


def _tree(page: str) -> lxml.html.HtmlElement:
    tree = lxml.html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", page))
    found = tree.find("body")
    return tree if found is None else found


def _container(tree: lxml.html.HtmlElement) -> lxml.html.HtmlElement:
    """The element with most words in paragraphs below it, those two steps down counted by half."""
    words: dict[lxml.html.HtmlElement, float] = defaultdict(float)
    for paragraph in tree.iter("p"):
        count = len(paragraph.text_content()) / 6
        for weight, up in zip((1.0, 0.5), paragraph.iterancestors(), strict=False):
            words[up] += weight * count
    return max(words, key=words.__getitem__, default=tree)


def _wider(element: lxml.html.HtmlElement) -> lxml.html.HtmlElement:
    size = WIDER * len(_lines(element).split()) + 10
    for up in element.iterancestors():
        if up.tag == "html":
            break
        element = up
        if len(_lines(up).split()) >= size:
            break
    return element


def _lines(element: lxml.html.HtmlElement) -> str:
    """Text below *element*: a line wherever a block or a line break begins or ends."""
    parts = (_SPACES.sub(" ", part).strip() for part in "".join(_pieces(element)).split("\n"))
    return "\n".join(filter(None, parts))


def _pieces(element: lxml.html.HtmlElement) -> Iterator[str]:
    if not isinstance(element.tag, str) or element.tag in _SILENT:
        return
    edge = " " if element.tag in ("td", "th") else "" if element.tag in _INLINE else "\n"
    yield edge
    yield _SPACES.sub(" ", element.text or "")
    for child in element:
        yield from _pieces(child)
        yield _SPACES.sub(" ", child.tail or "")
    yield edge


def _said(element: lxml.html.HtmlElement) -> str:
    return _SPACES.sub(" ", "".join(_pieces(element))).strip()
