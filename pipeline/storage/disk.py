"""Atomic writes and renames on a disk. Read ``replacing_file`` and ``publish_folder``."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import DONE, uninterrupted


def open_file(path: str, *, follow_link: bool = True) -> BinaryIO:
    """Open a file for ``storage.open_input``."""

    def opener(name: str, flags: int) -> int:
        link = 0 if follow_link else os.O_NOFOLLOW
        return os.open(name, flags | link | os.O_NONBLOCK)  # the latter has no effect on a file

    return open(path, "rb", opener=opener)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for ``storage.open_own``."""
    stream = open_file(str(path))
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return stream


@contextmanager
def temporary_file(folder: Path, prefix: str = "tmp") -> Iterator[Path]:
    """Yield the path of a new file that only its owner can read; delete it at the end."""
    handle, name = tempfile.mkstemp(prefix=prefix, dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; rename it to *path* if the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(path.parent, f".{path.name}.") as temporary:
        yield temporary
        temporary.chmod(0o666 & ~umask())  # tables follow the umask
        _sync(temporary)
        temporary.replace(path)


def sync_tree(folder: Path) -> None:
    """Flush *folder* and every folder below it, so that a rename afterwards is durable."""
    for parent, _, _ in os.walk(folder, topdown=False):
        _sync(Path(parent))


@contextmanager
def effective(deed: str) -> Iterator[None]:
    """Add *deed* to ``DONE`` if the block succeeds; interruptions wait until both are done."""
    with uninterrupted():
        yield
        DONE.append(deed)


def publish_folder(finished: Path, target: Path, deed: str) -> None:
    """Rename *finished* to *target*, durably: readers see the whole folder or nothing.

    *deed* says what the rename does, for messages. Raises OSError if the target exists, or is
    on another file system.
    """
    sync_tree(finished)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():  # rename would replace an empty folder
        raise FileExistsError(f"{target}: exists already")
    with effective(deed):
        finished.rename(target)
    _sync(target.parent)
    _sync(finished.parent)


def link_tree(folder: Path, copy: Path) -> None:
    """Copy the tree *folder* to *copy*, with hard links if possible.

    Files may be shared: replace them in the copy (``replacing_file``), never modify them.
    """
    for parent, _, names in os.walk(folder):
        inside = copy / Path(parent).relative_to(folder)
        inside.mkdir(parents=True)
        for name in names:
            try:
                os.link(Path(parent, name), inside / name)
            except OSError:  # the file system has no hard links, or the file too many
                shutil.copy2(Path(parent, name), inside / name)
                _sync(inside / name)


def exchange_folders(present: Path, fresh: Path, deed: str) -> None:
    """Swap the folders *present* and *fresh*, durably.

    Atomic on Linux and macOS if the file system supports it. Otherwise it takes three renames,
    and for an instant *present* does not exist; ``finish_exchange`` repairs a kill at that
    point. *deed* says what the swap does, for messages. Raises OSError if they are on two file
    systems, or cannot be renamed.
    """
    if not _sync_at_once(fresh):
        sync_tree(fresh)
    with effective(deed):
        if not _exchange_at_once(present, fresh):
            waiting = _waiting(present)
            fresh.rename(waiting)
            _sync(waiting.parent)
            present.rename(fresh)
            waiting.rename(present)
    _sync(present.parent)
    _sync(fresh.parent)


def finish_exchange(present: Path) -> None:
    """Complete or roll back a killed ``exchange_folders``. Call it under the lock."""
    waiting = _waiting(present)
    if not waiting.is_dir():
        return
    if present.exists():
        shutil.rmtree(waiting)
    else:
        waiting.rename(present)
        _sync(present.parent)


def _waiting(present: Path) -> Path:
    return present.with_name(f"{present.name}.new")


def _sync_at_once(folder: Path) -> bool:
    """Flush the file system of *folder*; return False if there is no such system call.

    A year of hourly runs has 40,000 folders; flushing them one by one takes minutes.
    """
    call = getattr(ctypes.CDLL(None), "syncfs", None)
    if call is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        return bool(call(descriptor) == 0)
    finally:
        os.close(descriptor)


_EXCHANGE = {
    "linux": ("renameat2", (-100,), 2),  # AT_FDCWD, RENAME_EXCHANGE: <linux/fs.h>
    "darwin": ("renameatx_np", (-2,), 2),  # AT_FDCWD, RENAME_SWAP: <sys/stdio.h>
}
"""Platform → C function, file descriptor that means "current folder", and flag."""


def _exchange_at_once(one: Path, other: Path) -> bool:
    """Swap two folders with one system call; return False if there is none."""
    name, here, flag = _EXCHANGE.get(sys.platform, ("", (), 0))
    call = getattr(ctypes.CDLL(None), name, None) if name else None
    if call is None:
        return False
    names = [os.fsencode(path.absolute()) for path in (one, other)]
    return bool(call(*here, names[0], *here, names[1], ctypes.c_uint(flag)) == 0)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def umask() -> int:
    """Return the umask of this process."""
    current = os.umask(0)
    os.umask(current)
    return current
