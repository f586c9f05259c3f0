"""What near-duplicates cost: newsieve compared with datasketch and datatrove, one corpus, one run.

usage: python -m tests.benchmarks.dedup [--documents 200000] [--datatrove 20000] [--peers-venv F]

Prints a table. Each row is a process of its own, and its CPU is without start-up and reading.
datatrove takes fourteen milliseconds per text and is run on the first --datatrove of them, beside
newsieve on the same. The peers live in an environment that this script makes, unless one is
named. "Pairs" are those of ``dedup_corpus.py``: two texts of one story.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.dedup_corpus import write_corpus
from tests.benchmarks.overhead import measure

PEERS = (
    "datasketch==2.0.0",
    "xxhash==3.8.2",  # datatrove 0.10 hands it strings, which 4 refuses
    "datatrove[io,processing]==0.10.1",
    "spacy==3.8.18",
    "tokenizers==0.23.3",
    "matplotlib==3.11.2",  # draws the plot of by_size
)
WAYS = (
    ("datasketch, xxh32, LSH 0.7", "dedup_peers", "datasketch", "all"),
    ("newsieve, signatures alone", "dedup_newsieve", "signatures", "all"),
    ("newsieve, the whole", "dedup_newsieve", "whole", "all"),
    ("newsieve, the whole", "dedup_newsieve", "whole", "fewer"),
    ("datatrove, four stages", "dedup_peers", "datatrove", "fewer"),
)
"""Name, script and its first argument, and of which texts."""


def peers_python(venv: Path) -> Path:
    """Give the interpreter of the peers' environment; make it first if it is not there."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-qq", *PEERS], check=True)
    return python


def pairs_of(labels: np.ndarray[Any, Any]) -> int:
    """Count the pairs of texts with equal labels."""
    counts = np.unique(labels, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def agreement(corpus: Path, clusters: Path) -> str:
    """Say which share of the corpus's pairs was found, and which of those found is right."""
    if not clusters.exists():
        return " | "
    found = np.unique(np.load(clusters), return_inverse=True)[1]
    with corpus.open(encoding="utf-8") as file:
        stories = np.array([json.loads(line)["story"] for line in islice(file, len(found))])
    both = pairs_of(stories.astype(np.int64) << 32 | found)
    right = both / max(pairs_of(found), 1)
    return f"{both / pairs_of(stories):.3f} | {right:.3f}"


def row(name: str, size: int, found: Any, pairs: str, loop_us: float | None) -> str:
    """Lay out a row of the table; the first way measured is what the others are compared to."""
    spent = {step: seconds / size * 1e6 for step, seconds in found["steps"].items()}
    total = sum(spent.values())
    steps = ", ".join(f"{step} {each:.0f}" for step, each in spent.items())
    cells = name, f"{size:,}", f"{total:.0f}", f"{total / (loop_us or total):.3f}"
    return f"| {' | '.join(cells)} | {found['peak_mb']:.0f} | {pairs} | {steps} |"


def table(work: Path, sizes: dict[str, int], python: Path) -> dict[tuple[str, str], float]:
    """Take each way over its texts, and print its row; give its CPU in µs per text."""
    spent_us: dict[tuple[str, str], float] = {}
    corpus = work / "corpus.jsonl"
    for name, script, way, which in WAYS:
        folder, size = work / f"{way}-{which}", sizes[which]
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        interpreter = python if script == "dedup_peers" else Path(sys.executable)
        command = [
            str(interpreter),
            "-m",
            f"tests.benchmarks.{script}",
            way,
            str(corpus),
            str(folder),
            str(size),
        ]
        found: Any = measure(command)
        pairs = agreement(corpus, folder / "clusters.npy")
        print(row(name, size, found, pairs, next(iter(spent_us.values()), None)), flush=True)
        spent_us[way, which] = sum(found["steps"].values()) / size * 1e6
        shutil.rmtree(folder)
    return spent_us


def main() -> None:
    """Write the corpus, take each way over it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--datatrove", type=int, default=20_000)
    parser.add_argument("--peers-venv", type=Path, default=None, help="default: a new one")
    parser.add_argument("--work", type=Path, default=None, help="default: a temporary folder")
    arguments = parser.parse_args()
    count = arguments.documents
    work = arguments.work or Path(tempfile.mkdtemp(prefix="newsieve-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    python = peers_python(arguments.peers_venv or work / "peers")
    write_corpus(work / "corpus.jsonl", count)
    print(
        "| | texts | CPU µs per text | ÷ datasketch | peak MB | pairs found | right | steps, µs |"
    )
    print("|---" * 8 + "|")
    spent_us = table(work, {"all": count, "fewer": min(count, arguments.datatrove)}, python)
    times = spent_us["datatrove", "fewer"] / spent_us["whole", "fewer"]
    print(f"datatrove costs {times:.1f} times newsieve's whole on the same texts")
    if arguments.work is None:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
