"""Components, forests and stars."""

from __future__ import annotations

import time
from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import DedupConfig
from pipeline.dedup import clusters
from pipeline.dedup.clusters import Members, components, couples, forest, stars
from pipeline.dedup.order import ORDER_BYTES
from pipeline.dedup.pairs import match_of, similarity

CONFIG = DedupConfig(similarity=0.5, containment=0.8, min_shingles=3)
EDGES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40)


def edge_array(edges):
    """Make pairs an array of edges, even if there are none."""
    return np.array(edges, np.uint64).reshape(-1, 2)


def by_union(edges):
    """Find components the slow and obvious way."""
    groups = {node: {node} for edge in edges for node in edge}
    for left, right in edges:
        joined = groups[left] | groups[right]
        for node in joined:
            groups[node] = joined
    return sorted({tuple(sorted(group)) for group in groups.values()})


@settings(deadline=None)
@given(EDGES)
def test_components_are_connected_articles(edges):
    """Each ascending, by ascending first article."""
    assert by_union(edges) == [tuple(c.tolist()) for c in components(edge_array(edges))]


@settings(deadline=None)
@given(EDGES, st.randoms(use_true_random=False))
def test_a_forest_is_canonical_and_keeps_the_components(edges, random):
    """Any order of edges gives the same, smallest article first, one edge fewer than nodes."""
    found = forest(edge_array(edges))
    shuffled = [edge[::-1] for edge in edges]
    random.shuffle(shuffled)
    groups = [group for group in by_union(edges) if len(group) > 1]

    assert [[group[0], node] for group in groups for node in group[1:]] == found.tolist()
    assert found.tolist() == forest(edge_array(shuffled)).tolist()


@settings(deadline=None)
@given(EDGES, EDGES)
def test_forests_merge(left, right):
    """The forest of two forests is the forest of all edges."""
    merged = np.concatenate([forest(edge_array(left)), forest(edge_array(right))])

    assert forest(edge_array(left + right)).tolist() == forest(merged).tolist()


def test_large_article_numbers_survive():
    """Nothing passes through floats or signed integers."""
    edges = edge_array([(2**64 - 1, 2**64 - 2), (2**63, 2**64 - 1)])

    assert [[2**63, 2**64 - 2, 2**64 - 1]] == [c.tolist() for c in components(edges)]


def members(sets, *, keys=None, published=(), texts=None, ranks=None):
    """Make the members of a component: sets of shingles, in order unless *ranks* says other."""
    count = len(sets)
    texts = [sorted(s) for s in sets] if texts is None else texts
    numbers = range(count) if ranks is None else ranks
    width = 1 if keys is None else len(keys[0])
    return Members(
        articles=np.array([100 + n for n in numbers], np.uint64),
        order=rows([f"{n:0{ORDER_BYTES}}" for n in numbers], ORDER_BYTES),
        digests=rows([blake2b(str(t).encode(), digest_size=8).hexdigest() for t in texts], 16),
        shingle_counts=np.array([len(s) for s in sets], np.int64),
        band_keys=np.array([[0]] * count if keys is None else keys, np.uint32)
        .reshape(count, width)
        .T,
        published=np.array([i in published for i in range(count)], np.bool_),
        shingles=lambda index: np.array(sorted(sets[index]), np.uint64),
    )


def rows(strings, width):
    """Make strings of equal width the rows of an array of bytes."""
    joined = "".join(strings).encode()
    return np.frombuffer(joined, np.uint8).reshape(-1, width)


def listed(alike):
    """List (article, representative), articles numbered from 0."""
    return [(article - 100, first - 100) for article, first in alike.tolist()]


A = set(range(100))
NEAR_A = set(range(30, 130))
NEAR_THAT = set(range(60, 160))
PART_OF_A = set(range(20))
TINY = {1, 2}


def test_what_is_near_or_contained_counts_as_one():
    """Each is named with the representative that it was compared with."""
    assert [(1, 0), (2, 0)] == listed(stars(members([A, NEAR_A, PART_OF_A]), CONFIG))


def test_a_chain_removes_nothing_without_a_direct_edge():
    """A like B like C: C is kept, because A and C differ."""
    assert [(1, 0)] == listed(stars(members([A, NEAR_A, NEAR_THAT]), CONFIG))


def test_articles_without_a_common_bucket_are_not_compared():
    """Candidates come from the bands alone."""
    apart = members([A, NEAR_A], keys=[[1, 2], [3, 4]])
    together = members([A, NEAR_A], keys=[[1, 2], [3, 2]])

    assert [] == listed(stars(apart, CONFIG))
    assert [(1, 0)] == listed(stars(together, CONFIG))


def test_equal_texts_are_exact_copies_whatever_their_bands_and_length():
    """Even two words are the same two words."""
    short = members([TINY, TINY, set(), set()], keys=[[1], [2], [3], [4]])

    assert [(1, 0), (3, 2)] == listed(stars(short, CONFIG))


def test_short_texts_are_only_exact_copies():
    """Below min_shingles, near and contained are not tried."""
    assert [] == listed(stars(members([A, TINY, {1, 2, 200}], texts="xyz"), CONFIG))[1:]


def test_an_exact_copy_of_a_duplicate_takes_over_its_edge():
    """Its representative is the article that is kept."""
    alike = stars(members([A, NEAR_A, NEAR_A]), CONFIG)

    assert [(1, 0), (2, 0)] == listed(alike)


def test_published_articles_come_first_and_stay():
    """They represent others, whatever the order says, and are never removed."""
    alike = stars(members([A, A, NEAR_A, A], published=(1, 3)), CONFIG)

    assert [(0, 1), (2, 1)] == listed(alike)


def test_only_published_articles_leave_nothing_to_decide():
    """Earlier runs are not judged again."""
    assert [] == listed(stars(members([A, A, NEAR_A], published=(0, 1, 2)), CONFIG))


def test_the_order_decides_not_the_position():
    """The first in order represents, wherever it stands."""
    assert [(1, 0), (2, 0)] == listed(
        stars(members([PART_OF_A, A, NEAR_A], ranks=[2, 0, 1]), CONFIG)
    )


FAMILIES = st.lists(
    st.tuples(
        st.sets(st.integers(0, 12), max_size=9),
        st.tuples(st.integers(0, 2), st.integers(3, 5)),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


@pytest.mark.slow
@pytest.mark.parametrize("table", [2, 10**9], ids=["tabled", "loaded"])
@pytest.mark.parametrize("sort", [2, 10**9], ids=["sorted", "scanned"])
@settings(max_examples=60, deadline=None)
@given(family=FAMILIES, random=st.randoms(use_true_random=False))
def test_stars_hold_their_promises(table, sort, family, random):
    """Verified edges to kept articles; nothing left to merge; no order but the total one."""
    sets, keys, flags = zip(*family, strict=True)
    published = {i for i, flag in enumerate(flags) if flag and i % 3 == 0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "TABLE_TEXTS", table)
        patch.setattr(clusters, "SORTED_TEXTS", sort)
        alike = stars(members(sets, keys=keys, published=published), CONFIG)
        shuffled = list(range(len(sets)))
        random.shuffle(shuffled)
        again = stars(
            members(
                [sets[i] for i in shuffled],
                keys=[keys[i] for i in shuffled],
                published={place for place, i in enumerate(shuffled) if i in published},
                ranks=shuffled,
            ),
            CONFIG,
        )
    found = listed(alike)
    assert found == listed(again)
    check_promises(sets, keys, published, found)


def compare(one, other):
    """Compare two sets of numbers."""
    return similarity(np.array(sorted(one), np.uint64), np.array(sorted(other), np.uint64))


def check_promises(sets, keys, published, found):
    """Check each promise of ``stars`` by comparing all pairs."""
    removed = {article for article, _ in found}
    assert not removed & published
    assert not removed & {representative for _, representative in found}
    for article, representative in found:
        same = sets[article] == sets[representative]
        assert same or match_of(compare(sets[article], sets[representative]), CONFIG)
    kept = [i for i in range(len(sets)) if i not in removed]
    for i in kept:
        for j in kept:
            if i < j and not {i, j} <= published:
                share = any(a == b for a, b in zip(keys[i], keys[j], strict=True))
                assert sets[i] != sets[j]
                assert not (share and match_of(compare(sets[i], sets[j]), CONFIG))


@pytest.mark.slow
def test_ten_thousand_strangers_in_one_bucket_take_seconds():
    """9,000 kept texts that share their site's chrome, and 1,000 copies: all found."""
    generator = np.random.default_rng(5)
    chrome = set(range(60))
    own = generator.integers(1000, 2**60, (9000, 140))
    sets = [chrome | set(row) for row in own.tolist()]
    sets += [{*list(sets[i])[20:], 999} for i in range(1000)]
    started = time.process_time()
    giant = members(sets, keys=[[1, 2, 3, 4]] * len(sets), texts=range(len(sets)))
    found = listed(stars(giant, CONFIG))

    assert [(9000 + i, i) for i in range(1000)] == found
    assert 60 > time.process_time() - started


def test_a_component_too_large_for_its_table_is_judged_by_a_part_of_its_shingles(monkeypatch):
    """Half of 120 texts are copies of the other half: found by one shingle in eight, as by all."""
    generator = np.random.default_rng(7)
    sets = [set(row) for row in generator.integers(0, 2**60, (60, 800)).tolist()]
    sets += [{*sorted(each)[100:], *range(100)} for each in sets]
    giant = members(sets, keys=[[1, 2, 3, 4]] * len(sets), texts=range(len(sets)))
    expected = [(60 + i, i) for i in range(60)]

    assert expected == listed(stars(giant, CONFIG))
    monkeypatch.setattr(clusters, "TABLE_SHINGLES", 12_000)
    assert expected == listed(stars(giant, CONFIG))


def test_a_text_is_given_up_after_so_many_looks(monkeypatch):
    """What shares a band with too many that it is no copy of is one by itself."""
    monkeypatch.setattr(clusters, "MOST_LOOKS", 2)
    strangers = [set(range(start, start + 20)) for start in (100, 200, 300)]
    last_two = [set(range(20)), set(range(1, 21))]
    keys = [[1, 2, 3, 4]] * 5

    assert [] == listed(stars(members([*strangers, *last_two], keys=keys), CONFIG))
    monkeypatch.setattr(clusters, "MOST_LOOKS", 5)
    assert [(4, 3)] == listed(stars(members([*strangers, *last_two], keys=keys), CONFIG))


def test_shingles_are_loaded_again_when_the_cache_is_full(monkeypatch):
    """Bounded memory changes the work, not the result."""
    monkeypatch.setattr(clusters, "CACHE_BYTES", 1)

    assert [(1, 0), (2, 0)] == listed(stars(members([A, NEAR_A, PART_OF_A]), CONFIG))


@settings(deadline=None)
@given(family=FAMILIES, random=st.randoms(use_true_random=False))
def test_couples_are_decided_as_components_of_two(family, random):
    """Many at once get what the stars of each would give."""
    texts = family[: len(family) // 2 * 2]
    ranks = list(range(len(texts)))
    random.shuffle(ranks)

    def some(places):
        sets, keys, flags = zip(*[texts[i] for i in places], strict=True)
        published = {n for n, flag in enumerate(flags) if flag}
        own = [ranks[i] for i in places]
        return members(sets, keys=keys, published=published, ranks=own)

    pairs = [(first, first + 1) for first in range(0, len(texts), 2)]
    expected = [row for pair in pairs for row in listed(stars(some(pair), CONFIG))]
    found = listed(couples(some(range(len(texts))), CONFIG)) if texts else []
    assert sorted(expected) == found
