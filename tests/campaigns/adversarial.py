"""A hundred thousand hostile texts of one kind in a run: bounded memory and time, right answers.

usage: python -m tests.campaigns.adversarial [--texts 100000] [--kinds NAME ...]

Each kind is a run of its own with the engine and one worker, in a process of its own. But for
the empty texts, cleaning is replaced by a copy of the text: what is hostile here is hostile to
deduplication. Prints CPU and the peak of memory of each, and exits with 1 if an answer is wrong
or a bound is passed.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.beam.runner import execute
from pipeline.config_file import load_config
from pipeline.job import run_job
from pipeline.passes import clean_block
from tests.campaigns.window import copied

PER_FILE = 5_000
FIXED_WORDS, FILLED_WORDS = 240, 60
MOST_MB = 1_200
"""At the peak, for a hundred thousand texts."""
MOST_CPU_MS = 5.0
"""A text."""

Texts = Iterator[str]


@dataclass(frozen=True)
class Kind:
    """Hostile texts, and what must come of *n* of them.

    Attributes:
        texts: dice, n → n texts.
        articles: n → how many are kept.
        exact, near: n → how many are named as copies, exact ones and others.
        rejects: n → how many are rejected as ``no_text``.
    """

    texts: Callable[[random.Random, int], Texts]
    articles: Callable[[int], int] = lambda n: n
    exact: Callable[[int], int] = lambda _: 0
    near: Callable[[int], int] = lambda _: 0
    rejects: Callable[[int], int] = lambda _: 0
    cleaned: bool = False


def words(dice: random.Random, count: int) -> list[str]:
    """Invent words; without digits, which would be figures."""
    return ["".join(dice.choices("abcdefgh", k=5)) for _ in range(count)]


def one_bucket(dice: random.Random, count: int) -> Texts:
    """Pages of one site: a third of each is the same, the rest its own."""
    chrome = " ".join(f"chrome{word}" for word in words(dice, 60))
    return (f"{chrome} {' '.join(words(dice, 120))}" for _ in range(count))


def one_bucket_twice(dice: random.Random, count: int) -> Texts:
    """The same, and a copy of each page in which some words of its own are others."""
    pages = [page.split() for page in one_bucket(dice, count // 2)]
    edited = ([*page[:150], *words(dice, 6), *page[156:]] for page in pages)
    return (" ".join(page) for page in chain(pages, edited))


def one_template(dice: random.Random, count: int) -> Texts:
    """One form filled again and again: four fifths of each page, the rest names and figures."""
    frame = [words(dice, 40) for _ in range(FIXED_WORDS // 40)]
    names = words(dice, 5_000)

    def filled() -> str:
        return str(dice.randrange(1, 10_000)) if dice.random() < 0.5 else dice.choice(names)

    blanks = FILLED_WORDS // len(frame)
    for _ in range(count):
        yield " ".join(" ".join([*fixed, *(filled() for _ in range(blanks))]) for fixed in frame)


def one_shingle(dice: random.Random, count: int) -> Texts:
    """Texts of five words, each of them twice."""
    first = [" ".join(words(dice, 5)) for _ in range(count // 2)]
    return chain(first, first)


def identical(dice: random.Random, count: int) -> Texts:
    """One story, word by word."""
    return repeat(" ".join(words(dice, 200)), count)


KINDS = {
    "one bucket": Kind(one_bucket),
    "one bucket, all twice": Kind(one_bucket_twice, lambda n: n // 2, near=lambda n: n // 2),
    "one template": Kind(one_template),
    "identical": Kind(identical, lambda _: 1, exact=lambda n: n - 1),
    "one shingle": Kind(one_shingle, lambda n: n // 2, exact=lambda n: n // 2),
    "empty": Kind(lambda _, n: repeat("", n), lambda _: 0, rejects=lambda n: n, cleaned=True),
}


def write_inputs(folder: Path, texts: Texts) -> None:
    """Write records as JSONL, ``PER_FILE`` a file."""
    folder.mkdir()
    numbered = enumerate(texts)
    for part in range(sys.maxsize):
        rows = list(islice(numbered, PER_FILE))
        if not rows:
            return
        lines = (
            json.dumps({"id": f"r{n}", "url": f"https://a.example.com/{n}", "text": text}) + "\n"
            for n, text in rows
        )
        (folder / f"{part:03}.jsonl").write_text("".join(lines), encoding="utf-8")


def own_peak_mb() -> float:
    """Give the largest resident set since this program was started.

    ``getrusage`` would give that of the process which started it, where that is larger.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def one_run(inputs: str, output: str, cleaned: bool) -> None:
    """Run once in this process; print what it took and what came of it as JSON."""
    if not cleaned:
        clean_block.process_records = copied  # type: ignore[assignment]
    settings = [f"input.paths=[{inputs}]", f"write.output={output}", "run.workers=1"]
    config = load_config(None, [*settings, "clean.site_pages=0"])
    start = time.process_time()
    account = run_job(config, date(2026, 1, 1), execute).account
    assert account is not None
    cpu_s = time.process_time() - start
    peak_mb = own_peak_mb()
    tables = [pq.read_table(path) for path in Path(output).glob("runs/*/articles/*.parquet")]
    clusters = {name for table in tables for name in table["cluster_id"].to_pylist()}
    found = {
        "articles": account.articles,
        "exact": account.duplicates_by_match.get("exact", 0),
        "near": account.duplicates - account.duplicates_by_match.get("exact", 0),
        "rejects": account.rejects_by_reason.get("no_text", 0),
        "clusters": len(clusters),
    }
    print(json.dumps({"cpu_s": cpu_s, "peak_mb": peak_mb, "found": found}))


def measured(name: str, count: int) -> dict[str, Any]:
    """Write the texts of a kind, and take them through a run in a process of its own."""
    kind = KINDS[name]
    with tempfile.TemporaryDirectory(prefix="newsieve-adversarial-") as work:
        folder = Path(work)
        write_inputs(folder / "in", kind.texts(random.Random(5), count))
        command = [
            sys.executable,
            "-m",
            "tests.campaigns.adversarial",
            "--one",
            str(folder / "in"),
            str(folder / "out"),
        ]
        done = subprocess.run(
            [*command, str(int(kind.cleaned))], check=True, stdout=subprocess.PIPE
        )
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def problems_of(name: str, count: int, facts: dict[str, Any]) -> Iterator[str]:
    """Say what is wrong with the answer, or too much."""
    kind = KINDS[name]
    expected = {
        "articles": kind.articles(count),
        "exact": kind.exact(count),
        "near": kind.near(count),
        "rejects": kind.rejects(count),
        "clusters": kind.articles(count),
    }
    if facts["found"] != expected:
        yield f"{name}: expected {expected}, found {facts['found']}"
    if facts["peak_mb"] > MOST_MB:
        yield f"{name}: {facts['peak_mb']:,.0f} MB at the peak, at most {MOST_MB:,}"
    if facts["cpu_s"] * 1e3 > MOST_CPU_MS * count:
        yield f"{name}: {facts['cpu_s']:,.0f} s CPU, at most {MOST_CPU_MS} ms a text"


def main() -> None:
    """Take each kind through a run, and judge it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        inputs, output, cleaned = arguments.one
        one_run(inputs, output, bool(int(cleaned)))
        return
    count = arguments.texts // 2 * 2
    problems: list[str] = []
    print(f"| {count:,} texts | CPU, s | peak, MB | kept | exact copies | others | rejected |")
    print("|---" * 7 + "|")
    for name in arguments.kinds:
        facts = measured(name, count)
        found = (f"{facts['found'][each]:,}" for each in ("articles", "exact", "near", "rejects"))
        print(
            f"| {name} | {facts['cpu_s']:.0f} | {facts['peak_mb']:,.0f} | {' | '.join(found)} |",
            flush=True,
        )
        problems += problems_of(name, count, facts)
    print("\n".join(problems) or "every answer right, within the bounds")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
