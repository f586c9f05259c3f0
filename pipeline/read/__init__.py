"""Reading: bytes → documents. A new format is one reader and one line in ``FORMATS``.

``read_part`` reads a file or a part of one; ``survey`` digests a file and finds where to cut it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from pipeline.config import InputConfig
from pipeline.read.csv_files import csv_records
from pipeline.read.fields import Place, reject
from pipeline.read.jsonl import jsonl_records
from pipeline.read.parquet import parquet_records, survey_row_groups
from pipeline.read.parts import (
    Part,
    Survey,
    Unfinished,
    byte_range,
    is_as_planned,
    survey_lines,
    survey_whole,
)
from pipeline.read.single import html_document, text_document
from pipeline.read.streams import gzip_chunks, plain_chunks, zstd_chunks
from pipeline.read.warc import warc_documents
from pipeline.read.warc_records import gzip_members

if TYPE_CHECKING:
    from pipeline.records import Document, Rejection

__all__ = ["FORMATS", "Format", "Part", "Survey", "Unfinished", "format_of", "read_part", "survey"]

Records = Iterator["Document | Rejection | Unfinished"]

Reader = Callable[[Any, Part, InputConfig, "Counter[str]"], Records]
"""Yields one item per record of a part from what its opener returned.

Counts unknown fields by name in the last argument, and raises nothing but OSError.
"""


@dataclass(frozen=True, slots=True)
class Format:
    """How a kind of file is read.

    Attributes:
        open: a binary stream → what *records* reads, such as unpacked chunks.
        records: the reader.
        survey: digests a file and finds where it may be cut.
        single: the file is one document.
    """

    open: Callable[[BinaryIO], Iterable[Any] | BinaryIO]
    records: Reader
    survey: Callable[[BinaryIO, int], Survey] = survey_whole
    single: bool = False


def _seekable(stream: BinaryIO) -> BinaryIO:
    return stream


FORMATS: dict[str, Format] = {
    ".txt": Format(plain_chunks, text_document, single=True),
    ".html": Format(plain_chunks, html_document, single=True),
    ".htm": Format(plain_chunks, html_document, single=True),
    ".jsonl": Format(plain_chunks, jsonl_records, survey_lines),
    ".ndjson": Format(plain_chunks, jsonl_records, survey_lines),
    ".jsonl.gz": Format(gzip_chunks, jsonl_records),
    ".ndjson.gz": Format(gzip_chunks, jsonl_records),
    ".jsonl.zst": Format(zstd_chunks, jsonl_records),
    ".ndjson.zst": Format(zstd_chunks, jsonl_records),
    ".csv": Format(plain_chunks, csv_records),
    ".csv.gz": Format(gzip_chunks, csv_records),
    ".csv.zst": Format(zstd_chunks, csv_records),
    ".parquet": Format(_seekable, parquet_records, survey_row_groups),
    ".warc": Format(plain_chunks, warc_documents),
    ".warc.gz": Format(gzip_members, warc_documents),
    ".wet": Format(plain_chunks, warc_documents),
    ".wet.gz": Format(gzip_members, warc_documents),
    ".warc.wet": Format(plain_chunks, warc_documents),
    ".warc.wet.gz": Format(gzip_members, warc_documents),
}
"""Suffix in lower case → format."""


def format_of(name: str) -> str | None:
    """Return the longest key of ``FORMATS`` that the file *name* ends in; None if there is none.

    >>> format_of("in/News.JSONL.gz"), format_of("notes.md"), format_of("in/.txt")
    ('.jsonl.gz', None, None)
    """
    base = name.rsplit("/", 1)[-1].lower()
    found = [suffix for suffix in FORMATS if base.endswith(suffix) and base != suffix]
    return max(found, key=len, default=None)


def read_part(
    part: Part,
    open_file: Callable[[str], BinaryIO],
    config: InputConfig,
    *,
    ignored_fields: Counter[str] | None = None,
) -> Records:
    """Read the records of *part*: one item each, in file order.

    A bad record, or a file that cannot be read, becomes a Rejection. Nothing is raised, and
    nothing is dropped silently (blank lines are not records).

    Args:
        part: what to read; its suffix is a key of ``FORMATS``.
        open_file: opens ``part.path`` for reading bytes; OSError if it cannot.
        config: limits and field names.
        ignored_fields: counts unknown fields of records by name.
    """
    ignored = Counter[str]() if ignored_fields is None else ignored_fields
    try:
        with open_file(part.path) as stream:
            yield from _planned_records(stream, part, config, ignored)
    except OSError as error:
        # Not the message: it holds the path, which differs between machines.
        detail = os.strerror(error.errno) if error.errno else str(error)
        yield reject(Place(part.source, part.stem), "unreadable", detail, error)


def _planned_records(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str]
) -> Records:
    """Read what the file held when the run was planned; reject the part if that has changed."""
    changed = list(_check(stream, part))
    if changed:
        return iter(changed)
    form = FORMATS[part.suffix]
    by_lines = form.survey is survey_lines
    start, stop = (part.start, part.stop or part.size) if by_lines else (0, part.size)
    opened = form.open(byte_range(stream, start, stop))
    records = form.records(opened, part, config, ignored)
    if not form.single:  # each record is whole
        return chain(records, _check(stream, part))
    document = list(records)
    return iter(list(_check(stream, part)) or document)


def _check(stream: BinaryIO, part: Part) -> Iterator[Rejection]:
    if not is_as_planned(stream, part):
        detail = "the file has changed since the run was planned; the next run reads it again"
        yield reject(Place(part.source, part.stem), "changed_meanwhile", detail, OSError())


def survey(stream: BinaryIO, suffix: str, block_bytes: int) -> Survey:
    """Read *stream* once for its digest and size, and find where it may be cut.

    Args:
        stream: the file, as stored.
        suffix: a key of ``FORMATS``.
        block_bytes: target size of a part in bytes. A part is longer by the rest of its last
            line or row group; the last part may be shorter.
    """
    return FORMATS[suffix].survey(stream, block_bytes)
