"""Files and folders on a disk that appear whole or not at all.

Read ``replacing_file`` and ``publish_folder``.
"""

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

from pipeline.errors import DEEDS, uninterrupted


def open_file(path: str, *, follow_link: bool = True) -> BinaryIO:
    """Open *path* for reading bytes. Does not block if a pipe has taken the file's place.

    Raises:
        OSError: as ``open`` does; also if *path* is a link and is not to be followed.
    """

    def opener(name: str, flags: int) -> int:
        link = 0 if follow_link else os.O_NOFOLLOW
        return os.open(name, flags | link | os.O_NONBLOCK)  # the latter has no effect on a file

    return open(path, "rb", opener=opener)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading bytes.

    Raises:
        OSError: as ``open`` does; also if it is no file, such as a pipe, which nobody may feed.
    """
    stream = open_file(str(path))
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return stream


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; rename it to *path* if the block succeeds.

    A retry of the same work replaces the file with the same bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp gives access to the owner only; a table follows the umask.
        temporary.chmod(0o666 & ~_umask())
        _sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sync_tree(folder: Path) -> None:
    """Flush *folder* and every folder below it, so that a rename afterwards is durable."""
    for parent, _, _ in os.walk(folder, topdown=False):
        _sync(Path(parent))


@contextmanager
def effective(deed: str) -> Iterator[None]:
    """Note *deed* in ``DEEDS`` with its last system call: no interruption comes between the two."""
    with uninterrupted():
        yield
        DEEDS.append(deed)


def publish_folder(finished: Path, target: Path, deed: str) -> None:
    """Rename *finished* to *target*, durably: readers see the whole folder or nothing.

    Args:
        deed: what that means, for the message.

    Raises:
        OSError: the target exists, or lies on another file system.
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
    """Copy the tree *folder* to *copy*, with hard links where the file system has them.

    The files are shared: replace them in the copy (``replacing_file``), never write into them.
    """
    for parent, _, names in os.walk(folder):
        inside = copy / Path(parent).relative_to(folder)
        inside.mkdir(parents=True)
        for name in names:
            try:
                os.link(Path(parent, name), inside / name)
            except OSError:  # a file system without hard links, or a file with too many
                shutil.copy2(Path(parent, name), inside / name)
                _sync(inside / name)


def exchange_folders(present: Path, fresh: Path, deed: str) -> None:
    """Swap the folders *present* and *fresh*, durably.

    Atomic on Linux and macOS if the file system supports it. Elsewhere it takes three renames,
    and for an instant *present* does not exist; ``finish_exchange`` repairs a kill at that point.

    Args:
        deed: what that means, for the message.

    Raises:
        OSError: they lie on two file systems, or cannot be renamed.
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
    """Complete or roll back a killed swap of three renames. Call it under the lock."""
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
    """Flush the file system that holds *folder*; return False where there is no such call.

    A year of hourly runs has 40,000 folders: flushing them one by one takes minutes.
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
"""Platform → C function, directory descriptor that means "current folder", and flag."""


def _exchange_at_once(one: Path, other: Path) -> bool:
    """Swap two folders with one system call; return False where there is no such call."""
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


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
