"""The tagger says the same of a text in any company, and on any machine."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.arrays import Growing
from pipeline.clean.lines.cleaner import tag_pages
from pipeline.clean.lines.observed import (
    HEADERS,
    OWN,
    PLACES,
    Tokens,
    headers_of,
    placed,
    read_lines,
)
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import CLASSES, rule_hits
from pipeline.clean.lines.tagger import ROLES, TOLD, WEIGHTS

ANSWERS = Path(__file__).parents[2] / "cases" / "tagger.json"
"""Texts with what the committed weights say of them; ``python -m tests.tagger_answers``."""
MOST_BYTES = 4_000_000
LINES = (
    "Ferry berth closed after divers find cracks",
    "Read more",
    "Comments",
    "The harbour board closed the ferry berth on Tuesday after divers found cracks in three piles.",
    "Repairs to the berth will take until spring, the board said, and two boats will serve.",
    "I told you so years ago, you never listen!",
    "By Ada Brandt",
    "June 9, 2021, 10:30",
    "港の岸壁は春まで閉鎖される。",
    "責任編輯：記者",
    "©",
    "(c) 2020 | example.com",
)
TEXT = st.lists(st.sampled_from(LINES), min_size=1, max_size=12).map("\n".join)

WORDS_AND_SIGNS = ("storm", "harbour", "closed", "night", "the", "a", ".", "market", "people")


def tagged(texts):
    """What the tagger says of *texts*, read together."""
    pages = [read_page(text) for text in texts]
    return tag_pages(pages, [rule_hits(page) for page in pages])


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(st.lists(TEXT, min_size=1, max_size=6))
def test_a_text_is_tagged_alike_in_any_company(texts):
    """Every number of a text is, to the last bit, the one that it has alone."""
    for text, among in zip(texts, tagged(texts), strict=True):
        alone = tagged([text])[0]
        for name in ("story", "classes", "roles", "none"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(among, name))


@pytest.mark.parametrize("answer", json.loads(ANSWERS.read_text(encoding="utf-8")))
def test_the_committed_weights_say_what_they_said_when_they_were_learned(answer):
    """Log-odds and shares are those that were stored with the weights, whatever the machine."""
    tags = tagged([answer["text"]])[0]

    assert answer["story"] == tags.story.round(1).tolist()
    assert answer["roles"] == tags.roles.round(1).tolist()


BULLETS = ("-", "•", "*", "–", "▶", "»", "◦", "→", "|", "■")


@pytest.mark.parametrize("bullet", BULLETS)
def test_bare_bullets_of_a_list_say_nothing_of_its_entries(bullet):
    """Every other line is tagged as if the bullets were not there, whatever they look like."""
    entries = [LINES[0], "New engine for the mail boat", "Harbour board elects a chair", "Comments"]
    story = list(LINES[3:5])
    bare = [line for entry in entries for line in (bullet, entry)]

    shown = tagged(["\n".join([*story, *bare])])[0]
    plain = tagged(["\n".join([*story, *entries])])[0]

    kept = [0, 1, 3, 5, 7, 9]
    np.testing.assert_array_equal(plain.story, shown.story[kept])
    np.testing.assert_array_equal(plain.roles, shown.roles[kept])


def test_signs_between_scenes_are_seen():
    """A line of signs between two paragraphs is no bullet: the tagger sees it, and it stays."""
    story = [LINES[3], "* * *", LINES[4], "* * *", LINES[3], "* * *", LINES[4]]
    page = read_page("\n".join(story))

    assert frozenset() == rule_hits(page)["bullet_only"]
    assert tagged(["\n".join(story)])[0].story.min() > -TOLD


@settings(deadline=None, max_examples=40)
@given(TEXT)
def test_the_shares_of_a_role_add_up(text):
    """Each role is some line's or none's, and nothing is not a number."""
    tags = tagged([text])[0]

    np.testing.assert_allclose(tags.roles.sum(axis=0) + tags.none, 1.0, atol=0.02)
    assert np.isfinite(tags.story).all()
    assert tags.classes.shape == (len(tags.story), len(CLASSES))
    assert tags.roles.shape == (len(tags.story), len(ROLES))


def test_the_weights_are_small():
    """They are one file of less than four megabytes."""
    assert WEIGHTS.stat().st_size <= MOST_BYTES


@settings(deadline=None, max_examples=40)
@given(st.lists(TEXT, min_size=1, max_size=5))
def test_what_is_seen_of_a_text_does_not_depend_on_others(texts):
    """Facts and places of its lines are those that they have alone."""
    seen = [observed([text]) for text in texts]

    np.testing.assert_array_equal(np.concatenate(seen), observed(texts))
    assert OWN + PLACES == seen[0].shape[1]


def observed(texts):
    """Everything but hashed words that is seen of *texts*."""
    pages = [read_page(text) for text in texts]
    numbers = {}
    lines = [line for page in pages for line in page.lines]
    ids = np.array([numbers.setdefault(line.text, len(numbers)) for line in lines])
    table = read_lines(list(numbers), Tokens())
    sizes = np.array([len(page.lines) for page in pages])
    blanks = np.array([line.blank_before for line in lines])
    places = placed(table, ids, blanks, headers_of(lines), sizes)
    return np.concatenate((table.own[ids], places), axis=1)


@given(st.lists(st.lists(st.integers(0, 9), max_size=12), max_size=9))
def test_rows_that_grow_are_those_that_were_added(portions):
    """What is added stands behind the rest, however often the rows are moved."""
    held = Growing(np.zeros(0, np.int64))
    everything = [row for portion in portions for row in portion]

    found = [held.add(np.array(portion, np.int64)) for portion in portions]

    assert not portions or everything == found[-1].tolist()


@given(
    st.lists(
        st.lists(st.sampled_from(WORDS_AND_SIGNS), min_size=1, max_size=8), min_size=1, max_size=12
    )
)
def test_words_that_lines_share_are_counted_once_a_line(lines):
    """The shares of a line's words that other prose has are those of a plain count."""
    texts = [" ".join(line) for line in lines]
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    ids = np.array([numbers[text] for text in texts])
    table = read_lines(list(numbers), Tokens())
    sizes = np.array([len(texts)])
    words = [{w for w in line if len(w) >= 5} for line in lines]
    told = [own if table.prose[at] else set() for own, at in zip(words, ids, strict=True)]
    expected = [
        sum(any(word in other for at, other in enumerate(told) if at != here) for word in own)
        / max(len(own), 1)
        for here, own in enumerate(words)
    ]

    blanks, headers = np.zeros(len(texts), np.bool_), np.zeros((len(texts), len(HEADERS)), np.bool_)
    places = placed(table, ids, blanks, headers, sizes)

    np.testing.assert_allclose(np.float32(expected), places[:, 10], rtol=1e-6)
