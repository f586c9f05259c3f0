"""The formats that are read: suffix → opener, reader, and where a file may be cut.

A new format is one reader and one line in ``PLAIN_FORMATS``; its compressed forms follow.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, BinaryIO

from pipeline.config import InputConfig
from pipeline.read.csv_files import csv_records
from pipeline.read.jsonl import json_records, jsonl_records
from pipeline.read.parquet import parquet_records, survey_row_groups
from pipeline.read.parts import Part, Survey, Unfinished, survey_lines, survey_whole
from pipeline.read.single import single_document
from pipeline.read.streams import gzip_chunks, plain_chunks, zstd_chunks
from pipeline.read.warc import warc_documents
from pipeline.read.warc_records import gzip_members, zstd_members
from pipeline.records import Document, Rejection

Records = Iterator[Document | Rejection | Unfinished]
Reader = Callable[[Any, Part, InputConfig, Counter[str]], Records]
"""Yields one item per record of a part from what its opener returned.

Counts unknown fields by name in the last argument, and raises nothing but OSError.
"""


@dataclass(frozen=True, slots=True)
class Format:
    """How a kind of file is read: ``open`` gives ``records`` what it reads, such as chunks.

    ``survey`` digests a file and finds where it may be cut. ``single``: the file is one document.
    ``skips``: the reader leaves out the records after ``Part.skipped``.
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


_PAGE = Format(plain_chunks, partial(single_document, html=True), single=True)

PLAIN_FORMATS = {
    ".txt": Format(plain_chunks, partial(single_document, html=False), single=True),
    ".html": _PAGE,
    ".htm": _PAGE,
    ".xhtml": _PAGE,
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
    for suffix, form in PLAIN_FORMATS.items()
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


PAGE = ".html"
"""The format of pages without an extension."""
