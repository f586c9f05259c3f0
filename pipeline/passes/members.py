"""Articles as deduplication sees them: small records on disk, read back one at a time."""

from __future__ import annotations

import os
from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from pipeline.dedup.clusters import Members
from pipeline.dedup.exchange import ID_BYTES, BlockKeys, block_of, member_dtype, row_of
from pipeline.dedup.order import ORDER_BYTES, order_key
from pipeline.dedup.shingles import shingle_block
from pipeline.dedup.signatures import band_keys, sign_block
from pipeline.storage import replacing

if TYPE_CHECKING:
    from contextlib import ExitStack

    from numpy.typing import NDArray

    from pipeline.config import DedupConfig
    from pipeline.passes.staging import Staging
    from pipeline.records import Article

_SHINGLE_BYTES = 8
OPEN_FILES = 48
"""Files that a reader keeps open: a component may lie in more blocks than a process may open."""


class MemberWriter:
    """Writes the members and shingles files of one block, batch by batch."""

    def __init__(
        self, index: int, config: DedupConfig, staging: Staging, open_files: ExitStack
    ) -> None:
        self._index = index
        self._config = config
        self._dtype = member_dtype(config.bands)
        self._members, self._shingles = (
            open_files.enter_context(
                open_files.enter_context(replacing(staging.block_file(index, kind))).open("wb")
            )
            for kind in ("members", "shingles")
        )
        self._shingle_total = 0
        self._row_total = 0
        self._portions: list[BlockKeys] = []
        self._digests: list[bytes] = []

    def append(self, kept: list[tuple[int, Article]]) -> None:
        """Shingle and sign the next articles of the block: (ordinal, article) each."""
        config = self._config
        articles = [article for _, article in kept]
        shingles = shingle_block([article.text for article in articles], config.shingle_words)
        keys = band_keys(sign_block(shingles, config.permutations, config.seed), config.bands)
        signed = np.flatnonzero(shingles.counts >= config.min_shingles)
        digests = [text_digest(article.text) for article in articles]
        records = np.zeros(len(articles), self._dtype)
        records["id"] = _bytes_table(
            [bytes.fromhex(each.document.id) for each in articles], ID_BYTES
        )
        records["text_digest"] = _bytes_table(digests, ID_BYTES)
        orders = [_order_key(each, digest) for each, digest in zip(articles, digests, strict=True)]
        records["order"] = _bytes_table(orders, ORDER_BYTES)
        records["ordinal"] = [ordinal for ordinal, _ in kept]
        records["shingles_start"] = self._shingle_total + shingles.offsets[:-1]
        records["shingle_count"] = shingles.counts
        records["keys"][signed] = keys.T[signed]
        self._members.write(records.tobytes())
        self._shingles.write(shingles.values.astype("<u8").tobytes())
        rows = (self._row_total + signed).astype(np.uint32)
        self._portions.append(BlockKeys(self._index, rows, keys[:, signed]))
        self._digests += digests
        self._shingle_total += len(shingles.values)
        self._row_total += len(articles)

    def band_keys(self) -> BlockKeys:
        """Give the band keys of all articles that have enough shingles."""
        rows = [portion.rows for portion in self._portions]
        keys = [portion.keys for portion in self._portions]
        return BlockKeys(
            self._index,
            np.concatenate([*rows, np.empty(0, np.uint32)]),
            np.concatenate([*keys, np.empty((self._config.bands, 0), np.uint32)], axis=1),
        )

    def digest_keys(self) -> BlockKeys:
        """Give 32 bits of the text's digest of every article: equal texts share them."""
        heads = np.array([int.from_bytes(digest[:4], "little") for digest in self._digests])
        rows = np.arange(len(heads), dtype=np.uint32)
        return BlockKeys(self._index, rows, heads.astype(np.uint32).reshape(1, -1))


def text_digest(text: str) -> bytes:
    """Digest a cleaned text: 16 bytes that are equal for equal texts only."""
    return blake2b(text.encode(), digest_size=16).digest()


def _order_key(article: Article, digest: bytes) -> bytes:
    published = article.date_published
    return order_key(
        id=article.document.id,
        text_digest=digest,
        char_count=len(article.text),
        url=article.url,
        title=article.title,
        authors=article.authors,
        date_published=published.instant if published else None,
    )


def _bytes_table(values: list[bytes], width: int) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), width)


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
        found = [
            self._read(int(block), "members", int(row) * width, width)
            for block, row in zip(block_of(articles), row_of(articles), strict=True)
        ]
        return np.frombuffer(b"".join(found), self._dtype)

    def component(self, articles: NDArray[np.uint64]) -> tuple[Members, NDArray[np.void]]:
        """Read one component, and its member records; shingles are read when asked for."""
        records = self.records(articles)

        def shingles(member: int) -> NDArray[np.uint64]:
            record = records[member]
            start, count = int(record["shingles_start"]), int(record["shingle_count"])
            block = int(block_of(articles[member]))
            content = self._read(block, "shingles", start * _SHINGLE_BYTES, count * _SHINGLE_BYTES)
            return np.frombuffer(content, "<u8")

        members = Members(
            articles=articles,
            order=records["order"],
            digests=records["text_digest"],
            shingle_counts=records["shingle_count"].astype(np.int64),
            band_keys=np.ascontiguousarray(records["keys"].T),
            published=np.zeros(len(articles), np.bool_),
            shingles=shingles,
        )
        return members, records

    def _read(self, block: int, kind: str, start: int, count: int) -> bytes:
        # pread, not a memory map: pages of a map would count as this process's memory.
        if (block, kind) not in self._files:
            if len(self._files) == OPEN_FILES:
                os.close(self._files.popitem(last=False)[1])
            path = self._staging.block_file(block, kind)
            self._files[block, kind] = os.open(path, os.O_RDONLY)
        self._files.move_to_end((block, kind))
        return os.pread(self._files[block, kind], count, start)
