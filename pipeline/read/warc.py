"""WARC and WET → documents: HTML pages and plain texts of a crawl.

``#n`` is the number of the record in its file; all records count, including broken ones.
Documents are ``response`` records with status 200, and ``resource`` and ``conversion``
records, if they are HTML or plain text. Other records are only counted, under names such as
``warc:request``, ``warc:status 404`` or ``warc:image/png``.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import NamedTuple

import brotli
import zstandard
from warcio.bufferedreaders import ChunkedDataReader
from warcio.statusandheaders import StatusAndHeadersParser

from pipeline.config import InputConfig
from pipeline.read.fields import content_of, count_name, described, reject
from pipeline.read.parts import Part, Place, place_in
from pipeline.read.streams import ZSTD_INPUT_BYTES
from pipeline.read.values import is_null
from pipeline.read.warc_records import (
    FOLD,
    HEAD_END,
    MAX_HEAD_BYTES,
    BrokenRecord,
    Damage,
    WarcRecord,
    warc_records,
)
from pipeline.records import Document, MediaType, Rejection

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


def warc_documents(
    pieces: Iterable[bytes | Damage], part: Part, config: InputConfig, ignored: Counter[str]
) -> Iterator[Document | Rejection]:
    """Read the records of a file; *pieces* as for ``warc_records``."""
    skipped = list(part.skipped)
    for record in warc_records(pieces, config.max_bytes + MAX_HEAD_BYTES):
        kind = record.headers.get("warc-type", "").lower() if isinstance(record, WarcRecord) else ""
        if skipped and skipped[0] < record.number and kind in _TYPES:
            del skipped[0]
            continue
        place = place_in(part, record.number)
        if isinstance(record, BrokenRecord):
            yield reject(place._replace(head=record.head), record.reason, record.detail)
            continue
        name = _bare(record.headers.get("warc-record-id")).removeprefix("urn:uuid:")
        place = place._replace(record_id=name or place.record_id, head=record.block[:2_000])
        content = _content(record)
        if isinstance(content, _Content):
            yield _document(record, content, place, config)
        elif content is None:
            yield reject(place, "broken_record", "its block is no HTTP response")
        else:
            count_name(f"warc:{content}", ignored)


def _content(record: WarcRecord) -> _Content | str | None:
    """Return how to read *record*; its kind if it is not a document; None if it is broken."""
    headers = record.headers
    kind = headers.get("warc-type", "").lower()
    mime, charset = content_type(headers.get("content-type"))
    response = None
    if kind not in _TYPES:
        return kind or "no type"
    if kind == "response" and mime in ("application/http", ""):
        response = response_of(record.block)
        if response is None:
            return None
        if response.status != "200":
            return f"status {response.status}"
        identified = headers.get("warc-identified-payload-type")
        mime, charset = content_type(response.headers.get("content-type") or identified)
    media_type = _MEDIA_TYPES.get(mime)
    if media_type is None:
        return mime or "no content type"
    return _Content(media_type, charset, response)


def _document(
    record: WarcRecord, content: _Content, place: Place, config: InputConfig
) -> Document | Rejection:
    payload = record.block
    if content.response and record.size == len(record.block):
        try:
            payload = content.response.body(config.max_bytes)
        except BrokenBodyError as error:
            return reject(place, "broken_compression", str(error), error)
    if record.size > len(record.block) or len(payload) > config.max_bytes:
        limit = f"input.max_bytes = {config.max_bytes:,}"
        return reject(place, "too_large", f"{record.size:,} bytes as stored; {limit}")
    place = place._replace(head=payload[:2_000])
    html = content.media_type == "text/html"
    found = content_of(payload, place, html=html, declared=content.charset, what="record")
    if isinstance(found, Rejection):
        return found
    if not is_null(record.headers.get("warc-truncated", "")):
        found = found._replace(flags=(*found.flags, "truncated"))
    known = {
        "id": _bare(record.headers.get("warc-record-id")) and place.record_id,
        "url": _bare(record.headers.get("warc-target-uri")),
        "fetched_at": record.headers.get("warc-date"),
    }
    return described(found, payload, known, place, config)


def _bare(value: str | None) -> str:
    """Strip the angle brackets that some writers put around an address."""
    return (value or "").strip().removeprefix("<").removesuffix(">")


_PARSER = StatusAndHeadersParser(["HTTP/"])
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([-\w.:]+)""", re.IGNORECASE)
_MAX_HTTP_HEAD_BYTES = 1 << 20
_OUTPUT_BYTES = 1 << 16


class BrokenBodyError(ValueError):
    """A body is damaged or ends early; the message names the coding."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response as archived: its status, such as ``200`` or empty; its body as sent.

    ``headers``: name in lower case → value; the first of repeated names.
    """

    status: str
    headers: dict[str, str]
    coded: bytes

    def body(self, limit: int) -> bytes:
        """Decode the body, to at most one byte more than *limit* (unless the body is not encoded).

        Raises BrokenBodyError if a coding ends early or is damaged.
        """
        body = self.coded
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            reader = ChunkedDataReader(BytesIO(body))
            body = b"".join(iter(lambda: reader.read(_OUTPUT_BYTES), b""))
        codings = self.headers.get("content-encoding", "").lower().split(",")
        for coding in reversed([name.strip() for name in codings][:3]):
            if coding in _CODINGS:
                body = _decoded(body, coding, limit)
        return body


def content_type(value: str | None) -> tuple[str, str | None]:
    """Parse a Content-Type: the type in lower case without parameters, and the charset.

    >>> content_type('Text/HTML; charset="UTF-8"'), content_type(None)
    (('text/html', 'UTF-8'), ('', None))
    """
    mime, _, parameters = (value or "").partition(";")
    found = _CHARSET.search(parameters)
    return mime.strip().lower(), found[1] if found else None


def response_of(block: bytes) -> Response | None:
    """Parse the *block* of a record; None if it is not an HTTP response, or has endless headers."""
    if block[:5].upper() != b"HTTP/":
        return None
    found = HEAD_END.search(block, 0, _MAX_HTTP_HEAD_BYTES)
    if found is None and len(block) > _MAX_HTTP_HEAD_BYTES:
        return None
    end = found.end() if found else len(block)
    # The parser takes quadratic time for folded lines.
    stream = BytesIO(FOLD.sub(b" ", block[:end]) + block[end:])
    parsed = _PARSER.parse(stream)
    words = parsed.statusline.split()  # 1.1 200 OK
    headers = {name.lower(): value.strip() for name, value in reversed(parsed.headers)}
    return Response(words[1] if len(words) > 1 else "", headers, stream.read())


def _decoded(body: bytes, coding: str, limit: int) -> bytes:
    """Undo one coding; a body that is not in that coding is returned unchanged."""
    unpacked = bytearray()
    try:
        for piece in _CODINGS[coding](body):
            unpacked += piece
            if len(unpacked) > limit:
                return bytes(unpacked[: limit + 1])
    except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
        if unpacked:
            raise BrokenBodyError(f"{coding}: {error}") from error
        return body
    return bytes(unpacked)


def _inflated(body: bytes, bits: int) -> Iterator[bytes]:
    stream = zlib.decompressobj(bits)
    packed = body
    while not stream.eof:
        unpacked = stream.decompress(packed, _OUTPUT_BYTES)
        if unpacked:
            yield unpacked
        elif not stream.eof and not stream.unconsumed_tail:
            raise EOFError("the body ends early")
        packed = stream.unconsumed_tail


def _deflate(body: bytes) -> Iterator[bytes]:
    """Inflate, with zlib's header as in the standard, or without it as sent by many servers."""
    zlib_header = body[:1] == b"\x78" and int.from_bytes(body[:2], "big") % 31 == 0
    return _inflated(body, zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)


def _brotli(body: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    packed = body
    while not stream.is_finished():
        unpacked = stream.process(packed, output_buffer_limit=_OUTPUT_BYTES)
        packed = b""
        if unpacked:
            yield unpacked
        elif not stream.is_finished():
            raise EOFError("the body ends early")


def _zstd(body: bytes) -> Iterator[bytes]:
    stream = zstandard.ZstdDecompressor().decompressobj()
    for at in range(0, len(body), ZSTD_INPUT_BYTES):
        yield stream.decompress(body[at : at + ZSTD_INPUT_BYTES])
        if stream.eof:
            return
    raise EOFError("the body ends early")


_CODINGS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": partial(_inflated, bits=zlib.MAX_WBITS | 16),
    "x-gzip": partial(_inflated, bits=zlib.MAX_WBITS | 16),
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
"""Content-Encoding → decoder, in bounded steps."""
