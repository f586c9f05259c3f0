"""Clean one block: read, clean, judge and sign its records; stage articles, rejects, members."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import cast

import pyarrow as pa

from pipeline.arrays import ids_in, lookup, portions
from pipeline.config import Config
from pipeline.dedup.steps.members import MemberWriter
from pipeline.passes.isolation import failure, process_records
from pipeline.passes.reading import counted_records, start_reader
from pipeline.passes.sightings import Sighting, sighting_of, stage_sightings
from pipeline.passes.site_lines import read_repeated, repeated_in
from pipeline.passes.tombstones import taken_down
from pipeline.read.parts import Block, Unfinished
from pipeline.records import Article, Document, Rejection
from pipeline.staging import CleanedCounts, LiveCounter, PartCount, Staging, counter_of
from pipeline.storage import replacing
from pipeline.urls import site_of_path
from pipeline.write.columns import Table, staged_batch, staged_schema

BATCH_CHARS = 10_000_000
BATCH_ROWS = 1_000
"""Maximum characters and documents of a batch: enough for numpy, few enough for memory."""


def clean_block(block: Block, config: Config, staging: Staging) -> int:
    """Read, clean, judge and sign the records of *block*; stage the results, return its number.

    A block that an interrupted run has finished is not processed again.
    """
    counter = counter_of(staging.folder)
    if staging.block_file(block.index, "cleaned.json").exists():
        counter.add("cleaned_bytes", block.bytes)
        return block.index
    counts, tombstones = CleanedCounts(), staging.tombstones()
    sightings: list[Sighting] = []
    start_reader(config)
    unseen = _unseen_records(block, config, staging, counts, sightings)
    records = (taken_down(record, None, tombstones) or record for record in unseen)
    with ExitStack() as open_files:
        article_table = _open_table("articles", block.index, staging, open_files)
        reject_table = _open_table("rejects", block.index, staging, open_files)
        members = MemberWriter(block.index, config.dedup, staging, open_files)
        repeated = partial(repeated_in, read_repeated(staging))
        fates = _fates(records, config, repeated, tombstones, counter)
        for batch in portions(fates, _chars_of, BATCH_CHARS, BATCH_ROWS):
            articles = [(n, fate) for n, fate in batch if isinstance(fate, Article)]
            rejections = [(n, fate) for n, fate in batch if isinstance(fate, Rejection)]
            laid_out, kept, misfits = _fitting(articles)
            article_table.write_batch(laid_out)
            members.append(kept)
            reject_table.write_batch(staged_batch("rejects", rejections + misfits))
            _mark_retries(rejections, counts)
            counts.articles += len(kept)
            counts.rejects += len(rejections) + len(misfits)
            counter.add("rejects", len(misfits))
    stage_sightings(block.index, sightings, staging)
    staging.note(block.index, "cleaned", counts)
    return block.index


def _unseen_records(
    block: Block, config: Config, staging: Staging, counts: CleanedCounts, sightings: list[Sighting]
) -> Iterator[Document | Rejection]:
    """Yield records that no earlier run has seen; count all, add the others to *sightings*."""
    seen = staging.array("seen", mmap_mode="r")
    counter = counter_of(staging.folder)
    for part in block.parts:
        count = PartCount(part.source)
        counts.parts.append(count)
        records = counted_records(part, config, counter, "cleaned_bytes", counts.ignored_fields)
        for record in records:
            if isinstance(record, Unfinished):
                count.unfinished += 1
                continue
            count.read += 1
            if seen is not None and record.id and lookup(seen, ids_in([record.id]))[1][0]:
                count.unchanged += 1
                counter.add("records")
                sightings.append(sighting_of(record))
                continue
            if isinstance(record, Rejection):
                count.retry |= record.retryable
                site = record.site or site_of_path(record.source, config.input.site)
                yield replace(record, site=site)
            else:
                yield record


def _mark_retries(rejections: list[tuple[int, Rejection]], counts: CleanedCounts) -> None:
    """Mark the files of retryable rejections, so that the next run reads them again."""
    again = {rejection.source for _, rejection in rejections if rejection.retryable}
    # A record's source is its file, or its file and #n.
    files = again | {source.rpartition("#")[0] for source in again}
    for part in counts.parts:
        part.retry = part.retry or part.source in files


_Fate = tuple[int, "Article | Rejection"]
_MISFIT = (pa.ArrowException, ValueError, OverflowError, TypeError)
"""Errors of values that do not fit their columns."""


def _fates(
    records: Iterator[Document | Rejection],
    config: Config,
    repeated: Callable[[Document], frozenset[str]],
    tombstones: frozenset[bytes],
    counter: LiveCounter,
) -> Iterator[_Fate]:
    """Yield what becomes of each record, numbered from 0, and count it."""
    for ordinal, (article, rejection) in enumerate(process_records(records, config, repeated)):
        result = cast("Article | Rejection", rejection or article)
        # A page may state its url, which is known only now.
        record = result.document if isinstance(result, Article) else result
        gone = taken_down(record, article, tombstones)
        counter.add("records")
        if gone or rejection:
            counter.add("rejects")
        yield ordinal, gone or result


def _chars_of(fate: _Fate) -> int:
    return len(fate[1].document.content) if isinstance(fate[1], Article) else 0


def _fitting(
    articles: list[tuple[int, Article]],
) -> tuple[pa.RecordBatch, list[tuple[int, Article]], list[tuple[int, Rejection]]]:
    """Convert articles to a batch; an article that does not fit its columns becomes a rejection."""
    try:
        return staged_batch("articles", articles), articles, []
    except _MISFIT:
        kept, misfits = [], []
    for ordinal, article in articles:
        try:
            staged_batch("articles", [(ordinal, article)])
        except _MISFIT as error:
            misfits.append((ordinal, failure(article, "clean", "cleaning_failed", error)))
        else:
            kept.append((ordinal, article))
    return staged_batch("articles", kept), kept, misfits


def _open_table(
    table: Table, index: int, staging: Staging, files: ExitStack
) -> pa.ipc.RecordBatchFileWriter:
    path = files.enter_context(replacing(staging.block_file(index, f"{table}.arrow")))
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    return files.enter_context(pa.ipc.new_file(str(path), staged_schema(table), options=options))
