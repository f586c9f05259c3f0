"""Paths on this machine and in object stores, with the same operations. Read ``Place``.

``disk`` has operations of file systems only (rename, exchange), ``objects`` object stores, and
``cache`` local copies of objects for libraries that read files.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from contextlib import AbstractContextManager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from pipeline.errors import UsageError
from pipeline.storage.cache import forget_copy, local_copy, replacing_object
from pipeline.storage.disk import open_file, open_regular, replacing_file
from pipeline.storage.objects import SCHEMES, Stat, StorePath, is_url

Place: TypeAlias = Path | StorePath
"""A file or folder, or an address in an object store; both have the same methods."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


def place_of(path: str) -> Place:
    """Return *path* as a place."""
    return StorePath.parse(path) if is_url(path) else Path(path)


def refuse_url(path: str, what: str) -> None:
    """Refuse urls that are not addresses in an object store.

    Raises:
        UsageError: *path* is one, such as hdfs://host/folder.
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

    Raises:
        UsageError: it is another url, or not UTF-8, which pyarrow and DuckDB cannot open.
    """
    refuse_url(path, "output")
    if any("\udc80" <= char <= "\udcff" for char in path):
        raise UsageError(f"output {path!a}: its name is not UTF-8; name another folder")
    if is_url(path):
        return StorePath.parse(path)
    return Path(path).absolute() if ":" in path or path.startswith("~") else Path(path)


def open_input(path: str, *, follow_link: bool = True) -> BinaryIO:
    """Open *path* for reading bytes. Does not block on a pipe.

    Raises:
        OSError: as ``open``; also if *path* is a link and *follow_link* is false.
    """
    return (
        StorePath.parse(path).open() if is_url(path) else open_file(path, follow_link=follow_link)
    )


def open_own(path: Place) -> BinaryIO:
    """Open a file of the output for reading bytes.

    Raises:
        OSError: as ``open``; also if it is not a regular file, such as a pipe.
    """
    return open_regular(path) if isinstance(path, Path) else path.open()


def opened(path: Place) -> Path | BinaryIO:
    """Return what pyarrow can read *path* from without reading all of it."""
    return path if isinstance(path, Path) else path.open()


def local(path: Place, stat: Stat | None = None) -> Path:
    """Return a file on this machine with the content of *path*; of an object, a copy.

    Args:
        stat: of the object, if it is known.

    Raises:
        OSError: there is no such object.
    """
    return path if isinstance(path, Path) else local_copy(path, stat)


def replacing(path: Place) -> AbstractContextManager[Path]:
    """Provide a temporary file that atomically becomes *path* if the block succeeds."""
    return replacing_file(path) if isinstance(path, Path) else replacing_object(path)


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
