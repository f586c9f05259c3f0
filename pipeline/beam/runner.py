"""The choice of engine and of the number of workers. Read ``execute`` first."""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from itertools import product
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.beam.graph import build
from pipeline.beam.local_workers import local_workers, private_folder
from pipeline.beam.options import IN_PROCESS, Options, parse_options
from pipeline.beam.remote import execute_remotely
from pipeline.config import Config
from pipeline.dedup.steps.layouts import key_ranges
from pipeline.errors import NewsieveError
from pipeline.ledger.plan import Plan
from pipeline.staging import RunName, Staging

MUCH_BYTES = 64_000_000
"""Input size above which starting worker processes (about a second each) pays off."""

MAIN_BYTES, WORKER_BYTES = 200_000_000, 300_000_000
"""Bytes of the main process, and of a worker with its two helpers, for small input; ``VmRSS``,
rounded up."""

ONE_WORKER_ADDRESSES, SEVERAL_WORKERS_ADDRESSES = 2_300_000_000, 3_000_000_000
"""Address space (``ulimit -v``) of a process in a run, in bytes; ``VmPeak``, rounded up. Most of it
is reserved by Arrow and by stacks of threads. gRPC aborts a process that has less."""

_NO_MEMORY = re.compile(r"MemoryError|can't start new thread")
_CGROUP, _CGROUPS = Path("/proc/self/cgroup"), "/sys/fs/cgroup"


def execute(
    plan: Plan, run: RunName, config: Config, staging: Staging, beam_flags: Sequence[str] = ()
) -> None:
    """Run the graph on the blocks of *plan*.

    Raises NewsieveError if the run failed; nothing is published.

    Args:
        beam_flags: such as ``--runner=FlinkRunner``, added to ``run.beam``. Without a runner, or
            with ``--runner=DirectRunner``, the in-process engine is used.
    """
    options, deaths = parse_options(config, beam_flags), list[str]()
    # With one process, fewer and larger elements take less memory.
    ranges = 1 if options.runner == IN_PROCESS else key_ranges(plan.bytes)

    def lay_out(root: beam.Pipeline) -> None:
        build(root, plan.blocks, run, config, staging, ranges)

    try:
        with private_folder() as folder:
            if options.runner == IN_PROCESS:
                count = workers(config, len(plan.blocks), plan.bytes)
                _execute_here(options, count, folder, deaths, lay_out)
            else:
                execute_remotely(plan, staging, options, folder, lay_out)
    except Exception as error:
        raise _failure(error, deaths) from error


def _execute_here(
    options: Options,
    count: int,
    folder: Path,
    deaths: list[str],
    lay_out: Callable[[beam.Pipeline], object],
) -> None:
    if count > 1 and address_space() < SEVERAL_WORKERS_ADDRESSES:
        raise NewsieveError(
            f"run.workers = {count}: ulimit -v allows {_gigabytes(address_space())} of address "
            f"space, and several workers need {_gigabytes(SEVERAL_WORKERS_ADDRESSES)} each; raise "
            "the limit, or use --set run.workers=1; nothing was published"
        )
    flags = [*options.flags, f"--direct_num_workers={count}"]
    with ExitStack() as stack:
        several = count > 1 and stack.enter_context(local_workers(folder, deaths))
        engine = FnApiRunner(several or None)
        with beam.Pipeline(runner=engine, options=PipelineOptions(flags)) as root:
            lay_out(root)


def _failure(error: Exception, deaths: list[str]) -> BaseException:
    """Turn an exception of the engine into a message; keep interruptions."""
    # The engine wraps exceptions of a step; only its text names the original.
    text = str(error)
    if text.startswith("KeyboardInterrupt"):
        return KeyboardInterrupt()
    if isinstance(error, NewsieveError) and "while running" not in text:
        return error
    if deaths:
        return NewsieveError(
            f"the run failed: {deaths[0]}; nothing was published. Run "
            "it again; if it ran out of memory, add --set run.workers=1 or reduce run.block_bytes"
        )
    if address_space() < ONE_WORKER_ADDRESSES and _lacks_memory(error):
        return NewsieveError(
            f"the run failed: out of memory; ulimit -v allows {_gigabytes(address_space())} of "
            f"address space, and a run may need {_gigabytes(ONE_WORKER_ADDRESSES)}; nothing was "
            "published"
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
    look = getattr(error, "where", "newsieve --traceback run … shows where")
    return NewsieveError(f"the run failed{where}: {what}; nothing was published ({look})")


def _lacks_memory(error: BaseException | None) -> bool:
    """Return whether *error* was caused by a lack of memory or threads."""
    while error:
        if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"


def address_space() -> float:
    """Return the limit of this process's address space in bytes: ``ulimit -v``."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return float("inf") if limit == resource.RLIM_INFINITY else limit


def workers(config: Config, blocks: int, input_bytes: int) -> int:
    """Return the number of workers: as configured, else by size of input, cores and memory."""
    if config.run.workers != "auto":
        return config.run.workers
    if input_bytes < MUCH_BYTES or address_space() < SEVERAL_WORKERS_ADDRESSES:
        return 1
    fitting = (memory_bytes() - MAIN_BYTES) // WORKER_BYTES
    return max(1, min(blocks, os.cpu_count() or 1, fitting))


def memory_bytes() -> int:
    """Return the memory available to this process in bytes: the machine's, or the container's."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    with suppress(OSError):  # not Linux
        for line in _CGROUP.read_text("ascii", "ignore").splitlines():
            kinds, _, path = line.partition(":")[2].partition(":")
            place = {"": _CGROUPS, "memory": f"{_CGROUPS}/memory"}.get(kinds)
            # Parent groups have limits, too; a container sees its own group at the top.
            folders = [Path(f"{place}{path}"), *Path(f"{place}{path}").parents] if place else []
            for folder, name in product(folders, ("memory.max", "memory.limit_in_bytes")):
                with suppress(OSError, ValueError):  # no such file, or "max"
                    limits.append(int((folder / name).read_text("ascii")))
    return min(limits)
