"""What later runs read of a file of articles: its sorted keys, and the articles themselves.

    state/keys/part-00007.parquet belongs to articles/part-00007.parquet
    kind   band, text digest, url, or sampled shingle: 0 to 3
    key    32 bits of it
    row    the row of the article in its file

Keys depend on the kept texts only: a file that is missing, or was made with other settings, can be
rebuilt (``sign_again``).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.config import DedupConfig
from pipeline.dedup.shingles import SAMPLED
from pipeline.dedup.steps.layouts import SAMPLE
from pipeline.dedup.steps.members import MemberWriter, count_records, read_sorted_keys
from pipeline.records import Article, Document, Precision, Timestamp
from pipeline.staging import Staging
from pipeline.storage import Place, local, opened
from pipeline.version import FORMAT_VERSION
from pipeline.write.parquet import write_parquet

SIGNATURE = b"newsieve.signature"
"""The metadata key of the settings that a file of keys was made with."""
FOLDING = 2
"""Incremented when words are folded, or pages named, in another way: older keys are rebuilt."""
_ROW_GROUP = 1 << 16
"""Rows of the smallest unit in which a range of keys is read."""
NUMBER_BITS = np.uint64(30)
_KEY_BITS = np.uint64(32)


def keys_schema(config: DedupConfig) -> pa.Schema:
    """Return the schema of a file of keys made with these settings."""
    fields = [("kind", pa.uint8()), ("key", pa.uint32()), ("row", pa.uint32())]
    metadata = {
        b"newsieve.state": b"keys",
        b"newsieve.format_version": str(FORMAT_VERSION).encode(),
        SIGNATURE: signature_settings(config).encode(),
    }
    return pa.schema([pa.field(name, type_, nullable=False) for name, type_ in fields], metadata)


def signature_settings(config: DedupConfig) -> str:
    """Return the settings that the keys of a text depend on, as JSON."""
    names = {"shingle_words", "min_shingles", "permutations", "bands", "seed"}
    settings = config.model_dump(include=names) | {"sampled": SAMPLED, "words": FOLDING}
    return json.dumps(settings, sort_keys=True)


def numbered_keys(
    index: int, shard: int, shards: int, numbers: NDArray[np.int64], staging: Staging
) -> NDArray[np.uint64]:
    """Pack kind, key and article of the keys of one shard of a staged block: uint64, unordered.

    The packed numbers sort by these three; ``unpacked`` unpacks them. *numbers* is int64[n], the
    number of each article, below 2**30; articles with a negative one are left out.
    """
    kinds, keys, rows = read_sorted_keys(index, shard, shards, staging)
    named = numbers[rows.astype(np.int64)]
    kept = named >= 0
    packed = np.minimum(kinds[kept], np.uint64(SAMPLE)) << _KEY_BITS | keys[kept]
    return packed << NUMBER_BITS | named[kept].astype(np.uint64)


def unpacked(packed: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Unpack kind and key (as one number), and the article's number."""
    numbers = packed & np.uint64((1 << int(NUMBER_BITS)) - 1)
    return packed >> NUMBER_BITS, numbers.astype(np.int64)


def keys_table(
    index: int, rows: NDArray[np.int64], config: DedupConfig, staging: Staging
) -> pa.Table:
    """Return the sorted keys of those *rows* of a staged block that became a file of articles."""
    numbers = np.full(count_records(index, config, staging), -1, np.int64)
    numbers[rows] = np.arange(len(rows))
    keys, articles = unpacked(np.sort(numbered_keys(index, 0, 1, numbers, staging)))
    columns = ((keys >> _KEY_BITS).astype("u1"), keys.astype("u4"), articles.astype("u4"))
    return pa.Table.from_arrays([pa.array(each) for each in columns], schema=keys_schema(config))


def write_keys(path: Place, keys: pa.Table) -> None:
    """Write a table of keys; sorted numbers are delta-encoded."""
    write_parquet(path, keys.schema, [keys], _ROW_GROUP, differences=("key", "row"))


def made_with(path: Place, config: DedupConfig) -> bool:
    """Tell whether *path* is an intact file of keys made with these settings."""
    if not path.is_file():
        return False
    try:
        metadata: dict[bytes, Any] = pq.read_schema(local(path)).metadata or {}
    except (pa.ArrowException, OSError):
        return False
    return bool(metadata.get(SIGNATURE) == signature_settings(config).encode())


def sign_again(articles: Place, config: DedupConfig, work: Place) -> pa.Table:
    """Make the keys of a published file of articles from its texts.

    Temporary files go into the folder *work*, which the next command cleans up after a kill; if it
    is in an object store, into the system's.
    """
    rows = np.arange(pq.read_metadata(opened(articles)).num_rows)
    inside = work if isinstance(work, Path) else None
    with tempfile.TemporaryDirectory(prefix="newsieve-keys-", dir=inside) as folder:
        staging = Staging(folder)
        with ExitStack() as files:
            members = MemberWriter(0, config, staging, files)
            for found in read_articles(articles, rows):
                members.append([(n, each.article) for n, each in enumerate(found)])
        return keys_table(0, rows, config, staging)


COLUMNS = [
    "id", "record_id", "source", "media_type", "extractor", "url", "site", "title", "authors",
    "date_published", "date_published_precision", "fetched_at", "text", "cluster_id", "page_id",
    "run_id",
]  # fmt: skip
"""The columns that deduplication reads."""

BATCH_ROWS = 1_000


class Stored(NamedTuple):
    """A published article, and its run, cluster and page."""

    article: Article
    run_id: str
    cluster_id: str
    page_id: str


def read_articles(path: Place, rows: NDArray[np.int64]) -> Iterator[list[Stored]]:
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
                yield [_stored(row) for row in chosen]
        first += size


def _stored(row: dict[str, Any]) -> Stored:
    names = ("id", "record_id", "source", "media_type")
    document = Document(**{name: row[name] for name in names}, content="")
    article = Article(
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
    return Stored(article, row["run_id"], row["cluster_id"], row.get("page_id") or row["id"])


def _timestamp(instant: datetime | None, precision: Precision | None = None) -> Timestamp | None:
    if instant is None:
        return None
    return Timestamp(instant.astimezone(timezone.utc), 0, precision or "second")
