"""A file as it was when the run was planned: what came behind its end since, nobody sees yet.

A run reads minutes or, after a kill, days after its plan. A file that has grown meanwhile is read
up to where it ended; one whose bytes are no longer those is told about, and comes again.
"""

from __future__ import annotations

import io
import os
from hashlib import blake2b
from typing import TYPE_CHECKING, BinaryIO, cast

from pipeline.read.compression import plain_chunks

if TYPE_CHECKING:
    from pipeline.read.parts import Part


def digest_look(found: os.stat_result, source: str) -> bytes:
    """Digest what a file looks like without reading it: name, place, size and times; 16 bytes."""
    facts = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return blake2b(f"{facts} {source}".encode(), digest_size=16).digest()


def is_as_planned(stream: BinaryIO, part: Part) -> bool:
    """Say whether the file of *part* begins with what it was when the run was planned.

    It is read for that only if it looks different, or changed too shortly before the plan for
    looks to prove anything. Leaves *stream* where it was.
    """
    if part.digest is None or part.size is None:
        return True  # nothing is known of it
    if part.look == digest_look(os.fstat(stream.fileno()), part.source).hex():
        return True
    place = stream.tell()
    stream.seek(0)
    digest = blake2b(digest_size=16)
    for chunk in plain_chunks(stream, part.size):
        digest.update(chunk)
    stream.seek(place)
    return digest.hexdigest() == part.digest


def planned_bytes(stream: BinaryIO, part: Part) -> BinaryIO:
    """Give the stream without what was added since the plan."""
    if part.size is None or os.fstat(stream.fileno()).st_size <= part.size:
        return stream
    return cast("BinaryIO", io.BufferedReader(_Beginning(stream, part.size)))


class _Beginning(io.RawIOBase):
    """The first *size* bytes of a file; the file stays open when this is closed."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            offset, whence = offset + self._size, os.SEEK_SET
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        left = max(0, self._size - self._stream.tell())
        content = self._stream.read(min(len(buffer), left))
        buffer[: len(content)] = content
        return len(content)
