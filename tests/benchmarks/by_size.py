"""CPU and memory of a run by the number of texts, by stage; a table, and a plot as SVG.

usage: python -m tests.benchmarks.by_size [--texts 1000,5000,20000,100000] [--plot FILE]

Each line is one run of one worker over generated texts of 450 words. CPU by stage is what the
run's manifest says; *the rest* is start-up, engine, plan and commit. The plot is drawn by
matplotlib, in the environment of the other benchmarks.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import tests.benchmarks.one_thread  # noqa: F401 - children inherit it
from tests.benchmarks.overhead import measure, pipeline
from tests.benchmarks.texts import write_texts
from tests.benchmarks.whole_run import ROOT, datatrove_python

DRAW = """
import json, sys
import matplotlib
matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "newsieve"
from matplotlib import pyplot
rows, path = json.load(sys.stdin), sys.argv[1]
figure, axes = pyplot.subplots(figsize=(7, 3.6), layout="constrained")
texts = [row.pop("texts") for row in rows]
axes.stackplot(texts, [[row[name] for row in rows] for name in rows[0]], labels=list(rows[0]))
axes.set_xscale("log")
axes.set_xticks(texts, [f"{count:,}" for count in texts])
axes.minorticks_off()
axes.set_xlabel("texts of 450 words in a run")
axes.set_ylabel("CPU per text, µs")
axes.legend(loc="upper right", reverse=True)
figure.savefig(path, metadata={"Date": None})
"""


def measured(texts: int, work: Path) -> tuple[dict[str, float], float]:
    """Run over so many texts; give CPU µs per text by stage, and the peak memory in MB."""
    folder, output = work / f"texts-{texts}", work / f"output-{texts}"
    write_texts(folder, texts)
    found = measure(pipeline(folder, output, 1))
    (manifest,) = output.glob("runs/*/manifest.json")
    stages = json.loads(manifest.read_text("utf-8"))["timings"]["cpu_seconds"]
    stages["the rest"] = found["cpu_s"] - sum(stages.values())
    return {name: cpu / texts * 1e6 for name, cpu in stages.items()}, found["peak_mb"]


def main() -> None:
    """Print the table, and draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", default="1000,5000,20000,100000", help="numbers of texts")
    parser.add_argument("--plot", type=Path, default=None, help="SVG file to write")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv-datatrove")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="newsieve-bench-") as folder:
        for texts in map(int, arguments.texts.split(",")):
            stages, peak_mb = measured(texts, Path(folder))
            if not rows:
                print(f"| texts | {' | '.join(stages)} | CPU per text | peak memory |")
                print("|---" * (len(stages) + 3) + "|")
            rows.append({"texts": texts, **stages})
            cells = [f"{value:,.0f} µs" for value in (*stages.values(), sum(stages.values()))]
            print(f"| {texts:,} | {' | '.join(cells)} | {peak_mb:,.0f} MB |", flush=True)
    if arguments.plot:
        command = [datatrove_python(arguments.venv), "-c", DRAW, str(arguments.plot)]
        subprocess.run(command, input=json.dumps(rows).encode(), check=True)


if __name__ == "__main__":
    main()
