"""Files that appear whole or not at all.

The one place that knows where files live: a disk today; object stores come in here.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator


def open_input(path: str) -> BinaryIO:
    """Open *path* for reading bytes; a pipe that has taken a file's place is not waited for.

    Raises:
        OSError: as ``open`` does.
    """

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NONBLOCK)  # says nothing to a file

    return open(path, "rb", opener=opener)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name beside *path*; it becomes *path* when the block ends well.

    A retry of the same work simply replaces the file: the bytes are the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files for their owner only; a table is for whoever the umask allows.
        temporary.chmod(0o666 & ~_umask())
        _sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write *content* to *path*, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def sync_tree(folder: Path) -> None:
    """Flush every folder below *folder*, and itself, so that a rename after it is durable."""
    for parent, _, _ in os.walk(folder, topdown=False):
        _sync(Path(parent))


def publish_folder(finished: Path, target: Path) -> None:
    """Rename *finished* to *target*, durably: readers see all of it or nothing.

    Raises:
        OSError: the target exists, or lies on another file system.
    """
    sync_tree(finished)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():  # rename would replace an empty folder
        raise FileExistsError(f"{target}: exists already")
    finished.rename(target)
    _sync(target.parent)
    _sync(finished.parent)


def link_tree(folder: Path, copy: Path) -> None:
    """Make *copy* a folder of the same files as *folder*, by hard links where they are possible.

    Files are shared: replace them in the copy (``replacing``), never write into them.
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


def exchange_folders(present: Path, fresh: Path) -> None:
    """Let *fresh* take the place of *present*, and the other way round, durably.

    On Linux and macOS, where the file system can, both change places at one moment. Elsewhere it
    takes three renames, and for an instant nothing is there; killed just then,
    ``finish_exchange`` puts the fresh one in its place.

    Raises:
        OSError: they lie on two file systems, or cannot be renamed.
    """
    if not _sync_at_once(fresh):
        sync_tree(fresh)
    if not _exchange_at_once(present, fresh):
        waiting = _waiting(present)
        fresh.rename(waiting)
        _sync(waiting.parent)
        present.rename(fresh)
        waiting.rename(present)
    _sync(present.parent)
    _sync(fresh.parent)


def finish_exchange(present: Path) -> None:
    """Finish, or take back, an exchange in renames that was killed. Only under the lock."""
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
    """Flush the file system that *folder* is on; False where there is no such call.

    A year of hourly runs has forty thousand folders: flushing one after the other takes minutes.
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
"""Platform → the function of its C library, the folder names are relative to, and the flag."""


def _exchange_at_once(one: Path, other: Path) -> bool:
    """Exchange two folders by one call of the system; False where there is no such call."""
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
