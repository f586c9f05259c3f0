"""Which shingles are common, and which clusters share rare ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup import rarity
from pipeline.dedup.rarity import (
    RARE_CLUSTERS,
    count_links,
    same_items,
    strong_links,
    tells_one_story,
    weigh,
    worth_comparing,
)


def weighed(clusters):
    """Weigh one key that occurs once for each of *clusters*."""
    keys = np.full(len(clusters), 7, np.uint32)
    common, links = weigh(keys, np.array(clusters, np.uint32))
    return bool(len(common)), sorted(map(tuple, links.tolist()))


@pytest.mark.parametrize(
    ("clusters", "common"),
    [
        ([1], False),
        ([1, 2, 3], False),
        ([1, 2, 3, 4], True),
        ([1] * 300, False),
        ([1] * 300 + [*range(2, 12)], False),
        (list(range(100)), True),
        ([1] * 50 + [2] * 50 + [3] * 50 + [4] * 50, True),
    ],
)
def test_a_shingle_of_one_story_stays_rare(clusters, common):
    """Copies count once, stragglers hardly; four stories of equal size are too many."""
    assert common == weighed(clusters)[0]


def test_few_clusters_are_linked_all_with_all_many_with_the_largest():
    """Whatever number of clusters share a rare key, links stay few."""
    assert [(1, 2), (1, 3), (2, 3)] == weighed([3, 1, 2])[1]
    assert [(0, 5), (1, 5), (5, 8)] == weighed([5] * 20 + [0, 8, 1])[1]
    assert [] == weighed([4, 4])[1]
    assert [] == weighed(range(9))[1]


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=60),
    st.randoms(use_true_random=False),
)
def test_weighing_counts_effective_clusters_in_any_order(pairs, random):
    """Common are exactly the keys in more than RARE_CLUSTERS effective clusters."""
    expected = []
    for key in sorted({key for key, _ in pairs}):
        own = [cluster for other, cluster in pairs if other == key]
        squares = sum(own.count(cluster) ** 2 for cluster in set(own))
        if len(own) ** 2 > RARE_CLUSTERS * squares:
            expected.append(key)
    results = []
    for _ in range(2):
        table = np.array(pairs, np.uint32).reshape(-1, 2)
        common, links = weigh(table[:, 0], table[:, 1])
        results.append((common.tolist(), sorted(links.tolist())))
        random.shuffle(pairs)

    assert expected == results[0][0]
    assert results[0] == results[1]
    assert all(left < right for left, right in results[0][1])


def test_links_of_shards_add_up():
    """One shared key may be chance; two, even of different shards, are a link."""
    one = count_links(np.array([[1, 2], [3, 4], [1, 2]], np.uint64))
    other = count_links(np.array([[3, 4], [5, 6]], np.uint64))

    assert [[1, 2, 2], [3, 4, 1]] == one.tolist()
    assert [[1, 2, 2], [3, 4, 2]] == strong_links([other, one]).tolist()
    assert [] == strong_links([]).tolist()


def test_a_link_counts_for_the_smallest_text_of_its_groups():
    """Three shared of a hundred are nothing, three of forty may be a short copy."""
    links = np.array([[0, 1, 3], [0, 2, 3]])
    groups, counts = np.array([0, 1, 2, 2]), np.array([200, 100, 300, 40])

    assert [[0, 2]] == worth_comparing(links, groups, counts).tolist()


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ([[1, 2, 3]] * 9, True),
        ([[n, n + 100] for n in range(9)], False),
        ([[]] * 9, True),
        ([[1, 2, 3, 4, n + 10] for n in range(300)], True),
        ([[1, 2, n + 10, n + 1000] for n in range(300)], False),
        ([[1, 2, 3], [], [1], [1, 2], [1, 2, 3, 4]] * 2, True),
        ([[n] if n % 3 == 0 else [] for n in range(60)], True),
    ],
    ids=["copies", "template", "none", "one corrected", "half differ", "cut", "misread"],
)
def test_texts_with_other_figures_fill_a_template(figures, expected):
    """Copies have the same figures and names; texts without any are not doubted."""
    assert expected == tells_one_story([np.array(each, np.uint32) for each in figures])


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([[1, 2, 3, 9], [4, 5, 6, 9], [1, 2, 3, 9], [1, 2, 9]], [0, 1, 0, 0]),
        ([[1, 9], [1, 8], [1, 7]], [0, 1, 2]),
        ([[1, 2, 3, 4, 5], [1, 2, 3, 4, 6]], [0, 0]),
        ([[1, 2, 3, 4, 5], [1, 2, 3, 6, 7]], [0, 1]),
        ([[], [], [1]], [0, 1, 2]),
        ([], []),
    ],
)
def test_copies_of_one_item_have_its_particulars(items, expected):
    """Four in five of the fewer, two at least; what all items have in common says nothing."""
    assert expected == same_items([np.array(each, np.uint32) for each in items]).tolist()


def test_items_beyond_number_are_compared_by_what_few_share(monkeypatch):
    """Where all share something, the pairs that do are too many to look at."""
    monkeypatch.setattr(rarity, "MOST_SHARED", 10)
    items = [[n, n + 1000, 9999] for n in range(50)] + [[7, 1007, 9999]]
    found = same_items([np.array(each, np.uint32) for each in items])

    assert [*range(50), 7] == found.tolist()
