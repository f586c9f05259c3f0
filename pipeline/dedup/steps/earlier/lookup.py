"""Find the articles of earlier runs that new ones may be copies of.

new keys ─look_up─▶ pairs of an earlier and a new article      } of one range of keys,
                    clusters of the window that have a key     } staged
pairs    ─choose──▶ earlier articles to compare                  of one range of the window
         ─stage───▶ one more block of articles each
         ─finish──▶ which of them are of one cluster

New keys are looked up in the sorted keys of the window, file by file; nothing of the window is
sorted again. The articles found are deduplicated like any other block, but never removed.
``find_earlier`` runs all steps; with many new articles they run in parallel.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.arrays import heads_of, lookup, offsets_of, shard_bounds, starts_of_runs, structured
from pipeline.config import DedupConfig
from pipeline.dedup.rarity import LEAST_SHARED, RARE_CLUSTERS
from pipeline.dedup.steps.earlier.keys import NUMBER_BITS, numbered_keys, read_articles
from pipeline.dedup.steps.layouts import DIGEST, ID_BYTES, SAMPLE, URL, article_number
from pipeline.dedup.steps.members import MemberWriter, Published, count_records, read_records
from pipeline.staging import Staging, WindowCounts, WindowPart
from pipeline.storage import Place, local, opened, place_of
from pipeline.write.parquet import undamaged

CROWD = 64
"""Maximum articles of the window that are compared for one band or shingle: an hourly page from a
template would match all of its predecessors and copy none. Equal texts and urls are always
compared."""
STAGED_ROWS = 20_000
"""Maximum earlier articles that are staged as one block."""
HELD = np.dtype([("key", "<u4"), ("cluster", "<u8")])
"""A sampled shingle, and the head of the id of a cluster of the window that has it."""
CROWDED = np.dtype([("kind", "u1"), ("key", "<u4"), ("articles", "<u4")])
"""A key that more than ``CROWD`` articles of the window have."""
BACKGROUND = np.dtype([("key", "<u4"), ("clusters", "<u4")])
"""A sampled shingle, and in how many clusters of the window, except those found, it occurs."""
_HIT = np.dtype([("key", "<u4"), ("article", "<u4"), ("cluster", "<u8")])
"""A key of the window that a new article has too (its first place in ``_Wanted.packed``), the
number of the article in the window, and the head of the id of its cluster."""
_NUMBER = np.uint64((1 << int(NUMBER_BITS)) - 1)
_HALF = np.uint64(32)


def find_earlier(blocks: Sequence[int], config: DedupConfig, staging: Staging) -> list[int]:
    """Stage the articles of earlier runs that those of *blocks* may be copies or versions of.

    *blocks* are all of the run. Returns the numbers of the blocks of what was staged.
    """
    shards = staging.window().shards
    for shard in range(shards):
        look_up(shard, blocks, config, staging)
    first = max(blocks, default=-1) + 1
    portions = [each for part in range(shards) for each in choose(part, first, staging)]
    return finish([stage(*each, config, staging) for each in portions], config, staging)


def look_up(shard: int, blocks: Sequence[int], config: DedupConfig, staging: Staging) -> None:
    """Look the keys of one shard up in the window, and stage what is found.

    ``pairs``: uint64, an earlier article in the high 32 bits, a new one in the low ones, ascending;
    a pair occurs once per rare shingle that its articles share, at most ``LEAST_SHARED`` times.
    ``held`` (``HELD``) and ``crowded`` (``CROWDED``): by ascending key, of a kind.
    """
    window = staging.window()
    wanted = _wanted_keys(shard, window.shards, blocks, config, staging)
    hits = _look_up(window.parts, shard_bounds(window.shards)[shard : shard + 2], wanted)
    crowd = np.flatnonzero(wanted.totals > CROWD)
    crowded = structured(CROWDED, wanted.kinds(crowd), wanted.keys(crowd), wanted.totals[crowd])
    samples = wanted.kinds(hits["key"]) == SAMPLE
    others = np.unique(hits["article"][~samples])
    hits = hits[samples & (wanted.totals[hits["key"]] <= CROWD)]
    hits = hits[np.lexsort((hits["cluster"], hits["key"]))]
    distinct = hits[starts_of_runs(hits["key"], hits["cluster"])]
    held = structured(HELD, wanted.keys(distinct["key"]), distinct["cluster"])
    found, counts = np.unique(distinct["key"], return_counts=True)
    rare = hits[(counts <= RARE_CLUSTERS)[np.searchsorted(found, hits["key"])]]
    pairs = _pairs(others, rare, wanted)
    for kind, array in (("pairs", pairs), ("held", held), ("crowded", crowded)):
        staging.write_array(f"window.{shard}.{kind}", array)


def _look_up(
    parts: Sequence[WindowPart], bounds: NDArray[np.uint64], wanted: _Wanted
) -> NDArray[np.void]:
    """Find the wanted keys, which are within *bounds*, in the window; count them in *wanted*."""
    portions = [np.empty(0, _HIT)]
    first = 0
    for part in parts:
        kinds, low, rows = _keys_within(part, bounds)
        maybe = np.flatnonzero(wanted.may_contain(low))
        places, same = wanted.find(kinds[maybe].astype(np.uint64) << _HALF | low[maybe])
        places, articles = places[same], rows[maybe[same]].astype(np.int64)
        # The first CROWD articles of each key are kept, over all files; both are sorted by key.
        distinct, starts, counts = np.unique(places, return_index=True, return_counts=True)
        rank = np.arange(len(places)) - np.repeat(starts, counts) + wanted.totals[places]
        wanted.totals[distinct] += counts.astype(np.uint32)
        kept = (rank < CROWD) | np.isin(wanted.kinds(places), (DIGEST, URL))
        places, articles = places[kept], articles[kept]
        portions.append(structured(_HIT, places, first + articles, _clusters(part, articles)))
        first += part.rows
    return np.concatenate(portions)


def _keys_within(
    part: WindowPart, bounds: NDArray[np.uint64]
) -> tuple[NDArray[np.uint8], NDArray[np.uint32], NDArray[np.uint32]]:
    """Read kind, key and row of the keys of a file within *bounds*, and some others."""
    with undamaged(place_of(part.keys)), pq.ParquetFile(local(place_of(part.keys))) as file:
        groups = [g for g in range(file.num_row_groups) if _reaches(file, g, bounds)]
        table: pa.Table = file.read_row_groups(groups, use_threads=False)
    kinds, keys, rows = (table[name].to_numpy() for name in ("kind", "key", "row"))
    return kinds, keys, rows


def _reaches(file: pq.ParquetFile, group: int, bounds: NDArray[np.uint64]) -> bool:
    """Tell whether a row group may have keys within *bounds*."""
    facts = file.metadata.row_group(group)
    kinds, keys = (facts.column(number).statistics for number in range(2))
    if kinds is None or keys is None or kinds.min != kinds.max:
        return True
    return bool(keys.max >= bounds[0] and keys.min < bounds[1])


def _clusters(part: WindowPart, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    if not len(rows):
        return np.empty(0, np.uint64)
    file = opened(place_of(part.articles))
    column = pq.read_table(file, columns=["cluster_id"], use_threads=False)["cluster_id"]
    distinct, inverse = np.unique(rows, return_inverse=True)
    heads = [int(name[:16], 16) for name in column.take(distinct).to_pylist()]
    return np.array(heads, np.uint64)[inverse]


def _pairs(
    found: NDArray[np.uint32], rare: NDArray[np.void], wanted: _Wanted
) -> NDArray[np.uint64]:
    """Pair articles of the window with the new ones that share *rare* shingles with them.

    Those that were *found* by other keys are paired with no article, ``LEAST_SHARED`` times.
    """
    rare = rare[~lookup(found, rare["article"])[1]]
    counts = np.minimum(wanted.ends(rare["key"]) - rare["key"], CROWD)
    places = np.repeat(rare["key"] - offsets_of(counts)[:-1], counts)
    places += np.arange(len(places))
    pairs = wanted.packed[places] & _NUMBER
    del places  # may be large
    pairs |= np.repeat(rare["article"].astype(np.uint64) << _HALF, counts)
    pairs.sort()
    kept = np.ones(len(pairs), np.bool_)
    kept[LEAST_SHARED:] = pairs[LEAST_SHARED:] != pairs[:-LEAST_SHARED]
    alone = (found.astype(np.uint64) << _HALF) | _NUMBER
    joined = np.concatenate([pairs[kept], np.repeat(alone, LEAST_SHARED)])
    joined.sort()
    return joined


def choose(
    part: int, first_block: int, staging: Staging
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Choose the earlier articles to compare, in one of as many parts of the window as shards.

    They have a band, text or url of a new article, or share enough rare shingles with one. Yields a
    number of a block, from *first_block* on, and the articles to stage as that block, by number in
    the window; both ascending.
    """
    window = staging.window()
    rows = sum(each.rows for each in window.parts)
    bounds = [(rows * each // window.shards) << 32 for each in (part, part + 1)]
    portions = [np.empty(0, np.uint64)]
    for shard in range(window.shards):
        pairs = _staged(shard, "pairs", staging)
        start, end = np.searchsorted(pairs, np.array(bounds, np.uint64))
        portions.append(np.array(pairs[start:end]))
    distinct, times = np.unique(np.concatenate(portions), return_counts=True)
    chosen = np.unique(distinct[times >= LEAST_SHARED] >> _HALF).astype(np.int64)
    most = -(-rows // STAGED_ROWS)
    for number, start in enumerate(range(0, len(chosen), STAGED_ROWS)):
        yield first_block + part * most + number, chosen[start : start + STAGED_ROWS]


def stage(index: int, chosen: NDArray[np.int64], config: DedupConfig, staging: Staging) -> int:
    """Stage the *chosen* articles of the window, ascending by number, as block *index*."""
    runs: dict[str, int] = {}
    ordinal = 0
    with ExitStack() as files:
        members = MemberWriter(index, config, staging, files)
        for path, rows in _by_part(chosen, staging.window().parts):
            for found in read_articles(path, rows):
                kept = [(n, stored.article) for n, stored in enumerate(found, ordinal)]
                published = [
                    Published(int(article_number(index, runs.setdefault(run, len(runs)))), *where)
                    for _, run, *where in found
                ]
                members.append(kept, published)
                ordinal += len(kept)
    staging.write(f"blocks/{index:05d}.runs", list(runs))
    return index


def _by_part(
    chosen: NDArray[np.int64], parts: Sequence[WindowPart]
) -> Iterator[tuple[Place, NDArray[np.int64]]]:
    first = offsets_of(np.array([part.rows for part in parts]))
    bounds = pairwise(np.searchsorted(chosen, first).tolist())
    for number, (start, end) in enumerate(bounds):
        if start < end:
            yield place_of(parts[number].articles), chosen[start:end] - first[number]


def finish(blocks: Iterable[int], config: DedupConfig, staging: Staging) -> list[int]:
    """Stage which staged articles share a cluster with an earlier one; return the blocks in order.

    ``window.labels``: uint64[k, 2], an article, ascending, and the first one of its cluster.
    ``window.clusters``: uint64, the heads of their clusters' ids, ascending.
    """
    window, ordered = staging.window(), sorted(blocks)
    if not window.parts:
        return []
    ids, articles = [np.empty(0, f"S{ID_BYTES}")], [np.empty(0, np.uint64)]
    for block in ordered:
        records = read_records(block, config, staging)
        ids.append(np.ascontiguousarray(records["cluster_id"]).view(ids[0].dtype).ravel())
        articles.append(article_number(block, np.arange(len(records))))
    all_ids, numbers = np.concatenate(ids), np.concatenate(articles)
    clusters, first, of_cluster = np.unique(all_ids, return_index=True, return_inverse=True)
    leaders = numbers[first[of_cluster]]
    labels = np.stack([numbers, leaders], axis=1)[numbers != leaders]
    staging.write_array("window.labels", labels)
    staging.write_array("window.clusters", heads_of(clusters))
    crowded = sum(len(_staged(shard, "crowded", staging)) for shard in range(window.shards))
    rows = sum(part.rows for part in window.parts)
    staging.write("window.counts", WindowCounts(rows, len(numbers), crowded))
    return ordered


def _staged(shard: int, kind: str, staging: Staging) -> NDArray[Any]:
    """Memory-map what ``look_up`` staged of one shard."""
    found = staging.array(f"window.{shard}.{kind}", "r")
    assert found is not None, f"window.{shard}.{kind} is missing"
    return found


def background_of(shard: int, shards: int, staging: Staging) -> NDArray[np.void] | None:
    """Count the clusters of the window that have a shingle, except those of the articles found.

    Returns dtype ``BACKGROUND``, by ascending key, for one of *shards* (a power of two); None if
    there are none.
    """
    parts, bounds = staging.window().shards, shard_bounds(shards)[shard : shard + 2].tolist()
    counted, taken = [np.empty(0, BACKGROUND)], staging.array("window.clusters")
    for part in range(shard * parts // shards, -(-(shard + 1) * parts // shards)):
        assert taken is not None
        held = _between(_staged(part, "held", staging), bounds)
        held = held[~lookup(taken, held["cluster"])[1]]
        keys, clusters = np.unique(held["key"], return_counts=True)
        crowded = _staged(part, "crowded", staging)
        crowded = _between(crowded[crowded["kind"] == SAMPLE], bounds)
        # Not all articles of a crowd were read: each counts as a cluster of its own.
        found = structured(
            BACKGROUND,
            np.concatenate([keys, crowded["key"]]),
            np.concatenate([clusters, crowded["articles"]]),
        )
        counted.append(found[np.argsort(found["key"])])
    joined = np.concatenate(counted)
    return joined if len(joined) else None


def _between(rows: NDArray[np.void], bounds: Sequence[int]) -> NDArray[np.void]:
    """Copy those of *rows*, ascending by key, whose key is within *bounds*; read no others."""
    start, end = (bisect_left(rows["key"], bound) for bound in bounds)
    return np.array(rows[start:end])


_LEAST_FILTER, _MOST_FILTER = 1 << 20, 1 << 26
_FILTER_PER_KEY = 64


@dataclass(frozen=True, eq=False)
class _Wanted:
    """The k keys of new articles to look up; a key is identified by its first place in ``packed``.

    Attributes:
        packed: uint64[k], kind, key and number of the article in the run, ascending.
        totals: uint32[k], articles of the window that have a key, by its first place.
        filter: bool[2**b], marked at the low bits of every wanted key.
    """

    packed: NDArray[np.uint64]
    totals: NDArray[np.uint32]
    filter: NDArray[np.bool_]

    def may_contain(self, keys: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Tell which keys may be wanted; with a million keys, 1 in 64 others may be, too."""
        return np.take(self.filter, keys & np.uint32(len(self.filter) - 1))

    def find(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the first place of each key (with its kind), and whether it is wanted."""
        if not len(self.packed):
            return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
        places = np.searchsorted(self.packed, keys << NUMBER_BITS)
        places = np.minimum(places, len(self.packed) - 1)
        return places, self.packed[places] >> NUMBER_BITS == keys

    def kinds(self, places: NDArray[np.integer]) -> NDArray[np.uint64]:
        kinds: NDArray[np.uint64] = self.packed[places] >> NUMBER_BITS >> _HALF
        return kinds

    def keys(self, places: NDArray[np.integer]) -> NDArray[np.uint32]:
        keys: NDArray[np.uint32] = (self.packed[places] >> NUMBER_BITS).astype(np.uint32)
        return keys

    def ends(self, places: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the end of the run of places with the same key as each of *places*."""
        last: NDArray[np.uint64] = self.packed[places] | _NUMBER
        return np.searchsorted(self.packed, last, side="right")


def _wanted_keys(
    shard: int, shards: int, blocks: Sequence[int], config: DedupConfig, staging: Staging
) -> _Wanted:
    """Gather the keys of the articles of *blocks* that belong to one shard."""
    portions, first = [np.empty(0, np.uint64)], 0
    for block in sorted(blocks):
        count = count_records(block, config, staging)
        numbers = np.arange(first, first + count)
        portions.append(numbered_keys(block, shard, shards, numbers, staging))
        first += count
    packed = np.concatenate(portions)
    packed.sort()
    size = 1 << (len(packed) * _FILTER_PER_KEY).bit_length()
    marked = np.zeros(min(max(size, _LEAST_FILTER), _MOST_FILTER), np.bool_)
    for start in range(0, len(packed), _LEAST_FILTER):
        keys = packed[start : start + _LEAST_FILTER] >> NUMBER_BITS
        marked[keys & np.uint64(len(marked) - 1)] = True
    return _Wanted(packed, np.zeros(len(packed), np.uint32), marked)
