"""Pass B: keys → candidate edges → components → verdicts; and records read twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import apache_beam as beam
import numpy as np

from pipeline.dedup.exchange import VERDICT, BlockKeys
from pipeline.passes.find_edges import find_edges, find_repeats, shard_components
from pipeline.passes.resolve import resolve

if TYPE_CHECKING:
    from pipeline.config import DedupConfig
    from pipeline.passes.staging import Staging

BlockBytes = tuple[int, bytes]


@dataclass(eq=False)
class Deduplicate(beam.PTransform):
    """Say which articles are copies: (block, verdicts), any number of portions a block.

    Takes the keys of all blocks, and the records that are repeats and therefore no articles.
    """

    config: DedupConfig
    staging: Staging

    def expand(self, found: tuple[beam.PCollection, beam.PCollection]) -> beam.PCollection:
        keys, repeats = found
        return (
            keys
            | "GroupBands" >> beam.GroupByKey()
            | "FindEdges" >> beam.MapTuple(_find_edges).with_output_types(BlockBytes)
            # Edges are few where documents are many: one worker sees them all.
            | "GatherEdges" >> beam.GroupByKey()
            | "ShardComponents" >> beam.FlatMapTuple(_shard_components).with_output_types(bytes)
            | "SpreadShards" >> beam.Reshuffle()
            | "Resolve"
            >> beam.FlatMap(
                _resolve, beam.pvalue.AsList(repeats), self.config, self.staging
            ).with_output_types(BlockBytes)
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


def _find_edges(_group: int, portions: Iterable[tuple[int, bytes, bytes]]) -> BlockBytes:
    return 0, find_edges(BlockKeys.unpack(portion) for portion in portions).tobytes()


def _shard_components(_all: int, forests: Iterable[bytes]) -> Iterator[bytes]:
    for shard in shard_components(np.frombuffer(f, np.uint64).reshape(-1, 2) for f in forests):
        # Lengths first, then the components one after the other.
        sizes = np.array([len(shard), *(len(component) for component in shard)], np.uint64)
        yield np.concatenate([sizes, *shard]).tobytes()


def _resolve(
    packed: bytes, repeats: Iterable[BlockBytes], config: DedupConfig, staging: Staging
) -> Iterator[BlockBytes]:
    repeated = [(block, unpack_ordinals(ordinals)) for block, ordinals in repeats]
    numbers = np.frombuffer(packed, np.uint64)
    count = int(numbers[0])
    sizes, articles = numbers[1 : count + 1].astype(np.int64), numbers[count + 1 :]
    components = np.split(articles, np.cumsum(sizes)[:-1])
    for block, verdicts in resolve(components, repeated, config, staging):
        yield block, verdicts.tobytes()


def _find_repeats(
    _shard: int, portions: Iterable[tuple[int, bytes, bytes]]
) -> Iterator[BlockBytes]:
    unpacked = [
        (block, np.frombuffer(ordinals, np.int32), np.frombuffer(ids, "S16"))
        for block, ordinals, ids in portions
    ]
    for block, ordinals in find_repeats(unpacked):
        yield block, ordinals.tobytes()
