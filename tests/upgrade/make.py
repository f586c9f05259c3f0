"""Write the collection that upgrades are tested with: once a format, by a newsieve that writes it.

    PYTHONPATH=.:tests python -m tests.upgrade.make

Never to be made anew for a format that is released: it stands for what lies on disks.
"""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import runs

from pipeline.job import run_job
from pipeline.version import FORMAT_VERSION

HERE = Path(__file__).parent

TIDE = (
    "The tide mill at Oxley Creek turned again on Sunday after eleven years of repairs. "
    "Volunteers from three parishes had rebuilt the wheel with oak from a felled avenue, and "
    "the miller, who is eighty-one, ground the first sack himself. The flour went to the school "
    "kitchens, which will bake with it until the stock runs out in spring. A second pair of "
    "stones is being dressed and may be fitted before the autumn fair."
)
LAMPS = (
    "Gas lamps will stay on Ferrier Row after the council withdrew its plan to replace them. "
    "Residents had counted moths for two summers and found forty kinds beneath the lamps, six of "
    "them rare. The lamplighter, the last in the county, was told of the decision while filling "
    "the tank of his motor tricycle and finished his round before he answered any questions."
)


def first_day() -> dict[str, list[dict[str, str]]]:
    """What was read on the first day, by file."""
    return {
        "oxley.jsonl": [
            {"url": "https://oxley.example/mill", "title": "Tide mill turns again", "text": TIDE},
            {"url": "https://oxley.example/empty", "text": " "},
        ],
        "wire.jsonl": [{"id": "wire-1", "text": TIDE.replace("Volunteers", "Helpers")}],
    }


def second_day() -> dict[str, list[dict[str, str]]]:
    """What came on the second day, by file: a version, a copy, a story of its own."""
    return {
        "later.jsonl": [
            {"url": "https://oxley.example/mill", "text": TIDE.replace("eleven", "twelve")},
            {"id": "wire-2", "text": TIDE.rpartition("A second")[0]},
            {"url": "https://ferrier.example/lamps", "text": LAMPS},
        ],
    }


def lay_out(folder: Path, files: dict[str, list[dict[str, str]]]) -> Path:
    """Write input files into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, records in files.items():
        lines = "".join(json.dumps(record) + "\n" for record in records)
        (folder / name).write_text(lines, encoding="utf-8")
    return folder


def main() -> None:
    """Make the collection of today's format."""
    output, inputs = HERE / f"format_{FORMAT_VERSION}", HERE / "inputs"
    for number, files in enumerate((first_day(), second_day())):
        config = runs.configured("tests/upgrade/inputs", Path("tests/upgrade") / output.name)
        lay_out(inputs, files)
        run_job(config, date(2026, 1, 1 + number), runs.in_loop)
    shutil.rmtree(inputs)
    for name in (".index", ".staging"):
        shutil.rmtree(output / name)
    (output / ".lock").unlink()


if __name__ == "__main__":
    main()
