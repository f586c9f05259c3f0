"""One run, with or without the engine, that tells how much of its CPU went into the passes.

usage: python -m tests.benchmarks.timed_run loop|engine INPUT OUTPUT

Prints one line of JSON: cpu_s, the CPU of the whole process, and passes_cpu_s, that spent in
the functions of ``pipeline.passes``. The rest is start-up, plan, commit, and the engine: a
difference within one process, which holds on a noisy machine.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from types import GeneratorType, ModuleType
from typing import Any

import pipeline.beam.runner
import pipeline.beam.work
import tests.in_process
from pipeline.config_file import load_config
from pipeline.job import run_job
from tests.benchmarks import stopwatch

PASSES = (
    "count_lines",
    "find_repeated",
    "gather_repeated",
    "clean_block",
    "read_ids",
    "id_shards",
    "read_keys",
)
LATER_PASSES = (
    "find_earlier",
    "published_labels",
    "find_edges",
    "find_repeats",
    "read_samples",
    "shard_components",
    "label",
    "weigh_shard",
    "bundle_shards",
    "resolve",
)
LAST_PASSES = ("write_block",)


def timed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap *function* so that its CPU is counted; what it yields is made at once."""

    def wrapper(*arguments: Any) -> Any:
        from tests.benchmarks import stopwatch  # noqa: PLC0415 - by reference: the engine copies what it pickles

        start = time.process_time()
        result = function(*arguments)
        if isinstance(result, GeneratorType):
            result = list(result)
        stopwatch.spent_s += time.process_time() - start
        return result

    return wrapper


def time_passes(module: ModuleType) -> None:
    """Wrap every function of the passes that *module* uses."""
    for name in (*PASSES, *LATER_PASSES, *LAST_PASSES):
        if hasattr(module, name):
            setattr(module, name, timed(getattr(module, name)))


def main() -> None:
    """Run as the arguments say, and print what it cost."""
    way, folder, output = sys.argv[1:]
    settings = [f"input.paths=[{folder}]", f"write.output={output}", "run.workers=1"]
    config = load_config(None, settings)
    beam = pipeline.beam
    for module in (tests.in_process, beam.work):
        time_passes(module)
    if way == "loop":
        run_job(
            config,
            None,
            lambda plan, *rest: tests.in_process.run_passes(plan.blocks, *rest),
        )
    else:
        run_job(config, None, beam.runner.execute)
    print(json.dumps({"cpu_s": time.process_time(), "passes_cpu_s": stopwatch.spent_s}))


if __name__ == "__main__":
    main()
