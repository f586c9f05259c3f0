"""Find the rows that a takedown changes (``survey``), and rewrite a run (``rewrite_run``)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.config import DedupConfig
from pipeline.dedup.decide import KEPT
from pipeline.dedup.steps.earlier.keys import sign_again, write_keys
from pipeline.dedup.steps.layouts import THIS_RUN
from pipeline.errors import UsageError
from pipeline.ledger.history import (
    CommittedRun,
    manifests_of,
    read_manifest,
    read_table,
    table_files,
)
from pipeline.ledger.upkeep.rewrite import next_name, row_group_rows, save_rewritten
from pipeline.passes.tombstones import tombstone
from pipeline.passes.write_block import verdict_columns
from pipeline.storage import Place
from pipeline.urls import canonical_url, page_address, site_named, site_of, site_of_path
from pipeline.write.columns import TABLES, Table, schema
from pipeline.write.parquet import write_parquet

_ID = re.compile(r"[0-9a-f]{32}")
_ADDRESS = re.compile(r"(?i)https?://[^\s\"'<>\\]+")
_NAME = re.compile(r'(?<=")[^"\s]{1,254}(?=")|(?:[\w-]+\.)+[\w-]{2,}')
"""A quoted word, or a host."""
_BEHIND_ADDRESS = re.compile(r"[.:!?*]*(?:[,;|()\[\]{}].*|$)")
"""What follows an address in prose, Markdown or a row of CSV, if it is no part of it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to take down: ids, pages (``page_address``), sites."""

    ids: frozenset[str]
    pages: frozenset[str]
    sites: frozenset[str]

    def tombstones(self) -> frozenset[bytes]:
        """Return the tombstones that keep these texts from coming back, 16 bytes each."""
        requests = (("id", self.ids), ("page", self.pages), ("site", self.sites))
        return frozenset(tombstone(kind, value) for kind, values in requests for value in values)  # type: ignore[arg-type]

    def meets(self, address: str) -> bool:
        """Whether the request covers a url, in any form."""
        url = canonical_url(address)
        return url is not None and (page_address(url) in self.pages or site_of(url) in self.sites)


def requested(ids: Iterable[str], urls: Iterable[str], sites: Iterable[str]) -> Request:
    """Validate and normalise what a user wants to take down.

    Raises UsageError if nothing is named, or something is not an id, url or site.
    """
    found = Request(
        frozenset(map(_id, ids)), frozenset(map(_page, urls)), frozenset(map(_site, sites))
    )
    if not (found.ids or found.pages or found.sites):
        raise UsageError("no text is named; say what to remove with --url, --site or --id")
    return found


def _id(name: str) -> str:
    if not _ID.fullmatch(name):
        raise UsageError(
            f"--id {name!r}: expected 32 hex digits, as in the column id; "
            "`newsieve trace` shows the ids of a record, a url or a source"
        )
    return name


def _page(name: str) -> str:
    url = canonical_url(name)
    if url is None:
        raise UsageError(f"--url {name!r}: expected an absolute http(s) url")
    return page_address(url)


def _site(name: str) -> str:
    host = name.strip().rstrip(".").lower()
    site = site_of(f"https://{host}/")
    if site is None or "/" in host:
        raise UsageError(f"--site {name!r}: expected a site such as example.org")
    if site != host:
        raise UsageError(
            f"--site {name!r}: is a host of the site {site}; name that, or pages of it with --url"
        )
    return site


@dataclass(frozen=True, eq=False)
class FileChange:
    """Rows of one file that a takedown changes.

    Attributes:
        gone: int64[k], rows to remove, ascending.
        touched: int64[n], rows that change, ascending: articles whose earlier version is removed,
            duplicates whose representative is removed, rejects that lose their excerpt.
        names: the removed id that each touched article or duplicate refers to.
        verdicts: VERDICT[n] on touched duplicates (``remove.adopt``).
    """

    run: CommittedRun
    table: Table
    path: Place
    gone: NDArray[np.int64]
    touched: NDArray[np.int64]
    names: tuple[str, ...]
    verdicts: NDArray[np.void] | None = None


@dataclass(frozen=True, eq=False)
class Takedown:
    """Everything that a takedown changes.

    Attributes:
        ids: of the rows to remove, and those requested.
        changes: in the order of runs and tables.
        earlier: removed article → its earlier version, if it has one.
        homes: duplicate that becomes an article → its run.
    """

    ids: frozenset[str]
    changes: tuple[FileChange, ...]
    earlier: Mapping[str, str]
    homes: Mapping[str, str] = field(default_factory=dict)

    def version_before(self, name: str) -> str | None:
        """Return the nearest earlier version of *name* that stays."""
        found: str | None = name
        while found is not None and found in self.ids:
            found = self.earlier.get(found)
        return found


def survey(runs: Sequence[CommittedRun], request: Request) -> Takedown:
    """Find the rows that *request* covers, and the rows that refer to them."""
    ids, earlier = set(request.ids), dict[str, str]()
    for _, table, path in _files(runs):
        if table != "rejects":
            ids |= _requested_ids(path, request)
    wanted = pa.array(sorted(ids), pa.string())
    changes = []
    for run, table, path in _files(runs):
        if table == "rejects":
            gone, names = np.empty(0, np.int64), tuple[str, ...]()
            touched = _mentioning(path, ids, request, run)
        else:
            gone, touched, names = _referring(path, table, wanted, earlier)
        if len(gone) or len(touched):
            changes.append(FileChange(run, table, path, gone, touched, names))
    return Takedown(frozenset(ids), tuple(changes), earlier)


def _files(runs: Sequence[CommittedRun]) -> Iterator[tuple[CommittedRun, Table, Place]]:
    for run in runs:
        for table in TABLES:
            for path in table_files(run.folder, table):
                yield run, table, path


def _requested_ids(path: Place, request: Request) -> set[str]:
    rows = read_table(path, "id", "url", "site")
    wanted = (("id", request.ids), ("site", request.sites))
    chosen = np.zeros(len(rows), np.bool_)
    if request.pages:
        urls = rows["url"].to_pylist()
        chosen |= [url is not None and page_address(url) in request.pages for url in urls]
    for name, values in wanted:
        chosen |= pc.is_in(rows[name], pa.array(sorted(values), pa.string())).to_numpy()
    return set(rows["id"].filter(pa.array(chosen)).to_pylist())


def _referring(
    path: Place, table: Table, wanted: pa.Array, earlier: dict[str, str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    """Find rows to remove and rows that refer to one; add removed versions to *earlier*."""
    other = "revision_of" if table == "articles" else "representative_id"
    rows = read_table(path, "id", other)
    goes = pc.is_in(rows["id"], wanted).to_numpy()
    named = pc.is_in(rows[other], wanted).to_numpy() & ~goes
    gone, touched = np.flatnonzero(goes), np.flatnonzero(named)
    if table == "articles":
        going = rows.take(pa.array(gone))
        pairs = zip(going["id"].to_pylist(), going[other].to_pylist(), strict=True)
        earlier.update((one, before) for one, before in pairs if before)
    return gone, touched, tuple(rows[other].take(pa.array(touched)).to_pylist())


def _mentioning(
    path: Place, ids: set[str], request: Request, run: CommittedRun
) -> NDArray[np.int64]:
    """Find the rejects whose excerpt or detail may contain what is removed.

    Besides their url, addresses in record_id and excerpt count: a broken record has no url.
    """
    columns = ("id", "record_id", "source", "url", "site", "excerpt", "detail", "run_id")
    manifests = manifests_of(read_manifest(run.folder)) if request.sites else ()
    patterns = {
        each["run_id"]: each.get("config", {}).get("input", {}).get("site", "")
        for each in manifests
    }
    touched = []
    for number, row in enumerate(read_table(path, *columns).to_pylist()):
        if row["excerpt"] or row["detail"]:
            # Older versions wrote no url, and no site for a record without a url.
            site = row.get("site") or site_of(row.get("url") or "")
            site = site or site_of_path(row["source"], patterns.get(row["run_id"], ""))
            if row["id"] in ids or site in request.sites or _mentions(row, site, request):
                touched.append(number)
    return np.array(touched, np.int64)


def _mentions(row: Mapping[str, str | None], site: str | None, request: Request) -> bool:
    if not (request.pages or request.sites):
        return False
    excerpt = (row["excerpt"] or "").replace(r"\/", "/")  # JSON may escape slashes
    found = _ADDRESS.findall(excerpt)
    shorter = [_BEHIND_ADDRESS.sub("", address) for address in found]
    if any(map(request.meets, (row.get("url") or "", row["record_id"] or "", *found, *shorter))):
        return True
    # A broken record may have a field that states its site.
    named = _NAME.findall(excerpt) if site is None and request.sites else ()
    return not request.sites.isdisjoint(map(site_named, named))


def rewrite_run(
    folder: Path, takedown: Takedown, receipt: Mapping[str, Any], config: DedupConfig
) -> None:
    """Change a run, and add the receipt, with counts, to its manifest.

    *folder* is a copy of the run made of hard links (``rewrite.rewriting``); *config* has the
    settings for the keys of promoted rows.
    """
    manifest = read_manifest(folder)
    rows = row_group_rows(manifest)
    counts: Counter[str] = Counter()
    promoted: list[pa.Table] = []
    clusters: set[str] = set()
    for change in takedown.changes:
        if change.run.run_id != folder.name:
            continue
        path = folder / change.table / change.path.name
        before = read_table(path)
        if change.table != "rejects":
            clusters |= set(before["cluster_id"].take(pa.array(change.gone)).to_pylist())
        counts[change.table] += len(change.gone)
        left = _rewritten(before, change, takedown, promoted, counts)
        path.unlink()
        written = path.with_name(next_name(path))
        write_parquet(written, before.schema, [left], rows)
        _renumber_keys(path, written, change.gone)
    if promoted:
        articles = folder / "articles"
        names = (f"promoted-{number:05d}" for number in count())
        path = articles / next(f"{n}.parquet" for n in names if not any(articles.glob(f"{n}*")))
        write_parquet(path, schema("articles"), promoted, rows)
        keys = sign_again(path, config, folder.parents[1])
        write_keys(folder / "state" / "keys" / path.name, keys)
    named = ("articles", "duplicates", "excerpts", "promoted", "renamed", "relinked")
    entry = {**receipt, **{name: counts[name] for name in named}}
    receipts = [*(manifest.get("removed") or []), entry]
    save_rewritten(folder, _without_titles(manifest, clusters) | {"removed": receipts})


def _without_titles(manifest: dict[str, Any], clusters: set[str]) -> dict[str, Any]:
    """Clear the titles of clusters that lost a member, because it may have had that title."""
    changed = dict(manifest)
    if manifest.get("runs"):
        changed["runs"] = [_without_titles(each, clusters) for each in manifest["runs"]]
    if manifest.get("alarm_clusters"):
        changed["alarm_clusters"] = [
            each | {"title": None} if each["cluster_id"] in clusters else each
            for each in manifest["alarm_clusters"]
        ]
    return changed


def _rewritten(
    rows: pa.Table,
    change: FileChange,
    takedown: Takedown,
    promoted: list[pa.Table],
    counts: Counter[str],
) -> pa.Table:
    """Return the rows that stay; add those that become articles to *promoted*."""
    gone, touched = change.gone, change.touched
    columns: dict[str, Sequence[object]]
    if change.table == "articles":
        counts["relinked"] += len(touched)
        columns = {"revision_of": [takedown.version_before(name) for name in change.names]}
    elif change.table == "rejects":
        counts["excerpts"] += len(touched)
        columns = dict.fromkeys(("excerpt", "detail"), [None] * len(touched))
    elif change.verdicts is None:
        columns = {}
    else:
        kept = change.verdicts["match"] == KEPT
        raised, touched = touched[kept], touched[~kept]
        if len(raised):
            promoted.append(_as_articles(rows.take(pa.array(raised)), change.verdicts[kept]))
        counts["promoted"] += len(raised)
        counts["renamed"] += len(touched)
        gone = np.concatenate([gone, raised])
        columns = dict(verdict_columns(change.verdicts[~kept], {THIS_RUN: ""}))
        del columns["cluster_id"]
        # Verdicts do not have the runs of these rows.
        representatives = map(str, columns["representative_id"])
        columns["representative_run_id"] = [takedown.homes[each] for each in representatives]
    return _changed(rows, touched, columns, gone)


def _as_articles(copies: pa.Table, verdicts: NDArray[np.void]) -> pa.Table:
    """Turn duplicates into articles, without ``evidence``, which duplicates do not have."""
    rows = copies.to_pylist()
    for row, verdict in zip(rows, verdicts, strict=True):
        row |= {"evidence": [], "page_id": row["id"]}
        for name in ("page_id", "revision_of", "fuller_than"):
            if verdict[name].any():
                row[name] = verdict[name].tobytes().hex()
    return pa.Table.from_pylist(rows, schema("articles"))


def _changed(
    rows: pa.Table,
    touched: NDArray[np.int64],
    columns: Mapping[str, Sequence[object]],
    gone: NDArray[np.int64],
) -> pa.Table:
    """Return *rows* with new values of *columns* in the *touched* rows, without those *gone*."""
    changed = rows.take(pa.array(touched))
    for name, values in columns.items():
        at = rows.schema.get_field_index(name)
        field = rows.schema.field(at)
        changed = changed.set_column(at, field, pa.array(values, field.type))
    order = np.arange(len(rows))
    order[touched] = len(rows) + np.arange(len(touched))
    return pa.concat_tables([rows, changed]).take(pa.array(np.delete(order, gone)))


def _renumber_keys(path: Path, written: Path, gone: NDArray[np.int64]) -> None:
    known = path.parents[1] / "state" / "keys" / path.name
    if path.parent.name != "articles" or not known.exists():
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
