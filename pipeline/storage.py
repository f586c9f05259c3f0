"""Files that appear whole or not at all.

The one place that knows where files live: a disk today; object stores come in here.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator


def open_input(path: str) -> BinaryIO:
    """Open *path* for reading bytes.

    Raises:
        OSError: as ``open`` does.
    """
    return Path(path).open("rb")


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
