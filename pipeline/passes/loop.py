"""All passes one after the other in this process, without Beam.

What the engine's overhead is measured against (benchmarks/), and what tests of whole runs
use where the engine is not their subject. The result is the same to the byte.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.dedup.exchange import SAMPLE_SHARDS, key_groups
from pipeline.passes.bundles import bundle_shards, label, weigh_shard
from pipeline.passes.clean_block import clean_block
from pipeline.passes.find_edges import find_edges, find_repeats, id_shards, shard_components
from pipeline.passes.member_reader import read_samples
from pipeline.passes.resolve import resolve
from pipeline.passes.write_block import write_block

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.config import Config
    from pipeline.dedup.exchange import BlockKeys
    from pipeline.passes.blocks import Block
    from pipeline.passes.staging import Staging
    from pipeline.passes.write_block import RunName


def run_passes(blocks: Sequence[Block], run: RunName, config: Config, staging: Staging) -> None:
    """Take *blocks* through all passes, as ``beam.graph`` does."""
    keys: dict[int, list[BlockKeys]] = defaultdict(list)
    signed: list[int] = []
    ids: dict[int, list[tuple[int, NDArray[np.int32], NDArray[np.bytes_]]]] = defaultdict(list)
    for block in blocks:
        cleaned = clean_block(block, config, staging)
        for group, portion in key_groups(cleaned.band_keys, cleaned.digest_keys):
            keys[group].append(portion)
        if len(cleaned.band_keys.rows):
            signed.append(block.index)
        for shard, ordinals, names in id_shards(cleaned.ordinals, cleaned.ids):
            ids[shard].append((block.index, ordinals, names))
    repeats = [again for portions in ids.values() for again in find_repeats(portions)]
    found = shard_components([find_edges(portions) for portions in keys.values()])
    labels = [label(components, config.dedup, staging) for components in found]
    links = []
    for shard in range(SAMPLE_SHARDS if signed else 0):
        samples = (read_samples(index, shard, config.dedup, staging) for index in signed)
        links.append(weigh_shard(shard, samples, labels, staging))
    verdicts: dict[int, list[NDArray[np.void]]] = defaultdict(list)
    for bundles in bundle_shards(labels, links):
        for index, judged in resolve(bundles, repeats, config.dedup, staging):
            verdicts[index].append(judged)
    repeated: dict[int, list[NDArray[np.int32]]] = defaultdict(list)
    for index, ordinals in repeats:
        repeated[index].append(ordinals)
    for block in blocks:
        index = block.index
        write_block(index, verdicts[index], repeated[index], run, config, staging)
