"""Which articles to compare, and which records are one and the same."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, pairwise

import numpy as np
import pytest
import strategies  # noqa: F401 - loads the profile
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.clusters import forest
from pipeline.dedup.steps import edges
from pipeline.dedup.steps.edges import find_edges, find_repeats, id_shards, shard_components
from pipeline.dedup.steps.layouts import (
    DIGESTS,
    URLS,
    BlockKeys,
    article_number,
    is_of_urls,
    key_groups,
    member_dtype,
)

BANDS = 3
KEYS = st.lists(st.lists(st.integers(0, 6), min_size=BANDS, max_size=BANDS), max_size=6)


def portion(block: int, keys: list[list[int]], rows: list[int] | None = None) -> BlockKeys:
    """The keys of a block: one list of BANDS keys an article."""
    table = np.array(keys, np.uint32).reshape(-1, BANDS).T
    return BlockKeys(block, np.array(rows or range(len(keys)), np.uint32), table)


def connected(pairs) -> set[frozenset[int]]:
    """The components of *pairs*, by brute force."""
    found: dict[int, set[int]] = {}
    for one, other in pairs:
        joined = found.get(one, {one}) | found.get(other, {other})
        for each in joined:
            found[each] = joined
    return {frozenset(each) for each in found.values()}


def ids_of(names: list[int]) -> np.ndarray:
    """Ids, 16 bytes each, with zero bytes at either end."""
    return np.array([bytes([0, name, *[0] * 14]) for name in names], "S16")


def test_articles_that_share_a_key_of_a_band_are_joined():
    """In one block or in two; a key means nothing in another band."""
    found = find_edges(
        [
            portion(1, [[5, 9, 9], [1, 2, 3]]),
            portion(0, [[5, 0, 0], [4, 1, 4], [8, 8, 4]], [7, 8, 9]),
        ]
    )

    a, b, c = (int(article_number(0, row)) for row in (7, 8, 9))
    d = int(article_number(1, 0))
    assert [[a, d], [b, c]] == found.tolist()


def test_no_articles_have_no_edges():
    """Blocks without a signed article are joined all the same."""
    assert (0, 2) == find_edges([portion(0, []), portion(1, [])]).shape


@given(st.lists(KEYS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_edges_connect_what_shares_a_key_and_nothing_else(blocks, random):
    """A forest: the components of all pairs that share a key, whatever the order of portions."""
    portions = [portion(index, keys) for index, keys in enumerate(blocks)]
    found = find_edges(portions)
    random.shuffle(portions)

    every = [
        (int(article_number(index, row)), keys)
        for index, block in enumerate(blocks)
        for row, keys in enumerate(block)
    ]
    pairs = [
        (one, other)
        for (one, mine), (other, its) in combinations(every, 2)
        if any(a == b for a, b in zip(mine, its, strict=True))
    ]
    components = connected(pairs)
    assert components == connected(map(tuple, found.tolist()))
    assert sum(len(each) - 1 for each in components) == len(found)
    assert found.tolist() == find_edges(portions).tolist()


@given(st.lists(KEYS, min_size=1, max_size=4))
def test_groups_of_bands_may_be_joined_apart(blocks):
    """The merged forests of the groups connect what all bands at once would."""
    portions = [portion(index, keys) for index, keys in enumerate(blocks)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.dedup.steps.layouts.BAND_GROUP", 2)
        groups = defaultdict(list)
        for each in portions:
            for group, part in key_groups(each.block, records_of(each.keys), 1):
                if group != DIGESTS:
                    groups[group].append(part)
    forests = [find_edges(parts) for parts in groups.values()]
    found = [each for shard in shard_components(forests) for each in each_of(shard)]

    expected = connected(map(tuple, find_edges(portions).tolist()))
    assert expected == {frozenset(each.tolist()) for each in found}
    assert [sorted(each.tolist()) for each in found] == [each.tolist() for each in found]


@given(st.lists(KEYS, min_size=1, max_size=4), st.sampled_from([1, 2, 4, 64]))
def test_ranges_of_keys_may_be_joined_apart(blocks, ranges):
    """However many ranges: the same forest of candidates, and the same of addresses."""
    found = {}
    for count in (1, ranges):
        groups = defaultdict(list)
        for index, keys in enumerate(blocks):
            table = portion(index, keys).keys
            records = records_of(table, urls=table[0].astype(np.uint64) % 3)
            for group, part in key_groups(index, records, 1, count):
                groups[group].append(part)
        for urls in (True, False):
            own = [each for group, each in groups.items() if is_of_urls(group) is urls]
            parts = [find_edges(each) for each in own]
            found[count, urls] = forest(np.concatenate([np.empty((0, 2), np.uint64), *parts]))

    assert found[1, True].tolist() == found[ranges, True].tolist()
    assert found[1, False].tolist() == found[ranges, False].tolist()


def test_a_block_is_sent_to_the_groups_in_which_it_has_articles():
    """Whole texts are one group, BAND_GROUP bands each of the others; no empty portions."""
    records = records_of(np.array([[1, 4], [2, 5], [3, 6]], np.uint32), urls=[0, 2**33 + 9])
    records["text_digest"][1, :5] = [1, 2, 3, 4, 5]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.dedup.steps.layouts.BAND_GROUP", 2)
        found = dict(key_groups(7, records, 1))

        assert [URLS, DIGESTS, 0, 1] == list(found)
        assert ([1], [[9]]) == (found[URLS].rows.tolist(), found[URLS].keys.tolist())
        assert [[0, 0x04030201]] == found[DIGESTS].keys.tolist()
        assert [[1, 4], [2, 5]] == found[0].keys.tolist()
        assert [[3, 6]] == found[1].keys.tolist()
        assert [URLS, DIGESTS] == [group for group, _ in key_groups(7, records, 2)]
        assert [] == list(key_groups(7, records[:0], 1))


def each_of(shard):
    """The components of a shard, one by one."""
    return np.split(shard.articles, np.cumsum(shard.sizes)[:-1])


def records_of(keys, urls=0):
    """Member records of one shingle each that have these keys: uint32[bands, n]."""
    records = np.zeros(keys.shape[1], member_dtype(len(keys)))
    records["shingle_count"], records["keys"], records["url"] = 1, keys.T, urls
    return records


@given(st.lists(st.integers(2, 9), max_size=12), st.integers(2, 12))
def test_shards_hold_whole_components_of_like_size(sizes, most):
    """No component is divided; a shard has at most SHARD_MEMBERS, or is one large component."""
    starts = np.cumsum([0, *sizes])
    pairs = [
        [start, start + step]
        for start, size in zip(starts.tolist(), sizes, strict=False)
        for step in range(1, size)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edges, "SHARD_MEMBERS", most)
        shards = list(shard_components([np.array(pairs, np.uint64).reshape(-1, 2)]))

    assert sizes == [size for shard in shards for size in shard.sizes.tolist()]
    for shard in shards:
        assert len(shard.articles) <= most or len(shard.sizes) == 1
    for shard, following in pairwise(shards):
        assert len(shard.articles) + following.sizes[0] > most


def test_no_forests_have_no_components():
    """A run without articles has nothing to resolve."""
    assert [] == list(shard_components([]))
    assert [] == list(shard_components([np.empty((0, 2), np.uint64)] * 3))


def test_a_repeat_is_what_stands_later():
    """The first record of an id stays, in the order of blocks and of records in them."""
    portions = [
        (2, np.array([0, 5], np.int32), ids_of([3, 1])),
        (0, np.array([4, 6, 9], np.int32), ids_of([1, 2, 1])),
        (1, np.array([0], np.int32), ids_of([4])),
    ]
    found = {block: rows.tolist() for block, rows in find_repeats(portions)}

    assert {0: [9], 2: [5]} == found


@given(
    st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=8), max_size=5),
    st.randoms(use_true_random=False),
)
def test_repeats_are_found_whatever_the_shards_and_portions(blocks, random):
    """Through id_shards and find_repeats: every record but the first of each id."""
    shards = defaultdict(list)
    for block, names in enumerate(blocks):
        ordinals = np.arange(len(names), dtype=np.int32)
        chosen = np.array(random.sample(range(len(names)), len(names)))
        for shard, rows, ids in id_shards(ordinals[chosen], ids_of(names)[chosen]):
            shards[shard].append((block, rows, ids))
    found = []
    for portions in shards.values():
        random.shuffle(portions)
        found += [(block, row) for block, rows in find_repeats(portions) for row in rows.tolist()]

    records = [(block, row) for block, names in enumerate(blocks) for row in range(len(names))]
    seen: set[int] = set()
    expected = []
    for block, row in records:
        if (name := blocks[block][row]) in seen:
            expected.append((block, row))
        seen.add(name)
    assert expected == sorted(found)


def test_a_block_without_ids_has_no_shards():
    """An empty file, or one that cannot be read, names no record."""
    assert [] == list(id_shards(np.empty(0, np.int32), np.empty(0, "S16")))
