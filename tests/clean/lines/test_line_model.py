"""The line model: its file, its path over the lines, its three thresholds and its reasons."""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.lines.features import BASE, FEATURES, GROUPS
from pipeline.clean.lines.model import (
    BRIEF_BONUS,
    HEADING_BONUS,
    PARAGRAPH_BONUS,
    PARAGRAPH_WORDS,
    SHAPE_BONUS,
    THRESHOLDS,
    WEIGHTS,
    benefit_of_doubt,
    load_model,
    score_pages,
)
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import rule_hits
from pipeline.clean.lines.tokens import LIMIT
from pipeline.clean.model import viterbi

ARCHIVES = ("daniel", "wcxb_article")
"""Those that ``training.train_lines`` renders to learn from."""
DATA = Path(__file__).parents[3] / ".." / "shared" / "data"
TRAINING = Path(__file__).parents[3] / "training"
LABELS = [TRAINING / f"{name}_labels.jsonl" for name in ("hand", "corrected")]
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


def test_how_lines_are_parted_says_nothing_of_a_line():
    """With a blank line between all paragraphs a text gets the scores that it has without any."""
    lines = (
        "Ferry berth closed after divers find cracks",
        "The harbour board closed the ferry berth on Tuesday after divers found cracks in it.",
        "Repairs will take until the end of spring, the board said.",
        "“Nobody should have to wait,” said Ada Brandt, who runs the shop on the island.",
        "Her bees have been told.",
        "Share this article",
    )
    close, apart = (read_page(gap.join(lines)) for gap in ("\n", "\n\n"))
    one, other = score_pages([close, apart], [rule_hits(close), rule_hits(apart)])

    assert one.values.tolist() == other.values.tolist()


def test_the_file_weighs_features_and_short_phrases_only():
    """Every weight has a feature; n-grams are one or two words; the file is small."""
    model = load_model()
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))

    assert set(stored["weights"]) <= set(FEATURES)
    assert (len(model.weights), len(GROUPS)) == model.membership.shape
    assert [1.0] * len(model.weights) == model.membership.sum(axis=1).tolist()
    assert 200_000 > WEIGHTS.stat().st_size
    assert all(re.fullmatch(r"\^?[^\s]+( [^\s]+)?\$?", gram) for gram in stored["lexicon"])
    assert all(abs(weight) <= LIMIT for weight in stored["lexicon"].values())


@pytest.mark.skipif(
    not DATA.exists(), reason="the labelled texts are not beside the repository (../shared/data)"
)
def test_the_file_was_learned_from_the_data_at_hand():
    """The digests in the file are those of the labelled texts and pages; if not: ``make train``."""
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    archives = (DATA / "html" / f"{name}.tar.xz" for name in ARCHIVES)
    found = {
        path.name: blake2b(path.read_bytes(), digest_size=16).hexdigest()
        for path in (*DATA.glob("text/*.jsonl.xz"), *archives, *LABELS)
    }

    assert found == stored["trained_on"]


def test_a_lone_heading_and_a_long_paragraph_have_the_benefit_of_the_doubt():
    """Not at a page's edge, beside chrome, where a rule holds it, or one word too short."""
    words = [3, 20, 3, 20, 3, 3, 20, 3, 20, PARAGRAPH_WORDS, PARAGRAPH_WORDS - 1]
    prose = [0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0]
    ruled = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    page_of = np.array([0] * 11)
    base = np.zeros((11, len(BASE)), np.float32)
    base[:, BASE.index("words")] = np.log1p(words)
    base[:, BASE.index("prose")] = prose
    base[:, BASE.index("ruled")] = ruled
    bonus = [0, 0, HEADING_BONUS, 0, 0, 0, 0, 0, 0, PARAGRAPH_BONUS, 0]

    assert bonus == benefit_of_doubt(np.ones(11), base, page_of).tolist()
    page_of[2:] = 1
    bonus[2] = 0
    assert bonus == benefit_of_doubt(np.ones(11), base, page_of).tolist()


def test_a_short_sentence_has_the_benefit_of_the_doubt():
    """Three words and a full stop; not two, not without one, not where a rule or a phrase holds."""
    base = np.zeros((5, len(BASE)), np.float32)
    base[:, BASE.index("words")] = np.log1p([3, 2, 3, 3, 3])
    base[:, BASE.index("ends_period")] = [1, 1, 0, 1, 1]
    base[3, BASE.index("ruled")] = base[4, BASE.index("phrase")] = 1

    bonus = benefit_of_doubt(-np.ones(5), base, np.zeros(5, np.int64))
    assert [BRIEF_BONUS, 0, 0, 0, 0] == bonus.tolist()


def test_story_in_the_shape_of_chrome_has_the_benefit_of_the_doubt():
    """No phrase, no rule; for a table the rule about what stands outside the story is none."""
    base = np.zeros((5, len(BASE)), np.float32)
    base[:, BASE.index("words")] = np.log1p(20)
    base[:3, BASE.index("cells")] = 1
    base[3:, BASE.index("shape_speaker")] = 1
    base[1, BASE.index("phrase")] = 1
    base[[2, 4], BASE.index("ruled")] = 1
    base[[2, 4], BASE.index("rule:outside_story")] = 1
    page_of = np.array([0] * 5)

    assert [SHAPE_BONUS, 0, SHAPE_BONUS, SHAPE_BONUS, 0] == benefit_of_doubt(
        np.ones(5), base, page_of
    ).tolist()
    base[2, BASE.index("rule:timestamp")] = 1
    assert benefit_of_doubt(np.ones(5), base, page_of)[2] == 0
