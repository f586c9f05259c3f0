"""Change published runs by swapping the whole folder of runs. Read ``rewriting`` first.

    runs ─hard links─▶ .staging/runs, changed there ─swap─▶ runs; the old folder is deleted

Readers see either all old runs or all new ones, also after a kill. Changed files get new names
(``next_name``): a reader with an old listing misses a file instead of mixing the two states. Runs
in an object store are changed in a copy on this machine (``working_copy``): new files are uploaded
under new names, and one entry of the log replaces the old ones.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UsageError
from pipeline.ledger.commit import (
    check_output,
    cleanup_after,
    describe_files,
    digest_manifest,
    refuse_held,
    save_manifest,
)
from pipeline.ledger.history import (
    committed_runs,
    read_manifest,
    renew_views,
    tombstones_of,
    write_tombstones,
)
from pipeline.ledger.lock import locked
from pipeline.ledger.log import Log, commit_change, known_log, name_for
from pipeline.storage import Place, local, opened, remove_tree
from pipeline.storage.disk import exchange_folders, link_tree
from pipeline.storage.objects import StorePath
from pipeline.write.columns import Table, schema
from pipeline.write.parquet import undamaged

_NAME = re.compile(
    r"(?P<stem>.+?)(?:-v(?P<version>\d+))?(?:-\d{6,}-[0-9a-f]{8})?\.parquet", re.ASCII
)
"""The name of a file of a table; in an object store with the suffix of ``log.name_for``."""


@contextmanager
def exclusive(output: Place) -> Iterator[None]:
    """Hold the lock of *output*; complete or roll back a killed rewrite first.

    Raises UsageError if there are no runs, or ``runs`` is a link; HeldRun if a run is held;
    LockedOutput if one is in progress.
    """
    check_output(output)
    with locked(output):
        refuse_held(output, "a run is held by a gate; decide first")
        runs = output / "runs"
        if isinstance(runs, Path) and runs.is_symlink():
            raise UsageError(f"{runs}: is a link; only a folder can be swapped")
        published = runs.is_dir() if isinstance(runs, Path) else committed_runs(output)
        if not published:
            raise UsageError(f"{output}: no run is published")
        if isinstance(output, Path) and _fresh(output).exists():  # left by a killed command
            shutil.rmtree(_fresh(output))
        yield


def _fresh(output: Path) -> Path:
    return output / ".staging" / "runs"


@contextmanager
def rewriting(output: Place, run_ids: Iterable[str]) -> Iterator[Path]:
    """Yield a copy of ``runs`` to change; it replaces ``runs`` if the block succeeds.

    Files of the copy may be deleted or replaced, but not modified. Use it within ``exclusive``.
    *run_ids* are the runs to change; in an object store, the copy has only these.
    """
    if not isinstance(output, Path):
        with working_copy(output, run_ids) as copy:
            yield copy
        renew_views(output)
        return
    runs, fresh = output / "runs", _fresh(output)
    try:
        link_tree(runs, fresh)
        yield fresh
        exchange_folders(runs, fresh, "the runs are changed")
    except Exception:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    with cleanup_after("the runs are changed"):
        renew_views(output)
        shutil.rmtree(fresh)  # what was there before


def forget_keys(output: Place, run_ids: Iterable[str]) -> None:
    """Delete the keys in ``.index`` of runs that will change."""
    index, names = output / ".index", set(run_ids)
    for keys in index.iterdir() if index.is_dir() else ():
        for folder in keys.iterdir() if keys.name.startswith("keys-") else ():
            if folder.name in names:
                remove_tree(folder)


def next_name(path: Path, taken: Iterable[str] = ()) -> str:
    """Return a name for the file that replaces *path*. *taken* are names in use.

    >>> from pathlib import Path
    >>> next_name(Path("part-00007.parquet")), next_name(Path("part-00007-v2.parquet"))
    ('part-00007-v2.parquet', 'part-00007-v3.parquet')
    >>> next_name(Path("part-00007-v2-000012-0123abcd.parquet"))
    'part-00007-v3.parquet'
    """
    named = _NAME.fullmatch(path.name)
    assert named is not None
    version, names = int(named["version"] or 1) + 1, set(taken)
    while f"{named['stem']}-v{version}.parquet" in names:
        version += 1
    return f"{named['stem']}-v{version}.parquet"


def row_group_rows(manifest: Mapping[str, Any]) -> int:
    """Return the setting ``write.row_group_rows`` of a run; 10,000 if its manifest lacks it."""
    return int(manifest.get("config", {}).get("write", {}).get("row_group_rows", 10_000))


def save_rewritten(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest of a changed run, with its current files."""
    save_manifest(folder, manifest | {"files": describe_files(folder)})


def common_schema(table: Table, files: Sequence[Place]) -> pa.Schema:
    """Return a schema for the rows of all *files*; older files may lack columns."""
    found = []
    for path in files:
        with undamaged(path):
            found.append(pq.read_schema(opened(path)))
    newest = schema(table)
    lacking = {name for each in found for name in newest.names if name not in each.names}
    fields = [field.with_nullable(field.nullable or field.name in lacking) for field in newest]
    return pa.schema(fields, metadata=newest.metadata)


def fitted(rows: pa.Table, wanted: pa.Schema) -> pa.Table:
    """Cast *rows* to a schema; missing columns become null."""
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in wanted
    ]
    return pa.Table.from_arrays(columns, schema=wanted)


_INPUTS = "state/inputs"


@contextmanager
def working_copy(output: StorePath, run_ids: Iterable[str]) -> Iterator[Path]:
    """Yield a folder with copies of runs to change; commit the changes if the block succeeds.

    Raises LostRace if another command was first; nothing was changed.
    """
    log, names = known_log(output), list(run_ids)
    with tempfile.TemporaryDirectory(prefix="newsieve-runs-") as name:
        copy = Path(name)
        write_tombstones(copy, log.tombstones)
        for run_id in names:
            _fetch(output / "runs" / run_id, copy / run_id, log.manifests[run_id])
        yield copy
        changed = [
            _upload(copy / run_id, output / "runs" / run_id, log)
            for run_id in names
            if (copy / run_id).exists()
        ]
        commit_change(
            output,
            log,
            "the runs are changed",
            drops=[run_id for run_id in names if not (copy / run_id).exists()],
            manifests=changed,
            tombstones=tombstones_of(copy) - log.tombstones,
        )


def state_names(manifest: Mapping[str, Any]) -> set[str]:
    """Return the names of files and folders in the state of a run, as in the working copy."""
    paths = (Path(_plain_name(file["path"])).parts for file in manifest["files"])
    return {parts[1] for parts in paths if parts[0] == "state"}


def _plain_name(path: str) -> str:
    """Return the name of a file in the working copy, without the suffix of ``log.name_for``."""
    return f"{_INPUTS}.parquet" if path.startswith(_INPUTS) else path


def _fetch(run: StorePath, copy: Path, manifest: Mapping[str, Any]) -> None:
    for file in manifest["files"]:
        target = copy / _plain_name(file["path"])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(local(run / file["path"]), target)
    save_manifest(copy, dict(manifest))


def _upload(copy: Path, run: StorePath, log: Log) -> dict[str, Any]:
    known = {_plain_name(file["path"]): file for file in log.manifests[run.name]["files"]}
    manifest = read_manifest(copy)
    files = []
    for file in manifest["files"]:
        old = known.get(file["path"])
        if old and old["blake2b"] == file["blake2b"]:
            files.append(old)
        else:
            name = name_for(file["path"], log.sequence + 1, manifest["digest"][:8])
            (run / name).put(copy / file["path"])
            files.append(file | {"path": name})
    manifest["files"] = sorted(files, key=lambda file: str(file["path"]))
    return manifest | {"digest": digest_manifest(manifest)}
