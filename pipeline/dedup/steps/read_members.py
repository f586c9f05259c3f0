"""Read articles back from their member records, one at a time or a block at a time."""

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
"""Maximum files that a reader keeps open: a component may span more blocks than a process may open
files."""
NEAR_ROWS = 16
"""Maximum rows between two records that are read together."""
CACHE_BYTES = 64 << 20
"""Maximum size of the sketches that are cached while one bundle is decided."""


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
        for places in np.split(ranked, apart):  # the records of each are near one another
            if not len(places):
                continue
            rows = row_of(articles[places]).astype(np.int64)
            first, count = int(rows[0]), int(rows[-1] - rows[0]) + 1
            block = int(block_of(articles[places[0]]))
            content = self._read(block, "members", first * width, count * width)
            found[places] = np.frombuffer(content, self._dtype)[rows - first]
        return found

    def component(self, articles: NDArray[np.uint64], records: NDArray[np.void]) -> Members:
        """Describe one component by its member records; shingles are read when needed."""
        blocks = block_of(articles)
        return Members(
            **_ranked(articles, records),
            band_keys=np.ascontiguousarray(records["keys"].T),
            shingles=lambda member: self._piece("shingles", blocks[member], records[member]),
        )

    def candidates(
        self, bundle: Bundle, common: NDArray[np.uint32]
    ) -> tuple[Candidates, NDArray[np.void]]:
        """Read what is decided together, and its member records; *common* keys are no evidence."""
        records = self.records(bundle.articles)
        blocks = block_of(bundle.articles)
        clusters, groups = np.unique(bundle.clusters, return_inverse=True)
        pairs = np.searchsorted(clusters, bundle.links[:, :2])
        links = np.column_stack([pairs, bundle.links[:, 2]]).astype(np.int64)

        def exact(*members: int) -> Similarity:
            return similarity(*(self._piece("shingles", blocks[i], records[i]) for i in members))

        def sketch(member: int) -> Sketch:
            return self._sketch(blocks[member], records[member], common)

        candidates = Candidates(
            **_ranked(bundle.articles, records),
            urls=records["url"],
            files=records["file"],
            facts=records["facts"],
            fetched=records["fetched"],
            groups=groups.astype(np.int64),
            links=worth_comparing(links, groups, records["sample_count"].astype(np.int64)),
            sketch=keep_latest(sketch, lambda each: each.samples.nbytes, CACHE_BYTES),
            similarity=exact,
        )
        return candidates, records

    def particulars(
        self, articles: NDArray[np.uint64], records: NDArray[np.void]
    ) -> list[NDArray[np.uint32]]:
        """Read the figures and names of *articles*, given their member records."""
        figures, names = (self.pieces(kind, articles, records) for kind in ("figures", "names"))
        return list(map(np.union1d, figures, names))

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

    def pieces(
        self, kind: str, articles: NDArray[np.uint64], records: NDArray[np.void]
    ) -> list[NDArray[Any]]:
        """Read one of the ``PIECES`` of each of *articles*, given their member records."""
        own = zip(block_of(articles), records, strict=True)
        return [self._piece(kind, *each) for each in own]

    def _piece(self, kind: str, block: np.uint64, record: np.void) -> NDArray[Any]:
        """Read one of the ``PIECES`` of an article."""
        width = int(PIECES[kind][-1])
        where = int(record[f"{kind}_start"]) * width, int(record[f"{kind[:-1]}_count"]) * width
        return np.frombuffer(self._read(int(block), kind, *where), PIECES[kind])

    def _read(self, block: int, kind: str, start: int, count: int) -> bytes:
        # pread, not a memory map: mapped pages would count as memory of this process.
        if (block, kind) not in self._files:
            if len(self._files) == OPEN_FILES:
                os.close(self._files.popitem(last=False)[1])
            path = local(self._staging.block_file(block, kind))
            self._files[block, kind] = os.open(path, os.O_RDONLY)
        self._files.move_to_end((block, kind))
        return os.pread(self._files[block, kind], count, start)


def _ranked(articles: NDArray[np.uint64], records: NDArray[np.void]) -> dict[str, Any]:
    """Return the fields of ``Ranked``."""
    return {
        "articles": articles,
        "order": records["order"],
        "digests": records["text_digest"],
        "shingle_counts": records["shingle_count"].astype(np.int64),
        "published": records["run"] != THIS_RUN,
    }


def read_records(block: int, config: DedupConfig, staging: Staging) -> NDArray[np.void]:
    """Read all member records of *block*: dtype ``member_dtype``."""
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
    """Read the keys of a block that belong to one of *shards* shards: ``unpacked_keys``."""
    width, word = FINEST_SHARDS // shards, KEY_BYTES
    with open_own(staging.block_file(block, "keys")) as file:
        bounds = np.frombuffer(file.read((FINEST_SHARDS + 1) * word), "<u8")
        first, end = bounds[[shard * width, (shard + 1) * width]].tolist()
        file.seek(len(bounds) * word + first * word)
        return unpacked_keys(np.frombuffer(file.read((end - first) * word), "<u8"))


def read_samples(block: int, shard: int, shards: int, staging: Staging) -> BlockSamples:
    """Read the samples of a block's signed articles that belong to one of *shards* shards."""
    kinds, keys, rows = read_sorted_keys(block, shard, shards, staging)
    sampled = kinds == SAMPLE
    return BlockSamples(block, keys[sampled].astype(np.uint32), rows[sampled].astype(np.uint32))


def read_ids(block: int, staging: Staging) -> tuple[NDArray[np.int32], NDArray[np.bytes_]]:
    """Read the numbers (int32[n]) and ids (S16[n]) of the records of *block* that have an id.

    They include rejects. Two equal ids are one record that was read twice.
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
