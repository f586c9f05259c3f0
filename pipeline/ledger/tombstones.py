"""Where tombstones are kept: ``runs/tombstones.parquet``, beside the runs.

In no run's folder, so that ``undo`` and ``compact`` leave them; below ``runs``, so that they
appear at the same moment as the texts go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.ledger.history import undamaged
from pipeline.version import FORMAT_VERSION
from pipeline.write.parquet import write_parquet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAME = "tombstones.parquet"

SCHEMA = pa.schema(
    [pa.field("digest", pa.string(), nullable=False)],
    metadata={"newsieve.state": "tombstones", "newsieve.format_version": str(FORMAT_VERSION)},
)


def tombstones_of(runs: Path) -> frozenset[bytes]:
    """Read the tombstones of a folder of runs, 16 bytes each."""
    path = runs / NAME
    if not path.is_file():
        return frozenset()
    with undamaged(path), pq.ParquetFile(path) as file:
        return frozenset(map(bytes.fromhex, file.read(columns=["digest"])["digest"].to_pylist()))


def write_tombstones(runs: Path, stones: Iterable[bytes]) -> None:
    """Write the tombstones of a folder of runs, whole or not at all."""
    table = pa.table({"digest": sorted(stone.hex() for stone in stones)}, SCHEMA)
    write_parquet(runs / NAME, SCHEMA, [table], 100_000)
