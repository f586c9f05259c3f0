"""Merge the files of old runs into one folder per month, with the same rows. Read ``compact``.

A merged folder has the name and number of its last run, and its manifest lists all of its runs.
Rows keep their ``run_id``.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.config import DedupConfig
from pipeline.errors import NewsieveError
from pipeline.ledger.history import (
    INPUTS_SCHEMA,
    SETTINGS,
    CommittedRun,
    committed_runs,
    manifests_of,
    read_manifest,
    read_table,
)
from pipeline.ledger.index import LINES_DAYS, load_index, save_index
from pipeline.ledger.upkeep.rewrite import (
    common_schema,
    exclusive,
    fitted,
    forget_keys,
    next_name,
    rewriting,
    row_group_rows,
    save_rewritten,
    state_names,
)
from pipeline.storage import Place
from pipeline.version import FORMAT_VERSION
from pipeline.write.columns import SIGHTINGS_SCHEMA, TABLES
from pipeline.write.parquet import undamaged, write_parquet

KEYS = "keys"
"""State that is dropped: keys are made again from the stored texts when needed."""
SIGHTINGS = "state/sightings"
LINES = "lines.parquet"
"""State that is dropped: compacted runs are older than ``LINES_DAYS``."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """A folder that replaces several, with the name of its last run.

    ``held``: names of the merged runs, in order; the last is its own. ``files``, ``rows``: number
    of files and rows of its articles, duplicates and rejects.
    """

    run_id: str
    held: tuple[str, ...]
    files: int
    files_before: int
    rows: int


def compact(output: Place, before: date | None = None, *, dry_run: bool = False) -> list[Compacted]:
    """Merge runs before the day *before*, by calendar month; the newest run always stays.

    *before* is None for the first of the month in which the window of the newest run begins. With
    *dry_run*, only return the folders that would be merged.

    Raises:
        UsageError, HeldRun, LockedOutput: as ``exclusive``.
        NewsieveError: a manifest is damaged, or a run has state that this version does not know;
            nothing was changed.
    """
    with exclusive(output):
        runs = committed_runs(output)
        groups = list(_groups(runs, before or _default_day(runs)))
        for group in groups:
            _check_state(group)
        made = [_forecast(group) for group in groups]
        if not groups or dry_run:
            return made
        into = {run.sequence: group[-1].sequence for group in groups for run in group}
        names = [run.run_id for group in groups for run in group]
        save_index(output, load_index(output).gathered(into))
        forget_keys(output, names)
        with rewriting(output, names) as fresh:
            for group in groups:
                _merge([fresh / run.run_id for run in group])
    return made


def _default_day(runs: Sequence[CommittedRun]) -> date:
    """Return the first of the month in which the newest run's window begins."""
    if not runs:
        return date.min
    config = read_manifest(runs[-1].folder).get("config") or {}
    window_days = (config.get("dedup") or {}).get("window_days", DedupConfig().window_days)
    days = max(window_days, LINES_DAYS)
    # The newest run may be a backfill, so the newest day counts.
    newest = max(run.logical_date for run in runs)
    return (newest - timedelta(min(days, (newest - date.min).days))).replace(day=1)


def _groups(runs: Sequence[CommittedRun], before: date) -> Iterator[list[CommittedRun]]:
    """Yield groups of two or more consecutive runs of one month."""

    def month(run: CommittedRun) -> date | None:
        return run.logical_date.replace(day=1) if run.logical_date < before else None

    for key, members in groupby(runs[:-1], month):
        group = list(members)
        if key and len(group) > 1:
            yield group


def _check_state(group: Sequence[CommittedRun]) -> None:
    known = {"inputs.parquet", KEYS, LINES, "sightings"}
    for run in group:
        state = run.folder / "state"
        if isinstance(state, Path):
            names = {path.name for path in state.iterdir()} if state.is_dir() else set()
        else:
            names = state_names(read_manifest(run.folder))
        if names - known:
            raise NewsieveError(
                f"{state}: {', '.join(sorted(names - known))}: unknown state, "
                "cannot be merged; nothing was changed"
            )


def _forecast(group: Sequence[CommittedRun]) -> Compacted:
    """Describe the folder that *group* is merged into, from the manifests of its runs."""
    listed = [file for run in group for file in read_manifest(run.folder).get("files") or ()]
    files = [file for file in listed if file["path"].startswith(TABLES)]
    return Compacted(
        run_id=group[-1].run_id,
        held=tuple(run.run_id for run in group),
        files=len({file["path"].partition("/")[0] for file in files}),
        files_before=len(files),
        rows=sum(file["rows"] for file in files),
    )


def _merge(folders: Sequence[Path]) -> None:
    """Merge the runs in *folders* into the last of them, and delete the others."""
    manifests = [read_manifest(folder) for folder in folders]
    group_rows = row_group_rows(manifests[-1])
    last = folders[-1]
    for table in TABLES:
        if found := _files_of(folders, table):
            _join(found, last / table, common_schema(table, found), group_rows)
    if seen := _files_of(folders, SIGHTINGS):
        _join(seen, last / SIGHTINGS, SIGHTINGS_SCHEMA, group_rows)
    _merge_inputs(folders)
    shutil.rmtree(last / "state" / KEYS, ignore_errors=True)
    (last / "state" / LINES).unlink(missing_ok=True)
    save_rewritten(last, _manifest(manifests))
    for folder in folders[:-1]:
        shutil.rmtree(folder)


def _files_of(folders: Sequence[Path], table: str) -> list[Path]:
    return [path for each in folders for path in sorted((each / table).glob("*.parquet"))]


def _join(files: Sequence[Path], folder: Path, wanted: pa.Schema, group_rows: int) -> None:
    """Replace *files* by one file in *folder*."""
    own = [path.name for path in files if path.parent == folder]
    target = folder / next_name(folder / "part-00000.parquet", own)
    write_parquet(target, wanted, _portions(files, wanted), group_rows)
    for path in files:
        path.unlink()


def _portions(files: Iterable[Path], wanted: pa.Schema) -> Iterator[pa.Table]:
    for path in files:
        with undamaged(path), pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield fitted(file.read_row_group(group), wanted)


def _merge_inputs(folders: Sequence[Path]) -> None:
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for folder in folders:
        path = folder / "state" / "inputs.parquet"
        for row in read_table(path).to_pylist() if path.is_file() else ():
            found[row["source"], row["digest"]] = {"attempts": 1, "retry": False} | row
    rows = [found[name] for name in sorted(found, key=lambda name: (name[0], name[1] or ""))]
    table = pa.Table.from_pylist(rows, schema=INPUTS_SCHEMA)
    write_parquet(folders[-1] / "state" / "inputs.parquet", INPUTS_SCHEMA, [table], 100_000)


def _manifest(manifests: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Merge *manifests*, oldest first, into the manifest of one run."""
    held = [each for manifest in manifests for each in manifests_of(manifest)]
    first, last = held[0], held[-1]
    return last | {
        "format_version": FORMAT_VERSION,
        "parent": first["parent"],
        "counts": _sums([each["counts"] for each in held]),
        "alarm_clusters": [one for each in held for one in each.get("alarm_clusters") or ()],
        "inputs": _sums([each["inputs"] for each in held]),
        "removed": [one for each in manifests for one in each.get("removed") or ()],
        "timings": {
            "started": first["timings"]["started"],
            "seconds": round(sum(each["timings"]["seconds"] for each in held), 3),
        },
        "runs": list(_without_repeated_settings(held)),
    }


def _without_repeated_settings(held: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Leave out settings that equal those of the manifest before."""
    before: dict[str, Any] = {}
    for each in held:
        yield {n: each[n] for n in each if n not in SETTINGS or before.get(n) != each[n]}
        before = each


def _sums(counts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sum counts and tables of counts, but take the maximum of ``largest_cluster``."""
    total: dict[str, Any] = {}
    for each in counts:
        for name, value in each.items():
            if isinstance(value, dict):
                summed = Counter(total.get(name, {}))
                summed.update(value)
                total[name] = dict(sorted(summed.items()))
            elif name == "largest_cluster":
                total[name] = max(total.get(name, 0), value)
            else:
                total[name] = total.get(name, 0) + value
    return total
