"""The input files of a run. Read ``find_inputs`` first."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from glob import glob, has_magic
from itertools import takewhile
from pathlib import Path, PurePath
from typing import Any, Literal, TypeAlias

from pipeline.config import InputConfig
from pipeline.errors import UsageError
from pipeline.read.formats import FORMATS, PAGE, format_of, may_be_page
from pipeline.read.markup import begins_like_page
from pipeline.read.parts import Part
from pipeline.read.single import SIDECAR
from pipeline.storage import Place, open_input, refuse_url
from pipeline.storage.objects import Stat, StorePath, check_store, is_url
from pipeline.text.terminal import counted
from pipeline.text.unicode import digest

FollowLinks: TypeAlias = Literal["inside", "anywhere"]
_HEAD_BYTES = 2_000


@dataclass
class Inputs:
    """The files found in the inputs, and what was left out.

    Attributes:
        files: supported files, in the order of their sources; objects with their look.
        unreadable: folders that cannot be listed, without a suffix.
        too_young: files changed less than ``input.min_age_s`` ago, left for the next run.
        ignored: number of unsupported files, by suffix.
        unfollowed: links to folders; pipes, sockets and devices with a supported suffix.
        outside: links to files outside of the input.
    """

    files: list[Part] = field(default_factory=list)
    unreadable: list[Part] = field(default_factory=list)
    too_young: list[str] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    unfollowed: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def remarks(self) -> list[str]:
        """Return a line of text for each kind of file or folder that was left out."""
        others = list(self.ignored.elements())
        kinds = ", ".join(f"{kind} {n}" for kind, n in self.ignored.most_common(5))
        young, shut = self.too_young, [folder.path for folder in self.unreadable]
        advice = "input.follow_links = anywhere reads them"
        skipped = [
            ("skipped for now", "file modified within input.min_age_s, such as {0}", young),
            ("skipped", "file with an unsupported extension ({1})", others),
            ("skipped", "link to folders, pipes or devices, such as {0}", self.unfollowed),
            ("skipped", "link leading out of the input, such as {0}; {2}", self.outside),
            ("not readable", "folder, such as {0}", shut),
        ]
        return [
            f"{what}: {counted(len(paths), noun)}".format(min(paths), kinds, advice)
            for what, noun, paths in skipped
            if paths
        ]


def find_inputs(
    patterns: tuple[str, ...],
    min_age_s: float = 0,
    output: Place | None = None,
    follow_links: FollowLinks = "inside",
) -> Inputs:
    """Find the files that *patterns* (folders, files or globs) name.

    Raises UsageError if a folder or file does not exist, cannot be listed, has an unknown
    suffix, is in the output, or is on no known kind of storage.

    Files of *output* are not inputs. Links that lead out of an input are left out, unless
    *follow_links* (``input.follow_links``) is ``anywhere``, or the link itself is named.
    """
    written = Path(os.path.realpath(output)) if isinstance(output, Path) else output
    search = _Search(time.time(), min_age_s, written, follow_links)
    for pattern in patterns:
        refuse_url(pattern, "input")
        if is_url(pattern):
            search.add_objects(pattern)
        elif has_magic(pattern) and not os.path.lexists(pattern):
            root = Path(*_fixed_parts(PurePath(pattern).parts))
            for match in sorted(glob(pattern, recursive=True)):  # noqa: PTH207 - may be absolute
                if not search.is_written(match):
                    search.add(Path(match), root)
        elif not os.path.lexists(pattern):
            raise UsageError(
                f"input {pattern}: no such file or folder; "
                "name a folder, a file, or a glob in quotes such as 'raw/*.txt'"
            )
        elif search.is_written(pattern):
            raise UsageError(
                f"input {pattern}: is in the output folder {output}: newsieve would read its "
                "own output; name another folder"
            )
        elif os.path.isdir(pattern):  # noqa: PTH112 - a glob may not be a valid Path
            search.add_folder(Path(pattern))
        else:
            search.add_named(Path(pattern))
    search.inputs.files = _distinct(search.inputs.files)
    return search.inputs


def is_input(part: Part, config: InputConfig) -> bool:
    """Whether ``find_inputs`` could have found this file, or unreadable folder (no suffix)."""
    path, source, search = part.path, part.source, _Search(0, 0, None, config.follow_links)
    if ".." in PurePath(source).parts or (part.suffix and part.suffix not in FORMATS):
        return False
    if is_url(path):
        return is_object_input(path, source, [each for each in config.paths if is_url(each)])
    for pattern in config.paths:
        if has_magic(pattern) and not os.path.lexists(pattern):
            root = Path(*_fixed_parts(PurePath(pattern).parts))
        elif path == str(Path(pattern)):
            return source == _source(Path(path), Path(path).parent)
        else:
            root = Path(pattern)
        below = Path(path).is_relative_to(root) and _source(Path(path), root) == source
        if below and not search.leads_out(Path(path), root):
            return True
    return False


@dataclass
class _Search:
    """The criteria by which files are left out, and what was found so far.

    ``now``: seconds since 1970. ``output``: links resolved; None if nothing is written.
    """

    now: float
    min_age_s: float
    output: Place | None
    follow_links: FollowLinks
    inputs: Inputs = field(default_factory=Inputs)

    def leads_out(self, path: Path, root: Path) -> bool:
        """Whether *path* is outside of *root*, links resolved."""
        if self.follow_links == "anywhere":
            return False
        return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))

    def is_written(self, path: str) -> bool:
        if not isinstance(self.output, Path):
            return False
        return Path(os.path.realpath(path)).is_relative_to(self.output)

    def add_named(self, path: Path) -> None:
        if not (suffix := _format_of(path, Path.exists)):
            raise _unsupported(path, suffix)
        replace(self, follow_links="anywhere").add(path, path.parent)

    def add_folder(self, root: Path) -> None:
        try:
            os.scandir(root).close()
        except OSError as error:
            raise UsageError(f"input {root}: cannot be listed: {error.strerror}") from None

        def unreadable(error: OSError) -> None:
            path = Path(error.filename)
            self.inputs.unreadable.append(Part(str(path), _source(path, root), ""))

        for parent, folders, names in os.walk(root, onerror=unreadable):
            # Hidden files and folders are caches or incomplete (.cache, .part, .git).
            # os.path, not Path: for a name that is too long, islink returns False and Path raises.
            below = [os.path.join(parent, name) for name in folders if not name.startswith(".")]  # noqa: PTH118
            # A linked folder may lead back into or out of the input; it can be named as an input.
            self.inputs.unfollowed += [path for path in below if os.path.islink(path)]  # noqa: PTH114
            entered = [path for path in below if not self.is_written(path)]
            folders[:] = sorted(map(os.path.basename, entered))
            for name in sorted(names):
                if not name.startswith("."):
                    self.add(Path(parent, name), root)

    def add_objects(self, url: str) -> None:
        named, (root, objects, known) = StorePath.parse(url), find_objects(url)
        written = self.output if isinstance(self.output, StorePath) else None
        if written and root.is_relative_to(written):
            raise UsageError(
                f"input {url}: is in the output {written}: newsieve would read its own output; "
                "name another place"
            )
        for path in objects:
            if written and path.is_relative_to(written):
                continue
            suffix = _format_of(path, known.__contains__)
            # In a folder, an object "folder/" is listed under the name of the folder.
            if not suffix and path == named != root:
                raise _unsupported(path, suffix)
            self._add(path, str(path.relative_to(root)), suffix, known.get)

    def add(self, path: Path, root: Path) -> None:
        # os.path, not Path, which raises if a folder may not be entered or a name is too long.
        if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
            # A folder that matches a glob, or a pipe; broken links are kept: reading them fails.
            self.inputs.unfollowed += [] if os.path.isdir(path) else [str(path)]  # noqa: PTH112
        elif self.leads_out(path, root):
            self.inputs.outside.append(str(path))
        else:
            self._add(path, _source(path, root), _format_of(path, Path.exists), self._stat)

    def _stat(self, path: Path) -> os.stat_result | None:
        if self.min_age_s:
            with suppress(OSError):  # the reader reports what is wrong with it
                return path.stat()
        return None

    def _add(
        self, path: Place, source: str, suffix: str | None, stat_of: Callable[[Any], Any]
    ) -> None:
        if suffix == "":
            return
        if suffix is None:
            self.inputs.ignored[PurePath(path.name).suffix.lower() or path.name] += 1
            return
        sidecar = path.with_name(path.name + SIDECAR) if FORMATS[suffix].single else None
        stats = list(filter(None, (stat_of(each) for each in (path, sidecar) if each)))
        # A time far in the future does not count.
        if any(abs(self.now - stat.st_mtime) < self.min_age_s for stat in stats):
            self.inputs.too_young.append(str(path))
            return
        look = None
        if is_url(str(path)):
            versions = " ".join(stat.version for stat in stats)
            look = digest(f"{versions} {source}").hex()
        self.inputs.files.append(Part(str(path), source, suffix, look=look))


def _unsupported(file: Place, suffix: str | None) -> UsageError:
    if suffix == "":
        text = str(file).removesuffix(SIDECAR)
        return UsageError(f"input {file}: is the sidecar of {text}; name that file instead")
    return UsageError(f"input {file}: unsupported extension; supported: {', '.join(FORMATS)}")


def _distinct(files: list[Part]) -> list[Part]:
    """Return each file once, under its longest source.

    The source is part of ids, so it must not depend on the order and spelling of inputs. A link
    counts as a file of its own.
    """
    longest: dict[str, Part] = {}
    for file in sorted(files, key=lambda file: (-len(file.source), file.source, file.path)):
        if is_url(file.path):
            longest.setdefault(file.path, file)
            continue
        folder, name = os.path.split(file.path)
        longest.setdefault(os.path.join(os.path.realpath(folder), name), file)  # noqa: PTH118
    return sorted(longest.values(), key=lambda file: (file.source, file.path))


def _fixed_parts(parts: Sequence[str]) -> list[str]:
    """Return the folders before the first wildcard of a glob: its root."""
    return list(takewhile(lambda part: not has_magic(part), parts[:-1]))


def _format_of(path: Place, exists: Callable[[Any], bool]) -> str | None:
    """Return the format by the name, or ``PAGE`` if the file begins like a page.

    None for other files; an empty string for the sidecar of a text or page.
    """
    suffix, described = format_of(path.name), path.with_name(path.name.removesuffix(SIDECAR))
    form = format_of(described.name) if suffix == SIDECAR else None
    if form and FORMATS[form].single and exists(described):
        return ""
    if suffix is None and may_be_page(path.name):
        # An object may be missing: some tools write "folder/". Other errors of a store are raised.
        errors = OSError if isinstance(path, Path) else FileNotFoundError
        with suppress(errors), open_input(str(path)) as stream:
            head = stream.read(_HEAD_BYTES).replace(b"\0", b"")  # of UTF-16, ASCII is left
            return PAGE if begins_like_page(head.decode("utf-8", "ignore")) else None
    return suffix


def _source(path: Path, root: Path) -> str:
    name = path.relative_to(root).as_posix()
    # A name that is not UTF-8 arrives with lone surrogates, which no table can hold.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def find_objects(url: str) -> tuple[StorePath, list[StorePath], dict[StorePath, Stat]]:
    """Find the objects that *url* names: one, all below it, or all that match it as a glob.

    Names with a part that begins with a dot are skipped, unless the url names that part. Returns
    what sources are relative to, the objects, and the stat of all objects below the former. Raises
    UsageError if there is none, or the store does not answer.
    """
    named = StorePath.parse(url)
    check_store(named)
    if named.key and named.exists():
        sidecar = named.with_name(named.name + SIDECAR)
        known = {path: path.stat() for path in (named, sidecar) if path.exists()}
        return named.parent, [named], known
    root = _root_of(named)
    wanted = named.relative_to(root).parts or ("**",)
    known = {path: stat for path, stat in root.files() if not path.key.endswith("/")}
    found = [path for path in known if _matches(path.relative_to(root).parts, wanted)]
    if not found and root == named:
        raise UsageError(
            f"input {url}: no such object, and none below it; name a folder, an object, or a glob "
            "in quotes such as 's3://bucket/raw/*.txt'"
        )
    return root, found, known


def is_object_input(path: str, source: str, patterns: Sequence[str]) -> bool:
    """Whether ``find_objects`` could have found *path*, under the name *source*."""
    found = StorePath.parse(path)
    for pattern in patterns:
        named = StorePath.parse(pattern)
        root = named.parent if found == named else _root_of(named)
        if found.is_relative_to(root) and str(found.relative_to(root)) == source:
            return True
    return False


def _root_of(named: StorePath) -> StorePath:
    if not has_magic(named.key):
        return named
    return StorePath(named.scheme, named.bucket, "/".join(_fixed_parts(named.key.split("/"))))


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
