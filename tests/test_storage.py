"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from pipeline.errors import UsageError
from pipeline.storage import disk as storage
from pipeline.storage import open_input, open_own, output_place, replacing, write_bytes
from pipeline.storage.disk import (
    effective,
    exchange_folders,
    finish_exchange,
    link_tree,
    publish_folder,
    sync_tree,
)


@pytest.fixture
def umask():
    """Set the umask of this test."""
    before = os.umask(0)
    yield os.umask
    os.umask(before)


def test_a_file_appears_with_its_content(tmp_path):
    """Missing folders are made on the way, and nothing else is left beside the file."""
    path = tmp_path / "a" / "b" / "file.bin"
    write_bytes(path, b"whole")

    assert b"whole" == path.read_bytes()
    assert [path] == list(path.parent.iterdir())


def test_nothing_is_seen_before_the_end(tmp_path):
    """While a file is written, its name holds the old content, or does not exist."""
    path = tmp_path / "file.bin"
    for old in (None, b"old"):
        with replacing(path) as temporary:
            temporary.write_bytes(b"old")
            assert temporary.parent == path.parent
            assert temporary.name.startswith("."), "inputs and globs leave hidden files out"
            assert old == (path.read_bytes() if path.exists() else None)


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("before", [[], ["file.bin"]])
def test_an_exception_leaves_everything_as_it_was(tmp_path, stop, before):
    """When writing stops half-way, the old file stays, or none, and no leftover."""
    path = tmp_path / "file.bin"
    for name in before:
        (tmp_path / name).write_bytes(b"old")

    def write_half():
        with replacing(path) as temporary:
            temporary.write_bytes(b"ha")
            raise stop

    with pytest.raises(stop):
        write_half()
    assert before == [each.name for each in tmp_path.iterdir()]
    assert not before or path.read_bytes() == b"old"


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_the_umask_decides_who_may_read(tmp_path, umask, mask, mode):
    """A table is readable for whom the umask allows, and the umask stays what it was."""
    umask(mask)
    write_bytes(tmp_path / "file.bin", b"")

    assert mode == (tmp_path / "file.bin").stat().st_mode & 0o777
    assert mask == umask(mask)


def test_a_finished_folder_is_published_as_it_is(tmp_path):
    """All files of the folder have their new place, the old name is gone."""
    write_bytes(tmp_path / "staging/articles/part-0.parquet", b"rows")
    write_bytes(tmp_path / "staging/manifest.json", b"{}")
    publish_folder(tmp_path / "staging", tmp_path / "out/runs/first", "done")

    assert b"rows" == (tmp_path / "out/runs/first/articles/part-0.parquet").read_bytes()
    assert b"{}" == (tmp_path / "out/runs/first/manifest.json").read_bytes()
    assert not (tmp_path / "staging").exists()


@pytest.mark.parametrize(
    "existing",
    [
        "target/manifest.json",
        "target",
        "target/",
    ],
)
def test_an_existing_run_is_never_replaced(tmp_path, existing):
    """A target that exists is an error, whatever it is, and both sides stay."""
    write_bytes(tmp_path / "staging/manifest.json", b"new")
    if existing.endswith("/"):
        (tmp_path / existing).mkdir()
    else:
        write_bytes(tmp_path / existing, b"old")
    with pytest.raises(OSError):
        publish_folder(tmp_path / "staging", tmp_path / "target", "done")

    assert b"new" == (tmp_path / "staging/manifest.json").read_bytes()
    assert existing.endswith("/") or (tmp_path / existing).read_bytes() == b"old"


def test_every_folder_is_flushed_before_the_rename(tmp_path, monkeypatch):
    """The folder and all below it reach the disk, the outermost last."""
    (tmp_path / "a/b").mkdir(parents=True)
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor).st_ino))
    sync_tree(tmp_path)

    folders = (tmp_path / "a/b", tmp_path / "a", tmp_path)
    assert [folder.stat().st_ino for folder in folders] == flushed


def test_inputs_are_opened_as_bytes(tmp_path):
    """What is read are the bytes of the disk; a missing file is an OSError."""
    (tmp_path / "a").write_bytes(b"a\r\n\xff")

    with open_input(str(tmp_path / "a")) as stream:
        assert b"a\r\n\xff" == stream.read()
    with pytest.raises(FileNotFoundError):
        open_input(str(tmp_path / "b"))


def test_a_pipe_in_place_of_an_own_file_is_an_error(tmp_path):
    """Reading it would wait for ever; an ordinary file, also by a link, is opened."""
    os.mkfifo(tmp_path / "pipe")
    write_bytes(tmp_path / "a", b"mine")
    (tmp_path / "link").symlink_to("a")

    with pytest.raises(OSError, match="not a regular file"):
        open_own(tmp_path / "pipe")
    with open_own(tmp_path / "link") as stream:
        assert b"mine" == stream.read()


def laid_out(folder, **files):
    """Make a folder of files with these contents."""
    for name, content in files.items():
        write_bytes(folder / "inside" / name, content.encode())
    return folder


def told(folder):
    """What stands in a folder of files."""
    return {path.name: path.read_text() for path in (folder / "inside").iterdir()}


@pytest.mark.parametrize("lacking", [(), ("exchange",), ("exchange", "sync")])
def test_two_folders_change_places(lacking, tmp_path, monkeypatch):
    """Whatever calls the system has; nothing is left beside them."""
    if "exchange" in lacking:
        monkeypatch.setattr(storage, "_EXCHANGE", {})
    if "sync" in lacking:
        monkeypatch.setattr(storage, "_sync_at_once", lambda _folder: False)
    one = laid_out(tmp_path / "runs", a="old", b="old")
    other = laid_out(tmp_path / "staging" / "runs", a="new")
    exchange_folders(one, other, "done")

    assert ({"a": "new"}, {"a": "old", "b": "old"}) == (told(one), told(other))
    assert ["runs", "staging"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.skipif(sys.platform not in storage._EXCHANGE, reason="has no such call")
def test_here_folders_are_exchanged_at_once(tmp_path):
    """The call is found, and the test's file system knows it."""
    one, other = laid_out(tmp_path / "one", a="1"), laid_out(tmp_path / "other", a="2")
    assert storage._exchange_at_once(one, other)
    assert {"a": "2"} == told(one)
    assert not storage._exchange_at_once(one, tmp_path / "absent")


@pytest.mark.parametrize("present", [True, False])
def test_an_exchange_that_was_killed_is_finished_or_taken_back(present, tmp_path):
    """As long as the old one is there, it stays; else the fresh one takes its place."""
    laid_out(tmp_path / "runs.new", a="new")
    if present:
        laid_out(tmp_path / "runs", a="old")
    finish_exchange(tmp_path / "runs")

    assert {"a": "old" if present else "new"} == told(tmp_path / "runs")
    assert ["runs"] == [path.name for path in tmp_path.iterdir()]
    finish_exchange(tmp_path / "runs")
    assert ["runs"] == [path.name for path in tmp_path.iterdir()]


def test_a_linked_copy_can_be_changed_by_replacing(tmp_path):
    """The files are the same until one is replaced; empty folders are there too."""
    one = laid_out(tmp_path / "one", a="1", b="2")
    (one / "empty").mkdir()
    copy = tmp_path / "copy"
    link_tree(one, copy)
    assert (one / "inside/a").stat().st_ino == (copy / "inside/a").stat().st_ino
    write_bytes(copy / "inside" / "a", b"3")

    assert ({"a": "1", "b": "2"}, {"a": "3", "b": "2"}) == (told(one), told(copy))
    assert (copy / "empty").is_dir()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("hdfs://host/x", "a url, not a path on this machine; copy or mount it"),
        ("file:///srv/out", "a url, not a path on this machine; write /srv/out"),
        ("s3://", "expected an address such as s3://bucket/folder"),
        ("inv\udcffalid", "its name is not UTF-8"),
    ],
)
def test_an_output_that_is_no_folder_here_is_refused(path, message):
    """Before anything is read, not after the work."""
    with pytest.raises(UsageError, match=message):
        output_place(path)


def test_a_folder_with_a_colon_is_a_folder(tmp_path, monkeypatch):
    """Pyarrow takes news:2026/a for a url, unless it is absolute."""
    monkeypatch.chdir(tmp_path)

    assert tmp_path / "news:2026" == output_place("news:2026")
    assert "out" == str(output_place("out"))


def test_a_folder_with_a_tilde_is_a_folder(tmp_path, monkeypatch):
    """Pyarrow takes ~root/a for a file of that user, unless it is absolute."""
    monkeypatch.chdir(tmp_path)

    assert tmp_path / "~root" == output_place("~root")
    assert "out~" == str(output_place("out~"))


@pytest.mark.parametrize("threads", [0, 3])
def test_a_deed_is_noted_before_a_signal_can_interrupt(threads, monkeypatch):
    """A message about an interruption must not deny what was done, whichever thread got it."""
    monkeypatch.setattr("pipeline.storage.disk.DONE", noted := [])
    over = threading.Event()
    waiting = [threading.Thread(target=over.wait, daemon=True) for _ in range(threads)]
    for thread in waiting:
        thread.start()

    def interrupted(*_):
        raise KeyboardInterrupt

    def signal_this_process():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.05)  # the handler runs in here, if nothing holds it back

    former = signal.signal(signal.SIGTERM, interrupted)
    try:
        with pytest.raises(KeyboardInterrupt), effective("published"):
            signal_this_process()
        assert ["published"] == noted
        with pytest.raises(ZeroDivisionError), effective("not done"):
            raise ZeroDivisionError
        assert ["published"] == noted
        assert signal.getsignal(signal.SIGTERM) is interrupted
    finally:
        over.set()
        signal.signal(signal.SIGTERM, former)
