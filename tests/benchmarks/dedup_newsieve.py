"""newsieve's deduplication of one corpus, without reading and cleaning, in one process.

usage: python -m tests.benchmarks.dedup_newsieve whole|signatures CORPUS FOLDER COUNT

Takes the first COUNT texts. Prints one line of JSON: CPU seconds of each step. FOLDER gets
clusters.npy: one number per text, equal for texts of one cluster.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config import DedupConfig
from pipeline.dedup.shingles import shingle_and_sample
from pipeline.dedup.signatures import sign_block
from pipeline.dedup.steps.bundles import resolve
from pipeline.dedup.steps.members import MemberWriter, read_records
from pipeline.passes.clean_block import BATCH_ROWS
from pipeline.records import Article, Document, identify
from pipeline.staging import Staging
from tests import in_process as loop
from tests.benchmarks.dedup_corpus import texts_of

BLOCK_ROWS = 5_000
CONFIG = DedupConfig()
PERMUTATIONS = 128
"""Of the signatures alone: as many as datasketch's default has."""
STEPS = ("find_edges", "label", "read_samples", "weigh_shard")
"""Functions of ``loop.joined`` that are timed one by one."""

spent_s: dict[str, float] = defaultdict(float)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Count the CPU of a step."""
    start = time.process_time()
    yield
    spent_s[name] += time.process_time() - start


def timed(name: str) -> None:
    """Count the CPU of one of the functions that ``loop.joined`` calls."""
    function = getattr(loop, name)

    def wrapped(*arguments: Any) -> Any:
        with step(name):
            return function(*arguments)

    setattr(loop, name, wrapped)


def signatures(path: Path, size: int) -> None:
    """Only sign the texts."""
    texts = texts_of(path, size)
    while batch := list(islice(texts, BATCH_ROWS)):
        with step("sign"):
            sign_block(
                shingle_and_sample(batch, CONFIG.shingle_words)[0], PERMUTATIONS, CONFIG.seed
            )


def article(number: int, text: str) -> Article:
    """Make an article of a text, as cleaning would."""
    id_ = identify(str(number), b"")
    found = Document(id_, str(number), f"{number}.txt", "text/plain", "")
    return Article(found, text, "lines", url=f"https://site{number % 200}.example.com/{number}")


def members(path: Path, size: int, staging: Staging) -> list[int]:
    """Write members block by block; give the blocks."""
    articles = (article(*each) for each in enumerate(texts_of(path, size)))
    for index in count():
        block = islice(articles, BLOCK_ROWS)
        with ExitStack() as files:
            writer = MemberWriter(index, CONFIG, staging, files)
            start = 0
            while batch := list(enumerate(islice(block, BATCH_ROWS), start)):
                start += len(batch)
                with step("members"):
                    writer.append(batch)
        if start < BLOCK_ROWS:
            return list(range(index + 1))
    raise AssertionError("unreachable: the count has no end")


def whole(path: Path, folder: Path, size: int) -> None:
    """Deduplicate the texts, and write the clusters."""
    staging = Staging(str(folder / "staging"))
    staging.block_file(0, "").parent.mkdir(parents=True)
    blocks = members(path, size, staging)
    for name in STEPS:
        timed(name)
    before = sum(spent_s.values())
    start = time.process_time()
    bundles = list(loop.joined(blocks, CONFIG, staging))
    spent_s["rest of the join"] = time.process_time() - start - (sum(spent_s.values()) - before)
    verdicts = defaultdict(list)
    with step("resolve"):
        for bundle in bundles:
            for block, found in resolve(bundle, [], CONFIG, staging):
                verdicts[block].append(found)
    write_clusters(verdicts, blocks, staging, folder)


def write_clusters(
    verdicts: dict[int, list[Any]], blocks: list[int], staging: Staging, folder: Path
) -> None:
    """Write the number of the cluster of each text, in the order of the corpus."""
    names = []
    for block in blocks:
        ids = read_records(block, CONFIG, staging)["id"].copy()
        for found in verdicts[block]:
            ids[found["row"]] = found["cluster_id"]
        names.append(np.ascontiguousarray(ids).view("S16").reshape(-1))
    np.save(folder / "clusters.npy", np.unique(np.concatenate(names), return_inverse=True)[1])


def main() -> None:
    """Do what the arguments say, and print what it cost."""
    way, path, folder, size = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    if way == "signatures":
        signatures(path, size)
    else:
        whole(path, folder, size)
    print(json.dumps({"steps": spent_s, "cpu_s": sum(spent_s.values())}))


if __name__ == "__main__":
    main()
