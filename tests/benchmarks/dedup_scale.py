"""How deduplication scales: CPU per text and pass, and memory, from 20,000 texts to a million.

usage: python -m tests.benchmarks.dedup_scale [--texts 20000 200000 1000000] [--work FOLDER]

Every size is a process of its own over the beginning of one corpus (``dedup_corpus.py``), without
reading and cleaning; CPU is that of the process in its steps, memory its largest resident set.
Exits with 1 if a text costs more than 1.3 times what it costs in the smallest corpus, or an
article more than 2.5 KB of memory between one size and the next.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.benchmarks.dedup import agreement
from tests.benchmarks.dedup_corpus import write_corpus
from tests.benchmarks.overhead import measure

MOST_GROWTH = 1.3
MOST_KB = 2.5


def measured(corpus: Path, size: int, work: Path) -> dict[str, Any]:
    """Take the first *size* texts through deduplication in a process of its own."""
    folder = work / f"of-{size}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    module = "tests.benchmarks.dedup_newsieve"
    found: dict[str, Any] = measure(
        [sys.executable, "-m", module, "whole", str(corpus), str(folder), str(size)]
    )
    found["us"] = {name: spent / size * 1e6 for name, spent in found["steps"].items()}
    found["agreement"] = agreement(corpus, folder / "clusters.npy")
    shutil.rmtree(folder)
    return found


def report(found: dict[int, dict[str, Any]]) -> list[str]:
    """Print the table; give what is above its bound."""
    steps = list(next(iter(found.values()))["us"])
    print(f"| texts | CPU µs per text | peak MB | pairs found | right | {' | '.join(steps)} |")
    print("|---" * (5 + len(steps)) + "|")
    for size, each in found.items():
        parts = " | ".join(f"{each['us'][step]:.0f}" for step in steps)
        total = sum(each["us"].values())
        print(f"| {size:,} | {total:.0f} | {each['peak_mb']:.0f} | {each['agreement']} | {parts} |")
    first = sum(next(iter(found.values()))["us"].values())
    problems = []
    for (fewer, one), (more, other) in pairwise(found.items()):
        growth = sum(other["us"].values()) / first
        kb = (other["peak_mb"] - one["peak_mb"]) * 1024 / (more - fewer)
        print(
            f"{more:,}: {growth:.2f} of the CPU per text of the smallest, {kb:.2f} KB per article"
        )
        if growth > MOST_GROWTH or kb > MOST_KB:
            problems.append(f"{more:,} texts: at most {MOST_GROWTH}, and {MOST_KB} KB")
    return problems


def main() -> None:
    """Write the corpus, take each size, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, nargs="+", default=[20_000, 200_000, 1_000_000])
    parser.add_argument("--work", type=Path, default=None, help="default: a temporary folder")
    arguments = parser.parse_args()
    sizes = sorted(arguments.texts)
    work = arguments.work or Path(tempfile.mkdtemp(prefix="newsieve-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    corpus = work / "corpus.jsonl"
    write_corpus(corpus, sizes[-1])
    problems = report({size: measured(corpus, size, work) for size in sizes})
    if arguments.work is None:
        shutil.rmtree(work)
    sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
