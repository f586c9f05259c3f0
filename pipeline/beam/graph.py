"""The whole run from top to bottom.

    blocks ─CountLines─▶ lines that repeat (on disk), blocks
           ─Clean─▶ staged texts (on disk), keys ─Deduplicate─▶ verdicts ─Write─▶ tables

Elements are blocks and arrays of numbers: text never crosses a shuffle. Each step writes whole
files under fixed names, so repeating an element is harmless.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import apache_beam as beam

from pipeline.beam.transforms import Clean, CountLines, Deduplicate, FindRepeats, Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import Config
    from pipeline.read.parts import Block
    from pipeline.staging import RunName, Staging


STAGES = ("CountLines", "Clean", "FindRepeats", "Deduplicate", "Write")
"""The names of the steps of ``build``, as engines show them."""


def build(
    root: beam.Pipeline,
    blocks: Sequence[Block],
    run: RunName,
    config: Config,
    staging: Staging,
    ranges: int = 1,
) -> None:
    """Add the run to the pipeline *root*; *ranges*: see ``dedup.steps.layouts.key_ranges``."""
    planned = root | "Plan" >> beam.Create(blocks)
    if config.clean.site_pages:
        planned = planned | "CountLines" >> CountLines(config, staging, ranges)
    cleaned = planned | "Clean" >> Clean(config, staging, ranges)
    repeats = cleaned.ids | "FindRepeats" >> FindRepeats()
    found = (cleaned.keys, cleaned.samples, cleaned.earlier, repeats)
    verdicts = found | "Deduplicate" >> Deduplicate(config.dedup, staging, ranges)
    (cleaned.blocks, verdicts, repeats) | "Write" >> Write(run, config, staging)
