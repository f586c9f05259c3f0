"""Which engine a run uses, and with how many workers. Read ``execute`` first."""

from __future__ import annotations

import argparse
import difflib
import logging
import os
import re
import shlex
from contextlib import ExitStack, suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Beam configures logging on import, and warns about cloud extras that are not installed.
# Failures are raised, and reported once, by newsieve.
logging.basicConfig(level=logging.CRITICAL, format="newsieve: %(message)s")

import apache_beam as beam  # noqa: E402
from apache_beam.options.pipeline_options import PipelineOptions  # noqa: E402
from apache_beam.runners.portability.fn_api_runner import FnApiRunner  # noqa: E402

from pipeline.beam.graph import build  # noqa: E402
from pipeline.beam.local_workers import Deaths, local_workers, private_folder  # noqa: E402
from pipeline.errors import NewsieveError, UsageError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import Config
    from pipeline.ledger.plan import Plan
    from pipeline.staging import RunName, Staging

ENGINE = "FnApiRunner"
"""Beam's in-process engine. ``DirectRunner`` is not the same: it first tries to download and run
another engine."""

ALIASES = {"DirectRunner": ENGINE, "direct": ENGINE}

MUCH_BYTES = 64_000_000
"""Input size above which starting worker processes (about a second each) pays off."""


MAIN_BYTES, WORKER_BYTES = 200_000_000, 300_000_000
"""Memory of the main process, and of a worker with its two helpers, over small input; rounded up
from what ``VmRSS`` shows."""

_CGROUP, _CGROUPS = Path("/proc/self/cgroup"), "/sys/fs/cgroup"


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
    flags, deaths = _flags(beam_flags), Deaths()
    count = workers(config, len(plan.blocks), plan.bytes)
    try:
        with ExitStack() as stack:
            folder = stack.enter_context(private_folder())
            engine = None
            if f"--runner={ENGINE}" in flags:
                flags.append(f"--direct_num_workers={count}")
                several = count > 1 and stack.enter_context(local_workers(folder, deaths))
                engine = FnApiRunner(several or None)
            with beam.Pipeline(runner=engine, options=PipelineOptions(flags)) as root:
                build(root, plan.blocks, run, config, staging)
    except Exception as error:
        raise _failure(error, deaths) from error


def check_flags(beam_flags: Sequence[str]) -> None:
    """Refuse flags that no part of Beam knows: Beam itself would pass over them in silence.

    Raises:
        UsageError: there is such a flag; the message says which one was probably meant.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for options in [PipelineOptions, *_subclasses(PipelineOptions)]:
        if "_add_argparse_args" in vars(options):
            options._add_argparse_args(parser)  # noqa: SLF001 - how Beam collects them itself
    known = sorted(parser._option_string_actions)  # noqa: SLF001 - argparse has no other list
    _, unknown = parser.parse_known_args(_flags(beam_flags))
    problems = []
    for flag in unknown:
        name = flag.partition("=")[0]
        if not name.startswith("-"):
            problems.append(f"{flag}: a value without a flag")
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        problems.append(f"{name}; did you mean {near[0]}?" if near else name)
    if problems:
        listed = "; ".join(problems)
        raise UsageError(f"unknown Beam options after --: {listed}")


def _subclasses(of: type) -> list[Any]:
    direct: list[Any] = of.__subclasses__()
    return [each for one in direct for each in (one, *_subclasses(one))]


def _failure(error: Exception, deaths: Deaths) -> BaseException:
    """Turn what the engine raised into a message; an interruption stays one."""
    # The engine wraps what a step raises: only its text says what it was.
    text = str(error)
    if text.startswith("KeyboardInterrupt"):
        return KeyboardInterrupt()
    if deaths:
        return NewsieveError(
            f"the run failed: a worker process died: {deaths[0]}; nothing was published. Run "
            "it again; if it ran out of memory, add --set run.workers=1 or reduce run.block_bytes"
        )
    step = re.search(r"while running '([^']+)'", text)
    where = f" in step {step[1]}" if step else ""
    lines = text.splitlines() or [type(error).__name__]
    # A worker process sends a traceback.
    shown = lines[-1] if lines[0].startswith("Traceback") else lines[0]
    cause = next((line for line in lines if step and step[0] in line), shown)
    what = re.sub(r"^(RuntimeError|[\w.]*NewsieveError): ", "", cause).split(" [while running")[0][
        :300
    ]
    return NewsieveError(
        f"the run failed{where}: {what}; nothing was published "
        "(newsieve --traceback run … shows where)"
    )


def workers(config: Config, blocks: int, input_bytes: int) -> int:
    """Return the number of worker processes: as configured, else by input, cores and memory."""
    if config.run.workers != "auto":
        return config.run.workers
    if input_bytes < MUCH_BYTES:
        return 1
    fitting = (memory_bytes() - MAIN_BYTES) // WORKER_BYTES
    return max(1, min(blocks, os.cpu_count() or 1, fitting))


def memory_bytes() -> int:
    """Return how much memory this process may have: the machine's, or less in a container."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    with suppress(OSError):  # not Linux
        for line in _CGROUP.read_text("ascii", "ignore").splitlines():
            kinds, _, path = line.partition(":")[2].partition(":")
            place = {"": _CGROUPS, "memory": f"{_CGROUPS}/memory"}.get(kinds)
            # The groups above this one have limits too; a container sees its own at the top.
            folders = [Path(f"{place}{path}"), *Path(f"{place}{path}").parents] if place else []
            for folder, name in product(folders, ("memory.max", "memory.limit_in_bytes")):
                with suppress(OSError, ValueError):  # no such file, or "max"
                    limits.append(int((folder / name).read_text("ascii")))
    return min(limits)


def _flags(beam_flags: Sequence[str]) -> list[str]:
    """Return Beam's flags, with the in-process engine if they name no runner or an alias of it."""
    flags = " ".join(map(shlex.quote, beam_flags))
    found = re.search(r"--runner[= ](\S+)", flags)
    if found is None:
        return [*beam_flags, f"--runner={ENGINE}"]
    runner = ALIASES.get(found[1], found[1])
    return shlex.split(flags.replace(found[0], f"--runner={runner}"))
