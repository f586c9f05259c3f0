"""JSON-LD about the article of a page: ``article_nodes``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import TypeAlias

from lxml.etree import _Element

from pipeline.clean.html.markup import MAX_VALUE_CHARS, MAX_VALUES, tidy
from pipeline.clean.names import in_reading_order

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Node: TypeAlias = dict[str, Json]

ARTICLE_TYPES = frozenset(
    {
        "article", "newsarticle", "reportagenewsarticle", "analysisnewsarticle",
        "backgroundnewsarticle", "opinionnewsarticle", "reviewnewsarticle",
        "askpublicnewsarticle", "advertisercontentarticle", "satiricalarticle", "techarticle",
        "scholarlyarticle", "medicalscholarlyarticle", "report", "blogposting",
        "liveblogposting", "socialmediaposting", "discussionforumposting", "review",
    }
)  # fmt: skip
"""Types (lower case) of schema.org that describe the story of a page."""

NEWS_TYPES = frozenset(kind for kind in ARTICLE_TYPES if kind.endswith("newsarticle"))
PAGE_TYPES = frozenset({"webpage", "itempage", "newspage"})
"""Types that describe the page: their dates and authors count after those of an article."""
HOUSE_TYPES = frozenset({"organization", "newsmediaorganization", "corporation", "brand"})
"""Types of authors that are no persons."""
MAX_SCRIPT_CHARS = 2_000_000
"""Longer scripts are data for programs; no statement about an article needs as much."""
MAX_DEPTH = 12
"""Levels that are searched for nodes: real pages use up to six, hostile ones any number."""
_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>|;)\s*$")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_STRING_FIELD = re.compile(
    r'"(headline|datePublished|dateModified|articleSection)"\s*:\s*"((?:[^"\\\n]|\\.){1,500})"'
)
_AUTHOR_NAME = re.compile(
    r'"author"\s*:\s*\[?\s*\{[^{}\[\]]{0,500}?"name"\s*:\s*"((?:[^"\\\n]|\\.){1,200})"'
)


def article_nodes(root: _Element) -> list[Node]:
    """List the JSON-LD nodes that describe the page's story, the most specific first.

    Broken JSON is repaired where the error is a common one; else the strings that can be read
    with certainty make a node of their own. References by ``@id`` to authors are resolved.
    """
    nodes: list[Node] = []
    for script in root.iter("script"):
        kind = (script.get("type") or "").lower()
        if "ld+json" in kind and script.text and len(script.text) <= MAX_SCRIPT_CHARS:
            nodes.extend(_nodes(script.text))
    named = {str(node["@id"]): node for node in nodes if "@id" in node and len(node) > 2}
    stories = [node for node in nodes if types_of(node) & ARTICLE_TYPES]
    pages = [node for node in nodes if types_of(node) & PAGE_TYPES]
    return [_resolved(node, named) for node in stories + pages]


def types_of(node: Node) -> set[str]:
    """Give the lower-case types of *node*, without the address of their vocabulary."""
    return {str(kind).rpartition("/")[2].lower() for kind in as_list(node.get("@type"))}


def as_list(value: Json) -> list[Json]:
    """Give *value* as a list: JSON-LD writes a list of one without its brackets."""
    if value is None:
        return []
    if not isinstance(value, list):
        return [value]
    # Some templates wrap a list in another.
    return [each for item in value for each in (item if isinstance(item, list) else [item])]


def texts_of(value: Json) -> list[str]:
    """Give the strings of *value*, entities decoded; other types and long texts are left out."""
    found = (item for item in as_list(value)[:MAX_VALUES] if isinstance(item, str))
    texts = (tidy(unescape(item[: 2 * MAX_VALUE_CHARS])) for item in found)
    return [text for text in texts if text and len(text) <= MAX_VALUE_CHARS]


def names_of(value: Json) -> list[str]:
    """Give the names of the persons or organisations in *value*, as strings or as nodes."""
    names: list[str] = []
    for item in as_list(value)[:MAX_VALUES]:
        if isinstance(item, dict):
            names.extend(texts_of(item.get("name")) or _name_from_parts(item))
        else:
            names.extend(texts_of(item))
    return names


def authors_of(node: Node) -> tuple[list[str], list[str]]:
    """The authors that *node* names; and, apart, those of a node that names houses only."""
    value = node.get("author") or node.get("creator")
    persons: list[str] = []
    houses: list[str] = []
    for item in as_list(value)[:MAX_VALUES]:
        typed = types_of(item) if isinstance(item, dict) else set()
        names = names_of(item)
        if "person" in typed:
            names = [in_reading_order(name) for name in names]
        (houses if typed & HOUSE_TYPES else persons).extend(names)
    # An agency beside a person has its share in the story.
    return (persons + houses, []) if persons else ([], houses)


def _name_from_parts(node: Node) -> list[str]:
    parts = [texts_of(node.get(key)) for key in ("givenName", "familyName")]
    return [" ".join(part[0] for part in parts)] if all(parts) else []


def _nodes(text: str) -> list[Node]:
    data = _loaded(text)
    return _salvaged(text) if data is None else list(_walk(data, MAX_DEPTH))


def _loaded(text: str) -> Json:
    """The parsed script, repaired if need be; None when it stays broken."""
    for repair in (_as_found, _unwrapped):
        try:
            data: Json = json.loads(repair(text), strict=False)
        except (ValueError, RecursionError):  # also 10,000 nested brackets
            continue
        return data
    return None


def _as_found(text: str) -> str:
    return text


def _unwrapped(text: str) -> str:
    """*text* without comment marks, a final semicolon and commas before a bracket."""
    for _ in range(2):
        text = _WRAPPING.sub("", text)
    return _TRAILING_COMMA.sub("", text)


def _salvaged(text: str) -> list[Node]:
    """A node of the plain string fields of a script that no parser reads, or nothing."""
    node: Node = {}
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


def _walk(data: Json, depth: int) -> Iterator[Node]:
    """Every node in *data*, outer before inner, in the order of the page."""
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


def _resolved(node: Node, named: dict[str, Node]) -> Node:
    """*node* with authors that are mere references replaced by the nodes they name."""
    authors = as_list(node.get("author"))
    if not any(isinstance(author, dict) and "@id" in author for author in authors):
        return node
    full = [
        named.get(str(author["@id"]), author)
        if isinstance(author, dict) and "@id" in author and "name" not in author
        else author
        for author in authors
    ]
    return {**node, "author": full}
