"""Which engine a run uses, and with how many workers."""

from __future__ import annotations

import logging
import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

# Beam sets up logging when it is imported, and warns of clouds it was not installed for.
# What fails is raised, and told once, by us.
logging.basicConfig(level=logging.CRITICAL, format="newsieve: %(message)s")

import apache_beam as beam  # noqa: E402
from apache_beam.options.pipeline_options import PipelineOptions  # noqa: E402
from apache_beam.runners.portability.fn_api_runner import FnApiRunner  # noqa: E402
from apache_beam.transforms.environments import (  # noqa: E402
    Environment,
    SubprocessSDKEnvironment,
)

from pipeline.beam.graph import build  # noqa: E402
from pipeline.beam.lifeline import lifeline  # noqa: E402
from pipeline.errors import NewsieveError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import Config
    from pipeline.ledger.plan import Plan
    from pipeline.passes.write_block import RunName
    from pipeline.staging import Staging

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
    flags = _flags(beam_flags)
    count = workers(config, len(plan.blocks), plan.bytes)
    try:
        with lifeline(count) as port:
            engine = None
            if f"--runner={ENGINE}" in flags:
                flags.append(f"--direct_num_workers={count}")
                engine = FnApiRunner(_worker_environment(port) if count > 1 else None)
            with beam.Pipeline(runner=engine, options=PipelineOptions(flags)) as root:
                build(root, plan.blocks, run, config, staging)
    except Exception as error:
        raise _failure(error) from error


def _failure(error: Exception) -> BaseException:
    """Say what went wrong in which step; an interruption stays one."""
    # The engine wraps whatever a step raises, and tells by its text what it was.
    text = str(error)
    if text.startswith("KeyboardInterrupt"):
        return KeyboardInterrupt()
    if "Channel closed prematurely" in text:
        return NewsieveError(
            "the run failed: a worker process died, killed or out of memory; nothing was "
            "published. Start again; if it happens again, with --set run.workers=1 or a smaller "
            "run.block_bytes"
        )
    step = re.search(r"while running '([^']+)'", text)
    where = f" in step {step[1]}" if step else ""
    lines = text.splitlines() or [type(error).__name__]
    # A worker process tells it by a traceback.
    told = next((line for line in lines if step and step[0] in line), lines[0])
    what = told.removeprefix("RuntimeError: ").split(" [while running")[0][:300]
    return NewsieveError(
        f"the run failed{where}: {what}; nothing was published "
        "(newsieve --traceback run … shows where)"
    )


def workers(config: Config, blocks: int, input_bytes: int) -> int:
    """Choose the number of worker processes: as configured, else by the size of the input."""
    if config.run.workers != "auto":
        return config.run.workers
    if input_bytes < MUCH_BYTES:
        return 1
    return min(blocks, os.cpu_count() or 1)


def _worker_environment(port: int) -> Environment:
    """Worker processes as the engine's own multi_processing mode has them, but quiet.

    Args:
        port: of the lifeline that they end with.
    """
    command = f"exec {shlex.quote(sys.executable)} -m pipeline.beam.worker {port}"
    return SubprocessSDKEnvironment.from_command_string(command)


def _flags(beam_flags: Sequence[str]) -> list[str]:
    """Give Beam's flags with a runner of our choice where they name none, or a pet name."""
    flags = " ".join(map(shlex.quote, beam_flags))
    found = re.search(r"--runner[= ](\S+)", flags)
    if found is None:
        return [*beam_flags, f"--runner={ENGINE}"]
    runner = ALIASES.get(found[1], found[1])
    return shlex.split(flags.replace(found[0], f"--runner={runner}"))
