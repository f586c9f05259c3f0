"""Runs that change: at every moment, and after every kill, all of them are there."""

from __future__ import annotations

import os
import shutil
import threading
from collections import Counter
from contextlib import suppress
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from collections_of_runs import check, contents, feed, marker, page, run_on, words_below

from pipeline.errors import UsageError
from pipeline.ledger.lock import locked
from pipeline.ledger.upkeep.compact import compact
from pipeline.ledger.upkeep.remove import remove
from pipeline.ledger.upkeep.takedown import requested
from pipeline.storage import disk as storage

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Four runs over two months, with copies of one story in three of them."""
    folder = tmp_path_factory.mktemp("made")
    for number, day in enumerate((0, 3, 9, 40)):
        feed(folder, str(number), page(number, 1), page(20 + number, 20 + number, "b"))
        run_on(folder, day)
    return folder


@pytest.fixture
def out(made, tmp_path):
    """A copy of their collection."""
    shutil.copytree(made / "out", tmp_path / "out")
    return tmp_path / "out"


def take_down(output: Path) -> None:
    """Take the representative of the copies down."""
    remove(output, requested([], ["https://a.example/0"], []))


def put_together(output: Path) -> None:
    """Compact January."""
    compact(output, date(2026, 2, 1))


CHANGES = (take_down, put_together)


class Killed(BaseException):
    """Stands for a process that is killed: nothing is tidied up after it."""


class Steps:
    """Counts the steps that change the disk, and dies at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, last: int) -> None:
        self.count, self.last, self.exchanged = 0, last, 0
        for where, name in (
            (os, "link"),
            (os, "fsync"),
            (os, "unlink"),
            (os, "rmdir"),
            (os, "rename"),
            (Path, "replace"),
            (Path, "rename"),
            (storage, "_exchange_at_once"),
        ):
            monkeypatch.setattr(where, name, self.counted(getattr(where, name)))

    def counted(self, step):
        """Wrap a step so that it counts."""

        def one_more(*arguments, **named):
            self.count += 1
            if self.count > self.last:
                raise Killed
            if step.__name__ == "_exchange_at_once":
                self.exchanged = self.count
            return step(*arguments, **named)

        return one_more


def kill(change, output: Path, last: int) -> Steps:
    """Let *change* die after so many steps, or come to its end before."""
    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        steps = Steps(patch, last)
        patch.setattr(shutil, "rmtree", halfway(steps, shutil.rmtree))
        change(output)
    return steps


def halfway(steps: Steps, rmtree):
    """Removing a tree takes two steps, of which the first removes its articles."""

    def remove_tree(path, **named):
        steps.counted(lambda: None)()
        for articles in Path(path).rglob("articles"):
            rmtree(articles)
        steps.counted(lambda: None)()
        rmtree(path, **named)

    return remove_tree


@pytest.mark.parametrize("at_once", [True, False], ids=["exchange", "renames"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_kill_at_any_step_leaves_all_runs(change, at_once, out, tmp_path, monkeypatch):
    """As they were or as they are to be; the same command then comes to its end."""
    if not at_once:
        monkeypatch.setattr(storage, "_EXCHANGE", {})
    old = contents(out)
    shutil.copytree(out, tmp_path / "whole")
    change(tmp_path / "whole")
    new = contents(tmp_path / "whole")
    shutil.copytree(out, tmp_path / "counted")
    steps = kill(change, tmp_path / "counted", 10_000)
    around = range(steps.exchanged - 2, steps.exchanged + 4)
    seen = set[frozenset[Path]]()
    for last in sorted({0, steps.exchanged // 2, *around, steps.count - 1}):
        twin = tmp_path / f"twin{last}"
        shutil.copytree(out, twin)
        assert kill(change, twin, last).count > last, "it was killed"
        if not (twin / "runs").exists():
            assert not at_once
            shutil.copytree(twin, tmp_path / "between")
            change(tmp_path / "between")
            assert new == contents(tmp_path / "between")
            with locked(twin):
                pass  # whatever comes next takes the lock
        found = contents(twin)
        assert found in (old, new), f"killed after step {last}"
        seen.add(frozenset(path.relative_to(twin) for path in twin.glob("runs/*/*/*")))
        check(twin)
        change(twin)
        assert new == contents(twin)
        assert [] == list((twin / ".staging").iterdir())
        if change is take_down:
            assert marker(0, 1) not in words_below(twin)
        shutil.rmtree(twin)
    assert 2 == len(seen), "some died before the exchange, some after it"


def test_a_reader_sees_the_whole_collection_each_time(out, tmp_path):
    """It lists, reads and lists again; what it has read was the collection at some moment."""
    changes = [
        take_down,
        put_together,
        lambda output: remove(output, requested([], ["https://a.example/2"], [])),
        lambda output: remove(output, requested([], [], ["b.example"])),
        lambda output: compact(output, date(2026, 2, 1)),
    ]
    shutil.copytree(out, tmp_path / "twin")
    states = [seen_by_reader(tmp_path / "twin")]
    for change in changes:
        change(tmp_path / "twin")
        states.append(seen_by_reader(tmp_path / "twin"))
    assert 4 <= len({frozenset(state.items()) for state in states})

    found, stop = list[Counter[str]](), threading.Event()

    def read_on():
        while not stop.is_set():
            found.append(seen_by_reader(out))

    readers = [threading.Thread(target=read_on) for _ in range(2)]
    for reader in readers:
        reader.start()
    for change in changes:
        change(out)
    stop.set()
    for reader in readers:
        reader.join()
    assert len(found) > 1
    for each in found:
        assert each in states


def seen_by_reader(output: Path) -> Counter[str]:
    """Read the ids of articles and duplicates as docs/how-to/compact.md tells readers to.

    Where a file is gone, or the files are others when it has read, it begins again.
    """
    while True:
        files = listed(output)
        try:
            found = Counter(
                f"{path.parent.name} {name}"
                for path in files
                for name in pq.ParquetFile(path).read(["id"])["id"].to_pylist()
            )
        except FileNotFoundError:
            continue
        if files == listed(output):
            return found


def listed(output: Path) -> list[Path]:
    """The files of both tables, by the glob."""
    files = sorted(output.glob("runs/*/articles/*.parquet"))
    return files + sorted(output.glob("runs/*/duplicates/*.parquet"))


def test_unchanged_runs_are_the_same_files(out):
    """They are linked, not copied: what is not concerned costs no room."""
    before = {path: path.stat().st_ino for path in out.glob("runs/2026-02-*/articles/*")}
    take_down(out)

    assert before == {path: path.stat().st_ino for path in before}
    assert {1} == {path.stat().st_nlink for path in before}


def test_without_hard_links_files_are_copied(out, monkeypatch):
    """A file system may know none."""

    def unknown(*_arguments):
        raise PermissionError

    monkeypatch.setattr(os, "link", unknown)
    before = contents(out)
    put_together(out)

    assert before == contents(out)
    check(out)


def test_runs_behind_a_link_are_refused(out, tmp_path):
    """The link itself would be exchanged."""
    (out / "runs").rename(tmp_path / "elsewhere")
    (out / "runs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="is a link; only a folder can be swapped"):
        take_down(out)


def test_views_follow(out):
    """A table that lost its last file is an empty view, not a glob without a match."""
    remove(out, requested([], [], ["a.example", "b.example"]))

    assert {"articles": [], "duplicates": [], "rejects": []} == contents(out)
    assert "runs/*/articles/*.parquet" not in (out / "views.sql").read_text()
