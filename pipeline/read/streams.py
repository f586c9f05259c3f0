"""Streams → chunks of bytes: plain, gzip of many members, zstd of many frames.

A chunk is bounded whatever the stream claims to hold, so that a file that unpacks to
terabytes costs time, never memory. What stands before a damaged spot is handed out
first, but for 64 KiB at most; then ``BrokenStreamError`` is raised. Of a stream that ends
early all that it holds is handed out.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import zstandard

_CHUNK_BYTES = 1 << 18

_GZIP = zlib.MAX_WBITS | 16

_GZIP_OUTPUT_BYTES = 1 << 16

# zstd's output has no limit: 4 bytes may unpack to 128 KiB, so these make at most 32 MiB.
_ZSTD_INPUT_BYTES = 1 << 10


class BrokenStreamError(ValueError):
    """A compressed stream is damaged or ends early; the message says which."""


def plain_chunks(stream: BinaryIO, size: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of *stream* from where it stands; at most *size* in all."""
    left = size
    while left is None or left > 0:
        chunk = stream.read(_CHUNK_BYTES if left is None else min(left, _CHUNK_BYTES))
        if not chunk:
            return
        if left is not None:
            left -= len(chunk)
        yield chunk


def gzip_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the unpacked bytes of all members of *stream*; zeros after a member are padding.

    Raises:
        BrokenStreamError: the stream is damaged, no gzip, or ends within a member.
    """
    member = zlib.decompressobj(_GZIP)
    begun = members = 0
    for chunk in plain_chunks(stream):
        packed = chunk
        while packed or begun:
            if not begun and members and not (packed := packed.lstrip(b"\0")):
                break
            begun = 1
            try:
                unpacked = member.decompress(packed, _GZIP_OUTPUT_BYTES)
            except zlib.error as error:
                raise BrokenStreamError(f"damaged gzip: {error}") from error
            if unpacked:
                yield unpacked
            packed = member.unconsumed_tail
            if member.eof:
                packed = member.unused_data
                member = zlib.decompressobj(_GZIP)
                begun, members = 0, members + 1
            elif not packed and len(unpacked) < _GZIP_OUTPUT_BYTES:
                break  # all that this chunk can give
    if begun or not members:
        raise BrokenStreamError("the gzip stream ends early")


def zstd_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the unpacked bytes of all frames of *stream*.

    Raises:
        BrokenStreamError: the stream is damaged, no zstd, or ends within a frame.
    """
    decompressor = zstandard.ZstdDecompressor()
    frame = decompressor.decompressobj()
    begun = frames = 0
    for chunk in plain_chunks(stream):
        for at in range(0, len(chunk), _ZSTD_INPUT_BYTES):
            packed = chunk[at : at + _ZSTD_INPUT_BYTES]
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
"""What is kept of a line that is too long: enough for an excerpt."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its newline.

    Attributes:
        payload: its bytes; the first 2,000 when it is longer than the limit.
        size: bytes it has in all, without the newline.
        ended: whether its newline was there.
    """

    payload: bytes
    size: int
    ended: bool


def lines(chunks: Iterable[bytes], limit: int) -> Iterator[Line]:
    r"""Cut *chunks* at ``\n``; of a line longer than *limit* bytes only the head is held.

    A file that ends in a newline has no further, empty line.

    >>> [line.payload for line in lines([b"a\nb", b"c\n\nd"], 100)]
    [b'a', b'bc', b'', b'd']
    """
    held = bytearray()
    size = 0
    for chunk in chunks:
        begin = 0
        while (end := chunk.find(b"\n", begin)) >= 0:
            size += end - begin
            held += chunk[begin : end if size <= limit else min(end, begin + _HEAD_BYTES)]
            yield _line(held, size, limit, ended=True)
            held, size, begin = bytearray(), 0, end + 1
        size += len(chunk) - begin
        held += chunk[begin:]
        if size > limit:
            del held[_HEAD_BYTES:]
    if size:
        yield _line(held, size, limit, ended=False)


def _line(held: bytearray, size: int, limit: int, *, ended: bool) -> Line:
    return Line(bytes(held if size <= limit else held[:_HEAD_BYTES]), size, ended)
