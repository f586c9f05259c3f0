"""What the helper process costs: documents cleaned here, and in it, in turn, in one run.

usage: python -m tests.benchmarks.guard_cost [--texts 1000] [--rounds 5]

CPU is that of this process and of its helper, user and system, for each document; both
ways take turns, round by round, so that a busy machine slows both. Then CPU and wall
seconds of `newsieve clean` of one file, with and without.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pipeline.config import Config
from pipeline.guard import Limits
from pipeline.passes.isolation import _guard, process_records
from pipeline.records import Document, identify
from tests.benchmarks.texts import write_texts

WAYS = {
    "here": {"document_seconds": 0, "document_megabytes": 0},
    "helper": {},
}


def documents(count: int) -> list[Document]:
    """Give *count* invented texts."""
    with tempfile.TemporaryDirectory() as folder:
        write_texts(Path(folder), count)
        lines = [line for file in sorted(Path(folder).iterdir()) for line in file.open()]
    texts = [json.loads(line)["text"] for line in lines]
    return [
        Document(identify(str(n), b""), str(n), f"a#{n}", "text/plain", text)
        for n, text in enumerate(texts)
    ]


def cpu_s(pid: int) -> float:
    """CPU seconds of this process, and so far of the one with this *pid*."""
    times = os.times()
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return times.user + times.system + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def each_document_us(count: int, rounds: int) -> dict[str, list[float]]:
    """Measure both ways, *rounds* times."""
    found = documents(count)
    configs = {way: Config.model_validate({"run": settings}) for way, settings in WAYS.items()}
    for config in configs.values():
        list(process_records(found[:50], config))
    run = configs["helper"].run
    helper = _guard(Limits(run.document_seconds, run.document_megabytes))._helper
    assert helper is not None
    pid = helper._process.pid
    spent: dict[str, list[float]] = {way: [] for way in WAYS}
    spent["own"] = []
    for _ in range(rounds):
        for way, config in configs.items():
            begun, own = cpu_s(pid), time.process_time()
            for _ in process_records(found, config):
                pass
            spent[way].append((cpu_s(pid) - begun) / count * 1e6)
        spent["own"].append((time.process_time() - own) / count * 1e6)
    return spent


def one_file_s(settings: dict[str, int]) -> tuple[float, float]:
    """Give CPU and wall seconds of `newsieve clean` of a small file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "a.txt")
        file.write_text("The tram to Vellmer stopped at noon. " * 20)
        flags = [flag for k, v in settings.items() for flag in ("--set", f"run.{k}={v}")]
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "clean", *flags, str(file)],
            stdout=subprocess.DEVNULL,
        )
        _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - begun


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    spent = each_document_us(arguments.texts, arguments.rounds)
    here, helper = (statistics.median(spent[way]) for way in WAYS)
    added = statistics.median(b - a for a, b in zip(spent["here"], spent["helper"], strict=True))
    own = statistics.median(spent["own"])
    print(f"a document, CPU us: here {here:.0f}, helper {helper:.0f}, added {added:.0f}")
    print(f"of that outside the helper, for sending and receiving: {own:.0f}")
    for way, settings in WAYS.items():
        runs = [one_file_s(settings) for _ in range(arguments.rounds)]
        cpu, wall = (statistics.median(each) for each in zip(*runs, strict=True))
        print(f"newsieve clean one.txt, {way}: CPU {cpu:.2f} s, wall {wall:.2f} s")


if __name__ == "__main__":
    main()
