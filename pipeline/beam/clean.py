"""Pass A: blocks of inputs → staged articles, and the keys to join them on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import apache_beam as beam

from pipeline.dedup.exchange import SAMPLE_SHARDS, key_groups
from pipeline.passes.clean_block import CleanedBlock, clean_block
from pipeline.passes.find_edges import id_shards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.config import Config
    from pipeline.passes.staging import Staging

Keyed = tuple[int, tuple[int, bytes, bytes]]
Sampled = tuple[int, int]


class Cleaned(NamedTuple):
    """What pass A gives to the later ones.

    Attributes:
        blocks: index of each staged block.
        keys: (group of bands, (block, rows, keys)).
        samples: (shard of keys, block), where the block has signed articles.
        ids: (shard of ids, (block, ordinals, ids)).
    """

    blocks: beam.PCollection[int]
    keys: beam.PCollection[Keyed]
    samples: beam.PCollection[Sampled]
    ids: beam.PCollection[Keyed]


@dataclass(eq=False)
class Clean(beam.PTransform):
    """Read, clean, judge and sign each block; the texts stay in *staging*."""

    config: Config
    staging: Staging

    def expand(self, blocks: beam.PCollection) -> Cleaned:
        cleaned = blocks | "CleanBlock" >> beam.Map(clean_block, self.config, self.staging)
        return Cleaned(
            cleaned | "Index" >> beam.Map(_index).with_output_types(int),
            cleaned | "Keys" >> beam.FlatMap(_keys).with_output_types(Keyed),
            cleaned | "Samples" >> beam.FlatMap(_samples).with_output_types(Sampled),
            cleaned | "Ids" >> beam.FlatMap(_ids).with_output_types(Keyed),
        )


def _index(cleaned: CleanedBlock) -> int:
    return cleaned.index


def _keys(cleaned: CleanedBlock) -> Iterator[Keyed]:
    for group, keys in key_groups(cleaned.band_keys, cleaned.digest_keys):
        yield group, keys.pack()


def _samples(cleaned: CleanedBlock) -> Iterator[Sampled]:
    # The samples themselves are staged: shuffling half a kilobyte a text would cost more memory
    # than everything else together.
    if len(cleaned.band_keys.rows):
        for shard in range(SAMPLE_SHARDS):
            yield shard, cleaned.index


def _ids(cleaned: CleanedBlock) -> Iterator[Keyed]:
    for shard, ordinals, ids in id_shards(cleaned.ordinals, cleaned.ids):
        yield shard, (cleaned.index, ordinals.tobytes(), ids.tobytes())
