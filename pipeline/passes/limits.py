"""Batches and limits: what the two helper processes have in common.

A module of its own, because the helper for reading must not load the models for cleaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from pipeline.config import RunConfig
from pipeline.guard import Killed

BATCH_RECORDS = 64
BATCH_CHARS = 1_000_000
"""Maximum size of a batch: enough for the tagger to be efficient; batches are in memory twice."""
Item = TypeVar("Item")


def batches(
    items: Iterable[Item],
    chars_of: Callable[[Item], int],
    most_items: int = BATCH_RECORDS,
    most_chars: int = BATCH_CHARS,
) -> Iterator[list[Item]]:
    """Group *items*, in order; a batch ends with the item that reaches one of the limits."""
    batch: list[Item] = []
    chars = 0
    for item in items:
        batch.append(item)
        chars += chars_of(item)
        if len(batch) == most_items or chars >= most_chars:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def limit_of(killed: Killed, settings: RunConfig, share: str = "") -> str:
    """Name the limit that was exceeded, but not its value, which varies between runs.

    Args:
        share: precedes the limit of memory if a helper has only a part of it.
    """
    return {
        "too_slow": f"run.document_seconds = {settings.document_seconds:g}",
        "too_large_in_memory": f"{share}run.document_megabytes = {settings.document_megabytes:,}",
    }.get(killed.how, killed.detail)
