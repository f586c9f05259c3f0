"""What a run will do, frozen before it starts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from pipeline.passes.blocks import Block
from pipeline.read import survey
from pipeline.read.parts import Part
from pipeline.storage import open_input
from pipeline.version import FORMAT_VERSION, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.config import Config
    from pipeline.ledger.history import CommittedRun
    from pipeline.ledger.inputs import InputFile, Inputs

MAX_PARTS = 2_000
"""Small files in one block: enough that starting a block costs nothing beside its work."""


@dataclass(frozen=True, slots=True)
class PlannedInput:
    """A file that the run reads, as it was when the plan was made."""

    source: str
    digest: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A run before its work.

    Attributes:
        run_id: ``<logical date>-<sequence>-<hash of the plan and its parent>``.
        parent: the newest committed run, or None for the first.
        inputs: the files to read, by source.
        blocks: the same files as units of work.
    """

    run_id: str
    sequence: int
    parent: str | None
    logical_date: date
    inputs: tuple[PlannedInput, ...]
    blocks: tuple[Block, ...]

    @property
    def bytes(self) -> int:
        """Size of all inputs together."""
        return sum(each.bytes for each in self.inputs)

    def as_json(self, config: Config) -> str:
        """Write the plan down, with the configuration it was made for."""
        content = asdict(self) | {
            "logical_date": self.logical_date.isoformat(),
            "format_version": FORMAT_VERSION,
            "version": VERSION,
            "config": config.model_dump(mode="json"),
        }
        return json.dumps(content, indent=1) + "\n"


def make_plan(
    inputs: Inputs,
    seen: set[tuple[str, str]],
    parent: CommittedRun | None,
    logical_date: date,
    config: Config,
) -> Plan:
    """Leave out what was read, cut the rest into blocks, and name the run.

    Args:
        seen: (source, digest) of every file that a committed run has read.
    """
    planned: list[PlannedInput] = []
    parts: list[tuple[Part, int]] = []
    for file in inputs.files:
        found = _survey_file(file, config.run.block_bytes)
        if found is None:
            parts.append((Part(file.path, file.source, file.suffix), 0))
        elif (file.source, found[0].digest) not in seen:
            planned.append(found[0])
            parts += found[1]
    # A folder that cannot be listed is read like a file: the reader says what is wrong with it.
    parts += [(Part(each.path, each.source, each.suffix), 0) for each in inputs.unreadable]
    blocks = tuple(_blocks(parts, config.run.block_bytes))
    sequence = parent.sequence + 1 if parent else 1
    name = f"{logical_date.isoformat()}-{sequence:06d}"
    facts = [VERSION, name, parent and parent.run_id, _lasting(config), _names(planned, parts)]
    digest = blake2b(json.dumps(facts).encode(), digest_size=4).hexdigest()
    return Plan(
        run_id=f"{name}-{digest}",
        sequence=sequence,
        parent=parent.run_id if parent else None,
        logical_date=logical_date,
        inputs=tuple(planned),
        blocks=blocks,
    )


def _survey_file(
    file: InputFile, block_bytes: int
) -> tuple[PlannedInput, list[tuple[Part, int]]] | None:
    """Read *file* once for its digest and its cuts; None when it cannot be read."""
    try:
        with open_input(file.path) as stream:
            found = survey(stream, file.suffix, block_bytes)
    except OSError:
        return None
    planned = PlannedInput(file.source, found.digest, found.size)
    parts = [
        (Part(file.path, file.source, file.suffix, start, stop, first_record), stop - start)
        for start, stop, first_record in found.cuts
    ]
    return planned, parts or [(Part(file.path, file.source, file.suffix), found.size)]


def _blocks(parts: Iterable[tuple[Part, int]], block_bytes: int) -> Iterator[Block]:
    """Group consecutive parts until a block is full."""
    index, waiting, size = 0, list[Part](), 0
    for part, part_bytes in parts:
        if waiting and (size + part_bytes > block_bytes or len(waiting) == MAX_PARTS):
            yield Block(index, tuple(waiting))
            index, waiting, size = index + 1, [], 0
        waiting.append(part)
        size += part_bytes
    if waiting:
        yield Block(index, tuple(waiting))


def _lasting(config: Config) -> dict[str, Any]:
    """Give the settings that the result depends on: not where it lies, nor who works on it."""
    return config.model_dump(
        mode="json",
        exclude={
            "input": {"paths", "min_age_s"},
            "write": {"output"},
            "run": {"workers", "metrics_file"},
        },
    )


def _names(planned: list[PlannedInput], parts: list[tuple[Part, int]]) -> list[tuple[str, ...]]:
    read = {each.source for each in planned}
    rest = sorted({part.source for part, _ in parts} - read)
    return [(each.source, each.digest) for each in planned] + [(source,) for source in rest]
