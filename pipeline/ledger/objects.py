"""Inputs in an object store. Read ``find_objects``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import has_magic

from pipeline.errors import UsageError
from pipeline.read import SIDECAR
from pipeline.storage import StorePath, check_store
from pipeline.storage.objects import Stat


@dataclass(frozen=True, slots=True)
class Found:
    """Objects that an input names.

    Attributes:
        root: of the input: sources are relative to it.
        objects: those that it means.
        known: Unix time of the last change, and version, of all objects there.
        named: whether the input names one object.
    """

    root: StorePath
    objects: list[StorePath]
    known: dict[StorePath, tuple[float, str]]
    named: bool = False


def find_objects(url: str) -> Found:
    """Find the objects that *url* names: one, all below it, or all that match it as a glob.

    What has a part that begins with a dot is work in progress, unless the url names that part.

    Raises:
        UsageError: there is none, or the store does not answer.
    """
    named = StorePath.parse(url)
    check_store(named)
    if named.key and named.exists():
        sidecar = named.with_name(named.name + SIDECAR)
        both = [path for path in (named, sidecar) if path.exists()]
        return Found(
            named.parent, [named], {path: _facts(path.stat()) for path in both}, named=True
        )
    pattern = named.key.split("/") if has_magic(named.key) else None
    root = named if pattern is None else _fixed_part(named, pattern)
    wanted = ["**"] if pattern is None else pattern[len(root.key.split("/")) if root.key else 0 :]
    known = {path: _facts(stat) for path, stat in root.files() if not path.key.endswith("/")}
    found = [path for path in known if _matches(path.relative_to(root).parts, wanted)]
    if not found and pattern is None:
        raise UsageError(
            f"input {url}: no such object, and none below it; name a folder, an object, or a glob "
            "in quotes such as 's3://bucket/raw/*.txt'"
        )
    return Found(root, found, known)


def is_object_input(path: str, source: str, patterns: Sequence[str]) -> bool:
    """Whether ``find_objects`` could have found *path*, under the name *source*."""
    found = StorePath.parse(path)
    for pattern in patterns:
        named = StorePath.parse(pattern)
        root = named.parent if found == named else named
        if has_magic(named.key) and found != named:
            root = _fixed_part(named, named.key.split("/"))
        if found.is_relative_to(root) and str(found.relative_to(root)) == source:
            return True
    return False


def _fixed_part(named: StorePath, pattern: Sequence[str]) -> StorePath:
    fixed = next((n for n, part in enumerate(pattern) if has_magic(part)), len(pattern) - 1)
    return StorePath(named.scheme, named.bucket, "/".join(pattern[:fixed]))


def _facts(stat: Stat) -> tuple[float, str]:
    return stat.st_mtime, stat.version


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether *parts* of a name match those of a glob.

    >>> _matches(["a", "b", "c.txt"], ["**", "*.txt"]), _matches(["a", ".b", "c.txt"], ["**"])
    (True, False)
    """
    if not pattern:
        return not parts
    if pattern[0] == "**":
        tails = range(len(parts) + 1)
        visible = (n for n in tails if not any(part.startswith(".") for part in parts[:n]))
        return any(_matches(parts[n:], pattern[1:]) for n in visible)
    if not parts or (parts[0].startswith(".") and not pattern[0].startswith(".")):
        return False
    return fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])
