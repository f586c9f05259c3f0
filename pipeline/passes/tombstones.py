"""Tombstones: digests of the ids, urls and sites that were taken down and must not come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pipeline.records import Article, Document, Rejection
from pipeline.text.unicode import digest
from pipeline.urls import canonical_url, page_address, site_of

TombstoneKind = Literal["id", "url", "page", "site"]
"""Older versions wrote url, which recognises only exactly this url."""


def tombstone(kind: TombstoneKind, value: str) -> bytes:
    """Return the tombstone of a value: 16 bytes, which do not reveal it.

    *value* is an id of 32 hex digits, a canonical url, its ``page_address``, or a site.
    """
    return digest(f"{kind} {value}")


def taken_down(
    record: Document | Rejection, article: Article | None, tombstones: frozenset[bytes]
) -> Rejection | None:
    """Return the rejection of a *record* that was taken down; None if it was not.

    The site of a document without a url is checked once it is rejected or its *article* is known,
    because a page may state its url.
    """
    if not tombstones or tombstones.isdisjoint(_names(record, article)):
        return None
    return Rejection(
        source=record.source,
        stage="read",
        kind="filtered",
        reason="taken_down",
        id=record.id,
        record_id=record.record_id,
    )


def _names(record: Document | Rejection, article: Article | None) -> Iterator[bytes]:
    if record.id:
        yield tombstone("id", record.id)
    own = canonical_url(record.url or "")
    sites = {article.site} if article else set()
    if isinstance(record, Rejection) and own is None:
        sites.add(record.site)
    for url in (own, article and article.url):
        if url:
            yield tombstone("url", url)
            yield tombstone("page", page_address(url))
            sites.add(site_of(url))
    for site in filter(None, sites):
        yield tombstone("site", site)
