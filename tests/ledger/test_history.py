"""What the committed runs of an output folder have read and kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import NewsieveError
from pipeline.ledger.history import INPUTS_SCHEMA, committed_runs, ids_seen, inputs_read
from pipeline.version import FORMAT_VERSION
from pipeline.write.parquet import write_parquet

IDS = pa.schema([pa.field("id", pa.string())])


def commit(output: Path, run_id: str, sequence: int, **tables: list[str | None]) -> Path:
    """Publish a run that has only what is asked here: ids by table."""
    folder = output / "runs" / run_id
    folder.mkdir(parents=True)
    manifest = {"format_version": FORMAT_VERSION, "run_id": run_id, "sequence": sequence}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for table, ids in tables.items():
        path = folder / table / "part-00000.parquet"
        write_parquet(path, IDS, [pa.table({"id": ids}, IDS)], 10)
    return folder


def test_a_new_output_has_no_runs(tmp_path):
    """Neither a missing folder nor an empty one has a history."""
    assert [] == committed_runs(tmp_path / "absent")
    assert [] == committed_runs(tmp_path)
    assert set() == inputs_read([])
    assert 0 == len(ids_seen([]))


def test_runs_come_oldest_first(tmp_path):
    """The sequence decides, not the name; what has no manifest is no run."""
    for run_id, sequence in (("2026-01-01-a", 10), ("2026-01-02-b", 2), ("2026-01-03-c", 9)):
        commit(tmp_path, run_id, sequence)
    (tmp_path / "runs/leftover").mkdir()
    found = committed_runs(tmp_path)

    assert [2, 9, 10] == [run.sequence for run in found]
    assert ["2026-01-02-b", "2026-01-03-c", "2026-01-01-a"] == [run.run_id for run in found]
    assert tmp_path / "runs/2026-01-02-b" == found[0].folder


def test_a_newer_format_is_refused_with_its_remedy(tmp_path):
    """An older newsieve does not guess at what a newer one wrote."""
    path = commit(tmp_path, "r", 1) / "manifest.json"
    path.write_text(json.dumps({"format_version": FORMAT_VERSION + 1, "run_id": "r"}))
    with pytest.raises(NewsieveError) as caught:
        committed_runs(tmp_path)

    expected = (
        f"{path}: written in format {FORMAT_VERSION + 1}, this newsieve knows formats up to "
        f"{FORMAT_VERSION}; upgrade newsieve"
    )
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"format_version": 1, "run',
        b"\xff\xfe",
        b"[]",
        b"3",
        b"{}",
        b'{"format_version": null}',
        b'{"format_version": "new"}',
        b'{"format_version": 1}',
        b'{"format_version": 1, "run_id": "r"}',
        b'{"format_version": 1, "run_id": "r", "sequence": "x"}',
    ],
)
def test_a_damaged_manifest_stops_with_its_remedy(tmp_path, content):
    """Half a history would lead to rows that exist twice: the message says which file it is."""
    path = commit(tmp_path, "r", 1) / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(NewsieveError) as caught:
        committed_runs(tmp_path)

    assert str(caught.value).startswith(f"{path}: damaged manifest (")
    assert str(caught.value).endswith("); restore it from a backup")


def test_ids_of_all_tables_and_runs_are_seen(tmp_path):
    """Kept, copied or rejected, a record is not read twice; one without an id is not seen."""
    one, two, three = (f"{number:032x}" for number in (1, 2, 2**128 - 1))
    commit(tmp_path, "a", 1, articles=[three, one], rejects=[None, None])
    commit(tmp_path, "b", 2, duplicates=[two, one], rejects=[None, two])
    commit(tmp_path, "c", 3)
    found = ids_seen(committed_runs(tmp_path))

    assert [one, two, three] == [bytes(each).rjust(16, b"\0").hex() for each in found]
    assert np.dtype("S16") == found.dtype


def test_ids_that_end_in_zeros_are_told_apart(tmp_path):
    """Zero bytes at the end, which numpy drops from such texts, change nothing."""
    ids = sorted(["00" * 16, "01" + "00" * 15, "0100" * 8, "01" * 15 + "00"])
    commit(tmp_path, "a", 1, articles=ids)
    found = ids_seen(committed_runs(tmp_path))

    assert ids == [bytes(each).ljust(16, b"\0").hex() for each in found]


def test_inputs_of_all_runs_are_read(tmp_path):
    """Source and digest together: the same name with other bytes was not read."""
    for run_id, sequence, digest in (("a", 1, "11"), ("b", 2, "22")):
        folder = commit(tmp_path, run_id, sequence)
        row = {"source": "in.txt", "digest": digest, "bytes": 1, "read": 1, "unchanged": 0}
        table = pa.Table.from_pylist([row | {"unfinished": 0}], schema=INPUTS_SCHEMA)
        write_parquet(folder / "state/inputs.parquet", INPUTS_SCHEMA, [table], 10)
    commit(tmp_path, "without", 3)

    assert {("in.txt", "11"), ("in.txt", "22")} == inputs_read(committed_runs(tmp_path))
