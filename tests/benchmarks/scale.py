"""Memory and CPU of the steps of a run that see more than one block, on synthetic keys.

usage: python -m tests.benchmarks.scale [--articles 1000000,4000000]

Each step runs the real function, in a process of its own, on keys of so many articles: one in
three is a copy, and the sizes of the buckets follow Zipf's law up to a hundredth of all articles.
Prints one Markdown table: the largest resident memory above that of an idle process, per article
of the collection, by the slope between the two sizes; and CPU per article at the larger one.
Steps that are cut into shards get one of ``SHARDS``, as on a cluster.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

import tests.benchmarks.one_thread  # noqa: F401 - children inherit it
from pipeline.config import Config
from pipeline.dedup.steps.bundles import bundle_shards, weigh_shard
from pipeline.dedup.steps.edges import ID_SHARDS, find_edges, find_repeats, shard_components
from pipeline.dedup.steps.layouts import BlockKeys, BlockSamples, article_number
from pipeline.passes.site_lines import SEEN, find_repeated
from pipeline.staging import Staging

SHARDS = 128
"""Of samples and of sites: those of an input of 500 GB (``key_ranges`` is 16)."""
BLOCK = 20_000
SAMPLES, LINES = 112, 12
"""Sampled shingles, and short lines, of a text of 450 words."""
COPIES = 0.33

Step = Callable[[int, Staging], None]


def clusters_of(articles: int) -> NDArray[np.int64]:
    """Give each article the number of its story; the sizes of stories follow Zipf's law."""
    dice = np.random.default_rng(1)
    stories = np.arange(articles)
    copies = np.flatnonzero(dice.random(articles) < COPIES)
    ranks = np.minimum(dice.zipf(1.5, len(copies)), articles // 10) - 1
    stories[copies] = np.minimum(ranks * 7, copies)  # a copy is of something earlier
    return stories


def blocks_of(articles: int) -> Iterator[tuple[int, int, int]]:
    """Cut articles into blocks: (block, first, end)."""
    for block, first in enumerate(range(0, articles, BLOCK)):
        yield block, first, min(first + BLOCK, articles)


def numbered(articles: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Number articles as a run does: block and row."""
    return article_number((articles // BLOCK).astype(np.uint64), articles % BLOCK)


def hashed(numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Scatter numbers over 64 bits."""
    return numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def join_of_a_band(articles: int, _staging: Staging) -> None:
    """Join the keys of one band, all of one range."""
    keys = (hashed(clusters_of(articles)) >> np.uint64(32)).astype(np.uint32)
    find_edges(
        BlockKeys(block, np.arange(end - first, dtype=np.uint32), keys[None, first:end])
        for block, first, end in blocks_of(articles)
    )


def star_edges(articles: int) -> NDArray[np.uint64]:
    """Give an edge from each copy to its story."""
    stories = clusters_of(articles)
    copies = np.flatnonzero(stories != np.arange(articles))
    return np.stack([numbered(stories[copies]), numbered(copies)], axis=1)


def components(articles: int, _staging: Staging) -> None:
    """Merge the forests of all bands, each of which has found all copies."""
    edges = star_edges(articles)
    for _ in shard_components(edges.copy() for _ in range(Config().dedup.bands + 1)):
        pass


def weighing(articles: int, staging: Staging) -> None:
    """Weigh one shard of the samples."""
    dice = np.random.default_rng(2)
    portions = []
    for block, first, end in blocks_of(articles):
        count = (end - first) * SAMPLES // SHARDS
        keys = np.sort(dice.integers(0, (1 << 32) // SHARDS, count, np.uint32))
        portions.append(BlockSamples(block, keys, dice.integers(0, end - first, count, np.uint32)))
    (staging.place / "common").mkdir()
    weigh_shard(0, SHARDS, portions, [star_edges(articles)[:, ::-1]], staging)


def bundling(articles: int, _staging: Staging) -> None:
    """Put together what is decided together."""
    labels = star_edges(articles)[:, ::-1]
    dice = np.random.default_rng(3)
    pairs = np.sort(dice.integers(0, articles, (articles // 20, 2)), axis=1)
    links = np.column_stack([numbered(pairs[:, 0]), numbered(pairs[:, 1]), pairs[:, :1] * 0 + 4])
    for _ in bundle_shards([labels], [links.astype(np.uint64)], []):
        pass


def repeated_ids(articles: int, _staging: Staging) -> None:
    """Find ids that occur twice, in one shard of them."""
    portions = []
    for block, first, end in blocks_of(articles):
        some = np.arange(first, end, ID_SHARDS)
        ids = np.stack([hashed(some), hashed(some + 1)], axis=1).reshape(-1).view("S16")
        portions.append((block, (some - first).astype(np.int32), ids))
    for _ in find_repeats(portions):
        pass


def repeated_lines(articles: int, staging: Staging) -> None:
    """Find the lines that repeat on the sites of one shard."""
    dice = np.random.default_rng(4)
    blocks = []
    for block, first, end in blocks_of(articles):
        rows = np.zeros((end - first) * LINES // SHARDS, SEEN)
        rows["site"] = np.sort(dice.integers(0, (1 << 32) // SHARDS, len(rows)) >> 8 << 8)
        rows["line"] = dice.integers(0, 1 << 62, len(rows), np.uint64)
        rows["page"] = dice.integers(0, 1 << 32, len(rows), np.uint32)
        staging.write_array(f"{block:05d}.lines", rows)
        blocks.append(block)
    find_repeated(0, SHARDS, blocks, Config(), staging)


STEPS: dict[str, tuple[str, Step]] = {
    "join of a band": ("one of `key_ranges`", join_of_a_band),
    "components": ("one for all", components),
    "weighing samples": (f"one shard of {SHARDS}", weighing),
    "bundles": ("one for all", bundling),
    "repeated ids": (f"one shard of {ID_SHARDS}", repeated_ids),
    "repeated lines": (f"one shard of {SHARDS}", repeated_lines),
}


def run_step(name: str, articles: int) -> None:
    """Run a step, and print its memory in bytes and its CPU in seconds."""
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory(prefix="newsieve-bench-") as folder:
        began = time.process_time()
        STEPS[name][1](articles, Staging(folder))
        cpu = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([(peak - idle) * 1024, cpu]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", default="1000000,4000000", help="two numbers of articles")
    parser.add_argument("--step", default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    few, many = map(int, arguments.articles.split(","))
    if arguments.step:
        run_step(arguments.step, few)
        return
    print(
        f"| step | element | memory per article | at {many:,} | CPU per article, with its input |"
    )
    print("|---|---|---|---|---|")
    for name, (element, _) in STEPS.items():
        found = []
        for size in (few, many):
            command = [sys.executable, "-m", __spec__.name, "--step", name]
            done = subprocess.run(
                [*command, "--articles", f"{size},{size}"], check=True, stdout=subprocess.PIPE
            )
            found.append(json.loads(done.stdout))
        (less, _), (more, cpu) = found
        cells = (
            f"{(more - less) / (many - few):.0f} B",
            f"{more / 1e6:,.0f} MB",
            f"{cpu / many * 1e6:.2f} µs",
        )
        print(f"| {name} | {element} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
