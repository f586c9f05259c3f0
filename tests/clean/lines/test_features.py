"""The features of the line model: what they measure, and that they are all there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.lines.context import averages, best_run, place_of, runs_of, shifted
from pipeline.clean.lines.features import (
    BASE,
    FEATURES,
    GROUPS,
    LEXICON,
    OBSERVED,
    Expansion,
    group_of,
    observe,
)
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import rule_hits
from pipeline.clean.lines.tokens import Lexicon, Tokens, grams

STORY = """Ferry berth closed
Read more
The harbour board closed the ferry berth on Tuesday after divers found cracks in three piles.
Repairs to the berth will take until spring, the board said, and two ferry boats will serve.
Comments
Finally somebody looked below the berth, well done to the board.
Read more"""


def seen(page):
    """What ``observe`` says of one page."""
    return observe([page], [rule_hits(page)], Tokens(page.lines))


def observed(text):
    """What ``observe`` says of *text*, by name of the column."""
    page = read_page(text)
    return dict(zip(OBSERVED, seen(page).T.tolist(), strict=True))


def test_a_line_is_measured_by_itself():
    """Length, end, prose, phrases and rules are columns of their own."""
    found = observed(STORY)

    assert [0, 0, 1, 1, 0, 1, 0] == found["prose"]
    assert [0, 0, 1, 1, 0, 1, 0] == found["ends_period"]
    assert [0, 1, 0, 0, 0, 0, 1] == found["phrase:read_more"]
    assert [0, 1, 0, 0, 0, 0, 1] == found["rule:read_more"]


def test_lines_below_a_header_of_comments_know_it():
    """The header's own line and all below it are under it; those above are not."""
    assert [0, 0, 0, 0, 1, 1, 1] == observed(STORY)["section:comments:under"]


def test_a_repeated_line_is_told_from_its_first():
    """Both are repeated; only the second is repeated before."""
    found = observed(STORY)

    assert [0, 1, 0, 0, 0, 0, 1] == found["repeated"]
    assert [0, 0, 0, 0, 0, 0, 1] == found["repeated_before"]


def test_vocabulary_is_shared_with_other_lines_only():
    """A line that alone uses its words shares none; one about the story's subject does."""
    text = STORY + "\nWinning lottery numbers revealed"
    found = observed(text)

    assert 0 == found["overlap"][7]
    assert 0 < found["overlap"][0] <= 1


def test_letters_stand_for_words_where_there_are_no_spaces():
    """A line of Japanese is spaceless, one of English is not."""
    found = observed("新しい渡し船は春から岸壁を離れていない。\nThe ferry left the berth.")

    assert [True, False] == [value > 0.5 for value in found["spaceless"]]


@pytest.mark.parametrize("text", ["", "a", "-\n-\n-", "東京" * 40, STORY, "x\n" * 300])
def test_any_page_gives_one_finite_row_a_line(text):
    """Every feature of every line is a number, however few lines there are."""
    page = read_page(text)
    words = np.zeros((len(page.lines), len(LEXICON)), np.float32)
    if page.lines:
        base = np.concatenate((seen(page), words), axis=1)
        x = Expansion(FEATURES).expand(base, [len(base)])

        assert (len(page.lines), len(FEATURES)) == x.shape
        assert np.isfinite(x).all()


def test_a_chosen_feature_is_the_same_alone_and_among_all():
    """Computing fewer features changes none of them."""
    page = read_page(STORY)
    words = np.ones((len(page.lines), len(LEXICON)), np.float32)
    base = np.concatenate((seen(page), words), axis=1)
    chosen = FEATURES[::7]

    np.testing.assert_array_equal(
        Expansion(FEATURES).expand(base, [len(base)])[:, ::7],
        Expansion(chosen).expand(base, [len(base)]),
    )


def test_names_are_unique_and_grouped():
    """No two features share a name; each belongs to a group, and each group has some."""
    assert len(FEATURES) == len(set(FEATURES))
    assert set(GROUPS) == {group_of(name) for name in FEATURES}
    assert len(BASE) == len(OBSERVED) + len(LEXICON)


def test_windows_count_lines_beyond_the_page_as_zeros():
    """The mean over a window divides by the window's size, at the page's edges too."""
    values = np.array([[[3.0], [6.0], [9.0]]], np.float32)

    np.testing.assert_allclose([[[3], [6], [5]]], averages(values, ((1, 1),)))
    np.testing.assert_allclose([[[6], [9], [0]]], shifted(values, 1))
    np.testing.assert_allclose([[[0], [0], [3]]], shifted(values, -2))


def test_runs_and_places_are_logarithms_of_lines():
    """A line in the run is 0 lines away from it."""
    flags = np.array([[False, True, False, False]])
    lines = np.log1p([[[40, 1], [0, 0], [1, 40], [2, 40]]])
    places = place_of(np.array([1]), np.array([2]), np.arange(3)[None])

    np.testing.assert_allclose(lines, runs_of(flags), 1e-6)
    np.testing.assert_allclose([[[0, np.log(2), 0], [1, 0, 0], [0, 0, np.log(2)]]], places, 1e-6)
    assert [[0], [0]] == [limit.tolist() for limit in best_run(np.array([[-1.0, -2.0]]))]


def test_numbers_are_all_the_same_to_the_lexicon():
    """``3 comments`` and ``12 comments`` are one pair of words."""
    assert grams(("3", "comments")) == grams(("12", "comments"))


def test_long_lines_are_read_at_both_ends():
    """The middle of a long line gives nothing; its end does."""
    words = (*(f"a{i}" for i in range(80)), "subscribe")

    assert "subscribe" in grams(words)
    assert "a50" not in grams(words)


def test_pairs_of_letters_are_words_where_no_spaces_part_them():
    """A clause of a script without spaces gives the lexicon its pairs; other lines their words."""
    lexicon = Lexicon({"责任": -1.5, "责任 任编": -0.5, "^share": -1.0})
    page = read_page("责任编辑\n任务 2012\nshare")

    assert [-2.0, 0.0, -1.0] == lexicon.scores(Tokens(page.lines))[:, 0].tolist()


def test_the_lexicon_counts_a_word_once():
    """Sum, highest and lowest; repetition within a line changes nothing."""
    lexicon = Lexicon({"share": -1.5, "said": 0.5})
    page = read_page("share said said\n?\nshare share")
    found = lexicon.scores(Tokens(page.lines))

    np.testing.assert_allclose([[-1, 0.5, -1.5], [0, 0, 0], [-1.5, 0, -1.5]], found[:, :3])
    np.testing.assert_allclose([-1 / 8**0.5, 0, -1.5 / 6**0.5], found[:, 3], 1e-6)


GRAMS = ["a", "b", "0", "…", "a b", "b a", "… b", "^a", "^b a", "^0", "b$", "0$"]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.sampled_from(["a", "b", "7", "12th"]), max_size=90), min_size=1))
def test_hashed_words_score_as_their_ngrams_do(lines):
    """Of many lines at once, each has the sum of the weights of its own distinct n-grams."""
    weights = {gram: (-1) ** i * (i + 1) / 100 for i, gram in enumerate(GRAMS)}
    page = read_page("\n".join(" ".join(("x", *line)) for line in lines))
    expected = [
        sum(weights.get(gram, 0.0) for gram in set(grams(line.words))) for line in page.lines
    ]

    np.testing.assert_allclose(expected, Lexicon(weights).scores(Tokens(page.lines))[:, 0], 1e-5)
