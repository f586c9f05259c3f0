"""Change published runs of an object store, by a copy of them on this machine.

New files are uploaded under names that nobody has, and one entry of the log makes them the runs'
files. Read ``working_copy`` first.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.ledger.commit import digest_manifest, save_manifest
from pipeline.ledger.history import read_manifest, tombstones_of, write_tombstones
from pipeline.ledger.log import commit_change, known_log
from pipeline.storage import StorePath, local

_INPUTS = "state/inputs"


@contextmanager
def working_copy(output: StorePath, run_ids: Iterable[str]) -> Iterator[Path]:
    """Yield a folder with copies of runs to change; what became of them is committed.

    Raises:
        LostRace: another command was first; nothing was changed.
    """
    log, names = known_log(output), list(run_ids)
    with tempfile.TemporaryDirectory(prefix="newsieve-runs-") as name:
        copy = Path(name)
        write_tombstones(copy, log.tombstones)
        for run_id in names:
            _fetch(output / "runs" / run_id, copy / run_id, log.manifests[run_id])
        yield copy
        changed = [
            _upload(copy / run_id, output / "runs" / run_id, log.manifests[run_id])
            for run_id in names
            if (copy / run_id).exists()
        ]
        commit_change(
            output,
            "the runs are changed",
            drops=[run_id for run_id in names if not (copy / run_id).exists()],
            manifests=changed,
            tombstones=tombstones_of(copy) - log.tombstones,
        )


def state_names(manifest: Mapping[str, Any]) -> set[str]:
    """Return the names of files and folders in the state of a run, as they are in the copy."""
    paths = (Path(_usual(file["path"])).parts for file in manifest["files"])
    return {parts[1] for parts in paths if parts[0] == "state"}


def _usual(path: str) -> str:
    """Return the name of a file in the copy: some steps expect that of the inputs."""
    return f"{_INPUTS}.parquet" if path.startswith(_INPUTS) else path


def _fetch(run: StorePath, copy: Path, manifest: Mapping[str, Any]) -> None:
    for file in manifest["files"]:
        target = copy / _usual(file["path"])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(local(run / file["path"]), target)
    save_manifest(copy, dict(manifest))


def _upload(copy: Path, run: StorePath, before: Mapping[str, Any]) -> dict[str, Any]:
    """Upload what is new in *copy*; return the manifest."""
    known = {_usual(file["path"]): file for file in before["files"]}
    manifest = read_manifest(copy)
    files = []
    for file in manifest["files"]:
        old = known.get(file["path"])
        if old and old["blake2b"] == file["blake2b"]:
            files.append(old)
        else:
            files.append(file | {"path": _put(copy / file["path"], run, file["path"])})
    manifest["files"] = sorted(files, key=lambda file: str(file["path"]))
    return manifest | {"digest": digest_manifest(manifest)}


def _put(file: Path, run: StorePath, name: str) -> str:
    """Upload *file*, if need be under another name: what lies there may be somebody else's."""
    stem, version = name.removesuffix(".parquet"), 1
    content = file.read_bytes()
    while True:
        try:
            (run / name).create(content)
        except FileExistsError:
            version += 1
            name = f"{stem}-{version}.parquet"
        else:
            return name
