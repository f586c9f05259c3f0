"""What takedown and compaction cost in a collection of many small runs.

    python -m tests.benchmarks.rewriting --runs 8760

One run of a few stories is linked under as many names as there are hours: a year. Then a text of
the first run is taken down, and all months but the last are put together. Wall and CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from pipeline.config import Config
from pipeline.job import run_job
from pipeline.ledger.upkeep.compact import compact
from pipeline.ledger.upkeep.remove import remove
from pipeline.ledger.upkeep.takedown import requested
from pipeline.storage.disk import link_tree
from tests.in_process import run_passes

FIRST = date(2025, 1, 1)


def one_run(folder: Path, stories: int) -> Path:
    """Publish a run of invented stories; give the output folder."""
    lines = [
        json.dumps(
            {
                "url": f"https://site{n}.example/{n}",
                "text": " ".join(f"w{n}x{place}" for place in range(300)),
            }
        )
        for n in range(stories)
    ]
    (folder / "in.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    config = Config.model_validate(
        {"input": {"paths": [str(folder / "in.jsonl")]}, "write": {"output": str(folder / "out")}}
    )
    engine = lambda plan, run, config, staging: run_passes(plan.blocks, run, config, staging)  # noqa: E731
    run_job(config, FIRST, engine)
    return folder / "out"


def repeat(output: Path, runs: int) -> None:
    """Link the only run under the names of further hours."""
    (first,) = (output / "runs").iterdir()
    manifest = json.loads((first / "manifest.json").read_bytes())
    for number in range(2, runs + 1):
        day = FIRST + timedelta((number - 1) // 24)
        copy = output / "runs" / f"{day.isoformat()}-{number:06d}-0badcafe"
        link_tree(first, copy)
        facts = {"run_id": copy.name, "sequence": number, "logical_date": day.isoformat()}
        (copy / "manifest.json").unlink()
        (copy / "manifest.json").write_text(json.dumps(manifest | facts), "utf-8")


def timed(name: str, work: object) -> None:
    """Do *work*, and say what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    print(f"{name}: {time.perf_counter() - wall:.1f} s, CPU {time.process_time() - cpu:.1f} s")


def main() -> None:
    """Make the collection, and change it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=8_760)
    parser.add_argument("--stories", type=int, default=20)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="newsieve-rewriting-"))
    try:
        output = one_run(folder, given.stories)
        repeat(output, given.runs)
        print(f"{given.runs} runs, {sum(1 for _ in (output / 'runs').rglob('*'))} entries")
        nothing = requested([], [], ["nowhere.example"])
        timed("a takedown that finds nothing", lambda: remove(output, nothing))
        everywhere = requested([], ["https://site0.example/0"], [])
        timed(f"a takedown in all {given.runs} runs", lambda: remove(output, everywhere))
        timed("compact", lambda: compact(output, date(2026, 1, 1)))
        timed("compact, nothing to do", lambda: compact(output, date(2026, 1, 1)))
        timed(
            "a takedown in the compacted runs",
            lambda: remove(output, requested([], [], ["site1.example"])),
        )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
