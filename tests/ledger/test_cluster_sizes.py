"""How large the clusters of a run are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import strategies  # noqa: F401 - loads the profile
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ledger.account import AlarmCluster, measure_clusters
from pipeline.write.parquet import write_parquet

SCHEMA = pa.schema([pa.field("cluster_id", pa.string()), pa.field("title", pa.string())])


def table(folder: Path, name: str, *rows: tuple[str, str | None]) -> Path:
    """Write a table of (cluster_id, title)."""
    found = [dict(zip(SCHEMA.names, row, strict=True)) for row in rows]
    write_parquet(folder / name, SCHEMA, [pa.Table.from_pylist(found, SCHEMA)], 2)
    return folder / name


def test_a_run_without_rows_has_no_clusters(tmp_path):
    """Tables that do not exist had no rows."""
    assert (0, ()) == measure_clusters([], 1)
    assert (0, ()) == measure_clusters([tmp_path / "articles/part-00000.parquet"], 1)


def test_members_are_counted_over_all_tables_and_blocks(tmp_path):
    """Articles and copies of one cluster_id, wherever they stand, are one cluster."""
    files = [
        table(tmp_path, "a0", ("x", "Ferry"), ("y", "Pier"), ("x", "Ferry again")),
        table(tmp_path, "a1", ("z", "Mill")),
        table(tmp_path, "d1", ("x", "Copy"), ("y", "Copy")),
    ]

    assert (3, ()) == measure_clusters(files, 3)
    assert (3, (AlarmCluster("x", 3, "Ferry"),)) == measure_clusters(files, 2)
    named = (AlarmCluster("x", 3, "Ferry"), AlarmCluster("y", 2, "Pier"))
    assert (3, named) == measure_clusters(files, 1)
    assert (3, ()) == measure_clusters(files, 0), "0 names none"


def test_a_cluster_has_the_first_title_that_is_known(tmp_path):
    """An article without one does not hide that of a copy; none at all is None."""
    files = [
        table(tmp_path, "a", ("x", None), ("y", None)),
        table(tmp_path, "d", ("y", None), ("x", "Copy"), ("x", "Other copy")),
    ]

    expected = (AlarmCluster("x", 3, "Copy"), AlarmCluster("y", 2, None))
    assert (3, expected) == measure_clusters(files, 1)


def test_clusters_of_one_size_are_named_in_order(tmp_path):
    """By cluster_id: the same run gives the same text."""
    files = [table(tmp_path, "a", *[(name, name) for name in "cabcab"])]
    _, found = measure_clusters(files, 1)

    assert ["a", "b", "c"] == [each.cluster_id for each in found]


@given(st.lists(st.sampled_from("abcdefgh")), st.integers(1, 5))
def test_sizes_are_those_of_counting(tmp_path_factory, members, alarm):
    """Whatever the members: the largest, and all above the alarm."""
    folder = tmp_path_factory.mktemp("clusters")
    files = [table(folder, "a", *[(name, name) for name in members])] if members else []
    counted = Counter(members)
    largest, found = measure_clusters(files, alarm)

    assert max(counted.values(), default=0) == largest
    expected = {name: size for name, size in counted.items() if size > alarm}
    assert expected == {each.cluster_id: each.size for each in found}
