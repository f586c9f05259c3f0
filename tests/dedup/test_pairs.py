"""Candidate edges of buckets, and exact comparisons."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.arrays import Ragged
from pipeline.config import DedupConfig
from pipeline.dedup.pairs import (
    bucket_edges,
    match_of,
    shared_counts,
    similarity,
    similarity_of,
)

SET = st.sets(st.integers(0, 60), max_size=30)


def array(values):
    """Make a set of numbers a sorted array."""
    return np.array(sorted(values), np.uint64)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5)))
def test_each_bucket_is_a_star_around_its_first_article(keys):
    """Every other article of a bucket has one edge, from the first in the order given."""
    articles = np.arange(len(keys), dtype=np.uint64)[::-1] + 100
    edges = bucket_edges(np.array(keys, np.uint32), articles)
    expected = [
        (articles[keys.index(key)], articles[row])
        for row, key in enumerate(keys)
        if keys.index(key) != row
    ]

    assert sorted(expected) == sorted(map(tuple, edges.tolist()))


def test_the_largest_keys_and_articles_are_joined():
    """All 32 bits of a key and all 64 of an article count."""
    keys = np.array([2**32 - 1, 2**31, 2**32 - 1], np.uint32)
    articles = np.array([2**64 - 1, 1, 2**63], np.uint64)

    assert [[2**64 - 1, 2**63]] == bucket_edges(keys, articles).tolist()


def test_an_article_is_no_neighbour_of_itself():
    """Two equal bands of one article make no edge."""
    edges = bucket_edges(np.array([7, 7, 7], np.uint32), np.array([4, 4, 9], np.uint64))

    assert [[4, 9]] == edges.tolist()


def test_one_bucket_of_everything_costs_an_edge_an_article():
    """A million articles that share one key: linear, no pairs of pairs."""
    started = time.process_time()
    edges = bucket_edges(np.zeros(1_000_000, np.uint32), np.arange(1_000_000, dtype=np.uint64))

    assert (999_999, 2) == edges.shape
    assert 3 > time.process_time() - started


@settings(deadline=None)
@given(SET, SET)
def test_similarity_is_exact(one, other):
    """Shared, Jaccard and containment are those of the sets."""
    found = similarity(array(one), array(other))
    both, either = len(one & other), len(one | other)

    assert both == found.shared
    assert (both / either if either else 0.0) == found.jaccard
    assert min(len(one), len(other)) == found.smaller
    assert (both / found.smaller if found.smaller else 0.0) == found.containment
    assert found == similarity(array(other), array(one))


@settings(deadline=None)
@given(SET, st.lists(SET, max_size=6))
def test_many_are_counted_as_one_by_one(one, others):
    """A batch counts what single comparisons would, in their order."""
    offsets = np.array([0, *itertools.accumulate(map(len, others))], np.int64)
    many = Ragged(np.array([v for s in others for v in sorted(s)], np.uint64), offsets)

    assert [len(one & s) for s in others] == shared_counts(array(one), many).tolist()


CONFIG = DedupConfig(similarity=0.5, containment=0.8, min_shingles=10)
DECISIONS = {
    "near, on the limit": (50, 100, 50, "near"),
    "near wins over contained": (90, 100, 90, "near"),
    "just not near": (49, 100, 90, None),
    "contained, on the limit": (16, 100, 20, "contained"),
    "just not contained": (15, 100, 20, None),
    "small, on the limit": (10, 10, 100, "contained"),
    "too small to be near": (9, 9, 9, None),
    "too small to be contained": (9, 9, 100, None),
    "nothing shared": (0, 50, 50, None),
    "both empty": (0, 0, 0, None),
}


@pytest.mark.parametrize(
    ("shared", "one", "other", "expected"), DECISIONS.values(), ids=DECISIONS.keys()
)
def test_match_of_keeps_to_the_limits(shared, one, other, expected):
    """The limits themselves count as copies; too few shingles prove nothing."""
    assert expected == match_of(similarity_of(shared, one, other), CONFIG)


def test_match_of_never_matches_what_shares_nothing():
    """Not even with limits of 0."""
    config = DedupConfig(similarity=0, containment=0, min_shingles=1)

    assert None is match_of(similarity_of(0, 50, 50), config)
