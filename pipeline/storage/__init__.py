"""Paths on this machine and in object stores, with the same operations. Read ``Place``.

``disk`` has operations of file systems only (rename, exchange), ``objects`` object stores.

Libraries that read files get copies of objects on this machine (``local``). A copy is named after
the object's address and version, so it is never stale. All processes of a user share the folder
$NEWSIEVE_CACHE (default: in ~/.cache; %p in it is the process id). When it exceeds
$NEWSIEVE_CACHE_BYTES, the least recently used copies are deleted.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from fnmatch import fnmatchcase
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from pipeline.errors import UsageError
from pipeline.storage.disk import open_file, open_regular, replacing_file, temporary_file
from pipeline.storage.objects import SCHEMES, Stat, StorePath, endpoint_of, is_url

Place: TypeAlias = Path | StorePath
"""A file or folder, or an address in an object store; both have the same methods."""
DEFAULT_BYTES = 20_000_000_000
_PORTION = 1 << 23
IN_USE_S = 10.0
"""Seconds that a copy stays after it was requested, so that the caller can open it."""

_known: dict[StorePath, Path] = {}
"""Address → its copy, as last seen or written by this process."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


def place_of(path: str) -> Place:
    """Return *path* as a place."""
    return StorePath.parse(path) if is_url(path) else Path(path)


def refuse_url(path: str, what: str) -> None:
    """Refuse urls that are not addresses in an object store.

    Raises UsageError if *path* is one, such as hdfs://host/folder.
    """
    scheme = _SCHEME.match(path)
    if scheme and not is_url(path):
        rest = path[scheme.end() :]
        known = ", ".join(f"{each}://" for each in SCHEMES)
        remedy = f"copy or mount it and name the folder, or name one in {known}"
        if scheme[1] == "file":
            remedy = f"write {rest}"
        raise UsageError(f"{what} {path}: a url, not a path on this machine; {remedy}")


def output_place(path: str) -> Place:
    """Return the output folder *path*; absolute if pyarrow would take it for a url or a home.

    Raises UsageError if it is another url, or not UTF-8, which pyarrow and DuckDB cannot open.
    """
    refuse_url(path, "output")
    if any("\udc80" <= char <= "\udcff" for char in path):
        raise UsageError(f"output {path!a}: its name is not UTF-8; name another folder")
    if is_url(path):
        return StorePath.parse(path)
    return Path(path).absolute() if ":" in path or path.startswith("~") else Path(path)


def open_input(path: str, *, follow_link: bool = True) -> BinaryIO:
    """Open *path* for reading bytes. Does not block on a pipe.

    Raises OSError as ``open``; also if *path* is a link and *follow_link* is false.
    """
    return (
        StorePath.parse(path).open() if is_url(path) else open_file(path, follow_link=follow_link)
    )


def open_own(path: Place) -> BinaryIO:
    """Open a file of the output for reading bytes.

    Raises OSError as ``open``; also if it is not a regular file, such as a pipe.
    """
    return open_regular(path) if isinstance(path, Path) else path.open()


def opened(path: Place) -> Path | BinaryIO:
    """Return what pyarrow can read *path* from without reading all of it."""
    return path if isinstance(path, Path) else path.open()


def local(path: Place, stat: Stat | None = None) -> Path:
    """Return a file on this machine with the content of *path*; of an object, a copy.

    Without the *stat* of the object, the store is asked for it, once per process: objects of a run
    never change. Raises OSError if there is no such object, or the store does not reply.
    """
    if isinstance(path, Path):
        return path
    copy = _copy_of(path, stat) if stat else _known.get(path)
    if copy is None or not copy.exists():
        stat = stat or path.stat()
        copy = _copy_of(path, stat)
        if not copy.exists():
            with temporary_file(cache_folder()) as temporary, path.open(stat=stat) as stream:
                with temporary.open("wb") as file:
                    shutil.copyfileobj(stream, file, _PORTION)
                temporary.replace(copy)
            _shrink()
        _known[path] = copy
    with suppress(OSError):
        os.utime(copy)
    return copy


def replacing(path: Place) -> AbstractContextManager[Path]:
    """Provide a temporary file that atomically becomes *path* if the block succeeds."""
    return replacing_file(path) if isinstance(path, Path) else _replacing_object(path)


def write_bytes(path: Place, content: bytes) -> None:
    """Write *content* to *path* atomically."""
    if isinstance(path, Path):
        with replacing_file(path) as temporary:
            temporary.write_bytes(content)
    else:
        path.put(content)


def listed(folder: Place, pattern: str, *, deep: bool = False) -> list[Place]:
    """List the files of *folder* that match, by name; with *deep*, also those below."""
    if isinstance(folder, Path):
        return [*sorted(folder.rglob(pattern) if deep else folder.glob(pattern))]
    if deep:
        return [path for path, _ in folder.files() if fnmatchcase(path.name, pattern)]
    return [*folder.glob(pattern)]


def name_below(path: Place, folder: Place) -> str:
    """Return the path of *path* relative to *folder*, with slashes."""
    return cast("Path", path).relative_to(cast("Path", folder)).as_posix()


def remove_tree(folder: Place) -> None:
    """Delete *folder* and its content; of objects, also their copies on this machine."""
    if isinstance(folder, Path):
        shutil.rmtree(folder)
    else:
        remove_objects(folder.files())


def remove_objects(found: Iterable[tuple[StorePath, Stat]]) -> None:
    """Delete objects of one store, with their copies on this machine."""
    gone = list(found)
    for path, stat in gone:
        forget_copy(path, stat)
    for path, _ in gone[:1]:
        path.remove([each for each, _ in gone])


def forget_copy(path: StorePath, stat: Stat) -> None:
    """Delete the copy of an object that was deleted."""
    _known.pop(path, None)
    _copy_of(path, stat).unlink(missing_ok=True)


@contextmanager
def _replacing_object(path: StorePath) -> Iterator[Path]:
    """Yield a temporary file that becomes *path*, and its copy, if the block succeeds."""
    with temporary_file(cache_folder()) as temporary:
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
