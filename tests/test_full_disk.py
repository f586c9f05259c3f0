"""A disk that is full at any one write: never a half, never a lie, and the next command goes on."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest
import runs
from collections_of_runs import check, contents, feed, page
from runs import configured, rows

from pipeline.job import run_job
from pipeline.ledger.upkeep.compact import compact
from pipeline.ledger.upkeep.remove import remove
from pipeline.ledger.upkeep.takedown import requested
from pipeline.ledger.upkeep.undo import undo
from pipeline.storage import disk as storage

pytestmark = pytest.mark.slow


class FullDisk:
    """Lets a number of writes, renames and links happen; the next one finds no room."""

    def __init__(self, monkeypatch):
        self.left = 10**9
        self.met = False
        for owner, name in (
            (Path, "replace"),
            (Path, "rename"),
            (Path, "mkdir"),
            (storage.os, "link"),
            (storage.tempfile, "mkstemp"),
        ):
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, write):
        def counted(*arguments, **settings):
            self.left -= 1
            if self.left == -1:
                self.met = True
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(*arguments, **settings)

        return counted


@pytest.fixture
def disk(monkeypatch):
    """A disk that can be full."""
    return FullDisk(monkeypatch)


def go(folder: Path, told=lambda *_: None):
    """Run on the inputs of *folder*."""
    return run_job(configured(folder / "in", folder / "out"), runs.DAY, runs.in_loop, told)


def start(folder: Path) -> None:
    """Two runs, and inputs for a third."""
    folder.mkdir()
    feed(folder, "a", *(page(n, n % 3) for n in range(6)))
    go(folder)
    feed(folder, "b", *(page(n, n % 3) for n in range(6, 9)))
    go(folder)
    feed(folder, "c", *(page(n, n % 3) for n in range(9, 12)))


DEEDS = {
    "run": go,
    "undo": lambda folder: undo(folder / "out"),
    "remove": lambda folder: remove(folder / "out", requested((), ("https://a.example/1",), ())),
    "compact": lambda folder: compact(folder / "out", runs.DAY.replace(year=2027)),
}


def told_of_the_disk(deed) -> bool:
    """Whether *deed* failed, and said why."""
    try:
        deed()
    except Exception as error:
        if "No space left on device" not in str(error):
            raise
        return True
    return False


STEPS = {"run": 9, "undo": 1, "remove": 9, "compact": 5}
"""Of so many writes one is tried; with 1, all pass too, in four minutes."""


@pytest.mark.parametrize("deed", list(DEEDS))
def test_no_room_for_one_write_is_all_or_nothing(tmp_path, disk, deed):
    """Whichever write it is: the rows are those of before or of after; done again, of after."""
    start(tmp_path / "before")
    feed(tmp_path / "before", "d", page(20, 5))
    go(tmp_path / "before")
    feed(tmp_path / "before", "e", page(21, 6))
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    DEEDS[deed](tmp_path / "after")
    before, after = (contents(tmp_path / name / "out") for name in ("before", "after"))
    for number in range(0, 1_000, STEPS[deed]):
        folder = tmp_path / f"{number}"
        shutil.copytree(tmp_path / "before", folder)
        disk.left, disk.met = number, False
        refused = told_of_the_disk(lambda: DEEDS[deed](folder))  # noqa: B023 - called at once
        disk.left = 10**9
        found = contents(folder / "out")
        check(folder / "out")
        assert found == (before if refused else after)
        if refused:
            DEEDS[deed](folder)
            assert after == contents(folder / "out")
        go(folder)
        check(folder / "out")
        shutil.rmtree(folder)
        if not disk.met:
            break
    assert number > 3


def test_what_is_published_is_told_before_anything_else_can_fail(tmp_path, monkeypatch, caplog):
    """Views that cannot be written are a warning: the run is there, and the next one goes on."""
    feed(tmp_path, "a", page(1, 1))

    def refuse(_):
        raise OSError(errno.ENOSPC, "No space left on device", "out/views.sql")

    monkeypatch.setattr("pipeline.job.renew_views", refuse)
    heard: list[str] = []
    outcome = go(tmp_path, lambda _, published: heard.append(published.plan.run_id))

    assert [outcome.published[0].plan.run_id] == heard
    assert 1 == len(rows(tmp_path / "out", "articles"))
    assert "is published; the cleanup is left to the next command: out/views.sql" in caplog.text
    monkeypatch.undo()
    assert () == go(tmp_path).published
    feed(tmp_path, "b", page(2, 2))
    assert 1 == len(go(tmp_path).published)
    assert not list((tmp_path / "out/.staging").iterdir())
