"""What near-duplicates cost: newsieve beside datasketch and datatrove, one corpus, one run.

usage: python benchmarks/dedup.py [--documents 20000] [--peers-venv FOLDER] [--work FOLDER]

Prints a table. Each row is a process of its own, and its CPU is without start-up and reading.
The peers live in an environment that this script makes, unless one is named. "Pairs" are those
of ``dedup_corpus.py``: two texts of one story.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from dedup_corpus import write_corpus
from overhead import measure

HERE = Path(__file__).parent
PEERS = (
    "datasketch==2.0.0",
    "xxhash==3.8.2",  # datatrove 0.10 hands it strings, which 4 refuses
    "datatrove[io,processing]==0.10.1",
    "spacy==3.8.18",
    "tokenizers==0.23.3",
)
WAYS = {
    "datasketch, xxh32, LSH 0.7": ("dedup_peers.py", "datasketch"),
    "newsieve, signatures alone": ("dedup_newsieve.py", "signatures"),
    "newsieve, the whole": ("dedup_newsieve.py", "whole"),
    "datatrove, four stages": ("dedup_peers.py", "datatrove"),
}


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
    with corpus.open(encoding="utf-8") as file:
        stories = np.array([json.loads(line)["story"] for line in file])
    found = np.unique(np.load(clusters), return_inverse=True)[1]
    both = pairs_of(stories.astype(np.int64) << 32 | found)
    right = both / max(pairs_of(found), 1)
    return f"{both / pairs_of(stories):.3f} | {right:.3f}"


def main() -> None:
    """Write the corpus, take each way over it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--peers-venv", type=Path, default=None, help="default: a new one")
    parser.add_argument("--work", type=Path, default=None, help="default: a temporary folder")
    arguments = parser.parse_args()
    count = arguments.documents
    work = arguments.work or Path(tempfile.mkdtemp(prefix="newsieve-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    python = peers_python(arguments.peers_venv or work / "peers")
    corpus = work / "corpus.jsonl"
    write_corpus(corpus, count)
    print(f"{count:,} texts\n")
    print("| | CPU µs a text | ÷ datasketch | peak MB | pairs found | of them right | steps, µs |")
    print("|---|---|---|---|---|---|---|")
    loop_s = 0.0
    for number, (name, (script, way)) in enumerate(WAYS.items()):
        folder = work / f"way-{number}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        interpreter = python if script == "dedup_peers.py" else Path(sys.executable)
        found: Any = measure([str(interpreter), str(HERE / script), way, str(corpus), str(folder)])
        spent_s = sum(found["steps"].values())
        loop_s = loop_s or spent_s
        steps = ", ".join(f"{k} {v / count * 1e6:.0f}" for k, v in found["steps"].items())
        print(
            f"| {name} | {spent_s / count * 1e6:.0f} | {spent_s / loop_s:.3f} "
            f"| {found['peak_mb']:.0f} | {agreement(corpus, folder / 'clusters.npy')} | {steps} |",
            flush=True,
        )
    if arguments.work is None:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
