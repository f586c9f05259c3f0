"""Members: what deduplication needs of each article, in a small record of its own.

``MemberWriter`` writes them batch by batch, next to the staged block, ``MemberReader`` reads them
back one at a time, the functions at the end a block at a time.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.arrays import ids_in, keep_latest, lookup, shard_bounds
from pipeline.config import DedupConfig
from pipeline.dedup.candidates import Candidates
from pipeline.dedup.clusters import Members
from pipeline.dedup.evidence import Sketch, minute_of
from pipeline.dedup.order import order_key
from pipeline.dedup.pairs import Similarity, similarity
from pipeline.dedup.particulars import particulars_block
from pipeline.dedup.rarity import worth_comparing
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
    BlockKeys,
    BlockSamples,
    Bundle,
    block_of,
    digest_heads,
    key_groups,
    member_dtype,
    packed_key,
    row_of,
    unpacked_keys,
)
from pipeline.records import Article, Timestamp
from pipeline.staging import Staging
from pipeline.storage import local, open_own, replacing
from pipeline.text.unicode import digest
from pipeline.urls import page_address

DAY_MINUTES = 24 * 60 - 1
"""Minutes after the first in which an article may have been published if only the day is known."""
TEXTS_AT_ONCE = 256
"""Texts that are shingled together. The arrays of a thousand are so large that their memory is
allocated anew each time, which costs a fifth of the CPU."""
KEY_BYTES = 8
OPEN_FILES = 48
"""Maximum files that a reader keeps open: a component may span more blocks than a process may open
files."""
NEAR_ROWS = 16
"""Maximum rows between two records that are read together."""
CACHE_BYTES = 64 << 20
"""Maximum size of the sketches that are cached while one bundle is decided."""


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
        pieces = (shingles, samples, *particulars_block(texts), samples.slots)
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
    records: NDArray[np.void], kept: list[tuple[int, Article]], earlier: Sequence[Published] | None
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
            self._piece("slots", block, record),
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
