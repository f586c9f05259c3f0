"""Write the tables of one run again, without what was taken down. Read ``rewrite_run``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.config import DedupConfig
from pipeline.dedup.decide import KEPT
from pipeline.dedup.steps.earlier.keys import sign_again, write_keys
from pipeline.dedup.steps.layouts import THIS_RUN
from pipeline.ledger.history import read_manifest, read_table
from pipeline.ledger.upkeep.rewrite import fitted, next_name, row_group_rows, save_rewritten
from pipeline.ledger.upkeep.takedown import FileChange, Takedown
from pipeline.passes.write_block import verdict_columns
from pipeline.write.columns import schema
from pipeline.write.parquet import write_parquet


@dataclass(frozen=True, eq=False)
class RunChanges:
    """The changes of one run.

    Attributes:
        places: numbers of its files in the changes of the takedown.
        verdicts: number of a file → verdicts of its orphans.
        homes: id of each promoted row → its run.
    """

    takedown: Takedown
    places: tuple[int, ...]
    verdicts: dict[int, NDArray[np.void]]
    homes: Mapping[str, str]


def rewrite_run(
    folder: Path, changes: RunChanges, receipt: Mapping[str, Any], config: DedupConfig
) -> None:
    """Change the run in *folder*, a copy made of links, and add the receipt to its manifest.

    *folder* is ``.staging/runs/RUN_ID``.

    Args:
        receipt: facts for the manifest besides the counts.
        config: settings for the keys of promoted rows.
    """
    manifest = read_manifest(folder)
    rows = row_group_rows(manifest)
    counts: Counter[str] = Counter()
    promoted: list[pa.Table] = []
    clusters: set[str] = set()
    for place in changes.places:
        change = changes.takedown.changes[place]
        path = folder / change.table / change.path.name
        before = read_table(path)
        if change.table != "rejects":
            clusters |= set(before["cluster_id"].take(pa.array(change.gone)).to_pylist())
        counts[change.table] += len(change.gone)
        if change.table == "articles":
            left = _relinked(before, change, changes.takedown, counts)
        elif change.table == "duplicates":
            left, raised = _renamed(before, change, changes, place, counts)
            promoted.append(raised)
        else:
            left = _blanked(before, change, counts)
        path.unlink()
        written = path.with_name(next_name(path))
        write_parquet(written, before.schema, [left], rows)
        _renumber_keys(path, written, change.gone)
    if counts["promoted"]:
        path = folder / "articles" / _unused(folder / "articles", "promoted")
        write_parquet(path, schema("articles"), promoted, rows)
        keys = sign_again(path, config, folder.parents[1])
        write_keys(folder / "state" / "keys" / path.name, keys)
    named = ("articles", "duplicates", "excerpts", "promoted", "renamed", "relinked")
    entry = {**receipt, **{name: counts[name] for name in named}}
    receipts = [*(manifest.get("removed") or []), entry]
    save_rewritten(folder, _without_titles(manifest, clusters) | {"removed": receipts})


def _without_titles(manifest: dict[str, Any], clusters: set[str]) -> dict[str, Any]:
    """Clear the titles of clusters that lost a member: a title may be from there."""
    changed = dict(manifest)
    if manifest.get("runs"):
        changed["runs"] = [_without_titles(each, clusters) for each in manifest["runs"]]
    if manifest.get("alarm_clusters"):
        changed["alarm_clusters"] = [
            each | {"title": None} if each["cluster_id"] in clusters else each
            for each in manifest["alarm_clusters"]
        ]
    return changed


def _relinked(
    rows: pa.Table, change: FileChange, takedown: Takedown, counts: Counter[str]
) -> pa.Table:
    """Drop articles; later versions refer to the nearest version that stays."""
    counts["relinked"] += len(change.touched)
    before = [takedown.version_before(name) for name in change.names]
    return _without(_edited(rows, change.touched, {"revision_of": before}), change.gone)


def _renamed(
    rows: pa.Table, change: FileChange, changes: RunChanges, place: int, counts: Counter[str]
) -> tuple[pa.Table, pa.Table]:
    """Drop duplicates; return those that stay, and those that become articles."""
    if not len(change.touched):
        return _without(rows, change.gone), schema("articles").empty_table()
    verdicts = changes.verdicts[place]
    kept = verdicts["match"] == KEPT
    raised, renamed = change.touched[kept], change.touched[~kept]
    counts["promoted"] += len(raised)
    counts["renamed"] += len(renamed)
    # The verdicts do not know the runs of these rows: representative_run_id is set here.
    columns: dict[str, Sequence[object]] = dict(verdict_columns(verdicts[~kept], {THIS_RUN: ""}))
    del columns["cluster_id"]
    representatives = map(str, columns["representative_id"])
    columns["representative_run_id"] = [changes.homes[each] for each in representatives]
    left = _without(_edited(rows, renamed, columns), np.concatenate([change.gone, raised]))
    return left, _as_articles(rows.take(pa.array(raised)), verdicts[kept])


def _as_articles(copies: pa.Table, verdicts: NDArray[np.void]) -> pa.Table:
    """Turn duplicates into articles; ``evidence`` of metadata was not kept for them."""
    copies = copies.drop_columns(["evidence"])
    wanted = schema("articles")
    copies = copies.append_column(
        wanted.field("evidence"), pa.array([[]] * len(copies), wanted.field("evidence").type)
    )
    for name in ("revision_of", "fuller_than"):
        named = [each.tobytes().hex() if each.any() else None for each in verdicts[name]]
        copies = copies.append_column(name, pa.array(named, pa.string()))
    pages = [
        verdict["page_id"].tobytes().hex() if verdict["page_id"].any() else own
        for verdict, own in zip(verdicts, copies["id"].to_pylist(), strict=True)
    ]
    copies = copies.append_column("page_id", pa.array(pages, pa.string()))
    return fitted(copies, wanted)


def _blanked(rows: pa.Table, change: FileChange, counts: Counter[str]) -> pa.Table:
    counts["excerpts"] += len(change.touched)
    nothing = [None] * len(change.touched)
    return _edited(rows, change.touched, {"excerpt": nothing, "detail": nothing})


def _edited(
    rows: pa.Table, places: NDArray[np.int64], columns: Mapping[str, Sequence[object]]
) -> pa.Table:
    """Set *columns* of the rows at *places*, ascending."""
    if not len(places):
        return rows
    changed = rows.take(pa.array(places))
    for name, values in columns.items():
        at = rows.schema.get_field_index(name)
        field = rows.schema.field(at)
        changed = changed.set_column(at, field, pa.array(values, field.type))
    others = np.setdiff1d(np.arange(len(rows)), places)
    both = pa.concat_tables([rows.take(pa.array(others)), changed])
    return both.take(pa.array(np.argsort(np.concatenate([others, places]))))


def _without(rows: pa.Table, gone: NDArray[np.int64]) -> pa.Table:
    left = np.setdiff1d(np.arange(len(rows)), gone)
    return rows.take(pa.array(left))


def _renumber_keys(path: Path, written: Path, gone: NDArray[np.int64]) -> None:
    """Drop the keys of removed rows, if the run has keys."""
    if path.parent.name != "articles":
        return
    known = path.parents[1] / "state" / "keys" / path.name
    if not known.exists():
        return
    keys = read_table(known)
    known.unlink()
    if written.exists():
        rows = keys["row"].to_numpy().astype(np.int64)
        left = ~np.isin(rows, gone)
        moved = pa.array((rows - np.searchsorted(gone, rows))[left], keys.schema.field("row").type)
        at = keys.schema.get_field_index("row")
        fewer = keys.filter(pa.array(left)).set_column(at, keys.schema.field(at), moved)
        write_keys(known.with_name(written.name), fewer.combine_chunks())


def _unused(folder: Path, stem: str) -> str:
    number = 0
    while (folder / f"{stem}-{number:05d}.parquet").exists():
        number += 1
    return f"{stem}-{number:05d}.parquet"
