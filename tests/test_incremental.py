"""Run after run: what is new, copies of earlier runs' stories, versions, and runs that died."""

from __future__ import annotations

import json
import os
import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
import runs
from factories import story
from runs import configured, rows, run

from pipeline.errors import NewsieveError
from pipeline.guard import Killed
from pipeline.job import run_job
from pipeline.passes import clean_block as cleaning
from pipeline.passes import isolation
from training.templates import fill

STORY = story(1, 120)
CUT = " ".join(STORY.split()[:50])


def feed(folder: Path, name: str, *records: dict[str, object]) -> Path:
    """Write records as a JSONL file into *folder*, which may have others."""
    folder.mkdir(exist_ok=True)
    lines = [json.dumps(record) for record in records]
    (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def run_on(day: int, inputs: Path, output: Path, **settings):
    """Run on a day of January; give what was published."""
    config = configured(inputs, output, **settings)
    return run_job(config, date(2026, 1, 1) + timedelta(day - 1), runs.in_loop).published


def test_a_copy_of_yesterdays_story_names_it(tmp_path):
    """Its representative, the run and cluster of that, and the evidence; yesterday stays."""
    out = tmp_path / "out"
    feed(tmp_path / "in", "1", {"id": "whole", "text": STORY}, {"id": "other", "text": story(2)})
    (first,) = run_on(1, tmp_path / "in", out)
    before = {path: path.read_bytes() for path in first.folder.rglob("*.*") if path.is_file()}
    feed(tmp_path / "in", "2", {"id": "cut", "text": CUT}, {"id": "again", "text": STORY})
    (second,) = run_on(2, tmp_path / "in", out)

    (whole,) = [row for row in rows(out, "articles") if row["record_id"] == "whole"]
    again, cut = sorted(rows(out, "duplicates"), key=lambda row: row["record_id"])
    for copy, match in ((again, "exact"), (cut, "contained")):
        assert (whole["id"], whole["cluster_id"]) == (copy["representative_id"], copy["cluster_id"])
        assert (first.plan.run_id, match) == (copy["representative_run_id"], copy["match"])
        assert second.plan.run_id == copy["run_id"]
    assert {"shared", "shingles", "probability"} <= {each["part"] for each in cut["evidence"]}
    assert before == {path: path.read_bytes() for path in before}
    manifest = json.loads((second.folder / "manifest.json").read_bytes())
    assert {"articles": 2, "compared": 1, "crowded_keys": 0} == manifest["window"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("day", "window_days", "duplicates"),
    [(2, 1, 1), (8, 7, 1), (9, 7, 0), (2, 0, 0), (31, 30, 1)],
)
def test_the_window_is_counted_in_days(day, window_days, duplicates, tmp_path):
    """A copy within the window is found; later the same text is an article of its own."""
    feed(tmp_path / "in", "1", {"id": "a", "text": STORY})
    run_on(1, tmp_path / "in", tmp_path / "out", dedup={"window_days": window_days})
    feed(tmp_path / "in", "2", {"id": "b", "text": CUT})
    run_on(day, tmp_path / "in", tmp_path / "out", dedup={"window_days": window_days})

    assert duplicates == len(rows(tmp_path / "out", "duplicates"))
    assert 2 - duplicates == len(rows(tmp_path / "out", "articles"))


def test_the_largest_cluster_of_a_run_is_that_of_its_rows(tmp_path):
    """Copies of an earlier article count, but not the article, which is a row of another run."""
    out, copies = tmp_path / "out", [{"id": f"c{n}", "text": STORY} for n in range(3)]
    feed(tmp_path / "in", "1", {"id": "a", "text": STORY}, {"id": "b", "text": STORY})
    (first,) = run_on(1, tmp_path / "in", out, dedup={"alarm_cluster_size": 1})
    feed(tmp_path / "in", "2", {"id": "o", "text": story(5)}, *copies)
    (second,) = run_on(2, tmp_path / "in", out, dedup={"alarm_cluster_size": 1})

    for published, size in ((first, 2), (second, 3)):
        (alarm,) = published.account.alarm_clusters
        assert (size, size) == (published.account.largest_cluster, alarm.size)


def test_a_backfill_is_compared_with_later_days_too(tmp_path):
    """A run for a day in the past finds what a later day has published."""
    feed(tmp_path / "in", "1", {"id": "a", "text": STORY})
    run_on(9, tmp_path / "in", tmp_path / "out")
    feed(tmp_path / "in", "2", {"id": "b", "text": CUT})
    run_on(3, tmp_path / "in", tmp_path / "out")

    assert ["b"] == [row["record_id"] for row in rows(tmp_path / "out", "duplicates")]


@pytest.mark.slow
def test_a_story_is_found_again_however_the_days_are_cut(tmp_path):
    """Families of copies, spread over runs at random: one article each, all others its copies."""
    records = [
        {"id": f"{family}-{copy}", "text": " ".join(story(family, 150).split()[: 150 - 7 * copy])}
        for family in range(8)
        for copy in range(5)
    ]
    random.Random(5).shuffle(records)
    for days in (1, 2, 5):
        out = tmp_path / f"out{days}"
        for day in range(days):
            feed(tmp_path / f"in{days}", str(day), *records[day::days])
            run_on(day + 1, tmp_path / f"in{days}", out)
        kept = {row["id"]: row["record_id"] for row in rows(out, "articles")}

        assert 8 == len({name.split("-")[0] for name in kept.values()}) == len(kept)
        for row in rows(out, "duplicates"):
            assert row["record_id"].split("-")[0] == kept[row["representative_id"]].split("-")[0]


@pytest.mark.slow
def test_what_every_day_prints_is_no_evidence(tmp_path):
    """A paragraph that stands in many earlier stories joins no two new ones."""
    background = story(99, 60)
    for day in range(1, 9):
        text = story(day, 60) + " " + background
        feed(tmp_path / "in", str(day), {"id": str(day), "text": text})
        run_on(day, tmp_path / "in", tmp_path / "out")
    assert len(rows(tmp_path / "out", "duplicates")) <= 2, "before it is known for what it is"
    found = len(rows(tmp_path / "out", "duplicates"))
    records = [{"id": f"n{n}", "text": story(50 + n, 40) + " " + background} for n in range(2)]
    feed(tmp_path / "in", "new", *records)
    run_on(9, tmp_path / "in", tmp_path / "out")

    assert found == len(rows(tmp_path / "out", "duplicates"))


def test_keys_are_made_anew_for_other_settings(tmp_path):
    """Or where they are missing: from the kept texts, once."""
    out = tmp_path / "out"
    feed(tmp_path / "in", "1", {"id": "a", "text": STORY, "url": "https://example.org/a"})
    (first,) = run_on(1, tmp_path / "in", out)
    (published,) = first.folder.glob("state/keys/*.parquet")
    content = published.read_bytes()
    published.unlink()
    feed(tmp_path / "in", "2", {"id": "b", "text": CUT})
    run_on(2, tmp_path / "in", out)
    feed(tmp_path / "in", "3", {"id": "c", "text": CUT + " the end"})
    run_on(3, tmp_path / "in", out, dedup={"shingle_words": 3, "seed": 5})

    assert ["b", "c"] == [row["record_id"] for row in rows(out, "duplicates")]
    (again, _) = sorted(
        (path for path in (out / ".index").rglob("part-*.parquet")),
        key=lambda path: path.read_bytes() != content,
    )
    assert content == again.read_bytes(), "the same keys as when the run was published"


def test_work_files_of_keys_lie_where_a_later_run_sweeps_them(tmp_path, monkeypatch):
    """A run that is killed while it makes keys anew leaves nothing outside of its output folder."""
    out, temporary = tmp_path / "out", tmp_path / "tmp"
    feed(tmp_path / "in", "1", {"id": "a", "text": STORY})
    (first,) = run_on(1, tmp_path / "in", out)
    next(first.folder.glob("state/keys/*.parquet")).unlink()
    feed(tmp_path / "in", "2", {"id": "b", "text": CUT})
    temporary.mkdir()
    if not (child := os.fork()):
        monkeypatch.setattr("tempfile.tempdir", str(temporary))
        monkeypatch.setattr("pipeline.dedup.steps.earlier.keys.keys_table", lambda *_: os._exit(9))
        run_on(2, tmp_path / "in", out)
        os._exit(0)
    assert 9 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert list((out / ".staging").glob("newsieve-keys-*"))
    assert not list(temporary.iterdir())
    run_on(2, tmp_path / "in", out)
    assert not list((out / ".staging").iterdir())


PAGE = "https://example.org/page"


def paged(name: str, text: str, fetched: str | None = None) -> dict[str, object]:
    """A record of one page."""
    return {"id": name, "url": PAGE, "text": text, "fetched_at": fetched}


@pytest.mark.parametrize("days", [1, 2])
def test_a_page_that_was_corrected_is_a_revision(days, tmp_path):
    """Both versions stay, in one cluster; the later one names the earlier."""
    old = paged("old", STORY, "2026-01-01T08:00:00Z")
    new = paged("new", STORY.replace("w1x7 ", "corrected "), "2026-01-01T09:00:00Z")
    if days == 1:
        feed(tmp_path / "in", "1", new, old)
        run_on(1, tmp_path / "in", tmp_path / "out")
    else:
        for day, record in ((1, old), (2, new)):
            feed(tmp_path / "in", str(day), record)
            run_on(day, tmp_path / "in", tmp_path / "out")

    found = {row["record_id"]: row for row in rows(tmp_path / "out", "articles")}
    assert found["old"]["id"] == found["new"]["revision_of"]
    assert None is found["old"]["revision_of"]
    assert found["old"]["cluster_id"] == found["new"]["cluster_id"]
    assert [] == found["new"]["flags"]


NAMING = (
    "Council names the new bridge\n\nThe council of Arden named the new bridge after the engineer "
    "Clara Voss on Monday. The bridge opens in June, and cars pay two crowns. Nearby shops hope "
    "for guests from the other bank, and the ferry stops for good at the end of summer."
)
FORECAST = (
    "Weather for {}\n\nThe office expects {} over {} on {}. Winds from {} reach {} km an hour. "
    "Temperatures lie between {} and {} degrees. The outlook is updated at noon, and warnings are "
    "read on the radio at every full hour."
)
TUESDAY = FORECAST.format("Arden", "rain", "Arden", "Tuesday", "the west", 45, 7, 11)
FRIDAY = FORECAST.format(
    "Venn and Riva", "sun", "Venn, Riva and the coast", "Friday", "Orm", 9, 18, 26
)
CORRECTIONS = {
    "a name": (NAMING, NAMING.replace("Clara Voss", "Klara Foss"), True),
    "name and month": (
        NAMING, NAMING.replace("Clara Voss", "Klara Foss").replace("June", "July"), True,
    ),
    "all names": (
        NAMING, NAMING.replace("Clara Voss", "Jo Li").replace("Arden", "Venn"), True,
    ),
    "the figures": (TUESDAY, TUESDAY.replace("45", "54").replace("11 deg", "13 deg"), True),
    "a sentence more": (NAMING, f"{NAMING} The mayor cuts the ribbon at ten on Saturday.", True),
    "a sentence less": (NAMING, NAMING.rpartition(" Nearby")[0], True),
    "the next forecast": (TUESDAY, FRIDAY, False),
    "another story": (NAMING, TUESDAY, False),
}  # fmt: skip


@pytest.mark.parametrize("days", [1, 2])
@pytest.mark.parametrize(
    ("before", "after", "version"), CORRECTIONS.values(), ids=CORRECTIONS.keys()
)
def test_a_correction_may_change_names_and_figures(before, after, version, days, tmp_path):
    """At one address most of the wording is enough, of either text; nothing is removed."""
    feed(tmp_path / "in", "1", paged("old", before, "2026-01-01T08:00:00Z"))
    if days == 2:
        run_on(1, tmp_path / "in", tmp_path / "out")
    feed(tmp_path / "in", "2", paged("new", after, "2026-01-01T09:00:00Z"))
    run_on(days, tmp_path / "in", tmp_path / "out")

    found = {row["record_id"]: row for row in rows(tmp_path / "out", "articles")}
    expected = (found["old"]["id"], []) if version else (None, ["other_story_at_url"])
    assert expected == (found["new"]["revision_of"], found["new"]["flags"])


@pytest.mark.parametrize("days", [1, 2])
def test_items_of_one_wording_at_two_addresses_are_two_stories(days, tmp_path):
    """What makes a version at one address makes no copy at another."""
    changed = NAMING.replace("Clara Voss", "Klara Foss").replace("June", "July")
    feed(tmp_path / "in", "1", {"id": "a", "text": NAMING, "url": "https://a.org/1"})
    if days == 2:
        run_on(1, tmp_path / "in", tmp_path / "out")
    feed(tmp_path / "in", "2", {"id": "b", "text": changed, "url": "https://b.org/2"})
    run_on(days, tmp_path / "in", tmp_path / "out")

    assert ["a", "b"] == sorted(row["record_id"] for row in rows(tmp_path / "out", "articles"))


@pytest.mark.parametrize("days", [1, 2])
def test_a_page_with_another_story_is_flagged(days, tmp_path):
    """It is an article of its own: no copy, no revision."""
    for day, record in ((1, paged("old", STORY)), (days, paged("new", story(2, 120)))):
        feed(tmp_path / "in", f"{day}{record['id']}", record)
        if day < days:
            run_on(day, tmp_path / "in", tmp_path / "out")
    run_on(days, tmp_path / "in", tmp_path / "out")

    found = {row["record_id"]: row for row in rows(tmp_path / "out", "articles")}
    flags = [found[name]["flags"] for name in ("old", "new")]
    assert sorted([[], ["other_story_at_url"]]) == sorted(flags)
    assert ["other_story_at_url"] == found["new"]["flags"] or days == 1
    assert [None, None] == [row["revision_of"] for row in found.values()]


def test_a_page_whose_story_is_the_same_is_an_exact_copy(tmp_path):
    """Other bytes, the same cleaned text: a duplicate of the earlier one."""
    feed(tmp_path / "in", "1", paged("old", STORY))
    run_on(1, tmp_path / "in", tmp_path / "out")
    feed(tmp_path / "in", "2", paged("new", STORY.replace(" ", "  ")))
    run_on(2, tmp_path / "in", tmp_path / "out")

    assert ["exact"] == [row["match"] for row in rows(tmp_path / "out", "duplicates")]


# --- pages that change back ---

CHANGED = STORY.replace("w1x7 ", "changed ")


def latest(output: Path) -> list[str]:
    """The texts of the view of latest articles."""
    connection = duckdb.connect()
    connection.execute(f"SET file_search_path = '{output}'")
    connection.execute((output / "views.sql").read_text("utf-8"))
    return [text for (text,) in connection.execute("SELECT text FROM latest_articles").fetchall()]


def at(hour: int) -> str:
    """An hour of the first day."""
    return f"2026-01-01T{hour:02}:00:00Z"


@pytest.mark.parametrize(
    ("runs_", "again", "timed"),
    [
        ("123", {}, True), ("123", {}, False), ("111", {}, False), ("112", {}, True),
        ("122", {}, False), ("123", {"text": STORY.replace(" ", "  ")}, True),
        ("123", {"text": STORY.replace(" ", "  ")}, False),
        ("111", {"text": STORY.replace(" ", "  ")}, True),
    ],
)  # fmt: skip
def test_a_page_that_changes_back_shows_its_first_text(runs_, again, timed, tmp_path):
    """In one run or over several; the same record, or other spacing; with times and without."""
    records = [
        paged("page", text, at(hour) if timed else None) | more
        for text, hour, more in ((STORY, 8, {}), (CHANGED, 9, {}), (STORY, 10, again))
    ]
    for day in "123":
        mine = [record for record, run_ in zip(records, runs_, strict=True) if run_ == day]
        feed(tmp_path / "in", day, *mine)
        run_on(int(day), tmp_path / "in", tmp_path / "out")

    assert [STORY] == latest(tmp_path / "out")
    kept = [row["text"] for row in rows(tmp_path / "out", "articles")]
    assert sorted([STORY, CHANGED]) == sorted(kept), "a row for each text, once"


@pytest.mark.parametrize("order", [(8, 10, 9), (9, 8, 10), (10, 9, 8)])
def test_the_latest_version_is_the_one_fetched_last(order, tmp_path):
    """Not the one that arrived last: the first text was seen at two of these hours."""
    texts = {8: STORY, 9: CHANGED, 10: STORY}
    for day, hour in enumerate(order, 1):
        feed(tmp_path / "in", str(day), paged("page", texts[hour], at(hour)))
        run_on(day, tmp_path / "in", tmp_path / "out")

    assert [STORY] == latest(tmp_path / "out")


@pytest.mark.parametrize("order", [(8, 7, 9), (9, 8, 7)])
def test_an_old_sighting_changes_nothing(order, tmp_path):
    """Nor does the same text at another address, however late."""
    texts = {7: STORY, 8: STORY, 9: CHANGED}
    for day, hour in enumerate(order, 1):
        feed(tmp_path / "in", str(day), paged("page", texts[hour], at(hour)))
        run_on(day, tmp_path / "in", tmp_path / "out")
    elsewhere = paged("copy", STORY, at(20)) | {"url": "https://other.example/"}
    feed(tmp_path / "in", "copy", elsewhere)
    run_on(4, tmp_path / "in", tmp_path / "out")

    assert [CHANGED] == latest(tmp_path / "out")


def test_a_file_that_changes_back_is_read_again(tmp_path):
    """Its text is the latest again; a file that stays as it is, is not opened."""
    raw, out = tmp_path / "in", tmp_path / "out"
    feed(raw, "other", {"id": "o", "text": story(2)})
    for day, text in enumerate((STORY, CHANGED, STORY, CHANGED, STORY), 1):
        (raw / "page.txt").write_text(text, encoding="utf-8")
        (published,) = run_on(day, raw, out)
        assert {"page.txt"} == {each.source for each in published.plan.inputs} - {"other.jsonl"}
        assert {text, story(2)} == set(latest(out))

    assert () == run_on(9, raw, out)
    assert 3 == len(rows(out, "articles"))


# --- items of one template ---


def test_one_notice_a_run_stays_one_notice_and_its_copies_are_found(tmp_path):
    """Five runs with a notice of each of these kinds; each has a copy elsewhere a run later."""
    dice = random.Random(3)
    kinds, raw, out = ("pet", "roadworks", "recall", "court"), tmp_path / "in", tmp_path / "out"
    before: list[tuple[str, str]] = []
    for day in range(1, 6):
        notices = [(f"{kind} {day}", fill(kind, dice)) for kind in kinds]
        copies = [(name, f"{text} More of this on our site.") for name, text in before]
        records = [{"id": name, "text": text} for name, text in [*notices, *copies]]
        for number, record in enumerate(records):
            record["url"] = f"https://s{number >= len(kinds)}.example/{record['id']}"
        feed(raw, str(day), *records)
        run_on(day, raw, out)
        before = notices

    kept = {row["id"]: row["record_id"] for row in rows(out, "articles")}
    assert sorted(f"{kind} {day}" for kind in kinds for day in range(1, 6)) == sorted(kept.values())
    found = [(row["record_id"], kept[row["representative_id"]]) for row in rows(out, "duplicates")]
    assert [(f"{kind} {day}",) * 2 for day in range(1, 5) for kind in sorted(kinds)] == sorted(
        found, key=lambda pair: (pair[0][-1], pair[0])
    )


# --- damage ---


@pytest.mark.parametrize("table", ["articles", "duplicates", "rejects"])
@pytest.mark.parametrize("deed", ["cut", "deleted"])
@pytest.mark.parametrize("index", [True, False])
def test_a_damaged_table_stops_the_run_and_nothing_is_doubled(table, deed, index, tmp_path):
    """The message names it; restored, the collection goes on, with its index and without."""
    raw, out = tmp_path / "in", tmp_path / "out"
    feed(raw, "1", {"id": "a", "text": STORY}, {"id": "b", "text": CUT}, {"id": "c", "text": "No"})
    run_on(1, raw, out, judge={"min_words": 5})
    (path,) = out.glob(f"runs/*/{table}/*.parquet")
    whole = path.read_bytes()
    path.unlink()
    if deed == "cut":
        path.write_bytes(whole[:-9])
    if not index:
        shutil.rmtree(out / ".index")
    feed(raw, "2", {"id": "d", "text": story(4)})

    with pytest.raises(NewsieveError, match=rf"{table}/part-00000\.parquet: (missing|damaged)"):
        run_on(2, raw, out, judge={"min_words": 5})
    path.write_bytes(whole)
    run_on(2, raw, out, judge={"min_words": 5})
    assert [2, 1, 1] == [len(rows(out, each)) for each in ("articles", "duplicates", "rejects")]


# --- runs that died ---


class Died(Exception):
    """Stands for a process that was killed."""


def dying_after(blocks: int):
    """An engine that dies when so many blocks are cleaned."""

    def engine(plan, _name, config, staging):
        for block in plan.blocks[:blocks]:
            runs.clean_block(block, config, staging)
        raise Died

    return engine


@pytest.fixture
def many(tmp_path):
    """Inputs that make several blocks."""
    for number in range(12):
        feed(tmp_path / "in", f"{number:02}", {"id": str(number), "text": story(number % 9, 80)})
    return tmp_path / "in"


BLOCKS = {"block_bytes": 1_000}


def tables(output: Path) -> dict[str, bytes]:
    """The tables of all runs, by their place."""
    files = (output / "runs").rglob("*.parquet")
    return {str(path.relative_to(output)): path.read_bytes() for path in files}


@pytest.mark.slow
def test_a_run_that_died_is_finished_first(many, tmp_path, monkeypatch):
    """Its finished blocks are not cleaned again; then comes what is new since."""
    run(many, tmp_path / "calm", run=BLOCKS)
    with pytest.raises(Died):
        run(many, tmp_path / "out", engine=dying_after(3), run=BLOCKS)
    feed(many, "late", {"id": "late", "text": story(77)})
    cleaned = []
    original = cleaning.process_records
    monkeypatch.setattr(
        cleaning, "process_records", lambda *given: (cleaned.append(1), original(*given))[1]
    )
    finished, new = run(many, tmp_path / "out", run=BLOCKS).published

    assert (True, False) == (finished.resumed, new.resumed)
    assert len(finished.plan.blocks) - 3 + 1 == len(cleaned)
    calm = tables(tmp_path / "calm")
    assert calm == {name: tables(tmp_path / "out")[name] for name in calm}
    assert 1 == new.account.read
    assert [".staging"] == [path.name for path in (tmp_path / "out").glob(".staging")]
    assert [] == [path for path in (tmp_path / "out/.staging").iterdir() if path.is_dir()]


def test_a_run_of_other_settings_is_not_finished(many, tmp_path):
    """Its inputs are planned anew, for the settings of today."""
    with pytest.raises(Died):
        run(many, tmp_path / "out", engine=dying_after(2), run=BLOCKS)
    (found,) = run(many, tmp_path / "out", run=BLOCKS, dedup={"similarity": 0.6}).published

    assert not found.resumed
    assert 12 == found.account.read


@pytest.mark.slow
def test_a_run_that_died_again_and_again_comes_to_its_end(many, tmp_path):
    """Each time it gets a little further; nothing is lost or doubled."""
    for blocks in (1, 2, 4):
        with pytest.raises(Died):
            run(many, tmp_path / "out", engine=dying_after(blocks), run=BLOCKS)
    run(many, tmp_path / "calm", run=BLOCKS)
    run(many, tmp_path / "out", run=BLOCKS)

    assert tables(tmp_path / "calm") == tables(tmp_path / "out")


# --- what is remembered ---


def test_a_file_that_cannot_be_read_is_tried_a_few_times(tmp_path):
    """A row each time, then it rests; what is damaged for good is tried once."""
    inputs = tmp_path / "in"
    inputs.mkdir()
    (inputs / "half.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00garbage")
    settings = {"input": {"max_attempts": 2}}
    reasons = [len(rows(tmp_path / "out", "rejects"))]
    for _ in range(4):
        run(inputs, tmp_path / "out", **settings)
        reasons.append(len(rows(tmp_path / "out", "rejects")))

    assert [0, 1, 1, 1, 1] == reasons, "its damage will not go away"
    (inputs / "shut.txt").symlink_to(inputs / "absent")
    for _ in range(4):
        run(inputs, tmp_path / "out", **settings)
    assert 2 == [row["reason"] for row in rows(tmp_path / "out", "rejects")].count("unreadable")


def test_what_was_read_long_ago_is_forgotten(tmp_path):
    """After input.remember_days a file that still lies there is new."""
    feed(tmp_path / "in", "1", {"id": "a", "text": STORY})
    remember = {"input": {"remember_days": 5}}
    assert 1 == len(run_on(1, tmp_path / "in", tmp_path / "out", **remember))
    assert 0 == len(run_on(6, tmp_path / "in", tmp_path / "out", **remember))
    assert 1 == len(run_on(7, tmp_path / "in", tmp_path / "out", **remember))


def test_the_index_may_be_lost(tmp_path):
    """Without it everything is looked at again, and nothing is read twice."""
    feed(tmp_path / "in", "1", {"id": "a", "text": STORY})
    os.utime(tmp_path / "in/1.jsonl", (1, 1))
    run(tmp_path / "in", tmp_path / "out")
    shutil.rmtree(tmp_path / "out/.index")

    assert () == run(tmp_path / "in", tmp_path / "out").published


def test_damaged_keys_are_made_anew(tmp_path):
    """Nothing but the kept texts goes into them; the copy of an earlier run's article is found."""
    feed = tmp_path / "in"
    feed.mkdir()
    (feed / "a.txt").write_text(story(1), encoding="utf-8")
    (first,) = run(feed, tmp_path / "out").published
    (keys,) = first.folder.glob("state/keys/*.parquet")
    keys.write_bytes(b"junk")

    (feed / "b.txt").write_text(f"{story(1)} Again.", encoding="utf-8")
    assert 1 == run(feed, tmp_path / "out").account.duplicates


def test_a_text_that_was_lost_through_no_fault_of_its_own_is_read_again(tmp_path, monkeypatch):
    """Whoever killed the helper: the next run takes the text, and the others stay unchanged."""
    (tmp_path / "in").mkdir()
    lines = [json.dumps({"id": str(n), "text": story(n, 90)}) for n in range(3)]
    (tmp_path / "in/a.jsonl").write_text("\n".join(lines) + "\n")
    process = isolation.process_documents

    def killed(items, config):
        for (document, _), fate in zip(items, process(items, config), strict=True):
            answer = Killed("killed_from_outside", "the process got SIGKILL")
            lost = document.record_id == "1"
            yield (None, isolation._killed(document, answer, config.run)) if lost else fate

    settings = {"run": {"document_seconds": 0, "document_megabytes": 0}}
    with monkeypatch.context() as patched:
        patched.setattr(isolation, "process_documents", killed)
        first = run(tmp_path / "in", tmp_path / "out", **settings).account
    second = run(tmp_path / "in", tmp_path / "out", **settings).account

    assert (2, 1) == (first.articles, first.rejects)
    assert (1, 2, 0) == (second.articles, second.unchanged, second.rejects)
    assert [True] == [row["retryable"] for row in rows(tmp_path / "out", "rejects")]
    assert None is run(tmp_path / "in", tmp_path / "out", **settings).account
