"""What the committed runs of an output folder have read and kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import NewsieveError
from pipeline.version import FORMAT_VERSION
from pipeline.write.columns import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

INPUTS_SCHEMA = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("digest", pa.string(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("read", pa.int64(), nullable=False),
        pa.field("unchanged", pa.int64(), nullable=False),
        pa.field("unfinished", pa.int64(), nullable=False),
    ],
    metadata={"newsieve.state": "inputs", "newsieve.format_version": str(FORMAT_VERSION)},
)
"""state/inputs.parquet: a row a file that the run read whole."""


@dataclass(frozen=True, slots=True)
class CommittedRun:
    """One published run; ``sequence`` is its place in the chain of runs, from 1."""

    folder: Path
    run_id: str
    sequence: int


def committed_runs(output: Path) -> list[CommittedRun]:
    """List the published runs below *output*, oldest first.

    Raises:
        NewsieveError: a manifest is damaged, or was written by a newer newsieve.
    """
    runs = [_read_run(path) for path in (output / "runs").glob("*/manifest.json")]
    return sorted(runs, key=lambda run: (run.sequence, run.run_id))


def _read_run(path: Path) -> CommittedRun:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version = int(manifest["format_version"])
        if version <= FORMAT_VERSION:
            run = CommittedRun(path.parent, str(manifest["run_id"]), int(manifest["sequence"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NewsieveError(
            f"{path}: damaged manifest ({error}); restore it from a backup"
        ) from error
    if version > FORMAT_VERSION:
        raise NewsieveError(
            f"{path}: written in format {version}, this newsieve knows formats up to "
            f"{FORMAT_VERSION}; upgrade newsieve"
        )
    return run


def inputs_read(runs: list[CommittedRun]) -> set[tuple[str, str]]:
    """Give (source, digest) of every file that *runs* read."""
    seen: set[tuple[str, str]] = set()
    for run in runs:
        path = run.folder / "state" / "inputs.parquet"
        if path.is_file():
            table = pq.read_table(path, columns=["source", "digest"])
            seen.update(zip(table["source"].to_pylist(), table["digest"].to_pylist(), strict=True))
    return seen


def ids_seen(runs: list[CommittedRun]) -> NDArray[np.bytes_]:
    """Give the ids that *runs* kept or rejected: sorted, distinct, 16 bytes each."""
    parts = [_ids_of(path) for run in runs for path in _table_files(run)]
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, "S16")


def _table_files(run: CommittedRun) -> Iterator[Path]:
    for table in TABLES:
        yield from sorted((run.folder / table).glob("*.parquet"))


def _ids_of(path: Path) -> NDArray[np.bytes_]:
    ids = pq.read_table(path, columns=["id"])["id"].drop_null().to_pylist()
    return np.array([bytes.fromhex(value) for value in ids], dtype="S16")
