"""Metadata in the markup of a page, as found: ``read_markup``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape

from lxml.etree import _Element

from pipeline.clean.html.beside_headline import kind_of_label
from pipeline.text.unicode import normalize

MAX_VALUE_CHARS = 1_000
"""Longer values are no titles, names or dates: real ones end far below."""
MAX_VALUES = 50
"""Values kept of one kind: pages that list hundreds of headlines are no articles."""

BYLINE_CLASSES = re.compile(
    r"(?:^|[\s_-])(?:byline|authors?|author-?name|autor|auteur|posted-?by|writer)(?:$|[\s_-])",
    re.IGNORECASE,
)
"""Class attributes of elements that hold the byline."""

NOT_A_BYLINE = re.compile(
    r"comment|reply|bio|avatar|image|photo|about|related|social|share|follow|more-?from",
    re.IGNORECASE,
)
"""Class attributes of what is only near one."""

_ENTITY = re.compile(r"&(?:\w{2,8}|#\d{1,5}|#x[\da-f]{1,5});", re.IGNORECASE)

_KICKER = re.compile(
    r"kicker|eyebrow|overline|label|category|rubri|section|topic|flag|badge|\btag|pre-?title|vignette"
    r"|spitzmarke|dachzeile|roofline|breaking|exclusive",
    re.IGNORECASE,
)
"""Class of an element before the headline within its heading."""

MIN_HEADLINE_WORDS = 3
MAX_LABEL_CHARS = 40
"""Characters of a label such as *Updated* before a date."""

_OTHER_STORY = re.compile(
    r"(?:^|[\s_-])(?:user-?|reader-?)?comments?(?:$|[\s_-])|disqus|relat(?:ed|ion)|recommend|sidebar"
    r"|(?:^|[\s_-])(?:teasers?|most-read|trending|latest|read-?next|next-?article)(?:$|[\s_-])",
    re.IGNORECASE,
)
"""Class or id of an element about readers or about other stories."""

_STORY_TAGS = ("article", "main")
_WORD = re.compile(r"[^\W\d_]+")
_CHANGED = frozenset({"updated", "modified", "dateupdated", "datemodified", "date-modified"})
_ITEMPROPS = ("headline", "author", "datepublished", "datemodified", "articlesection")


@dataclass(slots=True)
class Markup:
    """Values of a page in document order; every list may be empty.

    Attributes:
        meta: lower-case name, property or itemprop of ``<meta>`` → contents.
        links: lower-case rel of ``<link>`` → addresses.
        items: microdata (lower case) outside ``<meta>`` → values.
        headings, subheadings: texts of ``<h1>`` and of ``<h2>``.
        titles: texts of ``<title>``.
        times, updated_times: ``datetime`` of ``<time>`` elements that may be of this story, and of
            those that are called the day of a change.
        rel_author: texts of links that lead to an author.
        bylines: texts of elements whose class says byline or author.
    """

    meta: dict[str, list[str]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    items: dict[str, list[str]] = field(default_factory=dict)
    headings: list[str] = field(default_factory=list)
    subheadings: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    updated_times: list[str] = field(default_factory=list)
    rel_author: list[str] = field(default_factory=list)
    bylines: list[str] = field(default_factory=list)

    def first_meta(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """Give (name, first content) for each of *names* that the page has."""
        return [(name, self.meta[name][0]) for name in names if name in self.meta]


def read_markup(root: _Element) -> Markup:
    """Collect the statements of the page *root*; values keep their wording, spaces are joined."""
    markup = Markup()
    for element in root.iter("meta", "link", "title", "h1", "h2", "time"):
        _READERS[str(element.tag)](element, markup)
    items = root.xpath("//*[@itemprop][not(self::meta)]")
    for name in _ITEMPROPS:
        named = [item for item in items if name in (item.get("itemprop") or "").lower().split()]
        if name.startswith("date"):
            named = [item for item in named if not _is_elsewhere(item)]
        for element in _neighbours(named):
            _append(markup.items.setdefault(name, []), _item_value(element, name))
    authors = root.xpath("//a[contains(concat(' ', @rel, ' '), ' author ')]")
    for element in _neighbours(authors):
        _append(markup.rel_author, text_of(element))
    for element in root.xpath("//*[@class][not(self::body or self::html or self::article)]"):
        if _holds_a_byline(element.get("class") or ""):
            _append(markup.bylines, text_of(element))
    return markup


@lru_cache(maxsize=20_000)
def _holds_a_byline(kind: str) -> bool:
    return bool(BYLINE_CLASSES.search(kind)) and not NOT_A_BYLINE.search(kind)


def text_of(element: _Element) -> str:
    """Give the text of *element* in one line; empty when there is too much of it."""
    parts: list[str] = []
    size = 0
    for part in element.itertext():
        text = str(part)
        size += len(text)
        if size > MAX_VALUE_CHARS * 4:
            return ""
        parts.append(text)
    return " ".join(" ".join(parts).split())


def tidy(value: str) -> str:
    """Normalize *value*, and decode it if it was escaped twice."""
    value = normalize(value)
    return normalize(unescape(value)) if _ENTITY.search(value) else value


def _append(values: list[str], value: str | None) -> None:
    value = tidy((value or "")[: MAX_VALUE_CHARS + 1])
    if value and len(value) <= MAX_VALUE_CHARS and len(values) < MAX_VALUES:
        values.append(value)


def _read_meta(element: _Element, markup: Markup) -> None:
    for attribute in ("property", "name", "itemprop"):
        key = (element.get(attribute) or "").strip().lower()
        if key:
            _append(markup.meta.setdefault(key, []), element.get("content"))
            if not markup.meta[key]:
                del markup.meta[key]
            return


def _read_link(element: _Element, markup: Markup) -> None:
    for rel in (element.get("rel") or "").lower().split():
        if rel in {"canonical", "amphtml"}:
            _append(markup.links.setdefault(rel, []), element.get("href"))


def _read_title(element: _Element, markup: Markup) -> None:
    # An svg has titles too.
    if next(element.iterancestors("svg"), None) is None:
        _append(markup.titles, text_of(element))


def _read_heading(element: _Element, markup: Markup) -> None:
    """Read a heading, less a kicker before it that is an element of its own."""
    text = text_of(element)
    if len(element) and not (element.text or "").strip():
        kicker = text_of(element[0])
        rest = text[len(kicker) :].strip()
        named = _KICKER.search(f"{element[0].get('class') or ''} {element[0].tag}")
        if named and text.startswith(kicker) and len(rest.split()) >= MIN_HEADLINE_WORDS:
            text = rest
    _append(markup.headings if element.tag == "h1" else markup.subheadings, text)


def _read_time(element: _Element, markup: Markup) -> None:
    if _is_elsewhere(element):
        return
    said = f"{_said_before(element)} {text_of(element)[:MAX_LABEL_CHARS]}"
    kind = kind_of_label(frozenset(_WORD.findall(said.casefold())))
    classes = (element.get("class") or "").lower().split()
    if kind == "plain" and "published" not in classes and _CHANGED.intersection(classes):
        kind = "updated"
    _append(markup.updated_times if kind == "updated" else markup.times, element.get("datetime"))


def _is_elsewhere(element: _Element) -> bool:
    """Whether a date belongs to a comment, to another story or to the site."""
    for around in element.iterancestors():
        if around.tag == "body":
            return False
        names = f"{around.get('class') or ''} {around.get('id') or ''}"
        if around.tag in ("aside", "nav", "footer", "blockquote") or _other_story(names):
            return True
        # The day on which the page was read, beside the site's name.
        if around.tag == "header" and _is_masthead(around):
            return True
        # A link to the story itself holds its date alone, one to another story a headline too.
        if around.tag == "a" and len(text_of(around)) > MAX_LABEL_CHARS:
            return True
    return False


@lru_cache(maxsize=20_000)
def _other_story(names: str) -> bool:
    return _OTHER_STORY.search(names) is not None


def _is_masthead(header: _Element) -> bool:
    """Whether *header* is that of the site: without a headline, and in no article."""
    return header.find(".//h1") is None and next(header.iterancestors(*_STORY_TAGS), None) is None


def _said_before(element: _Element) -> str:
    """The text in front of *element* within its parent, or of the element before that."""
    parent, before = element.getparent(), element.getprevious()
    if before is None:
        return (parent.text or "") if parent is not None else ""
    return (before.tail or "").strip() or text_of(before)[-MAX_LABEL_CHARS:]


def _neighbours(elements: list[_Element]) -> list[_Element]:
    """The first of *elements* and those beside it: later ones belong to other stories."""
    if not elements:
        return []
    around = _grandparent(elements[0])
    return [element for element in elements if _grandparent(element) is around]


def _grandparent(element: _Element) -> _Element | None:
    parent = element.getparent()
    return parent if parent is None else parent.getparent()


def _item_value(element: _Element, name: str) -> str:
    return element.get("content") or element.get("datetime") or _item_text(element, name)


def _item_text(element: _Element, name: str) -> str:
    """The text of an item; of an author, that of its own ``name`` where it has one."""
    if name == "author":
        for inner in element.xpath(".//*[contains(@itemprop, 'name')]"):
            return inner.get("content") or text_of(inner)
    return text_of(element)


_READERS = {
    "meta": _read_meta,
    "link": _read_link,
    "title": _read_title,
    "h1": _read_heading,
    "h2": _read_heading,
    "time": _read_time,
}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TITLE_META = _words(
    "headline parsely-title sailthru.title dc.title dcterms.title citation_title title"
)

AUTHOR_META = _words(
    "author article:author article:author_name parsely-author sailthru.author "
    "cxenseparse:author byl authors dc.creator dcterms.creator og:author og:article:author "
    "shareaholic:article_author_name citation_author"
)

INVERTED_META = frozenset(_words("citation_author dc.creator dcterms.creator"))
"""Names of ``<meta>`` whose values are one person each, often with the family name first."""

PUBLISHED_META = _words(
    "article:published_time og:article:published_time datepublished parsely-pub-date "
    "cxenseparse:recs:publishtime cxenseparse:publishtime sailthru.date article:published "
    "article.published dc.date.issued dcterms.issued dc.date.created dcterms.created "
    "citation_publication_date publish-date publish_date publication_date pubdate "
    "shareaholic:article_published_time date dc.date dcterms.date"
)

MODIFIED_META = _words(
    "article:modified_time og:article:modified_time og:updated_time datemodified "
    "article:modified dcterms.modified dc.date.modified last-modified lastmod"
)

SECTION_META = _words(
    "article:section parsely-section cxenseparse:recs:category section articlesection"
)

KEYWORD_META = ("article:tag", "news_keywords", "parsely-tags", "sailthru.tags", "keywords")
SITE_NAME_META = ("og:site_name", "application-name", "apple-mobile-web-app-title")

WRITTEN_BY = frozenset(
    {
        "author", "autor", "автор", "written by", "verfasst von", "geschrieben von", "écrit par",
        "escrito por", "scritto da", "geschreven door", "skrevet av", "skrivet av",
        "napisane przez", "написано",
    }
)  # fmt: skip
"""What ``twitter:label1`` says when ``twitter:data1`` is the author."""

VISIBLE = frozenset({"byline", "rel:author"})
"""Sources that read what people see, not what a program wrote for programs."""

SITE_AS_AUTHOR_SOURCES = frozenset(
    {
        "json-ld:author",
        "json-ld:house",
        "twitter:data1",
        "meta:author",
        "meta:article:author",
        "itemprop:author",
        "rel:author",
        "byline",
        "printed",
    }
)
"""Sources that are believed when they name the site itself, and nobody is named elsewhere."""

MAX_BYLINE_CHARS = 150
"""A longer byline is a biography."""
MAX_INITIALS = 4
"""Letters of an editor's initials below a story: ``amw``."""
MAX_SITE_WORDS = 9
"""Words that the name of a site may have: in more there is a headline."""
MAX_KEYWORDS = 30
"""More are the index of a whole site."""
