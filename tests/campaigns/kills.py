"""Runs that are killed at random moments: nothing lost, nothing twice, no half run in sight.

usage: python -m tests.campaigns.kills [--kills 20] [--texts 20000] [--seed 1] [--at-once 2]
                                       [--store [moto | versitygw | azurite]]

A run over --texts invented texts is killed (SIGKILL, its whole process group) again and again,
while new files arrive; one in four, and the last, is left to end. A reader looks at the collection
all the while. At the end every record must be accounted for once, and each committed run must be,
to the byte, what a calm history of the same files gives. Exits with 1 if anything is not so. With
--store, the output is in an object store on this machine, and the reader goes by its log. With
--at-once, so many runs race for each place in it; each is killed at a moment of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.ledger.history import committed_runs, read_manifest, table_files
from pipeline.storage import Place, opened
from pipeline.storage.objects import StorePath
from tests.benchmarks.texts import write_texts
from tests.object_server import S3, SERVERS, fetch_runs, store_on_this_machine

TABLES = ("articles", "duplicates", "rejects")
DAY = "2026-01-01"


def start(inputs: Path, output: Place) -> subprocess.Popen[bytes]:
    """Start a run in a process group of its own."""
    command = [sys.executable, "-m", "pipeline", "run", "--logical-date", DAY]
    settings = ["run.block_bytes=2000000", "run.workers=2"]
    flags = [flag for setting in settings for flag in ("--set", setting)]
    return subprocess.Popen(
        [*command, "--input", str(inputs), "--output", str(output), *flags],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


class Reader(threading.Thread):
    """Reads the collection again and again; notes what is not whole."""

    def __init__(self, output: Place) -> None:
        super().__init__(daemon=True)
        self.output = output
        self.ended = threading.Event()
        self.looks = 0
        self.problems: list[str] = []

    def run(self) -> None:
        """Look until told to end."""
        while not self.ended.wait(0.2):
            self.looks += 1
            if isinstance(self.output, Path):
                for folder in self.output.glob("runs/*"):
                    self._look_at(folder)
                continue
            for run in committed_runs(self.output):
                self._count(run.folder, read_manifest(run.folder)["counts"])

    def _look_at(self, folder: Path) -> None:
        manifest = folder / "manifest.json"
        if not manifest.is_file():
            self.problems.append(f"{folder.name}: in sight without its manifest")
            return
        self._count(folder, json.loads(manifest.read_bytes())["counts"])

    def _count(self, folder: Place, counts: dict[str, int]) -> None:
        for table in TABLES:
            files = table_files(folder, table)
            rows = sum(pq.read_metadata(opened(file)).num_rows for file in files)
            if rows != counts[table]:
                self.problems.append(f"{folder.name}: {rows} {table}, the manifest says {counts}")


@dataclass
class Torment:
    """Runs that are killed, and what became of those that ended by themselves."""

    folder: Path
    output: Place
    at_once: int
    dice: random.Random
    longest: float = 30.0
    killed: int = 0
    problems: list[str] = field(default_factory=list)

    def kill(self, waiting: list[Path], kills: int) -> None:
        """Kill so many runs at random moments; let files arrive, and one in four end."""
        for turn in count(1):
            self._race(kills - self.killed if turn % 4 else 0)
            if self.killed >= kills:
                break
            if waiting and (turn % 4 == 0 or self.dice.random() < 0.4):
                shutil.copy(waiting[-1], self.folder / "in" / waiting.pop().name)
        for file in waiting:
            shutil.copy(file, self.folder / "in" / file.name)
        self._race(0)

    def _race(self, kills: int) -> None:
        """Start some runs at once, and kill as many of them as have not ended by then."""
        began = time.monotonic()
        going = [start(self.folder / "in", self.output) for _ in range(self.at_once)]
        latest = self.longest * 1.1
        moments = [
            self.dice.choice([self.dice.uniform(0.2, 4), self.dice.uniform(0.2, latest)])
            for _ in going[:kills]
        ]
        for process, moment in sorted(zip(going, moments, strict=False), key=lambda each: each[1]):
            try:
                process.wait(max(0, began + moment - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                self.killed += 1
        for process in going:
            told = process.communicate()[1].decode()
            if process.returncode == 0:
                self.longest = max(5.0, time.monotonic() - began)
            elif process.returncode != -signal.SIGKILL:
                self.problems.append(f"a run ended in {process.returncode}: {told}")


def runs_of(output: Path) -> list[Path]:
    """List the committed runs, oldest first."""
    return sorted(output.glob("runs/*"), key=lambda path: path.name.split("-")[3])


def replay(folder: Path) -> list[str]:
    """Go through the same history calmly; say which tables differ."""
    problems = []
    (folder / "calm-in").mkdir()
    for run in runs_of(folder / "out"):
        for source in pq.read_table(run / "state/inputs.parquet")["source"].to_pylist():
            shutil.copy(folder / "in" / source, folder / "calm-in" / source)
        start(folder / "calm-in", folder / "calm").communicate()
        calm = folder / "calm/runs" / run.name
        ours, theirs = (
            {str(path.relative_to(each)): path.read_bytes() for path in each.rglob("*.parquet")}
            for each in (run, calm)
        )
        if ours != theirs:
            differing = sorted(name for name in ours if ours[name] != theirs.get(name))
            problems.append(f"{run.name}: not as in a calm history: {differing[:5]}")
    return problems


def account(folder: Path, texts: int) -> list[str]:
    """Say which records are not accounted for exactly once."""
    found: Counter[str] = Counter()
    for table in TABLES:
        for path in (folder / "out").glob(f"runs/*/{table}/*.parquet"):
            found.update(pq.read_table(path, columns=["record_id"])["record_id"].to_pylist())
    twice = [name for name, times in found.items() if times > 1]
    missing = texts - len(found)
    return [f"{len(twice)} records twice, {missing} missing"] if twice or missing else []


def main() -> None:
    """Torment, replay, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", nargs="?", const=S3, choices=SERVERS)
    parser.add_argument("--at-once", type=int, default=1)
    arguments = parser.parse_args()
    began = time.time()
    with tempfile.TemporaryDirectory(prefix="newsieve-kills-") as name:
        folder = Path(name)
        write_texts(folder / "texts", arguments.texts, per_file=max(100, arguments.texts // 20))
        files = sorted((folder / "texts").iterdir())
        (folder / "in").mkdir()
        there = files[: len(files) // 2]
        for file in there:
            shutil.copy(file, folder / "in" / file.name)
        with ExitStack() as stack:
            output: Place = folder / "out"
            if arguments.store:
                output = stack.enter_context(store_on_this_machine(folder, arguments.store)) / "out"
            reader = Reader(output)
            reader.start()
            torment = Torment(folder, output, arguments.at_once, random.Random(arguments.seed))
            torment.kill(files[len(there) :], arguments.kills)
            reader.ended.set()
            reader.join()
            if isinstance(output, StorePath):
                fetch_runs(output, folder / "out")
        problems = torment.problems + reader.problems + account(folder, arguments.texts)
        problems += replay(folder)
        committed = len(runs_of(folder / "out"))
    seconds = time.time() - began
    print(f"{torment.killed} kills, {committed} runs, {reader.looks} looks, {seconds:.0f} s")
    calm = "every record once, every run as in a calm history, none seen half"
    print("\n".join(problems) or calm)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
