"""One run at a time in an output folder."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.errors import LockedOutput, NewsieveError, UsageError
from pipeline.ledger.lock import locked

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from pipeline.ledger.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of tmp_path."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    with process:
        try:
            assert "held\n" == process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_a_second_holder_is_told_who_works(tmp_path, holder):
    """The message names process and host, the exit code is 75, and the first one goes on."""
    for _ in range(2):
        with pytest.raises(LockedOutput) as caught, locked(tmp_path):
            pytest.fail("two runs at once")
        who = f"process {holder.pid} on {socket.gethostname()} since 20"
        assert f"{tmp_path}: another run is in progress: {who}" in str(caught.value)

    assert 75 == caught.value.exit_code
    assert holder.poll() is None


def test_the_lock_dies_with_its_process(tmp_path, holder):
    """A killed run leaves nothing behind that would stop the next one."""
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    with locked(tmp_path):
        assert str(os.getpid()) in (tmp_path / ".staging/owner.json").read_text()


def test_the_lock_is_free_again_afterwards(tmp_path):
    """Also after an exception, which passes; the owner's note is gone."""
    output = tmp_path / "new" / "output"
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), locked(output):
            raise ZeroDivisionError
        assert not (output / ".staging/owner.json").exists()


def test_one_process_cannot_hold_it_twice(tmp_path):
    """Two runs in one process are two runs; the first keeps its note."""
    with locked(tmp_path):
        with pytest.raises(LockedOutput, match=f"process {os.getpid()} on "), locked(tmp_path):
            pytest.fail("two runs at once")
        assert (tmp_path / ".staging/owner.json").exists()


@pytest.mark.parametrize(
    "note",
    [
        None,
        "",
        "{",
        '{"pid": 1}',
        "[]",
    ],
)
def test_a_holder_without_a_readable_note_is_still_respected(tmp_path, note):
    """Between taking the lock and signing it, or with a damaged note, the lock holds."""
    with locked(tmp_path):
        path = tmp_path / ".staging/owner.json"
        path.unlink() if note is None else path.write_text(note)
        with pytest.raises(LockedOutput, match="owner unknown"), locked(tmp_path):
            pytest.fail("two runs at once")


def test_two_outputs_do_not_know_one_another(tmp_path):
    """The lock is of one folder."""
    with locked(tmp_path / "a"), locked(tmp_path / "b"):
        pass


@pytest.mark.parametrize(
    ("number", "error", "told"),
    [
        (errno.ENOSPC, NewsieveError, "cannot be written: No space left on device; nothing was"),
        (errno.EROFS, UsageError, "cannot be written: Read-only file system; name another folder"),
        (errno.ENOLCK, UsageError, "its file system does not support locks: No locks available"),
    ],
)
def test_why_there_is_no_lock(tmp_path, monkeypatch, number, error, told):
    """A full disk is no wrong usage; a file system without locks is named as that."""

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(error, match=told) as caught, locked(tmp_path):
        pytest.fail("no lock, and at work")
    assert type(caught.value) is error


def test_a_full_disk_does_not_stop_a_command_that_may_make_room(tmp_path, monkeypatch):
    """The note beside the lock is information only."""

    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.storage.disk.tempfile.mkstemp", refuse)
        with locked(tmp_path):
            assert not (tmp_path / ".staging/owner.json").exists()


@pytest.mark.parametrize("name", [".staging/owner.json", ".lock", ".staging"])
def test_a_planted_link_is_not_written_through(tmp_path, name):
    """Whoever could write into the folder before newsieve did must not change other files."""
    precious, out = tmp_path / "precious", tmp_path / "out"
    precious.mkdir() if name == ".staging" else precious.write_text("precious")
    (out / name).parent.mkdir(parents=True)
    (out / name).symlink_to(precious)
    with suppress(UsageError), locked(out):
        pass

    assert precious.is_dir() or "precious" == precious.read_text()
    assert not precious.is_dir() or [] == list(precious.iterdir())
