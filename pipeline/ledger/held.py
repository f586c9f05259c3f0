"""Runs held by a gate: finished, hidden from readers, waiting for a decision.

``<output>/.held/<run_id>/`` is the folder that would have been published. While it exists, every
run raises ``HeldRun``. Read ``publish_held`` and ``discard_held``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.config import GatesConfig
from pipeline.errors import HeldRun, NewsieveError, UsageError
from pipeline.ledger.account import AlarmCluster
from pipeline.ledger.commit import (
    cleanup_after,
    hold,
    now_utc,
    publish,
    save_manifest,
    sweep_staging,
    withdraw,
)
from pipeline.ledger.gates import EarlierRun, GateResult, failed, gates_from_dict
from pipeline.ledger.history import (
    CommittedRun,
    committed_runs,
    manifests_of,
    read_manifest,
    renew_views,
)
from pipeline.ledger.lock import locked
from pipeline.ledger.log import HELD, LOG, read_log, sequence_of
from pipeline.staging import Staging
from pipeline.storage import Place, open_own, remove_tree
from pipeline.storage.objects import StorePath, check_store
from pipeline.text.terminal import pasted
from pipeline.write.columns import COUNTED


def earlier_runs(runs: Sequence[CommittedRun], config: GatesConfig) -> list[EarlierRun]:
    """Read the manifests of the newest ``baseline_runs`` runs, oldest first."""
    found: list[EarlierRun] = []
    for run in reversed(runs[-config.baseline_runs :]):
        for manifest in reversed(list(manifests_of(read_manifest(run.folder)))):
            gates = manifest.get("gates", {})  # older versions wrote none
            accepted = frozenset(name for name, fact in gates.items() if not fact["passed"])
            found.append(EarlierRun(manifest["counts"], accepted))
    return found[: config.baseline_runs][::-1]


def publish_or_hold(
    finished: Place, output: Place, run_id: str, gates: Sequence[GateResult]
) -> Place:
    """Publish the run in *finished* if it passed all *gates*, and return its folder; else hold it.

    Raises HeldRun if the run is held; the message names the gates and the commands to decide.
    """
    if not failed(gates):
        return publish(finished, output, run_id)
    held = hold(finished, output, run_id)
    sweep_staging(output)
    raise HeldRun(f"{output}: held by a gate, nothing was published\n{describe_held(held)}")


def refuse_held(
    output: Place, problem: str = "an earlier run is held by a gate, nothing was started"
) -> None:
    """Raise if a run waits for a decision.

    Raises HeldRun if one does; the message names the gates and the commands to decide.
    """
    held = held_runs(output)
    if held:
        waiting = "\n".join(describe_held(each) for each in held)
        raise HeldRun(f"{output}: {problem}\n{waiting}")


def held_runs(output: Place) -> list[Place]:
    """List the folders of held runs, by name.

    In an object store, a run whose number in the log is taken is no longer held: it was published,
    or its inputs are planned again.
    """
    folder = output / HELD
    found: list[Place] = [*folder.iterdir()] if folder.is_dir() else []
    if found and isinstance(output, StorePath):
        taken = read_log(output).sequence
        found = [each for each in found if sequence_of(each.name) > taken]
    return sorted((each for each in found if each.is_dir()), key=lambda each: each.name)


def describe_held(folder: Place) -> str:
    """Describe a held run: its counts, the gates that hold it, the commands to decide.

    Raises NewsieveError if its manifest is damaged.
    """
    *_, lines = _read_held(folder)
    decision = f"{pasted(folder.parent.parent)} {folder.name}"
    return "\n".join(
        [
            *lines,
            f"  look at it:           {folder}",
            f"  publish it unchanged: newsieve publish {decision}",
            f"  or delete it:         newsieve discard {decision}",
        ]
    )


def publish_held(output: Place, name: str) -> Place:
    """Publish a held run, with ``published_by_hand`` in its manifest; return its folder.

    *name* is the run, or a unique prefix of its name.

    Raises:
        UsageError: no such run is held, or *output* holds no runs at all.
        LockedOutput: a run is in progress.
        NewsieveError: the parent of this run is no longer the newest run.
    """
    with _held(output, name) as folder:
        manifest, parent, _ = _read_held(folder)
        runs = committed_runs(output)
        newest = runs[-1].run_id if runs else None
        if parent != newest:
            raise NewsieveError(
                f"{output}: run {folder.name} follows {parent or 'no run'}, but the newest "
                f"run is {newest or 'none'}; it can no longer be published. "
                f"newsieve discard {pasted(output)} {folder.name} gives its inputs to the next run"
            )
        now = now_utc()
        by_hand = {"published_at": now, "published_by_hand": now}
        save_manifest(folder, manifest | by_hand)
        published = publish(folder, output, folder.name)
        with cleanup_after(f"{folder.name} is published"):
            renew_views(output)
            sweep_staging(output)
    return published


def discard_held(output: Place, name: str) -> str:
    """Delete a held run, so that the next run reads its inputs again; return its name.

    Arguments and errors are those of ``publish_held``.
    """
    with _held(output, name) as folder:
        if isinstance(folder, Path) and isinstance(output, Path):
            withdraw(folder, output)
        else:
            # Its tables are deleted when another run has its number in the log.
            Staging(str(output / ".staging" / folder.name)).remove()  # left by a kill
            remove_tree(folder)
    return folder.name


@contextmanager
def _held(output: Place, name: str) -> Iterator[Place]:
    """Hold the lock of *output*; yield the folder of the held run *name*."""
    check_output(output)
    with locked(output):
        yield _find_held(output, name)


def check_output(output: Place) -> None:
    """Check that *output* is an output folder, before a lock file is created in it.

    Raises UsageError if it is not.
    """
    if not isinstance(output, Path):
        check_store(output)
    names = ("runs", "runs.new", HELD) if isinstance(output, Path) else (LOG, HELD)
    if not any((output / name).is_dir() for name in names):
        raise UsageError(f"{output}: no runs here; name the folder that `newsieve run` wrote to")


def _find_held(output: Place, name: str) -> Place:
    held = held_runs(output)
    found = [each for each in held if each.name == name]
    found = found or [each for each in held if name and each.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    if not held:
        raise UsageError(f"{output}: no run is held; nothing to publish or discard")
    names = ", ".join(each.name for each in held)
    problem = "more than one held run begins" if found else "no held run begins"
    raise UsageError(f"{output}: {problem} with {name!r}; held: {names}")


def _read_held(folder: Place) -> tuple[dict[str, Any], str | None, list[str]]:
    """Return the manifest of a held run, its parent, and lines that say what holds it."""
    path = folder / "manifest.json"
    try:
        with open_own(path) as stream:
            manifest = json.load(stream)
        counts = " · ".join(f"{name} {int(manifest['counts'][name]):,}" for name in COUNTED)
        clusters = [AlarmCluster(**each) for each in manifest["alarm_clusters"]]
        problems = [*failed(gates_from_dict(manifest["gates"])), *clusters]
        lines = [f"  run {folder.name}: {counts}", *(f"  {each}" for each in problems)]
        return manifest, manifest["parent"], lines
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NewsieveError(
            f"{path}: damaged manifest ({error}); newsieve discard {pasted(folder.parent.parent)} "
            f"{folder.name} removes the held run, and the next run reads its inputs again"
        ) from error
