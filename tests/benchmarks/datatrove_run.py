"""datatrove's equivalent of a run; runs in an environment of its own, without newsieve.

usage: python -m tests.benchmarks.datatrove_run INPUT FOLDER

Reads JSONL, filters lines as C4 does, writes; the four stages of MinHash; writes what stays as
Parquet. Its language filter is left out: it downloads a model, and a run has no network. So
datatrove does less here than a run of newsieve.
"""

from __future__ import annotations

import sys
from pathlib import Path

from datatrove.pipeline.dedup import minhash
from datatrove.pipeline.filters import C4QualityFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter, ParquetWriter

SHINGLE_WORDS = 5


def main() -> None:
    """Take the texts of a folder through all steps, in one process."""
    source, folder = sys.argv[1], Path(sys.argv[2])
    names = ("filtered", "signatures", "buckets", "removed", "kept")
    filtered, signatures, buckets, removed, kept = (str(folder / name) for name in names)
    config = minhash.MinhashConfig(n_grams=SHINGLE_WORDS)
    with JsonlWriter(filtered) as writer:
        cleaned = C4QualityFilter().run(JsonlReader(source).run(), 0, 1)
        for document in cleaned:
            writer.write(document, 0)
    minhash.MinhashDedupSignature(signatures, config).run(JsonlReader(filtered).run(), 0, 1)
    for bucket in range(config.num_buckets):
        minhash.MinhashDedupBuckets(signatures, buckets, config=config).run(
            None, bucket, config.num_buckets
        )
    minhash.MinhashDedupCluster(buckets, removed, config).run(None)
    with ParquetWriter(kept) as writer:
        for document in minhash.MinhashDedupFilter(removed).run(JsonlReader(filtered).run(), 0, 1):
            writer.write(document, 0)


if __name__ == "__main__":
    main()
