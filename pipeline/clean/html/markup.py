"""Metadata that a page declares, in elements and in JSON-LD: ``read_markup``."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from itertools import islice
from typing import TypeAlias

from lxml.etree import _Element

from pipeline.clean.datelines import kind_of_label
from pipeline.clean.html.elsewhere import (
    MAX_LABEL_CHARS,
    MAX_VALUE_CHARS,
    MIN_HEADLINE_WORDS,
    is_by_others,
    is_elsewhere,
    is_of_something_else,
    text_of,
    title_keys,
)
from pipeline.clean.names import in_reading_order, name_key
from pipeline.clean.words import TABLES
from pipeline.records import Evidence
from pipeline.text.unicode import normalize

MIN_PREFIX_CHARS = 15
"""Minimum length of a prefix that identifies a title: shorter ones may be sections or kickers."""
MAX_VALUES = 50
"""Maximum number of values of one kind: pages that list hundreds of headlines are not articles."""

BYLINE_CLASSES = re.compile(
    r"(?i)(?:^|[\s_-])(?:byline|authors?|author-?name|autor|auteur|posted-?by|writer)(?:$|[\s_-])"
)
"""Classes of elements that contain the byline."""

NOT_A_BYLINE = re.compile(
    r"(?i)comment|reply|bio|avatar|image|photo|about|related|social|share|follow|more-?from"
)
"""Classes of elements that are only near one."""

_ENTITY = re.compile(r"(?i)&(?:\w{2,8}|#\d{1,5}|#x[\da-f]{1,5});")

_KICKER = re.compile(
    r"(?i)kicker|eyebrow|overline|label|category|rubri|section|topic|flag|badge|\btag|pre-?title|vignette"
    r"|spitzmarke|dachzeile|roofline|breaking|exclusive"
)
"""Classes of an element before the headline, within its heading."""

SHORT_WORD = 3
"""Letters of words that are in any headline."""
_WORD = re.compile(r"[^\W\d_]+")
_CHANGED = frozenset({"updated", "modified", "dateupdated", "datemodified", "date-modified"})
ITEMPROPS = ("headline", "author", "datePublished", "dateModified", "articleSection")


@dataclass(slots=True)
class Markup:
    """What a page declares.

    Attributes:
        values: source → its values in document order. The sources are ``meta:`` and a name,
            property or itemprop (lower case) of ``<meta>``; ``itemprop:`` and one of ``ITEMPROPS``
            of another element; ``link:canonical``; ``h1`` to ``h3`` and ``title``; ``time`` and
            ``time:updated``, the ``datetime`` of the ``<time>`` elements that may belong to this
            story, without and with a label such as *Updated*; ``home`` and ``rel:author``,
            links; ``byline``, elements with a class such as *byline* or *author*.
        nodes: JSON-LD nodes that describe the page's story, the most specific first.
    """

    values: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    nodes: list[Node] = field(default_factory=list)

    @property
    def story(self) -> Node:
        """The first node of an article type; a node without values if there is none."""
        stories = (node for node in self.nodes if not ARTICLE_TYPES.isdisjoint(node["@type"]))
        return next(stories, defaultdict(list))

    def add(self, source: str, value: str | None) -> None:
        """Add a *value*, unless it is empty or too long."""
        value = tidy((value or "")[: MAX_VALUE_CHARS + 1])
        if value and len(value) <= MAX_VALUE_CHARS and len(self.values[source]) < MAX_VALUES:
            self.values[source].append(value)

    def first(self, *sources: str) -> list[tuple[str, str]]:
        """(source, first value) for each of *sources* that the page has."""
        return [(source, self.values[source][0]) for source in sources if self.values[source]]

    def candidates(self, column: str, key: str, nodes: int) -> list[Evidence]:
        """Candidates for *column*: *key* of so many JSON-LD *nodes* and of microdata, ``META``."""
        found = [(f"json-ld:{key}", text) for node in self.nodes[:nodes] for text in node[key][:1]]
        found += self.first(*META.get(key, ()), f"itemprop:{key}")
        return [Evidence(column, text, source) for source, text in found]


def read_markup(root: _Element) -> Markup:
    """Collect the metadata of the page *root*; values are normalized and otherwise verbatim."""
    markup = Markup()
    _read_elements(root, markup)
    values = markup.values
    titles = title_keys([*values["h1"], *values["title"], *values["meta:og:title"]])
    _read_times(root, markup, titles)
    items = root.xpath("//*[@itemprop][not(self::meta)]")
    for name in ITEMPROPS:
        kind = name.lower()
        named = [item for item in items if kind in (item.get("itemprop") or "").lower().split()]
        if name.startswith("date"):
            named = [item for item in named if not is_elsewhere(item, titles)]
        if name == "author":
            named = [item for item in named if not is_by_others(item, titles)]
        for element in _neighbours(named):
            markup.add(f"itemprop:{name}", _item_value(element, name))
    links = root.xpath("//a[contains(concat(' ', @rel, ' '), ' author ')]")
    for element in _neighbours([link for link in links if not is_by_others(link, titles)]):
        markup.add("rel:author", text_of(element))
    for element in root.xpath("//*[@class][not(self::body or self::html or self::article)]"):
        if _holds_a_byline(element.get("class") or "") and not is_by_others(element, titles):
            markup.add("byline", text_of(element))
    markup.nodes = _of_this_page(article_nodes(root), markup.values)
    return markup


def _read_elements(root: _Element, markup: Markup) -> None:
    """Read ``<meta>``, ``<link>``, titles and headings."""
    for element in root.iter("meta"):
        names = (element.get(attribute) for attribute in ("property", "name", "itemprop"))
        key = next(filter(None, ((name or "").strip().lower() for name in names)), "")
        if key:
            markup.add(f"meta:{key}", element.get("content"))
    for element in root.iter("link"):
        if "canonical" in (element.get("rel") or "").lower().split():
            markup.add("link:canonical", element.get("href"))
    for element in root.iter("title"):
        if next(element.iterancestors("svg"), None) is None:  # drawings have titles too
            markup.add("title", text_of(element))
    for element in root.iter("h1", "h2", "h3"):
        markup.add(element.tag, _heading_text(element))
    for element in root.iterfind(".//a[@href='/']"):
        markup.add("home", text_of(element))


def _read_times(root: _Element, markup: Markup, titles: frozenset[str]) -> None:
    for element in root.iter("time"):
        if not is_elsewhere(element, titles):
            changed = _is_change(element)
            if changed or not is_of_something_else(element):
                markup.add("time:updated" if changed else "time", element.get("datetime"))


def _of_this_page(nodes: list[Node], values: Mapping[str, list[str]]) -> list[Node]:
    """*nodes* without those of other stories, if one has this page's headline or address."""
    titles = (*values["h1"], *values["title"], *values["meta:og:title"])
    said = [name_key(title) for title in titles]
    addresses = {*values["link:canonical"], *values["meta:og:url"]}

    def is_own(node: Node) -> bool:
        keys = filter(None, map(name_key, node["headline"]))
        return not addresses.isdisjoint(node["url"]) or any(
            key in said or (len(key) >= MIN_PREFIX_CHARS and any(t.startswith(key) for t in said))
            for key in keys
        )

    kept = [node for node in nodes if not node["headed"] or is_own(node)]
    if any(node["headed"] for node in kept):
        return kept
    texts = (*said, *map(name_key, addresses))
    words = {word for text in texts for word in text.split() if len(word) > SHORT_WORD}
    return [node for node in nodes if not _is_foreign(node, words)]


def _is_foreign(node: Node, words: set[str]) -> bool:
    """Whether *node* is another story or a comment: its headline has none of the page's *words*."""
    own = {word for text in node["headline"] for word in name_key(text).split()}
    own = {word for word in own if len(word) > SHORT_WORD}
    post = set(node["@type"]) <= POST_TYPES
    if own:
        return bool(words) and words.isdisjoint(own) and (post or len(own) > 1)
    return post and not node["headed"]


@lru_cache(maxsize=20_000)
def _holds_a_byline(kind: str) -> bool:
    return bool(BYLINE_CLASSES.search(kind)) and not NOT_A_BYLINE.search(kind)


def tidy(value: str) -> str:
    """Normalize *value*, and decode it if it was escaped twice."""
    value = normalize(value)
    return normalize(unescape(value)) if _ENTITY.search(value) else value


def _heading_text(element: _Element) -> str:
    """The text of a heading, without a kicker that is an element of its own."""
    text = text_of(element)
    if len(element) and not (element.text or "").strip():
        kicker = text_of(element[0])
        rest = text[len(kicker) :].strip()
        named = _KICKER.search(f"{element[0].get('class') or ''} {element[0].tag}")
        if named and text.startswith(kicker) and len(rest.split()) >= MIN_HEADLINE_WORDS:
            return rest
    return text


def _is_change(element: _Element) -> bool:
    """Whether a ``<time>`` is labelled as the time of a change."""
    label = f"{_text_before(element)} {text_of(element)[:MAX_LABEL_CHARS]}"
    kind = kind_of_label(frozenset(_WORD.findall(label.casefold())))
    classes = (element.get("class") or "").lower().split()
    named = (
        kind in {"plain", "other"} and "published" not in classes and _CHANGED.intersection(classes)
    )
    return kind == "updated" or bool(named)


def _text_before(element: _Element) -> str:
    """The text directly before *element* in its parent, else that of its previous sibling."""
    parent, before = element.getparent(), element.getprevious()
    if before is None:
        return (parent.text or "") if parent is not None else ""
    return (before.tail or "").strip() or text_of(before)[-MAX_LABEL_CHARS:]


def _neighbours(elements: list[_Element]) -> list[_Element]:
    """Those of *elements* with the first one's grandparent; others belong to other stories."""
    grandparents = [next(islice(each.iterancestors(), 1, None), None) for each in elements]
    pairs = zip(elements, grandparents, strict=True)
    return [element for element, above in pairs if above is grandparents[0]]


def _item_value(element: _Element, name: str) -> str:
    """The value of a microdata item; for an author, that of its ``name`` if it has one."""
    if value := element.get("content") or element.get("datetime"):
        return str(value)
    if name == "author":
        for inner in element.xpath(".//*[contains(@itemprop, 'name')]"):
            return inner.get("content") or text_of(inner)
    return text_of(element)


META = {
    field: tuple(f"meta:{name}" for name in names.split())
    for field, names in TABLES["meta"].items()
}
"""Field → sources in ``<meta>`` that declare it, the most trusted first."""

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
JsonNode: TypeAlias = dict[str, Json]
Node: TypeAlias = dict[str, list[str]]
"""Values of a JSON-LD node by field: ``_TEXTS``; ``@type`` in lower case; names of ``publisher``
and ``author``; ``house``, an organisation that is the only author; ``headed``, which is empty if
the node has no headline, not even an unreadable one."""

_TEXTS = (
    "headline", "url", "articleSection", "keywords", "datePublished", "dateModified", "dateCreated",
)  # fmt: skip

ARTICLE_TYPES = frozenset(
    {
        "article", "newsarticle", "reportagenewsarticle", "analysisnewsarticle",
        "backgroundnewsarticle", "opinionnewsarticle", "reviewnewsarticle",
        "askpublicnewsarticle", "advertisercontentarticle", "satiricalarticle", "techarticle",
        "scholarlyarticle", "medicalscholarlyarticle", "report", "blogposting",
        "liveblogposting", "socialmediaposting", "discussionforumposting", "review",
    }
)  # fmt: skip
"""Types (lower case) of schema.org for the story of a page."""

POST_TYPES = frozenset({"review", "discussionforumposting", "socialmediaposting"})
"""Types that are also those of comments and ratings, which have no headline."""
NEWS_TYPES = frozenset(kind for kind in ARTICLE_TYPES if kind.endswith("newsarticle"))
PAGE_TYPES = frozenset({"webpage", "itempage", "newspage"})
"""Types for the page itself, less trusted than those of an article."""
HOUSE_TYPES = frozenset({"organization", "newsmediaorganization", "corporation", "brand"})
"""Types of authors that are not persons."""
MAX_SCRIPT_CHARS = 2_000_000
"""Longer scripts are application data, not metadata of an article."""
MAX_DEPTH = 12
"""Levels searched for nodes: real pages use up to six, hostile ones any number."""
_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>|;)\s*$")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_STRING_FIELD = re.compile(
    r'"(headline|datePublished|dateModified|articleSection)"\s*:\s*"((?:[^"\\\n]|\\.){1,500})"'
)
_AUTHOR_NAME = re.compile(
    r'"author"\s*:\s*\[?\s*\{[^{}\[\]]{0,500}?"name"\s*:\s*"((?:[^"\\\n]|\\.){1,200})"'
)


def article_nodes(root: _Element) -> list[Node]:
    """The JSON-LD nodes that describe the page's story, the most specific first.

    Common errors in JSON are repaired; otherwise the string fields that can be read make a node of
    their own. References by ``@id`` to authors are resolved.
    """
    nodes: list[JsonNode] = []
    for script in root.iter("script"):
        kind = (script.get("type") or "").lower()
        if "ld+json" in kind and script.text and len(script.text) <= MAX_SCRIPT_CHARS:
            nodes.extend(_nodes(script.text))
    named = {str(node["@id"]): node for node in nodes if "@id" in node and len(node) > 2}
    stories = [node for node in nodes if types_of(node) & ARTICLE_TYPES]
    pages = [node for node in nodes if types_of(node) & PAGE_TYPES]
    return [_facts(node, named) for node in stories + pages]


def _facts(node: JsonNode, named: dict[str, JsonNode]) -> Node:
    """The values of *node*; *named* maps ``@id`` to nodes."""
    persons, houses = authors_of(node, named)
    return {
        **{key: texts_of(node.get(key)) for key in _TEXTS},
        "@type": sorted(types_of(node)),
        "headed": ["headline"] if node.get("headline") else [],
        "publisher": names_of(node.get("publisher")),
        "author": persons,
        "house": houses,
    }


def types_of(node: JsonNode) -> set[str]:
    """The lower-case types of *node*, without the URL of their vocabulary."""
    return {str(kind).rpartition("/")[2].lower() for kind in as_list(node.get("@type"))}


def as_list(value: Json) -> list[Json]:
    """*value* as a list: JSON-LD may write a list of one without brackets."""
    if value is None:
        return []
    if not isinstance(value, list):
        return [value]
    # Some templates wrap a list in another.
    return [each for item in value for each in (item if isinstance(item, list) else [item])]


def texts_of(value: Json) -> list[str]:
    """The strings in *value*, entities decoded, without those that are too long."""
    found = (item for item in as_list(value)[:MAX_VALUES] if isinstance(item, str))
    texts = (tidy(unescape(item[: 2 * MAX_VALUE_CHARS])) for item in found)
    return [text for text in texts if text and len(text) <= MAX_VALUE_CHARS]


def names_of(value: Json) -> list[str]:
    """The names of the persons or organisations in *value*, which are strings or nodes."""
    names: list[str] = []
    for item in as_list(value)[:MAX_VALUES]:
        if isinstance(item, dict):
            parts = [texts_of(item.get(key)) for key in ("givenName", "familyName")]
            joined = [" ".join(part[0] for part in parts)] if all(parts) else []
            names.extend(texts_of(item.get("name")) or joined)
        else:
            names.extend(texts_of(item))
    return names


def authors_of(node: JsonNode, named: Mapping[str, JsonNode]) -> tuple[list[str], list[str]]:
    """The authors of *node*; separately, organisations if they are its only authors.

    Args:
        named: ``@id`` → node, as an author may be a reference.
    """
    persons: list[str] = []
    houses: list[str] = []
    for item in as_list(node.get("author") or node.get("creator"))[:MAX_VALUES]:
        if isinstance(item, dict) and "@id" in item and "name" not in item:
            item = named.get(str(item["@id"]), item)  # noqa: PLW2901
        typed = types_of(item) if isinstance(item, dict) else set()
        names = names_of(item)
        if "person" in typed:
            names = [in_reading_order(name) for name in names]
        (houses if typed & HOUSE_TYPES else persons).extend(names)
    # An agency named with a person contributed to the story.
    return (persons + houses, []) if persons else ([], houses)


def _nodes(text: str) -> list[JsonNode]:
    """The nodes of a script, which is repaired if necessary."""
    for repair in (str, _unwrapped):
        try:
            data: Json = json.loads(repair(text), strict=False)
        except (ValueError, RecursionError):  # also 10,000 nested brackets
            continue
        if data is not None:
            return list(_walk(data, MAX_DEPTH))
    return _salvaged(text)


def _unwrapped(text: str) -> str:
    """*text* without comment marks, a final semicolon and commas before a bracket."""
    return _TRAILING_COMMA.sub("", _WRAPPING.sub("", _WRAPPING.sub("", text)))


def _salvaged(text: str) -> list[JsonNode]:
    """A node with the plain string fields of a script that cannot be parsed, if it has any."""
    node: JsonNode = {}
    for key, value in _STRING_FIELD.findall(text):
        node.setdefault(key, _unescaped(value))
    authors: list[Json] = [_unescaped(name) for name in _AUTHOR_NAME.findall(text)]
    if authors:
        node["author"] = authors
    return [{"@type": "Article", **node}] if "headline" in node else []


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _walk(data: Json, depth: int) -> Iterator[JsonNode]:
    """All nodes in *data*, outer before inner, in document order."""
    if depth == 0:
        return
    if isinstance(data, list):
        for item in data:
            yield from _walk(item, depth - 1)
    elif isinstance(data, dict):
        if "@type" in data or "@id" in data:
            yield data
        for key in ("@graph", "mainEntity", "mainEntityOfPage", "author", "creator"):
            if isinstance(data.get(key), list | dict):
                yield from _walk(data[key], depth - 1)
