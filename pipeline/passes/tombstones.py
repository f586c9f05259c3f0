"""Tombstones: what was taken down, and must not come back.

A tombstone is a digest of an id, an address or a site: it recognises what comes again, and
reveals nothing to those who have only the tombstone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pipeline.records import Article, Document, Rejection
from pipeline.text.unicode import digest
from pipeline.urls import canonical_url, page_address, site_of

TombstoneKind = Literal["id", "url", "page", "site"]
"""An older newsieve wrote url: only pages in exactly this form were recognised by it."""


def tombstone(kind: TombstoneKind, value: str) -> bytes:
    """Digest what is taken down: 16 bytes.

    Args:
        value: an id of 32 hex digits, a canonical url, its ``page_address``, or a site.
    """
    return digest(f"{kind} {value}")


def taken_down(
    record: Document | Rejection, article: Article | None, tombstones: frozenset[bytes]
) -> Rejection | None:
    """Return the rejection of a record that was taken down; None if it was not.

    Args:
        record: as it was read.
        article: what cleaning made of it, as far as it is known.
        tombstones: the tombstones.
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
    if isinstance(record, Document) and record.url:
        yield from _address(canonical_url(record.url))
    if article:
        yield from _address(article.url)
        if article.site:
            yield tombstone("site", article.site)


def _address(url: str | None) -> Iterator[bytes]:
    if url:
        yield tombstone("url", url)
        yield tombstone("page", page_address(url))
        site = site_of(url)
        if site:
            yield tombstone("site", site)
