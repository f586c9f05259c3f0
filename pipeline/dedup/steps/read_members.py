"""Articles as deduplication sees them: read back from their records, one at a time."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.arrays import ids_in, keep_latest, lookup
from pipeline.config import DedupConfig
from pipeline.dedup.candidates import Candidates
from pipeline.dedup.clusters import Members
from pipeline.dedup.evidence import Sketch
from pipeline.dedup.pairs import Similarity, similarity
from pipeline.dedup.rarity import worth_comparing
from pipeline.dedup.shingles import keys_of
from pipeline.dedup.steps.layouts import (
    FINEST_SHARDS,
    ID_BYTES,
    PIECES,
    SAMPLE,
    THIS_RUN,
    BlockKeys,
    BlockSamples,
    Bundle,
    block_of,
    key_groups,
    member_dtype,
    row_of,
    unpacked_keys,
)
from pipeline.staging import Staging
from pipeline.storage import local, open_own

KEY_BYTES = 8
OPEN_FILES = 48
"""Files that a reader keeps open: a component may lie in more blocks than a process may open."""
NEAR_ROWS = 16
"""Rows up to which a record is read with the one before rather than by itself."""
CACHE_BYTES = 64 << 20
"""Sketches that are kept while one bundle is decided."""


class MemberReader:
    """Reads single articles of any block, by article number."""

    def __init__(self, config: DedupConfig, staging: Staging) -> None:
        self._dtype = member_dtype(config.bands)
        self._staging = staging
        self._files: OrderedDict[tuple[int, str], int] = OrderedDict()

    def close(self) -> None:
        """Close the files."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()

    def records(self, articles: NDArray[np.uint64]) -> NDArray[np.void]:
        """Read the member records of *articles*, in their order."""
        width = self._dtype.itemsize
        found = np.empty(len(articles), self._dtype)
        ranked = np.argsort(articles)
        apart = np.flatnonzero(np.diff(articles[ranked]) > NEAR_ROWS) + 1
        for places in np.split(ranked, apart):  # each lies close together in one block
            if not len(places):
                continue
            rows = row_of(articles[places]).astype(np.int64)
            first, count = int(rows[0]), int(rows[-1] - rows[0]) + 1
            block = int(block_of(articles[places[0]]))
            content = self._read(block, "members", first * width, count * width)
            found[places] = np.frombuffer(content, self._dtype)[rows - first]
        return found

    def component(self, articles: NDArray[np.uint64], records: NDArray[np.void]) -> Members:
        """Describe one component by its member records; shingles are read when asked for."""
        blocks = block_of(articles)

        def shingles(member: int) -> NDArray[np.uint64]:
            return self._piece("shingles", blocks[member], records[member])

        return Members(
            articles=articles,
            order=records["order"],
            digests=records["text_digest"],
            shingle_counts=records["shingle_count"].astype(np.int64),
            band_keys=np.ascontiguousarray(records["keys"].T),
            published=records["run"] != THIS_RUN,
            shingles=shingles,
        )

    def candidates(
        self, bundle: Bundle, common: NDArray[np.uint32]
    ) -> tuple[Candidates, NDArray[np.void]]:
        """Read what is decided together, and its member records.

        Args:
            common: keys of samples that are no evidence, ascending.
        """
        records = self.records(bundle.articles)
        blocks = block_of(bundle.articles)
        groups, first = np.unique(bundle.clusters, return_inverse=True)
        pairs = np.searchsorted(groups, bundle.links[:, :2])
        links = np.column_stack([pairs, bundle.links[:, 2]]).astype(np.int64)

        def exact(one: int, other: int) -> Similarity:
            return similarity(
                *(self._piece("shingles", blocks[i], records[i]) for i in (one, other))
            )

        def sketch(member: int) -> Sketch:
            return self._sketch(blocks[member], records[member], common)

        candidates = Candidates(
            articles=bundle.articles,
            order=records["order"],
            digests=records["text_digest"],
            shingle_counts=records["shingle_count"].astype(np.int64),
            published=records["run"] != THIS_RUN,
            urls=records["url"],
            files=records["file"],
            facts=records["facts"],
            fetched=records["fetched"],
            groups=first.astype(np.int64),
            links=worth_comparing(links, first, records["sample_count"].astype(np.int64)),
            sketch=keep_latest(sketch, lambda each: each.samples.nbytes, CACHE_BYTES),
            similarity=exact,
        )
        return candidates, records

    def particulars(
        self, articles: NDArray[np.uint64], records: NDArray[np.void]
    ) -> list[NDArray[np.uint32]]:
        """Read the figures and names of *articles*, whose member records these are."""
        own = list(zip(block_of(articles), records, strict=True))
        figures, names = (
            [self._piece(kind, *each) for each in own] for kind in ("figures", "names")
        )
        return list(map(np.union1d, figures, names))

    def samples(
        self, articles: NDArray[np.uint64], records: NDArray[np.void]
    ) -> list[NDArray[np.uint64]]:
        """Read the samples of *articles*, whose member records these are."""
        own = zip(block_of(articles), records, strict=True)
        return [self._piece("samples", *each) for each in own]

    def _sketch(self, block: np.uint64, record: np.void, common: NDArray[np.uint32]) -> Sketch:
        samples = self._piece("samples", block, record)
        return Sketch(
            samples,
            ~lookup(common, keys_of(samples))[1],
            self._piece("figures", block, record),
            self._piece("names", block, record),
            int(record["positions"]),
            int(record["minute"]),
            int(record["minutes"]),
        )

    def _piece(self, kind: str, block: np.uint64, record: np.void) -> NDArray[Any]:
        """Read one of the ``PIECES`` of an article."""
        width = int(PIECES[kind][-1])
        where = int(record[f"{kind}_start"]) * width, int(record[f"{kind[:-1]}_count"]) * width
        return np.frombuffer(self._read(int(block), kind, *where), PIECES[kind])

    def _read(self, block: int, kind: str, start: int, count: int) -> bytes:
        # pread, not a memory map: pages of a map would count as this process's memory.
        if (block, kind) not in self._files:
            if len(self._files) == OPEN_FILES:
                os.close(self._files.popitem(last=False)[1])
            path = local(self._staging.block_file(block, kind))
            self._files[block, kind] = os.open(path, os.O_RDONLY)
        self._files.move_to_end((block, kind))
        return os.pread(self._files[block, kind], count, start)


def read_records(block: int, config: DedupConfig, staging: Staging) -> NDArray[np.void]:
    """Read the member records of *block*, all of them: dtype ``member_dtype``."""
    return np.fromfile(local(staging.block_file(block, "members")), member_dtype(config.bands))


def count_records(block: int, config: DedupConfig, staging: Staging) -> int:
    """Return the number of articles of *block*."""
    size = staging.block_file(block, "members").stat().st_size
    return size // member_dtype(config.bands).itemsize


def read_keys(
    block: int, config: DedupConfig, staging: Staging, ranges: int = 1
) -> Iterator[tuple[int, BlockKeys]]:
    """Read what *block* is joined on: ``key_groups``."""
    return key_groups(block, read_records(block, config, staging), config.min_shingles, ranges)


def read_sorted_keys(
    block: int, shard: int, shards: int, staging: Staging
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
    """Read the keys of a block's articles that are of one of so many shards: ``unpacked_keys``."""
    width, word = FINEST_SHARDS // shards, KEY_BYTES
    with open_own(staging.block_file(block, "keys")) as file:
        bounds = np.frombuffer(file.read((FINEST_SHARDS + 1) * word), "<u8")
        first, end = bounds[[shard * width, (shard + 1) * width]].tolist()
        file.seek(len(bounds) * word + first * word)
        return unpacked_keys(np.frombuffer(file.read((end - first) * word), "<u8"))


def read_samples(block: int, shard: int, shards: int, staging: Staging) -> BlockSamples:
    """Read the samples of a block's signed articles whose keys are of one of so many shards."""
    kinds, keys, rows = read_sorted_keys(block, shard, shards, staging)
    sampled = kinds == SAMPLE
    return BlockSamples(block, keys[sampled].astype(np.uint32), rows[sampled].astype(np.uint32))


def read_ids(block: int, staging: Staging) -> tuple[NDArray[np.int32], NDArray[np.bytes_]]:
    """Read which records of *block* have an id, kept or rejected, and which.

    Returns:
        int32[n], their numbers in the block; S16[n], their ids: two equal ones are one
        record read twice.
    """
    ordinals, ids = [np.empty(0, np.int32)], [np.empty(0, f"S{ID_BYTES}")]
    for table in ("articles", "rejects"):
        with pa.OSFile(str(local(staging.block_file(block, f"{table}.arrow")))) as file:
            reader = pa.ipc.open_file(file)
            for number in range(reader.num_record_batches):
                named = reader.get_batch(number).select(["ordinal", "id"])
                named = named.filter(named["id"].is_valid())
                ordinals.append(named["ordinal"].to_numpy())
                ids.append(ids_in(named["id"].to_pylist()))
    return np.concatenate(ordinals), np.concatenate(ids)
