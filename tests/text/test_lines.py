"""Lines keep their place in the raw text; only an editor's fixed width is undone."""

from __future__ import annotations

import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.lines import folded_words, join_wrapped, split_lines
from pipeline.text.unicode import is_plain, normalize

PROSE = (
    "The harbour board met on Tuesday to hear why the new ferry had not left its berth since the"
    " spring, and the engineers said that the second engine would need another month of work"
    " before anybody could promise a timetable for the islands. Nobody in the hall was pleased,"
    " and several of the older fishermen left before the vote had even been called."
)


def paragraphs(raw: str) -> list[str]:
    """Texts of the paragraphs of *raw*."""
    return [line.text for line in join_wrapped(split_lines(raw))]


def test_every_line_break_cuts():
    """Carriage returns, form feeds and the separators of Unicode end a line."""
    raw = "a\rb\r\nc\nd\x0ce\x0bf\u2028g\u2029h\x85i"

    assert list("abcdefghi") == [line.text for line in split_lines(raw)]


def test_offsets_are_code_points_without_surrounding_space():
    """A line's span holds its text in the raw string, without indent and line end."""
    raw = "  eins \r\n\r\n\u00a0zwei😀\t\n"

    assert ["eins", "zwei😀"] == [raw[line.start : line.end] for line in split_lines(raw)]


def test_blank_lines_are_remembered():
    """A line knows whether an empty one stands before it; the first counts as such."""
    lines = split_lines("a\nb\n \t\nc")

    assert [True, False, True] == [line.blank_before for line in lines]


@pytest.mark.parametrize("width", [60, 65, 72, 80])
def test_hard_wrapped_paragraphs_are_joined(width):
    """A paragraph broken at 60 to 80 columns is one paragraph again."""
    raw = "\n\n".join(textwrap.fill(PROSE, width) for _ in range(3))

    assert [PROSE] * 3 == paragraphs(raw)


def test_indented_paragraphs_are_parted():
    """Where only an indent starts a paragraph, it does."""
    raw = "\n".join(textwrap.fill(PROSE, 70, initial_indent="   ") for _ in range(3))

    assert [PROSE] * 3 == paragraphs(raw)


def test_scripts_without_spaces_are_joined_without_one():
    """Han and kana lines join as they were written."""
    text = "新しい渡し船は春から岸壁を離れていない。" * 8
    raw = "\n".join(textwrap.wrap(text, 36))

    assert [text] == paragraphs(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "Home\nNews\nSport\nWeather\nContact",
        f"{PROSE}\n{PROSE}\n{PROSE}",
        "The tide comes in,\nthe tide goes out,\nand no one sings\nor hums about",
        "1 March, Oslo\n12 March, Bergen (two shows)\n3 April, Turku\n14 April, Riga",
        "\n".join(f"Question {i}?\nAnswer {i}, in words of one line only." for i in range(9)),
    ],
    ids=["menu", "one line a paragraph", "verse", "list", "interview"],
)
def test_other_lines_stay_apart(raw):
    """Menus, verse, lists, interviews and one-line paragraphs are not joined."""
    assert raw.split("\n") == paragraphs(raw)


def test_a_word_broken_at_a_hyphen_stays_hyphenated():
    """A hyphen at a line's end joins its halves without a space."""
    raw = (
        "The committee that had been appointed by the mayor to look at self-\n"
        "driving ferries found in its report, which runs to ninety pages, no\n"
        "reason to wait for the other towns along the coast, all of which had\n"
        "asked for the same machines in the winter before, but had no money."
    )

    assert "self-driving" in paragraphs(raw)[0]


@given(st.text())
def test_no_character_is_lost(raw):
    """Joined or not, the paragraphs hold all visible characters of the raw text, in order."""
    joined = "".join(paragraphs(raw)).replace(" ", "")
    expected = "".join(normalize(piece) for piece in raw.splitlines()).replace(" ", "")

    assert normalize(expected) == normalize(joined)


@given(st.text())
def test_normalize_is_idempotent(text):
    """Normalising twice is normalising once."""
    assert normalize(text) == normalize(normalize(text))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("e\u0301te\u0301", "été"),
        ("a\u00a0\u2009\u3000b", "a b"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bell\x07", "bell"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("👩\u200d🚒", "👩\u200d🚒"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
    ids=["nfc", "spaces", "invisible", "control", "surrogate", "emoji sequence", "persian joiner"],
)
def test_normalize(raw, expected):
    """Characters take one form; what spelling needs stays."""
    assert expected == normalize(raw)


@given(st.lists(st.text().map(normalize), max_size=5))
def test_words_of_lines_are_those_of_the_pattern(lines):
    """Read a page at a time, words are what a regular expression finds in each line."""
    assert [re.findall(r"\w+", line.casefold()) for line in lines] == folded_words(lines)


@given(st.text())
def test_a_plain_text_needs_no_mending(text):
    """What is called plain is in its normal form, but for spaces and line ends."""
    if is_plain(text):
        assert all(normalize(line) == " ".join(line.split()) for line in text.splitlines())
