"""Ceilings of what is said untruly of texts that tempt to, and floors of what is said rightly."""

from __future__ import annotations

import pytest

from tests.benchmarks.hostile import counted
from tests.benchmarks.hostile_texts import KIND, read_cases

MOST_UNTRUE = {"title": 8, "authors": 8, "day": 8, "modified": 0}
LEAST_RIGHT = {"title": 131, "authors": 50, "day": 105, "modified": 38}
MOST_LOST, MOST_GONE = 8, 1
"""Paragraphs of 771, headlines of 168."""


@pytest.fixture(scope="module")
def found():
    """How often there is each verdict."""
    return counted(read_cases(), KIND)


@pytest.mark.parametrize("field", MOST_UNTRUE)
def test_hardly_anything_untrue_is_said(found, field):
    """Null rather than a guess; what is stated is found all the same."""
    assert found[field, "untrue"] <= MOST_UNTRUE[field]
    assert found[field, "right"] >= LEAST_RIGHT[field]


def test_hardly_anything_is_lost(found):
    """Paragraphs stay, and the headline is the title or in the text."""
    assert found["paragraph", "lost"] <= MOST_LOST
    assert found["headline", "gone"] <= MOST_GONE
