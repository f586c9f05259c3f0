"""How large the clusters of a run are."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import strategies  # noqa: F401 - loads the profile
from factories import staging
from hypothesis import given
from hypothesis import strategies as st

from pipeline.arrays import heads_of, ids_in
from pipeline.ledger.account import AlarmCluster, tally
from pipeline.staging import CleanedCounts, WrittenCounts
from pipeline.write.parquet import write_parquet

SCHEMA = pa.schema([pa.field("cluster_id", pa.string()), pa.field("title", pa.string())])


def id_of(name):
    """An id, 32 hex digits, that sorts like the *name*."""
    return f"{ord(name):02x}" + blake2b(name.encode(), digest_size=15).hexdigest()


def measured(folder, blocks, alarm, earlier=""):
    """Largest cluster and alarms of blocks of rows (table, cluster, title).

    The first row of articles of a cluster is that of its own article, unless it is of *earlier*.
    """
    found = staging(folder)
    named = set(earlier)
    for index, block in enumerate(blocks):
        counts = WrittenCounts()
        for table in ("articles", "duplicates"):
            rows = [row for row in block if row[0] == table]
            setattr(counts, table, len(rows))
            listed = [{"cluster_id": id_of(name), "title": title} for _, name, title in rows]
            path = found.table_file(index, table)
            write_parquet(path, SCHEMA, [pa.Table.from_pylist(listed, SCHEMA)], 2)
            for _, name, _ in rows:
                if table == "articles" and name not in named:
                    named.add(name)
                else:
                    counts.joined[id_of(name)] += 1
        found.note(index, "cleaned", CleanedCounts())
        found.note(index, "written", counts)
    if earlier:
        heads = heads_of(ids_in([id_of(name) for name in earlier]))
        found.write_array("window.clusters", np.sort(heads))
    account, _ = tally(found, range(len(blocks)), alarm)
    return account.largest_cluster, account.alarm_clusters


def alarm_of(name, size, title):
    """The alarm about a cluster by name."""
    return AlarmCluster(id_of(name), size, title)


def test_members_are_counted_over_all_tables_and_blocks(tmp_path):
    """Articles and copies of one cluster_id, wherever they stand, are one cluster."""
    blocks = [
        [("articles", "x", "Ferry"), ("articles", "y", "Pier"), ("articles", "x", "Ferry again")],
        [("articles", "z", "Mill"), ("duplicates", "x", "Copy"), ("duplicates", "y", "Copy")],
    ]

    def found(alarm):
        return measured(tmp_path / str(alarm), blocks, alarm)

    assert (3, ()) == found(3)
    assert (3, (alarm_of("x", 3, "Ferry"),)) == found(2)
    assert (3, (alarm_of("x", 3, "Ferry"), alarm_of("y", 2, "Pier"))) == found(1)
    assert (3, ()) == found(0), "0 names none"


def test_the_article_of_an_earlier_run_is_no_row_of_this_one(tmp_path):
    """Its copies are counted, and it is not."""
    blocks = [[("duplicates", "x", "Copy"), ("duplicates", "x", None), ("articles", "y", "Pier")]]

    assert (2, (alarm_of("x", 2, "Copy"),)) == measured(tmp_path, blocks, 1, earlier="xw")


def test_a_cluster_has_the_first_title_that_is_known(tmp_path):
    """An article without one does not hide that of a copy; none at all is None."""
    copies = [("duplicates", "y", None), ("duplicates", "x", "Copy"), ("duplicates", "x", "Other")]
    blocks = [[("articles", "x", None), ("articles", "y", None)], copies]

    expected = (alarm_of("x", 3, "Copy"), alarm_of("y", 2, None))
    assert (3, expected) == measured(tmp_path, blocks, 1)


@given(st.lists(st.sampled_from("abcdefgh")), st.integers(1, 5), st.sampled_from(["", "a", "ceh"]))
def test_sizes_are_those_of_counting(tmp_path_factory, members, alarm, earlier):
    """Whatever the members: the largest, and all above the alarm, by size and then by name."""
    blocks = [[("articles", name, name) for name in members[start::2]] for start in range(2)]
    largest, found = measured(tmp_path_factory.mktemp("clusters"), blocks, alarm, earlier)
    sizes = Counter(members)

    assert max(sizes.values(), default=0) == largest
    names = sorted((name for name in sizes if sizes[name] > alarm), key=lambda n: (-sizes[n], n))
    assert tuple(alarm_of(name, sizes[name], name) for name in names) == found
