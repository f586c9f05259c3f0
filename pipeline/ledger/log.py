"""The log of an output in an object store: what has been committed. Read ``read_log``.

    log/000001.json    the manifest of a run, with its list of files
    log/000007.json    of `undo`, `remove` or `compact`: the runs that it drops, the manifests that
                       take their place, and tombstones

Writing the next entry is the commit: if several commands write it, the store lets one win. Only
the log says what is published, so objects that no manifest lists are garbage.
"""

from __future__ import annotations

import errno
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from pipeline.errors import LostRace, NewsieveError
from pipeline.staging import Staging
from pipeline.storage import Place, forget_copy, local, name_below, remove_objects
from pipeline.storage.disk import effective
from pipeline.storage.objects import Stat, StorePath

LOG = "log"
HELD = ".held"
_AT_ONCE = 16
"""Entries that are fetched in parallel."""
RUN_ID = re.compile(r"(?P<date>\d{4}-\d\d-\d\d)-(?P<sequence>\d{6,})-[0-9a-f]{8}", re.ASCII)
"""``<logical date>-<sequence>-<hash of plan and parent>``."""

_NAME = re.compile(r"-(?P<sequence>\d{6,})-[0-9a-f]{8}\.parquet", re.ASCII)
"""What ``name_for`` adds to the name of a file."""


@dataclass(frozen=True, eq=False)
class Log:
    """The state that the entries of a log add up to.

    Attributes:
        sequence: number of the newest entry; 0 before the first.
        manifests: name of each published run → its manifest, oldest first.
        tombstones: of texts that were taken down.
        superseded: number of an entry → its runs whose manifests are no longer published; these
            manifests are to be deleted, with the files that only they list.
    """

    sequence: int
    manifests: dict[str, dict[str, Any]]
    tombstones: frozenset[bytes]
    superseded: dict[int, set[str]]


_read: dict[StorePath, Log] = {}


def sequence_of(run_id: str) -> int:
    """Return the number in the name of a run; 0 if it is not the name of a run."""
    named = RUN_ID.fullmatch(run_id)
    return int(named["sequence"]) if named else 0


def read_log(output: StorePath) -> Log:
    """Read the log of *output*.

    Raises NewsieveError if an entry is missing or damaged, OSError if the store does not answer.
    """
    newest, wanted = -1, 0
    while newest < wanted:
        before = newest
        numbers, entries = _entries(output)
        newest = max(numbers, default=0)
        # A change that is newer than this listing may have emptied an entry.
        wanted = max((entry.get("superseded_by", 0) for entry in entries), default=0)
        if newest == before:
            break
    if lost := set(range(1, max(newest, wanted) + 1)) - set(numbers):
        raise NewsieveError(f"{entry_of(output, min(lost))}: missing; restore it from a backup")
    manifests: dict[str, dict[str, Any]] = {}
    tombstones: set[bytes] = set()
    homes: dict[str, int] = {}
    superseded: dict[int, set[str]] = defaultdict(set)
    for number, entry in zip(numbers, entries, strict=True):
        fresh = {each["run_id"]: each for each in _manifests_in(entry)}
        for run_id in manifests.keys() & {*entry.get("drops", ()), *fresh}:
            del manifests[run_id]
            superseded[homes.pop(run_id)].add(run_id)
        manifests |= fresh
        homes |= dict.fromkeys(fresh, number)
        tombstones.update(map(bytes.fromhex, entry.get("tombstones", ())))
    ordered = dict(sorted(manifests.items(), key=lambda item: item[1]["sequence"]))
    _read[output] = Log(newest, ordered, frozenset(tombstones), dict(superseded))
    return _read[output]


def _manifests_in(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(entry)] if "run_id" in entry else list(entry.get("manifests", ()))


def known_log(output: StorePath) -> Log:
    """Return the log as it was last read."""
    return _read.get(output) or read_log(output)


def entry_of(output: StorePath, sequence: int) -> StorePath:
    """Return the address of an entry."""
    return output / LOG / f"{sequence:06d}.json"


def commit(output: StorePath, sequence: int, entry: bytes, deed: str) -> None:
    """Write an entry of the log. *deed* says what the entry does, for messages.

    Raises LostRace if an entry with this number exists; nothing was changed. After an OSError it is
    unknown whether the entry was written; the next command will see.
    """
    try:
        with effective(deed):
            _create(entry_of(output, sequence), entry)
    finally:
        _read.pop(output, None)


def _create(path: StorePath, entry: bytes, attempts: int = 2) -> None:
    """Write an entry if there is none, and read it back: the reply of the store may be wrong.

    A put may succeed and return an error, if the reply was lost, or "exists", if it was repeated;
    and "exists" may come from a put that is still in progress (S3: conflict).
    """
    try:
        path.create(entry)
    except OSError as error:
        try:
            written = path.read_bytes()
        except FileNotFoundError:
            if attempts == 1:
                raise error from None
            _create(path, entry, attempts - 1)
            return
        if written != entry:
            raise _lost(path) from error


def _lost(path: StorePath) -> LostRace:
    return LostRace(f"{path}: another command was first; nothing was changed")


@contextmanager
def racing(output: Place, sequence: int) -> Iterator[None]:
    """Turn a failure of the block into ``LostRace`` if another command has written the entry.

    The winner of a race deletes the files that the others are working on. Raises LostRace if
    the block failed, and an entry with this number exists.
    """
    try:
        yield
    except Exception as error:
        if isinstance(output, StorePath) and (path := entry_of(output, sequence)).exists():
            raise _lost(path) from error
        raise


def commit_change(
    output: StorePath,
    before: Log,
    deed: str,
    drops: Iterable[str] = (),
    manifests: Sequence[Mapping[str, Any]] = (),
    tombstones: Iterable[bytes] = (),
) -> None:
    """Commit a change of published runs, then delete the files that it replaces.

    *before* is the log that the change is based on; the change is its next entry. Raises
    LostRace if another command was first; nothing was changed.
    """
    entry = {
        "sequence": before.sequence + 1,
        "deed": deed,
        "drops": sorted(drops),
        "manifests": list(manifests),
        "tombstones": sorted(each.hex() for each in tombstones),
    }
    commit(output, before.sequence + 1, encode_manifest(entry), deed)
    sweep(output, everywhere=True)


def name_for(name: str, sequence: int, token: str) -> str:
    """Return a unique name for a changed file that the entry of this number lists.

    *token* is 8 hex digits of the command that writes it.

    >>> name_for("articles/part-00000-v2.parquet", 7, "0123abcd")
    'articles/part-00000-v2-000007-0123abcd.parquet'
    """
    return f"{name.removesuffix('.parquet')}-{sequence:06d}-{token}.parquet"


def sweep(output: StorePath, *, everywhere: bool = False) -> None:
    """Delete objects that no entry lists or can still list, because their number is taken.

    This includes files replaced by a change of runs and, as the last step, old manifests, which may
    name what was taken down. If the command is killed, the next one deletes the rest. With
    *everywhere*, all published runs are searched, not only changed ones.
    """
    log, runs = known_log(output), output / "runs"
    for parent in (".staging", HELD):
        for folder in (output / parent).iterdir():
            if 0 < sequence_of(folder.name) <= log.sequence:
                Staging(str(folder)).remove()
    changed = {run_id for run_ids in log.superseded.values() for run_id in run_ids}
    settled = log.manifests.keys() - changed
    suspected = (
        folder
        for folder in ([runs] if everywhere else runs.iterdir())
        if folder.name not in settled and sequence_of(folder.name) <= log.sequence
    )
    found = chain.from_iterable(folder.files() for folder in suspected)
    remove_objects(_garbage(found, runs, log))
    for number, run_ids in log.superseded.items():
        _empty_entry(entry_of(output, number), run_ids, log.sequence)
    _read[output] = replace(log, superseded={})


def _garbage(
    found: Iterable[tuple[StorePath, Stat]], runs: StorePath, log: Log
) -> Iterator[tuple[StorePath, Stat]]:
    """Yield those of the objects *found* below *runs* that are garbage."""
    listed = {
        f"{run_id}/{file['path']}"
        for run_id, manifest in log.manifests.items()
        for file in manifest["files"]
    }
    for path, stat in found:
        name = name_below(path, runs)
        number = _NAME.search(name)
        sequence = int(number["sequence"]) if number else sequence_of(name.partition("/")[0])
        if 0 < sequence <= log.sequence and name not in listed:
            yield path, stat


def encode_manifest(manifest: Mapping[str, Any]) -> bytes:
    """Serialize a manifest as JSON."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    # A path that is not UTF-8 contains lone surrogates; JSON can hold them as escapes.
    return text.encode("utf-8", "backslashreplace")


def _entries(output: StorePath) -> tuple[list[int], list[dict[str, Any]]]:
    found = {each: stat for each, stat in (output / LOG).files() if each.name.endswith(".json")}
    try:
        numbers = {int(path.name.removesuffix(".json")): path for path in found}
        ordered = [numbers[number] for number in sorted(numbers)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            contents = pool.map(lambda path: _content(path, found[path]), ordered)
            return sorted(numbers), [dict(json.loads(content)) for content in contents]
    except (ValueError, TypeError) as error:
        raise NewsieveError(
            f"{output / LOG}: damaged entry ({error}); restore it from a backup"
        ) from error


def _content(path: StorePath, stat: Stat) -> bytes:
    try:
        return local(path, stat).read_bytes()
    except OSError as error:
        if error.errno != errno.ESTALE:
            raise
        return path.read_bytes()  # it was emptied since it was listed


def _empty_entry(path: StorePath, gone: Collection[str], superseded_by: int) -> None:
    entry, stat = json.loads(path.read_bytes()), path.stat()
    left = [each for each in _manifests_in(entry) if each["run_id"] not in gone]
    kept = {name: entry[name] for name in ("sequence", "drops", "tombstones") if name in entry}
    newest = max(superseded_by, entry.get("superseded_by", 0))
    path.put(encode_manifest({**kept, "manifests": left, "superseded_by": newest}))
    forget_copy(path, stat)
