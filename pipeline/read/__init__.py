"""Reading: bytes → documents. A new format is a file and a line in ``FORMATS``."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pipeline.read.csv_files import read_csv, read_csv_gz, read_csv_zst
from pipeline.read.fields import Place, reject
from pipeline.read.jsonl import read_jsonl, read_jsonl_gz, read_jsonl_zst
from pipeline.read.parquet import read_parquet, survey_row_groups
from pipeline.read.parts import (
    Part,
    Survey,
    Unfinished,
    is_as_planned,
    planned_bytes,
    survey_lines,
    survey_whole,
)
from pipeline.read.single import read_html, read_text
from pipeline.read.warc import read_warc, read_warc_gz

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from pipeline.config import InputConfig
    from pipeline.records import Document, Rejection

__all__ = ["FORMATS", "Format", "Part", "Survey", "Unfinished", "format_of", "read_part", "survey"]


class Reader(Protocol):
    """Reads the records of *part* off its opened file, and raises nothing but OSError."""

    def __call__(
        self,
        stream: BinaryIO,
        part: Part,
        config: InputConfig,
        ignored: Counter[str],
        *,
        final: bool,
    ) -> Iterator[Document | Rejection | Unfinished]:
        """Yield one item a record; count names of fields that are not understood in *ignored*."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """How a kind of file is read, and how it is surveyed: whether, and where, it may be cut.

    Attributes:
        single: the file is one document.
    """

    read: Reader
    survey: Callable[[BinaryIO, int], Survey] = survey_whole
    single: bool = False

    @property
    def splittable(self) -> bool:
        """Whether a large file may become several parts."""
        return self.survey is not survey_whole


FORMATS: dict[str, Format] = {
    ".txt": Format(read_text, single=True),
    ".html": Format(read_html, single=True),
    ".htm": Format(read_html, single=True),
    ".jsonl": Format(read_jsonl, survey_lines),
    ".ndjson": Format(read_jsonl, survey_lines),
    ".jsonl.gz": Format(read_jsonl_gz),
    ".ndjson.gz": Format(read_jsonl_gz),
    ".jsonl.zst": Format(read_jsonl_zst),
    ".ndjson.zst": Format(read_jsonl_zst),
    ".csv": Format(read_csv),
    ".csv.gz": Format(read_csv_gz),
    ".csv.zst": Format(read_csv_zst),
    ".parquet": Format(read_parquet, survey_row_groups),
    ".warc": Format(read_warc),
    ".warc.gz": Format(read_warc_gz),
    ".wet": Format(read_warc),
    ".wet.gz": Format(read_warc_gz),
    ".warc.wet": Format(read_warc),
    ".warc.wet.gz": Format(read_warc_gz),
}
"""Suffix in lower case → format."""


def format_of(name: str) -> str | None:
    """Find the key of ``FORMATS`` that the file *name* ends in, the longest; None if none does.

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
    final: bool = False,
    ignored_fields: Counter[str] | None = None,
) -> Iterator[Document | Rejection | Unfinished]:
    """Read the records of *part*: one item for each, in the order of the file.

    A bad record, or a file that cannot be read, becomes a Rejection; nothing is raised
    and nothing is left out without a word (blank lines are no records).

    Args:
        part: what to read; its suffix is a key of ``FORMATS``.
        open_file: opens ``part.path`` for reading bytes; OSError when it cannot.
        config: the limits and the names of fields.
        final: take a last JSONL line without its newline as a record, not as Unfinished.
        ignored_fields: counts the fields of records that are not understood, by name.
    """
    ignored = Counter[str]() if ignored_fields is None else ignored_fields
    try:
        with open_file(part.path) as stream:
            yield from _planned_records(stream, part, config, ignored, final=final)
    except OSError as error:
        # Not the message: it holds the path, which differs from machine to machine.
        detail = os.strerror(error.errno) if error.errno else str(error)
        yield reject(Place(part.source, part.stem), "unreadable", detail, error)


def _planned_records(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str], *, final: bool
) -> Iterator[Document | Rejection | Unfinished]:
    """Read what the file held when the run was planned; say so where that is gone."""
    if not is_as_planned(stream, part):
        yield _changed(part)
        return
    form = FORMATS[part.suffix]
    records = form.read(planned_bytes(stream, part), part, config, ignored, final=final)
    if form.single:
        # A document is whole, or it is not taken. Records of other files are whole each.
        records = iter(list(records))
    else:
        yield from records
    if is_as_planned(stream, part):
        yield from records
    else:
        yield _changed(part)


def _changed(part: Part) -> Rejection:
    detail = "the file is not what it was when the run was planned; the next run reads it again"
    return reject(Place(part.source, part.stem), "changed_meanwhile", detail, OSError())


def survey(stream: BinaryIO, suffix: str, block_bytes: int) -> Survey:
    """Read *stream* once for its digest and size, and for where it may be cut.

    Args:
        stream: the file, as it lies on the disk.
        suffix: a key of ``FORMATS``.
        block_bytes: bytes that a part should have; a part is longer by what its last line or
            row group needs, the last one may be shorter.
    """
    return FORMATS[suffix].survey(stream, block_bytes)
