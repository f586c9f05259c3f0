"""Runs that a gate holds: finished, out of the readers' sight, waiting for a decision.

``<output>/.held/<run_id>/`` is the folder that would have been published, as it would have
been. While it is there every further run ends in ``HeldRun``; ``publish_held`` and
``discard_held`` decide.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import HeldRun, NewsieveError, UsageError
from pipeline.ledger.account import AlarmCluster
from pipeline.ledger.commit import now_utc, publish, save_manifest, sweep_staging, tidying, withdraw
from pipeline.ledger.gates import EarlierRun, failed, gates_from_dict
from pipeline.ledger.history import committed_runs, manifests_of, read_manifest
from pipeline.ledger.lock import locked
from pipeline.storage import publish_folder
from pipeline.write.views import write_views

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline.config import GatesConfig
    from pipeline.ledger.gates import GateResult
    from pipeline.ledger.history import CommittedRun

HELD = ".held"

_FATES = ("read", "articles", "duplicates", "rejects", "unchanged")


def earlier_runs(runs: Sequence[CommittedRun], config: GatesConfig) -> list[EarlierRun]:
    """Read what gates compare with from the manifests of the newest ``baseline_runs`` runs."""
    found: list[EarlierRun] = []
    for run in reversed(runs[-config.baseline_runs :]):
        for manifest in reversed(list(manifests_of(read_manifest(run.folder)))):
            gates = manifest.get("gates", {})  # a manifest of an older newsieve has none
            accepted = frozenset(name for name, fact in gates.items() if not fact["passed"])
            found.append(EarlierRun(manifest["counts"], accepted))
    return found[: config.baseline_runs][::-1]


def publish_or_hold(finished: Path, output: Path, run_id: str, gates: Sequence[GateResult]) -> Path:
    """Publish the run in *finished* if it passed all *gates*, else hold it.

    Returns:
        The folder of the published run.

    Raises:
        HeldRun: the run is held; the message says by what, and how to decide.
    """
    if not failed(gates):
        return publish(finished, output, run_id)
    held = output / HELD / run_id
    publish_folder(finished, held)
    sweep_staging(output)
    raise HeldRun(f"{output}: held by a gate, nothing was published\n{describe_held(held)}")


def refuse_held(
    output: Path, problem: str = "an earlier run is held by a gate, nothing was started"
) -> None:
    """Let nothing begin while a run waits for a decision.

    Raises:
        HeldRun: one does; the message says by what it is held, and how to decide.
    """
    held = held_runs(output)
    if held:
        waiting = "\n".join(describe_held(each) for each in held)
        raise HeldRun(f"{output}: {problem}\n{waiting}")


def held_runs(output: Path) -> list[Path]:
    """List the folders of the runs that wait for a decision, by name."""
    folder = output / HELD
    return sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []


def describe_held(folder: Path) -> str:
    """Say what a held run came to, which gates hold it, and how to decide.

    Raises:
        NewsieveError: its manifest is damaged; the message says what can be done.
    """
    held = _read_held(folder)
    sums = " · ".join(f"{name} {held.counts[name]:,}" for name in _FATES)
    output = folder.parent.parent
    return "\n".join(
        [
            f"  run {folder.name}: {sums}",
            *(f"  {result}" for result in held.failed),
            *(f"  {cluster}" for cluster in held.alarm_clusters),
            f"  look at it:           {folder}",
            f"  publish it as it is:  newsieve publish {output} {folder.name}",
            f"  or remove it:         newsieve discard {output} {folder.name}",
        ]
    )


def publish_held(output: Path, name: str) -> Path:
    """Publish a held run all the same; its manifest says so.

    Args:
        name: the run, or a beginning that no other held run has.

    Returns:
        The folder of the published run.

    Raises:
        UsageError: no such run is held, or *output* holds no runs at all.
        LockedOutput: a run is at work.
        NewsieveError: the newest run is no longer the one that this run follows.
    """
    check_output(output)
    with locked(output):
        held = _read_held(_find_held(output, name))
        runs = committed_runs(output)
        newest = runs[-1].run_id if runs else None
        if held.parent != newest:
            run_id = held.folder.name
            raise NewsieveError(
                f"{output}: run {run_id} follows {held.parent or 'no run'}, but the newest run "
                f"is {newest or 'none'}; it can no longer be published. "
                f"newsieve discard {output} {run_id} gives its inputs to the next run"
            )
        now = now_utc()
        by_hand = {"published_at": now, "published_by_hand": now}
        save_manifest(held.folder, held.manifest | by_hand)
        folder = publish(held.folder, output, held.folder.name)
        with tidying(f"{folder.name} is published"):
            write_views(output)
            sweep_staging(output)
    return folder


def discard_held(output: Path, name: str) -> str:
    """Remove a held run; what it read counts as unread, and comes again in the next run.

    Args:
        name: the run, or a beginning that no other held run has.

    Returns:
        The name of the removed run.

    Raises:
        UsageError: no such run is held, or *output* holds no runs at all.
        LockedOutput: a run is at work.
    """
    check_output(output)
    with locked(output):
        held = _find_held(output, name)
        withdraw(held, output)
    return held.name


def check_output(output: Path) -> None:
    """Make sure that *output* is a folder of runs, before a lock is left in it.

    Raises:
        UsageError: it is none.
    """
    if not any((output / name).is_dir() for name in ("runs", "runs.new", HELD)):
        raise UsageError(f"{output}: no runs here; name the folder that `newsieve run` wrote to")


def _find_held(output: Path, name: str) -> Path:
    held = held_runs(output)
    found = [each for each in held if each.name == name]
    found = found or [each for each in held if name and each.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    if not held:
        raise UsageError(f"{output}: no run is held; there is nothing to decide")
    names = ", ".join(each.name for each in held)
    problem = "more than one held run begins" if found else "no held run begins"
    raise UsageError(f"{output}: {problem} with {name!r}; held: {names}")


@dataclass(frozen=True, slots=True)
class _Held:
    """A held run, and what its manifest says.

    Attributes:
        failed: the gates that hold it.
    """

    folder: Path
    manifest: dict[str, Any]
    parent: str | None
    counts: dict[str, int]
    failed: list[GateResult]
    alarm_clusters: list[AlarmCluster]


def _read_held(folder: Path) -> _Held:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        counts = {name: int(manifest["counts"][name]) for name in _FATES}
        gates = failed(gates_from_dict(manifest["gates"]))
        clusters = [AlarmCluster(**each) for each in manifest["alarm_clusters"]]
        return _Held(folder, manifest, manifest["parent"], counts, gates, clusters)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NewsieveError(
            f"{path}: damaged manifest ({error}); newsieve discard {folder.parent.parent} "
            f"{folder.name} removes the held run, and its inputs come again in the next one"
        ) from error
