"""JSON and JSONL → documents; a bad record does not affect the others.

In JSONL, ``#n`` is the line number in the file, as an editor shows it: blank lines count, but are
not records. A JSON file holds one object, which is one document, or an array of objects, or
several values one after the other; there, ``#n`` is the number of the object. A single object
without any known field, such as a settings file, is not a record and only counted.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.config import InputConfig
from pipeline.read.fields import FIELDS, count_name, document_of, reject
from pipeline.read.parts import Part, Place, Unfinished, place_in
from pipeline.read.streams import BrokenStreamError, Line, LineBuffer, lines
from pipeline.records import Document, Rejection

_KINDS = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}


def jsonl_records(
    chunks: Iterable[bytes], part: Part, config: InputConfig, ignored: Counter[str]
) -> Iterator[Document | Rejection | Unfinished]:
    """Read the lines of *part*.

    A last line without its newline is a record if it is whole. If it is not, it may still be
    being written: ``Unfinished``, unless the part is final or a compressed stream, which marks
    its own end.
    """
    final = part.final or part.compressed
    skip = Counter(part.skipped)
    number = last = part.first_record - 1
    try:
        for number, line in enumerate(lines(chunks, config.max_bytes), part.first_record):
            if not line.payload.strip() and line.size <= config.max_bytes:
                continue
            if skip[last]:
                skip[last] -= 1
                continue
            last = number
            record = _record(line, _place(part, number, line), config, ignored)
            if line.ended or final or getattr(record, "reason", "") not in _CUT_SHORT:
                yield record
            else:
                yield Unfinished(f"{part.source}#{number}")
    except BrokenStreamError as error:
        detail = f"{error}, after line {number}"
        yield reject(place_in(part), "broken_compression", detail, error)


_CUT_SHORT = ("not_json", "undecodable", "not_an_object")
"""Reasons for which a line may be rejected because its end is missing."""


def json_records(
    chunks: Iterable[bytes], part: Part, config: InputConfig, ignored: Counter[str]
) -> Iterator[Document | Rejection]:
    """Read the object of a file, or the objects of its array."""
    file = place_in(part)
    skip = Counter(part.skipped)
    number = last = 0
    first: Line | None = None
    try:
        for number, value in enumerate(json_values(_as_utf8(chunks), config.max_bytes), 1):
            if number == 1 and not value.ended:
                first = value  # alone in the file, perhaps
                continue
            if first is not None:
                yield _record(first, _place(part, 1, first), config, ignored)
                first = None
            if skip[last]:
                skip[last] -= 1
                continue
            last = number
            if value is _NO_END:
                yield reject(file, "not_json", f"the array has no end, after value {number - 1}")
            else:
                yield _record(value, _place(part, number, value), config, ignored)
        if first is not None:
            file = file._replace(head=first.payload[:2_000])
            found = _decoded(first, file, config.max_bytes)
            if isinstance(found, Rejection):
                yield found
            elif {*FIELDS, *config.fields} & {*found}:
                yield document_of(found, file, config, ignored)
            else:
                count_name("json:no record", ignored)
        if not number:
            yield reject(file, "no_text", "the file is empty")
    except BrokenStreamError as error:
        yield reject(file, "broken_compression", f"{error}, after value {number}", error)


def _as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Convert UTF-16 with a byte order mark, as some shells write it, to UTF-8."""
    decoder = None
    for number, chunk in enumerate(chunks):
        if not number and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            decoder = codecs.getincrementaldecoder("utf-16")("replace")
        yield decoder.decode(chunk).encode("utf-8", "replace") if decoder else chunk


_OUTSIDE = re.compile(rb'["\[\]{},]')
_INSIDE = re.compile(rb'["\\\n]')
_BLANK = b"\xef\xbb\xbf \t\r\n,"
_NO_END = Line(b"[", 1, ended=True)
"""Stands for the missing end of an array."""


def json_values(chunks: Iterable[bytes], limit: int) -> Iterator[Line]:
    r"""Split *chunks* at the end of each top-level value, or of each element of an array.

    Elements are not parsed; ``ended`` marks elements of an array. A string with a raw newline is
    broken and ends there, so that an open quote does not claim the rest of the file. Of a value
    longer than *limit* only the head is kept.

    >>> [value.payload for value in json_values([b'[{"a": "]"}, ', b'{"b": [1]}]'], 100)]
    [b'{"a": "]"}', b'{"b": [1]}']
    """
    held = LineBuffer(limit)
    depth = outer = 0  # outer: 1 within a top-level array
    start = 0
    for chunk, at, sign in _signs(chunks):
        if sign == b"":  # end of the chunk
            held.add(chunk, start, at)
            start = 0
        elif sign in b"[{":
            if sign == b"[" and depth == outer == 0:
                held.add(chunk, start, at - 1)
                start = at - 1
                if held.is_blank(_BLANK):
                    held.line(ended=True)
                    outer, start = 1, at
            depth += 1
        else:
            depth -= sign != b","
            if depth < outer or (depth == outer and (sign == b"," or not outer)):
                held.add(chunk, start, at - (sign == b"," or outer > depth))
                start = at
                if value := _value(held, ended=outer == 1):
                    yield value
                if depth < outer or depth < 0:
                    depth = outer = 0
    if value := _value(held, ended=outer == 1):
        yield value
    if outer and depth == outer:
        yield _NO_END


def _signs(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield brackets and commas outside strings, with the end of each in its chunk.

    At the end of each chunk, the sign is empty.
    """
    in_string = escaped = False
    for chunk in chunks:
        at = 0
        if escaped and chunk:
            at, escaped = 1, False
        while found := (_INSIDE if in_string else _OUTSIDE).search(chunk, at):
            at, sign = found.end(), found[0]
            if sign == b"\\":
                at, escaped = at + 1, at == len(chunk)
            elif in_string or sign == b'"':
                in_string = not in_string
            else:
                yield chunk, at, sign
        yield chunk, len(chunk), b""


def _value(held: LineBuffer, *, ended: bool) -> Line | None:
    line = held.line(ended=ended)
    payload = line.payload.strip(_BLANK)
    whole = line.size == len(line.payload)
    return Line(payload, len(payload) if whole else line.size, ended) if payload else None


def _place(part: Part, number: int, line: Line) -> Place:
    return place_in(part, number, line.payload[:2_000])


def _record(
    line: Line, place: Place, config: InputConfig, ignored: Counter[str]
) -> Document | Rejection:
    found = _decoded(line, place, config.max_bytes)
    return document_of(found, place, config, ignored) if isinstance(found, dict) else found


def _decoded(line: Line, place: Place, max_bytes: int) -> dict[str, object] | Rejection:
    if line.size > max_bytes:
        detail = f"{line.size:,} bytes; input.max_bytes = {max_bytes:,}"
        return reject(place, "too_large", detail)
    try:
        # In concatenated files, any line may begin with a byte order mark.
        found = _DECODER.decode(line.payload.decode("utf-8").strip(_JSON_SPACE))
    except (ValueError, RecursionError) as error:
        return reject(place, *_reason(error), error)
    if not isinstance(found, dict):
        kind = _KINDS.get(type(found), "a number")
        return reject(place, "not_an_object", f"{kind}, not an object")
    return found


def _reason(error: ValueError | RecursionError) -> tuple[str, str]:
    if isinstance(error, UnicodeDecodeError):
        return "undecodable", f"no UTF-8: {error.reason} at byte {error.start + 1} of the line"
    if isinstance(error, json.JSONDecodeError):
        return "not_json", f"{error.msg}, column {error.colno}"
    if isinstance(error, RecursionError):
        return "not_json", "nested too deeply"
    return "not_json", str(error)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Reject an object with a repeated name, because its value is ambiguous."""
    record = dict(pairs)
    if len(record) < len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name in times if times[name] > 1)
        raise ValueError(f"the name {twice[:100]!r} occurs twice in an object")
    return record


_JSON_SPACE = "\ufeff \t\r\n"
# NaN and Infinity, which Python and pandas write for missing numbers, are null.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=lambda _: None)
