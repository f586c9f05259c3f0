"""What others make of one corpus; runs in an environment of its own, without newsieve.

usage: python -m tests.benchmarks.dedup_peers datasketch|datatrove CORPUS FOLDER COUNT

Prints one line of JSON, like dedup_newsieve.py; FOLDER gets the same clusters.npy.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.benchmarks.dedup_corpus import texts_of

SHINGLE_WORDS = 5
PERMUTATIONS = 128
THRESHOLD = 0.7

spent_s: dict[str, float] = defaultdict(float)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Count the CPU of a step."""
    start = time.process_time()
    yield
    spent_s[name] += time.process_time() - start


def datasketch(path: Path, _: Path, size: int) -> list[int]:
    """Use datasketch in a loop: shingle, sign, ask the index, insert; give each text's cluster."""
    import xxhash  # noqa: PLC0415 - neither peer shall pay for the other
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415

    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    first: list[int] = []
    for number, text in enumerate(texts_of(path, size)):
        with step("shingle"):
            words = re.findall(r"\w+", text.lower())
            starts = range(len(words) - SHINGLE_WORDS + 1)
            shingles = {" ".join(words[at : at + SHINGLE_WORDS]).encode() for at in starts}
        with step("sign"):
            signature = MinHash(PERMUTATIONS, hashfunc=xxhash.xxh32_intdigest)
            signature.update_batch(shingles)
        with step("join"):
            found = index.query(signature)
            index.insert(number, signature)
        first.append(min((first[other] for other in found), default=number))
    return first


def datatrove(path: Path, folder: Path, size: int) -> list[int]:
    """Use datatrove's four stages with their defaults; give each text's cluster."""
    from datatrove.data import Document  # noqa: PLC0415
    from datatrove.pipeline.dedup import minhash  # noqa: PLC0415

    names = [str(folder / name) for name in ("signatures", "buckets", "removed")]
    signatures, buckets, removed = names
    config = minhash.MinhashConfig(n_grams=SHINGLE_WORDS)
    first_stage = minhash.MinhashDedupSignature(signatures, config)
    list(first_stage.get_shingles("The tokeniser loads with its first few words."))

    def documents() -> Iterator[Document]:
        return (Document(text, str(number)) for number, text in enumerate(texts_of(path, size)))

    with step("signatures"):
        first_stage.run(documents())
    with step("buckets"):
        for bucket in range(config.num_buckets):
            minhash.MinhashDedupBuckets(signatures, buckets, config=config).run(
                None, bucket, config.num_buckets
            )
    with step("cluster"):
        minhash.MinhashDedupCluster(buckets, removed, config, save_cluster_id=True).run(None)
    with step("filter"):
        kept = minhash.MinhashDedupFilter(removed, load_cluster_ids=True)
        for _ in kept.run(documents()):
            pass
    clusters = list(range(size))
    pairs = np.fromfile(folder / "removed" / "000000.clusters", "<u4").reshape(-1, 2)
    for number, cluster in pairs.tolist():
        clusters[number] = len(clusters) + cluster
    return clusters


def main() -> None:
    """Do what the arguments say, and print what it cost."""
    way, path, folder, size = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    clusters = {"datasketch": datasketch, "datatrove": datatrove}[way](path, folder, size)
    np.save(folder / "clusters.npy", np.array(clusters))
    print(json.dumps({"steps": spent_s, "cpu_s": sum(spent_s.values())}))


if __name__ == "__main__":
    main()
