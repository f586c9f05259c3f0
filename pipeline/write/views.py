"""views.sql: the collection as DuckDB sees it, written beside the runs.

Its paths are relative to the output folder, so that the folder may move. DuckDB refuses a glob
without a match; a table that no run has written yet is therefore an empty one of the same
columns, until a run writes its first file and the views anew.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.storage import Place, write_bytes
from pipeline.write.columns import COUNTED, SIGHTINGS_SCHEMA, TABLES, Table, columns_of, schema

NAME = "views.sql"

_HEADER = """\
-- The collection in DuckDB. From this folder:  duckdb -init views.sql
-- From elsewhere:  SET file_search_path = '<this folder>';  then read this file.
-- newsieve writes it after each run: put views of your own into another file.
"""

_MANIFESTS = "runs/*/manifest.json"
_FACTS = {
    "run_id": "VARCHAR",
    "sequence": "BIGINT",
    "parent": "VARCHAR",
    "logical_date": "DATE",
    "published_at": "TIMESTAMPTZ",
    "newsieve": "VARCHAR",
}
_MANIFEST_COLUMNS = _FACTS | {
    "counts": f"STRUCT({', '.join(f'{name} BIGINT' for name in COUNTED)})"
}

_DERIVED = Path(__file__).with_name("derived_views.sql").read_text(encoding="utf-8")
"""Views over the tables: the latest versions, clusters, stories, the account by site."""


def write_views(output: Place, listed: Listed | None = None) -> None:
    """Update *output*/views.sql if it differs. *listed* is what is published in an object store.

    Call it after files of runs were added or removed. If the views cannot be written, the run
    stays published: a warning is logged, and the next run tries again.
    """
    path = output / NAME
    content = views(output, listed).encode()
    try:
        if not path.is_file() or path.read_bytes() != content:
            write_bytes(path, content)
    except OSError as error:
        logging.getLogger("newsieve").warning("%s: not written: %s", path, error.strerror)


@dataclass(frozen=True, slots=True)
class Listed:
    """What is published in an object store, where a glob would find what is not.

    Attributes:
        files: folder, such as ``articles`` or ``state/sightings`` → addresses of its files.
        manifests: of the published runs.
    """

    files: Mapping[str, Sequence[str]]
    manifests: Sequence[Mapping[str, Any]]


def views(output: Place, listed: Listed | None = None) -> str:
    """Return the views of the runs below *output* as a script; arguments as ``write_views``."""
    parts = [_HEADER]
    for table in TABLES:
        parts.append(_rows_of(output, listed, table, schema(table)))
        parts.append(_comments(table))
    parts.append(_rows_of(output, listed, "state/sightings", SIGHTINGS_SCHEMA))
    counts = ", ".join(f"counts.{name}" for name in COUNTED)
    columns = ", ".join(f"{name}: '{type_}'" for name, type_ in _MANIFEST_COLUMNS.items())
    manifests = f"read_json('{_MANIFESTS}', columns = {{{columns}}})"
    if listed and listed.manifests:
        manifests = f"({_runs_query(listed.manifests)})"
    elif listed or not _matches(output, _MANIFESTS):
        manifests = f"({_no_rows(_MANIFEST_COLUMNS)})"
    parts.append(_view("runs", f"SELECT {', '.join(_FACTS)}, {counts} FROM {manifests}"))  # noqa: S608
    return "\n".join(parts) + _DERIVED


def _rows_of(output: Place, listed: Listed | None, folder: str, columns: pa.Schema) -> str:
    """Return a view of the files of a table; runs of an older newsieve may lack some columns."""
    pattern = f"runs/*/{folder}/*.parquet"
    if listed is None:
        files, found = _quoted(pattern), _matches(output, pattern)
    else:
        named = listed.files.get(folder, ())
        files, found = f"[{', '.join(map(_quoted, named))}]", bool(named)
    rows = f"SELECT * FROM read_parquet({files}, union_by_name = true)"  # noqa: S608 - ours
    empty = _no_rows({field.name: sql_type(field.type) for field in columns})
    view = folder.rpartition("/")[2]
    return _view(view, f"{rows}\nUNION ALL BY NAME {empty}" if found else empty)


def _quoted(text: object) -> str:
    return "NULL" if text is None else "'" + str(text).replace("'", "''") + "'"


def _runs_query(manifests: Sequence[Mapping[str, Any]]) -> str:
    """Return a query for the rows of ``runs``: in an object store no glob reads the manifests."""
    rows = []
    for manifest in manifests:
        facts = [f"{_quoted(manifest.get(name))}::{type_}" for name, type_ in _FACTS.items()]
        counts = ", ".join(f"{name}: {manifest['counts'][name]}" for name in COUNTED)
        rows.append(f"({', '.join([*facts, f'{{{counts}}}'])})")
    names = ", ".join([*_FACTS, "counts"])
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS told({names})"  # noqa: S608


def _comments(table: Table) -> str:
    """Describe each column in the database as well, as ``DESCRIBE`` tools show it."""
    return "".join(
        f"COMMENT ON COLUMN {table}.{column.name} IS {_quoted(column.doc)};\n"
        for column in columns_of(table)
    )


def sql_type(type_: pa.DataType) -> str:
    """Return DuckDB's name of an Arrow type.

    >>> sql_type(pa.list_(pa.struct([("rule", pa.string()), ("start", pa.int32())])))
    'STRUCT("rule" VARCHAR, "start" INTEGER)[]'
    """
    if pa.types.is_list(type_):
        return f"{sql_type(type_.value_type)}[]"
    if pa.types.is_struct(type_):
        members = ", ".join(f'"{each.name}" {sql_type(each.type)}' for each in type_)
        return f"STRUCT({members})"
    return _SQL_TYPES[type_]


_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
}


def _matches(output: Place, pattern: str) -> bool:
    return next(output.glob(pattern), None) is not None


def _no_rows(types: dict[str, str]) -> str:
    columns = ", ".join(f'NULL::{type_} AS "{name}"' for name, type_ in types.items())
    return f"SELECT {columns} WHERE false"


def _view(name: str, query: str) -> str:
    return f"CREATE OR REPLACE VIEW {name} AS\n{query};\n"
