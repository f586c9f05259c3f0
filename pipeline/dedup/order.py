"""The total order of representatives: which of several copies is kept.

Each rule decides between articles that are equal by all rules before it. First comes:

1. an article with a url;
2. a text without tags and entities that does not repeat itself;
3. the clearly longer text (by a seventh or so), which tells more;
4. the article with more of title, authors and date of publication;
5. the text with more distinct shingles; of equals the shorter, which repeats nothing;
6. the earlier publication; unknown comes last;
7. the smaller text digest, then the smaller id: arbitrary, but the same in every run.

Articles that an earlier run published come before all others (``clusters.Ranked``).
"""

from __future__ import annotations

import re
import struct
from datetime import datetime, timedelta, timezone
from math import log2

ORDER_BYTES = 44
"""Length of an order key."""

RULES = (
    "url", "faults", "length", "metadata", "length", "repetition", "publication", "text digest",
    "id",
)  # fmt: skip
"""What each part of an order key means."""

_LAYOUT = struct.Struct(">BBBBIIQ8s16s")
_EPOCH = datetime(1, 1, 1, tzinfo=timezone.utc)
_TICK = timedelta(microseconds=1)
_LONGEST = 2**32 - 1
_CLASSES = 5  # of length, for each doubling
_UNKNOWN = 2**64 - 1
_REPEATED = 1 / 3
"""Minimum share of repeated shingles in a text that tells its story twice."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,400}>")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6});")


def order_key(  # noqa: PLR0913 - each rule has its argument
    *,
    id: str,  # noqa: A002 - the article's id has this name everywhere
    text_digest: bytes,
    text: str,
    shingle_count: int,
    positions: int,
    url: str | None,
    title: str | None,
    authors: tuple[str, ...],
    date_published: datetime | None,
) -> bytes:
    """Encode an article's place in the order as 44 bytes that sort like it.

    Raises ValueError if id is not 32 hex digits.

    Args:
        id: 32 hex digits, distinct within a run.
        text_digest: of the cleaned text; its first 8 bytes are used.
        text: cleaned.
        shingle_count: its distinct shingles.
        positions: places that a shingle can have in it.
        date_published: with its time zone.
    """
    name = bytes.fromhex(id)
    if len(name) != 16:
        raise ValueError(f"id = {id!r}: expected 32 hex digits")
    known = (title is not None) + bool(authors) + (date_published is not None)
    published = _UNKNOWN if date_published is None else (date_published - _EPOCH) // _TICK
    return _LAYOUT.pack(
        url is None,
        has_markup(text) or shingle_count < (1 - _REPEATED) * positions,
        255 - min(int(_CLASSES * log2(shingle_count + 1)), 255),
        3 - known,
        _LONGEST - min(shingle_count, _LONGEST),
        min(len(text), _LONGEST),
        published,
        text_digest,
        name,
    )


def has_markup(text: str) -> bool:
    """Tell whether a text contains HTML tags or entities.

    >>> has_markup('<p class="a">A &amp; B'), has_markup("a < b, R&D; and <3")
    (True, False)
    """
    # One pattern for both would be slow: only a search for one fixed first character is fast.
    return ("&" in text and _ENTITY.search(text) is not None) or (
        "<" in text and _TAG.search(text) is not None
    )


def deciding_rule(one: bytes, other: bytes) -> str:
    """Name the first of ``RULES`` by which two order keys differ; "id" if none does."""
    parts = zip(RULES, _LAYOUT.unpack(one), _LAYOUT.unpack(other), strict=True)
    return next((rule for rule, mine, theirs in parts if mine != theirs), RULES[-1])
