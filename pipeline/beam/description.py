"""The code and packages of a worker: if they are the same, it computes the same tables.

Read ``describe`` and ``differences``.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from functools import cache
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[1]
_GENERATED = {"__pycache__", ".mypy_cache"}


def describe() -> dict[str, Any]:
    """Describe this interpreter.

    Returns:
        ``newsieve``, ``python`` (major and minor), ``code`` (a digest of our modules and models)
        and ``packages`` (name → version, None if not installed), which determine the tables;
        ``host``, ``pid``, ``user`` and ``executable`` of the process.
    """
    return {
        "newsieve": VERSION,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "code": _code(),
        "packages": {name: _version(name) for name in _requirements()},
        "host": platform.node(),
        "pid": os.getpid(),
        "user": os.getuid(),
        "executable": sys.executable,
    }


def differences(here: dict[str, Any], there: dict[str, Any]) -> list[str]:
    """List differences from another interpreter that could change the tables.

    >>> here = {"newsieve": "1", "python": "3.11", "code": "a", "packages": {"numpy": "2.1"}}
    >>> differences(here, here | {"packages": {"numpy": None}, "code": "b"})
    ['numpy is not installed there (here 2.1)', 'the code of newsieve 1 differs']
    >>> differences(here, here | {"newsieve": "2", "code": "b"})
    ['newsieve 2 there, 1 here']
    """
    found = [
        f"{name} {there.get(key)} there, {here[key]} here"
        for key, name in (("newsieve", "newsieve"), ("python", "Python"))
        if there.get(key) != here[key]
    ]
    packages = there.get("packages") or {}
    for name, version in here["packages"].items():
        other = packages.get(name)
        if other is None:
            found.append(f"{name} is not installed there (here {version})")
        elif other != version:
            found.append(f"{name} {other} there, {version} here")
    if there.get("newsieve") == here["newsieve"] and there.get("code") != here["code"]:
        found.append(f"the code of newsieve {here['newsieve']} differs")
    return found


def _requirements() -> Iterator[str]:
    """Yield the packages that newsieve requires, without its extras."""
    try:
        declared = metadata.requires("newsieve") or []
    except metadata.PackageNotFoundError:  # newsieve is not installed, but run from a checkout
        declared = ["apache-beam"]
    for each in sorted(declared):
        if "extra ==" not in each and (name := re.match(r"[\w.-]+", each)):
            yield name[0]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@cache
def _code() -> str:
    digest = blake2b(digest_size=16)
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and not _GENERATED & set(path.parts) and path.suffix != ".pyc":
            digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()
