"""CSV → documents: a header that names the fields, then one record per row.

``#n`` is the number of the row's first line, as an editor shows it. The header determines the
delimiter: of comma, semicolon, tab and bar, the one that gives the most known names, then the
most names. A first line such as ``sep=;`` states it. The last row may lack its newline. In a file
that has none at all, carriage returns end the lines.
"""

from __future__ import annotations

import codecs
import csv
import re
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from math import inf

from pipeline.config import InputConfig
from pipeline.read.encoding import Decoded, LineDecoder, UndecodableError, decode
from pipeline.read.fields import FIELDS, document_of, reject, unusable
from pipeline.read.parts import Part, place_in
from pipeline.read.streams import BrokenStreamError, Line, lines
from pipeline.records import Document, Rejection
from pipeline.urls import canonical_url

DELIMITERS = (",", ";", "\t", "|")
MOST_LINES = 200
"""Lines that a row within a bad stretch may have."""
MOST_FAILURES = 1_000
"""Rows within a bad stretch that may fail before the rest of it is skipped. Without these two
limits, lines that each leave a quote open would all be read to the end of the file."""
MOST_BAD_ROWS = 100_000
"""Bad rows without a good one between them, after which the rest of a file is not read."""
_SNIFF_BYTES = 1 << 16
_HEAD_BYTES = 2_000
_SEPARATOR = re.compile(r"sep=(.)")
_WIDE = ("utf-16", "utf-32", "iso2022")
"""Encodings in which an ASCII byte may be part of another character."""

# The module's own limit of 128 KiB applies to the whole process and is shorter than a page;
# the length of a row is limited here.
csv.field_size_limit(sys.maxsize)


def csv_records(
    chunks: Iterable[bytes], part: Part, config: InputConfig, ignored: Counter[str]
) -> Iterator[Document | Rejection]:
    """Read the rows of a file."""
    file = place_in(part)
    table = None
    try:
        head, chunks = _peek(iter(chunks))
        file = file._replace(head=head[:_HEAD_BYTES])
        found = decode(head, html=False) if head else Decoded("", "utf-8")
        encoding = found.encoding
        if encoding.startswith(_WIDE):
            chunks, encoding = _as_utf8(chunks, encoding), "utf-8"
        if "\r" in found.text and "\n" not in found.text:
            chunks = (chunk.replace(b"\r", b"\n") for chunk in chunks)
        table = _Table(lines(chunks, config.max_bytes), LineDecoder(encoding), config)
        table.read_header()
        for number, head, row in table.rows():
            place = place_in(part, number, head)
            if isinstance(row, _BadRowError):
                yield reject(place, row.reason, str(row), row.error)
            else:
                record = dict(zip(table.names, row, strict=True))
                yield document_of(record, place, config, ignored)
    except BrokenStreamError as error:
        detail = f"{error}, after line {table.number if table else 0}"
        yield reject(file, "broken_compression", detail, error)
    except UndecodableError as error:
        yield reject(file, "undecodable", str(error), error)
    except _BadRowError as error:
        yield reject(file, error.reason, str(error), error.error)


def _peek(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the beginning of the file, cut after a whole line if it has one, and all chunks."""
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
    return head[: head.rfind(b"\n") + 1] or head[: head.rfind(b"\r") + 1] or head, again()


def _as_utf8(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    for text in codecs.iterdecode(chunks, encoding, "replace"):
        yield text.encode("utf-8", "replace")


class _BadRowError(ValueError):
    """A row or header that cannot be read: a reason of ``records.REASONS``, and the cause."""

    def __init__(self, reason: str, detail: str, error: Exception | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.error = error


class _Table:
    """The rows of a file. Lines can be put back, to be read again after a bad row.

    ``number``: of the last line taken, from 1. ``names``: of the columns.
    """

    def __init__(
        self, source: Iterator[Line], decode: Callable[[bytes], str], config: InputConfig
    ) -> None:
        self.number = 0
        self.names: list[str] = []
        self._source = source
        self._returned: deque[Line] = deque()
        self._decode = decode
        self._config = config
        self._delimiter = ","

    def _take(self) -> Line | None:
        line = self._returned.popleft() if self._returned else next(self._source, None)
        self.number += line is not None
        return line

    def _put_back(self, lines: list[Line]) -> None:
        self._returned.extendleft(reversed(lines))
        self.number -= len(lines)

    def read_header(self) -> None:
        """Read the names of the columns from the first line that is not blank.

        Raises _BadRowError if there is no header, or it has no text and html, or a field twice.
        """
        delimiters: tuple[str, ...] = DELIMITERS
        while line := self._take():
            if line.size > self._config.max_bytes:
                raise _BadRowError("too_large", f"a header of {line.size:,} bytes")
            text = self._decode(line.payload).strip("\ufeff \r")
            if stated := _SEPARATOR.fullmatch(text):
                delimiters = (stated[1],)
            elif text.strip():
                break
        else:
            raise _BadRowError("no_text", "the file is empty")
        known = {*FIELDS, *self._config.fields}
        headers = [(_names(text, each), each) for each in delimiters]
        self.names, self._delimiter = max(
            headers, key=lambda header: (len(known & {*header[0]}), len(header[0]))
        )
        if problem := unusable(self.names, self._config):
            raise _BadRowError(*problem)

    def rows(self) -> Iterator[tuple[int, bytes, list[str] | _BadRowError]]:
        """Yield the number and the beginning of each row's first line, and the row or its error.

        Blank lines are not rows. Reading continues with the second line of a bad row, which may be
        a single line with an open quote.
        """
        reported_up_to: float = 0
        failures = bad_rows = 0
        while first := self._take():
            if not first.payload.strip() and first.size <= self._config.max_bytes:
                continue
            self._put_back([first])
            number, head = self.number + 1, first.payload[:_HEAD_BYTES]
            known = number <= reported_up_to
            taken: list[Line] = []
            try:
                fields = self._row(taken, rescued=known)
            except _BadRowError as bad:
                last = self.number
                failures = failures + 1 if known else 0
                if not known:
                    bad_rows += 1
                    if bad_rows > MOST_BAD_ROWS:
                        detail = f"more than {MOST_BAD_ROWS:,} bad rows; the rest is not read"
                        yield number, head, _BadRowError("broken_record", detail)
                        return
                    detail = f"{bad}; it runs to line {last}" if last > number else str(bad)
                    yield number, head, _BadRowError(bad.reason, detail, bad.error)
                    # Where a row that is too large ends is unknown: up to the next good row.
                    endless = bad.reason == "too_large" and last > number
                    reported_up_to = inf if endless else last
                # With a single column, any line would be a row.
                retry = len(self.names) > 1 and failures < MOST_FAILURES
                kept_up_to = number if retry else reported_up_to
                self._put_back([each for n, each in enumerate(taken, number) if n > kept_up_to])
            else:
                reported_up_to = number if reported_up_to == inf else reported_up_to
                bad_rows = 0
                yield number, head, fields

    def _row(self, taken: list[Line], *, rescued: bool) -> list[str]:
        """Read one row; append the lines it was read from to *taken*.

        A *rescued* row, one that follows a bad row, must be plausible and not too long.
        """
        width = len(self.names)
        ended_within = False

        def texts() -> Iterator[str]:
            nonlocal ended_within
            size = 0
            while line := self._take():
                taken.append(line)
                size += line.size + 1
                if size - 1 > self._config.max_bytes:
                    limit = f"input.max_bytes = {self._config.max_bytes:,}"
                    raise _BadRowError("too_large", f"{size - 1:,} bytes or more; {limit}")
                if rescued and len(taken) > MOST_LINES:
                    raise _BadRowError("broken_record", f"more than {MOST_LINES} lines")
                yield self._decode(line.payload) + "\n" * line.ended
            ended_within = True

        try:
            fields = next(csv.reader(texts(), delimiter=self._delimiter))
        except csv.Error as error:
            raise _BadRowError("broken_record", str(error), error) from error
        except UndecodableError as error:
            raise _BadRowError("undecodable", str(error), error) from error
        if ended_within:
            raise _BadRowError("broken_record", "a quoted field has no end")
        if len(fields) < width or any(fields[width:]):
            counts = f"{len(fields)} fields, the header has {width}"
            raise _BadRowError("broken_record", counts)
        if rescued and not self._is_plausible(fields):
            raise _BadRowError("broken_record", "a line from inside a row")
        return fields[:width]

    def _is_plausible(self, row: list[str]) -> bool:
        """Tell a row from a line of prose with as many delimiters, by its url and its id."""
        ours = [self._config.fields.get(name, name) for name in self.names]
        cells = {name: row[ours.index(name)].strip() for name in ("url", "id") if name in ours}
        url = cells.get("url")
        return not (url and canonical_url(url) is None) and " " not in cells.get("id", "")


def _names(text: str, delimiter: str) -> list[str]:
    try:
        row = next(csv.reader([text], delimiter=delimiter))
    except csv.Error as error:
        raise _BadRowError("broken_record", f"the header is no row: {error}") from error
    names = [name.strip() or f"column {n}" for n, name in enumerate(row, 1)]
    while len(names) > 1 and not row[len(names) - 1].strip():
        names.pop()  # a delimiter at the end of the line
    return names
