"""Tables of words: every entry can be met, and says one thing."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import pytest

from pipeline.clean.dates import _MONTH_NAMES, MONTHS, ZONES
from pipeline.clean.lines.phrase_table import HINTS, LINE_HINTS, OPENING, WHOLE, WITHIN
from pipeline.clean.lines.phrases import OPENING_WORDS, hints_of, kinds_of
from pipeline.clean.lines.rules import RULES
from pipeline.records import FLAGS

PHRASES = {
    "whole": WHOLE,
    "opening": OPENING,
    "within": WITHIN,
    "hints": HINTS,
    "line_hints": LINE_HINTS,
}


def entries(table: str) -> list[tuple[str, str]]:
    """(kind, phrase) of every entry of a table of phrases."""
    return [(kind, each) for kind, text in PHRASES[table].items() for each in text.split("|")]


def words(phrase: str) -> tuple[str, ...]:
    """The words of a phrase, as a line has them."""
    return tuple(re.findall(r"\w+", phrase))


@pytest.mark.parametrize(
    "table",
    [
        "whole",
        "opening",
        "within",
        "hints",
        "line_hints",
    ],
)
def test_every_phrase_is_found(table):
    """Met as a line, alone or with words around it, an entry gives its kind."""
    amid = (("x", "y"), ("z",))
    alone = ((), ())
    around = {"whole": alone, "line_hints": alone, "opening": ((), ("x",))}
    before, after = around.get(table, amid)
    found = hints_of if table.endswith("hints") else kinds_of

    dead = [
        (kind, phrase)
        for kind, phrase in entries(table)
        if not words(phrase) or kind not in found((*before, *words(phrase), *after))
    ]
    assert [] == dead


@pytest.mark.parametrize(
    "table",
    [
        "whole",
        "opening",
        "within",
        "hints",
        "line_hints",
    ],
)
def test_a_phrase_is_written_as_lines_are_compared(table):
    """Case-folded and composed, with single blanks: anything else is never met."""
    odd = [
        phrase
        for _, phrase in entries(table)
        if phrase != " ".join(phrase.split())
        or phrase != phrase.casefold()
        or phrase != unicodedata.normalize("NFC", phrase)
    ]
    assert [] == odd


def test_a_whole_line_is_of_one_kind():
    """Where a line could be two things, the tables say which; nothing stands in them twice."""
    whole = (*entries("whole"), *entries("line_hints"))
    counts = Counter(phrase for _, phrase in whole)

    assert [] == [phrase for phrase, count in counts.items() if count > 1]


@pytest.mark.parametrize("table", ["opening", "within", "hints"])
def test_a_phrase_stands_once_in_its_kind(table):
    """A line that begins so may be of several kinds, each named once."""
    counts = Counter(entries(table))

    assert [] == [entry for entry, count in counts.items() if count > 1]


def test_an_opening_is_short_enough_to_be_met():
    """A line of more than OPENING_WORDS is not judged by its first words."""
    assert [] == [each for _, each in entries("opening") if len(words(each)) > OPENING_WORDS]


def test_a_month_has_each_name_alone():
    """Twelve lines, and no name in two of them; case-folded and composed."""
    lines = _MONTH_NAMES.strip().splitlines()
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


def test_a_rule_has_the_name_of_its_function():
    """Function, reason in the output and heading in the documentation are one word."""
    assert [] == [name for name, rule in RULES.items() if rule.__name__ != name]
