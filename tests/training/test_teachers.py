"""The tagger learns from the mean of several nets, also where nobody told the roles of a text."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.clean.lines.tagger import ROLES
from training.labelled import label_lines

pytest.importorskip("jax", reason="training needs the extra `train`")
net = pytest.importorskip("training.tagger_net")
corpora = pytest.importorskip("training.corpus")
teachers = pytest.importorskip("training.teachers")
training = pytest.importorskip("training.train_tagger")

STORY = "The harbour board closed the ferry berth on Tuesday after divers found cracks in it."


@pytest.fixture(scope="module")
def corpus():
    """Thirty pages of three lines; the headline is known of every second one."""
    pages, roles = [], []
    for number in range(30):
        row = {"id": f"p{number}", "domain": f"site{number}.example", "lang": "en", "title": None}
        lines = [["Menu", False, "d"], [f"Berth {number} closed", False, "n"], [STORY, False, "k"]]
        pages.append(label_lines(row, "ptags", "gold", lines))
        held = np.zeros((len(ROLES), 3), np.bool_)
        held[0, 1] = True
        roles.append(None if number % 2 else (held, np.array([True, False, False])))
    return corpora.measured(pages, roles)


def test_teachers_are_asked_of_texts_outside_of_a_part(corpus, monkeypatch):
    """Their mean, in logarithms; probabilities of a text's lines and of none add up to 1."""

    def said_by(learned, *_):
        share = learned["share"]
        none = np.full((net.TEXTS, len(ROLES)), np.log(1 - 3 * share))
        lines = np.full((net.LINES, len(ROLES)), np.log(share))
        return np.full((net.LINES, 1), np.log(share / (1 - share))), lines, none

    monkeypatch.setattr(net, "said_by", said_by)
    seen = corpus.without(0)
    names = ("words_rows", "pairs_rows")
    rows = {name: np.zeros((bag.shape[1], 1)) for name, bag in zip(names, seen.bags, strict=True)}
    taught = teachers.teach(corpus, seen, [rows | {"share": 0.1}, rows | {"share": 0.3}], 0)

    line, none = np.sqrt(0.1 * 0.3), np.sqrt(0.7 * 0.1)
    odds = np.sqrt(0.1 / 0.9 * 0.3 / 0.7)
    for number, page in enumerate(corpus.pages):
        lines = slice(corpus.first[number], corpus.first[number + 1])
        held = page.fold == 0
        share = 0 if held else line / (3 * line + none)
        np.testing.assert_allclose(taught.lines[lines], share, rtol=1e-5)
        np.testing.assert_allclose(taught.none[number], 0 if held else 1 - 3 * share, rtol=1e-5)
        np.testing.assert_allclose(taught.story[lines], 0 if held else odds / (1 + odds), rtol=1e-5)


@pytest.mark.parametrize("sure", [True, False])
def test_what_is_taught_weighs_where_it_is_sure(corpus, sure):
    """All of a role that nobody told, most of one that is known; half of a line's label."""
    count = len(corpus.ids)
    lines = np.zeros((count, len(ROLES)), np.float32)
    none = np.full((len(corpus.pages), len(ROLES)), 1.0 if sure else 0.5, np.float32)
    taught = teachers.Taught(np.full(count, 0.8, np.float32), lines, none)
    draw = training.Draw(corpus.pages, None, 0)
    some = [training.Drawn(text, 1.0, 0, 3) for text in (0, 1)]
    plain = training.batch_of(corpus, corpus.without(None), some, draw)
    batch = training.batch_of(corpus, corpus.without(None), some, draw, taught)

    np.testing.assert_allclose([0, 0, 1, 0, 0, 1], plain.story[:6])
    np.testing.assert_allclose([0.4, 0.4, 0.9, 0.4, 0.4, 0.9], batch.story[:6], rtol=1e-6)
    np.testing.assert_allclose([[1, 0, 0], [0, 0, 0]], plain.role_weight[:2])
    assert not plain.taught_weight.any()
    np.testing.assert_allclose([[0.2, 0, 0], [0, 0, 0]], batch.role_weight[:2], rtol=1e-6)
    expected = [[0.8, 1, 1], [1, 1, 1]] if sure else np.zeros((2, 3))
    np.testing.assert_allclose(expected, batch.taught_weight[:2], rtol=1e-6)
