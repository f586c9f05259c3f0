"""What is read at once, and what reading yields besides documents and rejections."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO, cast

from pipeline.read.streams import plain_chunks


@dataclass(frozen=True, slots=True)
class Part:
    """A whole file, or a run of whole lines of an uncompressed JSONL file, or of row groups.

    Attributes:
        path: what the storage opens.
        source: path from the input's root, the name that people see.
        suffix: a key of ``FORMATS``.
        start, stop: the bytes [start, stop) of the file; each cut stands right after a
            newline, or about where a row group begins; None means to the end.
        first_record: number of the range's first line, or row, in the file, from 1.
        size, digest: of the whole file when the run was planned; None: of whatever is there.
        look: what it looked like then (``planned.digest_look``), in hex; None: proves nothing.
    """

    path: str
    source: str
    suffix: str
    start: int = 0
    stop: int | None = None
    first_record: int = 1
    size: int | None = None
    digest: str | None = None
    look: str | None = None

    @property
    def stem(self) -> str:
        """The file's name without its suffix, double suffixes included.

        >>> Part("/in/a/news.2024.JSONL.gz", "a/news.2024.JSONL.gz", ".jsonl.gz").stem
        'news.2024'
        """
        name = self.source.rsplit("/", 1)[-1]
        bare = name[: len(name) - len(self.suffix)]
        return bare if bare and name.lower().endswith(self.suffix) else name


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A last line without its newline: its writer is not done, so it is left to the next run."""

    source: str
    detail: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a file's bytes tells.

    Attributes:
        digest: 32 hex digits of blake2b of the bytes.
        size: bytes.
        cuts: (start, stop, first_record) of each part, in order and without gaps;
            empty when the file is read whole.
    """

    digest: str
    size: int
    cuts: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Inputs that become one staged block and one file of each table.

    Attributes:
        index: place in the plan, from 0; it orders everything that comes after.
        parts: whole files, or ranges of lines of one large file.
    """

    index: int
    parts: tuple[Part, ...]


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
