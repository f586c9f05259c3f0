"""Find the rows that a takedown removes, and the rows that refer to them. Read ``survey``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.ledger.history import CommittedRun, read_table, table_files
from pipeline.passes.tombstones import tombstone
from pipeline.storage import Place
from pipeline.urls import canonical_url, page_address, site_of
from pipeline.write.columns import TABLES, Table

_ID = re.compile(r"[0-9a-f]{32}")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]+")


@dataclass(frozen=True, slots=True)
class Request:
    """What to take down: ids, pages (``page_address``), sites."""

    ids: frozenset[str]
    pages: frozenset[str]
    sites: frozenset[str]

    def tombstones(self) -> frozenset[bytes]:
        """Return the tombstones that keep it from coming back."""
        requests = (("id", self.ids), ("page", self.pages), ("site", self.sites))
        return frozenset(tombstone(kind, value) for kind, values in requests for value in values)  # type: ignore[arg-type]

    def meets(self, address: str) -> bool:
        """Whether it covers an address, in any form."""
        url = canonical_url(address)
        return url is not None and (page_address(url) in self.pages or site_of(url) in self.sites)


def requested(ids: Iterable[str], urls: Iterable[str], sites: Iterable[str]) -> Request:
    """Validate and normalise what a user wants to take down.

    Raises:
        UsageError: nothing is named, or something is not an id, url or site.
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
        gone: int64, rows to remove.
        touched: int64, rows that stay but change: articles whose earlier version is removed,
            duplicates whose representative is, rejects that lose their excerpt.
        names: the removed id that each touched article or duplicate refers to.
    """

    run: CommittedRun
    table: Table
    path: Place
    gone: NDArray[np.int64]
    touched: NDArray[np.int64]
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Takedown:
    """Everything that a takedown changes.

    Attributes:
        ids: of the rows to remove, and those requested.
        changes: files, in the order of runs and tables.
        earlier: removed article → the version before it, if it has one.
    """

    ids: frozenset[str]
    changes: tuple[FileChange, ...]
    earlier: dict[str, str]

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
            touched = _mentioning(path, ids, request)
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
    """Find the rows to remove and those that refer to one; add removed versions to *earlier*."""
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


def _mentioning(path: Place, ids: set[str], request: Request) -> NDArray[np.int64]:
    """Find the rejects whose excerpt or detail may contain what is removed.

    They have no column for the address: it is searched for in record_id and excerpt.
    """
    rows = read_table(path, "id", "record_id", "excerpt", "detail").to_pylist()
    return np.array(
        [
            number
            for number, row in enumerate(rows)
            if (row["excerpt"] or row["detail"])
            and (row["id"] in ids or _mentions(row["record_id"], row["excerpt"], request))
        ],
        np.int64,
    )


def _mentions(record_id: str | None, excerpt: str | None, request: Request) -> bool:
    if not (request.pages or request.sites):
        return False
    addresses = [record_id or "", *_ADDRESS.findall(excerpt or "")]
    return any(request.meets(address) for address in addresses)
