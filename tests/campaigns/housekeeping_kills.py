"""Housekeeping that is killed at random moments: all rows of before or all of after, never a half.

usage: python -m tests.campaigns.housekeeping_kills [--kills 20] [--seed 1] [--no-exchange]

publish, discard, undo, remove and compact are killed (SIGKILL) at --kills random moments each, on
copies of a small collection, and the same command, then a run, are let end. All the while a
reader lists output/runs/*/articles/*.parquet and opens what it listed. What it sees, and what is
there after the kill, must be the rows of before or those of after; the command, given again, must
end well or say that it was done, and leave the rows of after. --no-exchange takes the way of file
systems that cannot exchange two folders at one moment: there, a reader may find nothing at all for
an instant. Exits with 1 if anything is not so.
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
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from tests.benchmarks.texts import write_texts

TABLES = ("articles", "duplicates", "rejects")
DAYS = ("2025-11-03", "2025-11-04", "2025-12-05", "2025-12-06", "2026-01-20")
HOLD = ("--set", "gates.max_articles=1")
NO_EXCHANGE = """
import runpy, sys
from pipeline import storage
storage._exchange_at_once = lambda *_: False
runpy.run_module("pipeline", run_name="__main__")
"""

Rows = frozenset[tuple[str, str]]
"""(table, id) of every row."""


@dataclass
class Lab:
    """Where the collections are, how commands are started, and what went wrong.

    Attributes:
        seconds: what each verb takes when nobody kills it.
    """

    folder: Path
    exchange: bool
    problems: list[str] = field(default_factory=list)
    looks: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own."""
        code = ["-m", "pipeline"] if self.exchange else ["-c", NO_EXCHANGE]
        return subprocess.Popen(
            [sys.executable, *code, *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def do(self, *arguments: str | Path) -> tuple[int, str]:
        """Let a command end; give its exit code and what it said."""
        process = self.start(*arguments)
        said = process.communicate()[1].decode()
        return process.returncode, said


def run_command(inputs: Path, output: Path, day: str, *more: str) -> tuple[str | Path, ...]:
    """Give the arguments of a run."""
    where = ("--input", inputs, "--output", output)
    return ("run", "--logical-date", day, *where, *more)


def rows_of(output: Path) -> Rows:
    """Read which rows are in sight."""
    found = set()
    for table in TABLES:
        for path in output.glob(f"runs/*/{table}/*.parquet"):
            ids = pq.ParquetFile(path).read(columns=["id", "source"]).to_pylist()
            found.update((table, f"{row['id']} {row['source']}") for row in ids)
    return frozenset(found)


class Reader(threading.Thread):
    """Reads the articles again and again; a file that is gone means: list anew."""

    def __init__(self, output: Path, allowed: list[Rows], *, gaps: bool) -> None:
        super().__init__(daemon=True)
        self.output, self.gaps = output, gaps
        self.allowed = [{row for row in rows if row[0] == "articles"} for rows in allowed]
        self.ended = threading.Event()
        self.looks = 0
        self.problems: list[str] = []

    def run(self) -> None:
        """Look until told to end."""
        while not self.ended.wait(0.002):
            seen = set()
            try:
                for path in list(self.output.glob("runs/*/articles/*.parquet")):
                    ids = pq.ParquetFile(path).read(columns=["id", "source"]).to_pylist()
                    seen.update(("articles", f"{row['id']} {row['source']}") for row in ids)
            except FileNotFoundError:
                continue
            self.looks += 1
            if seen not in self.allowed and not (self.gaps and not seen):
                self.problems.append(f"a reader saw {len(seen)} articles: neither before nor after")


def prepare(lab: Lab) -> Path:
    """Make a collection of five runs, and one that a gate holds."""
    base = lab.folder / "base"
    write_texts(lab.folder / "texts", 60, per_file=10)
    (base / "in").mkdir(parents=True)
    *files, last = sorted((lab.folder / "texts").iterdir())
    for day, file in zip(DAYS, files, strict=True):
        shutil.copy(file, base / "in" / file.name)
        code, said = lab.do(*run_command(base / "in", base / "out", day))
        assert code == 0, said
    shutil.copy(last, base / "in" / last.name)
    held = lab.folder / "held"
    shutil.copytree(base, held)
    code, said = lab.do(*run_command(held / "in", held / "out", DAYS[-1], *HOLD))
    assert code == 3, said
    return base


def command_of(verb: str, folder: Path) -> tuple[str | Path, ...]:
    """Give the arguments of *verb* on the collection in *folder*."""
    output = folder / "out"
    if verb in ("publish", "discard"):
        return (verb, output, "2026")
    if verb == "remove":
        (first, *_) = sorted(output.glob("runs/*/articles/*.parquet"))
        urls = pq.ParquetFile(first).read(columns=["url"])["url"].to_pylist()[:3]
        return (verb, output, *(word for url in urls for word in ("--url", url)))
    return (verb, output, "--before", "2026-01-01") if verb == "compact" else (verb, output)


def torment(lab: Lab, verb: str, kills: int, dice: random.Random) -> None:
    """Kill *verb* at random moments, each time on a copy of its own."""
    source = lab.folder / ("held" if verb in ("publish", "discard") else "base")
    calm = lab.folder / f"{verb}-calm"
    shutil.copytree(source, calm)
    command = command_of(verb, calm)
    began = time.time()
    code, said = lab.do(*command)
    lab.seconds[verb] = time.time() - began
    assert code == 0, said
    before, after = rows_of(source / "out"), rows_of(calm / "out")
    finished = finish(lab, calm)
    for number in range(kills):
        folder = lab.folder / f"{verb}-{number}"
        shutil.copytree(source, folder)
        reader = Reader(folder / "out", [before, after], gaps=not lab.exchange)
        reader.start()
        kill_one(lab, verb, (command[0], folder / "out", *command[2:]), dice)
        check(lab, f"{verb} {number}", folder, (before, after))
        again(lab, f"{verb} {number}", (command[0], folder / "out", *command[2:]), folder, after)
        reader.ended.set()
        reader.join()
        lab.looks += reader.looks
        lab.problems += [f"{verb} {number}: {problem}" for problem in reader.problems]
        # A run takes longer than all the rest: every fourth time will do.
        if number % 4 == 0 and finish(lab, folder) != finished:
            lab.problems.append(f"{verb} {number}: the run that follows has other rows")
        shutil.rmtree(folder)


def kill_one(lab: Lab, verb: str, command: tuple[str | Path, ...], dice: random.Random) -> None:
    """Start *command*; wait until it has the lock, and a random while longer; kill it."""
    process = lab.start(*command)
    owner = Path(command[1]) / ".staging" / "owner.json"
    while process.poll() is None and not owner.exists():
        time.sleep(0.0005)
    time.sleep(dice.choice([dice.uniform(0, 0.03), dice.uniform(0, 0.3)]))
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        lab.killed[verb] += 1
    process.communicate()


def check(lab: Lab, name: str, folder: Path, allowed: tuple[Rows, ...]) -> None:
    """Look at what is there after the kill; between three renames it may be beside its place."""
    output = folder / "out"
    if not (output / "runs").exists() and not lab.exchange:
        return
    if rows_of(output) not in allowed:
        lab.problems.append(f"{name}: the rows are neither those of before nor of after")


def again(lab: Lab, name: str, command: tuple[str | Path, ...], folder: Path, after: Rows) -> None:
    """Give the same command once more, unless it had done its work; the rows are those of after."""
    output, verb = folder / "out", str(command[0])
    done = (output / "runs").exists() and rows_of(output) == after
    held = any((output / ".held").glob("*")) if (output / ".held").exists() else False
    if (verb == "discard" and not held) or (verb in ("undo", "publish") and done):
        return  # a second undo would take back the run before
    code, said = lab.do(*command)
    if code:
        lab.problems.append(f"{name}: again, it ended in {code}: {said}")
    elif rows_of(output) != after:
        lab.problems.append(f"{name}: again, the rows are not those of after")


def finish(lab: Lab, folder: Path) -> Rows:
    """Run, as the next hour would; give all rows."""
    code, said = lab.do(*run_command(folder / "in", folder / "out", DAYS[-1]))
    left = [path.name for path in (folder / "out" / ".staging").iterdir()]
    if code or left:
        lab.problems.append(f"{folder.name}: the next run ended in {code}, left {left}: {said}")
    for manifest in (folder / "out").glob("runs/*/manifest.json"):
        for each in json.loads(manifest.read_bytes())["files"]:
            if not (manifest.parent / each["path"]).is_file():
                lab.problems.append(f"{manifest}: {each['path']} is not there")
    return rows_of(folder / "out")


def main() -> None:
    """Torment each verb, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-exchange", action="store_true")
    arguments = parser.parse_args()
    dice, began = random.Random(arguments.seed), time.time()
    with tempfile.TemporaryDirectory(prefix="newsieve-housekeeping-") as name:
        lab = Lab(Path(name), exchange=not arguments.no_exchange)
        prepare(lab)
        for verb in ("publish", "discard", "undo", "remove", "compact"):
            torment(lab, verb, arguments.kills, dice)
            print(f"{verb}: {lab.killed[verb]} of {arguments.kills} killed at work", flush=True)
    print(f"{lab.looks} looks, {time.time() - began:.0f} s")
    print("\n".join(lab.problems) or "before or after, never a half; the next command goes on")
    sys.exit(bool(lab.problems))


if __name__ == "__main__":
    main()
