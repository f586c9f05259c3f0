"""Parquet → documents: one record per row, with the columns as its fields.

``#n`` is the row number in the file, from 1. Large files are cut between row groups. Only known
columns are read, a few rows at a time. Times and dates become ISO 8601; binary columns, and
strings that are not UTF-8, are decoded like a file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.config import InputConfig
from pipeline.read.encoding import UndecodableError, decode
from pipeline.read.fields import FIELDS, document_of, reject, unusable
from pipeline.read.parts import Part, Place, Survey, place_in, survey_whole
from pipeline.records import Document, Rejection

MOST_ROWS = 500
BATCH_BYTES = 32_000_000
"""Target size of a batch of rows, estimated from the metadata of the row group."""
_BUFFER_BYTES = 1 << 20


_PYARROW_RAISES = (pa.ArrowException, OSError, ValueError)
"""What pyarrow raises for damaged files; UnicodeDecodeError is a ValueError."""


class _Group(NamedTuple):
    """A row group: its number from 0, its number of rows, its uncompressed size in bytes.

    ``offset``: approximate position in the file, assuming equal compression of all groups.
    """

    number: int
    offset: int
    rows: int
    unpacked: int


class _DamagedError(ValueError):
    """The file or a row group cannot be read; the message says why."""


def parquet_records(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str]
) -> Iterator[Document | Rejection]:
    """Read the row groups that begin in *part*; of a damaged one, the remaining rows are lost."""
    file = place_in(part)
    try:
        opened, names, groups = _open(stream)
    except _DamagedError as error:
        yield reject(file, "broken_record", str(error), error)
        return
    known = [name for name in names if name in FIELDS or name in config.fields]
    if problem := unusable(names, config):
        yield reject(file, *problem)
        return
    others = dict.fromkeys(name for name in names if name not in known)
    number = last = part.first_record - 1
    skip = Counter(part.skipped)
    for group in groups:
        if part.stop is not None and not part.start <= group.offset < part.stop:
            continue
        read = 0
        try:
            rows = _rows(opened, group, known, careful=part.careful)
            while not skip[last] and (row := next(rows, None)) is not None:
                read += 1
                last = number + read
                yield _document(others | row, place_in(part, last), config, ignored)
        except _DamagedError as error:
            place = place_in(part, number + read + 1)._replace(record_id=part.stem)
            detail = f"{error}; {group.rows - read:,} rows are lost"
            yield reject(place, "broken_record", detail, error)
        # What is left of the group is skipped.
        skip[last] -= read < group.rows and skip[last] > 0
        number += group.rows


def survey_row_groups(stream: BinaryIO, block_bytes: int) -> Survey:
    """Digest *stream*, and cut it before a row group about every *block_bytes*.

    A file that cannot be read is not cut; reading it reports the error.
    """
    found = survey_whole(stream)
    stream.seek(0)
    try:
        _, _, groups = _open(stream)
    except _DamagedError:
        return found
    cuts: list[tuple[int, int, int]] = []
    start, first_record, rows = 0, 1, 0
    for group in groups:
        if rows and group.offset - start >= block_bytes:
            cuts.append((start, group.offset, first_record))
            start, first_record = group.offset, rows + 1
        rows += group.rows
    cuts.append((start, found.size, first_record))
    return Survey(found.digest, found.size, tuple(cuts) if len(cuts) > 1 else ())


def _open(stream: BinaryIO) -> tuple[Any, list[str], list[_Group]]:
    """Return the file, the names of its columns, and its row groups, from its metadata."""
    try:
        size = stream.seek(0, os.SEEK_END)
        file = pq.ParquetFile(stream, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        # Not the offsets of columns: on a damaged file, asking for one crashes the process.
        found = [file.metadata.row_group(index) for index in range(file.num_row_groups)]
        weights = [max(0, each.total_byte_size) for each in found]
        before = [0, *accumulate(weights)]
        groups = [
            _Group(index, size * before[index] // max(1, before[-1]), each.num_rows, weights[index])
            for index, each in enumerate(found)
        ]
        return file, list(file.schema_arrow.names), groups
    except _PYARROW_RAISES as error:
        raise _damage(error) from error


def _damage(error: Exception) -> _DamagedError:
    """Describe damage to a file; raise *error* if the system or a memory limit caused it.

    pyarrow uses the class OSError for damage, too.
    """
    if isinstance(error, MemoryError) or getattr(error, "errno", None) is not None:
        raise error
    return _DamagedError(" ".join(str(error).split())[:300] or type(error).__name__)


def _rows(
    file: Any, group: _Group, names: list[str], *, careful: bool
) -> Iterator[dict[str, object]]:
    """Yield the rows of a row group, a few at a time; one by one if *careful*."""
    average = max(1, group.unpacked // max(1, group.rows))
    count = 1 if careful else max(1, min(MOST_ROWS, BATCH_BYTES // average))
    try:
        for batch in file.iter_batches(count, [group.number], names, use_threads=False):
            columns = [_values(column) for column in batch.columns]
            for values in zip(*columns, strict=True):
                yield dict(zip(batch.schema.names, values, strict=True))
    except _PYARROW_RAISES as error:
        raise _damage(error) from error


def _values(column: Any) -> list[object]:
    """Return the values of a column as JSON would hold them."""
    if pa.types.is_dictionary(column.type):
        # Not decoded by pyarrow: many copies of a long value overflow its offsets and crash
        # the process.
        used = column.indices.unique().drop_null()
        values = dict(zip(used.to_pylist(), _values(column.dictionary.take(used)), strict=True))
        return [None if n is None else values[n] for n in column.indices.to_pylist()]
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        # Python has no nanoseconds.
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    if pa.types.is_temporal(column.type):
        times = map(_or_none, column)
        return [each.isoformat() if hasattr(each, "isoformat") else None for each in times]
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        binary = pa.large_binary() if pa.types.is_large_string(column.type) else pa.binary()
        if column.type in (pa.string(), pa.large_string()):
            return list(column.view(binary).to_pylist())
    except (ValueError, OverflowError):
        pass
    return [_or_none(each) for each in column]


def _or_none(scalar: Any) -> Any:
    """Return one value; None if Python cannot represent it, such as the year 20,000."""
    try:
        return scalar.as_py()
    except (*_PYARROW_RAISES, OverflowError):
        return None


def _document(
    row: dict[str, object], place: Place, config: InputConfig, ignored: Counter[str]
) -> Document | Rejection:
    for name, value in row.items():
        ours = config.fields.get(name, name)
        content = ours in ("text", "html")
        if content and (size := _size(value)) > config.max_bytes:
            detail = f"{size:,} bytes; input.max_bytes = {config.max_bytes:,}"
            return reject(place, "too_large", detail)
        if not isinstance(value, bytes):
            continue
        try:
            row[name] = decode(value, html=ours == "html").text
        except UndecodableError as error:
            if content:
                place = place._replace(head=value[:2_000])
                return reject(place, "undecodable", str(error), error)
            row[name] = None
    return document_of(row, place, config, ignored)


def _size(value: object) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    return len(value) if isinstance(value, bytes) else 0
