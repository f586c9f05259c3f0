"""Which files a run is pointed at."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from glob import glob, has_magic
from pathlib import Path, PurePath

from pipeline.errors import UsageError
from pipeline.read import FORMATS, format_of


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read.

    Attributes:
        path: where to open it.
        source: its path from the root of its input, with forward slashes: the name it
            has in the tables, wherever the folder lies.
        suffix: its key in ``read.FORMATS``.
    """

    path: str
    source: str
    suffix: str


@dataclass
class Inputs:
    """What the inputs hold.

    Attributes:
        files: supported files, in the order of their sources.
        unreadable: folders that cannot be listed, as (path, source).
        too_young: files changed less than ``input.min_age_s`` ago: next run.
        ignored: number of files of other kinds, by suffix.
        unfollowed: links to folders, and pipes, sockets and devices called like files.
    """

    files: list[InputFile] = field(default_factory=list)
    unreadable: list[InputFile] = field(default_factory=list)
    too_young: list[str] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    unfollowed: list[str] = field(default_factory=list)

    def remarks(self) -> list[str]:
        """Say what was left out, and why; nothing when all files are to be read."""
        lines = []
        if self.too_young:
            lines.append(
                f"not yet: {len(self.too_young)} files changed less than input.min_age_s ago, "
                f"such as {min(self.too_young)}"
            )
        if self.ignored:
            kinds = ", ".join(f"{kind} {n}" for kind, n in self.ignored.most_common(5))
            lines.append(f"left out: {self.ignored.total()} files of other kinds ({kinds})")
        if self.unfollowed:
            count, first = len(self.unfollowed), min(self.unfollowed)
            lines.append(f"left out: {count} links to folders, pipes or devices, such as {first}")
        return lines


def find_inputs(
    patterns: tuple[str, ...], min_age_s: float = 0, output: Path | None = None
) -> Inputs:
    """Find the files that *patterns* name: folders, files or globs.

    Args:
        output: the folder that is written: what lies in it is no input.

    Raises:
        UsageError: a folder or file does not exist, is of a kind that cannot be read, or lies
            in the output.
    """
    inputs, look = Inputs(), _Look(time.time(), min_age_s, output and output.resolve())
    for pattern in patterns:
        if has_magic(pattern) and not os.path.lexists(pattern):
            root = _fixed_part(pattern)
            for match in sorted(glob(pattern, recursive=True)):  # noqa: PTH207 - may be absolute
                if not look.is_written(match):
                    _add(Path(match), root, inputs, look)
        elif not os.path.lexists(pattern):
            raise UsageError(
                f"input {pattern}: no such file or folder; "
                "name a folder, a file, or a glob in quotes such as 'raw/*.txt'"
            )
        elif look.is_written(pattern):
            raise UsageError(
                f"input {pattern}: lies in the output folder {output}; name another, for what "
                "newsieve wrote would be read as news"
            )
        elif os.path.isdir(pattern):  # noqa: PTH112 - a glob may not be a valid Path
            _add_folder(Path(pattern), Path(pattern), inputs, look)
        else:
            _add_named(Path(pattern), inputs, look)
    inputs.files = _distinct(inputs.files)
    return inputs


@dataclass(frozen=True, slots=True)
class _Look:
    """When is looked, and what is left out.

    Attributes:
        now: seconds since 1970.
        min_age_s: ``input.min_age_s``.
        output: the folder that is written, without links; None where nothing is.
    """

    now: float
    min_age_s: float
    output: Path | None

    def is_written(self, path: str) -> bool:
        """Say whether *path* is the output, or lies in it."""
        if self.output is None:
            return False
        return Path(os.path.realpath(path)).is_relative_to(self.output)

    def is_too_young(self, path: Path) -> bool:
        """Say whether *path* may still be written to.

        A file that is far ahead of the clock is not young: it would never be read.
        """
        if not self.min_age_s:
            return False
        try:
            age = self.now - path.stat().st_mtime
        except OSError:
            return False  # reading it will say what is wrong with it
        return abs(age) < self.min_age_s


def _distinct(files: list[InputFile]) -> list[InputFile]:
    """Leave each file once, however many inputs name it, under its longest source.

    Which input is named first, and how, must not matter: the source goes into the ids. A
    link is a file of its own.
    """
    longest: dict[str, InputFile] = {}
    for file in sorted(files, key=lambda file: (-len(file.source), file.source, file.path)):
        folder, name = os.path.split(file.path)
        longest.setdefault(os.path.join(os.path.realpath(folder), name), file)  # noqa: PTH118
    return sorted(longest.values(), key=lambda file: (file.source, file.path))


def _fixed_part(pattern: str) -> Path:
    """Give the folder before the first wildcard: the root of a glob."""
    parts: list[str] = []
    for part in PurePath(pattern).parts[:-1]:
        if has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def _add_named(path: Path, inputs: Inputs, look: _Look) -> None:
    if format_of(path.name) is None:
        raise UsageError(
            f"input {path}: not a kind of file that can be read; known: {', '.join(FORMATS)}"
        )
    _add(path, path.parent, inputs, look)


def _add_folder(folder: Path, root: Path, inputs: Inputs, look: _Look) -> None:
    def unreadable(error: OSError) -> None:
        path = Path(error.filename)
        inputs.unreadable.append(InputFile(str(path), _source(path, root), ""))

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        # Hidden files and folders are somebody's work in progress (.cache, .part, .git).
        # os.path, not Path: a name that is too long for the system is no link, and no error yet.
        below = [os.path.join(parent, name) for name in folders if not name.startswith(".")]  # noqa: PTH118
        # A link may lead back, or out of here: its target can be named as an input of its own.
        inputs.unfollowed += [path for path in below if os.path.islink(path)]  # noqa: PTH114
        folders[:] = sorted(os.path.basename(path) for path in below if not look.is_written(path))  # noqa: PTH119
        for name in sorted(names):
            if not name.startswith("."):
                _add(Path(parent, name), root, inputs, look)


def _add(path: Path, root: Path, inputs: Inputs, look: _Look) -> None:
    if path.exists() and not path.is_file():
        # A folder of a glob, or what a reader would wait at; a broken link is told about.
        inputs.unfollowed += [] if path.is_dir() else [str(path)]
        return
    suffix = format_of(path.name)
    if suffix is None:
        inputs.ignored[path.suffix.lower() or path.name] += 1
        return
    if look.is_too_young(path):
        inputs.too_young.append(str(path))
        return
    inputs.files.append(InputFile(str(path), _source(path, root), suffix))


def _source(path: Path, root: Path) -> str:
    name = path.relative_to(root).as_posix()
    # A name that is no UTF-8 arrives with lone surrogates, which no table can hold.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
