"""Candidate edges and components of articles, and records that occur twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import lookup, portions
from pipeline.dedup.clusters import forest
from pipeline.dedup.pairs import bucket_edges
from pipeline.dedup.steps.layouts import ID_BYTES, BlockKeys, Components, article_number

SHARD_MEMBERS = 2_000
"""Articles whose components are resolved as one element; a larger component is one alone."""
ID_SHARDS = 16
"""Shards in which ids are compared, so that no worker needs all of them."""


def find_edges(portions: Iterable[BlockKeys]) -> NDArray[np.uint64]:
    """Join one group of bands over all blocks, in any order: a spanning forest of the edges."""
    ordered = sorted(portions, key=lambda portion: portion.block)
    articles = np.concatenate([article_number(each.block, each.rows) for each in ordered])
    found = [
        bucket_edges(np.concatenate([each.keys[band] for each in ordered]), articles)
        for band in range(len(ordered[0].keys))
    ]
    return forest(np.concatenate(found))


def shard_components(forests: Iterable[NDArray[np.uint64]]) -> Iterator[Components]:
    """Merge the forests of all groups of bands; yield components in shards of similar size.

    Most bands find the same copies, so only the new edges of a forest are merged.
    """
    merged = known = np.empty((0, 2), np.uint64)
    for each in forests:
        place, found = lookup(known[:, 1], each[:, 1])
        found[found] = known[place[found], 0] == each[found, 0]
        if not found.all():
            new = each[~found] if found.any() else each
            del place, found, each, known  # may be large
            merged = forest(np.concatenate([merged, new]) if len(merged) else new)
            known = merged[np.argsort(merged[:, 1])]
    roots, starts = np.unique(merged[:, 0], return_index=True)
    sizes = np.diff(starts, append=len(merged)) + 1
    for shard in portions(range(len(roots)), sizes.__getitem__, SHARD_MEMBERS):
        chosen = slice(shard[0], shard[-1] + 1)
        first = starts[chosen.start]
        others = merged[first : first + int((sizes[chosen] - 1).sum()), 1]
        yield Components(np.insert(others, starts[chosen] - first, roots[chosen]), sizes[chosen])


def id_shards(
    ordinals: NDArray[np.int32], ids: NDArray[np.bytes_]
) -> Iterator[tuple[int, NDArray[np.int32], NDArray[np.bytes_]]]:
    """Split the records of a block by id, so that equal ids meet in one shard."""
    shards = ids.view(np.uint8).reshape(len(ids), ID_BYTES)[:, 0] % ID_SHARDS
    for shard in np.unique(shards).tolist():
        chosen = shards == shard
        yield shard, ordinals[chosen], ids[chosen]


def find_repeats(
    portions: Iterable[tuple[int, NDArray[np.int32], NDArray[np.bytes_]]],
) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """Yield (block, ordinals) of records whose id occurs earlier in the run.

    *portions* are (block, ordinals, ids) of one shard of ids, in any order.
    """
    ordered = sorted(portions, key=lambda portion: portion[0])
    ids = np.concatenate([ids for _, _, ids in ordered])
    records = np.concatenate([article_number(block, rows) for block, rows, _ in ordered])
    order = np.lexsort((records, ids))
    repeated = np.zeros(len(ids), np.bool_)
    repeated[order[1:]] = ids[order][1:] == ids[order][:-1]
    for block, rows, _ in ordered:
        mine, repeated = repeated[: len(rows)], repeated[len(rows) :]
        if mine.any():
            yield block, np.sort(rows[mine])
