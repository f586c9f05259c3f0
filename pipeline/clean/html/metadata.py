"""Metadata of a page, each field by a vote of its sources: ``read_metadata``.

The record's own fields take precedence over the page. All candidates of a field are kept
as evidence, the winner first.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from pipeline.clean.dates import parse_timestamp
from pipeline.clean.html.authors import choose_authors
from pipeline.clean.html.blocks import Blocks
from pipeline.clean.html.markup import (
    MAX_KEYWORDS,
    MAX_SITE_WORDS,
    META,
    NEWS_TYPES,
    Markup,
    Node,
    names_of,
    story_node,
    texts_of,
    types_of,
)
from pipeline.clean.html.published import page_dates
from pipeline.clean.html.title import (
    MIN_PREFIX_CHARS,
    choose_title,
    headlines,
    names_in_headings,
    stated_titles,
)
from pipeline.clean.names import name_key
from pipeline.records import Document, Evidence, Timestamp
from pipeline.urls import canonical_url, site_of


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """Fields of an ``Article``, and ``name_key`` of each name of the site, as the page has them."""

    title: str | None
    authors: tuple[str, ...]
    date_published: Timestamp | None
    date_modified: Timestamp | None
    fetched_at: Timestamp | None
    url: str | None
    site: str | None
    section: str | None
    keywords: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    site_names: frozenset[str]


def read_metadata(
    markup: Markup, nodes: list[Node], blocks: Blocks, document: Document
) -> PageMetadata:
    """Read the metadata of the page that *document* holds.

    Args:
        markup, nodes, blocks: the page's statements and lines, as ``read_markup``,
            ``article_nodes`` and ``read_blocks`` give them.
        document: its own fields win over the page's.
    """
    fetched_at = parse_timestamp(document.fetched_at or "")
    nodes = _of_this_page(nodes, markup)
    urls = _urls(document, markup, nodes)
    url = urls[0].value if urls else None
    site = site_of(url) if url else None
    names = _site_names(markup, nodes, site)
    stated = stated_titles(markup, nodes, blocks)
    news = bool(types_of(story_node(nodes)) & NEWS_TYPES)
    titles = _declared("title", document.title) + choose_title(stated, names, news=news)
    places = headlines(blocks, [title.value for title in titles])
    authors, named = choose_authors(markup, nodes, blocks, places, names)
    dates = page_dates(markup, nodes, blocks, places, url, fetched_at)
    own_date = parse_timestamp(document.date_published or "")
    declared = _declared("date_published", document.date_published)
    sections, keywords = _sections(markup, nodes), _keywords(markup, nodes)
    return PageMetadata(
        title=titles[0].value if titles else None,
        authors=document.authors or authors,
        date_published=own_date or dates.published,
        date_modified=dates.modified,
        fetched_at=fetched_at,
        url=url,
        site=site,
        section=sections[0].value if sections else None,
        keywords=_split_keywords(keywords),
        evidence=(
            *(*titles, *_declared("authors", "; ".join(document.authors))),
            *named,
            *(declared + dates.stated if own_date else dates.stated + declared),
            *(*dates.stated_changes, *urls, *sections, *keywords),
        ),
        site_names=names | names_in_headings(stated),
    )


def _of_this_page(nodes: list[Node], markup: Markup) -> list[Node]:
    """*nodes* less other stories', where one has this page's headline or address."""
    titles = (*markup.headings, *markup.titles, *markup.meta.get("og:title", ()))
    said = [name_key(title) for title in titles]
    addresses = {*markup.links.get("canonical", ()), *markup.meta.get("og:url", ())}

    def is_own(node: Node) -> bool:
        keys = [name_key(text) for text in texts_of(node.get("headline"))]
        same = any(key and (key in said or _begins(key, said)) for key in keys)
        return same or not addresses.isdisjoint(texts_of(node.get("url")))

    headed = [node for node in nodes if node.get("headline")]
    others = {id(node) for node in headed if not is_own(node)}
    if len(others) == len(headed):
        return nodes
    return [node for node in nodes if id(node) not in others]


def _begins(key: str, titles: list[str]) -> bool:
    """Whether one of *titles* begins with *key*, if it is long enough to identify one."""
    return len(key) >= MIN_PREFIX_CHARS and any(title.startswith(key) for title in titles)


def _declared(field: str, value: str | None) -> list[Evidence]:
    return [Evidence(field, value, "record")] if value else []


def _sections(markup: Markup, nodes: list[Node]) -> list[Evidence]:
    found = [
        ("json-ld:articleSection", text)
        for node in nodes[:1]
        for text in texts_of(node.get("articleSection"))[:1]
    ]
    found += [(f"meta:{name}", text) for name, text in markup.first_meta(META["section"])]
    found += [
        ("itemprop:articleSection", text) for text in markup.items.get("articlesection", [])[:1]
    ]
    return [Evidence("section", text, source) for source, text in found]


def _keywords(markup: Markup, nodes: list[Node]) -> list[Evidence]:
    found = [("json-ld:keywords", texts_of(node.get("keywords"))) for node in nodes[:1]]
    found += [(f"meta:{name}", markup.meta.get(name, [])) for name in META["keyword"]]
    return [Evidence("keywords", "; ".join(texts), source) for source, texts in found if texts]


def _split_keywords(candidates: list[Evidence]) -> tuple[str, ...]:
    """The words of the first candidate, each once, whatever its case."""
    if not candidates:
        return ()
    words = candidates[0].value.replace(",", ";").split(";")
    kept: dict[str, str] = {}
    for word in filter(None, map(str.strip, words)):
        kept.setdefault(word.casefold(), word)
    return tuple(kept.values())[:MAX_KEYWORDS]


def _site_names(markup: Markup, nodes: list[Node], site: str | None) -> frozenset[str]:
    """What the site calls itself, as ``name_key``: its names in markup and its domain."""
    found = [text for _, text in markup.first_meta(META["site_name"])]
    found += [name for node in nodes for name in names_of(node.get("publisher"))]
    if site:
        found += [site, f"www.{site}", site.partition(".")[0]]
    keys = (name_key(text) for text in found)
    return frozenset(key for key in keys if 0 < len(key.split()) <= MAX_SITE_WORDS)


def _urls(document: Document, markup: Markup, nodes: list[Node]) -> list[Evidence]:
    """Addresses of the page in canonical form: those its own site vouches for first."""
    own = document.url and canonical_url(document.url)
    base = own or next(iter(markup.meta.get("og:url", [])), "")
    found = [("link:canonical", href) for href in markup.links.get("canonical", [])[:1]]
    found += [("og:url", text) for text in markup.meta.get("og:url", [])[:1]]
    if not own:
        found += [("json-ld:url", text) for node in nodes[:1] for text in texts_of(node.get("url"))]
    stated: list[Evidence] = []
    for source, text in found:
        address = canonical_url(_joined(base, text))
        if address and _speaks_for(address, own):
            stated.append(Evidence("url", address, source))
    if own:
        stated.append(Evidence("url", own, "record"))
    return stated


def _speaks_for(address: str, own: str | None) -> bool:
    """Whether *address* may be the url of the page at *own*: same site, and not a home page."""
    if own is None:
        return True
    return site_of(address) == site_of(own) and (
        urlsplit(address).path != "/" or urlsplit(own).path == "/"
    )


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:  # brackets that hold no address
        return ""
