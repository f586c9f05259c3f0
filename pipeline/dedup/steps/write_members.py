"""Write what deduplication needs of articles as small records, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import ids_in, shard_bounds
from pipeline.config import DedupConfig
from pipeline.dedup.evidence import minute_of
from pipeline.dedup.order import order_key
from pipeline.dedup.particulars import particulars_block
from pipeline.dedup.shingles import Samples, keys_of, shingle_and_sample
from pipeline.dedup.signatures import band_keys, sign_block
from pipeline.dedup.steps.layouts import (
    BAND,
    DIGEST,
    FINEST_SHARDS,
    ID_BYTES,
    PIECES,
    SAMPLE,
    THIS_RUN,
    UNSIGNED_SAMPLE,
    URL,
    digest_heads,
    member_dtype,
    packed_key,
)
from pipeline.records import Article, Timestamp
from pipeline.staging import Staging
from pipeline.storage import replacing
from pipeline.text.unicode import digest
from pipeline.urls import page_address

DAY_MINUTES = 24 * 60 - 1
"""Minutes after the first in which an article may have been published if only the day is known."""
TEXTS_AT_ONCE = 256
"""Texts that are shingled together. The arrays of a thousand are so large that their memory is
allocated anew each time, which costs a fifth of the CPU."""


@dataclass(frozen=True, slots=True)
class Published:
    """Run (as in ``member_dtype``), cluster and page (32 hex digits) of a published article."""

    run: int
    cluster_id: str
    page_id: str


class MemberWriter:
    """Writes the records of the articles of one block, batch by batch.

    Their keys are held until the end, to be sorted: 8 bytes per key, 1.2 KB per article.
    """

    def __init__(
        self, index: int, config: DedupConfig, staging: Staging, open_files: ExitStack
    ) -> None:
        self._config = config
        self._dtype = member_dtype(config.bands)
        self._members, self._sorted, *pieces = (
            open_files.enter_context(
                open_files.enter_context(replacing(staging.block_file(index, kind))).open("wb")
            )
            for kind in ("members", "keys", *PIECES)
        )
        self._pieces = dict(zip(PIECES, pieces, strict=True))
        self._totals = dict.fromkeys(PIECES, 0)
        self._keys = [np.empty(0, np.uint64)]
        open_files.callback(self._write_keys)
        self._rows = 0

    def append(
        self, kept: list[tuple[int, Article]], earlier: Sequence[Published] | None = None
    ) -> None:
        """Shingle and sign the next (ordinal, article) pairs; *earlier* articles were published."""
        for start in range(0, len(kept), TEXTS_AT_ONCE):
            portion = slice(start, start + TEXTS_AT_ONCE)
            self._append(kept[portion], earlier and earlier[portion])

    def _append(self, kept: list[tuple[int, Article]], earlier: Sequence[Published] | None) -> None:
        config = self._config
        texts = [article.text for _, article in kept]
        shingles, samples = shingle_and_sample(texts, config.shingle_words)
        keys = band_keys(sign_block(shingles, config.permutations, config.seed), config.bands)
        signed = shingles.counts >= config.min_shingles
        records = np.zeros(len(kept), self._dtype)
        pieces = (shingles, samples, *particulars_block(texts))
        for kind, found in zip(PIECES, pieces, strict=True):
            records[f"{kind}_start"] = self._totals[kind] + found.offsets[:-1]
            records[f"{kind[:-1]}_count"] = np.diff(found.offsets)
            self._pieces[kind].write(found.values.astype(PIECES[kind]).tobytes())
            self._totals[kind] += len(found.values)
        records["positions"] = samples.positions
        _describe(records, kept, earlier)
        records["keys"][signed] = keys.T[signed]
        self._append_keys(records, samples, signed)
        self._members.write(records.tobytes())

    def _append_keys(
        self, records: NDArray[np.void], samples: Samples, signed: NDArray[np.bool_]
    ) -> None:
        """Keep every key of the articles of *records*, the next ones."""
        rows = self._rows + np.arange(len(records), dtype=np.uint64)
        self._rows += len(records)
        located = records["url"] != 0
        of_signed = np.repeat(signed, samples.counts)
        sampled, owners = keys_of(samples.values), np.repeat(rows, samples.counts)
        bands = np.repeat(rows[signed], self._config.bands)
        self._keys += [
            packed_key(BAND, records["keys"][signed].ravel(), bands),
            packed_key(DIGEST, digest_heads(records), rows),
            packed_key(URL, records["url"][located].astype(np.uint32), rows[located]),
            packed_key(SAMPLE, sampled[of_signed], owners[of_signed]),
            packed_key(UNSIGNED_SAMPLE, sampled[~of_signed], owners[~of_signed]),
        ]

    def _write_keys(self) -> None:
        """Write the keys, sorted, after the places at which the finest shards begin."""
        packed = np.sort(np.concatenate(self._keys))
        bounds = np.searchsorted(packed, shard_bounds(FINEST_SHARDS)[:-1] << np.uint64(32))
        bounds = np.append(bounds, len(packed))
        self._sorted.write(bounds.astype("<u8").tobytes() + packed.astype("<u8").tobytes())


def page_digest(article: Article) -> int:
    """Hash what names the page of an article: 64 bits; 0 if nothing does.

    That is its address; else the id of its record; else the path of a file with one document. The
    place of a record in a file of many is no name: tomorrow's file has another record there.
    """
    document = article.document
    path, mark, number = document.source.rpartition("#")
    place = PurePosixPath(path).name.partition(".")[0]
    if article.url is not None:
        name = f"url {page_address(article.url)}"
    elif not document.source:
        return 0
    elif not (mark and number.isdecimal()):
        name = f"path {document.source}"
    elif document.record_id.rpartition("#")[::2] != (place, number):
        name = f"id {document.record_id}"
    else:
        return 0
    return _number(name)


def file_facts(article: Article) -> tuple[int, int]:
    """Hash the file that is this document, and the facts that its sidecar may state: 64 bits each.

    Both are 0 for a record of a file of many: its fields are part of that file.
    """
    document, published = article.document, article.date_published
    _, mark, number = document.source.rpartition("#")
    if not document.source or (mark and number.isdecimal()):
        return 0, 0
    day = published and (published.instant.timestamp(), published.precision)
    facts = document.record_id, article.url, article.site, article.title, article.authors, day
    return _number(f"path {document.source}"), _number(repr(facts))


def _number(name: str) -> int:
    return int.from_bytes(digest(name, 8), "little") or 1


def _describe(
    records: NDArray[np.void],
    kept: list[tuple[int, Article]],
    earlier: Sequence[Published] | None,
) -> None:
    """Fill in the fields of *records* that do not depend on shingles or keys."""
    articles = [article for _, article in kept]
    digests = [digest(article.text) for article in articles]
    counts = records["shingle_count"].tolist(), records["positions"].tolist()
    orders = [_order_key(*each) for each in zip(articles, digests, *counts, strict=True)]
    ids = _ids_table([each.document.id for each in articles])
    records["id"] = records["cluster_id"] = records["page_id"] = ids
    for name, values in (("text_digest", digests), ("order", orders)):
        records[name] = np.frombuffer(b"".join(values), np.uint8).reshape(len(kept), -1)
    records["ordinal"] = [ordinal for ordinal, _ in kept]
    records["url"] = [page_digest(each) for each in articles]
    records["file"], records["facts"] = zip(*map(file_facts, articles), strict=True)
    dates = [article.date_published for article in articles]
    records["minute"] = list(map(_minute, dates))
    days = [each is not None and each.precision == "day" for each in dates]
    records["minutes"] = np.array(days, np.uint32) * DAY_MINUTES
    records["fetched"] = [_minute(article.fetched_at) for article in articles]
    records["run"] = THIS_RUN
    if earlier is not None:
        for name in ("cluster_id", "page_id"):
            records[name] = _ids_table([getattr(each, name) for each in earlier])
        records["run"] = [each.run for each in earlier]


def _minute(timestamp: Timestamp | None) -> int:
    return minute_of(timestamp.instant if timestamp else None)


def _order_key(article: Article, text_digest: bytes, shingle_count: int, positions: int) -> bytes:
    published = article.date_published
    return order_key(
        id=article.document.id,
        text_digest=text_digest,
        text=article.text,
        shingle_count=shingle_count,
        positions=positions,
        url=article.url,
        title=article.title,
        authors=article.authors,
        date_published=published.instant if published else None,
    )


def _ids_table(names: list[str]) -> NDArray[np.uint8]:
    return ids_in(names).view(np.uint8).reshape(len(names), ID_BYTES)
