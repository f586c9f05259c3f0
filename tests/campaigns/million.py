"""A million texts in one run: it ends, its account balances, its memory stays; killed, it goes on.

usage: python -m tests.campaigns.million [--texts 1000000] [--kill-at 0.8] [--work FOLDER]

The run is made twice over the same invented texts: once undisturbed, and once killed (SIGKILL,
with all its processes) after --kill-at of the undisturbed one's CPU, then finished by another
run. Printed are the CPU of each, the peak of memory (resident sets of all its processes added
up, once a second), and how much of the work the finishing run did. Exits with 1 if an account
does not balance, the tables differ, or a bound is passed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from tests.benchmarks.texts import write_texts

MOST_MB = 6_000
MOST_OF_THE_WORK = 0.3
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Spent:
    """What a run took: CPU and wall time in seconds, memory in MB."""

    cpu_s: float
    wall_s: float
    peak_mb: float


@dataclass(frozen=True)
class Process:
    """Its parent, CPU in seconds (with children that have ended), resident set in bytes."""

    parent: int
    cpu_s: float
    resident: int


def processes() -> dict[int, Process]:
    """Look at all processes there are."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text(encoding="utf-8")
            except OSError:
                continue  # it has ended
            facts = [int(each) for each in text.rpartition(")")[2].split()[1:22]]
            cpu_s = sum(facts[10:14]) / TICKS
            found[int(folder.name)] = Process(facts[0], cpu_s, facts[20] * PAGE_BYTES)
    return found


def family(root: int) -> dict[int, Process]:
    """Give *root* and all that descend from it."""
    known = processes()
    found, grown = {root}, True
    while grown:
        more = {pid for pid, each in known.items() if each.parent in found} - found
        found |= more
        grown = bool(more)
    return {pid: known[pid] for pid in found if pid in known}


class Watch(threading.Thread):
    """Adds up memory and CPU of a process and its descendants; kills them at so much CPU."""

    def __init__(self, root: int, kill_at_s: float) -> None:
        super().__init__(daemon=True)
        self.root = root
        self.kill_at_s = kill_at_s
        self.ended = threading.Event()
        self.peak_mb = 0.0
        self.killed = False

    def run(self) -> None:
        """Look once a second, until told to end."""
        while not self.ended.wait(1):
            found = family(self.root)
            self.peak_mb = max(self.peak_mb, sum(each.resident for each in found.values()) / 1e6)
            if sum(each.cpu_s for each in found.values()) >= self.kill_at_s:
                for pid in found:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                self.killed = True
                return


def run(inputs: Path, output: Path, kill_at_s: float = math.inf) -> Spent:
    """Run newsieve to its end, or until it has used so many seconds of CPU and is killed."""
    command = [sys.executable, "-m", "pipeline", "run", "--logical-date", "2026-01-01"]
    arguments = ["--input", str(inputs), "--output", str(output), "--set", "run.workers=2"]
    start = time.monotonic()
    process = subprocess.Popen([*command, *arguments], start_new_session=True)
    watch = Watch(process.pid, kill_at_s)
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    watch.ended.set()
    wall = time.monotonic() - start
    if watch.killed != (kill_at_s < math.inf):
        sys.exit("the run ended before it could be killed")
    if status and not watch.killed:
        sys.exit(f"the run ended with {os.waitstatus_to_exitcode(status)}")
    return Spent(usage.ru_utime + usage.ru_stime, wall, watch.peak_mb)


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
        run(folder / "in", folder / "killed", calm.cpu_s * arguments.kill_at)
        finishing = run(folder / "in", folder / "killed")
        problems = imbalance(folder / "calm", arguments.texts)
        if digests(folder / "calm") != digests(folder / "killed"):
            problems.append("the finished run's tables are not those of the undisturbed one")
    share = finishing.cpu_s / calm.cpu_s
    print("| | CPU, s | wall, s | peak, MB |\n|---|---|---|---|")
    for label, spent in (("undisturbed", calm), ("finishing what was killed", finishing)):
        print(f"| {label} | {spent.cpu_s:,.0f} | {spent.wall_s:,.0f} | {spent.peak_mb:,.0f} |")
    print(f"{calm.cpu_s / arguments.texts * 1e6:,.0f} µs CPU per text")
    print(f"killed at {arguments.kill_at:.0%} of the CPU, finished with {share:.2f} of the work")
    if share > MOST_OF_THE_WORK:
        problems.append(f"more than {MOST_OF_THE_WORK} of the work was done again")
    if calm.peak_mb > MOST_MB:
        problems.append(f"more than {MOST_MB:,} MB at the peak")
    print("\n".join(problems) or "every record accounted for, the same tables either way")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
