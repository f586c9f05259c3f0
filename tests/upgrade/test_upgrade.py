"""Upgrades: a newer newsieve reads what an older one wrote, and goes on from it."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import runs
from collections_of_runs import check, contents

from pipeline.errors import NewsieveError
from pipeline.explain.lookup import Rows, trace
from pipeline.job import run_job
from pipeline.ledger.history import committed_runs
from pipeline.ledger.upkeep.compact import compact
from pipeline.ledger.upkeep.remove import remove
from pipeline.ledger.upkeep.takedown import requested
from pipeline.ledger.upkeep.undo import undo
from pipeline.version import FORMAT_VERSION
from tests.upgrade.make import LAMPS, TIDE, first_day, lay_out, second_day

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
KEPT = sorted(HERE.glob("format_*"))
"""A collection of each format, the oldest first."""


def drop_columns(output: Path, pattern: str, *names: str) -> None:
    """Write the files of *pattern* anew without some columns."""
    for path in output.glob(f"runs/*/{pattern}"):
        table = pq.read_table(path, partitioning=None)
        pq.write_table(table.drop_columns(list(names)), path)
    for path in output.glob("runs/*/manifest.json"):
        manifest = json.loads(path.read_bytes())
        for each in manifest["files"]:
            file = path.parent / each["path"]
            each["bytes"] = file.stat().st_size if file.exists() else each["bytes"]
        path.write_text(json.dumps(manifest))


def drop_facts(output: Path, *names: str) -> None:
    """Write manifests anew without some facts."""
    for path in output.glob("runs/*/manifest.json"):
        manifest = json.loads(path.read_bytes())
        path.write_text(
            json.dumps({name: manifest[name] for name in manifest if name not in names})
        )


def without_keys(output: Path) -> None:
    """As before runs had keys."""
    for folder in output.glob("runs/*/state/keys"):
        shutil.rmtree(folder)


def without_attempts(output: Path) -> None:
    """As before inputs were tried again."""
    drop_columns(output, "state/inputs.parquet", "attempts", "retry")


def without_gates(output: Path) -> None:
    """As before finished runs were judged."""
    drop_facts(output, "gates", "published_by_hand", "alarm_clusters", "window")


def without_columns(output: Path) -> None:
    """As before articles had these columns."""
    drop_columns(output, "articles/*.parquet", "flags", "revision_of")


def without_all_that(output: Path) -> None:
    """The oldest of all."""
    for older in (without_keys, without_attempts, without_gates):
        older(output)


def as_it_was(_output: Path) -> None:
    """Nothing is missing."""


OLDER = (as_it_was, without_keys, without_attempts, without_gates, without_all_that)


@pytest.fixture(params=KEPT, ids=lambda path: path.name)
def old(request, tmp_path):
    """A copy of a kept collection, and the inputs it came from."""
    shutil.copytree(request.param, tmp_path / "out")
    lay_out(tmp_path / "in", first_day() | second_day())
    return tmp_path


def go_on(folder: Path, **settings):
    """Run on what is new a week later; give what was published."""
    config = runs.configured(folder / "in", folder / "out", **settings)
    return run_job(config, date(2026, 1, 8), runs.in_loop).published


NEW = {
    "new.jsonl": [
        {"url": "https://copy.example/1", "text": TIDE.replace("himself", "alone")},
        {"id": "wire-9", "text": LAMPS.replace("forty", "fifty")},
        {"url": "https://ferrier.example/lamps", "text": LAMPS},
    ]
}


def test_a_collection_of_each_format_is_kept():
    """Whoever changes the format keeps one that was written before."""
    assert [f"format_{n}" for n in range(1, FORMAT_VERSION + 1)] == [path.name for path in KEPT]


@pytest.mark.parametrize("older", OLDER, ids=lambda older: older.__name__)
@pytest.mark.parametrize(
    "settings", [{}, {"dedup": {"shingle_words": 3, "seed": 9}}], ids=["", "s"]
)
def test_it_goes_on_from_an_older_collection(old, older, settings):
    """What was read stays read; copies of what it holds are found and name it."""
    older(old / "out")
    before = contents(old / "out")
    assert () == go_on(old, **settings)
    lay_out(old / "in", NEW)
    (new,) = go_on(old, **settings)

    account = new.account
    assert (3, 0, 2, 1) == (account.read, account.articles, account.duplicates, account.unchanged)
    assert committed_runs(old / "out")[1].run_id == new.plan.parent
    after = contents(old / "out")
    assert before["articles"] == after["articles"]
    kept = {row["id"] for row in before["articles"]}
    assert {row["representative_id"] for row in after["duplicates"]} <= kept
    # Its keys are of before letters were folded for comparison.
    assert list((old / "out/.index").rglob("part-*.parquet"))


@pytest.mark.parametrize("older", OLDER, ids=lambda older: older.__name__)
def test_its_house_is_kept(old, older):
    """Trace, compact, remove and undo work on it as on a new one."""
    out = old / "out"
    older(out)
    lay_out(old / "in", NEW)
    go_on(old)
    assert {"article", "duplicate"} <= {
        trace(Rows(out), name)["records"][0]["fate"] for name in ("wire-1", "later#3")
    }
    before = contents(out)
    (made,) = compact(out, date(2026, 1, 8))
    assert 2 == len(made.held)
    assert before == contents(out)
    check(out)
    remove(out, requested([], ["https://oxley.example/mill"], []))
    assert "https://oxley.example/mill" not in {row["url"] for row in contents(out)["articles"]}
    check(out)
    undo(out)
    check(out)


def test_rows_without_later_columns_are_read(old):
    """Null where the older newsieve said nothing."""
    without_columns(old / "out")
    lay_out(old / "in", NEW)
    (new,) = go_on(old)

    assert 2 == new.account.duplicates
    compact(old / "out", date(2026, 1, 8))
    assert {None} == {row["flags"] for row in contents(old / "out")["articles"]}


def test_a_newer_collection_is_refused(old):
    """Nothing is started; the message says what to do."""
    path = max((old / "out").glob("runs/*/manifest.json"))
    newer = json.loads(path.read_bytes()) | {"format_version": FORMAT_VERSION + 1}
    path.write_text(json.dumps(newer))
    lay_out(old / "in", NEW)
    for work in (go_on, lambda folder: compact(folder / "out")):
        with pytest.raises(NewsieveError, match="upgrade newsieve"):
            work(old)
