"""`list`, `diff` and `verify`: what an output folder holds, and whether it is whole."""

from __future__ import annotations

import json
import shutil
from datetime import date

import pytest
from runs import run

from pipeline.errors import UsageError
from pipeline.explain.runs import (
    PROBLEMS,
    diff_lines,
    diff_runs,
    list_lines,
    list_runs,
    published_files,
    verify,
    verify_lines,
)
from pipeline.ledger.history import committed_runs, read_manifest
from pipeline.ledger.upkeep.compact import compact

STORY = "The ferry from Kesterby was late again on Monday, said the harbour master. " * 8
OTHER = "Beekeepers of the valley counted fewer swarms than in any spring before. " * 8


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """Two runs: the second reads a file that was broken, one that changed, and a new one."""
    tmp_path = tmp_path_factory.mktemp("two_runs")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(STORY, "utf-8")
    (folder / "b.jsonl").write_text("not json\n", "utf-8")
    run(folder, tmp_path / "out")
    (folder / "a.txt").write_text(STORY + STORY[:75] + "\n", "utf-8")
    (folder / "b.jsonl").write_text(json.dumps({"text": OTHER, "title": "Bees"}) + "\n", "utf-8")
    (folder / "c.txt").write_text("", "utf-8")
    run(folder, tmp_path / "out", clean={"mode": "careful"})
    return tmp_path


@pytest.fixture
def output(two_runs, tmp_path):
    """A copy of them that a test may change."""
    shutil.copytree(two_runs, tmp_path, dirs_exist_ok=True)
    return tmp_path / "out"


def test_the_list_has_each_run_with_the_counts_of_its_manifest(output):
    """Oldest first, with the time of publication."""
    listed = list_runs(output)["runs"]

    runs = committed_runs(output)
    assert [each.run_id for each in runs] == [each["run_id"] for each in listed]
    for each, found in zip(runs, listed, strict=True):
        manifest = read_manifest(each.folder)
        assert manifest["counts"]["articles"] == found["articles"]
        assert manifest["published_at"] == found["published_at"]
        assert found["read"] == sum(
            found[name] for name in ("articles", "duplicates", "rejects", "unchanged")
        )


def test_the_list_adds_up_for_people(output):
    """A line a run, and their sum."""
    head, *lines = list_lines(list_runs(output))

    assert "articles" in head
    assert 3 == len(lines)
    total = sum(each["read"] for each in list_runs(output)["runs"])
    assert lines[-1].split()[:2] == ["all", str(total)]


def test_files_of_articles_are_those_of_the_manifests(output):
    """What lies about besides is not listed."""
    (folder,) = [each.folder for each in committed_runs(output)][:1]
    (folder / "articles" / "stray.parquet").write_bytes(b"")

    found = list(map(str, published_files(output, "articles")))
    assert sorted(str(path) for path in output.glob("runs/*/articles/part-*.parquet")) == found


def test_the_difference_tells_what_became_of_records_read_twice(output):
    """From a reject to an article, from an article to its next version; settings and counts."""
    found = diff_runs(output, "1", "latest")

    again = {each["source"]: (each["a"]["fate"], each["b"]["fate"]) for each in found["records"]}
    assert {"a.txt": ("article", "article"), "b.jsonl#1": ("reject", "article")} == again
    assert [{"name": "clean.mode", "a": "default", "b": "careful"}] == found["settings"]
    counts = {each["name"]: (each["a"], each["b"]) for each in found["counts"]}
    assert (2, 3) == counts["read"]
    reasons = {each["name"]: (each["a"], each["b"]) for each in found["rejects_by_reason"]}
    assert {"not_json": (1, 0), "no_text": (0, 1)} == reasons
    assert "clean.mode: default → careful" in "\n".join(diff_lines(found))


@pytest.mark.parametrize("name", ["3", "20", "2027", "", "2026-01-01"])
def test_a_run_that_is_not_meant_clearly_is_an_error(output, name):
    """None, or several: the message lists those there are."""
    with pytest.raises(
        UsageError, match=r"expected a run, its number, latest or previous: 2026-01-01-000001"
    ):
        diff_runs(output, name, "latest")


def test_previous_is_the_run_before_the_latest(output):
    """As `1` is, of two runs; a single run is both, so that the command always works."""
    assert diff_runs(output, "1", "2") == diff_runs(output, "previous", "latest")
    run(output.parent / "in", output.parent / "one")
    with pytest.raises(UsageError, match="no run begins with '2'"):
        diff_runs(output.parent / "one", "2", "latest")
    found = diff_runs(output.parent / "one", "previous", "latest")
    assert found["a"] == found["b"]


def test_a_run_that_was_merged_names_the_folder_that_has_its_rows(output):
    """By number, name and beginning; what was not merged is found as before."""
    (output.parent / "in" / "d.txt").write_text(f"{OTHER} {STORY}", "utf-8")
    run(output.parent / "in", output)
    first, second, third = [each.run_id for each in committed_runs(output)]
    compact(output, date(2027, 1, 1))
    assert [second, third] == [each.run_id for each in committed_runs(output)]

    for name in ("1", first, first[:20]):
        with pytest.raises(UsageError, match=f"run {first} was merged into {second} by `newsieve"):
            diff_runs(output, name, "latest")
    for name in ("2", second, "previous"):
        assert (second, third) == tuple(diff_runs(output, name, "latest")[n] for n in "ab")
    with pytest.raises(UsageError, match="no run begins with '4'"):
        diff_runs(output, "4", "latest")


def test_what_was_published_is_verified(output):
    """Every file of every run."""
    found = verify(output)

    assert [] == found["problems"]
    assert 2 == found["runs"]
    assert len(list(output.glob("runs/**/*.parquet"))) == found["files"]
    assert "all as published" in "\n".join(verify_lines(found))


def damage(folder, problem):
    """Do to the run in *folder* what *problem* is the name of; give the path that is named."""
    (table,) = (folder / "articles").glob("*.parquet")
    content = table.read_bytes()
    if problem == "missing":
        table.unlink()
    elif problem == "truncated":
        table.write_bytes(content[:-1])
    elif problem == "changed":
        table.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
    elif problem == "unreadable":
        table.unlink()
        table.mkdir()
    elif problem == "unlisted":
        table = table.with_name("stray.parquet")
        table.write_bytes(content)
    else:
        table = folder / "manifest.json"
        table.write_text("{}", "utf-8")
        return folder
    return table


@pytest.mark.parametrize("problem", PROBLEMS)
def test_each_damage_is_named_with_its_file(output, problem):
    """A deleted, shortened, altered or foreign file, and a damaged manifest."""
    first = committed_runs(output)[0].folder
    path = damage(first, problem).relative_to(output).as_posix()

    found = verify(output)["problems"]
    expected = "changed" if problem == "unreadable" else problem
    assert (expected, path) in {(each["problem"], each["path"]) for each in found} or (
        problem == "unreadable" and path in {each["path"] for each in found}
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["counts"].update(articles=told["counts"]["articles"] + 1),
        lambda told: told.update(parent=None, logical_date="2020-01-01"),
        lambda told: told["config"]["judge"].update(min_words=7),
        lambda told: told.update(digest="0" * 32),
    ],
)
def test_an_altered_manifest_is_named(output, change):
    """Counts, settings, place among the runs, or its digest: it is not what was published."""
    path = committed_runs(output)[-1].folder / "manifest.json"
    told = json.loads(path.read_bytes())
    change(told)
    path.write_text(json.dumps(told), "utf-8")

    name = path.relative_to(output).as_posix()
    assert [("changed", name)] == [(e["problem"], e["path"]) for e in verify(output)["problems"]]


def test_a_manifest_in_another_layout_or_of_an_earlier_version_is_as_published(output):
    """White space and the order of keys say nothing; earlier versions wrote no digest."""
    first, second = (run.folder / "manifest.json" for run in committed_runs(output))
    told = json.loads(first.read_bytes())
    first.write_text(json.dumps(dict(reversed(told.items())), indent=7), "utf-8")
    told = json.loads(second.read_bytes())
    del told["digest"]
    second.write_text(json.dumps(told), "utf-8")

    assert [] == verify(output)["problems"]


def test_a_run_without_its_manifest_is_named(output):
    """Readers of the folder would read its rows."""
    first = committed_runs(output)[0].folder
    (first / "manifest.json").unlink()

    assert ["no_manifest"] == [each["problem"] for each in verify(output)["problems"]]


def test_nothing_is_changed_by_looking(output, tmp_path):
    """The same bytes before and after."""
    shutil.copytree(output, tmp_path / "before")
    list_runs(output), diff_runs(output, "1", "2"), verify(output)

    for path in (tmp_path / "before").rglob("*"):
        if path.is_file():
            assert (
                path.read_bytes() == (output / path.relative_to(tmp_path / "before")).read_bytes()
            )
