"""All steps of a run in this process, without Beam; the tables are the same to the byte.

Benchmarks measure the engine's overhead against it, and tests of whole runs use it where the
engine is not their subject.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.config import Config, DedupConfig
from pipeline.dedup.steps.bundles import (
    bundle_shards,
    label,
    published_labels,
    resolve,
    weigh_shard,
)
from pipeline.dedup.steps.earlier.lookup import find_earlier
from pipeline.dedup.steps.edges import find_edges, find_repeats, id_shards, shard_components
from pipeline.dedup.steps.layouts import BlockKeys, Bundle, is_of_urls, sample_shards
from pipeline.dedup.steps.members import read_ids, read_keys, read_samples
from pipeline.passes.clean_block import clean_block
from pipeline.passes.site_lines import count_lines, find_repeated, gather_repeated
from pipeline.passes.write_block import write_block
from pipeline.read.parts import Block
from pipeline.staging import RunName, Staging

Repeats = list[tuple[int, "NDArray[np.int32]"]]


def run_passes(
    blocks: Sequence[Block], run: RunName, config: Config, staging: Staging, ranges: int = 1
) -> None:
    """Take *blocks* through all steps, as ``beam.graph`` does."""
    if config.clean.site_pages:
        counted = [count_lines(block, config, staging) for block in blocks]
        shards = sample_shards(ranges)
        for shard in range(shards):
            find_repeated(shard, shards, counted, config, staging)
        gather_repeated(shards, staging)
    indices = [clean_block(block, config, staging) for block in blocks]
    repeats = _repeats(indices, staging)
    earlier = find_earlier(indices, config.dedup, staging)
    verdicts: dict[int, list[NDArray[np.void]]] = defaultdict(list)
    for bundle in joined([*indices, *earlier], config.dedup, staging, ranges):
        for index, judged in resolve(bundle, repeats, config.dedup, staging):
            verdicts[index].append(judged)
    repeated: dict[int, list[NDArray[np.int32]]] = defaultdict(list)
    for index, ordinals in repeats:
        repeated[index].append(ordinals)
    for index in indices:
        write_block(index, verdicts[index], repeated[index], run, config, staging)


def joined(
    indices: Sequence[int], config: DedupConfig, staging: Staging, ranges: int = 1
) -> Iterator[Bundle]:
    """Join staged blocks, up to what is decided together."""
    keys: dict[int, list[BlockKeys]] = defaultdict(list)
    for index in indices:
        for group, portion in read_keys(index, config, staging, ranges):
            keys[group].append(portion)
    versions = [find_edges(keys.pop(group)) for group in list(keys) if is_of_urls(group)]
    found = shard_components([find_edges(portions) for portions in keys.values()])
    labels = [label(components, config, staging) for components in found]
    labels.append(published_labels(staging))
    links = []
    shards = sample_shards(ranges)
    for shard in range(shards):
        samples = [read_samples(index, shard, shards, staging) for index in indices]
        links.append(weigh_shard(shard, shards, samples, labels, staging))
    return bundle_shards(labels, links, versions)


def _repeats(indices: Sequence[int], staging: Staging) -> Repeats:
    ids: dict[int, list[tuple[int, NDArray[np.int32], NDArray[np.bytes_]]]] = defaultdict(list)
    for index in indices:
        for shard, ordinals, names in id_shards(*read_ids(index, staging)):
            ids[shard].append((index, ordinals, names))
    return [again for portions in ids.values() for again in find_repeats(portions)]
