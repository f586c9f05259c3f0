"""Every command answers with JSON as it is documented."""

from __future__ import annotations

import json
import sys
from contextlib import suppress

import pytest
from reference import ANSWERS, answer_schemas, answer_tables
from runs import ROOT, run

import pipeline.cli
from pipeline.errors import HeldRun

STORY = "The ferry from Kesterby was late again on Monday, said the harbour master. " * 8


@pytest.fixture
def answer(monkeypatch, capsys):
    """Run a command in this process; give its answer, held against its model."""

    def answer_(verb, *arguments):
        words = ["newsieve", verb, *map(str, arguments), "--format", "json"]
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(sys, "argv", words)
        with suppress(SystemExit):
            pipeline.cli.main()
        out = capsys.readouterr().out
        ANSWERS[verb].model_validate_json(out, strict=True)
        return json.loads(out)

    return answer_


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Two runs over the sample in raw/."""
    folder = tmp_path_factory.mktemp("answers")
    run(ROOT / "raw/tarnmouth-courier", folder)
    run(ROOT / "raw", folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("clean", "raw"),
        ("clean", "--explain", "raw/kesterby-post", "raw/tarnmouth-courier/bakery-fire.txt"),
        ("check",),
        ("check", "raw/kesterby-post", "--set", "clean.mode=careful"),
        ("trace", "OUT", "bakery-fire"),
        ("trace", "OUT", "bakery-blaze"),
        ("trace", "OUT", "pw-20250410-0011"),
        ("compare", "raw/newsloom24/bakery-blaze.txt", "library-opens", "--output", "OUT"),
        ("compare", "raw/newsloom24/bakery-blaze.txt", "raw/kesterby-post/library-opens.txt"),
        ("report", "OUT"),
        ("report", "OUT", "1"),
        ("list", "OUT"),
        ("diff", "OUT", "1", "2"),
        ("verify", "OUT"),
        ("undo", "OUT", "--dry-run"),
        ("remove", "OUT", "--site", "kesterby-post.example", "--dry-run"),
        ("compact", "OUT", "--before", "2027-01-01", "--dry-run"),
    ],
    ids=" ".join,
)
def test_an_answer_has_the_documented_fields(answer, output, arguments):
    """Strictly: no field is missing, none is there that is not documented."""
    assert answer(*(str(output) if each == "OUT" else each for each in arguments))


def test_a_dry_run_changes_nothing(answer, output):
    """undo, remove and compact tell what they would do, and the bytes stay."""
    before = {path: path.read_bytes() for path in output.rglob("*.parquet")}

    assert answer("undo", output, "--dry-run")["run_id"].startswith("2026-01-01-000002")
    assert answer("remove", output, "--dry-run", "--site", "newsloom24.example")["rows"]
    answer("compact", output, "--dry-run", "--before", "2027-01-01")
    assert before == {path: path.read_bytes() for path in output.rglob("*.parquet")}


def test_what_compact_would_make_is_what_it_makes(answer, tmp_path):
    """The forecast and the deed have the same folders, files and rows."""
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.txt").write_text(f"{STORY} {number}", "utf-8")
        run(tmp_path / "in", tmp_path / "out")
    arguments = ("compact", tmp_path / "out", "--before", "2027-01-01")

    forecast = answer(*arguments, "--dry-run")["folders"]
    assert 1 == len(forecast)
    assert forecast == answer(*arguments)["folders"]


def test_deeds_answer_too(answer, tmp_path):
    """publish, discard, undo, remove and verify, for real."""
    (tmp_path / "a.txt").write_text(STORY, "utf-8")
    out = tmp_path / "out"
    for verb in ("discard", "publish"):
        with pytest.raises(HeldRun):
            run(tmp_path / "a.txt", out, gates={"min_articles": 5})
        held = answer("list", out)["held"][0]["run_id"]
        assert held == answer(verb, out, held)["run_id"]
    answer("remove", out, "--id", "0" * 32)
    assert [] == answer("verify", out)["problems"]
    assert answer("undo", out)["newest"] is None


@pytest.mark.beam
def test_a_run_answers(answer, tmp_path):
    """With the account, and with nothing the second time."""
    arguments = ("run", "raw", "--output", tmp_path, "-q")
    assert 27 == answer(*arguments)["published"][0]["counts"]["read"]
    assert [] == answer(*arguments)["published"]


def test_every_command_has_a_model_and_every_model_is_documented():
    """A new command without one fails here; one that serves until it is stopped has no answer."""
    assert set(pipeline.cli.newsieve.commands) == {*ANSWERS, "worker"}
    page = (ROOT / "docs" / "json.md").read_text("utf-8")
    assert answer_tables() == page
    assert json.loads((ROOT / "docs" / "json-schemas.json").read_text("utf-8")) == answer_schemas()
