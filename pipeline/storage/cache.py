"""Copies of objects on this machine, for libraries that read files. Read ``local``.

A copy is named after the object's address and version, so it is never stale. All processes of a
user share the folder $NEWSIEVE_CACHE (default: in ~/.cache; %p in it is the process id). When it
exceeds $NEWSIEVE_CACHE_BYTES, the least recently used copies are deleted.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.storage.objects import Stat, StorePath, endpoint_of

DEFAULT_BYTES = 20_000_000_000
_PORTION = 1 << 23
IN_USE_S = 10.0
"""Seconds that a copy stays after it was requested, so that the caller can open it."""

_known: dict[StorePath, Path] = {}
"""Address → its copy, as last seen or written by this process."""


def local_copy(path: StorePath, stat: Stat | None = None) -> Path:
    """Return a file with the content of *path*; fetch it if necessary.

    Without a *stat*, the store is asked for it, once per process: objects of a run never change.

    Raises:
        OSError: there is no such object, or the store does not reply.
    """
    copy = _copy_of(path, stat) if stat else _known.get(path)
    if copy is None or not copy.exists():
        stat = stat or path.stat()
        copy = _copy_of(path, stat)
        if not copy.exists():
            with _temporary() as temporary, path.open(stat=stat) as stream:
                with temporary.open("wb") as file:
                    shutil.copyfileobj(stream, file, _PORTION)
                temporary.replace(copy)
            _shrink()
        _known[path] = copy
    with suppress(OSError):
        os.utime(copy)
    return copy


def forget_copy(path: StorePath, stat: Stat) -> None:
    """Delete the copy of an object that was deleted."""
    _known.pop(path, None)
    _copy_of(path, stat).unlink(missing_ok=True)


@contextmanager
def replacing_object(path: StorePath) -> Iterator[Path]:
    """Yield a temporary file that becomes *path*, and its copy, if the block succeeds."""
    with _temporary() as temporary:
        yield temporary
        copy = _copy_of(path, path.put(temporary))
        temporary.replace(copy)
        _known[path] = copy
    _shrink()


def cache_folder() -> Path:
    """Return the folder of the copies, which only its user can enter."""
    named = os.environ.get("NEWSIEVE_CACHE", "").replace("%p", str(os.getpid()))
    general = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    folder = Path(named or Path(general, "newsieve"))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return _own_folder()
    return folder


@cache
def _own_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="newsieve-cache-"))


def _copy_of(path: StorePath, stat: Stat) -> Path:
    address = f"{endpoint_of(path.scheme) or ''} {path} {stat.version}"
    name = blake2b(address.encode(), digest_size=16).hexdigest()
    return cache_folder() / name


@contextmanager
def _temporary() -> Iterator[Path]:
    handle, name = tempfile.mkstemp(dir=cache_folder())
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _shrink() -> None:
    """Delete the least recently used copies until the rest is within the limit."""
    setting = os.environ.get("NEWSIEVE_CACHE_BYTES") or str(DEFAULT_BYTES)
    if not setting.isdecimal():
        raise UsageError(f"NEWSIEVE_CACHE_BYTES={setting}: expected a number of bytes")
    limit = int(setting)
    found = []
    for entry in os.scandir(cache_folder()):
        with suppress(OSError):  # another process may delete it, too
            if entry.is_file():
                stat = entry.stat()
                found.append((stat.st_mtime, stat.st_size, entry.path))
    total = sum(size for _, size, _ in found)
    for used, size, path in sorted(found):
        if total <= limit or used > time.time() - IN_USE_S:
            return
        Path(path).unlink(missing_ok=True)
        total -= size
