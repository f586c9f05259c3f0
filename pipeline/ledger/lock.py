"""One command at a time in an output folder. Read ``locked`` first."""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from pipeline.errors import LockedOutput, NewsieveError, UsageError
from pipeline.storage import Place, open_own, write_bytes
from pipeline.storage.disk import finish_exchange
from pipeline.storage.objects import check_conditional_put, check_store

_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP}
"""Errors of file systems without locks, such as some network file systems."""
_TEMPORARY = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE}
"""Errors of the disk or the system, where another folder would not help."""


@contextmanager
def locked(output: Place) -> Iterator[None]:
    """Hold the lock of *output*; the system releases it when the process exits.

    An object store has no locks; there, this only checks that commits are possible: a commit
    decides which of two commands wins (``log.commit``). Raises LockedOutput if another process
    holds it (the message says which), UsageError if the folder cannot be written to.
    """
    if not isinstance(output, Path):
        check_store(output)
        check_conditional_put(output / f".probe-{uuid4().hex}")
        yield
        return
    # Not in the lock file itself: trying to take the lock truncates it.
    owner = output / ".staging" / "owner.json"
    lock = FileLock(output / ".lock", timeout=0)
    try:
        if owner.parent.is_symlink():  # do not delete what may belong to others
            raise UsageError(f"{owner.parent}: is a link; put a folder in its place")
        owner.parent.mkdir(parents=True, exist_ok=True)
        _check_file_systems(output)
        lock.acquire()
    except Timeout:
        raise LockedOutput(f"{output}: another run is in progress: {_describe(owner)}") from None
    except (OSError, NotImplementedError) as error:
        raise _refused(output, error) from None
    try:
        with suppress(OSError):  # only information; a full disk must not stop `undo`
            for left in owner.parent.glob(f".{owner.name}.*"):  # left by a killed process
                left.unlink(missing_ok=True)
            now = datetime.now(timezone.utc).isoformat(timespec="seconds")
            facts = {"pid": os.getpid(), "host": socket.gethostname(), "since": now}
            write_bytes(owner, json.dumps(facts).encode())
        try:
            finish_exchange(output / "runs")
        except OSError as error:
            raise _refused(output, error) from None
        yield
    finally:
        with suppress(OSError):
            owner.unlink(missing_ok=True)
        lock.release()


def check_writable(output: Path) -> None:
    """Check that ``locked`` could create its files in *output*, without writing anything.

    Raises UsageError if it could not.
    """
    place = output / ".staging"
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir():
        raise _refused(output, NotADirectoryError(errno.ENOTDIR, ""))
    if not os.access(place, os.W_OK | os.X_OK):
        read_only = os.statvfs(place).f_flag & os.ST_RDONLY
        raise _refused(output, OSError(errno.EROFS if read_only else errno.EACCES, ""))


def _check_file_systems(output: Path) -> None:
    """Check that runs can be renamed to the folders for published and held runs."""
    device = (output / ".staging").stat().st_dev
    for name in ("runs", ".held"):
        folder = output / name
        if folder.exists() and folder.stat().st_dev != device:
            raise UsageError(
                f"{folder}: on another file system than {output / '.staging'}; a run is published "
                "by a rename, which needs one file system"
            )


def _refused(output: Path, error: OSError | NotImplementedError) -> NewsieveError:
    """Return the error for a lock that cannot be taken: folder, file system or disk."""
    number = error.errno if isinstance(error, OSError) else errno.ENOSYS
    if number in _NO_LOCKS:
        return UsageError(
            f"output {output}: its file system does not support locks: {os.strerror(number)}; "
            "name a folder on a local disk, or on a file system with flock"
        )
    why = os.strerror(number) if number else str(error)
    if number in _TEMPORARY:
        return NewsieveError(f"output {output}: cannot be written: {why}; nothing was started")
    return UsageError(f"output {output}: cannot be written: {why}; name another folder")


def _describe(owner: Path) -> str:
    try:
        with open_own(owner) as stream:
            facts = json.load(stream)
        return f"process {facts['pid']} on {facts['host']} since {facts['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "owner unknown"
