"""Samples of shingles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.shingles import (
    SAMPLED,
    keys_of,
    places_of,
    shingle_and_sample,
)

WORDS = st.lists(st.sampled_from("a bb ccc 4 5,5 d e".split()), max_size=80).map(" ".join)
LONG = " ".join(f"w{n}" for n in range(400))


@given(st.lists(WORDS, max_size=5))
def test_a_sample_is_a_fixed_part_of_the_set(texts):
    """Which shingles of a text are sampled, their hash alone says."""
    shingles, samples = shingle_and_sample(texts, 4)

    for index in range(len(texts)):
        hashes = shingles.of(index)
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


SAID = "we will go on with this work until all that was promised has been built, whatever it costs"
QUOTATIONS = [
    f'"{SAID}," the minister said.',
    f"“{SAID},” the chairwoman of the council told reporters.",
    f"„{SAID}“, sagte der Minister am Dienstag.",
    f"«{SAID}», a déclaré la ministre.",
    f'"{SAID}"',
]
STORIES = [
    f'The minister was angry. "{SAID}," he said.',
    f'"{SAID}," the minister said. "And nobody will stop us," he added as he left the hall.',
    f'"{SAID}," the minister said.\n\nThe bridge has been closed since a lorry struck it in May.',
    f'"{SAID}," said the minister, who left before anybody could ask him what it had cost so far.',
    SAID,
    f'"{"and ".join([SAID] * 20)}," the minister said.',
]


@pytest.mark.parametrize(("texts", "signed"), [(QUOTATIONS, False), (STORIES, True)])
def test_a_quotation_alone_has_no_shingles(texts, signed):
    """Stories that quote it are no copies of it; a story that begins with one is a story."""
    shingles, samples = shingle_and_sample(texts, 4)

    assert [signed] * len(texts) == (shingles.counts > 0).tolist()
    assert [signed] * len(texts) == (samples.positions > 0).tolist()
