"""From finished staging to a published run."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from hashlib import blake2b

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.config import Config
from pipeline.ledger.account import Account, AlarmCluster
from pipeline.ledger.commit import (
    LIBRARIES,
    publish,
    sweep_staging,
    withdraw,
    write_inputs,
    write_manifest,
)
from pipeline.ledger.gates import GateResult
from pipeline.ledger.history import INPUTS_SCHEMA, committed_runs, inputs_of
from pipeline.ledger.plan import Plan, PlannedInput
from pipeline.staging import PartCount, Staging
from pipeline.storage import write_bytes
from pipeline.version import FORMAT_VERSION, VERSION
from pipeline.write.parquet import write_parquet

INPUTS = (PlannedInput("a.txt", "11", 10), PlannedInput("b.jsonl", "22", 20))
PLAN = Plan("2026-01-01-000002-0badcafe", 2, "r1", date(2026, 1, 1), INPUTS, ())
NUMBERS = pa.schema([pa.field("number", pa.int64())])


def test_inputs_are_listed_with_what_they_held(tmp_path):
    """A row a file, with its digest, in the order of the plan."""
    counts = {"b.jsonl": PartCount("b.jsonl", 5, 2, 1), "a.txt": PartCount("a.txt", 1, 0, 0)}
    write_inputs(tmp_path, PLAN, counts, 3)
    table = pq.read_table(tmp_path / "state/inputs.parquet")

    expected = [
        {"source": "a.txt", "digest": "11", "bytes": 10, "read": 1, "unchanged": 0,
         "unfinished": 0, "attempts": 1, "retry": False},
        {"source": "b.jsonl", "digest": "22", "bytes": 20, "read": 5, "unchanged": 2,
         "unfinished": 1, "attempts": 1, "retry": True},
    ]  # fmt: skip
    assert expected == table.to_pylist()
    assert INPUTS_SCHEMA.names == table.schema.names


@pytest.mark.parametrize(("attempts", "retry"), [(1, True), (2, True), (3, False), (9, False)])
def test_a_file_that_cannot_be_read_well_is_tried_max_attempts_times(attempts, retry, tmp_path):
    """Then it counts as read: it would fail for ever."""
    plan = replace(PLAN, inputs=(PlannedInput("a.gz", "11", 10, attempts),))
    write_inputs(tmp_path, plan, {"a.gz": PartCount("a.gz", 1, 0, 0, retry=True)}, 3)

    (row,) = pq.read_table(tmp_path / "state/inputs.parquet").to_pylist()
    assert (attempts, retry) == (row["attempts"], row["retry"])


def test_the_manifest_describes_the_run(tmp_path):
    """Chain, counts, configuration, versions, and every file with rows, size and digest."""
    table = pa.table({"number": range(7)}, NUMBERS)
    staging = Staging(str(tmp_path))
    for name in ("rejects/b.parquet", "articles/a.parquet"):
        write_parquet(staging.result / name, NUMBERS, [table], 5)
    config = Config.model_validate({"input": {"paths": ["été/"]}})
    clusters = (AlarmCluster("c1", 1_200, "Story"),)
    account = Account(read=14, articles=7, rejects=7, alarm_clusters=clusters)
    gates = [GateResult("max_articles_ratio", 7, 9, 3, passed=True)]
    write_manifest(staging, PLAN, config, account, gates, {"seconds": 1.5})
    text = (staging.result / "manifest.json").read_text(encoding="utf-8")
    found = json.loads(text)

    content = (staging.result / "articles/a.parquet").read_bytes()
    first = {
        "path": "articles/a.parquet",
        "rows": 7,
        "bytes": len(content),
        "blake2b": blake2b(content, digest_size=16).hexdigest(),
    }
    assert first == found["files"][0]
    assert ["articles/a.parquet", "rejects/b.parquet"] == [each["path"] for each in found["files"]]
    assert (PLAN.run_id, 2, "r1", "2026-01-01") == tuple(
        found[name] for name in ("run_id", "sequence", "parent", "logical_date")
    )
    assert (FORMAT_VERSION, VERSION) == (found["format_version"], found["newsieve"])
    assert {"files": 2, "bytes": 30} == found["inputs"]
    assert account == Account(**found["counts"], alarm_clusters=clusters)
    assert [{"cluster_id": "c1", "size": 1_200, "title": "Story"}] == found["alarm_clusters"]
    expected = {"value": 7, "limit": 9, "baseline": 3, "passed": True}
    assert {"max_articles_ratio": expected} == found["gates"]
    assert found["published_by_hand"] is None
    assert config == Config.model_validate(found["config"])
    assert {"seconds": 1.5} == found["timings"]
    assert set(LIBRARIES) == set(found["libraries"])
    assert "été/" in text, "people read manifests too"


def test_a_published_run_is_history(tmp_path):
    """What was published is found again, with what it read."""
    name = PLAN.run_id.replace("000002", "000001")
    staging = Staging(str(tmp_path / "out/.staging" / name))
    plan = replace(PLAN, run_id=name, sequence=1, parent=None, inputs=INPUTS[:1])
    write_inputs(staging.result, plan, {"a.txt": PartCount("a.txt", 1, 0, 0)}, 3)
    write_manifest(staging, plan, Config(), Account(), [], {"started": "now", "seconds": 1.5})
    folder = publish(staging.result, tmp_path / "out", name)
    (found,) = committed_runs(tmp_path / "out")

    assert tmp_path / "out/runs" / name == folder == found.folder
    assert (name, 1) == (found.run_id, found.sequence)
    assert [("a.txt", "11")] == inputs_of(found)


def test_a_published_run_is_never_written_over(tmp_path):
    """A run of that name is there already: nothing is lost on either side."""
    write_bytes(tmp_path / "out/runs/r/manifest.json", b"old")
    write_bytes(tmp_path / "new/manifest.json", b"new")
    with pytest.raises(OSError):
        publish(tmp_path / "new", tmp_path / "out", "r")

    assert b"old" == (tmp_path / "out/runs/r/manifest.json").read_bytes()
    assert b"new" == (tmp_path / "new/manifest.json").read_bytes()


def test_sweeping_removes_unfinished_runs_only(tmp_path):
    """Folders in .staging go; the note of who holds the lock, and the runs, stay."""
    write_bytes(tmp_path / ".staging/r1/blocks/00000.members", b"x")
    write_bytes(tmp_path / ".staging/r2/plan.json", b"{}")
    write_bytes(tmp_path / ".staging/owner.json", b"{}")
    write_bytes(tmp_path / "runs/r0/manifest.json", b"{}")

    def left():
        return sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))

    sweep_staging(tmp_path, keep="r2")
    kept = [".staging", ".staging/owner.json", ".staging/r2/plan.json", "runs/r0/manifest.json"]
    assert kept == left()
    sweep_staging(tmp_path)
    assert [".staging", ".staging/owner.json", "runs/r0/manifest.json"] == left()


def test_a_withdrawn_run_is_gone_with_what_unfinished_runs_left(tmp_path):
    """Out of the readers' sight first, then deleted; other runs stay."""
    for name in ("runs/r1", "runs/r2", ".staging/r3", ".staging/withdrawn-r2"):
        write_bytes(tmp_path / name / "manifest.json", b"{}")
    withdraw(tmp_path / "runs/r2", tmp_path)

    assert ["r1"] == [path.name for path in (tmp_path / "runs").iterdir()]
    assert [] == list((tmp_path / ".staging").iterdir())


def test_a_withdrawal_that_is_killed_leaves_no_part_of_a_run(tmp_path, monkeypatch):
    """After the rename readers see nothing of it, and the next sweep deletes the rest."""
    write_bytes(tmp_path / "runs/r1/articles/a.parquet", b"rows")
    (tmp_path / ".staging").mkdir()

    def killed(_folder):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.ledger.commit.shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        withdraw(tmp_path / "runs/r1", tmp_path)
    monkeypatch.undo()

    assert [] == list((tmp_path / "runs").iterdir())
    assert 1 == len(list((tmp_path / ".staging").iterdir()))
    sweep_staging(tmp_path)
    assert [] == list((tmp_path / ".staging").iterdir())
