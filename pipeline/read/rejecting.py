"""A record that cannot be read becomes a row: one way to say why."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.records import Rejection

EXCERPT_CHARS = 500


class Place(NamedTuple):
    """Where a record stands, what it is called there, and how it begins."""

    source: str
    record_id: str
    head: bytes = b""


def excerpt(head: bytes) -> str:
    r"""Show the beginning of a record: at most 500 printable characters, on one line.

    >>> excerpt(b'{"a":\t\x00}\n')
    '{"a": �}'
    """
    line = " ".join(head[: EXCERPT_CHARS * 4].decode("utf-8", "replace").split())
    return "".join(char if char.isprintable() else "\ufffd" for char in line[:EXCERPT_CHARS])


def reject(place: Place, reason: str, detail: str, error: Exception | None = None) -> Rejection:
    """Say that the record at *place* cannot be read.

    Args:
        place: the record.
        reason: one of ``records.REASONS``.
        detail: the value and the limit, for people.
        error: what was raised; after an OSError another try may succeed.
    """
    return Rejection(
        source=place.source,
        stage="read",
        kind="error",
        reason=reason,
        detail=detail,
        record_id=place.record_id,
        error_type=type(error).__name__ if error else None,
        excerpt=excerpt(place.head) or None,
        retryable=isinstance(error, OSError),
    )
