"""Articles as deduplication sees them: written as small records, batch by batch."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from pipeline.dedup.evidence import UNKNOWN
from pipeline.dedup.exchange import ID_BYTES, BlockKeys, member_dtype
from pipeline.dedup.order import ORDER_BYTES, order_key
from pipeline.dedup.samples import figures, shingle_and_sample
from pipeline.dedup.shingles import offsets_of
from pipeline.dedup.signatures import band_keys, sign_block
from pipeline.storage import replacing

if TYPE_CHECKING:
    from contextlib import ExitStack

    from numpy.typing import NDArray

    from pipeline.config import DedupConfig
    from pipeline.dedup.samples import Samples
    from pipeline.passes.staging import Staging
    from pipeline.records import Article

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MINUTE = timedelta(minutes=1)


class MemberWriter:
    """Writes the members and shingles files of one block, batch by batch."""

    def __init__(
        self, index: int, config: DedupConfig, staging: Staging, open_files: ExitStack
    ) -> None:
        self._index = index
        self._config = config
        self._dtype = member_dtype(config.bands)
        self._members, self._shingles, self._samples, self._figures = (
            open_files.enter_context(
                open_files.enter_context(replacing(staging.block_file(index, kind))).open("wb")
            )
            for kind in ("members", "shingles", "samples", "figures")
        )
        self._shingle_total = self._sample_total = self._figure_total = 0
        self._row_total = 0
        self._portions: list[BlockKeys] = []
        self._digests: list[bytes] = []

    def append(self, kept: list[tuple[int, Article]]) -> None:
        """Shingle and sign the next articles of the block: (ordinal, article) each."""
        config = self._config
        articles = [article for _, article in kept]
        texts = [article.text for article in articles]
        shingles, samples = shingle_and_sample(texts, config.shingle_words)
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
        records["minute"] = [_minute(article) for article in articles]
        self._append_samples(records, samples, [figures(text) for text in texts])
        self._members.write(records.tobytes())
        self._shingles.write(shingles.values.astype("<u8").tobytes())
        rows = (self._row_total + signed).astype(np.uint32)
        self._portions.append(BlockKeys(self._index, rows, keys[:, signed]))
        self._digests += digests
        self._shingle_total += len(shingles.values)
        self._row_total += len(articles)

    def _append_samples(
        self,
        records: NDArray[np.void],
        samples: Samples,
        found: list[NDArray[np.uint32]],
    ) -> None:
        """Write samples and figures, and note in *records* where they lie."""
        figure_offsets = offsets_of(np.array([len(each) for each in found], np.int64))
        records["samples_start"] = self._sample_total + samples.offsets[:-1]
        records["sample_count"] = samples.counts
        records["positions"] = samples.positions
        records["figures_start"] = self._figure_total + figure_offsets[:-1]
        records["figure_count"] = np.diff(figure_offsets)
        self._samples.write(samples.values.astype("<u8").tobytes())
        self._figures.write(b"".join(each.astype("<u4").tobytes() for each in found))
        self._sample_total += len(samples.values)
        self._figure_total += int(figure_offsets[-1])

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


def _minute(article: Article) -> int:
    published = article.date_published
    return UNKNOWN if published is None else (published.instant - _EPOCH) // _MINUTE


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
