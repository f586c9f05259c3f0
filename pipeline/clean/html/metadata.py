"""Metadata of a page, each field chosen among its sources: ``read_metadata``.

The record's own fields take precedence. All candidates of a field are kept as evidence, the winner
first.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.clean.dates import parse_timestamp
from pipeline.clean.html.authors import choose_authors
from pipeline.clean.html.blocks import Blocks
from pipeline.clean.html.markup import META, Markup
from pipeline.clean.html.published import page_dates
from pipeline.clean.html.title import choose_title, headlines
from pipeline.clean.names import name_key
from pipeline.records import Document, Evidence, Timestamp
from pipeline.urls import canonical_url, site_of

MAX_SITE_WORDS = 9
"""Maximum words of a site's name: longer values include a headline."""
MIN_SITE_CHARS = 4
"""Minimum characters of a name in a link to the home page."""
MAX_KEYWORDS = 30
"""Longer lists are the index of a whole site."""


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """Fields of an ``Article``, ``name_key`` of the site's names, and the date of the record."""

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
    own_date: Timestamp | None = None


def read_metadata(markup: Markup, blocks: Blocks, document: Document) -> PageMetadata:
    """The metadata of the page in *document*, given its declared metadata and its blocks."""
    fetched_at = parse_timestamp(document.fetched_at or "")
    own_date = parse_timestamp(document.date_published or "")
    urls = _urls(document, markup)
    url = urls[0].value if urls else None
    site = site_of(url) if url else None
    own_names = _site_names(markup, blocks, site)
    titles, site_names = choose_title(markup, blocks, own_names)
    titles = declared("title", document.title) + titles
    places = headlines(blocks, [title.value for title in titles])
    authors, named = choose_authors(markup, blocks, places, own_names)
    own_day = declared("date_published", document.date_published)
    dates = page_dates(markup, blocks, places, url, fetched_at)
    sections = markup.candidates("section", "articleSection", nodes=1)
    keywords = _keywords(markup)
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
            *(*titles, *declared("authors", "; ".join(document.authors))),
            *named,
            *(own_day + dates.stated if own_date else dates.stated + own_day),
            *(*dates.stated_changes, *urls, *sections, *keywords),
        ),
        site_names=site_names,
        own_date=own_date,
    )


def declared(field: str, value: str | None) -> list[Evidence]:
    """The record's *value* of *field* as evidence; empty if it has none."""
    return [Evidence(field, value, "record")] if value else []


def _keywords(markup: Markup) -> list[Evidence]:
    found = [("json-ld:keywords", node["keywords"]) for node in markup.nodes[:1]]
    found += [(source, markup.values[source]) for source in META["keyword"]]
    return [Evidence("keywords", "; ".join(texts), source) for source, texts in found if texts]


def _split_keywords(candidates: list[Evidence]) -> tuple[str, ...]:
    """The keywords of the first candidate, each once, ignoring case."""
    if not candidates:
        return ()
    words = candidates[0].value.replace(",", ";").split(";")
    kept: dict[str, str] = {}
    for word in filter(None, map(str.strip, words)):
        kept.setdefault(word.casefold(), word)
    return tuple(kept.values())[:MAX_KEYWORDS]


def _site_names(markup: Markup, blocks: Blocks, site: str | None) -> frozenset[str]:
    """``name_key`` of the names of the site: in metadata, its logo and notice, and its domain."""
    found = [text for _, text in markup.first(*META["site_name"])]
    found += [name for node in markup.nodes for name in node["publisher"]]
    notices = [name_key(text) for text in blocks.texts if text.startswith("©")]
    links = (text for text in markup.values["home"] if len(name_key(text)) >= MIN_SITE_CHARS)
    found += [text for text in links if any(name_key(text) in notice for notice in notices)]
    if site:
        found += [site, f"www.{site}", site.partition(".")[0]]
    keys = (name_key(text) for text in found)
    return frozenset(key for key in keys if 0 < len(key.split()) <= MAX_SITE_WORDS)


def _urls(document: Document, markup: Markup) -> list[Evidence]:
    """URLs of the page in canonical form, those that the page declares first.

    If the record has a URL, others count only if they are on the same site and not its home page.
    """
    own = document.url and canonical_url(document.url)
    base = own or next(iter(markup.values["meta:og:url"]), "")
    found = markup.first("link:canonical")
    found += [("og:url", text) for _, text in markup.first("meta:og:url")]
    if not own:
        found += [("json-ld:url", text) for node in markup.nodes[:1] for text in node["url"]]
    stated: list[Evidence] = []
    for source, text in found:
        address = canonical_url(text, base)
        if address is None:
            continue
        foreign = own and site_of(address) != site_of(own)
        home = own and urlsplit(address).path == "/" != urlsplit(own).path
        if not (foreign or home):
            stated.append(Evidence("url", address, source))
    return [*stated, Evidence("url", own, "record")] if own else stated
