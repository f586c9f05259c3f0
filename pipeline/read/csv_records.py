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
from typing import TYPE_CHECKING, NamedTuple

from pipeline.read.compression import BrokenStreamError, gzip_chunks, plain_chunks, zstd_chunks
from pipeline.read.csv_rows import BadStretch, Dialect, NumberedLines, csv_rows
from pipeline.read.encoding import UndecodableError, decode
from pipeline.read.fields import FIELDS, document_of
from pipeline.read.line_decoding import LineDecoder
from pipeline.read.lines import lines
from pipeline.read.rejecting import Place, reject
from pipeline.web.url import canonical_url

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import BinaryIO

    from pipeline.config import FieldName, InputConfig
    from pipeline.read.parts import Part
    from pipeline.records import Document, Rejection

DELIMITERS = (",", ";", "\t", "|")
_HEAD_BYTES = 1 << 16
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
        while len(held) < _HEAD_BYTES and (chunk := next(chunks, None)) is not None:
            held += chunk
    except BrokenStreamError as error:
        broken = error

    def again() -> Iterator[bytes]:
        yield bytes(held)
        if broken:
            raise broken
        yield from chunks

    head = bytes(held[:_HEAD_BYTES])
    if len(head) < _HEAD_BYTES or b"\0" in head:
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
