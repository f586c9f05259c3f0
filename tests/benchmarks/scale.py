"""Memory and CPU of the steps of a run that see more than one block, on synthetic keys.

usage: python -m tests.benchmarks.scale [--articles 1000000,4000000]

Each step runs the real function, in a process of its own, on keys of so many articles: one in
three is a copy, and the sizes of the buckets follow Zipf's law up to a hundredth of all articles.
Looked up are as many new articles in a window of as many: one in three is a copy of an earlier
article, and the others have every third shingle of one.
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
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

import tests.benchmarks.one_thread  # noqa: F401 - children inherit it
from pipeline.arrays import ids_in
from pipeline.config import Config, DedupConfig
from pipeline.dedup.steps.bundles import bundle_shards, weigh_shard
from pipeline.dedup.steps.earlier.keys import keys_schema, write_keys
from pipeline.dedup.steps.earlier.lookup import CROWDED, HELD, choose, finish, look_up
from pipeline.dedup.steps.edges import ID_SHARDS, find_edges, find_repeats, shard_components
from pipeline.dedup.steps.layouts import (
    FINEST_SHARDS,
    SAMPLE,
    BlockKeys,
    BlockSamples,
    article_number,
    member_dtype,
    packed_key,
)
from pipeline.ledger.account import measure_clusters
from pipeline.ledger.index import Digests, Index, load_index, save_index
from pipeline.ledger.inputs import find_inputs
from pipeline.ledger.plan import Past, make_plan
from pipeline.passes.site_lines import SEEN, find_repeated
from pipeline.staging import Staging, Window, WindowPart

SHARDS = 128
"""Of samples, of sites and of looking up: those of an input of 500 GB (``key_ranges`` is 16)."""
BLOCK = 20_000
SAMPLES, KEYS, LINES = 112, 145, 12
"""Sampled shingles, keys of all kinds, and short lines, of a text of 450 words."""
EARLIER = "2026-01-01-000001-00000000"
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
    held = np.zeros(articles * SAMPLES // SHARDS, HELD)
    held["key"] = np.sort(dice.integers(0, (1 << 32) // SHARDS, len(held), np.uint32))
    held["cluster"] = hashed(dice.integers(0, articles, len(held)))
    taken = np.sort(hashed(np.arange(int(articles * COPIES))))
    for name, array in (
        ("0.held", held),
        ("0.crowded", np.zeros(0, CROWDED)),
        ("clusters", taken),
    ):
        staging.write_array(f"window.{name}", array)
    staging.write("window", Window((), SHARDS))
    del held, taken
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


def keys_of_articles(articles: NDArray[np.int64], dice: np.random.Generator) -> NDArray[np.uint32]:
    """Give the keys of earlier *articles* that are of the first shard, a row each."""
    places = articles[:, None] * KEYS + np.arange(
        KEYS // SHARDS + (dice.random() < KEYS % SHARDS / SHARDS)
    )
    return (hashed(places) >> np.uint64(32)).astype(np.uint32) // np.uint32(SHARDS)


def window_of(articles: int, staging: Staging) -> None:
    """Publish as many articles, with those of their keys that are of the first shard."""
    dice, parts = np.random.default_rng(5), []
    for block, first, end in blocks_of(articles):
        count = end - first
        keys = keys_of_articles(np.arange(first, end), dice)
        rows = np.repeat(np.arange(count, dtype=np.uint32), keys.shape[1])
        order = np.argsort(keys.ravel(), kind="stable")
        columns = [np.full(len(rows), SAMPLE, np.uint8), keys.ravel()[order], rows[order]]
        names = [f"window.{block}.{kind}.parquet" for kind in ("articles", "keys")]
        clusters, sorted_keys = (staging.place / name for name in names)
        ids = [f"{each:032x}" for each in hashed(np.arange(first, end)).tolist()]
        pq.write_table(pa.table({"cluster_id": ids}), clusters)
        write_keys(sorted_keys, pa.Table.from_arrays(columns, schema=keys_schema(DedupConfig())))
        parts.append(WindowPart(str(clusters), str(sorted_keys), count))
    staging.write("window", Window(tuple(parts), SHARDS))


def looking_up(articles: int, staging: Staging) -> None:
    """Look the keys of one shard up in the window."""
    window_of(articles, staging)
    dice, config = np.random.default_rng(6), DedupConfig()
    (staging.place / "blocks").mkdir()
    blocks = []
    for block, first, end in blocks_of(articles):
        new = np.arange(first, end)
        copied = keys_of_articles(dice.integers(0, articles, len(new)), dice)
        own = keys_of_articles(new + articles, dice)[:, : copied.shape[1]]
        like = (dice.random(len(new)) < COPIES)[:, None] | (dice.random(own.shape) < COPIES)
        keys = np.where(like[:, : own.shape[1]], copied[:, : own.shape[1]], own)
        rows = np.repeat(np.arange(len(new), dtype=np.uint64), keys.shape[1])
        packed = np.sort(packed_key(SAMPLE, keys.ravel(), rows))
        bounds = np.full(FINEST_SHARDS + 1, len(packed), "<u8")
        bounds[: FINEST_SHARDS // SHARDS] = 0
        staging.block_file(block, "keys").write_bytes(bounds.tobytes() + packed.tobytes())
        with staging.block_file(block, "members").open("wb") as file:
            file.truncate(len(new) * member_dtype(config.bands).itemsize)
        blocks.append(block)
    look_up(0, blocks, config, staging)


def choosing(articles: int, staging: Staging) -> None:
    """Choose among the articles of one part of the window: each shard has pairs of each of them."""
    staging.write("window", Window((WindowPart("", "", articles),), SHARDS))
    dice, part = np.random.default_rng(7), articles // SHARDS
    for shard in range(SHARDS):
        earlier = np.repeat(np.arange(part, dtype=np.uint64), 2)
        new = earlier * np.uint64(COPIES < 1) + (dice.random(len(earlier)) < COPIES)
        pairs = np.sort(earlier << np.uint64(32) | new.astype(np.uint64))
        staging.write_array(f"window.{shard}.pairs", pairs)
    for _ in choose(0, 0, staging):
        pass


def labels_of_earlier(articles: int, staging: Staging) -> None:
    """Find which earlier articles share a cluster: those that a third of the new ones copy."""
    staging.write("window", Window((WindowPart("", "", articles),), SHARDS))
    (staging.place / "blocks").mkdir()
    for shard in range(SHARDS):
        staging.write_array(f"window.{shard}.crowded", np.zeros(0, CROWDED))
    blocks = []
    for block, first, end in blocks_of(int(articles * COPIES)):
        records = np.zeros(end - first, member_dtype(DedupConfig().bands))
        records["cluster_id"] = unique_ids(np.arange(first, end) // 2)
        staging.block_file(block, "members").write_bytes(records.tobytes())
        blocks.append(block)
    finish(blocks, DedupConfig(), staging)


def unique_ids(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Make an id of each number: uint8[n, 16]."""
    return np.stack([hashed(numbers), hashed(numbers + 1)], axis=1).view(np.uint8).reshape(-1, 16)


def counting_clusters(articles: int, _staging: Staging) -> None:
    """Count the rows of each cluster for the account."""
    stories = clusters_of(articles)
    joined = []
    for _, first, end in blocks_of(articles):
        own = stories[first:end]
        own, counts = np.unique(own[own != np.arange(first, end)], return_counts=True)
        ids = ids_in([each.tobytes().hex() for each in unique_ids(own)])
        joined.append((ids, counts.astype(np.uint32)))
    measure_clusters(joined, np.empty(0, np.uint64))


def ids_of_earlier_runs(articles: int, staging: Staging) -> None:
    """Read what earlier runs have seen, and add a block of the next one."""
    ids = np.sort(unique_ids(np.arange(articles)).view("S16").ravel())
    nothing = Digests(np.empty(0, "S16"), np.empty(0, np.uint32))
    seen = Digests(ids, np.ones(articles, np.uint32))
    save_index(staging.place, Index({1: EARLIER}, seen, nothing))
    del ids, seen
    index = load_index(staging.place)
    staging.prepare(index.ids.digests)
    new = unique_ids(np.arange(articles, articles + BLOCK)).view("S16").ravel()
    save_index(staging.place, replace(index, ids=index.ids.plus(new, 2)))


def planning(articles: int, staging: Staging) -> None:
    """Plan a run of files with one article each."""
    folder = staging.place / "in"
    for block, first, end in blocks_of(articles):
        (folder / str(block)).mkdir(parents=True)
        for number in range(first, end):
            (folder / str(block) / f"{number}.txt").write_bytes(b"%d" % number)
    nothing = Digests(np.empty(0, "S16"), np.empty(0, np.uint32))
    past = Past(Index({}, nothing, nothing), None, 1, {})
    make_plan(find_inputs((str(folder),)), past, date(2026, 1, 1), Config())


FILES = "planning, one article a file"
STEPS: dict[str, tuple[str, Step]] = {
    "join of a band": ("one of `key_ranges`", join_of_a_band),
    "components": ("one for all", components),
    "weighing samples": (f"one shard of {SHARDS}", weighing),
    "bundles": ("one for all", bundling),
    "repeated ids": (f"one shard of {ID_SHARDS}", repeated_ids),
    "repeated lines": (f"one shard of {SHARDS}", repeated_lines),
    "looking up": (f"one shard of {SHARDS}", looking_up),
    "choosing earlier articles": (f"one part of {SHARDS}", choosing),
    "labels of earlier articles": ("one for all", labels_of_earlier),
    "clusters of the account": ("main process", counting_clusters),
    "ids of earlier runs": ("main process", ids_of_earlier_runs),
    FILES: ("main process", planning),
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
    parser.add_argument("--only", default="", help="the steps with this in their names")
    parser.add_argument("--step", default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sizes = list(map(int, arguments.articles.split(",")))
    if arguments.step:
        run_step(arguments.step, sizes[0])
        return
    print("| step | element | memory per article | at | CPU per article, with its input |")
    print("|---|---|---|---|---|")
    for name, (element, _) in STEPS.items():
        if arguments.only not in name:
            continue
        # Files cost more time to write than to plan.
        few, many = (size // (50 if name == FILES else 1) for size in sizes)
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
            f"{more / 1e6:,.0f} MB of {many:,}",
            f"{cpu / many * 1e6:.2f} µs",
        )
        print(f"| {name} | {element} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
