"""Accept what raw/ gives today: ``python -m tests.golden.update``; then read the diff."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from pipeline.write.columns import TABLES
from tests.runs import ROOT, rows, run

GOLDEN = Path(__file__).parent / "raw.jsonl"
CHANGING = ("run_id", "representative_run_id")
"""Names of the run: they change with every setting and version, and say nothing of the rows."""


def golden_lines() -> str:
    """Run raw/ and give every row of every table as a line of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        run(ROOT / "raw", Path(folder))
        found = [(table, row) for table in TABLES for row in rows(Path(folder), table)]
    return "".join(_line(table, row) for table, row in found)


def _line(table: str, row: dict[str, Any]) -> str:
    kept = {name: value for name, value in row.items() if name not in CHANGING}
    return json.dumps({"table": table} | kept, ensure_ascii=False, default=str) + "\n"


if __name__ == "__main__":
    GOLDEN.write_text(golden_lines(), encoding="utf-8")
