"""What the published runs of an output folder have read and kept. Read ``committed_runs`` first."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import NewsieveError
from pipeline.version import FORMAT_VERSION
from pipeline.write.columns import TABLES
from pipeline.write.parquet import write_parquet

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
"""state/inputs.parquet: one row for each file that the run read, or tried to.

digest: null if the file could not be read; attempts: runs that read this content so far; retry:
the next run reads it again.
"""

RUN_ID = re.compile(r"(?P<date>\d{4}-\d\d-\d\d)-(?P<sequence>\d{6,})-[0-9a-f]{8}")
"""``<logical date>-<sequence>-<hash of plan and parent>``."""


@dataclass(frozen=True, slots=True)
class CommittedRun:
    """A published run; ``sequence`` is its position in the chain of runs, from 1."""

    folder: Path
    run_id: str
    sequence: int
    logical_date: date


def committed_runs(output: Path) -> list[CommittedRun]:
    """List the published runs below *output*, oldest first.

    Folder names are enough, so that years of runs cost one listing. Only the newest manifest is
    read, to check that this version can continue from it.

    Raises:
        NewsieveError: the newest manifest is damaged, or was written by a newer newsieve.
    """
    runs = sorted(_runs_below(output / "runs"), key=lambda run: (run.sequence, run.run_id))
    if runs:
        _check_format(runs[-1].folder / "manifest.json")
    return runs


def _runs_below(folder: Path) -> Iterator[CommittedRun]:
    for path in folder.iterdir() if folder.is_dir() else ():
        named = RUN_ID.fullmatch(path.name)
        if named and path.is_dir():
            # A run is published with its manifest, by one rename.
            if not os.path.lexists(path / "manifest.json"):
                raise NewsieveError(
                    f"{path}: a run without its manifest.json; restore this folder from a backup"
                )
            day = date.fromisoformat(named["date"])
            yield CommittedRun(path, path.name, int(named["sequence"]), day)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of the run in *folder*.

    Raises:
        NewsieveError: it is damaged.
        OSError: it cannot be read.
    """
    path = folder / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        int(manifest["format_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise NewsieveError(
            f"{path}: damaged manifest ({error}); restore it from a backup"
        ) from error
    return manifest


def _check_format(path: Path) -> None:
    version = int(read_manifest(path.parent)["format_version"])
    if version > FORMAT_VERSION:
        raise NewsieveError(
            f"{path}: written in format {version}, this newsieve knows formats up to "
            f"{FORMAT_VERSION}; upgrade newsieve"
        )


@contextmanager
def undamaged(path: Path) -> Iterator[None]:
    """Turn damage to a table of a published run into a message.

    Raises:
        NewsieveError: *path* is damaged.
        OSError: it cannot be read.
    """
    try:
        yield
    except (pa.ArrowException, OSError) as error:  # pyarrow raises both for damage
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise NewsieveError(
            f"{path}: damaged ({' '.join(str(error).split())[:300]}); restore it from a backup"
        ) from error


def read_table(path: Path, *columns: str) -> pa.Table:
    """Read *columns* of a Parquet file, as far as it has them; without names, all columns.

    Raises:
        NewsieveError: the file is damaged.
        OSError: it cannot be read.
    """
    # ParquetFile, not pq.read_table, which takes a folder called a=b for a partition.
    with undamaged(path), pq.ParquetFile(path) as file:
        known = [name for name in columns if name in file.schema_arrow.names]
        return file.read(columns=known if columns else None)


def table_files(run: CommittedRun, table: str) -> list[Path]:
    """List the Parquet files of one table of *run*, by name."""
    return sorted((run.folder / table).glob("*.parquet"))


def inputs_of(run: CommittedRun) -> list[tuple[str, str | None]]:
    """Return (source, digest) of every file that *run* read and that need not be read again."""
    rows = _inputs(run, "source", "digest", "retry")
    return [(row["source"], row["digest"]) for row in rows if not row.get("retry")]


def attempts_of(run: CommittedRun) -> dict[tuple[str, str | None], int]:
    """Return (source, digest) → attempts so far, of the files that are to be read again."""
    rows = _inputs(run, "source", "digest", "attempts", "retry")
    return {(row["source"], row["digest"]): row["attempts"] for row in rows if row.get("retry")}


def _inputs(run: CommittedRun, *columns: str) -> list[dict[str, Any]]:
    path = run.folder / "state" / "inputs.parquet"
    rows: list[dict[str, Any]] = read_table(path, *columns).to_pylist() if path.is_file() else []
    return rows


SETTINGS = ("newsieve", "python", "libraries", "config")
"""Keys of a manifest whose values rarely differ between runs."""


def manifests_of(manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the manifests of the runs in a compacted run; of any other run, its own.

    Without ``files``: those are the files of the compacted run.
    """
    settings: dict[str, Any] = {}
    for entry in manifest.get("runs") or [manifest]:
        settings |= {name: entry[name] for name in SETTINGS if name in entry}
        yield {name: entry[name] for name in entry if name != "files"} | settings


def ids_of(run: CommittedRun) -> list[bytes]:
    """Return the ids of the rows of *run*, 16 bytes each."""
    found: list[bytes] = []
    for table in TABLES:
        for path in table_files(run, table):
            ids = read_table(path, "id")["id"].drop_null().to_pylist()
            found += map(bytes.fromhex, ids)
    return found


TOMBSTONES = "tombstones.parquet"

TOMBSTONES_SCHEMA = pa.schema(
    [pa.field("digest", pa.string(), nullable=False)],
    metadata={"newsieve.state": "tombstones", "newsieve.format_version": str(FORMAT_VERSION)},
)


def tombstones_of(runs: Path) -> frozenset[bytes]:
    """Read the tombstones of a folder of runs, 16 bytes each."""
    path = runs / TOMBSTONES
    if not path.is_file():
        return frozenset()
    return frozenset(map(bytes.fromhex, read_table(path, "digest")["digest"].to_pylist()))


def write_tombstones(runs: Path, tombstones: Iterable[bytes]) -> None:
    """Write the tombstones of a folder of runs, whole or not at all."""
    table = pa.table({"digest": sorted(each.hex() for each in tombstones)}, TOMBSTONES_SCHEMA)
    write_parquet(runs / TOMBSTONES, TOMBSTONES_SCHEMA, [table], 100_000)
