"""Pass C: staged blocks and what was found out about them → the finished tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import apache_beam as beam

from pipeline.beam.counters import count_block
from pipeline.beam.deduplicate import unpack_ordinals, unpack_verdicts
from pipeline.passes.write_block import write_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.config import Config
    from pipeline.passes.staging import Staging
    from pipeline.passes.write_block import RunName


@dataclass(eq=False)
class Write(beam.PTransform):
    """Write each block's share of the tables, once all that concerns it has arrived."""

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
    grouped: tuple[int, Mapping[str, Iterable[bytes]]],
    run: RunName,
    config: Config,
    staging: Staging,
) -> None:
    index, found = grouped
    write_block(
        index,
        map(unpack_verdicts, found["verdicts"]),
        map(unpack_ordinals, found["repeats"]),
        run,
        config,
        staging,
    )
    count_block(index, staging)
