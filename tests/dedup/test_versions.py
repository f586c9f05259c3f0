"""Versions of one page: which revises which."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.dedup.decide import versions
from pipeline.dedup.evidence import UNKNOWN

PAGE = 7


def found(*members, alike=(), kept=None):
    """Versions among members given as (url, published, fetched)."""
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
        pytest.param([(PAGE, 0, 1), (PAGE, 1, 2)], [(0, 1)], {0: 1}, id="published is earlier"),
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
