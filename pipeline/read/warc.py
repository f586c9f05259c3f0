"""WARC and WET → documents: pages and plain texts that a crawl has stored.

``#n`` is the number of the record in its file, every record counted, broken ones too.
Documents are ``response`` records with status 200, ``resource`` and ``conversion``
records, if they are HTML or plain text. The others are no records of ours: they are
counted under names that say what they are, such as ``warc:request``, ``warc:status 404``
or ``warc:image/png``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline.read.compression import plain_chunks
from pipeline.read.encoding import UndecodableError, decode
from pipeline.read.fields import count_name, scalar
from pipeline.read.http import BrokenBodyError, Response, content_type, response_of
from pipeline.read.members import gzip_members
from pipeline.read.rejecting import Place, reject
from pipeline.read.warc_records import (
    BEGINS,
    MAX_HEAD_BYTES,
    BrokenRecord,
    WarcRecord,
    warc_records,
)
from pipeline.records import Document, MediaType, Rejection, identify
from pipeline.web.url import canonical_url

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from pipeline.config import InputConfig
    from pipeline.read.members import Damage
    from pipeline.read.parts import Part

_MEDIA_TYPES: dict[str, MediaType] = {
    "text/html": "text/html",
    "application/xhtml+xml": "text/html",
    "text/plain": "text/plain",
}
_TYPES = ("response", "resource", "conversion")


class _Content(NamedTuple):
    """A record that may be a document."""

    media_type: MediaType
    charset: str | None
    response: Response | None


def read_warc(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str], *, final: bool
) -> Iterator[Document | Rejection]:
    """Read the records of a file that is not compressed."""
    del final
    yield from _items(plain_chunks(stream), part, config, ignored)


def read_warc_gz(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str], *, final: bool
) -> Iterator[Document | Rejection]:
    """Read the records of a gzip file, be it one member or one for each record."""
    del final
    yield from _items(gzip_members(stream, BEGINS), part, config, ignored)


def _items(
    pieces: Iterable[bytes | Damage], part: Part, config: InputConfig, ignored: Counter[str]
) -> Iterator[Document | Rejection]:
    for record in warc_records(pieces, config.max_bytes + MAX_HEAD_BYTES):
        place = Place(f"{part.source}#{record.number}", f"{part.stem}#{record.number}")
        if isinstance(record, BrokenRecord):
            yield reject(place._replace(head=record.head), record.reason, record.detail)
            continue
        name = _bare(record.headers.get("warc-record-id")).removeprefix("urn:uuid:")
        place = place._replace(record_id=name or place.record_id, head=record.block[:2_000])
        content = _content(record)
        if isinstance(content, _Content):
            yield _document(record, content, place, config.max_bytes)
        elif content is None:
            yield reject(place, "broken_record", "its block is no HTTP response")
        else:
            count_name(f"warc:{content}", ignored)


def _content(record: WarcRecord) -> _Content | str | None:
    """Say how *record* is to be read; what it is, when it is no document; None if it is broken."""
    headers = record.headers
    kind = headers.get("warc-type", "").lower()
    declared = content_type(headers.get("content-type"))
    response = None
    if kind not in _TYPES:
        return kind or "no type"
    if kind == "response" and declared.mime in ("application/http", ""):
        response = response_of(record.block)
        if response is None:
            return None
        if response.status != "200":
            return f"status {response.status}"
        identified = headers.get("warc-identified-payload-type")
        declared = content_type(response.headers.get("content-type") or identified)
    media_type = _MEDIA_TYPES.get(declared.mime)
    if media_type is None:
        return declared.mime or "no content type"
    return _Content(media_type, declared.charset, response)


def _document(
    record: WarcRecord, content: _Content, place: Place, max_bytes: int
) -> Document | Rejection:
    large = f"{record.size:,} bytes as stored; input.max_bytes = {max_bytes:,}"
    if record.size > len(record.block):
        return reject(place, "too_large", large)
    try:
        payload = content.response.body(max_bytes) if content.response else record.block
    except BrokenBodyError as error:
        return reject(place, "broken_compression", str(error), error)
    if len(payload) > max_bytes:
        return reject(place, "too_large", large)
    place = place._replace(head=payload[:2_000])
    html = content.media_type == "text/html"
    try:
        text = decode(payload, html=html, declared=content.charset).text
    except UndecodableError as error:
        return reject(place, "undecodable", str(error), error)
    if not text.strip():
        return reject(place, "no_text", f"the record is empty ({len(payload):,} bytes)")
    url = scalar(_bare(record.headers.get("warc-target-uri")))
    own_id = _bare(record.headers.get("warc-record-id")) and place.record_id
    identity = (canonical_url(url) if url else None) or own_id or place.source
    return Document(
        id=identify(identity, payload),
        record_id=place.record_id,
        source=place.source,
        media_type=content.media_type,
        content=text,
        url=url,
        fetched_at=scalar(record.headers.get("warc-date")),
    )


def _bare(value: str | None) -> str:
    """Take an address out of the angle brackets that some writers put around it."""
    return (value or "").strip().removeprefix("<").removesuffix(">")
