"""Articles of earlier runs, read back from their tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.records import Article, Document, Precision, Timestamp
from pipeline.storage import Place, opened

COLUMNS = [
    "id", "record_id", "source", "media_type", "extractor", "url", "site", "title", "authors",
    "date_published", "date_published_precision", "fetched_at", "text", "cluster_id", "page_id",
    "run_id",
]  # fmt: skip
"""What deduplication looks at."""

BATCH_ROWS = 1_000


@dataclass(frozen=True, eq=False)
class Found:
    """Some articles of one file, and the run, cluster and page of each."""

    articles: list[Article]
    run_ids: list[str]
    cluster_ids: list[str]
    page_ids: list[str]


def read_articles(path: Place, rows: NDArray[np.int64]) -> Iterator[Found]:
    """Read those *rows* (ascending) of a file, ``BATCH_ROWS`` at a time or fewer."""
    file = pq.ParquetFile(opened(path))
    first = 0
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        inside = rows[(rows >= first) & (rows < first + size)] - first
        if len(inside):
            table = file.read_row_group(group, columns=COLUMNS)  # older files lack some
            for start in range(0, len(inside), BATCH_ROWS):
                chosen = table.take(pa.array(inside[start : start + BATCH_ROWS])).to_pylist()
                run_ids, cluster_ids = (
                    [row[name] for row in chosen] for name in ("run_id", "cluster_id")
                )
                page_ids = [row.get("page_id") or row["id"] for row in chosen]
                yield Found([_article(row) for row in chosen], run_ids, cluster_ids, page_ids)
        first += size


def _article(row: dict[str, Any]) -> Article:
    names = ("id", "record_id", "source", "media_type")
    document = Document(**{name: row[name] for name in names}, content="")
    return Article(
        document=document,
        text=row["text"],
        extractor=row["extractor"],
        title=row["title"],
        authors=tuple(row["authors"]),
        url=row["url"],
        site=row["site"],
        date_published=_timestamp(row["date_published"], row["date_published_precision"]),
        fetched_at=_timestamp(row["fetched_at"]),
    )


def _timestamp(instant: datetime | None, precision: Precision | None = None) -> Timestamp | None:
    if instant is None:
        return None
    return Timestamp(instant.astimezone(timezone.utc), 0, precision or "second")
