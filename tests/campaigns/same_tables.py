"""Proves that this tree writes the same tables as another revision, byte for byte.

usage: python -m tests.campaigns.same_tables REVISION [--texts 10000]

Both trees run on raw/ and on so many generated texts, each in a process of its own. Exits with 1
and names the tables if any differ. For changes that move or merge code and must not touch output.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.texts import write_texts

ROOT = Path(__file__).parents[2]


def tables(tree: Path, inputs: Path, output: Path) -> dict[str, str]:
    """Run the code of *tree* on *inputs*; give the digest of each table of the run, by its path."""
    command = [sys.executable, "-m", "pipeline", "run", "--input", str(inputs)]
    arguments = ["--output", str(output), "--logical-date", "2026-01-01"]
    subprocess.run([*command, *arguments], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    (run,) = (output / "runs").iterdir()
    return {
        str(path.relative_to(run)): hashlib.blake2b(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*.parquet"))
    }


def main() -> None:
    """Compare the tables of both trees; exit with 1 where they differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision")
    parser.add_argument("--texts", type=int, default=10_000)
    arguments = parser.parse_args()
    differ = []
    with tempfile.TemporaryDirectory(prefix="newsieve-same-") as folder:
        work = Path(folder)
        other = work / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", str(other), arguments.revision], check=True)
        try:
            write_texts(work / "texts", arguments.texts)
            for name, inputs in {"raw": other / "raw", "texts": work / "texts"}.items():
                theirs = tables(other, inputs, work / f"{name}-theirs")
                ours = tables(ROOT, inputs, work / f"{name}-ours")
                found = [path for path in theirs | ours if theirs.get(path) != ours.get(path)]
                print(f"{name}: {len(ours)} tables, {len(found)} differ")
                differ += [f"{name}/{path}" for path in found]
        finally:
            subprocess.run([*git, "remove", "--force", str(other)], check=True)
    sys.exit(f"different: {', '.join(differ)}" if differ else 0)


if __name__ == "__main__":
    main()
