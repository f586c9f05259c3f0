"""A record's fields → a document. Only its content is needed; the rest is taken as it comes.

Records are written by many hands: an ``id`` may be a number, ``authors`` one string, a
list, or a list of objects with a name. What cannot be understood is left out, never a
reason to lose the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple, get_args

from pipeline.config import FieldName
from pipeline.records import Document, MediaType, Rejection, identify
from pipeline.urls import canonical_url

FIELDS: tuple[str, ...] = get_args(FieldName)

OTHER_FIELDS = "(other)"

MAX_NAMES = 1_000
"""Distinct names that are counted; records keyed by url or number have no end of them."""

_CONTENT: dict[str, MediaType] = {"html": "text/html", "text": "text/plain"}
"""Where both have content the page is taken: it also holds what the text was taken from."""

_SURROGATES = re.compile("[\ud800-\udfff]")


def document_of(
    record: Mapping[str, object],
    place: Place,
    fields: Mapping[str, FieldName],
    ignored: Counter[str],
) -> Document | Rejection:
    """Make the document that *record* is.

    Args:
        record: the object as parsed.
        place: where it stands, ``<path>#<n>``, and its name when it has no ``id`` of its own.
        fields: other name → our name.
        ignored: counts the names that are not understood.

    Returns:
        The document; a Rejection (no_text) when neither html nor text is a string with
        content. Lone surrogates, which no encoding can hold, become U+FFFD.
    """
    count_unknown(record, fields, ignored)
    known = renamed(record, fields)
    own_id = scalar(known.get("id"))
    place = place._replace(record_id=own_id or place.record_id)
    name = next((name for name in _CONTENT if has_content(known.get(name))), None)
    if name is None:
        detail = "; ".join(f"{name}: {_kind(known, name)}" for name in _CONTENT)
        return reject(place, "no_text", detail)
    content = str(known[name])
    url = scalar(known.get("url"))
    identity = (canonical_url(url) if url else None) or own_id or place.source
    return Document(
        id=identify(identity, content.encode("utf-8", "surrogatepass")),
        record_id=place.record_id,
        source=place.source,
        media_type=_CONTENT[name],
        content=_SURROGATES.sub("\ufffd", content),
        url=url,
        title=scalar(known.get("title")),
        authors=names(known.get("authors")),
        date_published=scalar(known.get("date_published")),
        fetched_at=scalar(known.get("fetched_at")),
    )


def renamed(record: Mapping[str, object], fields: Mapping[str, FieldName]) -> dict[str, object]:
    """Give the fields of *record* our names; a renamed field goes before one of that name.

    >>> renamed({"text": "teaser", "body": "story", "n": 1}, {"body": "text"})
    {'text': 'story'}
    """
    plain = {name: record[name] for name in FIELDS if name in record and name not in fields}
    mapped = {
        ours: record[theirs]
        for theirs, ours in fields.items()
        if record.get(theirs) not in (None, "")
    }
    return plain | mapped


def count_unknown(
    record: Mapping[str, object], fields: Mapping[str, FieldName], ignored: Counter[str]
) -> None:
    """Count in *ignored* each name of *record* that is neither ours nor in *fields*."""
    for name in record:
        if name not in FIELDS and name not in fields:
            count_name(name, ignored)


def count_name(name: str, ignored: Counter[str]) -> None:
    """Count *name* in *ignored*, or as ``(other)`` when 1,000 names are counted already."""
    shown = _SURROGATES.sub("\ufffd", name[:100])
    ignored[shown if shown in ignored or len(ignored) < MAX_NAMES else OTHER_FIELDS] += 1


def has_content(value: object) -> bool:
    """Say whether *value* is a string with more than white space in it."""
    return isinstance(value, str) and bool(value.strip())


def scalar(value: object) -> str | None:
    """Take a string or a number as a string without space around it; anything else is None.

    >>> scalar(" 12 "), scalar(12), scalar(True), scalar(["12"]), scalar("  ")
    ('12', '12', None, None, None)
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value.strip()) or None
    return None


def names(value: object) -> tuple[str, ...]:
    """Take the names out of a string split at ``;``, a list, or objects with a ``name``.

    >>> names("Ida Voss; Jo Li"), names(["Ida Voss", {"name": "Jo Li"}, None, 3])
    (('Ida Voss', 'Jo Li'), ('Ida Voss', 'Jo Li'))
    """
    return tuple(dict.fromkeys(_names(value)))


def _names(value: object) -> Iterator[str]:
    if isinstance(value, str):
        for name in value.split(";"):
            if found := scalar(name):
                yield found
    elif isinstance(value, dict):
        yield from _names(value.get("name") if isinstance(value.get("name"), str) else None)
    elif isinstance(value, list):
        for member in value:
            if not isinstance(member, list):
                yield from _names(member)


def _kind(known: Mapping[str, object], name: str) -> str:
    if known.get(name) is None:
        return "null" if name in known else "missing"
    return "empty" if isinstance(known[name], str) else f"a {type(known[name]).__name__}"


EXCERPT_CHARS = 500


class Place(NamedTuple):
    """Where a record stands, what it is called there, and how it begins."""

    source: str
    record_id: str
    head: bytes = b""


def excerpt(head: bytes) -> str:
    r"""Show the beginning of a record: at most 500 printable characters, on one line.

    >>> excerpt(b'{"a":\t\x00}\n')
    '{"a": �}'
    """
    line = " ".join(head[: EXCERPT_CHARS * 4].decode("utf-8", "replace").split())
    return "".join(char if char.isprintable() else "\ufffd" for char in line[:EXCERPT_CHARS])


def reject(place: Place, reason: str, detail: str, error: Exception | None = None) -> Rejection:
    """Say that the record at *place* cannot be read.

    Args:
        place: the record.
        reason: one of ``records.REASONS``.
        detail: the value and the limit, for people.
        error: what was raised; after an OSError another try may succeed.
    """
    return Rejection(
        source=place.source,
        stage="read",
        kind="error",
        reason=reason,
        detail=detail,
        record_id=place.record_id,
        error_type=type(error).__name__ if error else None,
        excerpt=excerpt(place.head) or None,
        retryable=isinstance(error, OSError),
    )
