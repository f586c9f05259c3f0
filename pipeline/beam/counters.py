"""The account as Beam metrics: what the engine's own pages show while a run is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apache_beam.metrics import Metrics

from pipeline.ledger.tally import tally

if TYPE_CHECKING:
    from pipeline.passes.staging import Staging

NAMESPACE = "newsieve"

COUNTS = ("read", "articles", "duplicates", "rejects", "unchanged", "unfinished")
CLOSED = ("rejects_by_reason", "duplicates_by_match")
"""Tables of the account whose names are a closed list: engines keep every counter they ever saw,
so what rules and foreign fields are called stays in the manifest."""


def count_block(index: int, staging: Staging) -> None:
    """Count what became of the records of a block that is written, as its run's account does.

    The counters bear the names of ``Account``; those of a table are ``table.name``.
    """
    account, _ = tally(staging, range(index, index + 1))
    for name in COUNTS:
        Metrics.counter(NAMESPACE, name).inc(getattr(account, name))
    for table in CLOSED:
        for name, value in getattr(account, table).items():
            Metrics.counter(NAMESPACE, f"{table}.{name}").inc(value)
