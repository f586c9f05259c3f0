"""Lines → the rows of a CSV file, and a bad stretch for each that is none.

A row may run over several lines, inside of quotes. So one quote too many swallows what
follows it, up to the next one, or to the end. Therefore a row that fails costs its first line
only: the lines behind it are read anew. Those of them that are no whole rows either belong to
the same bad stretch, and are not told again.

Source: RFC 4180; Python's csv module parses a row.
"""

from __future__ import annotations

import csv
import sys
from collections import deque
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from pipeline.read.encoding import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.read.lines import Line

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
