"""Clean one block: read, clean, judge and sign its records; stage articles, rejects, members."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from pipeline.dedup.steps.write_members import MemberWriter
from pipeline.passes.isolation import failure, process_records
from pipeline.passes.site_lines import read_repeated
from pipeline.passes.tombstones import taken_down
from pipeline.read import read_part
from pipeline.read.parts import Unfinished
from pipeline.records import Rejection
from pipeline.staging import CleanedCounts, PartCount
from pipeline.storage import open_input, replacing
from pipeline.write.columns import staged_batch, staged_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.config import Config
    from pipeline.passes.site_lines import Repeated
    from pipeline.read.parts import Block
    from pipeline.records import Article, Document
    from pipeline.staging import Staging
    from pipeline.write.columns import Table

BATCH_ROWS = 1_000
"""Documents held at once: enough for numpy to pay, few enough for memory."""


def clean_block(block: Block, config: Config, staging: Staging) -> int:
    """Read, clean, judge and sign the records of *block*; stage what comes of them.

    A block that an interrupted run has finished is left as it is.

    Returns:
        The number of the block.
    """
    if staging.noted(block.index, "cleaned"):
        return block.index
    counts = CleanedCounts()
    tombstones = staging.tombstones()
    unseen = _unseen_records(block, config, staging, counts)
    records = (taken_down(record, None, tombstones) or record for record in unseen)
    with ExitStack() as open_files:
        article_table = _open_table("articles", block.index, staging, open_files)
        reject_table = _open_table("rejects", block.index, staging, open_files)
        members = MemberWriter(block.index, config.dedup, staging, open_files)
        fates = _fates(records, config, read_repeated(staging), tombstones)
        for articles, rejections in _batches(fates):
            laid_out, kept, misfits = _fitting(articles)
            article_table.write_batch(laid_out)
            members.append(kept)
            reject_table.write_batch(staged_batch("rejects", rejections + misfits))
            counts.articles += len(kept)
            counts.rejects += len(rejections) + len(misfits)
    staging.note(block.index, "cleaned", counts)
    return block.index


def _unseen_records(
    block: Block, config: Config, staging: Staging, counts: CleanedCounts
) -> Iterator[Document | Rejection]:
    """Read the records of *block*, less those that an earlier run has seen; count both."""
    seen = np.load(staging.seen, mmap_mode="r") if staging.seen.exists() else None
    for part in block.parts:
        count = PartCount(part.source)
        counts.parts.append(count)
        for record in read_part(
            part, open_input, config.input, ignored_fields=counts.ignored_fields
        ):
            if isinstance(record, Unfinished):
                count.unfinished += 1
                continue
            count.read += 1
            if seen is not None and record.id is not None and _contains(seen, record.id):
                count.unchanged += 1
                continue
            if isinstance(record, Rejection) and record.retryable:
                count.retry = True
            yield record


def _contains(sorted_ids: NDArray[np.bytes_], id_: str) -> bool:
    wanted = np.array(bytes.fromhex(id_), "S16")
    place = int(np.searchsorted(sorted_ids, wanted))
    return place < len(sorted_ids) and bool(sorted_ids[place] == wanted)


_Fate = tuple[int, "Article | Rejection"]


def _fates(
    records: Iterator[Document | Rejection],
    config: Config,
    repeated: Repeated,
    tombstones: frozenset[bytes],
) -> Iterator[_Fate]:
    for ordinal, (article, rejection) in enumerate(process_records(records, config, repeated.of)):
        result = cast("Article | Rejection", rejection or article)
        # A page may name its address itself: it is known only now.
        gone = article and taken_down(article.document, article, tombstones)
        yield ordinal, gone or result


def _batches(
    fates: Iterator[_Fate],
) -> Iterator[tuple[list[tuple[int, Article]], list[tuple[int, Rejection]]]]:
    """Part articles from rejections, ``BATCH_ROWS`` records at a time."""
    articles: list[tuple[int, Article]] = []
    rejections: list[tuple[int, Rejection]] = []
    for ordinal, result in fates:
        if isinstance(result, Rejection):
            rejections.append((ordinal, result))
        else:
            articles.append((ordinal, result))
        if len(articles) + len(rejections) == BATCH_ROWS:
            yield articles, rejections
            articles, rejections = [], []
    if articles or rejections:
        yield articles, rejections


def _fitting(
    articles: list[tuple[int, Article]],
) -> tuple[pa.RecordBatch, list[tuple[int, Article]], list[tuple[int, Rejection]]]:
    """Lay articles out; one that does not fit its columns becomes a rejection, alone."""
    try:
        return staged_batch("articles", articles), articles, []
    except (pa.ArrowException, ValueError, OverflowError, TypeError):
        kept, misfits = [], []
    for ordinal, article in articles:
        try:
            staged_batch("articles", [(ordinal, article)])
        except (pa.ArrowException, ValueError, OverflowError, TypeError) as error:
            misfits.append((ordinal, failure(article.document, "clean", "cleaning_failed", error)))
        else:
            kept.append((ordinal, article))
    return staged_batch("articles", kept), kept, misfits


def _open_table(
    table: Table, index: int, staging: Staging, files: ExitStack
) -> pa.ipc.RecordBatchFileWriter:
    path = files.enter_context(replacing(staging.block_file(index, f"{table}.arrow")))
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    return files.enter_context(pa.ipc.new_file(str(path), staged_schema(table), options=options))
