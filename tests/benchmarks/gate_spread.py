"""How much the shares that gates look at move from run to run when nothing is wrong.

usage: python -m tests.benchmarks.gate_spread FILE.jsonl[.xz] [--records 1000] [--runs N]
                                        [--date-field NAME]

The records of FILE become runs of so many each, in their order, into one output folder, with
the default gates, up to the first that is held. Printed: of each share the median over all runs
and the largest rise above the median of the runs before.
"""

from __future__ import annotations

import argparse
import json
import lzma
import tempfile
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from pipeline.config import Config
from pipeline.errors import HeldRun
from pipeline.job import run_job
from pipeline.ledger.gates import MEASURES
from tests.in_process import run_passes

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARES = {name: measure for name, measure in MEASURES.items() if measure.whole}


def in_loop(plan: Any, run: Any, config: Config, staging: Any) -> None:
    """Take a plan through the passes without an engine."""
    run_passes(plan.blocks, run, config, staging)


def portions(path: Path, records: int) -> Iterator[list[str]]:
    """Cut the lines of *path* into portions of *records*; a smaller rest is left out."""
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        while len(portion := list(islice(lines, records))) == records:
            yield portion


def counts_of_runs(cut: Iterator[list[str]], fields: dict[str, str]) -> tuple[list[Any], int]:
    """Give the counts of each published run, and whether the last one was held (0 or 1)."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number, portion in enumerate(cut):
            raw = Path(folder, "raw", f"{number:04d}.jsonl")
            raw.parent.mkdir(exist_ok=True)
            raw.write_text("".join(portion), encoding="utf-8")
            settings = {
                "input": {"paths": [str(raw)], "fields": fields},
                "write": {"output": str(Path(folder, "out"))},
            }
            day = date(2026, 1, 1) + timedelta(days=number)
            try:
                outcome = run_job(Config.model_validate(settings), day, in_loop)
            except HeldRun as error:
                print(error)
                return found, 1
            assert outcome.account is not None
            found.append(outcome.account.as_dict())
    return found, 0


def main() -> None:
    """Print one line per share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--records", type=int, default=1_000)
    parser.add_argument("--runs", type=int, help="stop after so many; default: all")
    parser.add_argument("--date-field", default="date_published")
    arguments = parser.parse_args()
    fields = {arguments.date_field: "date_published"}
    cut = islice(portions(arguments.file, arguments.records), arguments.runs)
    counts, held = counts_of_runs(cut, fields)
    print(json.dumps({"runs": len(counts), "held": held}))
    for name, measure in SHARES.items():
        values = [measure.value(each) or 0.0 for each in counts]
        rises = [value - median(values[:n]) for n, value in enumerate(values) if n]
        print(f"{name:<16} median {median(values):.3f}   largest rise {max(rises):+.3f}")


if __name__ == "__main__":
    main()
