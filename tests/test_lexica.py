"""Tables of words: every entry can be met, and says one thing."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

import pipeline.clean
from pipeline.clean.dates import MONTHS, ZONES
from pipeline.clean.lines.rules import FUNCTIONS, LINE_RULES, RULES
from pipeline.clean.phrases import KINDS, OPENING_WORDS, PHRASES, hints_of, kinds_of
from pipeline.clean.words import TABLES, WORDS
from pipeline.records import FLAGS
from pipeline.text.lines import folded_words

LISTS = json.loads((Path(pipeline.clean.__path__[0]) / "phrases.json").read_text(encoding="utf-8"))


def entries(place: str) -> list[tuple[str, str]]:
    """(kind, phrase) of every entry of a place."""
    return [(kind, each) for kind, phrases in PHRASES[place].items() for each in phrases]


def words(phrase: str) -> tuple[str, ...]:
    """The words of a phrase, as a line has them."""
    return tuple(folded_words([phrase])[0])


@pytest.mark.parametrize("place", PHRASES)
def test_every_phrase_is_found(place):
    """Met as a line, alone or with words around it, an entry gives its kind."""
    amid = (("x", "y"), ("z",))
    alone = ((), ())
    around = {"line": alone, "hint_line": alone, "opening": ((), ("x",))}
    before, after = around.get(place, amid)
    found = hints_of if place.startswith("hint") else kinds_of

    dead = [
        (kind, phrase)
        for kind, phrase in entries(place)
        if not words(phrase) or kind not in found((*before, *words(phrase), *after))
    ]
    assert [] == dead


@pytest.mark.parametrize("place", PHRASES)
def test_a_phrase_is_written_as_lines_are_compared(place):
    """Case-folded and composed, with single blanks: anything else is never met."""
    odd = [
        phrase
        for _, phrase in entries(place)
        if phrase != " ".join(phrase.split())
        or phrase != phrase.casefold()
        or phrase != unicodedata.normalize("NFC", phrase)
    ]
    assert [] == odd


def test_a_whole_line_is_of_one_kind():
    """Where a line could be two things, the tables say which; nothing stands in them twice."""
    whole = (*entries("line"), *entries("hint_line"))
    counts = Counter(phrase for _, phrase in whole)

    assert [] == [phrase for phrase, count in counts.items() if count > 1]


@pytest.mark.parametrize("kind", LISTS)
def test_a_phrase_stands_once_in_its_kind(kind):
    """A phrase of several places has a list that names them."""
    lists = LISTS[kind].values()
    counts = Counter(phrase for phrases in lists for phrase in set(phrases))
    within = Counter((number, phrase) for number, each in enumerate(lists) for phrase in each)

    assert [] == [entry for entry, count in within.items() if count > 1]
    assert [] == [each for each, count in counts.items() if count > 1]


@pytest.mark.parametrize("name", WORDS)
def test_a_word_stands_once_in_its_list(name):
    """Divided by commas from the others, with single blanks."""
    words = TABLES[name].split(", ")

    assert len(WORDS[name]) == len(words)
    assert [] == [
        each for each in words if each != " ".join(unicodedata.normalize("NFC", each).split())
    ]


def test_a_list_is_named_after_places():
    """A list under an unknown name would be in no place."""
    names = {name for lists in LISTS.values() for name in lists}

    assert set() == {part for name in names for part in name.split("_or_")} - set(PHRASES)


def test_an_opening_is_short_enough_to_be_met():
    """A line of more than OPENING_WORDS is not judged by its first words."""
    assert [] == [each for _, each in entries("opening") if len(words(each)) > OPENING_WORDS]


def test_a_month_has_each_name_alone():
    """Twelve lines, and no name in two of them; case-folded and composed."""
    lines = TABLES["months"]
    names = Counter(name for line in lines for name in set(line.split()))

    assert 12 == len(lines)
    assert [] == [name for name, count in names.items() if count > 1]
    assert [] == [name for name in MONTHS if name != unicodedata.normalize("NFC", name.casefold())]


def test_zones_are_offsets_that_exist():
    """Minutes east of UTC, in quarters of an hour, as a number or as text with summer time."""
    for zone, offset in ZONES.items():
        assert re.fullmatch("[A-Z]{1,4}", zone)
        assert -720 <= int(offset) <= 840
        assert int(offset) % 15 == 0


@pytest.mark.parametrize("names", [RULES, FLAGS], ids=["rules", "flags"])
def test_names_in_the_tables_read_alike(names):
    """Rules and flags are nouns in snake case."""
    assert [] == [name for name in names if not re.fullmatch("[a-z]+(_[a-z]+)*", name)]


def test_a_rule_is_a_function_or_rows():
    """Or needs the headline; a row looks for a kind of phrase or a sign that exists."""
    rows = {row.rule for row in LINE_RULES}
    signs = {"byline", "credit", "notice", "pointer", "contact", "contributors", "agency", "desk"}

    assert set(RULES) == rows | set(FUNCTIONS) | {"repeated_title", "author_block"}
    assert set() == rows & set(FUNCTIONS)
    assert set() == {row.says for row in LINE_RULES} - signs - set(KINDS)
