"""Pass A on one block: read, clean, judge, sign; staged articles, rejects and members."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from pipeline.passes.members import MemberWriter
from pipeline.passes.sieve import failure, sieve_documents
from pipeline.passes.staging import CleanedCounts, PartCount
from pipeline.read import read_part
from pipeline.read.parts import Unfinished
from pipeline.records import Rejection
from pipeline.storage import open_input, replacing
from pipeline.write.columns import staged_batch, staged_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.config import Config
    from pipeline.dedup.exchange import BlockKeys, BlockSamples
    from pipeline.passes.blocks import Block
    from pipeline.passes.staging import Staging
    from pipeline.records import Article, Document
    from pipeline.write.columns import Table

BATCH_ROWS = 1_000
TOGETHER_ROWS = 128
TOGETHER_CHARS = 1_000_000
"""Records, and characters of them, from which no more are cleaned together."""
"""Documents held at once: enough for numpy to pay, few enough for memory."""


@dataclass(frozen=True, eq=False)
class CleanedBlock:
    """What the later passes need of a cleaned block; its texts stay on disk.

    Attributes:
        band_keys: keys of the articles with enough shingles, one row a band.
        digest_keys: one key of every article's whole text.
        samples: the sampled shingles of the articles with enough of them.
        ordinals: int32[n], the records that have an id, kept or rejected, by number in the block.
        ids: S16[n], their ids: two equal ones are one record read twice.
    """

    index: int
    band_keys: BlockKeys
    digest_keys: BlockKeys
    samples: BlockSamples
    ordinals: NDArray[np.int32]
    ids: NDArray[np.bytes_]


def clean_block(block: Block, config: Config, staging: Staging) -> CleanedBlock:
    """Read, clean, judge and sign the records of *block*; stage what comes of them."""
    counts = CleanedCounts()
    records = _unseen_records(block, config, staging, counts)
    with ExitStack() as open_files:
        article_table = _open_table("articles", block.index, staging, open_files)
        reject_table = _open_table("rejects", block.index, staging, open_files)
        members = MemberWriter(block.index, config.dedup, staging, open_files)
        named: list[tuple[int, str]] = []
        for articles, rejections in _batches(_sieved(records, config)):
            laid_out, kept, misfits = _fitting(articles)
            article_table.write_batch(laid_out)
            members.append(kept)
            rejected = rejections + misfits
            reject_table.write_batch(staged_batch("rejects", rejected))
            named += [(ordinal, article.document.id) for ordinal, article in kept]
            named += [(ordinal, each.id) for ordinal, each in rejected if each.id]
            counts.articles += len(kept)
            counts.rejects += len(rejected)
    staging.note(block.index, "cleaned", counts)
    return CleanedBlock(
        block.index,
        members.band_keys(),
        members.digest_keys(),
        members.samples(),
        np.array([ordinal for ordinal, _ in named], np.int32),
        np.array([bytes.fromhex(id_) for _, id_ in named], "S16"),
    )


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


_Sieved = tuple[int, "Article | Rejection"]


def _sieved(records: Iterator[Document | Rejection], config: Config) -> Iterator[_Sieved]:
    for batch in _together(records):
        documents = [record for _, record in batch if not isinstance(record, Rejection)]
        fates = sieve_documents(documents, config)
        for ordinal, record in batch:
            if isinstance(record, Rejection):
                yield ordinal, record
            else:
                article, rejection = next(fates)
                yield ordinal, cast("Article | Rejection", rejection or article)


def _together(
    records: Iterator[Document | Rejection],
) -> Iterator[list[tuple[int, Document | Rejection]]]:
    """Numbered records that are cleaned together: few enough to be held in memory."""
    batch: list[tuple[int, Document | Rejection]] = []
    chars = 0
    for ordinal, record in enumerate(records):
        batch.append((ordinal, record))
        chars += 0 if isinstance(record, Rejection) else len(record.content)
        if len(batch) == TOGETHER_ROWS or chars > TOGETHER_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def _batches(
    sieved: Iterator[_Sieved],
) -> Iterator[tuple[list[tuple[int, Article]], list[tuple[int, Rejection]]]]:
    """Part articles from rejections, ``BATCH_ROWS`` records at a time."""
    articles: list[tuple[int, Article]] = []
    rejections: list[tuple[int, Rejection]] = []
    for ordinal, result in sieved:
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
