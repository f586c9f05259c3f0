"""JSONL → documents: one object per line, every line accounted for.

``#n`` is the line number in the file, as an editor shows it: blank lines count, but are not
records.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, NoReturn

from pipeline.read.fields import Place, document_of, reject
from pipeline.read.parts import Part, Unfinished
from pipeline.read.streams import BrokenStreamError, Line, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.config import InputConfig
    from pipeline.records import Document, Rejection

_KINDS = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}


def jsonl_records(
    chunks: Iterable[bytes], part: Part, config: InputConfig, ignored: Counter[str]
) -> Iterator[Document | Rejection | Unfinished]:
    """Read the lines of *part*.

    A last line without its newline is ``Unfinished``, unless the part is final. A compressed
    stream marks its own end, so there it is a record.
    """
    final = part.final or part.compressed
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
        # In concatenated files, any line may begin with a byte order mark.
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
    """Reject an object that has a name twice: it is unclear which value is meant."""
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
