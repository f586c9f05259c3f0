"""Signatures against datasketch, bands against the S-curve."""

from __future__ import annotations

import numpy as np
import pytest
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.arrays import Ragged
from pipeline.dedup import signatures
from pipeline.dedup.signatures import EMPTY, band_keys, collision_probability, sign_block

SETS = st.lists(st.sets(st.integers(0, 2**64 - 1), max_size=40), max_size=12)


def shingles(sets):
    """Put sets of numbers into a block of shingles."""
    offsets = np.cumsum([0, *map(len, sets)], dtype=np.int64)
    return Ragged(np.array([v for s in sets for v in sorted(s)], np.uint64), offsets)


def by_datasketch(values, permutations, seed):
    """Sign one set with datasketch, value by value."""
    sketch = MinHash(permutations, seed=seed, hashfunc=lambda value: value, scheme="affine32")
    for value in values:
        sketch.update(value & 0xFFFFFFFF)
    return sketch.hashvalues.tolist()


@settings(deadline=None)
@given(SETS, st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_signatures_are_those_of_datasketch(sets, permutations, seed):
    """Bit for bit, for any sets, permutations and seed."""
    signed = sign_block(shingles(sets), permutations, seed)

    assert (np.uint32, (len(sets), permutations)) == (signed.dtype, signed.shape)
    for row, values in zip(signed.tolist(), sets, strict=True):
        assert by_datasketch(values, permutations, seed) == row


def test_signatures_do_not_depend_on_how_work_is_cut(monkeypatch):
    """Texts longer than the scratch, and many at once, are signed the same."""
    generator = np.random.default_rng(1)
    sets = [set(generator.integers(0, 2**63, n).tolist()) for n in (300, 0, 1, 2, 90, 0)]
    whole = sign_block(shingles(sets), 32, seed=1)
    monkeypatch.setattr(signatures, "_SCRATCH_VALUES", 16)

    assert whole.tolist() == sign_block(shingles(sets), 32, seed=1).tolist()


def test_a_text_without_shingles_has_the_empty_signature():
    """As in datasketch, it equals that of every other empty text."""
    assert [EMPTY] * 16 == sign_block(shingles([set()]), 16, seed=1)[0].tolist()


def test_a_signature_loads_into_datasketch():
    """The three lines of the module's docstring, with a similarity to check."""
    one, other = sign_block(shingles([set(range(100)), set(range(50, 150))]), 1024, seed=7)
    left, right = (MinHash(seed=7, hashvalues=row, scheme="affine32") for row in (one, other))

    assert 1 / 3 == pytest.approx(left.jaccard(right), abs=0.06)
    left.update(b"more")
    assert 1.0 > left.jaccard(MinHash(seed=7, hashvalues=one, scheme="affine32"))


def test_band_keys_are_equal_where_bands_are():
    """One changed value changes the key of its band only."""
    signed = sign_block(shingles([set(range(50))] * 2), 32, seed=1)
    signed[1, 9] ^= 1
    keys = band_keys(signed, 8)

    assert ((8, 2), np.uint32) == (keys.shape, keys.dtype)
    assert [2] == np.flatnonzero(keys[:, 0] != keys[:, 1]).tolist()


def test_band_keys_hold_the_number_of_the_band_and_the_order_of_the_rows():
    """Equal rows in different bands, or in another order, are different keys."""
    assert 8 == len(np.unique(band_keys(np.full((1, 32), 5, np.uint32), 8)))
    first, second = band_keys(np.array([[1, 2], [2, 1]], np.uint32), 1)[0]
    assert first != second


@pytest.mark.parametrize("bands", [0, -1, 3, 64])
def test_bands_must_divide_the_permutations(bands):
    """The message has both numbers."""
    with pytest.raises(ValueError, match=f"bands = {bands} does not divide 32 permutations"):
        band_keys(np.zeros((1, 32), np.uint32), bands)


def test_candidates_are_found_as_often_as_the_curve_says():
    """800 pairs of Jaccard 1/3 share a band as often as predicted."""
    generator = np.random.default_rng(3)
    values = [generator.integers(0, 2**63, 300).tolist() for _ in range(800)]
    sets = [set(part) for v in values for part in (v[:200], v[100:])]
    keys = band_keys(sign_block(shingles(sets), 64, seed=1), 16)
    share = float((keys[:, ::2] == keys[:, 1::2]).any(axis=0).mean())

    assert collision_probability(1 / 3, 64, 16) == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize(("similarity", "expected"), [(0, 0), (0.5, 0.8732), (1, 1)])
def test_collision_probability_is_the_s_curve(similarity, expected):
    """0 and 1 are certain; between them 1 - (1 - s**r)**b."""
    assert expected == pytest.approx(collision_probability(similarity, 128, 32), abs=1e-4)
