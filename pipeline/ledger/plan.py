"""The plan of a run, fixed before it starts. Read ``make_plan`` first."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta, timezone
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from pydantic import TypeAdapter

from pipeline.arrays import portions
from pipeline.config import Config
from pipeline.errors import UsageError
from pipeline.ledger.history import CommittedRun
from pipeline.ledger.index import Index, look_of
from pipeline.ledger.inputs import Inputs, is_input
from pipeline.ledger.log import RUN_ID
from pipeline.read import survey
from pipeline.read.formats import FORMATS
from pipeline.read.parts import Block, Part
from pipeline.read.single import SIDECAR, sidecar_of
from pipeline.staging import RunName, Staging
from pipeline.storage import Place, listed, local, open_input, open_own
from pipeline.text.unicode import digest
from pipeline.version import FORMAT_VERSION, STAGING_VERSION, VERSION

Engine: TypeAlias = "Callable[[Plan, RunName, Config, Staging], None]"
"""Takes the blocks of a plan through all steps, as ``beam.runner.execute`` does."""
COMPLETE_AFTER_NS = 3_600 * 10**9
"""Nanoseconds after which an unchanged file is no longer being written."""
OBJECTS_AT_ONCE = 16
"""Objects of a store that are surveyed in parallel."""
MAX_PARTS = 2_000
"""Maximum files in one block: enough that the cost of starting a block does not matter."""


def refuse_future(day: date) -> None:
    """Raise UsageError if *day* is later than tomorrow in UTC, where today may be already.

    The window of later runs would not contain such a run, and only undo of all of them removes it.
    """
    tomorrow = datetime.now(timezone.utc).date() + timedelta(days=1)
    if day > tomorrow:
        raise UsageError(
            f"logical date {day}: in the future; a run belongs to a past day, to today or at the "
            f"latest to tomorrow in UTC, {tomorrow}; omit it for today"
        )


@dataclass(frozen=True, slots=True)
class PlannedInput:
    """A file that the run reads, as it was when the plan was made, with its look (``Part``).

    ``digest``: of its bytes and its sidecar; None for an unreadable file or folder. ``attempts``:
    runs that have read this content, including this one.
    """

    source: str
    digest: str | None
    bytes: int
    attempts: int = 1
    look: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do.

    Attributes:
        run_id: ``<logical date>-<sequence>-<hash of the plan and its parent>``.
        parent: the newest committed run; None for the first.
        inputs: the files to read, ordered by source.
        blocks: the same files as units of work.
        again: sources of the files whose rejected records are read again.
    """

    run_id: str
    sequence: int
    parent: str | None
    logical_date: date
    inputs: tuple[PlannedInput, ...]
    blocks: tuple[Block, ...]
    again: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Total size of the inputs."""
        return sum(each.bytes for each in self.inputs)

    @property
    def is_catching_up(self) -> bool:
        """Whether earlier runs have read all inputs, so that only rejects are read again."""
        return all(each.attempts > 1 or each.source in self.again for each in self.inputs)

    def as_json(self, config: Config) -> str:
        """Return the plan as JSON, with the settings and version that it was made with."""
        day = {"logical_date": self.logical_date.isoformat()}
        return json.dumps(asdict(self) | day | _made_for(config), indent=1) + "\n"


def read_plan(content: bytes, config: Config) -> Plan | None:
    """Read the output of ``as_json``; None if it has other settings or another version.

    Raises ValueError or TypeError if it is damaged.
    """
    facts = json.loads(content)
    if facts | _made_for(config) != facts:
        return None
    return TypeAdapter(Plan).validate_python(facts)


def _made_for(config: Config) -> dict[str, Any]:
    versions = {"format_version": FORMAT_VERSION, "staging_version": STAGING_VERSION}
    return versions | {"version": VERSION, "lasting": _table_settings(config)}


@dataclass(frozen=True, eq=False)
class Past:
    """What a plan needs to know about earlier runs; ``sequence`` is the number of the next.

    ``attempts``: (source, digest) → runs that tried to read it, for files to be read again.
    ``again``: sources of files to read again because of their rejects (``again``).
    """

    index: Index
    newest: CommittedRun | None
    sequence: int
    attempts: Mapping[tuple[str, str | None], int]
    tombstones: frozenset[bytes] = frozenset()
    again: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class _Examined:
    """A file that is planned, or was read before.

    ``known``: of a file recognised by its content, its look and the run that read it.
    """

    planned: PlannedInput | None = None
    parts: tuple[Part, ...] = ()
    known: tuple[bytes, int] | None = None


def make_plan(
    inputs: Inputs, past: Past, logical_date: date, config: Config
) -> tuple[Plan, list[tuple[bytes, int]]]:
    """Leave out files that were read before, cut the rest into blocks, and name the run.

    Also returns (look, run) of files recognised by their content, so that the next run need not
    open them.
    """
    files, examine = inputs.files, partial(_examine, past, config, time.time_ns())
    with ThreadPoolExecutor(OBJECTS_AT_ONCE) as threads:  # a store takes time to reply
        in_store = any(file.look for file in files)
        examined = list(threads.map(examine, files) if in_store else map(examine, files))
    examined += [_unreadable(each, past) for each in inputs.unreadable]
    planned = tuple(each.planned for each in examined if each.planned)
    parts = (part for each in examined for part in each.parts)
    grouped = portions(parts, lambda part: part.bytes, config.run.block_bytes, MAX_PARTS)
    parent = past.newest
    name = f"{logical_date.isoformat()}-{past.sequence:06d}"
    read = [(each.source, each.digest, each.attempts) for each in planned]
    facts: list[Any] = [VERSION, name, parent and parent.run_id, _table_settings(config), read]
    if past.tombstones:  # they change the rows
        facts.append(sorted(each.hex() for each in past.tombstones))
    plan = Plan(
        run_id=f"{name}-{digest(json.dumps(facts), 4).hex()}",
        sequence=past.sequence,
        parent=parent.run_id if parent else None,
        logical_date=logical_date,
        inputs=planned,
        blocks=tuple(Block(index, tuple(own)) for index, own in enumerate(grouped)),
        again=tuple(sorted(past.again)),
    )
    return plan, [each.known for each in examined if each.known]


def _examine(past: Past, config: Config, now_ns: int, file: Part) -> _Examined:
    """Check the look of *file*; if it is unknown, read the file for its digest and cuts."""
    look = _look(file, now_ns)
    again = file.source in past.again
    if look and look in past.index.files and not again:
        return _Examined()
    try:
        with open_input(file.path) as stream:
            found = survey(stream, file.suffix, config.run.block_bytes)
    except OSError:
        return _unreadable(file, past)
    content = _with_sidecar(found.digest, file, config)
    reader = past.index.reader_of(file.source, content)
    if reader is not None and not again:
        return _Examined(known=(look, reader) if look else None)
    shown = look.hex() if look else None
    before = past.attempts.get((file.source, content), 0)
    # An incomplete last line waits until a later run finds the file unchanged or old. Objects do
    # not grow.
    final = bool(before or file.look) or not _changed_since(file.path, now_ns - COMPLETE_AFTER_NS)
    whole = replace(file, size=found.size, digest=found.digest, look=shown, final=final)
    parts = tuple(
        replace(whole, start=start, stop=stop, first_record=first_record)
        for start, stop, first_record in found.cuts
    )
    planned = PlannedInput(file.source, content, found.size, before + 1, shown)
    return _Examined(planned, parts or (whole,))


def _look(file: Part, now_ns: int) -> bytes | None:
    """Return the look of *file* and its sidecar; None if it cannot be relied on."""
    if file.look:
        return bytes.fromhex(file.look)
    own = look_of(file.path, file.source, now_ns)
    sidecar = file.path + SIDECAR
    if not FORMATS[file.suffix].single or not os.path.exists(sidecar):  # noqa: PTH110
        return own
    described = look_of(sidecar, file.source, now_ns)
    return blake2b(own + described, digest_size=16).digest() if own and described else None


def _with_sidecar(content: str, file: Part, config: Config) -> str:
    """Return the digest *content* of a file, or that of file and sidecar if there is one."""
    sidecar = sidecar_of(file.path, config.input) if FORMATS[file.suffix].single else None
    if sidecar is None:
        return content
    return blake2b(content.encode() + sidecar, digest_size=16).hexdigest()


def _changed_since(path: str, time_ns: int) -> bool:
    try:
        return os.stat(path).st_mtime_ns > time_ns  # noqa: PTH116 - may be no valid Path
    except OSError:
        return True


def _unreadable(part: Part, past: Past) -> _Examined:
    # Planned like any other file: the reader reports what is wrong with it.
    if past.index.reader_of(part.source, None) is not None:
        return _Examined()
    before = past.attempts.get((part.source, None), 0)
    return _Examined(PlannedInput(part.source, None, 0, before + 1), (part,))


def find_interrupted(
    output: Place, newest: CommittedRun | None, sequence: int, config: Config
) -> Plan | None:
    """Return the plan of an interrupted run that can be finished, or None.

    Its parent must be the *newest* run, its number *sequence*, its version this one; its settings
    must give the same tables, and the current inputs must include all its files.
    """
    for path in listed(output / ".staging", "*/plan.json"):
        try:
            with open_own(path) as stream:
                plan = read_plan(stream.read(), config)
            follows = plan and plan.parent == (newest and newest.run_id)
            if plan and follows and plan.sequence == sequence and _is_ours(plan, path, config):
                return plan
        except (OSError, ValueError, TypeError):
            continue  # damaged, or of an older version: its inputs are planned again
    return None


def _is_ours(plan: Plan, path: Place, config: Config) -> bool:
    """Whether the staging was left by an interrupted run of this user, and not planted."""
    named = RUN_ID.fullmatch(plan.run_id)
    if not named or path.parent.name != plan.run_id or int(named["sequence"]) != plan.sequence:
        return False
    if isinstance(path, Path) and path.lstat().st_uid != os.geteuid():
        return False
    for array in listed(path.parent, "*.npy", deep=isinstance(path, Path)):
        np.load(local(array), mmap_mode="r")
    return all(is_input(part, config.input) for block in plan.blocks for part in block.parts)


def _table_settings(config: Config) -> dict[str, Any]:
    """Return the settings that the tables depend on; they are part of a run's name."""
    return config.model_dump(
        mode="json",
        exclude={
            "input": {"paths", "min_age_s", "follow_links"},
            "dedup": {"alarm_cluster_size"},
            "gates": True,
            "write": {"output"},
            "run": {"workers", "metrics_file", "beam"},
        },
    )
