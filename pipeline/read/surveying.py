"""One pass over a file's bytes: its digest, and where it can be cut between lines."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from pipeline.read.parts import Survey

if TYPE_CHECKING:
    from typing import BinaryIO

_CHUNK_BYTES = 1 << 20


def survey_bytes(stream: BinaryIO) -> Survey:
    """Digest and measure *stream*; no cuts."""
    digest = blake2b(digest_size=16)
    size = 0
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    return Survey(digest.hexdigest(), size, ())


def survey_whole(stream: BinaryIO, block_bytes: int) -> Survey:
    """Digest and measure *stream*, which is never cut, whatever *block_bytes* are."""
    del block_bytes
    return survey_bytes(stream)


def survey_lines(stream: BinaryIO, block_bytes: int) -> Survey:
    """Digest *stream* and cut it behind the first newline at or after each *block_bytes*.

    A line longer than *block_bytes* stays whole; a last line without its newline
    belongs to the last cut.
    """
    digest = blake2b(digest_size=16)
    cuts: list[tuple[int, int, int]] = []
    size = start = 0
    record = next_record = 1
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)
        counted = 0
        # A part has block_bytes or more: its newline is its byte block_bytes - 1 or a later one.
        while (at := chunk.find(b"\n", max(0, start + block_bytes - 1 - size))) >= 0:
            next_record += chunk.count(b"\n", counted, at + 1)
            counted = at + 1
            cuts.append((start, size + counted, record))
            start, record = size + counted, next_record
        next_record += chunk.count(b"\n", counted)
        size += len(chunk)
    if start < size:
        cuts.append((start, size, record))
    return Survey(digest.hexdigest(), size, tuple(cuts) if len(cuts) > 1 else ())
