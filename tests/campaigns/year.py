"""A year of days: small runs, each with copies of earlier days' stories; all of them found?

usage: python -m tests.campaigns.year [--days 365] [--stories 60] [--engine beam|loop]

Every day brings new stories, and one in twenty records is a cut or edited copy of a story of
an earlier day. A copy within the window must be a row of duplicates that names the article;
one from before it must not be. Prints a table of CPU a run, and exits with 1 if a copy was missed.
With --engine loop all runs are made in this process without the engine: quicker, and the
difference between days stands out more.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pyarrow.parquet as pq

from pipeline.config_file import load_config
from pipeline.job import run_job
from tests.benchmarks.texts import COMMON, edited, sentence_block, vocabulary
from tests.in_process import run_passes

FIRST = date(2026, 1, 1)
COPIES = 0.05


@dataclass
class World:
    """What was invented so far: the paragraphs of each story, and which day had it."""

    dice: random.Random
    words: list[str]
    stories: dict[str, tuple[int, list[str]]] = field(default_factory=dict)

    def day(self, day: int, stories: int) -> tuple[list[dict[str, object]], dict[str, str]]:
        """Invent a day's records; give them, and of each copy the story it is of."""
        weights = [1 / rank for rank in range(1, len(self.words) + 1)]
        pool = iter(self.dice.choices(self.words, weights, k=stories * 600))
        records, copies = [], {}
        for number in range(stories):
            name = f"d{day:03}-{number:03}"
            if self.stories and self.dice.random() < COPIES:
                original = self.dice.choice(list(self.stories))
                copies[name] = original
                paragraphs = edited(self.stories[original][1], pool, self.dice)
            else:
                paragraphs = [sentence_block(pool) for _ in range(10)]
                self.stories[name] = (day, paragraphs)
            url = f"https://site{number % 20}.example.com/{name}"
            records.append({"id": name, "url": url, "text": "\n\n".join(paragraphs)})
        old = [name for name, (seen, _) in self.stories.items() if seen < day - 60]
        for name in old:
            del self.stories[name]
        return records, copies


def run_day(folder: Path, day: date, engine: str) -> float:
    """Run newsieve for *day*; give its CPU in seconds."""
    settings = [f"input.paths=[{folder / 'in'}]", f"write.output={folder / 'out'}"]
    if engine == "loop":
        before = time.process_time()
        config = load_config(
            None, [*settings, "run.document_seconds=0", "run.document_megabytes=0"]
        )
        run_job(config, day, lambda plan, *rest: run_passes(plan.blocks, *rest))
        return time.process_time() - before
    used = getrusage(RUSAGE_CHILDREN)
    flags = [flag for setting in settings for flag in ("--set", setting)]
    command = [sys.executable, "-m", "pipeline", "run", "--logical-date", day.isoformat(), *flags]
    subprocess.run(command, check=True, capture_output=True)
    now = getrusage(RUSAGE_CHILDREN)
    return now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def judge(output: Path, copies: dict[str, str], days: dict[str, int], window: int) -> list[str]:
    """Say which copies are not what they should be."""
    found: dict[str, str] = {}
    names: dict[str, str] = {}
    for path in output.glob("runs/*/articles/*.parquet"):
        table = pq.read_table(path, columns=["id", "record_id"])
        names |= dict(zip(table["id"].to_pylist(), table["record_id"].to_pylist(), strict=True))
    for path in output.glob("runs/*/duplicates/*.parquet"):
        table = pq.read_table(path, columns=["record_id", "representative_id"])
        pairs = zip(
            table["record_id"].to_pylist(), table["representative_id"].to_pylist(), strict=True
        )
        found |= {copy: names.get(article, "no article of that id") for copy, article in pairs}
    problems = []
    for copy, original in copies.items():
        apart = days[copy] - days[original]
        # Of two on one day, either may be the one that is kept.
        kept = found.get(original, original)
        if apart <= window and copy != kept and found.get(copy) != kept:
            told = f"was taken for one of {found[copy]}" if copy in found else "was not found"
            problems.append(f"{copy}: a copy of {original}, {apart} days before, {told}")
    for copy, article in found.items():
        if copy not in copies and copies.get(article) != copy:
            problems.append(f"{copy}: taken for a copy of {article}")
    return problems


def main() -> None:
    """Live through the days, and judge them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--stories", type=int, default=60)
    parser.add_argument("--engine", choices=["beam", "loop"], default="beam")
    arguments = parser.parse_args()
    dice = random.Random(7)
    world = World(dice, COMMON + vocabulary(40_000, dice))
    copies: dict[str, str] = {}
    days: dict[str, int] = {}
    cpu = []
    with tempfile.TemporaryDirectory(prefix="newsieve-year-") as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for day in range(1, arguments.days + 1):
            records, copied = world.day(day, arguments.stories)
            copies |= copied
            days |= {str(record["id"]): day for record in records}
            lines = "".join(json.dumps(record) + "\n" for record in records)
            (folder / "in" / f"{day:03}.jsonl").write_text(lines, encoding="utf-8")
            cpu.append(run_day(folder, FIRST + timedelta(day - 1), arguments.engine))
        problems = judge(folder / "out", copies, days, load_config(None, []).dedup.window_days)
    print(
        f"{len(copies)} copies of earlier stories in {arguments.days} days of {arguments.stories}"
    )
    print("| days | CPU a run, s (median) |\n|---|---|")
    for start in range(0, arguments.days, max(1, arguments.days // 9)):
        some = cpu[start : start + 10]
        print(f"| {start + 1}-{start + len(some)} | {statistics.median(some):.3f} |")
    late, early = statistics.median(cpu[-10:]), statistics.median(cpu[35:45] or cpu)
    print(f"last ten days ÷ days 36-45: {late / early:.2f}")
    print("\n".join(problems) or "every copy within the window was found and named")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
