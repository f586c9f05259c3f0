"""Read the records of files in a helper process, under time and memory limits.

A file may contain anything: cells of gigabytes, endless headers, lists of millions. A record that
kills the helper is one reject, and reading continues after it. Read ``read_records`` first.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from math import inf
from typing import NamedTuple, cast

from pipeline.config import Config, InputConfig, RunConfig
from pipeline.guard import Guard, Killed, Limits
from pipeline.read import read_part
from pipeline.read.fields import MAX_NAMES, OTHER_FIELDS, reject
from pipeline.read.formats import FORMATS
from pipeline.read.parts import Part, Unfinished, place_in
from pipeline.records import Document, Rejection
from pipeline.staging import LiveCounter
from pipeline.storage import open_input

Record = Document | Rejection | Unfinished
BATCH_RECORDS = 64
BATCH_CHARS = 1_000_000
"""Limits of a batch for a helper: enough for the tagger to be efficient; batches are in memory
twice."""
MOST_KILLED = 3
"""Number of records that may kill the helper before the rest of a part is given up."""
_SHARE_OF_LIMIT = 0.1
"""Share of the time limit after which a batch ends, so that only a single record can exceed it."""


def counted_records(
    part: Part,
    config: Config,
    counter: LiveCounter,
    name: str,
    ignored_fields: Counter[str] | None = None,
) -> Iterator[Record]:
    """Read the records of *part*, and add its bytes to the count *name* as they are read."""
    left = part.bytes
    for record in read_records(part, config, ignored_fields):
        if isinstance(record, Document):
            # Approximately its share of the file, unless that is compressed.
            done = min(left, len(record.content))
            counter.add(name, done)
            left -= done
        yield record
    counter.add(name, left)


def read_records(
    part: Part, config: Config, ignored_fields: Counter[str] | None = None
) -> Iterator[Record]:
    """Read the records of *part* as ``read_part`` does, in a helper process.

    A record whose reading takes more than ``run.document_seconds`` or half of
    ``run.document_megabytes`` is a rejection. Uncompressed texts and pages are read directly,
    because their size is limited. Unknown fields are counted in *ignored_fields*.
    """
    ignored = Counter[str]() if ignored_fields is None else ignored_fields
    guard = _guard(config.run.document_seconds, config.run.document_megabytes)
    # A part without a suffix is a folder that cannot be entered; reading it says why.
    single = not part.suffix or FORMATS[part.suffix].single
    if guard is None or (single and not part.compressed):
        yield from read_part(part, open_input, config.input, ignored_fields=ignored)
        return
    argument = (config.input, config.run.document_seconds * _SHARE_OF_LIMIT or inf)
    received, last, most, killed = 0, part.first_record - 1, BATCH_RECORDS, 0
    ended = False
    while not ended:
        (found,) = guard.run([_Request(part, received, most)], argument)
        outside = isinstance(found, Killed) and found.how == "killed_from_outside"
        if isinstance(found, Killed) and most > 1 and not outside:
            most = 1  # one by one, to find the record
        elif isinstance(found, Killed):
            killed += 1
            form = FORMATS[part.suffix]
            ended = killed == MOST_KILLED or form.single or outside or not form.skips
            yield _rejection(part, last, found, config.run, ended=ended)
            part = replace(part, skipped=(*part.skipped, last))
        else:
            answer = cast("_Answer", found)
            received, ended = received + len(answer.items), answer.ended
            for name, count in answer.ignored.items():
                known = name in ignored or len(ignored) < MAX_NAMES
                ignored[name if known else OTHER_FIELDS] += count
            for item in answer.items:
                last = _number(item, last)
                yield item


@cache
def _guard(seconds: float, megabytes: int) -> Guard | None:
    # Half of the memory; the helper for cleaning has the other half.
    limits = Limits(seconds, max(1, megabytes // 2) if megabytes else 0)
    return Guard(_read_some, limits) if seconds or megabytes else None


def start_reader(config: Config) -> None:
    """Start the helper of this process; it loads in the background."""
    if guard := _guard(config.run.document_seconds, config.run.document_megabytes):
        guard.start()


def _number(item: Record, last: int) -> int:
    number = item.source.rpartition("#")[2]
    return int(number) if number.isdecimal() else last


def _rejection(
    part: Part, last: int, killed: Killed, settings: RunConfig, *, ended: bool
) -> Rejection:
    reasons = {"crashed": "broken_record", "killed_from_outside": "unreadable"}
    where = f"after record {last}" if last else "at its beginning"
    rest = "; the rest of the file is not read" if ended else ""
    detail = f"reading {where}: {limit_of(killed, settings, 'half of ')}{rest}"
    rejection = reject(place_in(part), reasons.get(killed.how, killed.how), detail)
    return replace(rejection, retryable=killed.how == "killed_from_outside")


def limit_of(killed: Killed, settings: RunConfig, share: str = "") -> str:
    """Name the limit that was exceeded, but not its value, which varies between runs.

    *share* precedes the limit of memory if a helper has only a part of it.
    """
    return {
        "too_slow": f"run.document_seconds = {settings.document_seconds:g}",
        "too_large_in_memory": f"{share}run.document_megabytes = {settings.document_megabytes:,}",
    }.get(killed.how, killed.detail)


class _Request(NamedTuple):
    """Asks for at most *most* items of *part*, after the first *received* ones."""

    part: Part
    received: int
    most: int


class _Answer(NamedTuple):
    """Records, counts of unknown fields, and whether the part has *ended*."""

    items: list[Record]
    ended: bool
    ignored: Counter[str]


class _Reading:
    """A part that the helper is reading."""

    def __init__(self, part: Part, config: InputConfig) -> None:
        self.part = part
        self.read = 0
        self.ignored = Counter[str]()
        self.items = read_part(part, open_input, config, ignored_fields=self.ignored)


_open: list[_Reading] = []
"""The part that the helper is reading; at most one."""


def _read_some(request: _Request, argument: tuple[InputConfig, float]) -> _Answer:
    """Continue reading; a new helper skips the items received before."""
    config, seconds = argument
    until = time.process_time() + seconds
    at_hand = _open[0] if _open else None
    part = replace(request.part, careful=request.most == 1)
    if at_hand is None or at_hand.part != part or at_hand.read > request.received:
        at_hand = _Reading(part, config)
        _open[:] = [at_hand]
    before = at_hand.ignored.copy()
    items: list[Record] = []
    chars, ended = 0, False
    while len(items) < request.most and chars < BATCH_CHARS and time.process_time() < until:
        item = next(at_hand.items, None)
        if item is None:
            _open.clear()
            ended = True
            break
        at_hand.read += 1
        if at_hand.read <= request.received:
            before = at_hand.ignored.copy()
            continue
        items.append(item)
        chars += len(item.content) if isinstance(item, Document) else 0
    return _Answer(items, ended, at_hand.ignored - before)
