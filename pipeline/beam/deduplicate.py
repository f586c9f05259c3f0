"""Pass B: keys → components → labels; samples → links → bundles → verdicts; and repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import apache_beam as beam
import numpy as np

from pipeline.dedup.exchange import URLS, VERDICT, BlockKeys
from pipeline.passes.bundles import (
    bundle_shards,
    label,
    pack_bundles,
    published_labels,
    unpack_bundles,
    weigh_shard,
)
from pipeline.passes.find_edges import find_edges, find_repeats, shard_components
from pipeline.passes.members.keys import read_samples
from pipeline.passes.resolve import resolve

if TYPE_CHECKING:
    from pipeline.config import DedupConfig
    from pipeline.passes.staging import Staging

BlockBytes = tuple[int, bytes]


@dataclass(eq=False)
class Deduplicate(beam.PTransform):
    """Say which articles are copies: (block, verdicts), any number of portions a block.

    Takes the keys of all blocks, their samples, the block of articles of earlier runs, and the
    records that are repeats and therefore no articles.
    """

    config: DedupConfig
    staging: Staging

    def expand(self, found: tuple[beam.PCollection, ...]) -> beam.PCollection:
        keys, samples, earlier, repeats = found
        config, staging = self.config, self.staging
        urls, bands = keys | "PartKeys" >> beam.Partition(_which_keys, 2)
        labels = (
            bands | "FindComponents" >> _FindComponents(config, staging),
            earlier | "Published" >> beam.Map(_published, staging).with_output_types(bytes),
        ) | "Labels" >> beam.Flatten()
        versions = (
            urls
            | "GroupUrls" >> beam.GroupByKey()
            | "FindVersions" >> beam.MapTuple(_find_versions).with_output_types(bytes)
        )
        return (
            samples
            | "GroupSamples" >> beam.GroupByKey()
            | "Weigh"
            >> beam.Map(_weigh, beam.pvalue.AsList(labels), config, staging).with_output_types(
                BlockBytes
            )
            | "GatherLinks" >> beam.GroupByKey()
            | "ShardBundles"
            >> beam.FlatMap(
                _shard_bundles, beam.pvalue.AsList(labels), beam.pvalue.AsList(versions)
            ).with_output_types(bytes)
            | "SpreadBundles" >> beam.Reshuffle()
            | "Resolve"
            >> beam.FlatMap(
                _resolve, beam.pvalue.AsList(repeats), config, staging
            ).with_output_types(BlockBytes)
        )


@dataclass(eq=False)
class _FindComponents(beam.PTransform):
    """Join the bands, and label what they connect: provisional clusters."""

    config: DedupConfig
    staging: Staging

    def expand(self, keys: beam.PCollection) -> beam.PCollection:
        return (
            keys
            | "GroupBands" >> beam.GroupByKey()
            | "FindEdges" >> beam.MapTuple(_find_edges).with_output_types(BlockBytes)
            # Edges are few where documents are many: one worker sees them all.
            | "GatherEdges" >> beam.GroupByKey()
            | "ShardComponents" >> beam.FlatMapTuple(_shard_components).with_output_types(bytes)
            | "SpreadComponents" >> beam.Reshuffle()
            | "Label" >> beam.Map(_label, self.config, self.staging).with_output_types(bytes)
        )


class FindRepeats(beam.PTransform):
    """Find records whose id stands earlier in the run: (block, ordinals)."""

    def expand(self, ids: beam.PCollection) -> beam.PCollection:
        return (
            ids
            | "GroupIds" >> beam.GroupByKey()
            | "FindRepeated" >> beam.FlatMapTuple(_find_repeats).with_output_types(BlockBytes)
        )


def unpack_verdicts(packed: bytes) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """Undo the packing of a portion of verdicts."""
    return np.frombuffer(packed, VERDICT)


def unpack_ordinals(packed: bytes) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Undo the packing of a portion of ordinals."""
    return np.frombuffer(packed, np.int32)


def _which_keys(keyed: tuple[int, object], _partitions: int) -> int:
    return int(keyed[0] != URLS)


def _published(_earlier: int, staging: Staging) -> bytes:
    return published_labels(staging).tobytes()


def _find_versions(_urls: int, portions: Iterable[tuple[int, bytes, bytes]]) -> bytes:
    return find_edges(BlockKeys.unpack(portion) for portion in portions).tobytes()


def _find_edges(_group: int, portions: Iterable[tuple[int, bytes, bytes]]) -> BlockBytes:
    return 0, find_edges(BlockKeys.unpack(portion) for portion in portions).tobytes()


def _shard_components(_all: int, forests: Iterable[bytes]) -> Iterator[bytes]:
    for shard in shard_components(_rows_of_2(f) for f in forests):
        # Lengths first, then the components one after the other.
        sizes = np.array([len(shard), *(len(component) for component in shard)], np.uint64)
        yield np.concatenate([sizes, *shard]).tobytes()


def _label(packed: bytes, config: DedupConfig, staging: Staging) -> bytes:
    numbers = np.frombuffer(packed, np.uint64)
    count = int(numbers[0])
    sizes, articles = numbers[1 : count + 1].astype(np.int64), numbers[count + 1 :]
    return label(np.split(articles, np.cumsum(sizes)[:-1]), config, staging).tobytes()


def _weigh(
    grouped: tuple[int, Iterable[int]],
    labels: Iterable[bytes],
    config: DedupConfig,
    staging: Staging,
) -> BlockBytes:
    shard, blocks = grouped
    samples = (read_samples(block, shard, config, staging) for block in blocks)
    return 0, weigh_shard(shard, samples, map(_rows_of_2, labels), staging).tobytes()


def _shard_bundles(
    grouped: tuple[int, Iterable[bytes]], labels: Iterable[bytes], versions: Iterable[bytes]
) -> Iterator[bytes]:
    counted = [np.frombuffer(each, np.uint64).reshape(-1, 3) for each in grouped[1]]
    for bundles in bundle_shards(map(_rows_of_2, labels), counted, map(_rows_of_2, versions)):
        yield pack_bundles(bundles)


def _resolve(
    packed: bytes, repeats: Iterable[BlockBytes], config: DedupConfig, staging: Staging
) -> Iterator[BlockBytes]:
    repeated = [(block, unpack_ordinals(ordinals)) for block, ordinals in repeats]
    for block, verdicts in resolve(unpack_bundles(packed), repeated, config, staging):
        yield block, verdicts.tobytes()


def _rows_of_2(packed: bytes) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    return np.frombuffer(packed, np.uint64).reshape(-1, 2)


def _find_repeats(
    _shard: int, portions: Iterable[tuple[int, bytes, bytes]]
) -> Iterator[BlockBytes]:
    unpacked = [
        (block, np.frombuffer(ordinals, np.int32), np.frombuffer(ids, "S16"))
        for block, ordinals, ids in portions
    ]
    for block, ordinals in find_repeats(unpacked):
        yield block, ordinals.tobytes()
