"""The whole run from top to bottom.

    blocks ─CountLines─▶ lines that repeat (on disk), blocks
           ─Clean─▶ staged texts (on disk), keys ─Deduplicate─▶ verdicts ─Write─▶ tables

Elements are blocks and arrays of numbers: text never crosses a shuffle. Each step writes whole
files under fixed names, so repeating an element is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import AsList

from pipeline.beam.work import Work
from pipeline.config import Config
from pipeline.dedup.steps.layouts import is_of_urls
from pipeline.read.parts import Block
from pipeline.staging import RunName, Staging

STAGES = ("CountLines", "Clean", "FindRepeats", "Deduplicate", "Write")
"""The names of the steps of ``build``, as engines show them."""


@dataclass(eq=False)
class _Stage(beam.PTransform):
    """Adds the steps of *function* to a pipeline, under one name."""

    function: Callable[[Any, Work], Any]
    work: Work

    def expand(self, inputs: Any) -> Any:
        return self.function(inputs, self.work)


def build(
    root: beam.Pipeline,
    blocks: Sequence[Block],
    run: RunName,
    config: Config,
    staging: Staging,
    ranges: int = 1,
) -> None:
    """Add the run to the pipeline *root*; *ranges*: see ``dedup.steps.layouts.key_ranges``."""
    work = Work(run, config, staging, ranges)
    planned = root | "Plan" >> beam.Create(blocks)
    if config.clean.site_pages:
        planned = planned | "CountLines" >> _Stage(_count_lines, work)
    cleaned = planned | "Clean" >> _Stage(_clean, work)
    repeats = cleaned.ids | "FindRepeats" >> _Stage(_find_repeats, work)
    found = (cleaned.keys, cleaned.samples, cleaned.earlier, repeats)
    verdicts = found | "Deduplicate" >> _Stage(_deduplicate, work)
    (cleaned.blocks, verdicts, repeats) | "Write" >> _Stage(_write, work)


def _count_lines(planned: beam.PCollection, work: Work) -> beam.PCollection:
    """Count the short lines of all blocks before the first block is cleaned."""
    return (
        planned
        | "Count" >> beam.FlatMap(work.count_lines)
        | "GatherCounts" >> beam.GroupByKey()
        | "FindRepeated" >> beam.Map(work.find_repeated)
        | "GatherShards" >> beam.GroupByKey()
        | "GatherRepeated" >> beam.FlatMap(work.gather_repeated)
        | "SpreadBlocks" >> beam.Reshuffle()
    )


class _Cleaned(NamedTuple):
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
    keys: beam.PCollection
    samples: beam.PCollection
    ids: beam.PCollection


def _clean(planned: beam.PCollection, work: Work) -> _Cleaned:
    """Read, clean, judge and sign each block; find earlier articles that they may duplicate."""
    blocks = planned | "CleanBlock" >> beam.Map(work.clean)
    earlier = blocks | "Earlier" >> _Stage(_find_earlier, work)
    joined = (blocks, earlier) | "Joined" >> beam.Flatten()
    return _Cleaned(
        blocks,
        earlier,
        keys=joined | "Keys" >> beam.FlatMap(work.keys),
        samples=joined | "Samples" >> beam.FlatMap(work.samples),
        ids=blocks | "Ids" >> beam.FlatMap(work.ids),
    )


def _find_earlier(blocks: beam.PCollection, work: Work) -> beam.PCollection:
    """Stage the articles of earlier runs that new ones may duplicate; return their blocks.

    A few keys are looked up as one element, many by ranges.
    """
    gathered = (
        blocks
        | "ToOneWorker" >> beam.Map(lambda index: (0, index)).with_output_types(tuple[int, int])
        | "GatherBlocks" >> beam.GroupByKey()
    )
    if work.staging.window().shards <= 1:
        return gathered | "FindEarlier" >> beam.FlatMap(work.find_earlier)
    return (
        gathered
        | "ToShards" >> beam.FlatMap(work.lookups)
        | "SpreadShards" >> beam.Reshuffle()
        | "LookUp" >> beam.Map(work.look_up)
        | "GatherPairs" >> beam.GroupByKey()
        | "ToParts"
        >> beam.FlatMapTuple(
            lambda first_block, shards: [(shard, first_block) for shard in shards]
        ).with_output_types(tuple[int, int])
        | "SpreadParts" >> beam.Reshuffle()
        | "Choose" >> beam.FlatMap(work.choose)
        | "SpreadChosen" >> beam.Reshuffle()
        | "StageEarlier" >> beam.Map(work.stage)
        | "GatherEarlier" >> beam.GroupByKey()
        | "Finish" >> beam.FlatMap(work.finish)
        | "SpreadEarlier" >> beam.Reshuffle()
    )


def _find_repeats(ids: beam.PCollection, work: Work) -> beam.PCollection:
    """Find records whose id occurs earlier in the run: (block, ordinals)."""
    return ids | "GroupIds" >> beam.GroupByKey() | "FindRepeated" >> beam.FlatMap(work.find_repeats)


def _deduplicate(found: tuple[beam.PCollection, ...], work: Work) -> beam.PCollection:
    """Decide which articles are duplicates: (block, verdicts), any number of times per block.

    The inputs are the keys of all blocks, their samples, the blocks of articles of earlier runs,
    and repeated records, which are not articles.
    """
    keys, samples, earlier, repeats = found
    urls, bands = keys | "PartKeys" >> beam.Partition(
        lambda keyed, _: int(not is_of_urls(keyed[0])), 2
    )
    labels = (
        bands | "FindComponents" >> _Stage(_find_components, work),
        earlier | "Published" >> beam.Map(work.published),
    ) | "Labels" >> beam.Flatten()
    versions = (
        urls
        | "GroupUrls" >> beam.GroupByKey()
        | "FindVersions" >> beam.Map(work.find_edges)
        | "Versions" >> beam.Values()
    )
    return (
        samples
        | "GroupSamples" >> beam.GroupByKey()
        | "Weigh" >> beam.Map(work.weigh, AsList(labels))
        | "GatherLinks" >> beam.GroupByKey()
        | "ShardBundles" >> beam.FlatMap(work.shard_bundles, AsList(labels), AsList(versions))
        | "SpreadBundles" >> beam.Reshuffle()
        | "Resolve" >> beam.FlatMap(work.resolve, AsList(repeats))
    )


def _find_components(bands: beam.PCollection, work: Work) -> beam.PCollection:
    """Join the bands, and label provisional clusters in the components that they connect."""
    return (
        bands
        | "GroupBands" >> beam.GroupByKey()
        | "FindEdges" >> beam.Map(work.find_edges)
        # There are few edges even for many documents, so one worker can process them all.
        | "GatherEdges" >> beam.GroupByKey()
        | "ShardComponents" >> beam.FlatMap(work.shard_components)
        | "SpreadComponents" >> beam.Reshuffle()
        | "Label" >> beam.Map(work.label)
    )


def _write(found: tuple[beam.PCollection, ...], work: Work) -> beam.PCollection:
    """Write each block's part of the tables, once all verdicts about it have arrived."""
    blocks, verdicts, repeats = found
    by_block = {
        "block": blocks
        | "ByIndex" >> beam.Map(lambda index: (index, None)).with_output_types(tuple[int, None]),
        "verdicts": verdicts,
        "repeats": repeats,
    }
    return by_block | "GroupByBlock" >> beam.CoGroupByKey() | "WriteBlock" >> beam.Map(work.write)
