"""The account as Beam metrics: what the engine's own pages show while a run is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apache_beam.metrics import Metrics

from pipeline.write.columns import TABLES

if TYPE_CHECKING:
    from pipeline.passes.staging import Staging

NAMESPACE = "newsieve"

CLOSED = ("rejects_by_reason", "duplicates_by_match")
"""Tables of the account whose names are a closed list: engines keep every counter they ever saw,
so what rules and foreign fields are called stays in the manifest."""


def count_block(index: int, staging: Staging) -> None:
    """Count what became of the records of a block that is written, as its run's account does.

    The counters bear the names of ``Account``; those of a table are ``table.name``.
    """
    (cleaned,) = staging.cleaned(range(index, index + 1))
    (written,) = staging.written(range(index, index + 1))
    _count("read", sum(part.read for part in cleaned.parts))
    _count("unfinished", sum(part.unfinished for part in cleaned.parts))
    _count("unchanged", sum(part.unchanged for part in cleaned.parts))
    _count("unchanged", sum(written.unchanged.values()))
    for table in TABLES:
        _count(table, getattr(written, table))
    for counts in CLOSED:
        for name, value in getattr(written, counts).items():
            _count(f"{counts}.{name}", value)


def _count(name: str, value: int) -> None:
    Metrics.counter(NAMESPACE, name).inc(value)
