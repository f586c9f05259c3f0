"""Parts of files: what one call of ``read_part`` reads, and where large files may be cut."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO, NamedTuple, cast

from pipeline.storage.objects import version_of
from pipeline.text.unicode import digest

_CHUNK_BYTES = 1 << 20


class Place(NamedTuple):
    """The source of a record, its name, and its first bytes."""

    source: str
    record_id: str
    head: bytes = b""


@dataclass(frozen=True, slots=True)
class Part:
    """A whole file, a range of lines of an uncompressed JSONL file, or a range of row groups.

    Attributes:
        path: path to open.
        source: path from the input's root with forward slashes, as in the tables.
        suffix: a key of ``FORMATS``.
        start, stop: bytes [start, stop) of the file. Each cut is right after a newline, or
            about where a row group begins; None means the end of the file.
        first_record: number of the range's first line or row in the file, from 1.
        size, digest: of the whole file when the run was planned; None if unknown.
        look: in hex, ``digest_look`` of the file at that time, or digest of the versions of an
            object and its sidecar; None if it cannot be relied on.
        final: whether a last JSONL line that is not whole is a record, not ``Unfinished``.
        skipped: numbers of records, ascending; after each of them the next record is left out,
            because reading it kills the process. Of Parquet, the rest of the row group is.
        careful: whether rows are read one by one.
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
    final: bool = False
    skipped: tuple[int, ...] = ()
    careful: bool = False

    @property
    def compressed(self) -> bool:
        """Whether the file is one compressed stream."""
        return self.suffix.endswith((".gz", ".zst"))

    @property
    def bytes(self) -> int:
        """Size of the part when the run was planned; 0 if unknown."""
        stop = self.size if self.stop is None else self.stop
        return max(0, (stop or 0) - self.start)

    @property
    def stem(self) -> str:
        """The file's name without its suffix, including double suffixes.

        >>> Part("/in/a/news.2024.JSONL.gz", "a/news.2024.JSONL.gz", ".jsonl.gz").stem
        'news.2024'
        """
        name = self.source.rsplit("/", 1)[-1]
        bare = name[: len(name) - len(self.suffix)]
        return bare if bare and name.lower().endswith(self.suffix) else name


def place_in(part: Part, number: int | None = None, head: bytes = b"") -> Place:
    """Return the place of the record *number* of a part, or of the whole file."""
    mark = "" if number is None else f"#{number}"
    return Place(f"{part.source}{mark}", f"{part.stem}{mark}", head)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A last line without its newline: still being written, so it is left to a later run."""

    source: str


@dataclass(frozen=True, slots=True)
class Survey:
    """The result of one pass over a file: blake2b of its bytes in hex, its size in bytes.

    ``cuts``: (start, stop, first_record) of each part, in order and without gaps; empty if the file
    is not cut.
    """

    digest: str
    size: int
    cuts: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Inputs that become one staged block and one file of each table.

    ``index``: position in the plan, from 0, which determines the order of the output.
    """

    index: int
    parts: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        """Size of its parts together."""
        return sum(part.bytes for part in self.parts)


def digest_look(found: os.stat_result, source: str) -> bytes:
    """Digest a file's name, inode, size and times, without reading it; 16 bytes."""
    facts = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return digest(f"{facts} {source}")


def is_as_planned(stream: BinaryIO, part: Part) -> bool:
    """Return whether the file still begins with the bytes it had when the run was planned.

    The bytes are compared only if size or times differ, or if the file changed too shortly before
    the plan for its times to prove anything. Keeps the position of *stream*.
    """
    if part.digest is None or part.size is None:
        return True  # unknown
    if version := version_of(stream):
        look = digest(f"{version} {part.source}")
    else:
        look = digest_look(os.fstat(stream.fileno()), part.source)
    if part.look == look.hex():
        return True
    place = stream.tell()
    stream.seek(0)
    found = survey_whole(stream, limit=part.size)
    stream.seek(place)
    return found.digest == part.digest


def byte_range(stream: BinaryIO, start: int, stop: int | None) -> BinaryIO:
    """Return bytes [start, stop) of *stream*, to be read in order; OSError if it is shorter."""
    if stop is None and not start:
        return stream  # it may be a pipe
    whole = not start and stream.seek(0, os.SEEK_END) == stop
    stream.seek(start)
    return stream if whole or stop is None else cast("BinaryIO", _Limited(stream, stop - start))


@dataclass
class _Limited:
    """The next bytes of a stream, so many of which are *left* to read."""

    stream: BinaryIO
    left: int

    def read(self, size: int) -> bytes:
        content = self.stream.read(min(size, self.left))
        if self.left and not content:
            raise OSError("the file has become shorter since the run was planned")
        self.left -= len(content)
        return content


def survey_whole(stream: BinaryIO, _block_bytes: int = 0, limit: int = sys.maxsize) -> Survey:
    """Compute digest and size of a *stream* that is never cut, or of its first *limit* bytes."""
    hashed = blake2b(digest_size=16)
    size = 0
    while chunk := stream.read(min(_CHUNK_BYTES, limit - size)):
        hashed.update(chunk)
        size += len(chunk)
    return Survey(hashed.hexdigest(), size, ())


def survey_lines(stream: BinaryIO, block_bytes: int) -> Survey:
    """Digest *stream* and cut it after the first newline at or beyond each *block_bytes*.

    A line longer than *block_bytes* stays whole. A last line without its newline is part of
    the last cut.
    """
    hashed = blake2b(digest_size=16)
    cuts: list[tuple[int, int, int]] = []
    size = start = 0
    record = next_record = 1
    while chunk := stream.read(_CHUNK_BYTES):
        hashed.update(chunk)
        counted = 0
        # A part has at least block_bytes: its newline is its byte block_bytes - 1 or a later one.
        while (at := chunk.find(b"\n", max(0, start + block_bytes - 1 - size))) >= 0:
            next_record += chunk.count(b"\n", counted, at + 1)
            counted = at + 1
            cuts.append((start, size + counted, record))
            start, record = size + counted, next_record
        next_record += chunk.count(b"\n", counted)
        size += len(chunk)
    if start < size:
        cuts.append((start, size, record))
    return Survey(hashed.hexdigest(), size, tuple(cuts) if len(cuts) > 1 else ())
