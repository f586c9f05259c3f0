"""What the engine costs: the pipeline compared with the same functions in a bare loop, in one run.

usage: python -m tests.benchmarks.overhead [--texts 100000] [--work FOLDER]

Each line is a process of its own; CPU is user + system time with all its children, memory
the largest resident set of any one process. Both ways spend nearly all their time in the same
functions, and a shared machine makes those ten percent slower or faster from one minute to the
next. So what the engine adds is taken outside them: the CPU of each process less what it spent
in the passes, with the engine minus without. The bounds: at most 150 µs CPU per text, and at most
2.5 KB of memory an article between half of the texts and all of them.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.benchmarks.texts import write_texts

Figures = dict[str, float]
PR_SET_CHILD_SUBREAPER = 36
"""From linux/prctl.h."""


def measure(command: list[str]) -> Figures:
    """Run *command*; give CPU and wall seconds, peak memory in MB, and what it prints of itself."""
    # On Linux, processes that outlive the command become children of this one: wait for them too.
    getattr(ctypes.CDLL(None), "prctl", lambda *_: None)(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    printed = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    cpu_s = usage.ru_utime + usage.ru_stime
    with suppress(ChildProcessError):
        while True:
            _, _, left = os.wait4(-1, 0)
            cpu_s += left.ru_utime + left.ru_stime
    own = json.loads(printed.splitlines()[-1]) if printed.startswith("{") else {}
    return own | {
        "cpu_s": cpu_s,
        "wall_s": time.perf_counter() - start,
        "peak_mb": usage.ru_maxrss / 1024,
    }


def timed(way: str, folder: Path, output: Path) -> list[str]:
    """Give the command of a timed run, ``loop`` or ``engine``."""
    return [sys.executable, "-m", "tests.benchmarks.timed_run", way, str(folder), str(output)]


def pipeline(folder: Path, output: Path, workers: int) -> list[str]:
    """Give the command of a run with so many workers."""
    settings = ["--set", f"run.workers={workers}"]
    arguments = ["--input", str(folder), "--output", str(output), *settings]
    return [sys.executable, "-m", "pipeline", "run", *arguments]


def outside_passes(figures: Figures) -> float:
    """CPU seconds of a timed run that went into anything but the passes."""
    return figures["cpu_s"] - figures["passes_cpu_s"]


def summary(found: dict[str, Figures], count: int) -> Figures:
    """Work the bounds out of what was measured."""
    loop, one, half = found["bare loop"], found["one worker"], found["one worker, half"]
    growth_kb = (one["peak_mb"] - half["peak_mb"]) * 1024
    return {
        "texts": count,
        "cpu_us_a_text_in_the_passes": one["passes_cpu_s"] / count * 1e6,
        "cpu_us_a_text_above_the_loop": (outside_passes(one) - outside_passes(loop)) / count * 1e6,
        "cpu_of_one_worker_to_the_loop": one["cpu_s"] / loop["cpu_s"],
        "cpu_of_two_workers_to_one": found["two workers"]["cpu_s"] / one["cpu_s"],
        "wall_of_two_workers_to_one": found["two workers"]["wall_s"] / one["wall_s"],
        "memory_kb_an_article": growth_kb / (count - count // 2),
    }


def main() -> None:
    """Generate the texts, measure each way, print the table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--work", type=Path, default=None, help="default: a temporary folder")
    arguments = parser.parse_args()
    count = arguments.texts
    work = arguments.work or Path(tempfile.mkdtemp(prefix="newsieve-bench-"))
    write_texts(work / "all", count)
    (work / "half").mkdir(exist_ok=True)
    files = sorted((work / "all").iterdir())
    for file in files[: len(files) // 2]:
        shutil.copy(file, work / "half")
    ways = {
        "bare loop": timed("loop", work / "all", work / "out-loop"),
        "one worker": timed("engine", work / "all", work / "out-1"),
        "one worker, half": timed("engine", work / "half", work / "out-half"),
        "two workers": pipeline(work / "all", work / "out-2", 2),
    }
    found: dict[str, Figures] = {}
    for name, command in ways.items():
        found[name] = measure(command)
        print(
            f"{name:<18}" + "".join(f"{k} {v:9.1f}   " for k, v in found[name].items()), flush=True
        )
    found["summary"] = summary(found, count)
    for name, value in found["summary"].items():
        print(f"{name:<32}{value:10.2f}")
    print(json.dumps(found))
    if arguments.work is None:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
