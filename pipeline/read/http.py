"""A stored HTTP response → its status, type, charset and body, unpacked.

Archives keep responses as they were sent, or unpacked under headers that still say
otherwise: a body that is not coded as its header says is taken as it stands.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import brotli
import zstandard
from warcio.bufferedreaders import ChunkedDataReader
from warcio.statusandheaders import StatusAndHeadersParser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PARSER = StatusAndHeadersParser(["HTTP/"])
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([-\w.:]+)""", re.IGNORECASE)
_OUTPUT_BYTES = 1 << 16
# zstd's output has no limit: 4 bytes may unpack to 128 KiB, so these make at most 32 MiB.
_ZSTD_INPUT_BYTES = 1 << 10


class BrokenBodyError(ValueError):
    """A body is damaged or ends early; the message says in which coding."""


@dataclass(frozen=True, slots=True)
class ContentType:
    """What a Content-Type says: a type in lower case without parameters, and a charset."""

    mime: str
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it stands in the archive.

    Attributes:
        status: such as ``200``; empty when the first line has none.
        headers: name in lower case → value; of a name that occurs twice, the first.
        coded: the body as sent.
    """

    status: str
    headers: dict[str, str]
    coded: bytes

    def body(self, limit: int) -> bytes:
        """Unpack the body.

        Args:
            limit: bytes from which on it does not matter how many more there are: one
                more than these are given at most, but for bodies that are not coded.

        Raises:
            BrokenBodyError: a coding ends early or is damaged.
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


def content_type(value: str | None) -> ContentType:
    """Read a Content-Type.

    >>> content_type('Text/HTML; charset="UTF-8"'), content_type(None)
    (ContentType(mime='text/html', charset='UTF-8'), ContentType(mime='', charset=None))
    """
    mime, _, parameters = (value or "").partition(";")
    found = _CHARSET.search(parameters)
    return ContentType(mime.strip().lower(), found[1] if found else None)


def response_of(block: bytes) -> Response | None:
    """Parse the *block* of a record; None when it does not begin as a response does."""
    if block[:5].upper() != b"HTTP/":
        return None
    stream = BytesIO(block)
    parsed = _PARSER.parse(stream)
    words = parsed.statusline.split()  # 1.1 200 OK
    headers = {name.lower(): value.strip() for name, value in reversed(parsed.headers)}
    return Response(words[1] if len(words) > 1 else "", headers, stream.read())


def _decoded(body: bytes, coding: str, limit: int) -> bytes:
    """Undo one coding; a body that it does not fit from the start on is returned as it is."""
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


def _gzip(body: bytes) -> Iterator[bytes]:
    yield from _inflated(body, zlib.MAX_WBITS | 16)


def _deflate(body: bytes) -> Iterator[bytes]:
    """Inflate; the standard means zlib's format, many servers send it without its header."""
    zlib_header = body[:1] == b"\x78" and int.from_bytes(body[:2], "big") % 31 == 0
    yield from _inflated(body, zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)


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
    for at in range(0, len(body), _ZSTD_INPUT_BYTES):
        yield stream.decompress(body[at : at + _ZSTD_INPUT_BYTES])
        if stream.eof:
            return
    raise EOFError("the body ends early")


_CODINGS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
"""Content-Encoding → how it is undone, in bounded steps."""
