"""The one way in which runs that are published change: the whole folder of runs is exchanged.

    runs ─hard links─▶ .staging/runs, changes there ─exchange─▶ runs, and the old one is deleted

A reader of the glob sees all runs at every moment, as they were or as they are to be, and so
does whoever comes after a kill. Files of a changed run get new names (``next_name``): a reader
that had listed the old ones, and is late, finds a file gone instead of reading half of each.
"""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UsageError
from pipeline.ledger.commit import describe_files, save_manifest, tidying
from pipeline.ledger.held import check_output, refuse_held
from pipeline.ledger.history import undamaged
from pipeline.ledger.lock import locked
from pipeline.storage import exchange_folders, link_tree
from pipeline.write.columns import schema
from pipeline.write.views import write_views

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pipeline.write.columns import Table

_NAME = re.compile(r"(?P<stem>.+?)(?:-v(?P<version>\d+))?\.parquet")


@contextmanager
def alone(output: Path) -> Iterator[None]:
    """Hold the lock of *output*, with no run waiting for a decision and none half done.

    Raises:
        UsageError: there are no runs, or they lie elsewhere, behind a link.
        HeldRun: a run waits for a decision.
        LockedOutput: a run is at work.
    """
    check_output(output)
    with locked(output):
        refuse_held(output, "a run is held by a gate; decide first")
        runs = output / "runs"
        if runs.is_symlink():
            raise UsageError(f"{runs}: is a link; only a folder in its place can be exchanged")
        if not runs.is_dir():
            raise UsageError(f"{output}: no run is published")
        if _fresh(output).exists():  # somebody was killed
            shutil.rmtree(_fresh(output))
        yield


def _fresh(output: Path) -> Path:
    return output / ".staging" / "runs"


@contextmanager
def rewriting(output: Path) -> Iterator[Path]:
    """Give a copy of ``runs`` to change; when the block ends well, it takes the place of ``runs``.

    Files of the copy may be deleted and replaced, but not written into. Only within ``alone``.
    """
    runs, fresh = output / "runs", _fresh(output)
    try:
        link_tree(runs, fresh)
        yield fresh
        exchange_folders(runs, fresh)
    except Exception:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    with tidying("the runs are exchanged"):
        write_views(output)
        shutil.rmtree(fresh)  # what was there before


def forget_keys(output: Path, run_ids: Iterable[str]) -> None:
    """Delete the keys that were made anew for runs that are about to change."""
    for run_id in run_ids:
        for folder in (output / ".index").glob(f"keys-*/{run_id}"):
            shutil.rmtree(folder)


def next_name(path: Path, taken: Iterable[str] = ()) -> str:
    """Name the file that takes the place of *path*.

    Args:
        taken: names of other files that it must differ from.

    >>> from pathlib import Path
    >>> next_name(Path("part-00007.parquet")), next_name(Path("part-00007-v2.parquet"))
    ('part-00007-v2.parquet', 'part-00007-v3.parquet')
    """
    named = _NAME.fullmatch(path.name)
    assert named is not None
    version, names = int(named["version"] or 1) + 1, set(taken)
    while f"{named['stem']}-v{version}.parquet" in names:
        version += 1
    return f"{named['stem']}-v{version}.parquet"


def read_whole(path: Path) -> pa.Table:
    """Read a file of a table, with the columns that it has."""
    with undamaged(path), pq.ParquetFile(path) as file:
        return file.read()


def save_rewritten(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest of a changed run, with its files as they are now."""
    save_manifest(folder, manifest | {"files": describe_files(folder)})


def common_schema(table: Table, files: Sequence[Path]) -> pa.Schema:
    """Give a schema that the rows of all *files* fit: an older one may lack columns."""
    found = []
    for path in files:
        with undamaged(path):
            found.append(pq.read_schema(path))
    newest = schema(table)
    lacking = {name for each in found for name in newest.names if name not in each.names}
    fields = [field.with_nullable(field.nullable or field.name in lacking) for field in newest]
    return pa.schema(fields, metadata=newest.metadata)


def fitted(rows: pa.Table, wanted: pa.Schema) -> pa.Table:
    """Lay *rows* out by a schema; columns that they lack are unknown."""
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in wanted
    ]
    return pa.Table.from_arrays(columns, schema=wanted)
