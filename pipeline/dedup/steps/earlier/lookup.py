"""Find the articles of earlier runs that new ones may be copies of.

new keys ─look up in each file of sorted keys─▶ articles found, staged as one more block
                                             ─▶ how many earlier clusters have a new text's shingle

The new keys are looked up in the keys of the window, file by file; nothing of the window is
sorted again. What is found is deduplicated like any other block, but never removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.arrays import lookup
from pipeline.config import DedupConfig
from pipeline.dedup.rarity import LEAST_SHARED, RARE_CLUSTERS
from pipeline.dedup.steps.earlier.articles import read_articles
from pipeline.dedup.steps.earlier.keys import DIGEST, SAMPLE, URL, packed_keys, unpacked
from pipeline.dedup.steps.read_members import read_records
from pipeline.dedup.steps.write_members import MemberWriter, Published
from pipeline.staging import Staging, WindowCounts, WindowPart
from pipeline.storage import Place, local, opened, place_of
from pipeline.write.parquet import undamaged

CROWD = 64
"""Articles of the window that are compared for one band or shingle at most: an hourly page from a
template would match all of its predecessors and copy none. Equal texts and equal urls are always
compared."""
BACKGROUND = np.dtype([("key", "<u4"), ("clusters", "<u4")])
"""In how many clusters of earlier runs, other than those that were found, a shingle occurs."""


@dataclass(frozen=True, eq=False)
class _Hits:
    """Keys of the window that a new article has too; n of them.

    Attributes:
        key: int64[n], by place in ``KeyFilter.keys``.
        article: int64[n], the article by number in the window.
        cluster: uint64[n], the head of its cluster's id.
    """

    key: NDArray[np.int64]
    article: NDArray[np.int64]
    cluster: NDArray[np.uint64]


def find_earlier(blocks: Sequence[int], config: DedupConfig, staging: Staging) -> list[int]:
    """Stage the articles of earlier runs that those of *blocks* may be copies or versions of.

    Args:
        blocks: all blocks of the run, in any order.

    Returns:
        The number of the block that holds them; nothing when there are none.
    """
    parts = staging.window()
    if not parts:
        return []
    wanted = wanted_keys(sorted(blocks), config, staging)
    totals = np.zeros(len(wanted.keys), np.int64)
    portions, first = list[_Hits](), [0]
    for part in parts:
        portions.append(_look_up(part, first[-1], wanted, totals))
        first.append(first[-1] + part.rows)
    hits = _joined(portions)
    samples = wanted.keys[hits.key] >> np.uint64(32) == SAMPLE
    rare = _rare(hits, samples, totals)
    chosen = np.union1d(hits.article[~samples], _sharing(hits, rare, wanted))
    apart = samples & ~np.isin(hits.cluster, hits.cluster[np.isin(hits.article, chosen)])
    staging.write_array("background", _background(hits, apart, totals, wanted))
    index = max(blocks) + 1
    labels = _stage(index, chosen, np.array(first), config, staging)
    staging.write_array("window.labels", labels)
    crowded = int(np.count_nonzero(totals > CROWD))
    staging.note_window(WindowCounts(first[-1], len(chosen), crowded))
    return [index] if len(chosen) else []


def _look_up(part: WindowPart, first: int, wanted: KeyFilter, totals: NDArray[np.int64]) -> _Hits:
    """Find the wanted keys in the keys of one file; count them in *totals*."""
    with undamaged(place_of(part.keys)):
        table = pq.read_table(local(place_of(part.keys)), use_threads=False)
    low = table["key"].to_numpy()
    maybe = np.flatnonzero(wanted.may_contain(low))
    keys = table["kind"].to_numpy()[maybe].astype(np.uint64) << np.uint64(32)
    keys |= low[maybe]
    places, same = lookup(wanted.keys, keys)
    places, rows = places[same], table["row"].to_numpy()[maybe[same]].astype(np.int64)
    # Sorted by key: of each, the first ones up to CROWD over all files are kept.
    rank = np.arange(len(places)) - np.searchsorted(places, places) + totals[places]
    totals += np.bincount(places, minlength=len(totals))
    kept = (rank < CROWD) | wanted.uncrowded[places]
    places, rows = places[kept], rows[kept]
    return _Hits(places, first + rows, _clusters(part, rows))


def _clusters(part: WindowPart, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    if not len(rows):
        return np.empty(0, np.uint64)
    file = opened(place_of(part.articles))
    column = pq.read_table(file, columns=["cluster_id"], use_threads=False)["cluster_id"]
    distinct, inverse = np.unique(rows, return_inverse=True)
    heads = [int(name[:16], 16) for name in column.take(distinct).to_pylist()]
    return np.array(heads, np.uint64)[inverse]


def _joined(portions: list[_Hits]) -> _Hits:
    return _Hits(
        *(
            np.concatenate([getattr(each, name) for each in portions])
            for name in ("key", "article", "cluster")
        )
    )


def _clusters_by_key(hits: _Hits, chosen: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    """Count the distinct clusters of each key among the *chosen* hits: int64[size]."""
    pairs = np.unique(np.stack([hits.key[chosen].astype(np.uint64), hits.cluster[chosen]]), axis=1)
    return np.bincount(pairs[0].astype(np.int64), minlength=size)


def _rare(hits: _Hits, samples: NDArray[np.bool_], totals: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which hits are shingles that few clusters of the window have."""
    clusters = _clusters_by_key(hits, samples, len(totals))
    return samples & (clusters[hits.key] <= RARE_CLUSTERS) & (totals[hits.key] <= CROWD)


def _sharing(hits: _Hits, rare: NDArray[np.bool_], wanted: KeyFilter) -> NDArray[np.int64]:
    """List the articles of the window that share rare shingles with some new article."""
    keys, articles = hits.key[rare], hits.article[rare]
    counts = np.minimum(wanted.starts[keys + 1] - wanted.starts[keys], CROWD)
    ends = np.cumsum(counts)
    within = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
    owners = wanted.owners[np.repeat(wanted.starts[keys], counts) + within]
    pairs = np.repeat(articles, counts) << 32 | owners
    distinct, times = np.unique(pairs, return_counts=True)
    return np.unique(distinct[times >= LEAST_SHARED] >> 32)


def _background(
    hits: _Hits, apart: NDArray[np.bool_], totals: NDArray[np.int64], wanted: KeyFilter
) -> NDArray[np.void]:
    """Count the clusters that have a shingle besides those of the articles that were found."""
    clusters = _clusters_by_key(hits, apart, len(totals))
    # Of a crowd not all were compared: each counts as a cluster of its own.
    crowd = (totals > CROWD) & (wanted.keys >> np.uint64(32) == SAMPLE)
    clusters = np.where(crowd, totals, clusters)
    found = np.zeros(np.count_nonzero(clusters), BACKGROUND)
    found["key"] = wanted.keys[clusters > 0].astype(np.uint32)
    found["clusters"] = np.minimum(clusters[clusters > 0], 2**32 - 1)
    return found


def _stage(
    index: int,
    chosen: NDArray[np.int64],
    first: NDArray[np.int64],
    config: DedupConfig,
    staging: Staging,
) -> NDArray[np.uint64]:
    """Write the chosen articles as block *index*.

    Returns:
        uint64[k, 2]: those that share a cluster with an earlier one, and that one.
    """
    runs: dict[str, int] = {}
    clusters: dict[str, int] = {}
    labels: list[tuple[int, int]] = []
    ordinal = 0
    with ExitStack() as files:
        members = MemberWriter(index, config, staging, files)
        for path, rows in _by_part(chosen, first, staging.window()):
            for found in read_articles(path, rows):
                kept = list(enumerate(found.articles, ordinal))
                named = zip(found.run_ids, found.cluster_ids, found.page_ids, strict=True)
                published = [Published(runs.setdefault(r, len(runs)), c, p) for r, c, p in named]
                members.append(kept, published)
                for number, cluster in enumerate(found.cluster_ids, ordinal):
                    leader = clusters.setdefault(cluster, number)
                    if leader != number:
                        labels.append((index << 32 | number, index << 32 | leader))
                ordinal += len(kept)
    staging.write_window_runs(list(runs))
    return np.array(labels, np.uint64).reshape(-1, 2)


def _by_part(
    chosen: NDArray[np.int64], first: NDArray[np.int64], parts: Sequence[WindowPart]
) -> Iterator[tuple[Place, NDArray[np.int64]]]:
    bounds = np.searchsorted(chosen, first)
    for number, part in enumerate(parts):
        rows = chosen[bounds[number] : bounds[number + 1]] - first[number]
        if len(rows):
            yield place_of(part.articles), rows


_LEAST_FILTER, _MOST_FILTER = 1 << 20, 1 << 28
_FILTER_PER_KEY = 64


@dataclass(frozen=True, eq=False)
class KeyFilter:
    """Keys to look up; k of them.

    Attributes:
        keys: uint64[k], kind and key in one number, ascending.
        starts: int64[k + 1]; key i is had by ``owners[starts[i]:starts[i + 1]]``.
        owners: int64, new articles by number in the run.
        filter: bool[2**b]; what is not marked at a key's low bits is not wanted.
    """

    keys: NDArray[np.uint64]
    starts: NDArray[np.int64]
    owners: NDArray[np.int64]
    filter: NDArray[np.bool_]

    def may_contain(self, keys: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Tell which keys may be among these. False positives: 1 in 64."""
        return np.take(self.filter, keys & np.uint32(len(self.filter) - 1))

    @cached_property
    def uncrowded(self) -> NDArray[np.bool_]:
        """Which keys are looked up however many have them: equal texts, equal addresses."""
        kinds = self.keys >> np.uint64(32)
        return np.isin(kinds, (DIGEST, URL))


def wanted_keys(blocks: Sequence[int], config: DedupConfig, staging: Staging) -> KeyFilter:
    """Gather the keys of the articles of *blocks*, numbered in the order given."""
    portions, first = [np.empty(0, np.uint64)], 0
    for block in blocks:
        count = len(read_records(block, config, staging))
        numbers = np.arange(first, first + count)
        portions.append(packed_keys(block, numbers, config, staging))
        first += count
    all_keys, owners = unpacked(np.sort(np.concatenate(portions)))
    keys, starts = np.unique(all_keys, return_index=True)
    size = 1 << (len(keys) * _FILTER_PER_KEY).bit_length()
    marked = np.zeros(min(max(size, _LEAST_FILTER), _MOST_FILTER), np.bool_)
    marked[keys & np.uint64(len(marked) - 1)] = True
    return KeyFilter(keys, np.append(starts, len(all_keys)), owners, marked)
