"""The line model: its file, its path over the lines, its three thresholds and its reasons."""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.plain.features import FEATURES, GROUPS
from pipeline.clean.plain.lexicon import LIMIT
from pipeline.clean.plain.line_model import THRESHOLDS, WEIGHTS, load_model, viterbi

DATA = Path(__file__).parents[3] / ".." / "shared" / "data" / "text"
MARGINS = st.lists(st.integers(-80, 80).map(lambda n: n / 10), max_size=9)


def worth(margins, drop, cost):
    """What a labelling is worth: margins kept, minus the cost of each change."""
    kept = sum(m for m, d in zip(margins, drop, strict=True) if not d)
    return kept - cost * sum(a != b for a, b in pairwise(drop))


@given(MARGINS, st.sampled_from([0.0, 0.2, 1.0, 5.0]))
def test_viterbi_finds_the_best_labelling(margins, cost):
    """No other choice of lines to drop is worth more."""
    best = max(worth(margins, drop, cost) for drop in product((False, True), repeat=len(margins)))

    assert best == pytest.approx(worth(margins, viterbi(margins, cost), cost))


@given(MARGINS, st.sampled_from([0.0, 0.2, 1.0]), st.integers(0, 30))
def test_a_higher_threshold_drops_no_fewer_lines(margins, cost, more):
    """What a mode drops, every more thorough one drops too."""
    careful = viterbi(margins, cost)
    thorough = viterbi([m - more / 10 for m in margins], cost)

    assert all(not a or b for a, b in zip(careful, thorough, strict=True))


def test_modes_are_three_thresholds_in_order():
    """The careful one is the lowest, the thorough one the highest."""
    assert THRESHOLDS["careful"] < THRESHOLDS["default"] < THRESHOLDS["thorough"]


def test_the_file_weighs_features_and_short_phrases_only():
    """Every weight has a feature; n-grams are one or two words; the file is small."""
    model = load_model()
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))

    assert set(stored["weights"]) <= set(FEATURES)
    assert (len(model.weights), len(GROUPS)) == model.membership.shape
    assert [1.0] * len(model.weights) == model.membership.sum(axis=1).tolist()
    assert 200_000 > WEIGHTS.stat().st_size
    assert all(re.fullmatch(r"\^?[^\s]+( [^\s]+)?\$?", gram) for gram in model.lexicon)
    assert all(abs(weight) <= LIMIT for weight in model.lexicon.values())


@pytest.mark.skipif(
    not DATA.exists(), reason="the labelled texts are not beside the repository (../shared/data)"
)
def test_the_file_was_learned_from_the_data_at_hand():
    """The digests in the file are those of the labelled texts; if not: ``make train``."""
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    found = {
        path.name: blake2b(path.read_bytes(), digest_size=16).hexdigest()
        for path in sorted(DATA.glob("*.jsonl.xz"))
    }

    assert found == stored["trained_on"]
