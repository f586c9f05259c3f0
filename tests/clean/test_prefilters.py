"""A pattern is tried only on lines with certain words: no match of it lacks them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipeline.clean import bylines, signs
from pipeline.text.lines import VOWEL_SIGNS, folded_words


def first(needed):
    """The line's first word is one of *needed*."""
    return lambda _, words: words[0] in needed


def last(needed):
    """The line's last word is one of *needed*."""
    return lambda _, words: words[-1] in needed


def among(needed):
    """One of *needed* is among the line's words."""
    return lambda _, words: not needed.isdisjoint(words)


def place(text, words):
    """A credit's word, or a bracket."""
    return not signs.CREDIT_WORDS.isdisjoint(words) or "(" in text or "©" in text


def ending(text, words):
    """A credit's word, or a part of one in the line's last characters."""
    stems = any(stem in text.casefold() for stem in signs.CREDIT_STEMS)
    return stems or not signs.CREDIT_WORDS.isdisjoint(words)


PREFILTERS = {
    "pointer": (signs._POINTER, first(signs.POINTER_OPENINGS)),
    "desk": (signs._DESK, first(signs.DESK_OPENINGS)),
    "teaser": (signs._TEASER, last(signs.TEASER_ENDS)),
    "headline button": (signs._HEADLINE_BUTTON, last(signs.TEASER_ENDS)),
    "policy": (signs._POLICY, among(signs.COMMENT_WORDS)),
    "label": (signs._LABEL, place),
    "pointed": (signs._POINTED, place),
    "ending": (signs._ENDING, ending),
    "glued credit": (signs._GLUED_CREDIT, ending),
    "byline": (bylines._OPENING, first(bylines.BYLINE_OPENINGS)),
    "reporting by": (bylines._REPORTING, first(bylines._CREDIT_OPENINGS)),
    "contributed": (bylines._CONTRIBUTED, among(bylines._CREDIT_VERBS)),
}
"""Pattern → what lets a line through to it."""

OPENINGS = {"pointer", "desk", "label", "byline", "reporting by"}
"""Patterns that a line begins with."""

LETTERS = st.characters(
    exclude_categories=("C", "Z"), include_characters=" ", exclude_characters="ıİſK\u0345"
)
"""What lines have: all but controls, and letters that patterns take for others, unlike folding."""


@pytest.mark.slow
@pytest.mark.parametrize("name", PREFILTERS)
@settings(max_examples=50, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_no_match_lacks_the_needed_words(name, data):
    """Whatever a pattern matches has passed the look at its words."""
    pattern, passes = PREFILTERS[name]
    drawn = data.draw(st.from_regex(pattern, alphabet=LETTERS))
    match = pattern.search(drawn)
    assume(match)
    # Lines begin with the match, or with other words; in both cases words are whole.
    before, behind = drawn[: match.start()], drawn[match.end() :]
    text = f"{'' if name in OPENINGS else before} {match[0]} {behind}".strip()
    assume(VOWEL_SIGNS.isdisjoint(text))  # within words, where patterns see their end
    (words,) = folded_words([text])

    assume(words)
    assert passes(text, words)
