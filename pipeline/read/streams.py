"""Streams → chunks of bytes (plain, gzip with many members, zstd with many frames) → lines.

Every chunk is bounded, whatever the stream claims: a file that unpacks to terabytes takes time
but no memory. The data before a damaged position is yielded first, except for up to 64 KiB;
then ``BrokenStreamError`` is raised. If a stream ends early, all of it is yielded first.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import zstandard

_CHUNK_BYTES = 1 << 18

ZSTD_INPUT_BYTES = 1 << 10
"""zstd has no output limit: 4 bytes may unpack to 128 KiB, so this gives at most 32 MiB."""


class BrokenStreamError(ValueError):
    """A compressed stream is damaged, or ends early; the message says which."""


def plain_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of *stream* from its current position."""
    while chunk := stream.read(_CHUNK_BYTES):
        yield chunk


def first_bytes(chunks: Iterable[bytes], limit: int) -> bytes:
    """Return the first *limit* bytes of *chunks*, or all if they have fewer."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        if len(held) >= limit:
            break
    return bytes(held[:limit])


def gzip_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the unpacked bytes of all members of *stream*; zeros after a member are padding.

    Raises BrokenStreamError if the stream is damaged, is not gzip, or ends within a member.
    """
    unpacked = gzip.GzipFile(fileobj=stream, mode="rb")
    try:
        while chunk := unpacked.read1(_CHUNK_BYTES):
            yield chunk
    except EOFError as error:
        raise BrokenStreamError("the gzip stream ends early") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BrokenStreamError(f"damaged gzip: {error}") from error
    if unpacked.mtime is None:  # it has no member
        raise BrokenStreamError("the gzip stream ends early")


def zstd_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the unpacked bytes of all frames of *stream*.

    Raises BrokenStreamError if the stream is damaged, is not zstd, or ends within a frame.
    """
    decompressor = zstandard.ZstdDecompressor()
    frame = decompressor.decompressobj()
    begun = frames = 0
    for chunk in plain_chunks(stream):
        for at in range(0, len(chunk), ZSTD_INPUT_BYTES):
            packed = chunk[at : at + ZSTD_INPUT_BYTES]
            while packed:
                begun = 1
                try:
                    unpacked = frame.decompress(packed)
                except zstandard.ZstdError as error:
                    raise BrokenStreamError(f"damaged zstd: {error}") from error
                if unpacked:
                    yield unpacked
                packed = b""
                if frame.eof:
                    packed = frame.unused_data
                    frame = decompressor.decompressobj()
                    begun, frames = 0, frames + 1
    if begun or not frames:
        raise BrokenStreamError("the zstd stream ends early")


_HEAD_BYTES = 2_000
"""Kept of a line that is too long: enough for an excerpt."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its newline, its size in bytes, and whether it ended in a newline.

    ``payload``: its bytes; only the first 2,000 if it is longer than the limit.
    """

    payload: bytes
    size: int
    ended: bool


class LineBuffer:
    """Collects the pieces of a line or value; keeps only the head of one longer than *limit*."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self.size = 0

    def add(self, chunk: bytes, start: int, stop: int) -> None:
        """Append ``chunk[start:stop]``."""
        self.size += stop - start
        if self.size <= self._limit:
            self._held += chunk[start:stop]
        else:
            self._held += chunk[start : min(stop, start + _HEAD_BYTES)]
            del self._held[_HEAD_BYTES:]

    def is_blank(self, blank: bytes) -> bool:
        """Return whether the buffer has only bytes of *blank*."""
        return not self._held.strip(blank)

    def line(self, *, ended: bool) -> Line:
        """Return the line collected so far, and reset the buffer."""
        line = Line(bytes(self._held), self.size, ended)
        self._held, self.size = bytearray(), 0
        return line


def lines(chunks: Iterable[bytes], limit: int) -> Iterator[Line]:
    r"""Split *chunks* at ``\n``; of a line longer than *limit* bytes only the head is kept.

    A newline at the end of the file starts no further line.

    >>> [line.payload for line in lines([b"a\nb", b"c\n\nd"], 100)]
    [b'a', b'bc', b'', b'd']
    """
    held = LineBuffer(limit)
    for chunk in chunks:
        begin = 0
        while (end := chunk.find(b"\n", begin)) >= 0:
            held.add(chunk, begin, end)
            yield held.line(ended=True)
            begin = end + 1
        held.add(chunk, begin, len(chunk))
    if held.size:
        yield held.line(ended=False)
