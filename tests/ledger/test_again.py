"""Rejected records are read again when the settings that rejected them have changed."""

from __future__ import annotations

import json

import pytest
from runs import DAY, configured, in_loop, rows, run

from pipeline.errors import UsageError
from pipeline.job import run_job
from pipeline.ledger.again import SETTINGS
from pipeline.records import REASONS

STORY = (
    "The ferry to Brandness did not sail on Monday, and the baker on the quay sold out by nine. "
    "Its captain said a rope had fouled the propeller and that divers would come at noon."
)

OTHER = "The council of Marsh End will decide on Friday whether the old mill is to be a library."


@pytest.fixture
def folder(tmp_path):
    """A file with a field of another name, and one with a long and a short text."""
    (tmp_path / "in").mkdir()
    lines = [{"id": "a", "body": OTHER}, {"id": "b", "text": f"{STORY} B. Word by word."}]
    (tmp_path / "in" / "a.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n", "utf-8")
    (tmp_path / "in" / "c.txt").write_text("A short one was told.\n\nBy nobody.", "utf-8")
    return tmp_path


def fates(folder, **settings):
    """What a run reads, rejects by reason, and takes for unchanged; None when nothing is new."""
    account = run(folder / "in", folder / "out", **settings).account
    return account and (account.read, account.rejects_by_reason, account.unchanged)


def test_the_settings_of_reasons_exist():
    """Each is a reason, and a setting."""
    config = configured("in", "out").model_dump()

    assert SETTINGS.keys() <= REASONS.keys()
    for settings in SETTINGS.values():
        for section, name in (setting.split(".") for setting in settings):
            assert name in config[section]


def test_a_field_that_is_mapped_later_is_read(folder):
    """Once: the file is read again, what was kept is unchanged, and then nothing is new."""
    mapped = {"input": {"fields": {"body": "text"}}}

    assert (3, {"no_text": 1}, 0) == fates(folder)
    assert fates(folder) is None
    assert (2, {}, 1) == fates(folder, **mapped)
    assert fates(folder, **mapped) is None
    assert {"a", "b", "c"} == {row["record_id"] for row in rows(folder / "out", "articles")}


def test_a_filter_that_is_loosened_lets_its_rejects_in(folder):
    """Only files with rejects of that filter are read again."""
    assert (3, {"no_text": 1, "too_short": 1}, 0) == fates(folder, judge={"min_words": 20})
    assert (1, {}, 0) == fates(folder)
    assert fates(folder) is None


def test_a_file_that_was_away_when_the_filter_changed_is_read_when_it_is_back(folder):
    """Its rejects are compared with the settings of their own run, not with the newest run's."""
    fates(folder, judge={"min_words": 20})
    away = folder / "in" / "c.txt"
    moved = away.rename(folder / "c.txt")
    (folder / "in" / "d.txt").write_text(f"{STORY} D. Letter by letter.", "utf-8")
    assert (1, {}, 0) == fates(folder)
    moved.rename(away)

    assert (1, {}, 0) == fates(folder)
    assert fates(folder) is None
    assert "c" in {row["record_id"] for row in rows(folder / "out", "articles")}


def test_a_filter_that_stays_too_strict_rejects_once_more(folder):
    """The reject of the new setting is the one that counts from then on."""
    fates(folder, judge={"min_words": 20})

    assert (1, {"too_short": 1}, 0) == fates(folder, judge={"min_words": 15})
    assert fates(folder, judge={"min_words": 15}) is None
    assert (1, {}, 0) == fates(folder, judge={"min_words": 1})


def test_settings_that_reject_nothing_do_not_matter(folder):
    """No file is read again after another setting has changed."""
    fates(folder)

    assert fates(folder, dedup={"seed": 7}, clean={"mode": "careful"}) is None
    assert fates(folder, judge={"min_words": 1}) is None


def test_rejects_are_read_again_when_asked(folder):
    """Those of the file or folder that is named, whatever rejected them."""
    fates(folder, judge={"min_words": 20})
    config = configured(folder / "in", folder / "out", judge={"min_words": 20})

    def again(path):
        account = run_job(config, DAY, in_loop, again=[str(path)]).account
        return account and (account.read, account.rejects_by_reason)

    assert (1, {"too_short": 1}) == again(folder / "in" / "c.txt")
    assert (3, {"no_text": 1, "too_short": 1}) == again(folder / "in")
    with pytest.raises(UsageError, match=r"--again .*elsewhere: no input is at or below it"):
        again(folder / "elsewhere")


def test_a_file_without_rejects_is_not_read_again(folder):
    """There is nothing to gain."""
    fates(folder, input={"fields": {"body": "text"}})
    config = configured(folder / "in", folder / "out", input={"fields": {"body": "text"}})

    assert run_job(config, DAY, in_loop, again=[str(folder / "in")]).account is None
