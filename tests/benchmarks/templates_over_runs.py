"""Notices of one template, one a run: how many are wrongly merged, how many copies are found.

    python -m tests.benchmarks.templates_over_runs [--runs 10] [--seeds 3]

Each run has one item of each of the fourteen kinds of ``training/templates.py``. A share of them
has a copy on another site, in the same run or the next one. Those of ``HELD_OUT`` took no part in
training.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.config import Config
from pipeline.job import run_job
from tests.in_process import run_passes
from training.templates import FORMS, HELD_OUT, copied, fill

COPIED = 0.3
"""Share of the items that have a copy."""


def records_of(runs: int, seed: int) -> list[list[dict[str, Any]]]:
    """Make the records of each run; one record more run for copies that come later."""
    dice = random.Random(seed)
    found: list[list[dict[str, Any]]] = [[] for _ in range(runs + 1)]
    for run in range(runs):
        for kind in FORMS:
            text = fill(kind, dice)
            sites = [("news", run, text)]
            if dice.random() < COPIED:
                sites.append(("wire", run + dice.choice((0, 1)), copied(text, dice)))
            for site, when, own in sites:
                published = datetime(2026, 1, 1, 6, tzinfo=timezone.utc) + timedelta(days=when)
                found[when].append(
                    {
                        "id": f"{kind}-{run}-{site}",
                        "url": f"https://{site}.example/{kind}/{run}",
                        "date_published": published.isoformat(),
                        "text": own,
                    }
                )
    return found


def rows(output: Path, table: str) -> list[dict[str, Any]]:
    """Read ids of one table of all runs."""
    columns = ["id", "record_id", *(["representative_id"] if table == "duplicates" else [])]
    files = sorted(output.glob(f"runs/*/{table}/*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read(columns).to_pylist()]


def count(records: list[list[dict[str, Any]]], folder: Path) -> Counter[str]:
    """Take the records through the runs; count items, copies, and what became of them."""
    raw, output = folder / "in", folder / "out"
    raw.mkdir()
    config = Config.model_validate(
        {"input": {"paths": [str(raw)]}, "write": {"output": str(output)}}
    )
    for number, mine in enumerate(records):
        lines = "".join(json.dumps(each) + "\n" for each in mine)
        (raw / f"{number}.jsonl").write_text(lines, encoding="utf-8")
        day = date(2026, 1, 1) + timedelta(number)
        run_job(config, day, lambda plan, *rest: run_passes(plan.blocks, *rest))
    kept = {row["id"]: row["record_id"] for row in rows(output, "articles")}
    whose = {row["record_id"]: kept[row["representative_id"]] for row in rows(output, "duplicates")}
    found: Counter[str] = Counter()
    for name in (each["id"] for mine in records for each in mine):
        kind, item, site = name.split("-")
        part = "held out" if kind in HELD_OUT else "trained"
        of = whose.get(name, name).split("-")[1]
        found[f"{part} records"] += 1
        found[f"{part} merged"] += of != item
        if site == "wire":
            found[f"{part} copies"] += 1
            pair = {whose.get(each, each) for each in (name, f"{kind}-{item}-news")}
            found[f"{part} found"] += len(pair) == 1
    return found


def main() -> int:
    """Print both shares, for trained and held out kinds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    total: Counter[str] = Counter()
    for seed in range(arguments.seeds):
        with tempfile.TemporaryDirectory() as folder:
            total += count(records_of(arguments.runs, seed), Path(folder))
    for part in ("trained", "held out"):
        records, copies = total[f"{part} records"], total[f"{part} copies"]
        print(
            f"{part}: {records} records, wrongly merged {total[f'{part} merged'] / records:.4f}; "
            f"{copies} copies, found {total[f'{part} found'] / copies:.4f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
