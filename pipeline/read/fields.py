"""A record's fields → a document. Only the content is required.

Records come in many forms: an ``id`` may be a number; ``authors`` may be a string, a list, or
a list of objects with a name (``values``, ``names``). A value that cannot be understood is
dropped; the text is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import get_args

from pipeline.config import FieldName, InputConfig
from pipeline.read.encoding import UndecodableError, decode
from pipeline.read.markup import Content, read_field, read_text
from pipeline.read.names import declared_names
from pipeline.read.parts import Place
from pipeline.read.values import declared_date, is_null, scalar, whole_characters
from pipeline.records import EXCERPT_CHARS, Document, Rejection, excerpt, identify
from pipeline.urls import canonical_url, site_named, site_of, site_of_path

FIELDS: tuple[str, ...] = get_args(FieldName)
OTHER_FIELDS = "(other)"
MAX_NAMES = 1_000
"""Distinct names counted; records keyed by url or number have any number of them."""
_CONTENT = ("html", "text")
"""If both have content, html is used, unless it has hardly any story: ``clean`` sees both."""


def document_of(
    record: Mapping[str, object], place: Place, config: InputConfig, ignored: Counter[str]
) -> Document | Rejection:
    """Turn a parsed *record* into a document, or a Rejection (no_text) if it has no content.

    Lone surrogates become U+FFFD. *place* names a record without an ``id`` of its own; *ignored*
    counts unknown names, and names of fields that ``input.fields`` has replaced by others.
    """
    for field in record:
        if field not in FIELDS and field not in config.fields:
            count_name(field, ignored)
    known = renamed(record, config.fields)
    for field in _replaced(record, config.fields, known):
        count_name(field, ignored)
    place = place._replace(record_id=scalar(known.get("id")) or place.record_id)
    texts = {name: text for name in _CONTENT if isinstance(text := known.get(name), str)}
    if is_null(texts.get("html", "")):
        texts.pop("html", None)
    name = next((name for name in texts if texts[name].strip()), None)
    if name is None:
        detail = "; ".join(f"{name}: {_kind(known, name)}" for name in _CONTENT)
        return _without_text(place, detail, known)
    content = texts[name]
    found = Content("text/html", content) if name == "html" else read_text(content)
    if not found.content.strip():
        return _without_text(place, f"{name}: nothing but markup", known)
    document = described(found, content.encode("utf-8", "surrogatepass"), known, place, config)
    if name == "text" or not texts.get("text", "").strip():
        return document
    return replace(document, text=whole_characters(read_text(texts["text"]).content))


def _without_text(place: Place, detail: str, known: Mapping[str, object]) -> Rejection:
    rejection = reject(place, "no_text", detail)
    site = site_named(scalar(known.get("site")))
    return replace(rejection, url=scalar(known.get("url")), site=site)


def content_of(
    payload: bytes, place: Place, *, html: bool, declared: str | None = None, what: str = "file"
) -> Content | Rejection:
    """Decode *payload*, a page or a plain text; reject it at *place* if it is neither.

    *declared* is the charset in the HTTP headers; *what* names the payload in the message.
    """
    try:
        text = decode(payload, html=html, declared=declared).text
    except UndecodableError as error:
        return reject(place, "undecodable", str(error), error)
    found = Content("text/html", text) if html else read_text(text)
    if not found.content.strip():
        return reject(place, "no_text", f"the {what} is empty ({len(payload):,} bytes)")
    return found


def described(
    found: Content, payload: bytes, known: Mapping[str, object], place: Place, config: InputConfig
) -> Document:
    """Return the document of *found*, with the record's *known* fields.

    *payload* is the bytes of the content as found, which are part of the id.
    """
    url, own_id = scalar(known.get("url")), scalar(known.get("id"))
    page = canonical_url(url) if url else None
    site = site_of(page) if page else site_named(scalar(known.get("site")))
    return Document(
        id=identify(page or own_id or place.source, payload),
        record_id=own_id or place.record_id,
        source=place.source,
        media_type=found.media_type,
        content=whole_characters(found.content),
        url=url,
        title=read_field(scalar(known.get("title")) or ""),
        authors=tuple(filter(None, map(read_field, declared_names(known.get("authors"))))),
        date_published=declared_date(known.get("date_published")),
        fetched_at=declared_date(known.get("fetched_at")),
        site=site or site_of_path(place.source, config.site),
        flags=found.flags,
    )


def renamed(record: Mapping[str, object], fields: Mapping[str, FieldName]) -> dict[str, object]:
    """Rename the fields of *record*; a mapped field takes precedence over one of that name.

    If it says nothing, it does not: it is empty, or one of ``NULL_WORDS`` and no text.

    >>> renamed({"text": "teaser", "body": "story", "n": 1}, {"body": "text"})
    {'text': 'story'}
    >>> renamed({"text": "story", "body": " "}, {"body": "text"})
    {'text': 'story'}
    """
    plain = {name: record[name] for name in FIELDS if name in record and name not in fields}
    mapped = {
        ours: record[theirs]
        for theirs, ours in fields.items()
        if not _says_nothing(record.get(theirs), ours)
    }
    return plain | mapped


def _replaced(
    record: Mapping[str, object], fields: Mapping[str, FieldName], known: Mapping[str, object]
) -> Iterator[str]:
    """Yield the names of those fields of *record* that say something else than the *known* one."""
    ours: dict[str, FieldName] = {name: name for name in get_args(FieldName)}
    for name, field in (ours | dict(fields)).items() if fields else ():
        value = record.get(name)
        if not _says_nothing(value, field) and value != known[field]:
            yield name


def _says_nothing(value: object, field: FieldName) -> bool:
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    return field != "text" and isinstance(value, str) and is_null(value)


def count_name(name: str, ignored: Counter[str]) -> None:
    """Count *name* in *ignored*, or as ``(other)`` if 1,000 names are counted already."""
    shown = whole_characters(name[:100])
    ignored[shown if shown in ignored or len(ignored) < MAX_NAMES else OTHER_FIELDS] += 1


def unusable(names: Sequence[str], config: InputConfig) -> tuple[str, str] | None:
    """Say why no record of a file with columns of these *names* can be read: reason and detail."""
    known = [name for name in names if name in FIELDS or name in config.fields]
    if not {config.fields.get(name, name) for name in known} & {*_CONTENT}:
        listed = ", ".join(names)[:200]
        detail = f"no column is called text or html, and input.fields maps none: {listed}"
        return "no_text", detail
    twice = next((name for name in known if known.count(name) > 1), None)
    return ("broken_record", f"two columns are called {twice!r}") if twice else None


def _kind(known: Mapping[str, object], name: str) -> str:
    if known.get(name) is None:
        return "null" if name in known else "missing"
    return "empty" if isinstance(known[name], str) else f"a {type(known[name]).__name__}"


def reject(place: Place, reason: str, detail: str, error: Exception | None = None) -> Rejection:
    """Reject the record at *place* at stage ``read``; an OSError is retryable.

    *reason* is a key of ``records.REASONS``; *detail* states the value and the limit.
    """
    return Rejection(
        source=place.source,
        stage="read",
        kind="error",
        reason=reason,
        detail=detail,
        record_id=place.record_id,
        error_type=type(error).__name__ if error else None,
        excerpt=excerpt(place.head[: EXCERPT_CHARS * 4].decode("utf-8", "replace")),
        retryable=isinstance(error, OSError),
    )
