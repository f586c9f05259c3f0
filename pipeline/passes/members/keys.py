"""What a staged block is joined on, read off its files: keys, samples, ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pipeline.dedup.exchange import (
    ID_BYTES,
    BlockKeys,
    BlockSamples,
    key_groups,
    member_dtype,
    shard_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.config import DedupConfig
    from pipeline.passes.staging import Staging


PORTION_BYTES = 1 << 17
"""Of a file that is read through: what a core's cache holds."""


def read_records(block: int, config: DedupConfig, staging: Staging) -> NDArray[np.void]:
    """Read the member records of *block*, all of them: dtype ``member_dtype``."""
    return np.fromfile(staging.block_file(block, "members"), member_dtype(config.bands))


def read_keys(block: int, config: DedupConfig, staging: Staging) -> Iterator[tuple[int, BlockKeys]]:
    """Read what *block* is joined on: ``key_groups``."""
    return key_groups(block, read_records(block, config, staging), config.min_shingles)


def read_samples(block: int, shard: int, config: DedupConfig, staging: Staging) -> BlockSamples:
    """Read those samples of a block's signed articles whose keys are of *shard*."""
    counts = [
        np.column_stack([records["shingle_count"], records["sample_count"]])
        for records in _portions(staging.block_file(block, "members"), member_dtype(config.bands))
    ]
    nothing = np.empty((0, 2), np.uint32)
    shingle_counts, sample_counts = np.concatenate([nothing, *counts]).T
    signed = shingle_counts >= config.min_shingles
    rows = np.flatnonzero(signed)
    keys, places, start = [np.empty(0, np.uint32)], [np.empty(0, np.int64)], 0
    for samples in _portions(staging.block_file(block, "samples"), np.dtype("<u8")):
        portion = samples.view("<u4")[1::2]  # ``keys_of``, in place
        chosen = np.flatnonzero(shard_of(portion) == shard)
        keys.append(portion[chosen])
        places.append(start + chosen)
        start += len(portion)
    ends = np.cumsum(sample_counts, dtype=np.int64)
    owners = np.searchsorted(ends, np.concatenate(places), side="right")
    found = np.concatenate(keys)[signed[owners]]
    own = np.bincount(owners, minlength=len(ends))[rows].astype(np.uint32)
    return BlockSamples(block, rows.astype(np.uint32), own, found)


def _portions(path: Path, dtype: np.dtype[Any]) -> Iterator[NDArray[Any]]:
    """Read a file of *dtype* little by little: a large array is memory that is asked for anew."""
    with path.open("rb") as file:
        while len(portion := np.fromfile(file, dtype, PORTION_BYTES // dtype.itemsize)):
            yield portion


def read_ids(block: int, staging: Staging) -> tuple[NDArray[np.int32], NDArray[np.bytes_]]:
    """Read which records of *block* have an id, kept or rejected, and which.

    Returns:
        int32[n], their numbers in the block; S16[n], their ids: two equal ones are one
        record read twice.
    """
    ordinals, ids = [np.empty(0, np.int32)], [b""]
    for table in ("articles", "rejects"):
        with pa.OSFile(str(staging.block_file(block, f"{table}.arrow"))) as file:
            reader = pa.ipc.open_file(file)
            for number in range(reader.num_record_batches):
                named = reader.get_batch(number).select(["ordinal", "id"])
                named = named.filter(named["id"].is_valid())
                ordinals.append(named["ordinal"].to_numpy())
                ids += map(bytes.fromhex, named["id"].to_pylist())
    return np.concatenate(ordinals), np.frombuffer(b"".join(ids), f"S{ID_BYTES}")
