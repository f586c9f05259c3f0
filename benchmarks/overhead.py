"""What the engine costs: the pipeline beside the same functions in a bare loop, in one run.

usage: python benchmarks/overhead.py [--texts 100000] [--work FOLDER]

Each line is a process of its own; CPU is user + system time with all its children, memory
the largest resident set of any one process. The bound: at most 150 µs CPU a text above the
loop, and at most 2.5 KB of memory an article between half of the texts and all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from texts import write_texts

HERE = Path(__file__).parent


def measure(command: list[str]) -> dict[str, float]:
    """Run *command*; give CPU seconds, wall seconds and peak memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "wall_s": time.perf_counter() - start,
        "peak_mb": usage.ru_maxrss / 1024,
    }


def pipeline(folder: Path, output: Path, workers: int) -> list[str]:
    """Give the command of a run with so many workers."""
    settings = ["--set", f"run.workers={workers}"]
    arguments = ["--input", str(folder), "--output", str(output), *settings]
    return [sys.executable, "-m", "pipeline", "run", *arguments]


def loop(folder: Path, output: Path) -> list[str]:
    """Give the command of the bare loop."""
    return [sys.executable, str(HERE / "bare_loop.py"), str(folder), str(output)]


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
    for file in sorted((work / "all").iterdir())[: (count // 5_000) // 2]:
        shutil.copy(file, work / "half")
    ways = {
        "bare loop": loop(work / "all", work / "out-loop"),
        "one worker": pipeline(work / "all", work / "out-1", 1),
        "two workers": pipeline(work / "all", work / "out-2", 2),
        "one worker, half the texts": pipeline(work / "half", work / "out-half", 1),
    }
    found = {}
    for name, command in ways.items():
        found[name] = measure(command)
        print(f"{name:<28}" + "".join(f"{k} {v:9.1f}   " for k, v in found[name].items()))
    above = (found["one worker"]["cpu_s"] - found["bare loop"]["cpu_s"]) / count * 1e6
    growth = found["one worker"]["peak_mb"] - found["one worker, half the texts"]["peak_mb"]
    found["summary"] = {
        "texts": count,
        "cpu_us_a_text_bare_loop": found["bare loop"]["cpu_s"] / count * 1e6,
        "cpu_us_a_text_above_the_loop": above,
        "memory_kb_an_article": growth * 1024 / (count - count // 2),
    }
    for name, value in found["summary"].items():
        print(f"{name:<30}{value:10.2f}")
    print(json.dumps(found))
    if arguments.work is None:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
