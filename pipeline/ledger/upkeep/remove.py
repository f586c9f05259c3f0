"""Permanently remove texts from every table, with tombstones and a receipt. Read ``remove`` first.

Copies on other sites stay: the first of them becomes an article, made from its stored text, and the
others refer to it. The counts of a manifest do not change; its list ``removed`` has the receipts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.config import DedupConfig
from pipeline.dedup.decide import KEPT
from pipeline.ledger.commit import sweep_staging
from pipeline.ledger.history import (
    CommittedRun,
    committed_runs,
    read_manifest,
    read_table,
    tombstones_of,
    write_tombstones,
)
from pipeline.ledger.index import load_index, save_index
from pipeline.ledger.log import sequence_of
from pipeline.ledger.upkeep.adopt import Orphans, adopt
from pipeline.ledger.upkeep.rewrite import alone, forget_keys, rewriting
from pipeline.ledger.upkeep.takedown import (
    FileChange,
    Request,
    RunChanges,
    Takedown,
    rewrite_run,
    survey,
)
from pipeline.passes.tombstones import tombstone
from pipeline.storage import Place

Fate = Literal["article", "duplicate", "excerpt", "promoted", "renamed", "relinked"]


@dataclass(frozen=True, slots=True)
class Affected:
    """A row that a takedown changes.

    Attributes:
        fate: ``article`` and ``duplicate`` are removed, ``excerpt`` loses its excerpt, ``promoted``
            becomes an article, ``renamed`` gets another representative, ``relinked`` gets another
            ``revision_of``, or none.
    """

    fate: Fate
    id: str | None
    run_id: str
    source: str


@dataclass(frozen=True, slots=True)
class Removed:
    """The result of a takedown.

    Attributes:
        rows: all rows that change.
        new_tombstones: number of tombstones added.
    """

    rows: tuple[Affected, ...] = ()
    new_tombstones: int = 0

    def count(self, fate: Fate) -> int:
        """Count the rows of one fate."""
        return sum(row.fate == fate for row in self.rows)


def remove(output: Place, request: Request, *, dry_run: bool = False) -> Removed:
    """Take down *request* in all runs of *output*.

    Args:
        dry_run: change nothing, only report.

    Raises:
        UsageError: *output* holds no runs.
        HeldRun: a run is held; its texts would survive.
        LockedOutput: a run is in progress.
        NewsieveError: a manifest is damaged; nothing was changed.
    """
    with alone(output):
        runs = committed_runs(output)
        work = _plan(output, runs, request)
        before = tombstones_of(output / "runs")
        tombstones = before | request.tombstones() | {tombstone("id", i) for i in work.ids}
        result = Removed(tuple(work.rows()), len(tombstones - before))
        if dry_run:
            return result
        sweep_staging(output)  # an interrupted run has left texts there
        if not work.changes:
            if tombstones != before:
                write_tombstones(output / "runs", tombstones)
            return result
        changed = {change.run.sequence: change.run.run_id for change in work.changes}
        save_index(output, load_index(output).without(changed))
        forget_keys(output, changed.values())
        with rewriting(output, changed.values()) as fresh:
            write_tombstones(fresh, tombstones)
            now = datetime.now(timezone.utc).isoformat(timespec="seconds")
            receipt = {"when": now, "tombstones": sorted(t.hex() for t in request.tombstones())}
            for run_id in changed.values():
                rewrite_run(fresh / run_id, work.of(run_id), receipt, work.config)
    return result


@dataclass(frozen=True, eq=False)
class _Work:
    """A takedown, and the decisions about orphans.

    Attributes:
        verdicts: number of a change of duplicates → verdicts of its touched rows.
        homes: id of each promoted row → its run.
    """

    takedown: Takedown
    config: DedupConfig
    verdicts: dict[int, NDArray[np.void]]
    homes: dict[str, str] = field(default_factory=dict)

    @property
    def ids(self) -> frozenset[str]:
        return self.takedown.ids if self.changes else frozenset()

    @property
    def changes(self) -> tuple[FileChange, ...]:
        return self.takedown.changes

    def of(self, run_id: str) -> RunChanges:
        mine = [n for n, change in enumerate(self.changes) if change.run.run_id == run_id]
        verdicts = {n: self.verdicts[n] for n in mine if n in self.verdicts}
        return RunChanges(self.takedown, tuple(mine), verdicts, self.homes)

    def rows(self) -> Iterator[Affected]:
        fates: dict[str, Fate] = {"articles": "article", "duplicates": "duplicate"}
        for number, change in enumerate(self.changes):
            rows = read_table(change.path, "id", "run_id", "source").to_pylist()
            for row in change.gone.tolist():
                yield Affected(fates[change.table], **rows[row])
            kept = self.verdicts[number]["match"] == KEPT if number in self.verdicts else ()
            for place, row in enumerate(change.touched.tolist()):
                stays: Fate = "excerpt" if change.table == "rejects" else "relinked"
                if change.table == "duplicates":
                    stays = "promoted" if kept[place] else "renamed"
                yield Affected(stays, **rows[row])


def _plan(output: Place, runs: Sequence[CommittedRun], request: Request) -> _Work:
    takedown = survey(runs, request)
    config = _dedup_config(read_manifest(runs[-1].folder)) if runs else DedupConfig()
    groups: dict[str, int] = {}
    orphans: dict[int, Orphans] = {}
    names: dict[int, list[dict[str, Any]]] = {}
    for number, change in enumerate(takedown.changes):
        if change.table != "duplicates" or not len(change.touched):
            continue
        rows = read_table(change.path, "id", "run_id").to_pylist()
        names[number] = [rows[row] for row in change.touched.tolist()]
        orphans[number] = Orphans(
            path=change.path,
            rows=change.touched,
            groups=np.array([groups.setdefault(n, len(groups)) for n in change.names], np.int64),
            sequences=np.array([sequence_of(row["run_id"]) for row in names[number]], np.int64),
        )
    adopted = adopt(list(orphans.values()), config, output)
    verdicts = dict(zip(orphans, adopted, strict=True))
    work = _Work(takedown, config, verdicts)
    for number, found in verdicts.items():
        for row, match in zip(names[number], found["match"].tolist(), strict=True):
            if match == KEPT:
                work.homes.setdefault(row["id"], row["run_id"])
    return work


def _dedup_config(manifest: dict[str, Any]) -> DedupConfig:
    """Return the dedup settings of the newest run; older versions wrote fewer."""
    settings = (manifest.get("config") or {}).get("dedup") or {}
    known = {name: settings[name] for name in settings if name in DedupConfig.model_fields}
    try:
        return DedupConfig.model_validate(known)
    except ValueError:
        return DedupConfig()
