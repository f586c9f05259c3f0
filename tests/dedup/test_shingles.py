"""Shingle sets of blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dedup.shingles import concatenate, shingle_and_sample
from pipeline.text.tokens import words

TEXTS = st.lists(st.text("abc  \n", max_size=60), max_size=150)


def shingle_block(texts, width):
    """The shingle sets of a block."""
    return shingle_and_sample(texts, width)[0]


@settings(deadline=None)
@given(TEXTS, st.integers(1, 6))
def test_shingles_are_the_distinct_runs_of_words(texts, width):
    """Equal runs have equal hashes in all texts, different runs different ones."""
    block = shingle_block(texts, width)
    runs: dict[tuple[str, ...], int] = {}

    assert len(texts) == len(block)
    for index, text in enumerate(texts):
        listed = words(text)
        expected = {tuple(listed[i : i + width]) for i in range(len(listed) - width + 1)}
        found = block.of(index)
        assert len(expected) == len(found) == block.counts[index]
        assert sorted(set(found.tolist())) == found.tolist()
        for run in expected:
            runs.setdefault(run, int(shingle_block([" ".join(run)], width).values[0]))
        assert {runs[run] for run in expected} == set(found.tolist())
    assert len(runs) == len(set(runs.values()))


def test_order_matters():
    """The same words in another order are another shingle."""
    one, other = shingle_block(["a b c d", "d c b a"], 4).values.tolist()

    assert one != other


@pytest.mark.parametrize(("text", "count"), [("a b c d", 0), ("a b c d e", 1), ("a b c d e f", 2)])
def test_a_text_below_the_width_has_no_shingle(text, count):
    """The first shingle comes with the last of its words."""
    assert [0, count, 0] == shingle_block(["x y", text, ""], 5).counts.tolist()


def test_an_empty_block_has_no_texts():
    """Nothing in, nothing out, with the right types."""
    block = shingle_block([], 5)

    assert 0 == len(block)
    assert (np.uint64, np.int64) == (block.values.dtype, block.offsets.dtype)


def test_a_width_below_one_is_refused():
    """The message has the value and the rule."""
    with pytest.raises(ValueError, match="shingle_words = 0: a shingle has at least 1 word"):
        shingle_block(["a"], 0)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_blocks_put_together_are_one_block(left, right):
    """How texts are cut into blocks changes nothing."""
    whole = shingle_block(left + right, 3)
    joined = concatenate([shingle_block(left, 3), shingle_block(right, 3)])

    assert whole.values.tolist() == joined.values.tolist()
    assert whole.offsets.tolist() == joined.offsets.tolist()


def test_both_halves_of_a_shingle_are_well_mixed():
    """Low and high 32 bits may serve alone: no more collisions than chance allows."""
    values = shingle_block([" ".join(map(str, range(20_000)))], 5).values

    assert len(values) - 2 <= len(np.unique(values.astype(np.uint32)))
    assert len(values) - 2 <= len(np.unique(values >> np.uint64(32)))
