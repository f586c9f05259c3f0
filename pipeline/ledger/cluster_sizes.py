"""How large the clusters of a run are: its articles and copies that share a ``cluster_id``.

Counted from the finished tables, because the first article of a cluster is told apart from
one that stands alone only where all blocks come together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.ledger.account import AlarmCluster

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def measure_clusters(
    tables: Sequence[Path], alarm_cluster_size: int
) -> tuple[int, tuple[AlarmCluster, ...]]:
    """Count the rows of *tables* by ``cluster_id``.

    Args:
        tables: Parquet files; those that do not exist had no rows. A cluster has the first
            title that stands in one of its rows, in the order of the files.
        alarm_cluster_size: rows of a cluster above which it is named; 0 names none.

    Returns:
        The size of the largest cluster, 0 without rows, and the clusters to name, the
        largest first. Memory: about 200 bytes a row.
    """
    files = [path for path in tables if path.is_file()]
    columns = [_columns(path, "cluster_id")["cluster_id"] for path in files]
    chunks = [chunk for column in columns for chunk in column.chunks]
    counted = pc.value_counts(pa.chunked_array(chunks, pa.string()))
    sizes = counted.field("counts")
    largest: int = pc.max(sizes).as_py() or 0
    if not alarm_cluster_size or largest <= alarm_cluster_size:
        return largest, ()
    chosen = counted.filter(pc.greater(sizes, alarm_cluster_size))
    names: list[str] = chosen.field("values").to_pylist()
    titles = _titles(files, chosen.field("values"))
    found = [
        AlarmCluster(name, size, titles.get(name))
        for name, size in zip(names, chosen.field("counts").to_pylist(), strict=True)
    ]
    return largest, tuple(sorted(found, key=lambda each: (-each.size, each.cluster_id)))


def _titles(files: Iterable[Path], clusters: pa.Array) -> dict[str, str]:
    titles: dict[str, str] = {}
    for path in files:
        table = _columns(path, "cluster_id", "title")
        wanted = pc.and_(pc.is_in(table["cluster_id"], clusters), pc.is_valid(table["title"]))
        named = table.filter(wanted)
        pairs = zip(named["cluster_id"].to_pylist(), named["title"].to_pylist(), strict=True)
        for cluster, title in pairs:
            titles.setdefault(cluster, title)
    return titles


def _columns(path: Path, *names: str) -> pa.Table:
    # ParquetFile, not read_table: a folder called a=b is no partition.
    with pq.ParquetFile(path) as file:
        return file.read(columns=list(names))
