"""Which engine a run uses, and with how many workers."""

from __future__ import annotations

import logging
import os
import re
from typing import TYPE_CHECKING

# Beam sets up logging when it is imported, and warns of clouds it was not installed for.
logging.basicConfig(level=logging.ERROR, format="newsieve: %(message)s")

import apache_beam as beam  # noqa: E402
from apache_beam.options.pipeline_options import PipelineOptions  # noqa: E402

from pipeline.beam.graph import build  # noqa: E402
from pipeline.errors import NewsieveError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import Config
    from pipeline.ledger.plan import Plan
    from pipeline.passes.staging import Staging
    from pipeline.passes.write_block import RunName

ENGINE = "FnApiRunner"
"""Beam's in-process engine, by its own name: what Beam calls DirectRunner first tries to
download another engine, and runs on that one where it can."""

ALIASES = {"DirectRunner": ENGINE, "direct": ENGINE}

MUCH_BYTES = 64_000_000
"""Input from which starting worker processes (about a second each) pays."""


def execute(
    plan: Plan, run: RunName, config: Config, staging: Staging, beam_flags: Sequence[str] = ()
) -> None:
    """Take the blocks of *plan* through the graph, to its end.

    Args:
        beam_flags: Beam's own, such as ``--runner=FlinkRunner``; without a runner, or with
            ``--runner=DirectRunner``, the in-process engine is used.

    Raises:
        NewsieveError: the run failed; nothing is published.
    """
    options = _options(beam_flags, workers(config, len(plan.blocks), plan.bytes))
    try:
        with beam.Pipeline(options=options) as root:
            build(root, plan.blocks, run, config, staging)
    except Exception as error:
        step = re.search(r"while running '([^']+)'", str(error))
        where = f" in step {step[1]}" if step else ""
        what = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
        raise NewsieveError(
            f"the run failed{where}: {what}; nothing was published "
            "(newsieve --traceback run … shows where)"
        ) from error


def workers(config: Config, blocks: int, input_bytes: int) -> int:
    """Choose the number of worker processes: as configured, else by the size of the input."""
    if config.run.workers != "auto":
        return config.run.workers
    if input_bytes < MUCH_BYTES:
        return 1
    return min(blocks, os.cpu_count() or 1)


def _options(beam_flags: Sequence[str], count: int) -> PipelineOptions:
    flags = [_aliased(flag) for flag in beam_flags]
    if not any(flag.split("=")[0] == "--runner" for flag in flags):
        flags.append(f"--runner={ENGINE}")
    if f"--runner={ENGINE}" in flags and count > 1:
        flags += ["--direct_running_mode=multi_processing", f"--direct_num_workers={count}"]
    flags.append("--default_sdk_harness_log_level=ERROR")
    return PipelineOptions(flags)


def _aliased(flag: str) -> str:
    name, equals, value = flag.partition("=")
    return f"{name}{equals}{ALIASES.get(value, value)}" if name == "--runner" else flag
