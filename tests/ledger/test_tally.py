"""What the blocks of a run counted, added up."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
from factories import staging

from pipeline.ledger.account import Account, AlarmCluster, tally
from pipeline.staging import CleanedCounts, PartCount, WrittenCounts
from pipeline.write.parquet import write_parquet

MEMBERS = pa.schema([pa.field("cluster_id", pa.string()), pa.field("title", pa.string())])


def write_clusters(path, clusters):
    """Write a table with a row for each number of a cluster."""
    rows = [{"cluster_id": f"{number:032x}", "title": f"Title {number}"} for number in clusters]
    write_parquet(path, MEMBERS, [pa.Table.from_pylist(rows, MEMBERS)], 10)


def test_the_notes_of_all_blocks_are_added_up(tmp_path):
    """Parts of one file are added, repeats are taken from their file, names from all blocks."""
    found = staging(tmp_path)
    parts = [
        [PartCount("a.jsonl", read=4, unchanged=1), PartCount("b#1.txt", read=1)],
        [PartCount("a.jsonl", read=5, unfinished=1), PartCount("c.txt", read=1, retry=True)],
    ]
    written = [
        WrittenCounts(
            articles=2, duplicates=1, undated_articles=1, unchanged=Counter({"a.jsonl#2": 1}),
            duplicates_by_match=Counter(near=1), removed_by_rule=Counter(menu=3),
            joined=Counter({f"{1:032x}": 1}),
        ),
        WrittenCounts(
            articles=3, rejects=2, errors=1, undated_articles=3, unchanged=Counter({"b#1.txt": 1}),
            rejects_by_reason=Counter(no_text=2), removed_by_rule=Counter(menu=4),
            joined=Counter({f"{1:032x}": 2, f"{2:032x}": 1}),
        ),
    ]  # fmt: skip
    for index in range(2):
        ignored = Counter({"lang": index + 1})
        found.note(index, "cleaned", CleanedCounts(parts[index], ignored_fields=ignored))
        found.note(index, "written", written[index])
    rows = [("articles", 0, [1, 1]), ("articles", 1, [2]), ("duplicates", 1, [1, 2, 1])]
    for table, index, clusters in rows:
        write_clusters(found.table_file(index, table), clusters)
    account, counts = tally(found, range(2), 3)

    expected = Account(
        read=11, articles=5, duplicates=1, rejects=2, unchanged=3, unfinished=1, errors=1,
        undated_articles=4, largest_cluster=4,
        alarm_clusters=(AlarmCluster(f"{1:032x}", 4, "Title 1"),),
        rejects_by_reason={"no_text": 2}, duplicates_by_match={"near": 1},
        removed_by_rule={"menu": 7}, ignored_fields={"lang": 3},
    )  # fmt: skip
    assert expected == account
    account.check()
    assert {
        "a.jsonl": PartCount("a.jsonl", 9, 2, 1, retry=True),
        "b#1.txt": PartCount("b#1.txt", 1, 1, 0),
        "c.txt": PartCount("c.txt", 1, 0, 0, retry=True),
    } == counts


def test_no_blocks_come_to_nothing(tmp_path):
    """An empty account balances."""
    account, counts = tally(staging(tmp_path), range(0), 1)

    assert (Account(), {}) == (account, counts)
