"""The log of an output in an object store: what has been committed. Read ``read_log``.

    log/000001.json    the manifest of a run, with its list of files
    log/000007.json    of `undo`, `remove` or `compact`: the runs that it drops, the manifests that
                       take their place, and tombstones

Writing the next entry is the commit: the store lets one of those win that write the same name.
Nothing else says what is published, so objects that no manifest lists are garbage.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pipeline.errors import DEEDS, LostRace, NewsieveError
from pipeline.storage import Place, StorePath, effective, forget_copy, local, remove_tree

LOG = "log"
_AT_ONCE = 16
"""Entries that are fetched at once."""


@dataclass(frozen=True, eq=False)
class Log:
    """What the entries of a log come to.

    Attributes:
        sequence: number of the newest entry; 0 before the first.
        manifests: name of each published run → its manifest, oldest first.
        tombstones: of what was taken down.
        homes: name of each published run → number of the entry that has its manifest.
    """

    sequence: int
    manifests: dict[str, dict[str, Any]]
    tombstones: frozenset[bytes]
    homes: dict[str, int]


_read: dict[StorePath, Log] = {}


def read_log(output: StorePath) -> Log:
    """Read the log of *output*.

    Raises:
        NewsieveError: an entry is missing or damaged.
        OSError: the store does not answer.
    """
    while True:
        numbers, entries = _entries(output)
        newest = numbers[-1] if numbers else 0
        # An entry may have been emptied by a change that is newer than this listing.
        if all(entry.get("superseded_by", 0) <= newest for entry in entries):
            break
    if numbers != list(range(1, newest + 1)):
        lost = min(set(range(1, newest + 1)) - set(numbers))
        raise NewsieveError(f"{entry_of(output, lost)}: missing; restore it from a backup")
    manifests: dict[str, dict[str, Any]] = {}
    tombstones: set[bytes] = set()
    homes: dict[str, int] = {}
    for number, entry in zip(numbers, entries, strict=True):
        for run_id in entry.get("drops", ()):
            manifests.pop(run_id, None)
        for manifest in [entry] if "run_id" in entry else entry.get("manifests", ()):
            manifests[manifest["run_id"]] = manifest
            homes[manifest["run_id"]] = number
        tombstones.update(map(bytes.fromhex, entry.get("tombstones", ())))
    ordered = dict(sorted(manifests.items(), key=lambda item: item[1]["sequence"]))
    _read[output] = Log(newest, ordered, frozenset(tombstones), homes)
    return _read[output]


def known_log(output: StorePath) -> Log:
    """Return the log as it was last read."""
    return _read.get(output) or read_log(output)


def entry_of(output: StorePath, sequence: int) -> StorePath:
    """Return the address of an entry."""
    return output / LOG / f"{sequence:06d}.json"


def commit(output: StorePath, sequence: int, entry: bytes, deed: str) -> None:
    """Write an entry of the log.

    Args:
        deed: what that means, for the message.

    Raises:
        LostRace: there is one of this number; nothing was changed.
    """
    path = entry_of(output, sequence)
    try:
        with effective(deed), suppress(FileExistsError):
            path.create(entry)
        # A put that is repeated because its answer was lost finds itself.
        if path.read_bytes() != entry:
            DEEDS.remove(deed)
            raise LostRace(f"{path}: another command was first; nothing was changed")
    finally:
        _read.pop(output, None)


@contextmanager
def racing(output: Place, sequence: int) -> Iterator[None]:
    """Let the work for an entry that somebody else has written fail for that reason alone.

    Whoever was first deletes what the others are working on.

    Raises:
        LostRace: it failed, and there is an entry of this number.
    """
    try:
        yield
    except Exception as error:
        if isinstance(output, StorePath) and entry_of(output, sequence).exists():
            path = entry_of(output, sequence)
            raise LostRace(f"{path}: another command was first; nothing was changed") from error
        raise


def commit_change(
    output: StorePath,
    deed: str,
    drops: Iterable[str] = (),
    manifests: Sequence[Mapping[str, Any]] = (),
    tombstones: Iterable[bytes] = (),
) -> None:
    """Commit what is not a run, then delete what it replaces.

    Raises:
        LostRace: another command was faster; nothing was changed.
    """
    before = known_log(output)
    entry = {
        "sequence": before.sequence + 1,
        "deed": deed,
        "drops": sorted(drops),
        "manifests": list(manifests),
        "tombstones": sorted(each.hex() for each in tombstones),
    }
    commit(output, before.sequence + 1, encode_manifest(entry), deed)
    after = read_log(output)
    _empty_entries(output, before, after)
    sweep(output, [])
    for run_id in before.manifests.keys() & after.manifests.keys():
        if before.homes[run_id] != after.homes[run_id]:
            files = {file["path"] for file in after.manifests[run_id]["files"]}
            remove_tree(output / "runs" / run_id, keep=files)


def sweep(output: StorePath, keep: Iterable[str]) -> None:
    """Delete what runs left behind that can no longer be committed: their place is taken.

    Args:
        keep: runs whose files stay, besides the published ones: held ones, and one to be finished.
    """
    log = known_log(output)
    for parent, kept in ((".staging", set(keep)), ("runs", {*keep, *log.manifests})):
        for folder in (output / parent).iterdir():
            number = folder.name.split("-")[3:4]
            lost = bool(number) and number[0].isdecimal() and int(number[0]) <= log.sequence
            if lost and folder.name not in kept:
                remove_tree(folder)


def encode_manifest(manifest: Mapping[str, Any]) -> bytes:
    """Return a manifest as it is written."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    # A path that is not UTF-8 contains lone surrogates; JSON can hold them as escapes.
    return text.encode("utf-8", "backslashreplace")


def _entries(output: StorePath) -> tuple[list[int], list[dict[str, Any]]]:
    found = [each for each in (output / LOG).files() if each[0].name.endswith(".json")]
    try:
        numbers = [int(path.name.removesuffix(".json")) for path, _ in found]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            contents = pool.map(lambda each: local(each[0], each[1].version).read_bytes(), found)
            return numbers, [dict(json.loads(content)) for content in contents]
    except (ValueError, TypeError) as error:
        raise NewsieveError(
            f"{output / LOG}: damaged entry ({error}); restore it from a backup"
        ) from error


def _empty_entries(output: StorePath, before: Log, after: Log) -> None:
    """Empty the entries of runs that are changed or gone: they may name what was taken down."""
    gone = {run_id for run_id, home in before.homes.items() if after.homes.get(run_id) != home}
    for number in sorted({before.homes[run_id] for run_id in gone & before.manifests.keys()}):
        path = entry_of(output, number)
        entry, version = json.loads(path.read_bytes()), path.stat().version
        left = [each for each in entry.get("manifests", ()) if each["run_id"] not in gone]
        kept = {name: entry[name] for name in ("sequence", "drops", "tombstones") if name in entry}
        path.put(encode_manifest({**kept, "manifests": left, "superseded_by": after.sequence}))
        forget_copy(path, version)
