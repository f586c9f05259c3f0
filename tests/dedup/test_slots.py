"""Weekdays, months and numbers in words tell items of a template apart; copies are still found."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from pipeline.dedup.model import MOST_HOURS
from pipeline.dedup.shingles import shingle_and_sample
from pipeline.dedup.slots import KINDS, apart
from tests.dedup.test_evidence import STORY, chance, parts_of, sketch

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "slots.yaml").read_text("utf-8"))


def filled(case):
    """Make the sketches of a text that is filled in in two ways."""
    texts = [case["text"].replace("…", fill, 1) for fill in case["fills"]]
    return [sketch(text.split(), numbers=text) for text in texts]


def differ(one, other):
    """Count the slots in which two short texts differ."""
    return parts_of(sketch(one.split()), sketch(other.split()))["slots_apart"]


@pytest.mark.parametrize("case", CASES["items"], ids=lambda case: case["fills"][0])
def test_items_of_a_template_are_no_copies(case):
    """One word tells them apart, in any of ten languages, whichever text comes first."""
    one, other = filled(case)
    assert [0, 0] == [chance(one, other), chance(other, one)]


@pytest.mark.parametrize("case", CASES["copies"], ids=lambda case: case["fills"][0])
def test_copies_with_another_word_are_copies(case):
    """A day later, under another dateline, edited, or with a corrected figure."""
    assert chance(*filled(case)) > 0.5


@pytest.mark.parametrize(
    ("one", "other", "slots"),
    [
        ("a fire broke out on Monday at", "a fire broke out on Thursday at", 1),
        ("a fire broke out on Monday at", "a fire broke out on Tuesday at", 0),
        ("a fire broke out on Sunday at", "a fire broke out on Monday at", 0),
        ("open from 3 March until then", "open from 14 June until then", 1),
        ("open from 3 March until then", "open from 14 March until then", 0),
        ("on Monday two of them left", "on Monday four of them left", 1),
        ("they said on Monday at noon", "they said on May at noon", 0),
        ("they said on Monday at noon", "they left on Friday at noon", 0),
        ("they said on Monday at noon", "they said at noon", 0),
        ("he said on Monday that he said on Friday that", "he said on Friday that", 0),
        ("he said on Monday that he said on Friday that", "he said on Sunday that", 0),
        ("Monday at", "Friday at", 0),
        ("on Monday", "on Friday", 0),
        ("", "they said on Monday at noon", 0),
    ],
)
def test_only_the_same_place_filled_in_otherwise_counts(one, other, slots):
    """Between the same words, with a word of the same kind, and not if a text has both."""
    assert (slots, slots) == (differ(one, other), differ(other, one))


def test_one_of_several_numbers_may_be_corrected():
    """As with figures: half of the words at the same places tell items apart, one of three not."""
    text = "of the two boats that {} fishermen had hired for ten days only one came back"
    one, other = (" ".join([*STORY[:200], text.format(n)]).split() for n in ("six", "five"))
    assert chance(sketch(one), sketch(other)) > 0.5
    assert 0 == chance(sketch(one[:207]), sketch(other[:207]))


def test_a_word_has_one_meaning():
    """Within all languages, except short words that are numbers of one value."""
    lines = [line.split() for lines, _ in KINDS for line in lines]
    counts = Counter(word for line in lines for word in set(line))
    assert {word for word, count in counts.items() if count > 1} == set()
    assert not apart().diagonal().any()
    assert (apart() == apart().T).all()


def test_slots_do_not_depend_on_the_other_texts():
    """A text has the same slots alone and in a block."""
    texts = [each["text"].replace("…", each["fills"][0]) for each in CASES["items"]] * 8
    whole = shingle_and_sample(texts, 4)[1].slots
    for at, text in enumerate(texts[:12]):
        assert shingle_and_sample([text], 4)[1].slots.values.tolist() == whole.of(at).tolist()


def test_different_texts_of_known_days_long_apart_are_no_copies():
    """More than thirty days; an unknown day says nothing."""
    day = 24 * 60
    edited = [*STORY[:300], "other", *STORY[301:]]
    for days, copy in ((1, True), (30, True), (32, False), (300, False)):
        pair = sketch(STORY, minute=0), sketch(edited, minute=days * day)
        assert copy == (chance(*pair) > 0.5), days
        assert copy == (days * 24 <= MOST_HOURS)
    assert chance(sketch(STORY, minute=0), sketch(edited)) > 0.5
