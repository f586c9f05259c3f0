"""Parquet files whose bytes depend only on the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import fs

from pipeline.errors import NewsieveError
from pipeline.storage import Place, replacing
from pipeline.storage.objects import StorePath, arrow_files

REPETITIVE = [
    "site", "section", "date_published_precision", "language", "media_type", "extractor",
    "match", "stage", "kind", "reason", "error_type", "run_id", "representative_run_id",
    "removed.list.element.rule", "evidence.list.element.field", "evidence.list.element.source",
    "evidence.list.element.part", "flags.list.element",
]  # fmt: skip
"""Leaf columns worth a dictionary; for texts, ids and addresses one only costs time."""


@contextmanager
def undamaged(path: Place) -> Iterator[None]:
    """Turn damage to a table of a published run into a message.

    Raises:
        NewsieveError: *path* is damaged.
        OSError: it cannot be read.
    """
    try:
        yield
    except (pa.ArrowException, OSError) as error:  # pyarrow raises both for damage
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise NewsieveError(
            f"{path}: damaged ({' '.join(str(error).split())[:300]}); restore it from a backup"
        ) from error


def write_parquet(
    path: Place,
    schema: pa.Schema,
    tables: Iterable[pa.Table],
    row_group_rows: int,
    differences: Sequence[str] = (),
) -> int:
    """Write *tables* as one file, atomically.

    Rows are regrouped, so that the bytes do not depend on how they were divided into tables.
    *differences* are columns of numbers that are stored by their differences.

    Returns:
        The number of rows; with none, no file is written.
    """
    groups = _row_groups(tables, row_group_rows)
    first = next(groups, None)
    if first is None:
        return 0
    rows = 0
    options: dict[str, Any] = {
        "compression": "zstd",
        "use_dictionary": REPETITIVE,
        "version": "2.6",
    }
    if differences:
        options["column_encoding"] = dict.fromkeys(differences, "DELTA_BINARY_PACKED")
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema, **options) as writer:
        for group in chain([first], groups):
            writer.write_table(group, row_group_size=row_group_rows)
            rows += group.num_rows
    return rows


def dataset_of(files: Sequence[Place], schema: pa.Schema) -> ds.Dataset:
    """Return the rows of *files* as one dataset; their ``__filename`` is as in ``dataset_name``."""
    first, files_system = next(iter(files), None), None
    if isinstance(first, StorePath):
        files_system = fs.PyFileSystem(fs.FSSpecHandler(arrow_files(first)))
    names = [dataset_name(file) for file in files]
    return ds.dataset(names, schema=schema, format="parquet", filesystem=files_system)


def dataset_name(file: Place) -> str:
    """Return the name of *file* in a dataset."""
    return f"{file.bucket}/{file.key}" if isinstance(file, StorePath) else str(file)


GROUP_BYTES = 250_000_000
"""Bytes of texts after which a row group ends early: it is held in memory whole."""


def _row_groups(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Regroup *tables* into tables of exactly *rows* rows, unless their texts are too large."""
    waiting: list[pa.Table] = []
    count = size = 0
    for table in filter(len, tables):
        sizes = size + _text_bytes(table).cumsum()
        start = 0
        while count + table.num_rows - start >= rows or (len(sizes) and sizes[-1] >= GROUP_BYTES):
            full = start + int(np.searchsorted(sizes[start:], GROUP_BYTES)) + 1
            stop = min(full, start + rows - count, table.num_rows)
            yield pa.concat_tables([*waiting, table.slice(start, stop - start)]).combine_chunks()
            waiting, count = [], 0
            sizes -= sizes[stop - 1]
            start = stop
        if start < table.num_rows:
            waiting.append(table.slice(start))
            count += table.num_rows - start
            size = int(sizes[-1])
        else:
            size = 0
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _text_bytes(table: pa.Table) -> NDArray[np.int64]:
    """Return the bytes of each row's text; 0 for tables without texts."""
    if "text" not in table.column_names:
        return np.zeros(table.num_rows, np.int64)
    return np.asarray(pc.binary_length(table["text"]), np.int64)
