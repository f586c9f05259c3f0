"""The total order of representatives: of several copies, which one is kept.

First comes, each rule deciding among those that all earlier ones leave equal:

1. an article with a url before one without;
2. a text without tags and entities, and that tells nothing twice, before one that does;
3. the text that is clearly longer, by a seventh or so: it tells more;
4. more of title, authors and date of publication known;
5. the longer text, by distinct shingles; of equals the shorter, which says nothing twice;
6. the earlier publication; unknown comes last;
7. the smaller text digest, then the smaller id: chance, but the same in every run.

Articles that an earlier run published come before all of these (``clusters.stars``).
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
"""What the parts of an order key stand for."""

_LAYOUT = struct.Struct(">BBBBIIQ8s16s")
_EPOCH = datetime(1, 1, 1, tzinfo=timezone.utc)
_TICK = timedelta(microseconds=1)
_LONGEST = 2**32 - 1
_CLASSES = 5  # of length, for each doubling
_UNKNOWN = 2**64 - 1
_REPEATED = 1 / 3
"""Share of a text's shingles that stood before in it, from which on it tells a story twice."""
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
    """Write an article's place in the order as 44 bytes that sort like it.

    Args:
        id: 32 hex digits; two articles of one id never meet in a run.
        text_digest: of the cleaned text; its first 8 bytes take part.
        text: cleaned.
        shingle_count: its distinct shingles.
        positions: places a shingle can have in it.
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
    """Tell whether tags or entities of HTML are left in a text.

    >>> has_markup('<p class="a">A &amp; B'), has_markup("a < b, R&D; and <3")
    (True, False)
    """
    # Two patterns, because the search for a first character is fast, for one of two it is not.
    return ("&" in text and _ENTITY.search(text) is not None) or (
        "<" in text and _TAG.search(text) is not None
    )


def deciding_rule(one: bytes, other: bytes) -> str:
    """Name the first of ``RULES`` by which two order keys differ; "id" if none does."""
    parts = zip(RULES, _LAYOUT.unpack(one), _LAYOUT.unpack(other), strict=True)
    return next((rule for rule, mine, theirs in parts if mine != theirs), RULES[-1])
