"""CSV → documents: a header with the names of the fields, then one record a row.

``#n`` is the number of the line that the row begins in, as an editor shows it. What parts the
fields is told by the header: of comma, semicolon, tab and bar the one that gives the most names
that are known, and then the most names at all. A first line such as ``sep=;`` says it itself.
The last row may lack its newline.
"""

from __future__ import annotations

import codecs
import csv
import re
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import BinaryIO, NamedTuple

from pipeline.config import FieldName, InputConfig
from pipeline.read.encoding import LineDecoder, UndecodableError, decode
from pipeline.read.fields import FIELDS, Place, document_of, reject
from pipeline.read.parts import Part
from pipeline.read.streams import (
    BrokenStreamError,
    Line,
    gzip_chunks,
    lines,
    plain_chunks,
    zstd_chunks,
)
from pipeline.records import Document, Rejection
from pipeline.urls import canonical_url

DELIMITERS = (",", ";", "\t", "|")

_SNIFF_BYTES = 1 << 16

_SEPARATOR = re.compile(r"sep=(.)")

_WIDE = ("utf-16", "utf-32", "iso2022")
"""Encodings in which a byte of ASCII may stand for something else."""


class _Header(NamedTuple):
    """The names of the fields in order, and what parts them."""

    names: list[str]
    delimiter: str


class _BadFileError(ValueError):
    """The file has no header to read it by: the reason, and the message."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def read_csv(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str], *, final: bool
) -> Iterator[Document | Rejection]:
    """Read the rows of a file that is not compressed."""
    del final
    yield from _records(plain_chunks(stream), part, config, ignored)


def read_csv_gz(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str], *, final: bool
) -> Iterator[Document | Rejection]:
    """Read the rows of a gzip file."""
    del final
    yield from _records(gzip_chunks(stream), part, config, ignored)


def read_csv_zst(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str], *, final: bool
) -> Iterator[Document | Rejection]:
    """Read the rows of a zstd file."""
    del final
    yield from _records(zstd_chunks(stream), part, config, ignored)


def _records(
    chunks: Iterable[bytes], part: Part, config: InputConfig, ignored: Counter[str]
) -> Iterator[Document | Rejection]:
    file = Place(part.source, part.stem)
    numbered = NumberedLines(iter(()))
    try:
        head, chunks = _peek(iter(chunks))
        file = file._replace(head=head[:2_000])
        encoding = decode(head, html=False).encoding if head else "utf-8"
        if encoding.startswith(_WIDE):
            chunks, encoding = _narrowed(chunks, encoding), "utf-8"
        numbered = NumberedLines(lines(chunks, config.max_bytes))
        decoder = LineDecoder(encoding)
        header = _header(numbered, decoder, config)
        dialect = Dialect(
            delimiter=header.delimiter,
            width=len(header.names),
            max_bytes=config.max_bytes,
            decode=decoder,
            plausible=_plausible(header.names, config.fields),
        )
        for row in csv_rows(numbered, dialect):
            place = Place(f"{part.source}#{row.number}", f"{part.stem}#{row.number}", row.head)
            if isinstance(row, BadStretch):
                yield reject(place, row.reason, row.detail, row.error)
            else:
                record = dict(zip(header.names, row.fields, strict=True))
                yield document_of(record, place, config.fields, ignored)
    except BrokenStreamError as error:
        detail = f"{error}, after line {numbered.number}"
        yield reject(file, "broken_compression", detail, error)
    except UndecodableError as error:
        yield reject(file, "undecodable", str(error), error)
    except _BadFileError as error:
        yield reject(file, error.reason, str(error), error)


def _peek(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Look at the beginning, up to a whole line if there is one; give all chunks again."""
    held = bytearray()
    broken: BrokenStreamError | None = None
    try:
        while len(held) < _SNIFF_BYTES and (chunk := next(chunks, None)) is not None:
            held += chunk
    except BrokenStreamError as error:
        broken = error

    def again() -> Iterator[bytes]:
        yield bytes(held)
        if broken:
            raise broken
        yield from chunks

    head = bytes(held[:_SNIFF_BYTES])
    if len(head) < _SNIFF_BYTES or b"\0" in head:
        return head, again()
    return head[: head.rfind(b"\n") + 1] or head, again()


def _narrowed(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Turn text in which bytes of ASCII mean something else into UTF-8."""
    for text in codecs.iterdecode(chunks, encoding, "replace"):
        yield text.encode("utf-8", "replace")


def _header(
    numbered: NumberedLines, decoder: Callable[[bytes], str], config: InputConfig
) -> _Header:
    """Read the names of the fields off the first line that is not blank.

    Raises:
        _BadFileError: there is none, or it names neither text nor html, or one field twice.
    """
    delimiters: tuple[str, ...] = DELIMITERS
    while line := numbered.take():
        if line.size > config.max_bytes:
            raise _BadFileError("too_large", f"a header of {line.size:,} bytes")
        text = decoder(line.payload).strip("\ufeff \r")
        if said := _SEPARATOR.fullmatch(text):
            delimiters = (said[1],)
        elif text.strip():
            break
    else:
        raise _BadFileError("no_text", "the file is empty")
    known = {*FIELDS, *config.fields}
    headers = [_Header(_names(text, each), each) for each in delimiters]
    header = max(headers, key=lambda each: (len(known & {*each.names}), len(each.names)))
    names = [name for name in header.names if name in known]
    if not {config.fields.get(name, name) for name in names} & {"text", "html"}:
        listed = ", ".join(header.names)[:200]
        raise _BadFileError(
            "no_text", f"no column is called text or html, and input.fields maps none: {listed}"
        )
    if len(names) > len({*names}):
        twice = next(name for name in names if names.count(name) > 1)
        raise _BadFileError("broken_record", f"the header names {twice!r} twice")
    return header


def _names(text: str, delimiter: str) -> list[str]:
    try:
        row = next(csv.reader([text], delimiter=delimiter))
    except csv.Error as error:
        raise _BadFileError("broken_record", f"the header is no row: {error}") from error
    named = [name.strip() or f"column {n}" for n, name in enumerate(row, 1)]
    while len(named) > 1 and not row[len(named) - 1].strip():
        named.pop()  # a delimiter at the end of the line
    return named


def _plausible(names: list[str], fields: Mapping[str, FieldName]) -> Callable[[list[str]], bool]:
    """Tell a row from a line of prose with as many commas: by its url and its id."""
    places = {fields.get(name, name): place for place, name in enumerate(names)}

    def plausible(row: list[str]) -> bool:
        url = row[places["url"]].strip() if "url" in places else ""
        own_id = row[places["id"]].strip() if "id" in places else ""
        return not (url and canonical_url(url) is None) and " " not in own_id

    return plausible


# The module's own limit of 128 KiB is for all readers of a process, and shorter than a page;
# how long a row may be is bounded here.
csv.field_size_limit(sys.maxsize)

_HEAD_BYTES = 2_000

MOST_LINES = 200
"""Lines that a row within a bad stretch may have."""

MOST_FAILURES = 1_000
"""Rows within a bad stretch that may fail; the rest of it is left. Without these two limits,
lines that each leave a quote open would all be read to the end, one after the other."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row with as many fields as the header.

    Attributes:
        number: of its first line in the file, from 1.
        head: how that line begins.
    """

    number: int
    fields: list[str]
    head: bytes


@dataclass(frozen=True, slots=True)
class BadStretch:
    """A row that is none; ``number`` and ``head`` are those of its first line."""

    number: int
    reason: str
    detail: str
    head: bytes
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the rows of a file are to be read.

    Attributes:
        delimiter: one character.
        width: fields that a row has.
        max_bytes: that a row may have.
        decode: the bytes of a line → its text; UndecodableError when they are none.
        plausible: whether fields found behind a bad row look like a row rather than like a line
            of prose from inside one.
    """

    delimiter: str
    width: int
    max_bytes: int
    decode: Callable[[bytes], str]
    plausible: Callable[[list[str]], bool]


class NumberedLines:
    """Lines with their numbers, some of which may be given back."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source = source
        self._returned: deque[Line] = deque()
        self.number = 0
        """Of the last line that was taken, from 1."""

    def take(self) -> Line | None:
        """Take the next line; None at the end."""
        line = self._returned.popleft() if self._returned else next(self._source, None)
        self.number += line is not None
        return line

    def give_back(self, lines: list[Line]) -> None:
        """Put *lines*, the last that were taken, back."""
        self._returned.extendleft(reversed(lines))
        self.number -= len(lines)


class _BadRowError(ValueError):
    """What stands here is no row: the reason, and the message."""

    def __init__(self, reason: str, detail: str, error: Exception | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.error = error


def csv_rows(lines: NumberedLines, dialect: Dialect) -> Iterator[CsvRow | BadStretch]:
    """Yield the rows of *lines*, and a BadStretch for each that is none; blank lines are none."""
    told_up_to: float = 0
    failures = 0
    while first := lines.take():
        if not first.payload.strip() and first.size <= dialect.max_bytes:
            continue
        lines.give_back([first])
        number, head = lines.number + 1, first.payload[:_HEAD_BYTES]
        known = number <= told_up_to
        taken: list[Line] = []
        try:
            fields = _row(lines, taken, dialect, rescued=known)
        except _BadRowError as bad:
            last = lines.number
            failures = failures + 1 if known else 0
            if not known:
                over = f"; it runs to line {last}" if last > number else ""
                yield BadStretch(number, bad.reason, f"{bad}{over}", head, bad.error)
                # Where one that is too large ends, nobody has seen: where a row begins again.
                endless = bad.reason == "too_large" and last > number
                told_up_to = inf if endless else last
            # Of a single column any line would be a row.
            anew = dialect.width > 1 and failures < MOST_FAILURES
            kept_up_to = number if anew else told_up_to
            lines.give_back([each for n, each in enumerate(taken, number) if n > kept_up_to])
        else:
            told_up_to = number if told_up_to == inf else told_up_to
            yield CsvRow(number, fields, head)


def _row(lines: NumberedLines, taken: list[Line], dialect: Dialect, *, rescued: bool) -> list[str]:
    """Read one row, and note in *taken* the lines that it was read from.

    A *rescued* row, one from within a bad stretch, must be plausible and not too long.

    Raises:
        _BadRowError: it is none.
    """
    ended_within = False

    def texts() -> Iterator[str]:
        nonlocal ended_within
        size = 0
        while line := lines.take():
            taken.append(line)
            size += line.size + 1
            if size - 1 > dialect.max_bytes:
                limit = f"input.max_bytes = {dialect.max_bytes:,}"
                raise _BadRowError("too_large", f"{size - 1:,} bytes or more; {limit}")
            if rescued and len(taken) > MOST_LINES:
                raise _BadRowError("broken_record", f"more than {MOST_LINES} lines")
            yield dialect.decode(line.payload) + "\n" * line.ended
        ended_within = True

    try:
        fields = next(csv.reader(texts(), delimiter=dialect.delimiter))
    except csv.Error as error:
        raise _BadRowError("broken_record", str(error), error) from error
    except UndecodableError as error:
        raise _BadRowError("undecodable", str(error), error) from error
    if ended_within:
        raise _BadRowError("broken_record", "a quoted field has no end")
    surplus = fields[dialect.width :]
    if len(fields) < dialect.width or any(surplus):
        counts = f"{len(fields)} fields, the header has {dialect.width}"
        raise _BadRowError("broken_record", counts)
    if rescued and not dialect.plausible(fields):
        raise _BadRowError("broken_record", "a line from inside a row")
    return fields[: dialect.width]
