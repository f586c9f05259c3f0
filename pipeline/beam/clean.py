"""Pass A: blocks of inputs → staged articles, and what they are joined on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import apache_beam as beam

from pipeline.dedup.exchange import SAMPLE_SHARDS
from pipeline.passes.clean_block import clean_block
from pipeline.passes.earlier.window import find_earlier
from pipeline.passes.find_edges import id_shards
from pipeline.passes.members.keys import read_ids, read_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.config import Config
    from pipeline.passes.staging import Staging

Keyed = tuple[int, tuple[int, bytes, bytes]]
Sampled = tuple[int, int]


class Cleaned(NamedTuple):
    """What pass A gives to the later ones.

    Attributes:
        blocks: index of each staged block.
        earlier: index of the block of articles of earlier runs, if there are any.
        keys: (group of bands, (block, rows, keys)), of blocks and earlier.
        samples: (shard of keys, block), the same.
        ids: (shard of ids, (block, ordinals, ids)), of blocks alone.
    """

    blocks: beam.PCollection[int]
    earlier: beam.PCollection[int]
    keys: beam.PCollection[Keyed]
    samples: beam.PCollection[Sampled]
    ids: beam.PCollection[Keyed]


@dataclass(eq=False)
class Clean(beam.PTransform):
    """Read, clean, judge and sign each block; find what they may be copies of."""

    config: Config
    staging: Staging

    def expand(self, planned: beam.PCollection) -> Cleaned:
        config, staging = self.config, self.staging
        blocks = planned | "CleanBlock" >> beam.Map(clean_block, config, staging)
        earlier = (
            blocks
            | "Together" >> beam.Map(_together).with_output_types(tuple[int, int])
            | "GatherBlocks" >> beam.GroupByKey()
            | "FindEarlier" >> beam.FlatMap(_find_earlier, config, staging).with_output_types(int)
        )
        joined = (blocks, earlier) | "Joined" >> beam.Flatten()
        return Cleaned(
            blocks,
            earlier,
            joined | "Keys" >> beam.FlatMap(_keys, config, staging).with_output_types(Keyed),
            joined | "Samples" >> beam.FlatMap(_samples).with_output_types(Sampled),
            blocks | "Ids" >> beam.FlatMap(_ids, staging).with_output_types(Keyed),
        )


def _together(index: int) -> tuple[int, int]:
    return 0, index


def _find_earlier(
    grouped: tuple[int, Iterable[int]], config: Config, staging: Staging
) -> list[int]:
    return find_earlier(list(grouped[1]), config.dedup, staging)


def _keys(index: int, config: Config, staging: Staging) -> Iterator[Keyed]:
    for group, keys in read_keys(index, config.dedup, staging):
        yield group, keys.pack()


def _samples(index: int) -> Iterator[Sampled]:
    # The samples themselves are staged: shuffling half a kilobyte a text would cost more memory
    # than everything else together.
    for shard in range(SAMPLE_SHARDS):
        yield shard, index


def _ids(index: int, staging: Staging) -> Iterator[Keyed]:
    for shard, ordinals, ids in id_shards(*read_ids(index, staging)):
        yield shard, (index, ordinals.tobytes(), ids.tobytes())
