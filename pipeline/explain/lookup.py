"""Rows of an output folder by name (id, record id, url or source), and the fate of one record.

Only the columns that contain names are searched; the rest of a row is then read from the one file
that contains it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipeline.errors import UsageError
from pipeline.ledger.commit import held_runs
from pipeline.ledger.history import CommittedRun, committed_runs, table_files
from pipeline.ledger.log import RUN_ID
from pipeline.records import REASONS
from pipeline.storage import Place, name_below
from pipeline.text.terminal import counted
from pipeline.urls import canonical_url
from pipeline.write.columns import TABLES, Table, columns_of, schema
from pipeline.write.parquet import dataset_name, dataset_of

_NAMES = ("id", "record_id", "url", "source")
_ID = re.compile(r"[0-9a-f]{32}")
_SUGGESTIONS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table of a published or held run.

    Attributes:
        sequence: number of its run, from 1.
        file: the Parquet file that contains it, relative to the output folder.
        values: its columns; ``text`` only if it was requested.
    """

    table: Table
    sequence: int
    file: str
    values: dict[str, Any]


def held_as_runs(output: Place) -> list[CommittedRun]:
    """List the runs of *output* that a gate holds, as if they were published."""
    found = [(folder, RUN_ID.fullmatch(folder.name)) for folder in held_runs(output)]
    return [
        CommittedRun(folder, folder.name, int(name["sequence"]), date.fromisoformat(name["date"]))
        for folder, name in found
        if name
    ]


class Rows:
    """The rows of the published runs of an output folder, and of those that a gate holds."""

    def __init__(self, output: Place) -> None:
        """List the runs below *output*, published and ``held``.

        Raises:
            UsageError: there is none.
            NewsieveError: a manifest is damaged, or of a newer newsieve.
        """
        self.output = output
        self.runs: list[CommittedRun] = committed_runs(output)
        self.held = held_as_runs(output)
        if not (self.runs or self.held):
            raise UsageError(f"{output}: no published run here; name the output folder of a run")

    def named(self, name: str, *, text: bool = False) -> list[Row]:
        """Find the rows that *name* means, oldest run first.

        An id takes precedence over other names; a url is found in any form.
        """
        found: list[Row] = []
        if _ID.fullmatch(name):
            found = [row for table in TABLES for row in self._where(table, {"id": name}, text=text)]
        if not found:
            names = {"record_id": name, "url": canonical_url(name), "source": name}
            for table in TABLES:
                found += self._where(table, names, text=text)
        return _oldest_first(found)

    def of(self, table: Table, column: str, value: str) -> list[Row]:
        """Find the rows of *table* whose *column* is *value*, oldest run first."""
        return _oldest_first(self._where(table, {column: value}, text=False))

    def similar_names(self, name: str) -> list[str]:
        """List a few names that contain *name*."""
        found: list[str] = []
        for table in TABLES:
            for column in _NAMES:
                if not _has(table, column):
                    continue
                holds = pc.match_substring(ds.field(column), name, ignore_case=True)
                few = self._dataset(table).scanner(columns=[column], filter=holds)
                found += few.head(_SUGGESTIONS)[column].to_pylist()
        return sorted(set(found), key=lambda each: (len(each), each))[:_SUGGESTIONS]

    def not_found(self, name: str) -> str:
        """Return an error message for *name*, with similar names or what is expected."""
        count = len(self.runs) + len(self.held)
        text = f"{self.output}: no record {name!r} in {counted(count, 'run')}"
        similar = self.similar_names(name)
        if similar:
            return f"{text}; did you mean {', '.join(similar)}?"
        return (
            f"{text}; expected an id, record id, url or source as in the tables "
            "(a record that was read again unchanged has no row of its own)"
        )

    def stories(self, columns: Sequence[str]) -> Iterator[Any]:
        """Yield *columns* of all articles and duplicates in Arrow batches, newest run first."""
        for run in reversed(self.runs):
            for table in ("articles", "duplicates"):
                yield from self._dataset(table, [run]).to_batches(
                    columns=list(columns), batch_size=1_000, use_threads=False
                )

    def _dataset(self, table: Table, runs: Sequence[CommittedRun] | None = None) -> Any:
        runs = [*self.runs, *self.held] if runs is None else runs
        return dataset_of(_files(runs, table), schema(table))

    def _where(self, table: Table, names: dict[str, str | None], *, text: bool) -> Iterator[Row]:
        """Find the rows of *table* that have any of *names*, column → value."""
        tests = [
            ds.field(column) == value
            for column, value in names.items()
            if value is not None and _has(table, column)
        ]
        condition = reduce(or_, tests)
        hits = self._dataset(table).to_table(columns=["__filename"], filter=condition)
        shown = [each.name for each in columns_of(table) if text or each.name != "text"]
        runs = {run.run_id: run for run in (*self.runs, *self.held)}
        places = {dataset_name(path): path for path in _files(list(runs.values()), table)}
        for file in sorted(set(hits["__filename"].to_pylist())):
            path = places[file]
            run = runs[path.parent.parent.name]
            found = dataset_of([path], schema(table))
            for values in found.to_table(columns=shown, filter=condition).to_pylist():
                yield Row(table, run.sequence, name_below(path, self.output), values)


def _files(runs: Sequence[CommittedRun], table: Table) -> list[Place]:
    return [path for run in runs for path in table_files(run.folder, table)]


def read_columns(folder: Place, table: Table, columns: Sequence[str]) -> pa.Table:
    """Read *columns* of *table* of the run in *folder*; columns that it lacks are null."""
    dataset = dataset_of(table_files(folder, table), schema(table))
    return dataset.to_table(columns=list(columns), use_threads=False)


def read_rows(folder: Place, table: Table, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield *columns* of the rows of *table* of the run in *folder*, in order."""
    for batch in read_columns(folder, table, columns).to_batches(max_chunksize=1_000):
        yield from batch.to_pylist()


def plain(value: object) -> object:
    """Return a cell for JSON, with times and days as ISO 8601."""
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _has(table: Table, column: str) -> bool:
    return any(each.name == column for each in columns_of(table))


def _oldest_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.sequence, TABLES.index(row.table), row.file))


FATES: dict[Table, str] = {"articles": "article", "duplicates": "duplicate", "rejects": "rejected"}
_IDENTITY = ("id", "record_id", "source", "url", "title", "date_published")
_OWN: dict[Table, tuple[str, ...]] = {
    "articles": ("cluster_id", "revision_of", "language", "word_count", "flags"),
    "duplicates": ("cluster_id", "match", "similarity", "containment"),
    "rejects": ("stage", "kind", "reason", "detail", "error_type", "excerpt", "retryable"),
}
_RELATED = ("id", "source", "url", "title", "run_id")


def trace(rows: Rows, name: str) -> dict[str, Any]:
    """Find out what happened to the record *name*; return an object ready for JSON.

    *name* is an id, record id, url (in any form) or source. ``records`` has an object for each
    matching row, oldest run first; ``fate`` is one of ``FATES``. Raises UsageError if there is
    no such row; the message names similar ones.
    """
    found = rows.named(name)
    if not found:
        raise UsageError(rows.not_found(name))
    return {"name": name, "records": [_record(rows, row) for row in found]}


def _record(rows: Rows, row: Row) -> dict[str, Any]:
    values = row.values
    kept = ("run_id", "logical_date", *_IDENTITY, *_OWN[row.table])
    held = row.sequence in {run.sequence for run in rows.held}
    record = {"fate": FATES[row.table], "file": row.file, "held": held} | {
        name: plain(values[name]) for name in kept if name in values
    }
    if values.get("date_published_precision") == "day":
        record["date_published"] = values["date_published"].date().isoformat()
    if row.table == "articles":
        own = values["id"]
        record["copies"] = [
            _related(copy) | {name: copy.values[name] for name in ("match", "similarity")}
            for copy in rows.of("duplicates", "representative_id", own)
        ]
        cluster = rows.of("articles", "cluster_id", values["cluster_id"])
        record["kept_beside"] = [_related(each) for each in cluster if each.values["id"] != own]
        record["revised_by"] = [_related(each) for each in rows.of("articles", "revision_of", own)]
    elif row.table == "duplicates":
        kept_rows = rows.of("articles", "id", values["representative_id"])
        known = {"id": values["representative_id"], "run_id": values["representative_run_id"]}
        record["representative"] = _related(kept_rows[0]) if kept_rows else known
        record["evidence"] = {each["part"]: each["value"] for each in values["evidence"] or ()}
    else:
        record["meaning"] = REASONS.get(values["reason"])
    return record


def _related(row: Row) -> dict[str, Any]:
    return {name: plain(row.values[name]) for name in _RELATED}
