"""Ceilings of what is said untruly of pages that tempt to, and floors of what is said rightly."""

from __future__ import annotations

import pytest

from tests.benchmarks.hostile import counted
from tests.benchmarks.hostile_pages import KIND, read_cases

MOST_UNTRUE = {"title": 8, "authors": 13, "day": 10, "modified": 5}
LEAST_RIGHT = {"title": 357, "authors": 42, "day": 112, "modified": 34}


@pytest.fixture(scope="module")
def found():
    """How often there is each verdict."""
    return counted(read_cases(), KIND)


@pytest.mark.parametrize("field", MOST_UNTRUE)
def test_hardly_anything_untrue_is_said(found, field):
    """Null rather than a guess; what is stated is found all the same."""
    assert found[field, "untrue"] <= MOST_UNTRUE[field]
    assert found[field, "right"] >= LEAST_RIGHT[field]


def test_no_paragraph_is_lost(found):
    """The story stays whole."""
    assert found["paragraph", "lost"] == 0
