"""Compaction: the same rows in fewer files, and everything that looks at runs still works."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta

import pyarrow.parquet as pq
import pytest
from collections_of_runs import FIRST, check, contents, feed, manifests, marker, page, run_on
from collections_of_runs import words_below as words
from runs import rows

from pipeline.config import GatesConfig
from pipeline.errors import NewsieveError, UsageError
from pipeline.ledger.commit import earlier_runs
from pipeline.ledger.history import committed_runs
from pipeline.ledger.upkeep.compact import compact
from pipeline.ledger.upkeep.remove import remove
from pipeline.ledger.upkeep.takedown import requested
from pipeline.ledger.upkeep.undo import undo

DAYS = (0, 9, 20, 34, 40, 48, 62)
"""Three of January, three of February, one of March."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Seven runs over three months, each with a story and a copy of the one before."""
    folder = tmp_path_factory.mktemp("months")
    for number, day in enumerate(DAYS):
        feed(folder, str(number), page(number, number), page(50 + number, max(number - 1, 0)))
        run_on(folder, day)
    return folder


@pytest.fixture
def months(made, tmp_path):
    """A copy of them."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_sightings_stay_when_runs_are_merged(tmp_path):
    """A page that changed back is as it was: the rows of both runs, in their order."""
    first, other = page(1, 1, version=1), page(1, 1, version=2)
    for day, record in enumerate((first, other, first, other, first)):
        feed(tmp_path, str(day), record)
        run_on(tmp_path, day)
    before = rows(tmp_path / "out", "state/sightings")
    feed(tmp_path, "new", page(9, 9))
    run_on(tmp_path, 41)
    made = compact(tmp_path / "out", date(2026, 2, 1))

    assert 3 == len(before)
    assert [5] == [len(each.held) for each in made]
    assert before == rows(tmp_path / "out", "state/sightings")
    check(tmp_path / "out")


@pytest.mark.slow
def test_old_runs_become_a_folder_a_month(months):
    """The same rows in the same order; a row still says which run it is of."""
    out = months / "out"
    before, names = contents(out), [run.run_id for run in committed_runs(out)]
    made = compact(out, date(2026, 3, 1))

    assert [names[:3], names[3:6]] == [list(each.held) for each in made]
    assert [names[2], names[5]] == [each.run_id for each in made]
    assert [names[2], names[5], names[6]] == [run.run_id for run in committed_runs(out)]
    assert before == contents(out)
    assert 1 == len(list(out.glob(f"runs/{names[2]}/articles/*")))
    assert {"state", "articles", "duplicates", "manifest.json"} == {
        path.name for path in (out / "runs" / names[2]).iterdir()
    }
    check(out)


def test_the_rows_come_in_the_order_of_runs_and_files(months):
    """Read file after file, row after row, nothing has moved."""
    out = months / "out"

    def ids():
        files = sorted(out.glob("runs/*/articles/*.parquet"))
        return [row["id"] for path in files for row in pq.read_table(path).to_pylist()]

    before = ids()
    compact(out, date(2026, 3, 1))

    assert before == ids()


def test_the_manifest_lists_the_runs_it_holds(months):
    """Sums, the first one's parent, and each run with its counts and times."""
    out = months / "out"
    before = manifests(out)
    compact(out, date(2026, 3, 1))
    first, second, third = manifests(out)

    assert [before[0]["run_id"], before[1]["run_id"], before[2]["run_id"]] == [
        each["run_id"] for each in first["runs"]
    ]
    assert [each["counts"] for each in before[3:6]] == [each["counts"] for each in second["runs"]]
    assert before[3]["timings"] == second["runs"][0]["timings"]
    assert "config" in second["runs"][0]
    assert "config" not in second["runs"][1], "it is that of the run before"
    assert (None, before[2]["run_id"]) == (first["parent"], second["parent"])
    assert before[6] == third
    assert sum(each["counts"]["read"] for each in before[:3]) == first["counts"]["read"]
    assert before[2]["config"] == first["config"]


def test_again_it_changes_nothing(months):
    """There is nothing left to put together; a copy of the collection gives the same bytes."""
    shutil.copytree(months / "out", months / "twin")
    compact(months / "out", date(2026, 3, 1))
    compact(months / "twin", date(2026, 3, 1))

    def files(name):
        found = [path for path in (months / name / "runs").rglob("*") if path.is_file()]
        return {path.relative_to(months / name): path.read_bytes() for path in found}

    first = files("out")
    assert [] == compact(months / "out", date(2026, 3, 1))
    assert first == files("out") == files("twin")


def test_the_newest_run_and_the_window_are_left_alone(months):
    """By default whole months go together, when all of them have left the window."""
    out = months / "out"
    names = [run.run_id for run in committed_runs(out)]
    made = compact(out)  # the newest is of March 4, its window begins on February 2

    assert [tuple(names[:3])] == [each.held for each in made]
    undo(out)
    assert [] == compact(out, date(2026, 12, 1))[1:], "the newest run is never compacted"
    assert names[5] == committed_runs(out)[-1].run_id


def test_a_month_may_be_compacted_in_two_steps(months):
    """What was put together goes into the next folder; its manifest lists all single runs."""
    out = months / "out"
    before = contents(out)
    compact(out, date(2026, 1, 15))
    compact(out, date(2026, 3, 1))

    assert [3, 3, None] == [len(each.get("runs", ())) or None for each in manifests(out)]
    assert before == contents(out)
    check(out)


def test_runs_go_on_after_it(months):
    """Nothing is read again, copies are found, its keys are made anew, the parent is right."""
    out = months / "out"
    compact(out, date(2026, 3, 1))
    assert () == run_on(months, 63)
    shutil.rmtree(out / ".index")
    assert () == run_on(months, 63), "the runs say it too"
    feed(months, "new", page(100, 2), page(101, 5), page(102, 77))
    (new,) = run_on(months, 63, dedup={"window_days": 60})

    assert committed_runs(out)[-2].run_id == new.plan.parent
    assert (2, 1) == (new.account.duplicates, new.account.articles)
    check(out)


def test_gates_see_the_single_runs(months):
    """A month put together is no baseline of a day."""
    out = months / "out"
    config = GatesConfig(baseline_runs=5, min_runs=1)
    before = earlier_runs(committed_runs(out), config)
    compact(out, date(2026, 3, 1))

    assert before == earlier_runs(committed_runs(out), config)
    assert 5 == len(before)


def test_a_compacted_run_cannot_be_taken_back(months):
    """Its single runs are no more; the message says what can be done."""
    out = months / "out"
    compact(out, date(2026, 3, 1))
    undo(out)
    with pytest.raises(UsageError, match="holds 3 runs that were compacted and cannot"):
        undo(out)
    assert 2 == len(committed_runs(out))


@pytest.mark.slow
def test_a_text_is_taken_down_from_a_compacted_run(months):
    """And what was taken down before is not brought back by it."""
    out = months / "out"
    remove(out, requested([], ["https://a.example/3"], []))
    compact(out, date(2026, 3, 1))
    remove(out, requested([], ["https://a.example/1"], []))

    assert marker(1, 1) not in words(out)
    assert marker(3, 3) not in words(out)
    check(out)
    compact(out, date(2026, 3, 1))
    feed(months, "again", page(1, 1, version=7), page(3, 3, version=7))
    (new,) = run_on(months, 63)
    assert {"taken_down": 2} == new.account.rejects_by_reason


@pytest.mark.slow
def test_it_is_the_same_before_and_after_a_takedown(months):
    """Compacted first or taken down first: the same rows."""
    shutil.copytree(months / "out", months / "twin")
    ask = requested([], [], ["a.example"])
    compact(months / "out", date(2026, 3, 1))
    for name in ("out", "twin"):
        remove(months / name, requested([], ["https://a.example/1"], []))
    compact(months / "twin", date(2026, 3, 1))
    assert contents(months / "out") == contents(months / "twin")
    remove(months / "out", ask)
    assert [] == contents(months / "out")["articles"]


def test_inputs_are_remembered_once(months):
    """Of a file that several runs tried, the latest says how often."""
    out = months / "out"
    folder = sorted((out / "runs").iterdir())
    paths = [each / "state/inputs.parquet" for each in folder[:2]]
    tables = [pq.read_table(path) for path in paths]
    shutil.copy(paths[0], paths[1])
    compact(out, date(2026, 2, 1))
    (after,) = [
        pq.read_table(path).to_pylist()
        for path in (out / "runs").glob("2026-01-*/state/inputs.parquet")
    ]

    assert ["0.jsonl", "2.jsonl"] == [row["source"] for row in after]
    assert tables[0].to_pylist()[0] == after[0]


def test_rows_of_an_older_newsieve_get_the_columns_they_lack(months):
    """They are unknown there; all other values stay."""
    out = months / "out"
    first = min(out.glob("runs/*/articles/*.parquet"))
    table = pq.read_table(first)
    pq.write_table(table.drop_columns(["flags", "section"]), first)
    compact(out, date(2026, 2, 1))
    row, *others = contents(out)["articles"]

    assert (None, None) == (row["flags"], row["section"])
    assert table["text"][0].as_py() == row["text"]
    assert all(other["flags"] is not None for other in others)


def test_a_state_that_is_not_known_is_not_thrown_away(months):
    """Nothing is changed, and the message names it."""
    out = months / "out"
    folder = min((out / "runs").iterdir())
    (folder / "state/topics.parquet").write_bytes(b"")
    with pytest.raises(NewsieveError, match=r"topics\.parquet: unknown state, cannot be merged"):
        compact(out, date(2026, 2, 1))
    assert len(DAYS) == len(committed_runs(out))


@pytest.mark.slow
def test_a_backfill_is_no_part_of_the_months_around_it(months):
    """Only runs that follow one another go together."""
    out = months / "out"
    feed(months, "late", page(90, 90))
    run_on(months, 5)  # January, after March
    feed(months, "now", page(91, 91))
    run_on(months, 63)
    made = compact(out, date(2026, 3, 1))

    assert [3, 3] == [len(each.held) for each in made]
    days = [run.logical_date - FIRST for run in committed_runs(out)]
    assert [timedelta(day) for day in (20, 48, 62, 5, 63)] == days


def test_a_damaged_manifest_stops_it(months):
    """Before anything is changed."""
    out = months / "out"
    path = sorted(out.glob("runs/*/manifest.json"))[1]
    path.write_text(json.dumps([]))
    with pytest.raises(NewsieveError, match="damaged manifest"):
        compact(out, date(2026, 2, 1))
    assert len(DAYS) == len(committed_runs(out))
