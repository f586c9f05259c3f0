"""Reading: bytes → documents. A new format is one reader and one line in ``FORMATS``.

``read_part`` reads a file or a part of one; ``survey`` digests a file and finds where to cut it.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from pipeline.config import InputConfig
from pipeline.read.csv_files import csv_records
from pipeline.read.fields import Place, reject
from pipeline.read.jsonl import json_records, jsonl_records
from pipeline.read.markup import begins_like_page
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
from pipeline.read.single import SIDECAR, html_document, text_document
from pipeline.read.streams import gzip_chunks, plain_chunks, zstd_chunks
from pipeline.read.warc import warc_documents
from pipeline.read.warc_records import gzip_members, zstd_members

if TYPE_CHECKING:
    from pipeline.records import Document, Rejection

__all__ = [
    "FORMATS",
    "PAGE",
    "SIDECAR",
    "Format",
    "Part",
    "Survey",
    "Unfinished",
    "format_of",
    "looks_like_page",
    "may_be_page",
    "read_part",
    "survey",
]

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
        skips: the reader leaves out the records after ``Part.skipped``.
    """

    open: Callable[[BinaryIO], Iterable[Any] | BinaryIO]
    records: Reader
    survey: Callable[[BinaryIO, int], Survey] = survey_whole
    single: bool = False
    skips: bool = True


def _openers(form: Format) -> dict[str, Callable[[BinaryIO], Iterable[Any]]]:
    """Return what opens the compressed files of a format, by the suffix they add."""
    if form.open is _seekable:
        return {}
    if form.records is warc_documents:
        return {".gz": gzip_members, ".zst": zstd_members}
    return {".gz": gzip_chunks, ".zst": zstd_chunks}


def _seekable(stream: BinaryIO) -> BinaryIO:
    return stream


_FORMATS = {
    ".txt": Format(plain_chunks, text_document, single=True),
    ".html": Format(plain_chunks, html_document, single=True),
    ".htm": Format(plain_chunks, html_document, single=True),
    ".xhtml": Format(plain_chunks, html_document, single=True),
    ".jsonl": Format(plain_chunks, jsonl_records, survey_lines),
    ".ndjson": Format(plain_chunks, jsonl_records, survey_lines),
    ".jl": Format(plain_chunks, jsonl_records, survey_lines),
    ".json": Format(plain_chunks, json_records),
    ".csv": Format(plain_chunks, csv_records, skips=False),
    ".parquet": Format(_seekable, parquet_records, survey_row_groups),
    ".warc": Format(plain_chunks, warc_documents),
    ".wet": Format(plain_chunks, warc_documents),
    ".warc.wet": Format(plain_chunks, warc_documents),
}

FORMATS: dict[str, Format] = {
    suffix + packed: replace(form, open=unpack, survey=survey_whole) if packed else form
    for suffix, form in _FORMATS.items()
    for packed, unpack in ({"": form.open} | _openers(form)).items()
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


_EXTENSION = re.compile(r".+\.[A-Za-z][A-Za-z0-9]{0,5}", re.DOTALL)


def may_be_page(name: str) -> bool:
    """Return whether a file of no known format may be a page, as mirrors of sites save them.

    >>> may_be_page("2024/a-story"), may_be_page("index.html?p=3"), may_be_page("a.php")
    (True, True, False)
    """
    return _EXTENSION.fullmatch(name.rsplit("/", 1)[-1]) is None


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


PAGE = ".html"
"""The format of pages without an extension."""


def looks_like_page(head: bytes) -> bool:
    """Return whether a file begins like a page; *head*: its first bytes, in any encoding."""
    return begins_like_page(head.replace(b"\0", b"").decode("utf-8", "ignore"))


def survey(stream: BinaryIO, suffix: str, block_bytes: int) -> Survey:
    """Read *stream* once for its digest and size, and find where it may be cut.

    Args:
        stream: the file, as stored.
        suffix: a key of ``FORMATS``.
        block_bytes: target size of a part in bytes. A part is longer by the rest of its last
            line or row group; the last part may be shorter.
    """
    return FORMATS[suffix].survey(stream, block_bytes)
