"""From finished staging to a published run: the manifest, then one rename. Read ``publish``."""

from __future__ import annotations

import json
import logging
import platform
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timezone
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.config import Config
from pipeline.ledger.account import Account
from pipeline.ledger.gates import GateResult, gates_as_dict
from pipeline.ledger.history import INPUTS_SCHEMA
from pipeline.ledger.log import HELD, commit, encode_manifest, sequence_of, sweep
from pipeline.ledger.plan import Plan
from pipeline.read.parts import survey_whole
from pipeline.staging import PartCount, Staging, WindowCounts
from pipeline.storage import Place, listed, local, name_below, write_bytes
from pipeline.storage.disk import publish_folder
from pipeline.storage.objects import StorePath
from pipeline.version import FORMAT_VERSION, VERSION
from pipeline.write.columns import TABLES
from pipeline.write.parquet import write_parquet

LIBRARIES = ("apache-beam", "datasketch", "langdetect", "numpy", "pyarrow", "trafilatura")
"""Libraries whose version can change the tables."""


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
