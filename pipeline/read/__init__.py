"""Reading: bytes → documents, of every format in ``read.formats``.

``read_part`` reads a file or a part of one; ``survey`` digests a file and finds where to cut it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from typing import BinaryIO

from pipeline.config import InputConfig
from pipeline.read.fields import reject
from pipeline.read.formats import FORMATS, Records
from pipeline.read.parquet import survey_row_groups
from pipeline.read.parts import Part, Survey, byte_range, is_as_planned, place_in, survey_lines
from pipeline.records import Rejection


def read_part(
    part: Part,
    open_file: Callable[[str], BinaryIO],
    config: InputConfig,
    *,
    ignored_fields: Counter[str] | None = None,
) -> Records:
    """Yield the records of *part* in file order, each with any error as a Rejection.

    Nothing is raised, and nothing is dropped silently (blank lines are not records). *open_file*
    opens a path for reading bytes; *ignored_fields* counts unknown fields by name.
    """
    ignored = Counter[str]() if ignored_fields is None else ignored_fields
    try:
        with open_file(part.path) as stream:
            yield from _planned_records(stream, part, config, ignored)
    except OSError as error:
        # Not the message: it holds the path, which differs between machines.
        detail = os.strerror(error.errno) if error.errno else str(error)
        yield reject(place_in(part), "unreadable", detail, error)


def _planned_records(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str]
) -> Records:
    """Read what the file held when the run was planned; reject the part if that has changed."""
    changed = list(_check(stream, part))
    if changed:
        return iter(changed)
    form = FORMATS[part.suffix]
    start, stop = 0, part.size
    if form.survey is survey_lines:
        start, stop = part.start, part.stop or part.size
    in_order = form.survey is not survey_row_groups
    planned = byte_range(stream, start, stop) if in_order else stream
    records = form.records(form.open(planned), part, config, ignored)
    if not form.single:  # each record is whole
        return chain(records, _check(stream, part))
    document = list(records)
    return iter(list(_check(stream, part)) or document)


def _check(stream: BinaryIO, part: Part) -> Iterator[Rejection]:
    if not is_as_planned(stream, part):
        detail = "the file has changed since the run was planned; the next run reads it again"
        yield reject(place_in(part), "changed_meanwhile", detail, OSError())


def survey(stream: BinaryIO, suffix: str, block_bytes: int) -> Survey:
    """Read *stream* once for its digest and size, and find where the file may be cut.

    *suffix* is a key of ``FORMATS``. A part has about *block_bytes*: it is longer by the rest of
    its last line or row group; the last part may be shorter.
    """
    return FORMATS[suffix].survey(stream, block_bytes)
