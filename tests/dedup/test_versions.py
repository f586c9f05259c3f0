"""Versions of one page: which revises which."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.dedup.evidence import UNKNOWN
from pipeline.dedup.versions import LAYOUT_MINUTES, fetched_together, versions

PAGE = 7


def found(*members, alike=(), kept=None):
    """Versions among members given as (url, published, fetched): which each revises."""
    return {
        member: each.revised for member, each in all_found(*members, alike=alike, kept=kept).items()
    }


def all_found(*members, alike=(), kept=None):
    """Everything about versions among members given as (url, published, fetched)."""
    urls, published, fetched = zip(*members, strict=True)
    return versions(
        np.array(urls, np.uint64),
        np.array(published, np.bool_),
        np.array(fetched, np.int64),
        range(len(members)) if kept is None else kept,
        alike,
    )


@pytest.mark.parametrize(
    ("members", "alike", "expected"),
    [
        pytest.param([(PAGE, 0, 1), (PAGE, 0, 2)], [(0, 1)], {1: 0}, id="later by time"),
        pytest.param([(PAGE, 0, 2), (PAGE, 0, 1)], [(0, 1)], {0: 1}, id="earlier stands later"),
        pytest.param([(PAGE, 0, UNKNOWN), (PAGE, 1, 2)], [(0, 1)], {0: 1}, id="published first"),
        pytest.param([(PAGE, 0, 1), (PAGE, 1, 2)], [(0, 1)], {0: 0}, id="an older one late"),
        pytest.param([(PAGE, 0, UNKNOWN), (PAGE, 0, 1)], [(1, 0)], {1: 0}, id="unknown first"),
        pytest.param([(PAGE, 0, 1), (PAGE, 0, 1)], [(0, 1)], {1: 0}, id="same time: by place"),
        pytest.param([(PAGE, 0, 1), (PAGE, 0, 2)], [], {1: 1}, id="another story"),
        pytest.param([(0, 0, 1), (0, 0, 2)], [(0, 1)], {}, id="no url is no page"),
        pytest.param([(PAGE, 0, 1), (8, 0, 2)], [(0, 1)], {}, id="two pages"),
        pytest.param([(PAGE, 1, 1), (PAGE, 1, 2)], [(0, 1)], {}, id="published ones stay"),
    ],
)
def test_a_later_version_names_the_earlier_one(members, alike, expected):
    """By time, else by place; itself where it is alike none."""
    assert expected == found(*members, alike=alike)


def test_the_latest_version_that_is_alike_is_revised():
    """Not the first of all, and not one that is another story."""
    pages = [(PAGE, 0, n) for n in range(4)]

    assert {1: 0, 2: 1, 3: 2} == found(*pages, alike=[(0, 1), (1, 2), (0, 2), (2, 3)])
    assert {1: 0, 2: 2, 3: 1} == found(*pages, alike=[(0, 1), (0, 3), (1, 3)])


def test_what_is_not_kept_is_no_version():
    """A duplicate's page does not count."""
    assert {} == found((PAGE, 0, 1), (PAGE, 0, 2), alike=[(0, 1)], kept=[1])
    assert {} == found((PAGE, 0, 1), kept=[])


def test_all_versions_know_the_first_of_their_page():
    """By it the latest is found, in whatever order they arrived."""
    late = all_found((PAGE, 0, 1), (PAGE, 1, 5), alike=[(0, 1)])[0]
    assert (0, 1, False) == late

    three = all_found(*[(PAGE, 0, n) for n in range(3)], alike=[(0, 1), (1, 2)])
    assert [0, 0] == [three[n].page for n in (1, 2)]


def test_another_story_at_the_page_is_told():
    """It is a page of its own from then on."""
    assert (1, 1, True) == all_found((PAGE, 0, 1), (PAGE, 0, 2))[1]


def test_layouts_are_fetched_within_minutes():
    """Unknown times say nothing."""
    assert fetched_together(5, 5 + LAYOUT_MINUTES)
    assert not fetched_together(5 + LAYOUT_MINUTES + 1, 5)
    assert not fetched_together(UNKNOWN, UNKNOWN)
