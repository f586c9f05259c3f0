"""Permanently remove texts from every table, with tombstones and a receipt. Read ``remove`` first.

Copies on other sites stay: the first of them becomes an article, made from its stored text, and the
others refer to it. Their stored texts are compared again (``adopt``), run by run: earlier runs come
first, and within a run the order of representatives decides. The counts of a manifest do not
change; its list ``removed`` has the receipts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.config import DedupConfig
from pipeline.dedup.decide import KEPT, decide
from pipeline.dedup.steps.bundles import verdicts_of
from pipeline.dedup.steps.earlier.keys import read_articles
from pipeline.dedup.steps.layouts import VERDICT, Bundle, row_of
from pipeline.dedup.steps.members import MemberReader, MemberWriter
from pipeline.ledger.commit import now_utc, sweep_staging
from pipeline.ledger.history import (
    committed_runs,
    read_manifest,
    read_table,
    tombstones_of,
    write_tombstones,
)
from pipeline.ledger.index import load_index, save_index
from pipeline.ledger.log import sequence_of
from pipeline.ledger.upkeep.rewrite import exclusive, forget_keys, rewriting
from pipeline.ledger.upkeep.takedown import FileChange, Request, Takedown, rewrite_run, survey
from pipeline.passes.tombstones import tombstone
from pipeline.staging import Staging
from pipeline.storage import Place

Fate = Literal["article", "duplicate", "excerpt", "promoted", "renamed", "relinked"]


@dataclass(frozen=True, slots=True)
class Affected:
    """A row that a takedown changes.

    ``fate``: ``article`` and ``duplicate`` are removed, ``excerpt`` loses its excerpt,
    ``promoted`` becomes an article, ``renamed`` gets another representative, ``relinked`` gets
    another ``revision_of``, or none.
    """

    fate: Fate
    id: str | None
    run_id: str
    source: str


@dataclass(frozen=True, slots=True)
class Removed:
    """All rows that a takedown changes, and the number of tombstones added."""

    rows: tuple[Affected, ...] = ()
    new_tombstones: int = 0

    def count(self, fate: Fate) -> int:
        """Count the rows of one fate."""
        return sum(row.fate == fate for row in self.rows)


def remove(output: Place, request: Request, *, dry_run: bool = False) -> Removed:
    """Take down *request* in all runs of *output*; with *dry_run*, only report.

    Raises:
        UsageError, HeldRun, LockedOutput: as ``exclusive``; texts of a held run would survive.
        NewsieveError: a manifest is damaged; nothing was changed.
    """
    with exclusive(output):
        runs = committed_runs(output)
        config = _dedup_config(read_manifest(runs[-1].folder)) if runs else DedupConfig()
        takedown = _with_verdicts(survey(runs, request), config, output)
        before = tombstones_of(output / "runs")
        tombstones = before | request.tombstones() | {tombstone("id", i) for i in takedown.ids}
        result = Removed(tuple(_affected(takedown)), len(tombstones - before))
        if dry_run:
            return result
        sweep_staging(output)  # an interrupted run has left texts there
        if not takedown.changes:
            if tombstones != before:
                write_tombstones(output / "runs", tombstones)
            return result
        changed = {change.run.sequence: change.run.run_id for change in takedown.changes}
        save_index(output, load_index(output).without(changed))
        forget_keys(output, changed.values())
        with rewriting(output, changed.values()) as fresh:
            write_tombstones(fresh, tombstones)
            hexes = sorted(each.hex() for each in request.tombstones())
            receipt = {"when": now_utc(), "tombstones": hexes}
            for run_id in changed.values():
                rewrite_run(fresh / run_id, takedown, receipt, config)
    return result


def _affected(takedown: Takedown) -> Iterator[Affected]:
    removed: dict[str, Fate] = {"articles": "article", "duplicates": "duplicate"}
    for change in takedown.changes:
        rows = read_table(change.path, "id", "run_id", "source").to_pylist()
        for row in change.gone.tolist():
            yield Affected(removed[change.table], **rows[row])
        for place, row in enumerate(change.touched.tolist()):
            fate: Fate = "excerpt" if change.table == "rejects" else "relinked"
            if change.verdicts is not None:
                fate = "promoted" if change.verdicts["match"][place] == KEPT else "renamed"
            yield Affected(fate, **rows[row])


def _with_verdicts(takedown: Takedown, config: DedupConfig, output: Place) -> Takedown:
    """Decide which copies of removed articles become articles, and whose copies the others are."""
    changes, homes = list(takedown.changes), dict[str, str]()
    orphans = [n for n, each in enumerate(changes) if each.table == "duplicates" and each.names]
    adopted = adopt([changes[number] for number in orphans], config, output)
    for number, verdicts in zip(orphans, adopted, strict=True):
        changes[number] = change = replace(changes[number], verdicts=verdicts)
        kept = pa.array(change.touched[verdicts["match"] == KEPT])
        for row in read_table(change.path, "id", "run_id").take(kept).to_pylist():
            homes.setdefault(row["id"], row["run_id"])
    return replace(takedown, changes=tuple(changes), homes=homes)


def _dedup_config(manifest: dict[str, Any]) -> DedupConfig:
    """Return the dedup settings of the newest run; older versions wrote fewer."""
    settings = (manifest.get("config") or {}).get("dedup") or {}
    known = {name: settings[name] for name in settings if name in DedupConfig.model_fields}
    try:
        return DedupConfig.model_validate(known)
    except ValueError:
        return DedupConfig()


EVERYTHING_RARE = np.empty(0, np.uint32)
"""No common shingles: which were common at the time is no longer known, and texts that are copies
of one text share more than background."""


def adopt(
    orphans: Sequence[FileChange], config: DedupConfig, output: Place
) -> list[NDArray[np.void]]:
    """Decide for each copy whether it becomes an article, or whose copy it is now.

    Working files are in the ``.staging`` of *output*. *orphans* are files of duplicates; their
    touched rows are the copies.

    Returns:
        For each file its verdicts, VERDICT[n], in the order of its touched rows; ``match`` is
        ``KEPT`` for those that become articles. Cluster ids do not change.
    """
    if not orphans:
        return []
    groups = np.unique([name for each in orphans for name in each.names], return_inverse=True)[1]
    rows = (read_table(each.path, "run_id").take(pa.array(each.touched)) for each in orphans)
    runs = (run for own in rows for run in own["run_id"].to_pylist())
    sequences = np.array([sequence_of(run) for run in runs])
    inside = output / ".staging" if isinstance(output, Path) else None
    with tempfile.TemporaryDirectory(prefix="orphans-", dir=inside) as folder:
        staging = Staging(folder)
        _stage(orphans, config, staging)
        reader = MemberReader(config, staging)
        verdicts = np.zeros(len(groups), VERDICT)
        verdicts["match"] = KEPT
        verdicts["row"] = np.arange(len(groups))
        with closing(reader):
            order = np.argsort(groups, kind="stable")
            bounds = np.flatnonzero(np.diff(groups[order])) + 1
            for members in np.split(order, bounds):
                _adopt_one(members, sequences[members], verdicts, config, reader)
    sizes = np.cumsum([len(each.touched) for each in orphans])
    return np.split(verdicts, sizes[:-1])


def _stage(orphans: Sequence[FileChange], config: DedupConfig, staging: Staging) -> None:
    number = 0
    with ExitStack() as files:
        members = MemberWriter(0, config, staging, files)
        for each in orphans:
            for found in read_articles(each.path, each.touched):
                members.append([(n, stored.article) for n, stored in enumerate(found, number)])
                number += len(found)


def _adopt_one(
    members: NDArray[np.int64],
    sequences: NDArray[np.int64],
    verdicts: NDArray[np.void],
    config: DedupConfig,
    reader: MemberReader,
) -> None:
    """Compare the copies of one representative, run by run."""
    kept = np.empty(0, np.int64)
    for sequence in np.unique(sequences):
        new = members[sequences == sequence]
        articles = np.sort(np.concatenate([kept, new])).astype(np.uint64)
        no_links = np.empty((0, 3), np.uint64)
        bundle = Bundle(articles, np.full(len(articles), articles[0]), no_links)
        candidates, records = reader.candidates(bundle, EVERYTHING_RARE)
        candidates = replace(candidates, published=np.isin(articles, kept))
        found = decide(candidates, config)
        verdicts[row_of(found.articles).astype(np.int64)] = verdicts_of(found, articles, records)
        kept = np.concatenate([kept, new[verdicts["match"][new] == KEPT]])
