"""Housekeeping that is killed at random moments: all rows of before or all of after, never a half.

usage: python -m tests.campaigns.housekeeping_kills [--kills 20] [--seed 1] [--no-exchange]
                                                    [--store [moto | versitygw | azurite]]

publish, discard, undo, remove and compact are killed (SIGKILL) at --kills random moments each, on
copies of a small collection, and the same command, then a run, are let end. All the while a
reader lists output/runs/*/articles/*.parquet and opens what it listed. What it sees, and what is
there after the kill, must be the rows of before or those of after; the command, given again, must
end well or say that it was done, and leave the rows of after. --no-exchange takes the way of file
systems that cannot exchange two folders at one moment: there, a reader may find nothing at all for
an instant. With --store, the collections are in an object store on this machine, and the reader
goes by its log. Exits with 1 if anything is not so.
"""

from __future__ import annotations

import argparse
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
from pathlib import Path
from typing import cast

import pyarrow.parquet as pq

from pipeline.explain.runs import verify
from pipeline.ledger.commit import held_runs
from pipeline.ledger.history import committed_runs, table_files
from pipeline.storage import Place, name_below, opened, write_bytes
from pipeline.storage.objects import StorePath
from tests.benchmarks.texts import write_texts
from tests.object_server import S3, SERVERS, store_on_this_machine

TABLES = ("articles", "duplicates", "rejects")
DAYS = ("2025-11-03", "2025-11-04", "2025-12-05", "2025-12-06", "2026-01-20")
HOLD = ("--set", "gates.max_articles=1")
NO_EXCHANGE = """
import runpy, sys
from pipeline.storage import disk
assert disk._exchange_at_once
disk._exchange_at_once = lambda *_: False
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
    store: StorePath | None
    problems: list[str] = field(default_factory=list)
    looks: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def output(self, folder: Path) -> Place:
        """Where the collection of *folder* is."""
        return self.store / folder.name / "out" if self.store else folder / "out"

    def copy(self, source: Path, folder: Path) -> None:
        """Copy a collection and its inputs."""
        shutil.copytree(source, folder)
        if self.store:
            target = self.output(folder)
            for path, _ in (self.store / source.name).files():
                write_bytes(target / name_below(path, self.output(source)), path.read_bytes())

    def start(self, *arguments: str | Place) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own."""
        code = ["-m", "pipeline"] if self.exchange else ["-c", NO_EXCHANGE]
        return subprocess.Popen(
            [sys.executable, *code, *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def do(self, *arguments: str | Place) -> tuple[int, str]:
        """Let a command end; give its exit code and what it said."""
        process = self.start(*arguments)
        said = process.communicate()[1].decode()
        return process.returncode, said


def run_command(inputs: Path, output: Place, day: str, *more: str) -> tuple[str | Place, ...]:
    """Give the arguments of a run."""
    where = ("--input", inputs, "--output", output)
    return ("run", "--logical-date", day, *where, *more)


def files_of(output: Place, table: str) -> list[Place]:
    """List the files of a table that are in sight: in a folder all, in a store by its log."""
    if isinstance(output, Path):
        return [*output.glob(f"runs/*/{table}/*.parquet")]
    return [path for run in committed_runs(output) for path in table_files(run.folder, table)]


def rows_of(output: Place, tables: tuple[str, ...] = TABLES) -> Rows:
    """Read which rows are in sight."""
    found = set()
    for table in tables:
        for path in files_of(output, table):
            with pq.ParquetFile(opened(path)) as file:
                ids = file.read(columns=["id", "source"]).to_pylist()
            found.update((table, f"{row['id']} {row['source']}") for row in ids)
    return frozenset(found)


class Reader(threading.Thread):
    """Reads the articles again and again; a file that is gone means: list anew."""

    def __init__(self, output: Place, allowed: list[Rows], *, gaps: bool) -> None:
        super().__init__(daemon=True)
        self.output, self.gaps = output, gaps
        self.allowed = [{row for row in rows if row[0] == "articles"} for rows in allowed]
        self.ended = threading.Event()
        self.looks = 0
        self.problems: list[str] = []

    def run(self) -> None:
        """Look until told to end."""
        while not self.ended.wait(0.002):
            try:
                seen = rows_of(self.output, ("articles",))
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
        code, said = lab.do(*run_command(base / "in", lab.output(base), day))
        assert code == 0, said
    shutil.copy(last, base / "in" / last.name)
    held = lab.folder / "held"
    lab.copy(base, held)
    code, said = lab.do(*run_command(held / "in", lab.output(held), DAYS[-1], *HOLD))
    assert code == 3, said
    return base


def command_of(verb: str, output: Place) -> tuple[str | Place, ...]:
    """Give the arguments of *verb* on the collection *output*."""
    if verb in ("publish", "discard"):
        return (verb, output, "2026")
    if verb == "remove":
        (first, *_) = sorted(files_of(output, "articles"))
        urls = pq.ParquetFile(opened(first)).read(columns=["url"])["url"].to_pylist()[:3]
        return (verb, output, *(word for url in urls for word in ("--url", url)))
    return (verb, output, "--before", "2026-01-01") if verb == "compact" else (verb, output)


def torment(lab: Lab, verb: str, kills: int, dice: random.Random) -> None:
    """Kill *verb* at random moments, each time on a copy of its own."""
    source = lab.folder / ("held" if verb in ("publish", "discard") else "base")
    calm = lab.folder / f"{verb}-calm"
    lab.copy(source, calm)
    command = command_of(verb, lab.output(calm))
    began = time.time()
    code, said = lab.do(*command)
    lab.seconds[verb] = time.time() - began
    assert code == 0, said
    before, after = rows_of(lab.output(source)), rows_of(lab.output(calm))
    finished = finish(lab, calm)
    for number in range(kills):
        folder = lab.folder / f"{verb}-{number}"
        lab.copy(source, folder)
        output = lab.output(folder)
        reader = Reader(output, [before, after], gaps=not lab.exchange)
        reader.start()
        kill_one(lab, verb, (command[0], output, *command[2:]), dice)
        check(lab, f"{verb} {number}", output, (before, after))
        again(lab, f"{verb} {number}", (command[0], output, *command[2:]), after)
        reader.ended.set()
        reader.join()
        lab.looks += reader.looks
        lab.problems += [f"{verb} {number}: {problem}" for problem in reader.problems]
        # A run takes longer than all the rest: every fourth time will do.
        if number % 4 == 0 and finish(lab, folder) != finished:
            lab.problems.append(f"{verb} {number}: the run that follows has other rows")
        shutil.rmtree(folder)


def kill_one(lab: Lab, verb: str, command: tuple[str | Place, ...], dice: random.Random) -> None:
    """Start *command*; wait until it has the lock, and a random while longer; kill it.

    In a store there is no lock: there, the moment is in the later half of what it took before.
    """
    process = lab.start(*command)
    output = command[1]
    if isinstance(output, Path):
        while process.poll() is None and not (output / ".staging" / "owner.json").exists():
            time.sleep(0.0005)
        time.sleep(dice.choice([dice.uniform(0, 0.03), dice.uniform(0, 0.3)]))
    else:
        time.sleep(lab.seconds[verb] * dice.uniform(0.5, 1))
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        lab.killed[verb] += 1
    process.communicate()


def check(lab: Lab, name: str, output: Place, allowed: tuple[Rows, ...]) -> None:
    """Look at what is there after the kill; between three renames it may be beside its place."""
    if not (output / "runs").exists() and not lab.exchange:
        return
    if rows_of(output) not in allowed:
        lab.problems.append(f"{name}: the rows are neither those of before nor of after")


def again(lab: Lab, name: str, command: tuple[str | Place, ...], after: Rows) -> None:
    """Give the same command once more, unless it had done its work; the rows are those of after."""
    verb, output = str(command[0]), cast("Place", command[1])
    done = (output / "runs").is_dir() and rows_of(output) == after
    held = held_runs(output)
    if (verb == "discard" and not held) or (verb in ("undo", "publish") and done):
        return  # a second undo would take back the run before
    code, said = lab.do(*command)
    if code:
        lab.problems.append(f"{name}: again, it ended in {code}: {said}")
    elif rows_of(output) != after:
        lab.problems.append(f"{name}: again, the rows are not those of after")


def finish(lab: Lab, folder: Path) -> Rows:
    """Run, as the next hour would; give all rows."""
    output = lab.output(folder)
    code, said = lab.do(*run_command(folder / "in", output, DAYS[-1]))
    staging = output / ".staging"
    left = [each.name for each in staging.iterdir()] if staging.is_dir() else []
    if code or left:
        lab.problems.append(f"{folder.name}: the next run ended in {code}, left {left}: {said}")
    lab.problems += [f"{folder.name}: {problem}" for problem in verify(output)["problems"]]
    return rows_of(output)


def main() -> None:
    """Torment each verb, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-exchange", action="store_true")
    parser.add_argument("--store", nargs="?", const=S3, choices=SERVERS)
    arguments = parser.parse_args()
    dice, began = random.Random(arguments.seed), time.time()
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="newsieve-housekeeping-"))
        store = None
        if arguments.store:
            store = stack.enter_context(store_on_this_machine(Path(name), arguments.store))
        lab = Lab(Path(name), not arguments.no_exchange, store)
        prepare(lab)
        for verb in ("publish", "discard", "undo", "remove", "compact"):
            torment(lab, verb, arguments.kills, dice)
            print(f"{verb}: {lab.killed[verb]} of {arguments.kills} killed at work", flush=True)
    print(f"{lab.looks} looks, {time.time() - began:.0f} s")
    print("\n".join(lab.problems) or "before or after, never a half; the next command goes on")
    sys.exit(bool(lab.problems))


if __name__ == "__main__":
    main()
