"""A million texts in one run: it ends, its account balances, its memory stays; killed, it goes on.

usage: PYTHONPATH=. python campaigns/million.py [--texts 1000000] [--kill-at 0.8] [--work FOLDER]

The run is made twice over the same invented texts: once undisturbed, and once killed (SIGKILL,
with all its processes) after --kill-at of the undisturbed one's time, then finished by another
run. Printed are the CPU of each, the peak of memory (resident sets of all its processes added
up, once a second), and how much of the work the finishing run did. Exits with 1 if an account
does not balance, the tables differ, or a bound is passed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from benchmarks.texts import write_texts

MOST_MB = 6_000
MOST_OF_THE_WORK = 0.3
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Spent:
    """What a run took: CPU and wall time in seconds, memory in MB."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def processes() -> dict[int, tuple[int, int]]:
    """Give each process's parent, and its resident set in pages."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                facts = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                found[int(folder.name)] = int(facts[1]), int(facts[21])
            except (OSError, IndexError):
                continue  # it has ended
    return found


def family(root: int, known: dict[int, tuple[int, int]]) -> set[int]:
    """Give *root* and all that descend from it."""
    found, grown = {root}, True
    while grown:
        more = {pid for pid, (parent, _) in known.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found


class Memory(threading.Thread):
    """Adds up the memory of a process and its descendants, once a second."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root = root
        self.ended = threading.Event()
        self.peak_mb = 0.0

    def run(self) -> None:
        """Look until told to end."""
        while not self.ended.wait(1):
            known = processes()
            pages = sum(known[pid][1] for pid in family(self.root, known) if pid in known)
            self.peak_mb = max(self.peak_mb, pages * PAGE_BYTES / 1e6)


def run(inputs: Path, output: Path, kill_after_s: float | None = None) -> Spent:
    """Run newsieve, to its end or until it is killed."""
    command = [sys.executable, "-m", "pipeline", "run", "--logical-date", "2026-01-01"]
    arguments = ["--input", str(inputs), "--output", str(output), "--set", "run.workers=2"]
    start = time.monotonic()
    process = subprocess.Popen([*command, *arguments], start_new_session=True)
    memory = Memory(process.pid)
    memory.start()
    if kill_after_s is not None:
        try:
            process.wait(kill_after_s)
        except subprocess.TimeoutExpired:
            for pid in family(process.pid, processes()):
                os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(process.pid, 0)
    memory.ended.set()
    wall = time.monotonic() - start
    if kill_after_s is None and status:
        sys.exit(f"the run ended with {os.waitstatus_to_exitcode(status)}")
    return Spent(usage.ru_utime + usage.ru_stime, wall, memory.peak_mb)


def digests(output: Path) -> dict[str, str]:
    """Give the digest of each table of the only run."""
    (folder,) = (output / "runs").glob("*-*")
    return {
        str(path.relative_to(folder)): blake2b(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


def imbalance(output: Path, texts: int) -> list[str]:
    """Say how the account of the only run does not add up to *texts*."""
    (manifest,) = output.glob("runs/*/manifest.json")
    counts = json.loads(manifest.read_bytes())["counts"]
    kinds = ("articles", "duplicates", "rejects", "unchanged")
    out = sum(counts[kind] for kind in kinds)
    return [] if texts == counts["read"] == out else [f"{texts} texts, the account: {counts}"]


def main() -> None:
    """Run, kill, finish, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--kill-at", type=float, default=0.8)
    parser.add_argument("--work", type=Path, help="where to put texts and outputs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="newsieve-million-", dir=arguments.work) as name:
        folder = Path(name)
        write_texts(folder / "in", arguments.texts)
        calm = run(folder / "in", folder / "calm")
        run(folder / "in", folder / "killed", calm.wall_s * arguments.kill_at)
        finishing = run(folder / "in", folder / "killed")
        problems = imbalance(folder / "calm", arguments.texts)
        if digests(folder / "calm") != digests(folder / "killed"):
            problems.append("the finished run's tables are not those of the undisturbed one")
    share = finishing.cpu_s / calm.cpu_s
    print("| | CPU, s | wall, s | peak, MB |\n|---|---|---|---|")
    for label, spent in (("undisturbed", calm), ("finishing what was killed", finishing)):
        print(f"| {label} | {spent.cpu_s:,.0f} | {spent.wall_s:,.0f} | {spent.peak_mb:,.0f} |")
    print(f"{calm.cpu_s / arguments.texts * 1e6:,.0f} µs CPU a text")
    print(f"killed at {arguments.kill_at:.0%} of the time, finished with {share:.2f} of the work")
    if share > MOST_OF_THE_WORK:
        problems.append(f"more than {MOST_OF_THE_WORK} of the work was done again")
    if calm.peak_mb > MOST_MB:
        problems.append(f"more than {MOST_MB:,} MB at the peak")
    print("\n".join(problems) or "every record accounted for, the same tables either way")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
