"""What a terminal is sent: nothing of a stranger's that does anything."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.terminal import (
    paint,
    shown,
    shown_in,
    shown_lines,
    uncoloured,
    wants_colour,
)

DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LINES = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


@given(st.text(max_size=200) | st.text(st.sampled_from(DIRECTION + LINES + "\x1b\x9b\x07\ufeffa")))
def test_nothing_that_moves_colours_or_turns_comes_through(text):
    """Whatever the text: no control character, no escape, no direction mark, and one line."""
    for char in shown(text):
        assert unicodedata.category(char) not in {"Cc", "Zl", "Zp", "Cs"}
        assert char not in DIRECTION
    assert len(shown(text).splitlines()) <= 1


@pytest.mark.parametrize(
    "text", ["Ærø – «fjord»", "東京\u3000都", "می‌خواهم", "👩‍🚀", "a\u00a0b", "Don\u00adau"]
)
def test_what_is_only_foreign_stays(text):
    """Letters, spaces, joiners and soft hyphens of any language are shown as they are."""
    assert text == shown(text)


def test_lines_stay_lines():
    """Of a text of several lines each is made harmless."""
    assert "a\n\\x1b[2Jb\n" == shown_lines("a\n\x1b[2Jb\n")


def test_all_strings_of_an_answer_are_made_harmless():
    """In lists, dicts and names."""
    found = shown_in({"a\n": ["\x1b", ("\u202e", 1, None)]})
    assert {"a\\n": ["\\x1b", ["\\u202e", 1, None]]} == found


@given(st.text(st.characters(exclude_characters="\x1b"), min_size=1))
def test_colour_comes_off_again(text):
    """What was painted is the text when the paint is taken away."""
    assert text == uncoloured(paint(text, "bold", "red"))


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):  # noqa: D102
        return True


@pytest.mark.parametrize(
    ("choice", "stream", "environment", "expected"),
    [
        ("auto", Terminal(), {}, True),
        ("auto", io.StringIO(), {}, False),
        ("auto", Terminal(), {"NO_COLOR": "1"}, False),
        ("auto", Terminal(), {"NO_COLOR": ""}, True),
        ("auto", Terminal(), {"TERM": "dumb"}, False),
        ("always", io.StringIO(), {"NO_COLOR": "1"}, True),
        ("never", Terminal(), {}, False),
    ],
)
def test_colour_is_for_terminals(monkeypatch, choice, stream, environment, expected):
    """NO_COLOR counts unless --color says otherwise."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert expected == wants_colour(choice, stream)
