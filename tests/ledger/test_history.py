"""What the committed runs of an output folder have read and kept."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import NewsieveError
from pipeline.ledger.history import (
    INPUTS_SCHEMA,
    attempts_of,
    check_tables,
    committed_runs,
    ids_of,
    inputs_of,
)
from pipeline.version import FORMAT_VERSION
from pipeline.write.parquet import write_parquet

MANIFEST = {
    "format_version": FORMAT_VERSION,
    "parent": None,
    "counts": {"read": 3, "articles": 3, "rejects_by_reason": {"no_text": 1}},
    "inputs": {"files": 1, "bytes": 9},
    "timings": {"started": "2026-01-01T00:00:00+00:00", "seconds": 1.5},
}
IDS = pa.schema([pa.field("id", pa.string())])


def commit(output: Path, run_id: int, sequence: int, **tables: list[str | None]) -> Path:
    """Publish a run that has only what is asked here: ids by table."""
    name = f"2026-01-0{run_id}-{sequence:06d}-0badcafe"
    folder = output / "runs" / name
    folder.mkdir(parents=True)
    manifest = MANIFEST | {"run_id": name, "sequence": sequence}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for table, ids in tables.items():
        path = folder / table / "part-00000.parquet"
        write_parquet(path, IDS, [pa.table({"id": ids}, IDS)], 10)
    return folder


def test_a_new_output_has_no_runs(tmp_path):
    """Neither a missing folder nor an empty one has a history."""
    assert [] == committed_runs(tmp_path / "absent")
    assert [] == committed_runs(tmp_path)


def test_runs_come_oldest_first(tmp_path):
    """The sequence decides, not the name; what has another kind of name is no run."""
    for day, sequence in ((1, 3), (2, 1), (3, 2)):
        commit(tmp_path, day, sequence)
    (tmp_path / "runs/leftover").mkdir()
    found = committed_runs(tmp_path)

    assert [1, 2, 3] == [run.sequence for run in found]
    assert [2, 3, 1] == [run.logical_date.day for run in found]
    assert tmp_path / "runs/2026-01-02-000001-0badcafe" == found[0].folder
    assert "2026-01-02-000001-0badcafe" == found[0].run_id


def test_a_run_that_is_missing_is_named(tmp_path):
    """Only a compacted run may take the place of others: it names the run before them."""
    commit(tmp_path, 1, 1)
    commit(tmp_path, 3, 3)
    with pytest.raises(NewsieveError, match=r"runs/None: missing, though 2026-01-03-000003-"):
        committed_runs(tmp_path)
    path = tmp_path / "runs/2026-01-03-000003-0badcafe/manifest.json"
    path.write_text(json.dumps(MANIFEST | {"parent": "2026-01-01-000001-0badcafe"}))

    assert [1, 3] == [run.sequence for run in committed_runs(tmp_path)]


@pytest.mark.parametrize(
    "name",
    [
        "2026-01-02-000001-0badcafe",
        "2026-13-45-000002-0badcafe",
        "٢٠٢٦-01-01-000002-0badcafe",
        "2026-01-01-000001-0badcafe.bak",
        "backup",
    ],
)
def test_a_copy_of_a_run_beside_the_others_is_not_ignored(tmp_path, name):
    """Readers of runs/* see it: a second run of a sequence, or one of no day, must be moved."""
    (commit(tmp_path, 1, 1).parent / name).mkdir()
    (tmp_path / "runs" / name / "manifest.json").write_text(json.dumps(MANIFEST))
    with pytest.raises(NewsieveError, match="move"):
        committed_runs(tmp_path)


def test_what_is_no_run_may_lie_beside_the_runs(tmp_path):
    """Files, and folders without a manifest, such as lost+found."""
    runs = commit(tmp_path, 1, 1).parent
    (runs / "lost+found").mkdir()
    (runs / "README").touch()

    assert [1] == [run.sequence for run in committed_runs(tmp_path)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("counts", 5),
        ("counts", {"read": "x"}),
        ("inputs", [1]),
        ("timings", {"seconds": 1}),
        ("gates", [1]),
        ("gates", {"min_articles": {}}),
        ("config", {"dedup": 5}),
        ("runs", "abc"),
        ("runs", [{}]),
        ("alarm_clusters", [{}]),
        ("files", [{"rows": 1}]),
    ],
)
def test_an_odd_manifest_is_damaged(tmp_path, name, value):
    """Valid JSON of another shape is one line that names the file, in whatever reads it."""
    path = commit(tmp_path, 1, 1) / "manifest.json"
    path.write_text(json.dumps(MANIFEST | {name: value}))
    with pytest.raises(NewsieveError, match=r"manifest\.json: damaged manifest \("):
        committed_runs(tmp_path)


def test_a_deleted_table_is_named(tmp_path):
    """What the manifest lists and is not there was deleted by somebody else."""
    folder = commit(tmp_path, 1, 1, articles=["0" * 32])
    files = [{"path": "articles/part-00000.parquet"}, {"path": "state/keys/part-00000.parquet"}]
    (folder / "manifest.json").write_text(json.dumps(MANIFEST | {"files": files}))
    (run,) = committed_runs(tmp_path)
    check_tables(run)
    (folder / "articles/part-00000.parquet").unlink()
    with pytest.raises(NewsieveError, match=r"articles/part-00000\.parquet: missing; restore it"):
        check_tables(run)


def test_a_newer_format_is_refused_with_its_remedy(tmp_path):
    """An older newsieve does not guess at what a newer one wrote."""
    path = commit(tmp_path, 1, 1) / "manifest.json"
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
    ],
)
def test_a_damaged_manifest_stops_with_its_remedy(tmp_path, content):
    """Half a history would lead to rows that exist twice: the message says which file it is."""
    path = commit(tmp_path, 1, 1) / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(NewsieveError) as caught:
        committed_runs(tmp_path)

    assert str(caught.value).startswith(f"{path}: damaged manifest (")
    assert str(caught.value).endswith("); restore it from a backup")


def test_a_run_without_its_manifest_stops_with_its_remedy(tmp_path):
    """Forgotten, its rows would come a second time."""
    commit(tmp_path, 2, 2)
    folder = commit(tmp_path, 1, 1)
    (folder / "manifest.json").unlink()

    told = f"{folder}: a run without its manifest.json; restore this folder from a backup"
    with pytest.raises(NewsieveError, match=re.escape(told)):
        committed_runs(tmp_path)


def test_a_manifest_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    """Permissions are not mended by a backup."""
    commit(tmp_path, 1, 1)

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError):
        committed_runs(tmp_path)


@pytest.mark.parametrize("content", [b"", b"junk", b"PAR1" + bytes(40) + b"PAR1"])
def test_a_damaged_table_stops_with_its_remedy(tmp_path, content):
    """The message names the file; it is no traceback."""
    folder = commit(tmp_path, 1, 1, articles=["00" * 16])
    (run,) = committed_runs(tmp_path)
    for path, read in (
        (folder / "state/inputs.parquet", inputs_of),
        (folder / "articles/part-00000.parquet", ids_of),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        with pytest.raises(NewsieveError, match=f"^{re.escape(str(path))}: damaged .*backup$"):
            read(run)


def test_ids_of_all_tables_are_seen(tmp_path):
    """Kept, copied or rejected, a record is not read twice; one without an id is not seen."""
    one, two, three = (f"{number:032x}" for number in (1, 2, 2**128 - 1))
    commit(tmp_path, 1, 1, articles=[three], duplicates=[one], rejects=[None, two])
    commit(tmp_path, 2, 2)
    full, empty = committed_runs(tmp_path)

    assert [three, one, two] == [each.hex() for each in ids_of(full).tolist()]
    assert 0 == len(ids_of(empty))


def test_files_are_read_or_to_be_read_once_more(tmp_path):
    """Source and digest together; what is to be tried again counts its attempts."""
    folder = commit(tmp_path, 1, 1)
    facts = {"bytes": 1, "read": 1, "unchanged": 0, "unfinished": 0, "attempts": 2}
    rows = [
        facts | {"source": "in.txt", "digest": "11", "retry": False},
        facts | {"source": "half.gz", "digest": "22", "retry": True},
        facts | {"source": "shut.txt", "digest": None, "retry": True},
    ]
    table = pa.Table.from_pylist(rows, schema=INPUTS_SCHEMA)
    write_parquet(folder / "state/inputs.parquet", INPUTS_SCHEMA, [table], 10)
    commit(tmp_path, 2, 2)
    run, empty = committed_runs(tmp_path)
    (folder / "state/inputs-copy.parquet").write_bytes(b"made by someone else")

    assert [("in.txt", "11")] == inputs_of(run)
    assert {("half.gz", "22"): 2, ("shut.txt", None): 2} == attempts_of(run)
    assert ([], {}) == (inputs_of(empty), attempts_of(empty))
