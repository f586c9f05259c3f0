"""Which files to read again: those with rejects due to settings that have changed since.

Otherwise records rejected by a wrong setting would count as read for good. See ``read_again``.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import ids_in
from pipeline.config import Config
from pipeline.errors import UsageError
from pipeline.ledger.account import CLUSTERED
from pipeline.ledger.history import (
    CommittedRun,
    inputs_of,
    manifests_of,
    read_manifest,
    read_table,
    table_files,
)
from pipeline.ledger.inputs import Inputs
from pipeline.storage import place_of
from pipeline.write.columns import TABLES

SETTINGS: dict[str, tuple[str, ...]] = {
    "no_text": ("input.fields",),
    "too_large": ("input.max_bytes",),
    "too_slow": ("run.document_seconds",),
    "too_large_in_memory": ("run.document_megabytes",),
    "too_short": ("judge.min_words",),
    "language_not_wanted": (
        "judge.languages", "judge.language_min_chars", "judge.language_min_score",
    ),
}  # fmt: skip
"""Reason of a reject → the settings that can cause it."""


RECENT = 30
"""Number of runs after a change of settings that look rejects up: a file may be missing from the
inputs of the first. Each look-up reads the ids of all tables."""


def read_again(
    inputs: Inputs, runs: Sequence[CommittedRun], config: Config, paths: Iterable[str] = ()
) -> frozenset[str]:
    """Find the inputs (sources) whose rejected records are to be read again.

    Raises UsageError if no input is one of *paths*, or is in it.

    If one of the newest ``RECENT`` *runs* (oldest first) had other settings, all rejects that they
    may have caused, and that were not read since, are looked up. Rejects of files in *paths* are to
    be read again for any reason.
    """
    sources = {file.source for file in inputs.files}
    named = {source for path in paths for source in _below(path, inputs)}
    recent = (list(manifests_of(read_manifest(run.folder)))[-1] for run in runs[-RECENT:])
    if not (named or any(_changed(manifest, config) for manifest in recent)):
        return frozenset()
    waiting: dict[str, str] = {}  # id → file
    files: set[str] = set()
    found: set[str] = set()
    for run in runs:
        changed = {
            (manifest["run_id"], reason)
            for manifest in manifests_of(read_manifest(run.folder))
            for reason in _changed(manifest, config)
        }
        files -= {source for source, _ in inputs_of(run)}
        for id_ in _ids(run, TABLES):
            waiting.pop(id_, None)
        for file, row in _rejects(run, sources):
            if file in named:
                found.add(file)
            if (row["run_id"], row["reason"]) in changed:
                if row["id"] is None:
                    files.add(file)
                else:
                    waiting[row["id"]] = file
    return frozenset(found | (files | set(waiting.values())) & sources)


def without_rejected(
    seen: NDArray[np.bytes_], runs: Sequence[CommittedRun], sources: Collection[str]
) -> NDArray[np.bytes_]:
    """Drop from *seen* (S16) the ids of records of *sources* that were rejected and never kept."""
    if not sources:
        return seen
    rejected = {
        row["id"]
        for run in runs
        for file, row in _rejects(run, sources)
        if file in sources and row["id"]
    }
    kept = {id_ for run in runs for id_ in _ids(run, CLUSTERED)}
    return seen[~np.isin(seen, ids_in(sorted(rejected - kept)))]


def _below(path: str, inputs: Inputs) -> list[str]:
    wanted = _resolved(path)
    found = [file.source for file in inputs.files if _resolved(file.path).startswith(wanted)]
    if not found:
        raise UsageError(
            f"--again {path}: no input is at or below it; name a file or folder of input.paths"
        )
    return found


def _resolved(path: str) -> str:
    """Return an absolute path or address that ends in a slash."""
    place = place_of(path)
    return os.path.join(place.resolve() if isinstance(place, Path) else str(place), "")  # noqa: PTH118


def _changed(manifest: Mapping[str, Any], config: Config) -> set[str]:
    """Return the reasons whose ``SETTINGS`` have changed since a run.

    A setting that the manifest lacks counts as unchanged.
    """
    earlier, now = manifest.get("config", {}), config.model_dump(mode="json")
    return {
        reason
        for reason, settings in SETTINGS.items()
        for section, name in (setting.split(".") for setting in settings)
        if earlier.get(section, {}).get(name, now[section][name]) != now[section][name]
    }


def _rejects(
    run: CommittedRun, sources: Collection[str]
) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Yield each reject of a run with its file."""
    known = set(sources)
    for row in _rows(run, "rejects", "id", "source", "reason", "run_id"):
        source = row["source"]
        yield source if source in known else source.rpartition("#")[0] or source, row


def _ids(run: CommittedRun, tables: Iterable[str]) -> Iterator[str]:
    for table in tables:
        yield from (row["id"] for row in _rows(run, table, "id") if row["id"])


def _rows(run: CommittedRun, table: str, *columns: str) -> Iterator[dict[str, Any]]:
    for path in table_files(run.folder, table):
        yield from read_table(path, *columns).to_pylist()
