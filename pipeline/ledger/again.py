"""Which files to read again: those with rejects due to settings that have changed since.

Read ``read_again`` first. Without it, records rejected by a wrong setting would count as read for
good.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.arrays import ids_in
from pipeline.config import Config
from pipeline.errors import UsageError
from pipeline.ledger.history import (
    CommittedRun,
    inputs_of,
    manifests_of,
    read_manifest,
    table_files,
)
from pipeline.ledger.inputs import Inputs
from pipeline.storage import Place, opened, place_of
from pipeline.write.parquet import undamaged

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


@dataclass(frozen=True, slots=True)
class _Reject:
    """A row of ``rejects``: its file, and its id if it has one."""

    file: str
    id: str | None
    reason: str
    run_id: str


def read_again(
    inputs: Inputs, runs: Sequence[CommittedRun], config: Config, paths: Iterable[str] = ()
) -> frozenset[str]:
    """Find the inputs whose rejected records are to be read again.

    Args:
        runs: the published runs, oldest first.
        config: settings of the next run. If one of the newest ``RECENT`` runs had others, all
            rejects that they may have caused, and that were not read since, are looked up.
        paths: files and folders whose rejects are to be read again, whatever their reason.

    Returns:
        Sources of files.

    Raises:
        UsageError: no input is one of *paths*, or is in it.
    """
    sources = {file.source for file in inputs.files}
    named = {source for path in paths for source in _below(path, inputs)}
    if not (named or any(_differ(each, config) for each in _configs_of(runs[-RECENT:]))):
        return frozenset()
    waiting: dict[str, str] = {}  # id → file
    files: set[str] = set()
    found: set[str] = set()
    for run in runs:
        configs = {each["run_id"]: each.get("config", {}) for each in _manifests(run)}
        files -= {source for source, _ in inputs_of(run)}
        for id_ in _ids(run):
            waiting.pop(id_, None)
        changed = {
            (name, reason)
            for name, settings in configs.items()
            for reason in SETTINGS
            if _changed(reason, settings, config)
        }
        for reject in _rejects(run, sources):
            if reject.file in named:
                found.add(reject.file)
            if (reject.run_id, reject.reason) in changed:
                if reject.id is None:
                    files.add(reject.file)
                else:
                    waiting[reject.id] = reject.file
    return frozenset(found | (files | set(waiting.values())) & sources)


def without_rejected(
    seen: NDArray[np.bytes_], runs: Sequence[CommittedRun], sources: Collection[str]
) -> NDArray[np.bytes_]:
    """Drop from *seen* (S16) the ids of records of *sources* that were rejected and never kept."""
    if not sources:
        return seen
    rejected = {
        reject.id
        for run in runs
        for reject in _rejects(run, sources)
        if reject.file in sources and reject.id
    }
    kept = {id_ for run in runs for id_ in _ids(run, ("articles", "duplicates"))}
    return seen[~np.isin(seen, ids_in(sorted(rejected - kept)))]


def _below(path: str, inputs: Inputs) -> list[str]:
    wanted = _resolved(path)
    found = [file.source for file in inputs.files if _is_at_or_below(_resolved(file.path), wanted)]
    if not found:
        raise UsageError(
            f"--again {path}: no input is at or below it; name a file or folder of input.paths"
        )
    return found


def _resolved(path: str) -> Place:
    place = place_of(path)
    return place.resolve() if isinstance(place, Path) else place


def _is_at_or_below(path: Place, folder: Place) -> bool:
    return type(path) is type(folder) and path.is_relative_to(folder)  # type: ignore[arg-type]


def _manifests(run: CommittedRun) -> Iterator[dict[str, Any]]:
    return manifests_of(read_manifest(run.folder))


def _configs_of(runs: Iterable[CommittedRun]) -> Iterator[Mapping[str, Any]]:
    for run in runs:
        yield list(_manifests(run))[-1].get("config", {})


def _differ(earlier: Mapping[str, Any], config: Config) -> bool:
    return any(_changed(reason, earlier, config) for reason in SETTINGS)


def _changed(reason: str, earlier: Mapping[str, Any], config: Config) -> bool:
    """Return whether a setting that can cause *reason* had another value; a missing one had not."""
    for setting in SETTINGS.get(reason, ()):
        section, name = setting.split(".")
        now = getattr(config, section).model_dump(mode="json", include={name})[name]
        if earlier.get(section, {}).get(name, now) != now:
            return True
    return False


def _rejects(run: CommittedRun, sources: Iterable[str]) -> Iterator[_Reject]:
    known = set(sources)
    for row in _rows(run, "rejects", ["id", "source", "reason", "run_id"]):
        source = row["source"]
        file = source if source in known else source.rpartition("#")[0] or source
        yield _Reject(file, row["id"], row["reason"], row["run_id"])


def _ids(
    run: CommittedRun, tables: Sequence[str] = ("articles", "duplicates", "rejects")
) -> Iterator[str]:
    for table in tables:
        yield from (row["id"] for row in _rows(run, table, ["id"]) if row["id"])


def _rows(run: CommittedRun, table: str, columns: list[str]) -> Iterator[dict[str, Any]]:
    for path in table_files(run.folder, table):
        with undamaged(path), pq.ParquetFile(opened(path)) as file:
            yield from file.read(columns=columns).to_pylist()
