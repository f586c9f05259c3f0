"""Undo the newest run of an output folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.ledger.commit import check_output, cleanup_after, refuse_held, withdraw
from pipeline.ledger.history import committed_runs, read_manifest, renew_views
from pipeline.ledger.lock import locked
from pipeline.ledger.log import commit_change, known_log
from pipeline.ledger.upkeep.rewrite import forget_keys
from pipeline.storage import Place
from pipeline.storage.objects import StorePath


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A run that was undone, its counts, and the newest run now (None if no run is left)."""

    run_id: str
    counts: dict[str, Any]
    newest: str | None


def undo(output: Place, *, dry_run: bool = False) -> TakenBack:
    """Remove the newest run; the next run reads its inputs again. With *dry_run*, only report.

    Raises UsageError if there is no run, or the newest one is compacted from several; HeldRun if a
    run that follows it is held; LockedOutput if one is in progress.
    """
    check_output(output)
    with locked(output):
        refuse_held(output, "a held run follows the newest; decide first")
        runs = committed_runs(output)
        if not runs:
            raise UsageError(f"{output}: no run is published; nothing to undo")
        newest = runs[-1]
        manifest = read_manifest(newest.folder)
        if manifest.get("runs"):
            raise UsageError(
                f"{output}: the newest run {newest.run_id} holds {len(manifest['runs'])} runs that "
                "were compacted and cannot be undone. To delete individual texts use `newsieve "
                "remove`; the individual runs exist only in a backup made before `compact`"
            )
        taken = TakenBack(
            run_id=newest.run_id,
            counts=manifest.get("counts") or {},
            newest=runs[-2].run_id if len(runs) > 1 else None,
        )
        if dry_run:
            return taken
        # A new run over the same files would have the same name, but may have other texts.
        forget_keys(output, [newest.run_id])
        if isinstance(newest.folder, Path) and isinstance(output, Path):
            withdraw(newest.folder, output)
        elif isinstance(output, StorePath):
            deed = f"{newest.run_id} is removed"
            commit_change(output, known_log(output), deed, [newest.run_id])
        with cleanup_after(f"{newest.run_id} is undone"):
            renew_views(output)
    return taken
