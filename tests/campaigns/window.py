"""New texts against a large window of published articles: CPU above the rest, and memory.

usage: python -m tests.campaigns.window [--window 100000] [--new 4000]

Builds a collection of --window invented articles in runs of 100,000, then runs --new texts twice,
with that window and with none, each in a process of its own; one text in five is a copy.
Cleaning is replaced by a copy of the text, so that what is measured is reading, deduplication
and writing. Prints the CPU of both, the difference, and the peak of memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from pipeline.config_file import load_config
from pipeline.job import run_job
from pipeline.passes import clean_block
from pipeline.records import Article, Document
from tests.benchmarks.texts import write_texts
from tests.in_process import run_passes

DAY = date(2026, 1, 1)
PER_RUN = 100_000


def copied(records, _config, _repeated):
    """Take each document's text for its story."""
    for record in records:
        if isinstance(record, Document):
            yield Article(record, record.content, extractor="lines", url=record.url), None
        else:
            yield None, record


def one_run(inputs: str, output: str, day: int, window_days: int) -> None:
    """Run once in this process; print CPU and memory as JSON."""
    clean_block.process_records = copied
    settings = [f"input.paths=[{inputs}]", f"write.output={output}", "clean.site_pages=0"]
    config = load_config(None, [*settings, f"dedup.window_days={window_days}"])
    start = time.process_time()
    outcome = run_job(
        config, DAY + timedelta(day), lambda plan, *rest: run_passes(plan.blocks, *rest)
    )
    assert outcome.account is not None
    print(
        json.dumps(
            {
                "cpu_s": time.process_time() - start,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "duplicates": outcome.account.duplicates,
            }
        )
    )


def measured(inputs: Path, output: Path, day: int, window_days: int) -> dict[str, float]:
    """Do ``one_run`` in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "tests.campaigns.window",
        "--one",
        str(inputs),
        str(output),
        str(day),
    ]
    done = subprocess.run([*command, str(window_days)], check=True, capture_output=True, text=True)
    facts: dict[str, float] = json.loads(done.stdout)
    return facts


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=int, default=100_000)
    parser.add_argument("--new", type=int, default=4_000)
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        inputs, output, day, window_days = arguments.one
        one_run(inputs, output, int(day), int(window_days))
        return
    with tempfile.TemporaryDirectory(prefix="newsieve-window-") as name:
        folder = Path(name)
        write_texts(folder / "texts", arguments.window + arguments.new)
        files = sorted((folder / "texts").iterdir())
        (folder / "in").mkdir()
        per_run, day = PER_RUN // 5_000, 0
        cut = arguments.window // 5_000
        for start in range(0, cut, per_run):
            for file in files[start : min(cut, start + per_run)]:
                file.rename(folder / "in" / file.name)
            day += 1
            measured(folder / "in", folder / "out", day, 0)
        (folder / "new").mkdir()
        for file in files[cut:]:
            file.rename(folder / "new" / file.name)
        alone = measured(folder / "new", folder / "alone", day + 1, 0)
        beside = measured(folder / "new", folder / "out", day + 1, 365)
    print("| | CPU, s | peak, MB | duplicates |\n|---|---|---|---|")
    for label, facts in (("without a window", alone), ("with it", beside)):
        print(
            f"| {arguments.new:,} texts {label} | {facts['cpu_s']:.1f} | {facts['peak_mb']:,.0f} "
            f"| {facts['duplicates']:,.0f} |"
        )
    print(f"a window of {arguments.window:,} costs {beside['cpu_s'] - alone['cpu_s']:.1f} s CPU")


if __name__ == "__main__":
    main()
