"""What in the markup around a name or a time says that it is not the story's.

Pages have names and times of comments, pictures and quotes, of other stories, and of the site.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from lxml.etree import _Element

from pipeline.clean.dates import find_date
from pipeline.clean.html.blocks import HEADINGS, MASTHEAD, mask_of
from pipeline.clean.html.stamps import is_of_story
from pipeline.clean.names import name_key
from pipeline.clean.phrases import opening_kinds

MAX_VALUE_CHARS = 1_000
"""Longer values are not titles, names or dates; real ones are far shorter."""
MIN_HEADLINE_WORDS = 3
MAX_LABEL_CHARS = 40
"""Maximum length of a label such as *Updated* before a date."""
CARD_LEVELS, MAX_CARD_ELEMENTS, MAX_CARD_CHARS, LINK_WORDS = 5, 200, 500, 4
"""Elements around a name or time that may be the card of another story, elements and characters of
the largest one, and words of its headline."""
NEAR = 3
"""Elements before a name among which a heading may be that of comments."""

_OTHER_STORY = re.compile(
    r"(?i)(?:^|[\s_-])(?:user-?|reader-?)?comments?(?:$|[\s_-])|disqus|relat(?:ed|ion)|recommend|sidebar"
    r"|(?:^|[\s_-])(?:teasers?|most-read|trending|latest|read-?next|next-?article)(?:$|[\s_-])"
)
"""Class or id of an element with comments or other stories."""

_EVENT = re.compile(r"(?i)(?:^|[\s_-])events?(?:$|[\s_-])")
_OTHERS = re.compile(
    r"(?i)(?:^|[\s_-])(?:comment(?:s|aires?|i|list)?|kommentare?r?|comentarios?|komentarze|komentáře"
    r"|reacties|reazioni|disqus|discussion|repl(?:y|ies)|responses|talkback"
    r"|pull-?quote|quote|zitat)(?:$|[\s_-])"
)
"""Class or id of comments and quotations."""
_FOOTER = re.compile(r"(?i)(?:^|\s)(?:(?:site|page|main|global)[_-]?)?footer(?:$|\s)")
_WHOLE = ("article", "main", "body", "html")
_TOP = _WHOLE[1:]
_CARDS = ("article", "li", "a")
"""Elements in which a link to a story need not be a heading."""
_STORY_TAGS = ("article", "main")
_OTHER_KINDS = frozenset({"comments", "related"})
_WORDS = re.compile(r"\w+")


def text_of(element: _Element) -> str:
    """The text of *element* in one line; empty if it is too long."""
    parts: list[str] = []
    size = 0
    for part in element.itertext():
        text = str(part)
        size += len(text)
        if size > MAX_VALUE_CHARS * 4:
            return ""
        parts.append(text)
    return " ".join(" ".join(parts).split())


def is_of_something_else(element: _Element) -> bool:
    """Whether a ``<time>`` is that of an event, is in a sentence, or beside a link to a story."""
    parent, before = element.getparent(), element.getprevious()
    text = (parent.text if before is None else before.tail) or ""
    linked = before is not None and before.tag == "a" and not text.strip()
    title = text_of(before) if linked else ""
    if len(title.split()) < MIN_HEADLINE_WORDS:
        title = ""
    return bool(_EVENT.search(element.get("class") or "")) or not is_of_story(title or text)


def is_by_others(element: _Element, titles: frozenset[str]) -> bool:
    """Whether a name is that of who comments, is quoted, took the picture or made the site.

    Args:
        titles: see ``title_keys``.
    """
    in_story = next(element.iterancestors(*_STORY_TAGS), None) is not None
    for around in element.iterancestors():
        if around.tag in ("figure", "figcaption", "blockquote"):
            return True
        names = _names_of(around)
        if around.tag not in _WHOLE and _OTHERS.search(names):
            return True
        if not in_story and (around.tag == "nav" or _FOOTER.search(names.strip() or around.tag)):
            return True
    return is_of_another(element, titles)


def is_of_another(element: _Element, titles: frozenset[str]) -> bool:
    """Whether *element* is in the card of another story, or below a heading of such or of comments.

    Args:
        titles: see ``title_keys``.
    """
    name = text_of(element)
    for around in (element, *islice(element.iterancestors(), CARD_LEVELS)):
        inside = [each.tag for each in islice(around.iter(), MAX_CARD_ELEMENTS + 1)]
        if around.tag in _TOP or len(inside) > MAX_CARD_ELEMENTS or "h1" in inside:
            return False
        above = islice(around.itersiblings(preceding=True), NEAR)
        heading = next((each for each in above if each.tag in HEADINGS), None)
        if heading is not None and _is_of_others(heading, name, titles):
            return True
        text = text_of(around)
        if not text or len(text) > MAX_CARD_CHARS:
            return False
        links = {each.get("href"): each for each in around.iter("a") if _is_headline(each, name)}
        if around.tag not in _CARDS:
            links = {at: each for at, each in links.items() if _heading_of(each) is not None}
        if links:
            return len(links) == 1 and all(_is_other(each, titles) for each in links.values())
    return False


def title_keys(texts: list[str]) -> frozenset[str]:
    """``name_key`` of what a page says that its title is: *texts*."""
    return frozenset(filter(None, map(name_key, texts)))


def _is_of_others(heading: _Element, name: str, titles: frozenset[str]) -> bool:
    """Whether *heading* is that of comments or other stories, or a link to another story."""
    words = tuple(_WORDS.findall(text_of(heading).casefold()))
    if not _OTHER_KINDS.isdisjoint(opening_kinds(words, whole=True)):
        return True
    links = (link for link in heading.iter("a") if _is_headline(link, name))
    return any(_is_other(link, titles) for link in links)


def _is_headline(link: _Element, name: str) -> bool:
    """Whether *link* may be that of a story: of some words, without *name*, not in a sentence."""
    text = _headline_of(link)
    return bool(
        link.get("href")
        and len(text.split()) >= LINK_WORDS
        and name not in text
        and find_date(text) is None
        and next(link.iterancestors("p"), None) is None
    )


def _heading_of(link: _Element) -> _Element | None:
    """The heading in or around *link*."""
    inside = next(link.iter(*HEADINGS), None)
    return next(link.iterancestors(*HEADINGS), None) if inside is None else inside


def _headline_of(link: _Element) -> str:
    return text_of(next(link.iter(*HEADINGS), link))


def _is_other(link: _Element, titles: frozenset[str]) -> bool:
    """Whether the headline in *link* is none of the page's *titles*, if it has any."""
    key = name_key(_headline_of(link))
    return bool(titles) and not any(key in title or title in key for title in titles)


def _names_of(element: _Element) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


def is_elsewhere(element: _Element, titles: frozenset[str]) -> bool:
    """Whether a date belongs to a comment, to another story or to the site.

    Args:
        titles: see ``title_keys``.
    """
    for around in element.iterancestors():
        if around.tag == "body":
            break
        names = f"{around.get('class') or ''} {around.get('id') or ''}"
        if around.tag in ("aside", "nav", "footer", "blockquote") or _other_story(names):
            return True
        # Beside the site's name stands the current day.
        if mask_of(around.tag, names, around.get("role") or "") & MASTHEAD and _is_of_site(around):
            return True
        # A link to this story contains only its date, one to another story a headline too.
        if around.tag == "a" and len(text_of(around)) > MAX_LABEL_CHARS:
            return True
    return is_of_another(element, titles)


@lru_cache(maxsize=20_000)
def _other_story(names: str) -> bool:
    return _OTHER_STORY.search(names) is not None


def _is_of_site(header: _Element) -> bool:
    """Whether *header* is that of the site: without a headline, and outside articles."""
    return header.find(".//h1") is None and next(header.iterancestors(*_STORY_TAGS), None) is None
