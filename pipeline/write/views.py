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
from pipeline.write.columns import COUNTED, SIGHTINGS_SCHEMA, TABLES, schema

NAME = "views.sql"

_MANIFESTS = "runs/*/manifest.json"
_FACTS = {
    "run_id": "VARCHAR",
    "sequence": "BIGINT",
    "parent": "VARCHAR",
    "logical_date": "DATE",
    "published_at": "TIMESTAMPTZ",
    "newsieve": "VARCHAR",
}
"""Column of the view ``runs`` → its type; the counts follow."""
_TEMPLATE = Path(__file__).with_name(NAME)


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
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - when runs change

    environment = Environment(  # noqa: S701 - SQL, not HTML
        undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    environment.filters["quoted"] = _quoted
    schemas = {table: schema(table) for table in TABLES} | {"state/sightings": SIGHTINGS_SCHEMA}
    tables = [
        {
            "name": folder.rpartition("/")[2],
            "files": _files(output, listed, folder),
            "types": {field.name: sql_type(field.type) for field in fields},
            "docs": {field.name: field.metadata[b"description"].decode() for field in fields}
            if folder in TABLES
            else {},
        }
        for folder, fields in schemas.items()
    ]
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        tables=tables,
        facts=_FACTS,
        counted=COUNTED,
        counts=f"STRUCT({', '.join(f'{name} BIGINT' for name in COUNTED)})",
        by_glob=listed is None and _matches(output, _MANIFESTS),
        manifests=listed.manifests if listed else (),
    )


def _files(output: Place, listed: Listed | None, folder: str) -> str:
    """Return what ``read_parquet`` reads of a table; empty if no run has written it."""
    if listed is not None:
        named = listed.files.get(folder, ())
        return f"[{', '.join(map(_quoted, named))}]" if named else ""
    pattern = f"runs/*/{folder}/*.parquet"
    return _quoted(pattern) if _matches(output, pattern) else ""


def _quoted(text: object) -> str:
    return "NULL" if text is None else "'" + str(text).replace("'", "''") + "'"


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
