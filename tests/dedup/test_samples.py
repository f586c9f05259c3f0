"""Samples of shingles, and figures."""

from __future__ import annotations

import re
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.samples import (
    SAMPLED,
    figures,
    figures_block,
    keys_of,
    places_of,
    printed_figures,
    shingle_and_sample,
)
from pipeline.dedup.shingles import shingle_block

WORDS = st.lists(st.sampled_from("a bb ccc 4 5,5 d e".split()), max_size=80).map(" ".join)
LONG = " ".join(f"w{n}" for n in range(400))


@given(st.lists(WORDS, max_size=5))
def test_a_sample_is_a_fixed_part_of_the_set(texts):
    """The sets are those of shingle_block; which of them are sampled, their hash alone says."""
    shingles, samples = shingle_and_sample(texts, 4)
    expected = shingle_block(texts, 4)

    assert expected.values.tolist() == shingles.values.tolist()
    assert expected.offsets.tolist() == shingles.offsets.tolist()
    for index in range(len(texts)):
        hashes = expected.of(index)
        chosen = hashes[(hashes & np.uint64(255)) < SAMPLED] >> np.uint64(32)
        own = samples.values[samples.offsets[index] : samples.offsets[index + 1]]
        assert sorted(set(chosen.tolist())) == keys_of(own).tolist()
    assert [max(len(text.split()) + text.count(",") - 3, 0) for text in texts] == (
        samples.positions.tolist()
    )


def test_a_sample_knows_its_place():
    """What stands fifty words later in another text has a place fifty higher."""
    lead = " ".join(f"x{n}" for n in range(50))
    _, samples = shingle_and_sample([LONG, f"{lead} {LONG}"], 4)
    one, other = samples.values[: samples.offsets[1]], samples.values[samples.offsets[1] :]
    place = dict(zip(keys_of(other).tolist(), places_of(other).tolist(), strict=True))

    assert len(one) > 60
    for key, at in zip(keys_of(one).tolist(), places_of(one).tolist(), strict=True):
        assert place[key] == at + 50


def test_a_repeated_shingle_is_sampled_once_where_it_stands_first():
    """A refrain does not count twice."""
    _, samples = shingle_and_sample([LONG, f"{LONG} {LONG}"], 4)
    once = samples.values[: samples.offsets[1]].tolist()

    assert set(once) <= set(samples.values[samples.offsets[1] :].tolist())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12 May", "on 12th May", True),
        ("3.5 km and 1,200 people", "1,200 people, 3.5 km", True),
        ("at 14:05", "at 14:50", False),
        ("no figure", "", True),
        ("7 7 7", "7", True),
        ("1200", "12 00", False),
    ],
)
def test_figures_are_what_is_written_with_digits(one, other, same):
    """Separators inside belong to a figure, order and repetition do not count."""
    assert same == (figures(one).tolist() == figures(other).tolist())


@given(st.lists(st.text(alphabet="07.,: a\n٣७²\U0001d7ce\ud800é東"), max_size=4))
def test_figures_of_a_block_are_those_of_its_texts(texts):
    """Runs of digits of any script, joined by one point, comma or colon; texts share none."""
    found = figures_block(texts)
    parts = np.split(found.values, found.offsets[1:-1])[: len(texts)]

    for text, own in zip(texts, parts, strict=True):
        printed = set(re.findall(r"\d+(?:[.,:]\d+)*", text))
        assert printed == printed_figures(text)
        assert sorted(crc32(each.encode()) for each in printed) == own.tolist()
