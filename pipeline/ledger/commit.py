"""From finished staging to a published run: the manifest, then one rename. Read ``publish``.

A run that a gate holds is renamed to ``<output>/.held/<run_id>/``, hidden from readers. While it is
there, every run raises ``HeldRun``. Read ``publish_held`` and ``discard_held``.
"""

from __future__ import annotations

import json
import logging
import platform
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime, timezone
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.config import Config, GatesConfig
from pipeline.errors import HeldRun, NewsieveError, UsageError
from pipeline.ledger.account import Account, AlarmCluster
from pipeline.ledger.gates import GateResult, failed, gates_as_dict, gates_from_dict
from pipeline.ledger.history import (
    INPUTS_SCHEMA,
    CommittedRun,
    committed_runs,
    example_of,
    first_rejects,
    manifests_of,
    read_manifest,
    renew_views,
)
from pipeline.ledger.lock import locked
from pipeline.ledger.log import HELD, LOG, commit, encode_manifest, read_log, sequence_of, sweep
from pipeline.ledger.plan import Plan
from pipeline.read.parts import survey_whole
from pipeline.staging import PartCount, Staging, WindowCounts
from pipeline.storage import Place, listed, local, name_below, open_own, remove_tree, write_bytes
from pipeline.storage.disk import publish_folder
from pipeline.storage.objects import StorePath, check_store
from pipeline.text.terminal import pasted
from pipeline.version import FORMAT_VERSION, VERSION
from pipeline.write.columns import COUNTED, TABLES
from pipeline.write.parquet import write_parquet

LIBRARIES = ("apache-beam", "datasketch", "langdetect", "numpy", "pyarrow", "trafilatura")
"""Libraries whose version can change the tables."""
REASONS_SHOWN = 5
"""Maximum reasons of rejects in the description of a held run."""


def write_inputs(
    folder: Place, plan: Plan, counts: dict[str, PartCount], max_attempts: int
) -> None:
    """Write state/inputs.parquet: which files later runs skip, and which they read again.

    *max_attempts* is the number of runs that try to read a damaged file.
    """
    rows = [
        {
            "digest": each.digest,
            "bytes": each.bytes,
            "attempts": each.attempts,
            **asdict(counts[each.source]),
            "retry": bool(counts[each.source].unfinished)
            or (counts[each.source].retry and each.attempts < max_attempts),
        }
        for each in plan.inputs
    ]
    table = pa.Table.from_pylist(rows, schema=INPUTS_SCHEMA)
    write_parquet(folder / "state" / "inputs.parquet", INPUTS_SCHEMA, [table], 100_000)


def write_manifest(
    staging: Staging,
    plan: Plan,
    config: Config,
    account: Account,
    gates: Sequence[GateResult],
    timings: dict[str, Any],
) -> None:
    """Write the manifest of a finished run, the last file before the commit.

    Args:
        gates: results of the gates that apply.
        timings: wall-clock times, which no table contains.
    """
    manifest = {
        "format_version": FORMAT_VERSION,
        "newsieve": VERSION,
        "run_id": plan.run_id,
        "sequence": plan.sequence,
        "parent": plan.parent,
        "logical_date": plan.logical_date.isoformat(),
        "counts": account.as_dict(),
        "alarm_clusters": [asdict(cluster) for cluster in account.alarm_clusters],
        "gates": gates_as_dict(gates),
        "published_at": now_utc(),
        "published_by_hand": None,
        "inputs": {"files": len(plan.inputs), "bytes": plan.bytes},
        "window": asdict(staging.read("window.counts", WindowCounts())),
        "files": _files_of(plan, staging),
        "config": config.model_dump(mode="json"),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "timings": timings,
    }
    save_manifest(staging.manifest_folder, manifest)


def now_utc() -> str:
    """Return the time for a manifest: ISO 8601 in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def save_manifest(folder: Place, manifest: dict[str, Any]) -> None:
    """Write manifest.json of the run in *folder*, atomically, including its own digest."""
    manifest = manifest | {"digest": digest_manifest(manifest)}
    write_bytes(folder / "manifest.json", encode_manifest(manifest))


def describe_files(folder: Place) -> list[dict[str, Any]]:
    """Return ``files`` of the manifest of the run in *folder*: path, rows, bytes and digest."""
    return [_describe(path, folder) for path in listed(folder, "*.parquet", deep=True)]


def _files_of(plan: Plan, staging: Staging) -> list[dict[str, Any]]:
    """Describe the files of the run, but not those that a discarded run of this name has left."""
    folder, found = staging.result, describe_files(staging.result)
    if isinstance(folder, Path):
        return found
    notes = enumerate(staging.written(range(len(plan.blocks))))
    tables = [(n, table, getattr(counts, table)) for n, counts in notes for table in TABLES]
    empty = {
        name_below(staging.table_file(n, table), folder) for n, table, rows in tables if not rows
    }
    return [file for file in found if file["path"] not in empty]


def digest_manifest(manifest: dict[str, Any]) -> str:
    """Digest *manifest* without its ``digest``: 32 hex digits, independent of the order of keys."""
    facts = {name: value for name, value in manifest.items() if name != "digest"}
    return blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=16).hexdigest()


def digest_file(path: Place) -> str:
    """Digest the bytes of *path*: 32 hex digits of blake2b."""
    with path.open("rb") as stream:
        return survey_whole(stream).digest


def _describe(place: Place, folder: Place) -> dict[str, Any]:
    path = local(place)
    return {
        "path": name_below(place, folder),
        "rows": pq.read_metadata(path).num_rows,
        "bytes": path.stat().st_size,
        "blake2b": digest_file(path),
    }


def publish(finished: Place, output: Place, run_id: str) -> Place:
    """Publish *finished* as a run of *output* by one rename or conditional put; return its folder.

    *finished* is the folder of the run; in an object store, of its manifest. Raises LostRace if,
    there, another run has taken its number in the log.
    """
    target, deed = output / "runs" / run_id, f"{run_id} is published"
    if isinstance(finished, Path) and isinstance(target, Path):
        publish_folder(finished, target, deed)
    elif isinstance(output, StorePath):
        manifest = finished / "manifest.json"
        commit(output, sequence_of(run_id), manifest.read_bytes(), deed)
        with cleanup_after(deed):
            Staging(str(finished)).remove()
    return target


def hold(finished: Place, output: Place, run_id: str) -> Place:
    """Keep *finished* as a held run; the arguments are those of ``publish``."""
    target = output / HELD / run_id
    if isinstance(finished, Path) and isinstance(target, Path):
        publish_folder(finished, target, f"{run_id} is held")
    else:
        write_bytes(target / "manifest.json", (finished / "manifest.json").read_bytes())
        Staging(str(finished)).remove()  # after a discard, its inputs are planned again
    return target


@contextmanager
def cleanup_after(deed: str) -> Iterator[None]:
    """Run a cleanup after *deed*; log an ``OSError``: the next command cleans up the rest."""
    try:
        yield
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        logging.getLogger("newsieve").warning(
            "%s; the cleanup is left to the next command: %s%s", deed, place, error.strerror
        )


def withdraw(folder: Path, output: Path) -> None:
    """Hide a run by one rename, then delete it. Call it under the lock.

    After a kill in between, the next ``sweep_staging`` deletes the rest.
    """
    sweep_staging(output)
    gone = output / ".staging" / f"withdrawn-{folder.name}"
    publish_folder(folder, gone, f"{folder.name} is removed")
    with cleanup_after(f"{folder.name} is removed"):
        shutil.rmtree(gone)


def sweep_staging(output: Place, keep: str | None = None) -> None:
    """Remove what interrupted runs left behind. Call it under the lock.

    Args:
        keep: the run that will be finished.
    """
    if not isinstance(output, Path):
        sweep(output)
        return
    for leftover in (output / ".staging").iterdir():
        if leftover.is_symlink():
            leftover.unlink()
        elif leftover.is_dir() and leftover.name != keep:
            shutil.rmtree(leftover)


def earlier_runs(runs: Sequence[CommittedRun], config: GatesConfig) -> list[dict[str, Any]]:
    """Read the manifests of the newest ``baseline_runs`` runs, oldest first."""
    newest = runs[-config.baseline_runs :]
    found = [each for run in newest for each in manifests_of(read_manifest(run.folder))]
    return found[-config.baseline_runs :]


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
    manifest, _, lines = _read_held(folder)
    decision = f"{pasted(folder.parent.parent)} {folder.name}"
    return "\n".join(
        [
            *lines,
            *_rejects_of(folder, manifest),
            f"  its files:            {folder}",
            f"  look at it:           newsieve report {decision} --html report.html",
            f"  publish it unchanged: newsieve publish {decision}",
            f"  or delete it:         newsieve discard {decision}",
        ]
    )


def _rejects_of(folder: Place, manifest: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each of the most frequent reasons, with an example if it can be read."""
    counts: dict[str, int] = manifest["counts"].get("rejects_by_reason", {})
    examples: dict[str, dict[str, Any]] = {}
    with suppress(NewsieveError, OSError):
        examples = first_rejects(folder) if counts else {}
    for reason in sorted(counts, key=lambda name: (-counts[name], name))[:REASONS_SHOWN]:
        example = f", such as {example_of(examples[reason])[:90]}" if reason in examples else ""
        yield f"  rejected {reason} {counts[reason]:,}{example}"


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
