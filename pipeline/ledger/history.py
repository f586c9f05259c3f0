"""What the published runs of an output folder have read and kept. Read ``committed_runs`` first."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.arrays import ids_in
from pipeline.errors import NewsieveError
from pipeline.ledger.log import HELD, RUN_ID, commit_change, known_log, read_log
from pipeline.storage import Place, open_own, opened
from pipeline.version import FORMAT_VERSION
from pipeline.write.columns import TABLES
from pipeline.write.parquet import undamaged, write_parquet
from pipeline.write.views import Listed, write_views

INPUTS_SCHEMA = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("digest", pa.string(), nullable=True),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("read", pa.int64(), nullable=False),
        pa.field("unchanged", pa.int64(), nullable=False),
        pa.field("unfinished", pa.int64(), nullable=False),
        pa.field("attempts", pa.int32(), nullable=False),
        pa.field("retry", pa.bool_(), nullable=False),
    ],
    metadata={"newsieve.state": "inputs", "newsieve.format_version": str(FORMAT_VERSION)},
)
"""state/inputs.parquet: one row for each file that the run read, or tried to read.

digest: null if the file could not be read; attempts: runs that have read this content, or tried;
retry: the next run reads it again.
"""


@dataclass(frozen=True, slots=True)
class CommittedRun:
    """A published run; ``sequence`` is its number, from 1."""

    folder: Place
    run_id: str
    sequence: int
    logical_date: date


def committed_runs(output: Place) -> list[CommittedRun]:
    """List the published runs below *output*, oldest first.

    Folder names are enough, so years of runs take one listing. The only manifests read are that
    of the newest run, to check its format, and those after gaps in the numbers. Raises
    NewsieveError if a manifest is damaged, the newest was written by a newer newsieve, or a run
    is missing or there twice.
    """
    if isinstance(output, Path):
        runs = sorted(_runs_below(output / "runs"), key=lambda run: (run.sequence, run.run_id))
        _check_chain(runs)
    else:
        runs = [
            CommittedRun(
                output / "runs" / run_id,
                run_id,
                manifest["sequence"],
                date.fromisoformat(manifest["logical_date"]),
            )
            for run_id, manifest in read_log(output).manifests.items()
        ]
    version = int(read_manifest(runs[-1].folder)["format_version"]) if runs else 0
    if version > FORMAT_VERSION:
        raise NewsieveError(
            f"{runs[-1].folder / 'manifest.json'}: written in format {version}, this newsieve "
            f"knows formats up to {FORMAT_VERSION}; upgrade newsieve"
        )
    return runs


def next_sequence(output: Place, runs: Sequence[CommittedRun]) -> int:
    """Return the number of the next run; in an object store, changes of runs use up numbers too."""
    if isinstance(output, Path):
        return runs[-1].sequence + 1 if runs else 1
    return known_log(output).sequence + 1


def _runs_below(folder: Path) -> Iterator[CommittedRun]:
    for path in folder.iterdir() if folder.is_dir() else ():
        named = RUN_ID.fullmatch(path.name)
        if not named and os.path.lexists(path / "manifest.json"):
            raise NewsieveError(
                f"{path}: not named like a run, but has a manifest: readers of runs/* would read "
                "its rows twice; move it"
            )
        if named and path.is_dir():
            if not os.path.lexists(path / "manifest.json"):
                raise NewsieveError(
                    f"{path}: a run without its manifest.json; restore this folder from a backup"
                )
            try:
                day = date.fromisoformat(named["date"])
            except ValueError:
                raise NewsieveError(
                    f"{path}: named like a run, but has no valid date; move it"
                ) from None
            yield CommittedRun(path, path.name, int(named["sequence"]), day)


def _check_chain(runs: Sequence[CommittedRun]) -> None:
    """Raise if a run is missing; a compacted run has the parent of the first of its runs."""
    before: CommittedRun | None = None
    for run in runs:
        if run.sequence == (before.sequence if before else 0):
            raise NewsieveError(f"{run.folder}: a second run of this sequence; move one of them")
        if run.sequence != (before.sequence if before else 0) + 1:
            parent = read_manifest(run.folder).get("parent")
            if parent != (before and before.run_id):
                raise NewsieveError(
                    f"{run.folder.parent / str(parent)}: missing, though {run.run_id} follows it; "
                    "restore it from a backup"
                )
        before = run


def read_manifest(folder: Place) -> dict[str, Any]:
    """Read the manifest of the run in *folder*.

    Raises NewsieveError if it is damaged, OSError if it cannot be read.
    """
    path = folder / "manifest.json"
    try:
        if isinstance(folder, Path) or folder.parent.name == HELD:
            with open_own(path) as stream:
                manifest: dict[str, Any] = json.load(stream)
        else:
            manifest = known_log(folder.parent.parent).manifests[folder.name]
        known = int(manifest["format_version"]) <= FORMAT_VERSION
        for each in (manifest, *(manifest.get("runs") or ())) if known else ():
            _check_entries(each)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise NewsieveError(
            f"{path}: damaged manifest ({why}); restore it from a backup"
        ) from error
    return manifest


_ENTRIES: dict[str, Callable[[Any], bool]] = {
    "counts": lambda found: all(map(_is_count, found.values())),
    "inputs": lambda found: all(map(_is_count, found.values())),
    "timings": lambda found: found["seconds"] >= 0 and bool(found["started"]),
    # Older versions did not write these:
    "config": lambda found: all(section.keys() is not None for section in found.values()),
    "gates": lambda found: all("passed" in fact for fact in found.values()),
    "alarm_clusters": lambda found: all(each["cluster_id"] for each in found),
    "removed": lambda found: all(each.keys() for each in found),
    "files": lambda found: all(each["path"] for each in found),
}
"""Entries of manifests, also of those in compacted runs → check."""
_REQUIRED = {"counts", "inputs", "timings"}


def _is_count(found: Any) -> bool:
    return isinstance(found, int) or all(isinstance(each, int) for each in found.values())


def _check_entries(manifest: Mapping[str, Any]) -> None:
    for name, is_right in _ENTRIES.items():
        required = name in manifest or name in _REQUIRED
        if required and manifest[name] is not None and not is_right(manifest[name]):
            raise ValueError(name)


def read_table(path: Place, *columns: str) -> pa.Table:
    """Read those of *columns* that a Parquet file has; without *columns*, all.

    Raises NewsieveError if the file is damaged, OSError if it cannot be read.
    """
    # ParquetFile, not pq.read_table, which treats a folder called a=b as a partition.
    with undamaged(path), pq.ParquetFile(opened(path)) as file:
        known = [name for name in columns if name in file.schema_arrow.names]
        return file.read(columns=known if columns else None)


def table_files(folder: Place, table: str) -> list[Place]:
    """List the Parquet files of one table of the run in *folder*, by name."""
    if isinstance(folder, Path):
        return sorted((folder / table).glob("*.parquet"))
    listed = sorted(file["path"] for file in read_manifest(folder)["files"])
    # Of a held run, only the manifest is elsewhere.
    home = folder.parent.parent / "runs" / folder.name
    return [home / path for path in listed if path.rpartition("/")[0] == table]


def first_rejects(folder: Place) -> dict[str, dict[str, Any]]:
    """Find the first reject of each reason in the run in *folder*: source, detail and excerpt.

    Raises NewsieveError if a table is damaged, OSError if it cannot be read.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in table_files(folder, "rejects"):
        rows = read_table(path, "reason", "source", "detail", "excerpt")
        for batch in rows.to_batches(max_chunksize=1_000):
            for row in batch.to_pylist():
                found.setdefault(row["reason"], row)
    return found


def example_of(reject: Mapping[str, Any]) -> str:
    """Return the source of a *reject*, and its detail or excerpt, on one line."""
    what = reject.get("detail") or reject.get("excerpt")
    return " ".join(": ".join(filter(None, (reject["source"], what))).split())


def state_file(folder: Place, name: str) -> Place | None:
    """Return a file of the state of a run, such as ``inputs``; None if it is not there."""
    if isinstance(folder, Path):
        path = folder / "state" / f"{name}.parquet"
        return path if path.is_file() else None
    # In a store, a changed file has a name of its own (``log.name_for``).
    found = (each for each in table_files(folder, "state") if each.name.startswith(name))
    return next(found, None)


def check_tables(run: CommittedRun) -> None:
    """Check that the tables in the manifest of *run* exist and have the size given there.

    Raises NewsieveError if one does not.
    """
    if not isinstance(run.folder, Path):
        return  # a missing object is noticed when it is read
    for each in read_manifest(run.folder).get("files") or ():
        path = run.folder / each["path"]
        if not each["path"].startswith(TABLES):
            continue
        if not path.is_file():
            raise NewsieveError(f"{path}: missing; restore it from a backup")
        size, recorded = path.stat().st_size, each.get("bytes")
        if recorded is not None and size != recorded:
            raise NewsieveError(
                f"{path}: damaged ({size:,} bytes, but {recorded:,} when it was written); "
                "restore it from a backup"
            )


def inputs_of(run: CommittedRun) -> list[tuple[str, str | None]]:
    """Return (source, digest) of every file that *run* has read for good."""
    rows = _inputs(run, "source", "digest", "retry", "unfinished")
    # Earlier versions did not mark files whose last line had no newline for a retry.
    return [
        (row["source"], row["digest"])
        for row in rows
        if not (row.get("retry") or row.get("unfinished"))
    ]


def attempts_of(run: CommittedRun) -> dict[tuple[str, str | None], int]:
    """Return (source, digest) → attempts so far, for files that are to be read again."""
    rows = _inputs(run, "source", "digest", "attempts", "retry")
    return {(row["source"], row["digest"]): row["attempts"] for row in rows if row.get("retry")}


def _inputs(run: CommittedRun, *columns: str) -> list[dict[str, Any]]:
    path = state_file(run.folder, "inputs")
    rows: list[dict[str, Any]] = read_table(path, *columns).to_pylist() if path else []
    return rows


SETTINGS = ("newsieve", "python", "libraries", "config")
"""Keys of a manifest whose values rarely differ between runs."""


def manifests_of(manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the manifests (without ``files``) of runs merged into a run; else its own."""
    settings: dict[str, Any] = {}
    for entry in manifest.get("runs") or [manifest]:
        settings |= {name: entry[name] for name in SETTINGS if name in entry}
        yield {name: entry[name] for name in entry if name != "files"} | settings


def ids_of(run: CommittedRun) -> NDArray[np.bytes_]:
    """Return the ids of the records that *run* kept or rejected for good: S16[n].

    Raises NewsieveError if a table is missing or damaged.
    """
    check_tables(run)
    found = [np.empty(0, "S16")]
    for table in TABLES:
        for path in table_files(run.folder, table):
            rows = read_table(path, "id", "retryable")
            if "retryable" in rows.column_names:
                rows = rows.filter(pc.invert(rows["retryable"]))
            found.append(ids_in(rows["id"].drop_null().to_pylist()))
    return np.concatenate(found)


TOMBSTONES = "tombstones.parquet"

TOMBSTONES_SCHEMA = pa.schema(
    [pa.field("digest", pa.string(), nullable=False)],
    metadata={"newsieve.state": "tombstones", "newsieve.format_version": str(FORMAT_VERSION)},
)


def tombstones_of(runs: Place) -> frozenset[bytes]:
    """Read the tombstones of a folder of runs, 16 bytes each."""
    if not isinstance(runs, Path):
        return known_log(runs.parent).tombstones
    path = runs / TOMBSTONES
    if not path.is_file():
        return frozenset()
    return frozenset(map(bytes.fromhex, read_table(path, "digest")["digest"].to_pylist()))


def write_tombstones(runs: Place, tombstones: Iterable[bytes]) -> None:
    """Write the tombstones of a folder of runs, atomically."""
    if not isinstance(runs, Path):
        before = known_log(runs.parent)
        commit_change(runs.parent, before, "the tombstones are written", tombstones=tombstones)
        return
    table = pa.table({"digest": sorted(each.hex() for each in tombstones)}, TOMBSTONES_SCHEMA)
    write_parquet(runs / TOMBSTONES, TOMBSTONES_SCHEMA, [table], 100_000)


def renew_views(output: Place) -> None:
    """Write views.sql again, after runs were added, changed or removed (``write_views``)."""
    if isinstance(output, Path):
        write_views(output)
        return
    files: dict[str, list[str]] = {}
    manifests = list(read_log(output).manifests.values())
    for manifest in manifests:
        for file in manifest["files"]:
            path = f"{output}/runs/{manifest['run_id']}/{file['path']}"
            files.setdefault(file["path"].rpartition("/")[0], []).append(path)
    each_run = [each for manifest in manifests for each in manifests_of(manifest)]
    write_views(output, Listed(files, each_run))
