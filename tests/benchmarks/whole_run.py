"""A whole run compared with a bare loop, datatrove and langdetect: CPU, wall time and memory.

usage: python -m tests.benchmarks.whole_run [--texts 20000] [--datatrove 2000] [--venv FOLDER]

Prints one Markdown table. All rows are measured one after another in one run, each in a process of
its own with one thread for numpy; CPU is user + system time with all children, memory the largest
resident set of any one process. *CPU per text* leaves start-up out: the same command on one text
is measured too, and subtracted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import tests.benchmarks.one_thread  # noqa: F401 - children inherit it
from tests.benchmarks.dedup import PEERS
from tests.benchmarks.overhead import Figures, measure, pipeline, timed
from tests.benchmarks.texts import write_texts

LANGDETECT = """
import json, sys
from pathlib import Path
from langdetect import DetectorFactory, detect
DetectorFactory.seed = 0
for path in sorted(Path(sys.argv[1]).glob("*.jsonl")):
    for line in path.read_text(encoding="utf-8").splitlines():
        detect(json.loads(line)["text"])
"""
ROOT = Path(__file__).parents[2]


class Row(NamedTuple):
    """One way to treat the texts.

    Attributes:
        name: in the table.
        texts: how many it gets: the slow ones get fewer.
        command: the way → its command, for a folder of texts and one to write to.
    """

    name: str
    texts: int
    command: tuple[str, ...]

    def measure(self, work: Path) -> tuple[Figures, float]:
        """Its figures, and CPU µs per text above start-up."""
        found = []
        for count in (1, self.texts):
            texts = work / f"texts-{count}"
            if not texts.exists():
                write_texts(texts, count)
            output = Path(tempfile.mkdtemp(dir=work))
            places = {"{texts}": str(texts), "{output}": str(output)}
            found.append(measure([places.get(part, part) for part in self.command]))
            shutil.rmtree(output)
        start, whole = found
        return whole, (whole["cpu_s"] - start["cpu_s"]) / (self.texts - 1) * 1e6


def datatrove_python(venv: Path) -> str:
    """The interpreter of an environment with datatrove, which is made if need be."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-qq", *PEERS], check=True)
    return str(python)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--datatrove", type=int, default=2_000, help="texts for the slow ones")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv-datatrove")
    arguments = parser.parse_args()
    many, few = arguments.texts, arguments.datatrove
    datatrove = datatrove_python(arguments.venv)
    places = Path("{texts}"), Path("{output}")
    rows = (
        Row("newsieve, 1 worker", many, tuple(pipeline(*places, 1))),
        Row("newsieve, 2 workers", many, tuple(pipeline(*places, 2))),
        Row("the same functions in a bare loop", many, tuple(timed("loop", *places))),
        Row(
            "datatrove: reader, C4 line filter, MinHash, writer",
            few,
            (datatrove, "-m", "tests.benchmarks.datatrove_run", "{texts}", "{output}"),
        ),
        Row("langdetect alone", few, (sys.executable, "-c", LANGDETECT, "{texts}")),
    )
    os.chdir(ROOT)
    print("| | texts | CPU | wall | peak memory | CPU per text | texts per second and core | |")
    print("|---|---|---|---|---|---|---|---|")
    first = None
    with tempfile.TemporaryDirectory(prefix="newsieve-bench-") as folder:
        for row in rows:
            found, each = row.measure(Path(folder))
            first = first or each
            cells = (
                row.name,
                f"{row.texts:,}",
                f"{found['cpu_s']:.1f} s",
                f"{found['wall_s']:.1f} s",
                f"{found['peak_mb']:,.0f} MB",
                f"{each:,.0f} µs",
                f"{1e6 / each:,.0f}",
                f"{each / first:.2f} ×",
            )
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
