"""The total order of representatives: of several copies, which one is kept.

First comes, each rule deciding among those that all earlier ones leave equal:

1. an article with a url before one without;
2. more of title, authors and date of publication known;
3. the longer text;
4. the earlier publication; unknown comes last;
5. the smaller text digest, then the smaller id: chance, but the same in every run.

Articles that an earlier run published come before all of these (``clusters.stars``).
"""

from __future__ import annotations

import struct
from datetime import datetime, timedelta, timezone

ORDER_BYTES = 40
"""Length of an order key."""

RULES = ("url", "metadata", "length", "length", "publication", "text digest", "id")
"""What the parts of an order key stand for."""

_LAYOUT = struct.Struct(">BBHIQ8s16s")
_EPOCH = datetime(1, 1, 1, tzinfo=timezone.utc)
_TICK = timedelta(microseconds=1)
_LONGEST = 2**48 - 1
_UNKNOWN = 2**64 - 1


def order_key(  # noqa: PLR0913 - each rule has its argument
    *,
    id: str,  # noqa: A002 - the article's id has this name everywhere
    text_digest: bytes,
    char_count: int,
    url: str | None,
    title: str | None,
    authors: tuple[str, ...],
    date_published: datetime | None,
) -> bytes:
    """Write an article's place in the order as 40 bytes that sort like it.

    Args:
        id: 32 hex digits; two articles of one id never meet in a run.
        text_digest: of the cleaned text; its first 8 bytes take part.
        char_count: characters of the cleaned text, below 2**48.
        url: as known, or None.
        title: as known, or None.
        authors: those known, or ().
        date_published: an instant with its time zone, or None.

    Raises:
        ValueError: if id is not 32 hex digits.
    """
    name = bytes.fromhex(id)
    if len(name) != 16:
        raise ValueError(f"id = {id!r}: expected 32 hex digits")
    known = (title is not None) + bool(authors) + (date_published is not None)
    shortness = _LONGEST - min(char_count, _LONGEST)
    published = _UNKNOWN if date_published is None else (date_published - _EPOCH) // _TICK
    return _LAYOUT.pack(
        url is None,
        3 - known,
        shortness >> 32,
        shortness & 0xFFFFFFFF,
        published,
        text_digest,
        name,
    )


def deciding_rule(one: bytes, other: bytes) -> str:
    """Name the first of ``RULES`` by which two order keys differ; "id" if none does."""
    parts = zip(RULES, _LAYOUT.unpack(one), _LAYOUT.unpack(other), strict=True)
    return next((rule for rule, mine, theirs in parts if mine != theirs), RULES[-1])
