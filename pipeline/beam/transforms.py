"""The stages of a run as Beam transforms: count lines, clean, deduplicate, write.

A transform only distributes work; ``passes`` and ``dedup.steps`` do it. ``graph.build`` connects
the transforms.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
from apache_beam.metrics import Metrics

from pipeline.config import Config, DedupConfig
from pipeline.dedup.steps.bundles import bundle_shards, label, published_labels, weigh_shard
from pipeline.dedup.steps.earlier.lookup import choose, find_earlier, finish, look_up, stage
from pipeline.dedup.steps.edges import find_edges, find_repeats, id_shards, shard_components
from pipeline.dedup.steps.layouts import (
    BlockKeys,
    Bundle,
    Components,
    block_of,
    is_of_urls,
    sample_shards,
)
from pipeline.dedup.steps.read_members import read_ids, read_keys, read_samples
from pipeline.dedup.steps.resolve import resolve
from pipeline.guard import cpu_seconds
from pipeline.passes.clean_block import clean_block
from pipeline.passes.site_lines import count_lines, find_repeated, gather_repeated
from pipeline.passes.write_block import write_block
from pipeline.read.parts import Block
from pipeline.staging import RunName, Staging, counter_of
from pipeline.write.columns import TABLES

Array = np.ndarray[Any, Any]
OfBlock = tuple[int, np.ndarray]
"""The index of a block, and an array about it."""
Keyed = tuple[int, tuple[int, np.ndarray, np.ndarray]]


class ArrayCoder(beam.coders.Coder):
    """Arrays of any type and shape in numpy's own format, without pickle."""

    def encode(self, value: Array) -> bytes:
        stream = io.BytesIO()
        np.save(stream, value, allow_pickle=False)
        return stream.getvalue()

    def decode(self, encoded: bytes) -> Array:
        decoded: Array = np.load(io.BytesIO(encoded), allow_pickle=False)
        return decoded

    def is_deterministic(self) -> bool:
        return True


beam.coders.registry.register_coder(np.ndarray, ArrayCoder)


@contextmanager
def _counted(stage: str, staging: Staging) -> Iterator[None]:
    """Add the CPU time of the code block to *stage*, one of ``staging.STAGES``."""
    began = cpu_seconds()
    yield
    counter_of(staging.folder).add(stage, round((cpu_seconds() - began) * 1e6))


@contextmanager
def _step(staging: Staging) -> Iterator[None]:
    """Count a step of deduplication, and its CPU time."""
    with _counted("deduplicate", staging):
        yield
        counter_of(staging.folder).add("steps")


@dataclass(eq=False)
class Deduplicate(beam.PTransform):
    """Decide which articles are duplicates: (block, verdicts), any number of times per block.

    The inputs are the keys of all blocks, their samples, the blocks of articles of earlier runs,
    and repeated records, which are not articles.
    """

    config: DedupConfig
    staging: Staging
    ranges: int

    def expand(self, found: tuple[beam.PCollection, ...]) -> beam.PCollection:
        keys, samples, earlier, repeats = found
        config, staging = self.config, self.staging
        urls, bands = keys | "PartKeys" >> beam.Partition(_which_keys, 2)
        labels = (
            bands | "FindComponents" >> _FindComponents(config, staging),
            earlier | "Published" >> beam.Map(_published, staging).with_output_types(np.ndarray),
        ) | "Labels" >> beam.Flatten()
        versions = (
            urls
            | "GroupUrls" >> beam.GroupByKey()
            | "FindVersions" >> beam.Map(_find_edges, staging).with_output_types(OfBlock)
            | "Versions" >> beam.Values().with_output_types(np.ndarray)
        )
        return (
            samples
            | "GroupSamples" >> beam.GroupByKey()
            | "Weigh"
            >> beam.Map(
                _weigh, beam.pvalue.AsList(labels), sample_shards(self.ranges), staging
            ).with_output_types(OfBlock)
            | "GatherLinks" >> beam.GroupByKey()
            | "ShardBundles"
            >> beam.FlatMap(
                _shard_bundles, beam.pvalue.AsList(labels), beam.pvalue.AsList(versions)
            ).with_output_types(tuple[np.ndarray, np.ndarray, np.ndarray])
            | "SpreadBundles" >> beam.Reshuffle()
            | "Resolve"
            >> beam.FlatMap(
                _resolve, beam.pvalue.AsList(repeats), config, staging
            ).with_output_types(OfBlock)
        )


@dataclass(eq=False)
class _FindComponents(beam.PTransform):
    """Join the bands, and label provisional clusters in the components that they connect."""

    config: DedupConfig
    staging: Staging

    def expand(self, keys: beam.PCollection) -> beam.PCollection:
        return (
            keys
            | "GroupBands" >> beam.GroupByKey()
            | "FindEdges" >> beam.Map(_find_edges, self.staging).with_output_types(OfBlock)
            # There are few edges even for many documents, so one worker can process them all.
            | "GatherEdges" >> beam.GroupByKey()
            | "ShardComponents"
            >> beam.FlatMapTuple(_shard_components).with_output_types(tuple[np.ndarray, np.ndarray])
            | "SpreadComponents" >> beam.Reshuffle()
            | "Label" >> beam.Map(_label, self.config, self.staging).with_output_types(np.ndarray)
        )


class FindRepeats(beam.PTransform):
    """Find records whose id occurs earlier in the run: (block, ordinals)."""

    def expand(self, ids: beam.PCollection) -> beam.PCollection:
        return (
            ids
            | "GroupIds" >> beam.GroupByKey()
            | "FindRepeated" >> beam.FlatMapTuple(_find_repeats).with_output_types(OfBlock)
        )


def _which_keys(keyed: tuple[int, object], _partitions: int) -> int:
    return int(not is_of_urls(keyed[0]))


def _published(earlier: int, staging: Staging) -> Array:
    labels = published_labels(staging)
    own: Array = labels[block_of(labels[:, 0]) == earlier]
    return own


def _find_edges(
    grouped: tuple[int, Iterable[tuple[int, Array, Array]]], staging: Staging
) -> tuple[int, Array]:
    with _counted("deduplicate", staging):
        return 0, find_edges(BlockKeys(*portion) for portion in grouped[1])


def _shard_components(_all: int, forests: Iterable[Array]) -> Iterator[Components]:
    return shard_components(forests)


def _label(shard: tuple[Array, Array], config: DedupConfig, staging: Staging) -> Array:
    with _step(staging):
        return label(Components(*shard), config, staging)


def _weigh(
    grouped: tuple[int, Iterable[int]],
    labels: Iterable[Array],
    shards: int,
    staging: Staging,
) -> tuple[int, Array]:
    shard, blocks = grouped
    samples = (read_samples(block, shard, shards, staging) for block in blocks)
    with _step(staging):
        return 0, weigh_shard(shard, shards, samples, labels, staging)


def _shard_bundles(
    grouped: tuple[int, Iterable[Array]], labels: Iterable[Array], versions: Iterable[Array]
) -> Iterator[Bundle]:
    return bundle_shards(labels, grouped[1], versions)


def _resolve(
    bundle: tuple[Array, Array, Array],
    repeats: Iterable[tuple[int, Array]],
    config: DedupConfig,
    staging: Staging,
) -> list[tuple[int, Array]]:
    with _step(staging):
        return list(resolve(Bundle(*bundle), repeats, config, staging))


def _find_repeats(
    _shard: int, portions: Iterable[tuple[int, Array, Array]]
) -> Iterator[tuple[int, Array]]:
    return find_repeats(portions)


class Cleaned(NamedTuple):
    """The outputs of cleaning.

    Attributes:
        blocks: index of each staged block.
        earlier: index of each block of articles of earlier runs.
        keys: (group of bands, (block, rows, keys)) of both kinds of blocks.
        samples: (shard of keys, block) of both kinds of blocks.
        ids: (shard of ids, (block, ordinals, ids)) of staged blocks only.
    """

    blocks: beam.PCollection[int]
    earlier: beam.PCollection[int]
    keys: beam.PCollection[Keyed]
    samples: beam.PCollection[tuple[int, int]]
    ids: beam.PCollection[Keyed]


@dataclass(eq=False)
class Clean(beam.PTransform):
    """Read, clean, judge and sign each block; find earlier articles that they may duplicate."""

    config: Config
    staging: Staging
    ranges: int

    def expand(self, planned: beam.PCollection) -> Cleaned:
        config, staging = self.config, self.staging
        blocks = planned | "CleanBlock" >> beam.Map(_clean_block, config, staging)
        earlier = blocks | "Earlier" >> _FindEarlier(config.dedup, staging)
        joined = (blocks, earlier) | "Joined" >> beam.Flatten()
        return Cleaned(
            blocks,
            earlier,
            joined
            | "Keys" >> beam.FlatMap(_keys, config, staging, self.ranges).with_output_types(Keyed),
            joined
            | "Samples"
            >> beam.FlatMap(_samples, sample_shards(self.ranges)).with_output_types(
                tuple[int, int]
            ),
            blocks | "Ids" >> beam.FlatMap(_ids, staging).with_output_types(Keyed),
        )


def _clean_block(block: Block, config: Config, staging: Staging) -> int:
    with _counted("clean", staging):
        return clean_block(block, config, staging)


@dataclass(eq=False)
class _FindEarlier(beam.PTransform):
    """Stage the articles of earlier runs that new ones may duplicate; return their blocks.

    A few keys are looked up as one element, many by ranges.
    """

    config: DedupConfig
    staging: Staging

    def expand(self, blocks: beam.PCollection) -> beam.PCollection:
        config, staging, shards = self.config, self.staging, self.staging.window().shards
        gathered = (
            blocks
            | "ToOneWorker" >> beam.Map(_to_one_worker).with_output_types(tuple[int, int])
            | "GatherBlocks" >> beam.GroupByKey()
        )
        if shards <= 1:
            return gathered | "FindEarlier" >> beam.FlatMap(
                _find_earlier, config, staging
            ).with_output_types(int)
        return (
            gathered
            | "ToShards"
            >> beam.FlatMap(_to_shards, shards).with_output_types(tuple[int, list[int]])
            | "SpreadShards" >> beam.Reshuffle()
            | "LookUp" >> beam.Map(_look_up, config, staging).with_output_types(tuple[int, int])
            | "GatherPairs" >> beam.GroupByKey()
            | "ToParts" >> beam.FlatMapTuple(_to_parts).with_output_types(tuple[int, int])
            | "SpreadParts" >> beam.Reshuffle()
            | "Choose" >> beam.FlatMap(_choose, staging).with_output_types(OfBlock)
            | "SpreadChosen" >> beam.Reshuffle()
            | "StageEarlier" >> beam.Map(_stage, config, staging).with_output_types(tuple[int, int])
            | "GatherEarlier" >> beam.GroupByKey()
            | "Finish" >> beam.FlatMap(_finish, config, staging).with_output_types(int)
            | "SpreadEarlier" >> beam.Reshuffle()
        )


def _to_one_worker(index: int) -> tuple[int, int]:
    return 0, index


def _find_earlier(
    grouped: tuple[int, Iterable[int]], config: DedupConfig, staging: Staging
) -> list[int]:
    with _counted("deduplicate", staging):
        return find_earlier(list(grouped[1]), config, staging)


def _to_shards(grouped: tuple[int, Iterable[int]], shards: int) -> Iterator[tuple[int, list[int]]]:
    blocks = list(grouped[1])
    yield from ((shard, blocks) for shard in range(shards))


def _look_up(
    shard: tuple[int, list[int]], config: DedupConfig, staging: Staging
) -> tuple[int, int]:
    number, blocks = shard
    with _counted("deduplicate", staging):
        look_up(number, blocks, config, staging)
    return max(blocks) + 1, number


def _to_parts(first_block: int, shards: Iterable[int]) -> Iterator[tuple[int, int]]:
    yield from ((shard, first_block) for shard in shards)


def _choose(part: tuple[int, int], staging: Staging) -> list[OfBlock]:
    with _counted("deduplicate", staging):
        return list(choose(*part, staging))


def _stage(chosen: OfBlock, config: DedupConfig, staging: Staging) -> tuple[int, int]:
    with _counted("deduplicate", staging):
        return 0, stage(*chosen, config, staging)


def _finish(grouped: tuple[int, Iterable[int]], config: DedupConfig, staging: Staging) -> list[int]:
    with _counted("deduplicate", staging):
        return finish(grouped[1], config, staging)


def _keys(index: int, config: Config, staging: Staging, ranges: int) -> list[tuple[int, BlockKeys]]:
    with _step(staging):
        return list(read_keys(index, config.dedup, staging, ranges))


def _samples(index: int, shards: int) -> Iterator[tuple[int, int]]:
    # Samples are staged, not shuffled: half a kilobyte per text is more than everything else.
    for shard in range(shards):
        yield shard, index


def _ids(index: int, staging: Staging) -> Iterator[Keyed]:
    for shard, ordinals, ids in id_shards(*read_ids(index, staging)):
        yield shard, (index, ordinals, ids)


@dataclass(eq=False)
class CountLines(beam.PTransform):
    """Count the short lines of all blocks before the first block is cleaned."""

    config: Config
    staging: Staging
    ranges: int

    def expand(self, planned: beam.PCollection) -> beam.PCollection:
        shards = sample_shards(self.ranges)
        return (
            planned
            | "Count" >> beam.FlatMap(_count, shards, self.config, self.staging)
            | "GatherCounts" >> beam.GroupByKey()
            | "FindRepeated" >> beam.Map(_find_repeated, shards, self.config, self.staging)
            | "GatherShards" >> beam.GroupByKey()
            | "GatherRepeated" >> beam.FlatMap(_gather_repeated, shards, self.staging)
            | "SpreadBlocks" >> beam.Reshuffle()
        )


def _count(
    block: Block, shards: int, config: Config, staging: Staging
) -> Iterator[tuple[int, tuple[int, Block | None]]]:
    with _counted("count_lines", staging):
        count_lines(block, config, staging)
    for shard in range(shards):
        yield shard, (block.index, None if shard else block)


def _find_repeated(
    grouped: tuple[int, Iterable[tuple[int, Block | None]]],
    shards: int,
    config: Config,
    staging: Staging,
) -> tuple[int, list[Block]]:
    shard, blocks = grouped[0], list(grouped[1])
    with _counted("count_lines", staging):
        find_repeated(shard, shards, [index for index, _ in blocks], config, staging)
    return 0, [block for _, block in blocks if block is not None]


def _gather_repeated(
    grouped: tuple[int, Iterable[list[Block]]], shards: int, staging: Staging
) -> Iterator[Block]:
    with _counted("count_lines", staging):
        gather_repeated(shards, staging)
    yield from chain.from_iterable(grouped[1])


NAMESPACE = "newsieve"

CLOSED = ("rejects_by_reason", "duplicates_by_match")
"""Tables of the account that become metrics: only those with a closed list of names, because
engines keep every counter that they ever saw."""


def count_block(index: int, staging: Staging) -> None:
    """Add the counts of a written block to Beam's counters.

    They have the names of ``Account``; those of its tables are ``table.name``.
    """
    (cleaned,) = staging.cleaned(range(index, index + 1))
    (written,) = staging.written(range(index, index + 1))
    _increment("read", sum(part.read for part in cleaned.parts))
    _increment("unfinished", sum(part.unfinished for part in cleaned.parts))
    _increment("unchanged", sum(part.unchanged for part in cleaned.parts))
    _increment("unchanged", sum(written.unchanged.values()))
    for table in TABLES:
        _increment(table, getattr(written, table))
    for counts in CLOSED:
        for name, value in getattr(written, counts).items():
            _increment(f"{counts}.{name}", value)


def _increment(name: str, value: int) -> None:
    Metrics.counter(NAMESPACE, name).inc(value)


@dataclass(eq=False)
class Write(beam.PTransform):
    """Write each block's part of the tables, once all verdicts about it have arrived."""

    run: RunName
    config: Config
    staging: Staging

    def expand(
        self, found: tuple[beam.PCollection, beam.PCollection, beam.PCollection]
    ) -> beam.PCollection:
        blocks, verdicts, repeats = found
        by_block = {
            "block": blocks | "ByIndex" >> beam.Map(_keyed).with_output_types(tuple[int, None]),
            "verdicts": verdicts,
            "repeats": repeats,
        }
        return (
            by_block
            | "GroupByBlock" >> beam.CoGroupByKey()
            | "WriteBlock" >> beam.Map(_write_block, self.run, self.config, self.staging)
        )


def _keyed(index: int) -> tuple[int, None]:
    return index, None


def _write_block(
    grouped: tuple[int, Mapping[str, Iterable[Array]]],
    run: RunName,
    config: Config,
    staging: Staging,
) -> None:
    index, found = grouped
    with _counted("write", staging):
        write_block(index, found["verdicts"], found["repeats"], run, config, staging)
    count_block(index, staging)
