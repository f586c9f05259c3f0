"""The input files of a run. Read ``find_inputs`` first."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from glob import glob, has_magic
from pathlib import Path, PurePath
from typing import Literal, TypeAlias

from pipeline.errors import UsageError
from pipeline.read.formats import FORMATS, PAGE, format_of, looks_like_page, may_be_page
from pipeline.read.single import SIDECAR
from pipeline.storage import Place, open_input, refuse_url
from pipeline.storage.objects import Stat, StorePath, check_store, is_url

FollowLinks: TypeAlias = Literal["inside", "anywhere"]
_HEAD_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read.

    Attributes:
        path: where to open it.
        source: its path relative to the root of its input, with forward slashes, as in the tables.
        suffix: its key in ``read.FORMATS``.
        version: of an object, its size and ETag, and those of its sidecar.
    """

    path: str
    source: str
    suffix: str
    version: str | None = None


@dataclass
class Inputs:
    """The files found in the inputs, and what was left out.

    Attributes:
        files: supported files, in the order of their sources.
        unreadable: folders that cannot be listed, as (path, source).
        too_young: files changed less than ``input.min_age_s`` ago, left for the next run.
        ignored: number of unsupported files, by suffix.
        unfollowed: links to folders; pipes, sockets and devices with a supported suffix.
        outside: links to files outside of the input.
    """

    files: list[InputFile] = field(default_factory=list)
    unreadable: list[InputFile] = field(default_factory=list)
    too_young: list[str] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    unfollowed: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def remarks(self) -> list[str]:
        """Return a line of text for each kind of file or folder that was left out."""
        lines = []
        if self.too_young:
            lines.append(
                f"skipped for now: {len(self.too_young)} files modified within input.min_age_s, "
                f"such as {min(self.too_young)}"
            )
        if self.ignored:
            kinds = ", ".join(f"{kind} {n}" for kind, n in self.ignored.most_common(5))
            count = self.ignored.total()
            lines.append(f"skipped: {count} files with an unsupported extension ({kinds})")
        if self.unfollowed:
            count, first = len(self.unfollowed), min(self.unfollowed)
            lines.append(f"skipped: {count} links to folders, pipes or devices, such as {first}")
        if self.outside:
            lines.append(
                f"skipped: {len(self.outside)} links that lead out of the input, such as "
                f"{min(self.outside)}; input.follow_links = anywhere reads them"
            )
        if self.unreadable:
            first = min(folder.path for folder in self.unreadable)
            lines.append(f"not readable: {len(self.unreadable)} folders, such as {first}")
        return lines


def find_inputs(
    patterns: tuple[str, ...],
    min_age_s: float = 0,
    output: Place | None = None,
    follow_links: FollowLinks = "inside",
) -> Inputs:
    """Find the files that *patterns* (folders, files or globs) name.

    Args:
        output: the output folder, whose files are not inputs.
        follow_links: ``input.follow_links``; a link that is itself named as an input is followed.

    Raises:
        UsageError: a folder or file does not exist, cannot be listed, has an unknown suffix, is
            in the output, or is on no known kind of storage.
    """
    written = Path(os.path.realpath(output)) if isinstance(output, Path) else output
    inputs, look = Inputs(), _Look(time.time(), min_age_s, written, follow_links)
    for pattern in patterns:
        refuse_url(pattern, "input")
        if is_url(pattern):
            _add_objects(pattern, inputs, look)
        elif has_magic(pattern) and not os.path.lexists(pattern):
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
                f"input {pattern}: is in the output folder {output}: newsieve would read its "
                "own output; name another folder"
            )
        elif os.path.isdir(pattern):  # noqa: PTH112 - a glob may not be a valid Path
            _check_listing(pattern)
            _add_folder(Path(pattern), Path(pattern), inputs, look)
        else:
            _add_named(Path(pattern), inputs, look)
    inputs.files = _distinct(inputs.files)
    return inputs


def is_input(
    path: str, source: str, suffix: str, patterns: tuple[str, ...], follow_links: FollowLinks
) -> bool:
    """Whether ``find_inputs`` could have found this file, or unreadable folder (no suffix)."""
    look = _Look(0, 0, None, follow_links)
    if ".." in PurePath(source).parts or (suffix and suffix not in FORMATS):
        return False
    if is_url(path):
        return is_object_input(path, source, [each for each in patterns if is_url(each)])
    for pattern in patterns:
        if has_magic(pattern) and not os.path.lexists(pattern):
            root = _fixed_part(pattern)
        elif path == str(Path(pattern)):
            return source == _source(Path(path), Path(path).parent)
        else:
            root = Path(pattern)
        below = Path(path).is_relative_to(root)
        if below and _source(Path(path), root) == source and not look.leads_out(Path(path), root):
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Look:
    """The criteria by which files are left out.

    Attributes:
        now: seconds since 1970.
        min_age_s: ``input.min_age_s``.
        output: the output folder, links resolved; None if nothing is written.
        follow_links: ``input.follow_links``.
    """

    now: float
    min_age_s: float
    output: Place | None
    follow_links: FollowLinks

    def leads_out(self, path: Path, root: Path) -> bool:
        """Whether *path* is outside of *root*, links resolved."""
        if self.follow_links == "anywhere":
            return False
        return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))

    def is_written(self, path: str) -> bool:
        if not isinstance(self.output, Path):
            return False
        return Path(os.path.realpath(path)).is_relative_to(self.output)

    def is_too_young(self, path: Path) -> bool:
        """Whether *path* may still be written to; a time far in the future does not count."""
        if not self.min_age_s:
            return False
        try:
            return self.is_recent(path.stat().st_mtime)
        except OSError:
            return False  # the reader reports what is wrong with it

    def is_recent(self, changed: float) -> bool:
        return abs(self.now - changed) < self.min_age_s


def _distinct(files: list[InputFile]) -> list[InputFile]:
    """Return each file once, under its longest source.

    The source is part of ids, so it must not depend on the order and spelling of inputs. A link
    counts as a file of its own.
    """
    longest: dict[str, InputFile] = {}
    for file in sorted(files, key=lambda file: (-len(file.source), file.source, file.path)):
        if is_url(file.path):
            longest.setdefault(file.path, file)
            continue
        folder, name = os.path.split(file.path)
        longest.setdefault(os.path.join(os.path.realpath(folder), name), file)  # noqa: PTH118
    return sorted(longest.values(), key=lambda file: (file.source, file.path))


def _fixed_part(pattern: str) -> Path:
    """Return the folder before the first wildcard: the root of a glob."""
    parts: list[str] = []
    for part in PurePath(pattern).parts[:-1]:
        if has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def _add_named(path: Path, inputs: Inputs, look: _Look) -> None:
    if _format_of(path) is None:
        raise UsageError(f"input {path}: unsupported extension; supported: {', '.join(FORMATS)}")
    _add(path, path.parent, inputs, replace(look, follow_links="anywhere"))


def _check_listing(folder: str) -> None:
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise UsageError(f"input {folder}: cannot be listed: {error.strerror}") from None


def _add_folder(folder: Path, root: Path, inputs: Inputs, look: _Look) -> None:
    def unreadable(error: OSError) -> None:
        path = Path(error.filename)
        inputs.unreadable.append(InputFile(str(path), _source(path, root), ""))

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        # Hidden files and folders are caches or incomplete (.cache, .part, .git).
        # os.path, not Path: for a name that is too long, islink returns False and Path raises.
        below = [os.path.join(parent, name) for name in folders if not name.startswith(".")]  # noqa: PTH118
        # A linked folder may lead back into or out of the input; it can be named as an input.
        inputs.unfollowed += [path for path in below if os.path.islink(path)]  # noqa: PTH114
        folders[:] = sorted(os.path.basename(path) for path in below if not look.is_written(path))  # noqa: PTH119
        for name in sorted(names):
            if not name.startswith("."):
                _add(Path(parent, name), root, inputs, look)


def _add_objects(url: str, inputs: Inputs, look: _Look) -> None:
    found = find_objects(url)
    written = look.output if isinstance(look.output, StorePath) else None
    if written and found.root.is_relative_to(written):
        raise UsageError(
            f"input {url}: is in the output {written}: newsieve would read its own output; "
            "name another place"
        )
    for path in found.objects:
        suffix = _format_of_object(path, found)
        if written and path.is_relative_to(written):
            continue
        if suffix is None and found.named:
            supported = ", ".join(FORMATS)
            raise UsageError(f"input {url}: unsupported extension; supported: {supported}")
        if suffix is None:
            inputs.ignored[PurePath(path.name).suffix.lower() or path.name] += 1
            continue
        described = FORMATS[suffix].single and found.known.get(path.with_name(path.name + SIDECAR))
        facts = [each for each in (found.known[path], described) if each]
        if any(look.is_recent(changed) for changed, _ in facts):
            inputs.too_young.append(str(path))
            continue
        source = str(path.relative_to(found.root))
        version = " ".join(version for _, version in facts)
        inputs.files.append(InputFile(str(path), source, suffix, version))


def _format_of_object(path: StorePath, found: Found) -> str | None:
    suffix, described = format_of(path.name), path.with_name(path.name.removesuffix(SIDECAR))
    form = format_of(described.name) if suffix == SIDECAR and described in found.known else None
    if form and FORMATS[form].single:
        return None
    if suffix is None and may_be_page(path.name):
        with suppress(FileNotFoundError), path.open() as stream:  # "folder/", as some tools write
            return PAGE if looks_like_page(stream.read(_HEAD_BYTES)) else None
    return suffix


def _add(path: Path, root: Path, inputs: Inputs, look: _Look) -> None:
    # os.path, not Path, which raises if a folder may not be entered or a name is too long.
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
        # A folder that matches a glob, or a pipe; broken links are kept, and reading them fails.
        inputs.unfollowed += [] if os.path.isdir(path) else [str(path)]  # noqa: PTH112
        return
    if look.leads_out(path, root):
        inputs.outside.append(str(path))
        return
    suffix = _format_of(path)
    if suffix is None:
        inputs.ignored[path.suffix.lower() or path.name] += 1
        return
    if look.is_too_young(path) or (
        FORMATS[suffix].single and look.is_too_young(Path(f"{path}{SIDECAR}"))
    ):
        inputs.too_young.append(str(path))
        return
    inputs.files.append(InputFile(str(path), _source(path, root), suffix))


def _format_of(path: Path) -> str | None:
    """Return the format by the name, or ``PAGE`` if the file begins like a page.

    None for other files, and for the sidecar of a text or page.
    """
    suffix = format_of(path.name)
    described = format_of(path.name.removesuffix(SIDECAR))
    if (
        suffix == SIDECAR
        and described
        and FORMATS[described].single
        and path.with_suffix("").exists()
    ):
        return None
    if suffix is None and may_be_page(path.name):
        try:
            with open_input(str(path)) as stream:
                return PAGE if looks_like_page(stream.read(_HEAD_BYTES)) else None
        except OSError:
            return None
    return suffix


def _source(path: Path, root: Path) -> str:
    name = path.relative_to(root).as_posix()
    # A name that is not UTF-8 arrives with lone surrogates, which no table can hold.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Found:
    """The objects of an input.

    Attributes:
        root: sources are relative to it.
        objects: the objects that the input names.
        known: Unix time of the last change, and version, of all objects below *root*.
        named: whether the input names a single object.
    """

    root: StorePath
    objects: list[StorePath]
    known: dict[StorePath, tuple[float, str]]
    named: bool = False


def find_objects(url: str) -> Found:
    """Find the objects that *url* names: one, all below it, or all that match it as a glob.

    Names with a part that begins with a dot are skipped, unless the url names that part.

    Raises:
        UsageError: there is none, or the store does not answer.
    """
    named = StorePath.parse(url)
    check_store(named)
    if named.key and named.exists():
        sidecar = named.with_name(named.name + SIDECAR)
        both = [path for path in (named, sidecar) if path.exists()]
        return Found(
            named.parent, [named], {path: _stamp_of(path.stat()) for path in both}, named=True
        )
    pattern = named.key.split("/") if has_magic(named.key) else None
    root = named if pattern is None else _fixed_prefix(named, pattern)
    wanted = ["**"] if pattern is None else pattern[len(root.key.split("/")) if root.key else 0 :]
    known = {path: _stamp_of(stat) for path, stat in root.files() if not path.key.endswith("/")}
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
            root = _fixed_prefix(named, named.key.split("/"))
        if found.is_relative_to(root) and str(found.relative_to(root)) == source:
            return True
    return False


def _fixed_prefix(named: StorePath, pattern: Sequence[str]) -> StorePath:
    fixed = next((n for n, part in enumerate(pattern) if has_magic(part)), len(pattern) - 1)
    return StorePath(named.scheme, named.bucket, "/".join(pattern[:fixed]))


def _stamp_of(stat: Stat) -> tuple[float, str]:
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
