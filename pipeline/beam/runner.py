"""Which engine a run uses, and with how many workers. Read ``execute`` first."""

from __future__ import annotations

import logging
import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

# Beam configures logging on import, and warns about cloud extras that are not installed.
# Failures are raised, and reported once, by newsieve.
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
"""Beam's in-process engine. ``DirectRunner`` is not the same: it first tries to download and run
another engine."""

ALIASES = {"DirectRunner": ENGINE, "direct": ENGINE}

MUCH_BYTES = 64_000_000
"""Input size above which starting worker processes (about a second each) pays off."""


def execute(
    plan: Plan, run: RunName, config: Config, staging: Staging, beam_flags: Sequence[str] = ()
) -> None:
    """Run the graph on the blocks of *plan*.

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
    """Turn what the engine raised into a message; an interruption stays one."""
    # The engine wraps what a step raises: only its text says what it was.
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
    # A worker process sends a traceback.
    cause = next((line for line in lines if step and step[0] in line), lines[0])
    what = cause.removeprefix("RuntimeError: ").split(" [while running")[0][:300]
    return NewsieveError(
        f"the run failed{where}: {what}; nothing was published "
        "(newsieve --traceback run … shows where)"
    )


def workers(config: Config, blocks: int, input_bytes: int) -> int:
    """Return the number of worker processes: as configured, else by the size of the input."""
    if config.run.workers != "auto":
        return config.run.workers
    if input_bytes < MUCH_BYTES:
        return 1
    return min(blocks, os.cpu_count() or 1)


def _worker_environment(port: int) -> Environment:
    """Describe worker processes: as in the engine's multi_processing mode, but quiet.

    Args:
        port: of the lifeline; they exit when it closes.
    """
    command = f"exec {shlex.quote(sys.executable)} -m pipeline.beam.worker {port}"
    return SubprocessSDKEnvironment.from_command_string(command)


def _flags(beam_flags: Sequence[str]) -> list[str]:
    """Return Beam's flags, with the in-process engine if they name no runner or an alias of it."""
    flags = " ".join(map(shlex.quote, beam_flags))
    found = re.search(r"--runner[= ](\S+)", flags)
    if found is None:
        return [*beam_flags, f"--runner={ENGINE}"]
    runner = ALIASES.get(found[1], found[1])
    return shlex.split(flags.replace(found[0], f"--runner={runner}"))
