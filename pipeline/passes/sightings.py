"""Records of when known texts are read again. Read ``write_sightings`` first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.clean.dates import parse_timestamp
from pipeline.records import Document, Rejection
from pipeline.staging import RunName, Staging
from pipeline.storage import local
from pipeline.write.columns import SIGHTINGS_SCHEMA
from pipeline.write.parquet import write_parquet

_EARLY = pa.schema([SIGHTINGS_SCHEMA.field(name) for name in ("id", "source", "fetched_at")])
"""Columns of staged sightings; the run's are added later."""
_ROW_GROUP = 100_000
Sighting: TypeAlias = dict[str, object]


def sighting_of(record: Document | Rejection) -> Sighting:
    """Return the sighting of a record that an earlier run has seen; a rejection has no time."""
    fetched = parse_timestamp(getattr(record, "fetched_at", None) or "")
    instant = fetched.instant if fetched else None
    return {"id": record.id, "source": record.source, "fetched_at": instant}


def stage_sightings(index: int, sightings: list[Sighting], staging: Staging) -> None:
    """Stage the sightings of a block for ``write_sightings``."""
    table = pa.Table.from_pylist(sightings, _EARLY)
    write_parquet(staging.block_file(index, "sightings"), _EARLY, [table], _ROW_GROUP)


def sighted(staged: pa.Table, ids: Sequence[str] | None = None) -> pa.Table:
    """Return *staged* rows as sightings of the articles *ids*, or of themselves."""
    rows = staged.select(_EARLY.names)
    if ids is not None:
        rows = rows.set_column(0, _EARLY.field("id"), pa.array(ids, pa.string()))
    return rows.cast(_EARLY)


def write_sightings(index: int, found: Iterable[pa.Table], run: RunName, staging: Staging) -> None:
    """Write the sightings of a block: those staged, and those *found* while writing its rows."""
    path = staging.block_file(index, "sightings")
    earlier = [pq.ParquetFile(local(path)).read()] if path.exists() else []
    tables = [
        table.append_column("run_id", pa.array([run.run_id] * len(table), pa.string()))
        .append_column("logical_date", pa.array([run.logical_date] * len(table), pa.date32()))
        .cast(SIGHTINGS_SCHEMA)
        for table in (*earlier, *found)
    ]
    path = staging.table_file(index, "state/sightings")
    write_parquet(path, SIGHTINGS_SCHEMA, tables, _ROW_GROUP)
