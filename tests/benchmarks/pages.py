"""CPU per page from bytes to article, compared with trafilatura with metadata, in one process.

usage: python -m tests.benchmarks.pages [--pages N] [--rounds N] [--data DIR] [ARCHIVE...]

The two take turns page by page. A page's figure is the least of its rounds, process CPU; a
benchmark's ratio is that of the sums. The first round, in which no page's class names are known
from before, is told apart. Then what the steps of the path cost. Ratios hold on a busy machine,
the milliseconds do not.
"""

from __future__ import annotations

import argparse
import lzma
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from trafilatura import bare_extraction

from pipeline.clean import clean_document
from pipeline.clean.html import candidates, extract
from pipeline.config import CleanConfig
from pipeline.read.encoding import decode
from pipeline.records import Document

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "html"
BENCHMARKS = ("fundus_tests", "trafilatura_eval", "wcxb_article", "zyte")
CONFIG = CleanConfig()
STEPS = (
    (candidates, "_parse"), (candidates, "hidden_elements"), (candidates, "read_markup"),
    (candidates, "read_blocks"), (candidates, "read_metadata"), (candidates, "_second_text"),
    (candidates, "_main_text"), (extract, "select"), (extract, "without_head"),
)  # fmt: skip
"""Where a step of the path is called from, and its name there."""


def newsieve(payload: bytes) -> None:
    """The whole path: decode, parse, extract, judge, vote, language and text rules."""
    content = decode(payload, html=True).text
    clean_document(Document("0" * 32, "page", "page", "text/html", content), CONFIG)


def trafilatura(payload: bytes) -> None:
    """The defaults, with metadata, without comments."""
    bare_extraction(payload, with_metadata=True, include_comments=False, deduplicate=False)


def cpu_of(task: Callable[[bytes], None], payload: bytes) -> float:
    """CPU of one call, in ms."""
    start = time.process_time()
    task(payload)
    return (time.process_time() - start) * 1000


def pages_of(archive: Path, count: int) -> list[bytes]:
    """The *count* pages of a benchmark whose names have the least digests."""
    with lzma.open(archive) as packed, tarfile.open(fileobj=packed, mode="r|") as members:
        pages = {
            blake2b(Path(member.name).stem.encode()).digest(): stream.read()
            for member in members
            if member.name.endswith((".html", ".htm")) and (stream := members.extractfile(member))
        }
    return [pages[digest] for digest in sorted(pages)[:count]]


def measure(pages: list[bytes], rounds: int) -> tuple[float, float, float, float]:
    """(newsieve, trafilatura) at the first look, then at the best; each in ms per page."""
    first, best = [0.0, 0.0], [0.0, 0.0]
    for number, payload in enumerate(pages):
        looks = []
        for _ in range(rounds):
            # Whoever comes second finds the page in the processor's cache.
            turns = (newsieve, trafilatura) if number % 2 else (trafilatura, newsieve)
            spent = {task: cpu_of(task, payload) for task in turns}
            looks.append((spent[newsieve], spent[trafilatura]))
        for side in (0, 1):
            first[side] += looks[0][side] / len(pages)
            best[side] += min(look[side] for look in looks) / len(pages)
    return first[0], first[1], best[0], best[1]


@contextmanager
def timed_steps() -> Iterator[dict[str, float]]:
    """Add up the CPU of each step, in ms, while the context lasts."""
    sums = {name: 0.0 for _, name in STEPS}
    originals = [(module, name, getattr(module, name)) for module, name in STEPS]

    def wrapped(name: str, step: Callable[..., object]) -> Callable[..., object]:
        def timed(*arguments: object, **named: object) -> object:
            start = time.process_time()
            try:
                return step(*arguments, **named)
            finally:
                sums[name] += (time.process_time() - start) * 1000

        return timed

    for module, name, step in originals:
        setattr(module, name, wrapped(name, step))
    try:
        yield sums
    finally:
        for module, name, step in originals:
            setattr(module, name, step)


def main() -> None:
    """Print the ratios, then the steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("benchmarks", nargs="*", default=BENCHMARKS)
    arguments = parser.parse_args()
    chosen = {
        name: pages_of(arguments.data / f"{name}.tar.xz", arguments.pages)
        for name in arguments.benchmarks
    }
    for task in (newsieve, trafilatura):  # what both load once
        task(b"<html><body><article><p>One.</p></article></body></html>")
    print("| | newsieve, ms per page | trafilatura | ratio | first look |\n|---|---|---|---|---|")
    for name, pages in chosen.items():
        first, first_other, best, other = measure(pages, arguments.rounds)
        ratios = f"**{best / other:.2f}** | {first / first_other:.2f}"
        print(f"| {name} | {best:.1f} | {other:.1f} | {ratios} |", flush=True)
    steps(list(chosen.values()))


def steps(groups: list[list[bytes]]) -> None:
    """Print what each step costs, once over all pages."""
    pages = [payload for group in groups for payload in group]
    with timed_steps() as sums:
        whole = sum(cpu_of(newsieve, payload) for payload in pages)
    print(f"\nsteps, ms per page of {whole / len(pages):.1f}:", file=sys.stdout)
    for name, spent in sums.items():
        print(f"  {name:22}{spent / len(pages):7.1f}")


if __name__ == "__main__":
    main()
