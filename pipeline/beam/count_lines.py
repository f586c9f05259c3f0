"""Pass 0: blocks → the same blocks, once it is known which lines repeat over a site's pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import apache_beam as beam

from pipeline.passes.site_lines import count_lines, find_repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.config import Config
    from pipeline.passes.blocks import Block
    from pipeline.passes.staging import Staging


@dataclass(eq=False)
class CountLines(beam.PTransform):
    """Count the short lines of all blocks before the first of them is cleaned."""

    config: Config
    staging: Staging

    def expand(self, planned: beam.PCollection) -> beam.PCollection:
        return (
            planned
            | "Count" >> beam.Map(_count, self.config, self.staging)
            | "GatherCounts" >> beam.GroupByKey()
            | "FindRepeated" >> beam.FlatMap(_find_repeated, self.config, self.staging)
            | "SpreadBlocks" >> beam.Reshuffle()
        )


def _count(block: Block, config: Config, staging: Staging) -> tuple[int, Block]:
    count_lines(block, config, staging)
    return 0, block


def _find_repeated(
    grouped: tuple[int, Iterable[Block]], config: Config, staging: Staging
) -> Iterator[Block]:
    blocks = list(grouped[1])
    find_repeated([block.index for block in blocks], config, staging)
    yield from blocks
