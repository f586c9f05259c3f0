"""What a staged block is joined on, read off its files: keys, samples, ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.dedup.exchange import (
    ID_BYTES,
    SAMPLE_SHARDS,
    BlockKeys,
    BlockSamples,
    key_groups,
    member_dtype,
)
from pipeline.dedup.samples import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.config import DedupConfig
    from pipeline.passes.staging import Staging


def read_records(block: int, config: DedupConfig, staging: Staging) -> NDArray[np.void]:
    """Read the member records of *block*, all of them: dtype ``member_dtype``."""
    return np.fromfile(staging.block_file(block, "members"), member_dtype(config.bands))


def read_keys(block: int, config: DedupConfig, staging: Staging) -> Iterator[tuple[int, BlockKeys]]:
    """Read what *block* is joined on: ``key_groups``."""
    return key_groups(block, read_records(block, config, staging), config.min_shingles)


def read_samples(block: int, shard: int, config: DedupConfig, staging: Staging) -> BlockSamples:
    """Read those samples of a block's signed articles whose keys are of *shard*."""
    records = read_records(block, config, staging)
    keys = keys_of(np.fromfile(staging.block_file(block, "samples"), "<u8"))
    signed = records["shingle_count"] >= config.min_shingles
    rows = np.flatnonzero(signed)
    chosen = np.flatnonzero(keys % np.uint32(SAMPLE_SHARDS) == shard)
    owners = np.searchsorted(np.cumsum(records["sample_count"]), chosen, side="right")
    chosen, owners = chosen[signed[owners]], owners[signed[owners]]
    counts = np.bincount(owners, minlength=len(records))[rows]
    return BlockSamples(block, rows.astype(np.uint32), counts.astype(np.uint32), keys[chosen])


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
