"""Metadata of a page, each field by a vote of its sources: ``read_metadata``.

The record's own fields take precedence over the page. All candidates of a field are kept
as evidence, the winner first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from pipeline.clean.dates import parse_timestamp
from pipeline.clean.html.beside_headline import (
    date_beside_headline,
    headlines,
    headlines_below_breadcrumbs,
    names_beside_headline,
)
from pipeline.clean.html.blocks import Blocks
from pipeline.clean.html.markup import (
    ARTICLE_TYPES,
    MAX_BYLINE_CHARS,
    MAX_INITIALS,
    MAX_KEYWORDS,
    MAX_SITE_WORDS,
    META,
    NEWS_TYPES,
    SITE_AS_AUTHOR_SOURCES,
    VISIBLE,
    WRITTEN_BY,
    Markup,
    Node,
    authors_of,
    names_of,
    texts_of,
    types_of,
)
from pipeline.clean.html.published import (
    choose_date,
    day_in_url,
    modified_dates,
    printed_day,
    published_dates,
)
from pipeline.clean.html.title import (
    HEADLINE_WORDS,
    MIN_PREFIX_CHARS,
    choose_title,
    names_in_headings,
    title_parts,
)
from pipeline.clean.names import (
    author_names,
    in_reading_order,
    is_company,
    is_house,
    is_person,
    name_key,
)
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
    stated, news = _titles(markup, nodes, blocks), bool(types_of(_story(nodes)) & NEWS_TYPES)
    titles = _declared("title", document.title) + choose_title(stated, names, news=news)
    places = headlines(blocks, [title.value for title in titles])
    authors = _authors(markup, nodes, names_beside_headline(blocks, places))
    beside = date_beside_headline(blocks, places)
    changed, modified = choose_date(modified_dates(markup, nodes, beside), fetched_at)
    dates = published_dates(markup, nodes, beside) + day_in_url(url)
    date, published = choose_date(dates, fetched_at, changed)
    own_date = parse_timestamp(document.date_published or "")
    declared = _declared("date_published", document.date_published)
    sections, keywords = _sections(markup, nodes), _keywords(markup, nodes)
    return PageMetadata(
        title=titles[0].value if titles else None,
        authors=document.authors or _first_names(authors, names),
        date_published=own_date or printed_day(date, url, published),
        date_modified=changed,
        fetched_at=fetched_at,
        url=url,
        site=site,
        section=sections[0].value if sections else None,
        keywords=_split_keywords(keywords),
        evidence=(
            *(*titles, *_declared("authors", "; ".join(document.authors))),
            *_winner_first(authors, lambda item: bool(_names(item, names))),
            *(declared + published if own_date else published + declared),
            *(*modified, *urls, *sections, *keywords),
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


def _winner_first(items: list[Evidence], wins: Callable[[Evidence], bool]) -> list[Evidence]:
    """*items* with the first that *wins* in front; losers that precede it follow it."""
    for place, item in enumerate(items):
        if wins(item):
            return [item, *items[:place], *items[place + 1 :]]
    return items


def _story(nodes: list[Node]) -> Node:
    """The first of *nodes* that is about a story; empty where none is."""
    return next((node for node in nodes if types_of(node) & ARTICLE_TYPES), {})


def _titles(markup: Markup, nodes: list[Node], blocks: Blocks) -> list[Evidence]:
    stated = texts_of(_story(nodes).get("headline"))
    found = [("json-ld:headline", text) for text in stated]
    below = headlines_below_breadcrumbs(blocks, stated)
    found += [("h1", below.get(name_key(text), text)) for text in markup.headings[:5]]
    if not any(len(text.split()) > 1 for text in markup.headings):
        long = [text for text in markup.subheadings if len(text.split()) >= HEADLINE_WORDS]
        found += [("h2", text) for text in long[:1]]
        whole = (text for text in markup.titles[:1] if not headlines(blocks, [text]))
        parts = [part for text in whole for part in title_parts(text, ": ")[1:]]
        longest = max(parts, key=len, default="")
        if len(longest.split()) >= HEADLINE_WORDS:
            found += [("printed", blocks.texts[n]) for n in headlines(blocks, [longest])[:1]]
    found += [("og:title", text) for _, text in markup.first_meta(["og:title"])]
    found += [("title", text) for text in markup.titles[:1]]
    found += [("itemprop:headline", text) for text in markup.items.get("headline", [])[:1]]
    found += [("twitter:title", text) for _, text in markup.first_meta(["twitter:title"])]
    found += [("meta:title", text) for _, text in markup.first_meta(META["title"])]
    return [Evidence("title", text, source) for source, text in found]


def _authors(markup: Markup, nodes: list[Node], printed: list[Evidence]) -> list[Evidence]:
    found: list[tuple[str, list[str]]] = []
    for persons, houses in map(authors_of, nodes):
        found += [("json-ld:author", persons), ("json-ld:house", houses)]
    label = " ".join(markup.meta.get("twitter:label1", [""])[0].casefold().split())
    if label in WRITTEN_BY:
        found.append(("twitter:data1", markup.meta.get("twitter:data1", [])[:1]))
    for name in META["author"]:
        values = markup.meta.get(name, [])
        found.append((f"meta:{name}", list(map(_in_order(name), values))))
    found.append(("itemprop:author", markup.items.get("author", [])[:5]))
    found.append(("rel:author", markup.rel_author[:3]))
    stated = [Evidence("authors", "; ".join(names), source) for source, names in found if names]
    marked = [Evidence("authors", text, "byline") for text in markup.bylines[:3]]
    # Bylines may be marked in boxes about other stories; the one beside the headline is this one's.
    names = [name_key(name) for item in printed for name in item.value.split("; ")]
    same = [item for item in marked if all(name in name_key(item.value) for name in names)]
    return [*stated, *same, *printed, *(item for item in marked if item not in same)]


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


def _names(candidate: Evidence, site_names: frozenset[str]) -> tuple[str, ...]:
    names = author_names(candidate.value.split("; "), site_names)
    if candidate.source not in VISIBLE:
        return names
    # Running text comes with roles and half sentences.
    if len(candidate.value) > MAX_BYLINE_CHARS:
        return ()
    return tuple(name for name in names if not (name[0].islower() and " " in name))


def _first_names(candidates: list[Evidence], site_names: frozenset[str]) -> tuple[str, ...]:
    """The names of the first candidate that has any.

    A site that names itself as the author is believed only where nobody else is named.
    """
    named = [(item, found) for item in candidates if (found := _names(item, site_names))]
    if any(item.source == "json-ld:house" for item in candidates):
        named = [(item, found) for item, found in named if not all(map(_is_initials, found))]
    if named:
        chosen = _elected(named)
        others = {name for _, found in named for name in found if " " in name}
        return tuple(dict.fromkeys(_in_full(name, others) for name in chosen))
    houses = (item for item in candidates if item.source in SITE_AS_AUTHOR_SOURCES)
    return next((found for item in houses if (found := _names(item, frozenset()))), ())


def _elected(named: list[tuple[Evidence, tuple[str, ...]]]) -> tuple[str, ...]:
    """The names of the place trusted most, unless it only names a house or an account.

    Then the first that names persons is believed; so are two places that agree on others, where
    nobody else names those of the first.
    """
    persons = [
        (item, people)
        for item, found in named
        if (people := tuple(name for name in found if is_person(name)))
        and item.source != "json-ld:house"
    ]
    head, names = named[0]
    houses = head.source == "json-ld:house" or all(map(is_house, names))
    if not persons or (persons[0][0] is not head and not houses):
        return names
    places: dict[frozenset[str], set[str]] = {}
    for item, people in persons:
        places.setdefault(frozenset(map(name_key, people)), set()).add(_place(item.source))
    first = frozenset(map(name_key, persons[0][1]))
    if not any(first & other for other in places if other != first) and len(places[first]) == 1:
        for _, people in persons[1:]:
            if len(places[frozenset(map(name_key, people))]) > 1:
                return people
    item, people = _fullest(persons)
    return tuple(name for name in dict(named)[item] if name in people or not is_company(name))


def _fullest(
    persons: list[tuple[Evidence, tuple[str, ...]]],
) -> tuple[Evidence, tuple[str, ...]]:
    """The first place, or one that names its persons and more."""
    first = set(map(name_key, persons[0][1]))
    for item, people in persons[1:]:
        if first < set(map(name_key, people)) and item.source not in VISIBLE:
            return item, people
    return persons[0]


def _place(source: str) -> str:
    """What counts as one place: the page's head is one, and so is what people see."""
    return "seen" if source in ("byline", "rel:author", "printed") else source.partition(":")[0]


def _in_order(name: str) -> Callable[[str], str]:
    """How a value of the ``<meta>`` *name* is written: libraries put the family name first."""
    return in_reading_order if name in META["inverted"] else str


def _is_initials(name: str) -> bool:
    """Whether *name* is how an editor signs a story of the house: ``amw``."""
    return name.islower() and len(name) <= MAX_INITIALS


def _in_full(name: str, others: set[str]) -> str:
    """*name* as another place gives it alone: no role after it, no house before, both names."""
    parts = (each for each in others if name.startswith(f"{each} ") or name.endswith(f" - {each}"))
    fuller = {each for each in others if each.split()[0] == name and is_person(each)}
    if len(fuller) == 1 and all(len(each.split()) == 2 for each in fuller):
        return fuller.pop()
    return min(parts, key=len, default=name)


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
