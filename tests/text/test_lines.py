"""Lines keep their place in the raw text; only an editor's fixed width is undone."""

from __future__ import annotations

import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.lines import VOWEL_SIGNS, folded_words, join_wrapped, split_lines
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


CHROME = ["Home", "News", "Sport", "3 May 2024", "By Ada Brandt", "Share"]
TAIL = ["More from the islands", "Ferry berth closed until the summer", "Sign in", "© The Harbour"]
SENTENCES = [*PROSE.partition(". ")[::2], "A second boat will be leased."]


@pytest.mark.parametrize("width", [65, 72, 80])
@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["no empty lines", "empty lines"])
def test_chrome_around_does_not_hide_the_wrapping(width, gap):
    """Menus, dates and headlines stand above and below; the paragraphs become whole."""
    lines = [*CHROME, PROSE, *SENTENCES, PROSE, *TAIL]
    found = paragraphs(gap.join(textwrap.fill(line, width) for line in lines))

    assert 2 == found.count(PROSE)
    assert [*CHROME, *TAIL] == [line for line in found if line in (*CHROME, *TAIL)]


def test_an_address_wider_than_the_text_does_not_hide_the_wrapping():
    """It cannot be broken, and is joined to nothing."""
    address = "https://harbour.example/" + "a" * 80
    wide = "\n".join([*[textwrap.fill(PROSE, 72)] * 8, address, textwrap.fill(PROSE, 72)])

    assert address in paragraphs(wide)
    assert PROSE == paragraphs(wide)[-1]


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
        ("Harbour board closes the berth for good after a long and bitter row\n"
        "Ferry company says that it will lease a second boat from Finland now\n"
        "Islands left without a link to the mainland for the third time in May\n"
        "Engineers find cracks in the piles below the oldest of the town's quays"),
        ("and the tide that had carried the children's boats to the far shore,\n"
        "came back\n"
        "with nothing but a rope and an oar that belonged to nobody in the town,\n"
        "and was gone\n"
        "before the women could walk down to the water with their lamps and call"),
        ("the old ferry berth below the customs house, closed since the spring\n"
        "a shed\n"
        "the new quay with two cranes, of which one works on most of the days\n"
        "three boats, none of them in use\n"
        "the harbour board's own office, open on Tuesdays from nine to twelve"),
    ],
    ids=[
        "menu", "one line a paragraph", "verse", "list", "interview", "headlines", "long verse",
        "items in small letters",
    ],
)  # fmt: skip
def test_other_lines_stay_apart(raw):
    """Menus, verse, lists, headlines, interviews and one-line paragraphs are not joined."""
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
    """Joined or not, the paragraphs hold all visible characters of the raw text, in order.

    But for hyphens at the ends of lines, which may go, or stand for soft ones.
    """
    unseen = str.maketrans("", "", " -")
    joined = "".join(paragraphs(raw)).translate(unseen)
    expected = "".join(normalize(piece) for piece in raw.splitlines()).translate(unseen)

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
    word = re.compile(rf"[\w{''.join(VOWEL_SIGNS)}]+")
    assert [word.findall(line.casefold()) for line in lines] == folded_words(lines)


@given(st.text())
def test_a_plain_text_needs_no_mending(text):
    """What is called plain is in its normal form, but for spaces and line ends."""
    if is_plain(text):
        assert all(normalize(line) == " ".join(line.split()) for line in text.splitlines())


HYPHENATED = (
    "The small ferry between Marsh End and Coldwater resumed its ser-\n"
    "vice on Tuesday, two winters after ice broke the well-known stage\n"
    "and the county closed the crossing. Around forty people, a well-\n"
    "known baker among them, had brought bicycles as before the clo\u00ad\n"
    "sure. The county paid for the new stage, which floats with the\n"
    "tide and can be lifted out before the river freezes every year.\n"
)


def test_words_that_an_editor_divided_are_whole_again():
    """Where several lines end inside a word; a compound that stands elsewhere keeps its hyphen."""
    (line,) = join_wrapped(split_lines(HYPHENATED))

    assert "resumed its service on Tuesday" in line.text
    assert "a well-known baker" in line.text
    assert "before the closure. The county" in line.text


def test_a_single_hyphen_at_the_end_of_a_line_may_be_that_of_a_compound():
    """And where no lines are joined, nothing changes but that a soft hyphen is seen."""
    text = HYPHENATED.replace("ser-\n", "long\n").replace("clo\u00ad\n", "long\n")
    (line,) = join_wrapped(split_lines(text))

    assert "a well-known baker" in line.text
    assert ["ser-", "vice", "clo-"] == [
        each.text for each in split_lines("ser-\nvice\nclo\u00ad\n")
    ]
