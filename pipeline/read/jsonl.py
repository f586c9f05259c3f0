"""JSONL → documents: one object a line, every line accounted for.

``#n`` is the number of the line in its file, as an editor shows it: blank lines are
counted, but are no records.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, NoReturn

from pipeline.read.fields import Place, document_of, reject
from pipeline.read.parts import Part, Unfinished
from pipeline.read.streams import (
    BrokenStreamError,
    Line,
    gzip_chunks,
    lines,
    plain_chunks,
    zstd_chunks,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from pipeline.config import InputConfig
    from pipeline.records import Document, Rejection

_KINDS = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}


def read_jsonl(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str], *, final: bool
) -> Iterator[Document | Rejection | Unfinished]:
    """Read the lines of *part*; a last one without its newline waits, unless *final*."""
    if part.start:
        stream.seek(part.start)
    size = None if part.stop is None else part.stop - part.start
    chunks = _whole(plain_chunks(stream, size), size)
    yield from _records(chunks, part, config, ignored, final=final)


def _whole(chunks: Iterable[bytes], size: int | None) -> Iterator[bytes]:
    """Yield *chunks*; OSError when they have less than *size* bytes: the file was cut off."""
    left = size or 0
    for chunk in chunks:
        left -= len(chunk)
        yield chunk
    if left > 0:
        raise OSError("the file has become shorter since the run was planned")


def read_jsonl_gz(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str], *, final: bool
) -> Iterator[Document | Rejection | Unfinished]:
    """Read gzipped lines; the end of the stream ends the last one."""
    del final  # a compressed stream says itself whether it is complete
    yield from _records(gzip_chunks(stream), part, config, ignored, final=True)


def read_jsonl_zst(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str], *, final: bool
) -> Iterator[Document | Rejection | Unfinished]:
    """Read zstd-compressed lines; the end of the stream ends the last one."""
    del final
    yield from _records(zstd_chunks(stream), part, config, ignored, final=True)


def _records(
    chunks: Iterable[bytes],
    part: Part,
    config: InputConfig,
    ignored: Counter[str],
    *,
    final: bool,
) -> Iterator[Document | Rejection | Unfinished]:
    number = part.first_record - 1
    try:
        for number, line in enumerate(lines(chunks, config.max_bytes), part.first_record):
            if not line.payload.strip() and line.size <= config.max_bytes:
                continue
            if line.ended or final:
                yield _record(line, number, part, config, ignored)
            else:
                yield Unfinished(f"{part.source}#{number}", "the last line has no newline yet")
    except BrokenStreamError as error:
        place = Place(part.source, part.stem)
        yield reject(place, "broken_compression", f"{error}, after line {number}", error)


def _record(
    line: Line, number: int, part: Part, config: InputConfig, ignored: Counter[str]
) -> Document | Rejection:
    place = Place(f"{part.source}#{number}", f"{part.stem}#{number}", line.payload[:2_000])
    if line.size > config.max_bytes:
        detail = f"{line.size:,} bytes; input.max_bytes = {config.max_bytes:,}"
        return reject(place, "too_large", detail)
    try:
        # Where files were joined, a byte order mark may stand before any line.
        record = _STRICT.decode(line.payload.decode("utf-8").strip(_JSON_SPACE))
    except (ValueError, RecursionError) as error:
        return reject(place, *_reason(error), error)
    if not isinstance(record, dict):
        kind = _KINDS.get(type(record), "a number")
        return reject(place, "not_an_object", f"{kind}, not an object")
    return document_of(record, place, config.fields, ignored)


def _reason(error: ValueError | RecursionError) -> tuple[str, str]:
    if isinstance(error, UnicodeDecodeError):
        return "undecodable", f"no UTF-8: {error.reason} at byte {error.start + 1} of the line"
    if isinstance(error, json.JSONDecodeError):
        return "not_json", f"{error.msg}, column {error.colno}"
    if isinstance(error, RecursionError):
        return "not_json", "nested too deeply"
    return "not_json", str(error)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse an object that says two things under one name: which is meant, nobody knows."""
    record = dict(pairs)
    if len(record) < len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name in times if times[name] > 1)
        raise ValueError(f"the name {twice[:100]!r} occurs twice in an object")
    return record


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


_JSON_SPACE = "\ufeff \t\r\n"
_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)
