"""What a takedown concerns: which rows go, and which others name them. Only reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import UsageError
from pipeline.ledger.history import undamaged
from pipeline.passes.tombstones import tombstone
from pipeline.urls import canonical_url, site_of
from pipeline.write.columns import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.ledger.history import CommittedRun
    from pipeline.write.columns import Table

_ID = re.compile(r"[0-9a-f]{32}")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]+")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be taken down: ids, canonical urls, sites."""

    ids: frozenset[str]
    urls: frozenset[str]
    sites: frozenset[str]

    def tombstones(self) -> frozenset[bytes]:
        """Give what keeps it from coming back."""
        asked = (("id", self.ids), ("url", self.urls), ("site", self.sites))
        return frozenset(tombstone(kind, value) for kind, values in asked for value in values)  # type: ignore[arg-type]

    def meets(self, address: str) -> bool:
        """Say whether it concerns an address, in whatever form that is written."""
        url = canonical_url(address)
        return url is not None and (url in self.urls or site_of(url) in self.sites)


def requested(ids: Iterable[str], urls: Iterable[str], sites: Iterable[str]) -> Request:
    """Bring what a person asks for into the forms of the tables.

    Raises:
        UsageError: nothing is asked for, or something that is no id, url or site.
    """
    found = Request(
        frozenset(map(_id, ids)), frozenset(map(_url, urls)), frozenset(map(_site, sites))
    )
    if not (found.ids or found.urls or found.sites):
        raise UsageError("nothing to take down was named; use --url, --site or --id")
    return found


def _id(name: str) -> str:
    if not _ID.fullmatch(name):
        raise UsageError(
            f"--id {name!r}: expected 32 hex digits, as in the column id; "
            "`newsieve trace` tells the ids of a record, a url or a source"
        )
    return name


def _url(name: str) -> str:
    url = canonical_url(name)
    if url is None:
        raise UsageError(f"--url {name!r}: expected an absolute http(s) url")
    return url


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
    """What becomes of some rows of one file.

    Attributes:
        gone: int64, rows that go.
        touched: int64, rows that stay but change: articles whose earlier version goes,
            duplicates whose representative goes, rejects that lose their excerpt.
        names: of touched articles and duplicates, the id that goes, each.
    """

    run: CommittedRun
    table: Table
    path: Path
    gone: NDArray[np.int64]
    touched: NDArray[np.int64]
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Takedown:
    """All that a takedown concerns.

    Attributes:
        ids: of the rows that go, and those that were asked for.
        changes: files, in the order of runs and tables.
        earlier: article that goes and was a later version → the version before.
    """

    ids: frozenset[str]
    changes: tuple[FileChange, ...]
    earlier: dict[str, str]

    def version_before(self, name: str) -> str | None:
        """Give the nearest earlier version of *name* that stays."""
        found: str | None = name
        while found is not None and found in self.ids:
            found = self.earlier.get(found)
        return found


def survey(runs: Sequence[CommittedRun], request: Request) -> Takedown:
    """Find the rows that *request* concerns, and those that name them."""
    ids, earlier = set(request.ids), dict[str, str]()
    for _, table, path in _files(runs):
        if table != "rejects":
            ids |= _asked(path, request)
    wanted = pa.array(sorted(ids), pa.string())
    changes = []
    for run, table, path in _files(runs):
        if table == "rejects":
            gone, names = np.empty(0, np.int64), tuple[str, ...]()
            touched = _told(path, ids, request)
        else:
            gone, touched, names = _naming(path, table, wanted, earlier)
        if len(gone) or len(touched):
            changes.append(FileChange(run, table, path, gone, touched, names))
    return Takedown(frozenset(ids), tuple(changes), earlier)


def _files(runs: Sequence[CommittedRun]) -> Iterator[tuple[CommittedRun, Table, Path]]:
    for run in runs:
        for table in TABLES:
            for path in sorted((run.folder / table).glob("*.parquet")):
                yield run, table, path


def columns_of(path: Path, *names: str) -> pa.Table:
    """Read some columns of a file."""
    with undamaged(path), pq.ParquetFile(path) as file:
        return file.read(columns=list(names))


def _asked(path: Path, request: Request) -> set[str]:
    rows = columns_of(path, "id", "url", "site")
    asked = (("id", request.ids), ("url", request.urls), ("site", request.sites))
    chosen = np.zeros(len(rows), np.bool_)
    for name, values in asked:
        chosen |= pc.is_in(rows[name], pa.array(sorted(values), pa.string())).to_numpy()
    return set(rows["id"].filter(pa.array(chosen)).to_pylist())


def _naming(
    path: Path, table: Table, wanted: pa.Array, earlier: dict[str, str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    """Find the rows that go and those that name one; note versions that go in *earlier*."""
    other = "revision_of" if table == "articles" else "representative_id"
    rows = columns_of(path, "id", other)
    goes = pc.is_in(rows["id"], wanted).to_numpy()
    named = pc.is_in(rows[other], wanted).to_numpy() & ~goes
    gone, touched = np.flatnonzero(goes), np.flatnonzero(named)
    if table == "articles":
        going = rows.take(pa.array(gone))
        pairs = zip(going["id"].to_pylist(), going[other].to_pylist(), strict=True)
        earlier.update((one, before) for one, before in pairs if before)
    return gone, touched, tuple(rows[other].take(pa.array(touched)).to_pylist())


def _told(path: Path, ids: set[str], request: Request) -> NDArray[np.int64]:
    """Find the rejects that tell something of what goes.

    They have no column for the address: it is looked for where it may stand.
    """
    rows = columns_of(path, "id", "record_id", "excerpt", "detail").to_pylist()
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
    if not (request.urls or request.sites):
        return False
    addresses = [record_id or "", *_ADDRESS.findall(excerpt or "")]
    return any(request.meets(address) for address in addresses)
