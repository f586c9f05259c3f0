"""What values of metadata say, as many tools export them: nothing, a word, a date."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.dates import parse_timestamp
from pipeline.read.fields import renamed
from pipeline.read.values import NULL_WORDS, declared_date, is_null, scalar, unprinted

NOTHING = [
    "null", "NULL", "Null", "(null)", "[NULL]", "<null>", '"null"', "None", "NONE", "undefined",
    "Undefined", "nan", "NaN", "-nan", "NaT", "<NA>", "NA", "N/A", "n/a", "n.a.", "#N/A", "#REF!",
    r"\N", r"\\N", "-", "--", "—", "[]", "{}", "()", '""', "''", "[null]", "[None]", "['']",
    "<nil>", "$null", "DBNull", "[object Object]", "", " ", " - ", "\t",
]  # fmt: skip
SAID = [
    "Nan Lee", "Nat", "NAT", "Na", "na", "Nil", "Nada", "Unknown", "Nothing", "Zero", "No", "0",
    "None of the above", "Null Island", "Not a number", "NULL and void", "NASA", "N", "-1", "- 3",
    "?", "...", "[1]", "(3)", "A", "#", "#NA3", "n/a to all", r"\n and \t", "<3", "Missing",
]  # fmt: skip


@pytest.mark.parametrize("text", NOTHING)
def test_words_for_null_say_nothing(text):
    """In any case, alone or in brackets and quotes, and in a list of one."""
    assert is_null(text)
    assert scalar(text) is scalar([text]) is declared_date(text) is None


@pytest.mark.parametrize("text", SAID)
def test_words_and_names_are_no_null(text):
    """However much they look like it."""
    assert text == scalar(text) == scalar([[text]])


def test_a_word_for_null_stands_in_a_form_that_is_met():
    """In lower case, or with capitals if only that form is meant."""
    assert all(is_null(word) for word in NULL_WORDS)
    assert {"NaT", "NA"} == {word for word in NULL_WORDS if word != word.casefold()}


def test_a_mapped_field_that_says_nothing_leaves_the_field_of_that_name():
    """A text is never taken for null."""
    record = {"headline": "N/A", "title": "Ferry", "body": "NULL", "text": "Teaser"}
    found = renamed(record, {"headline": "title", "body": "text"})

    assert {"title": "Ferry", "text": "NULL"} == found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal(17), "17"),
        (Decimal("17.00"), "17"),
        (Decimal("1.5"), "1.5"),
        (Decimal(1714730400000000000), "1714730400000000000"),
        (Decimal("NaN"), None),
        (float("inf"), None),
        (1e15, "1000000000000000.0"),
        (date(2024, 5, 3), "2024-05-03"),
        (datetime(2024, 5, 3, 10, tzinfo=timezone.utc), "2024-05-03T10:00:00+00:00"),
        (["a", "b"], None),
        (b"a", None),
        (False, None),
    ],
)
def test_values_of_columns_are_written_as_words(value, expected):
    """Decimals and days too; no number is rounded, and no list of two is a word."""
    assert expected == scalar(value)


TEN = "2024-05-03T10:00:00+00:00"
DATES = [
    ({"$date": "2024-05-03T10:00:00Z"}, TEN),
    ({"$date": {"$numberLong": "1714730400000"}}, TEN),
    ({"$date": 1714730400000}, TEN),
    ({"$date": 951782400000}, "2000-02-29T00:00:00+00:00"),
    ({"$date": {"$numberLong": "-315619200000"}}, "1960-01-01T00:00:00+00:00"),
    ({"$timestamp": {"t": 1714730400, "i": 1}}, TEN),
    ({"_seconds": 1714730400, "_nanoseconds": 5}, TEN),
    ({"seconds": 1714730400, "nanos": 0}, TEN),
    ({"@type": "xsd:dateTime", "@value": "2024-05-03T10:00:00Z"}, TEN),
    ({"date": "2024-05-03 10:00:00.000000", "timezone_type": 3}, "2024-05-03T10:00:00"),
    ({"__type": "Date", "iso": "2024-05-03T10:00:00.000Z"}, TEN),
    (["2024-05-03"], "2024-05-03"),
    ([{"$date": "2024-05-03T10:00:00Z"}], TEN),
    ("['2024-05-03']", "2024-05-03"),
    ('{"$date": "2024-05-03T10:00:00Z"}', TEN),
    ('{"$date": {"$numberLong": "1714730400000"}}', TEN),
    ("{'$date': 1714730400000}", TEN),
    ('ISODate("2024-05-03T10:00:00Z")', TEN),
    ("Timestamp('2024-05-03 10:00:00')", "2024-05-03T10:00:00"),
    ("/Date(1714730400000)/", TEN),
    (1714730400, TEN),
    (1714730400000, TEN),
    (1714730400000000, TEN),
    (1714730400000000000, TEN),
    (1.7147304e18, TEN),
    (1.7147304e15, TEN),
    (Decimal(1714730400), TEN),
    (date(2024, 5, 3), "2024-05-03"),
]
UNREADABLE = [
    {"y": 1}, {"$date": 1714730400}, {"$date": "soon"}, ["2024-05-03", "2024-05-04"],
    {"date": "2024-05-03", "value": "2024-05-04"}, {"year": 2024, "month": 5, "day": 3},
    {"seconds": 30, "minutes": 5}, {"$date": {"$numberLong": "99999999999999999"}}, "[soon]",
    "['2024-05-03", "new Date(2024, 5, 3)", {"$date": {"$date": {"x": [1, 2]}}}, "Invalid Date",
    12345, 1.5, {"$date": [True, "03/04/2024"]},
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"), DATES, ids=lambda each: json.dumps(each, default=str)
)
def test_a_date_is_read_without_its_wrapping(value, expected):
    """Objects of databases and programs, lists of one, and these printed into a string."""
    moment = parse_timestamp(declared_date(value) or "")

    assert moment is not None
    assert expected == moment.isoformat()


@pytest.mark.parametrize("value", UNREADABLE, ids=str)
def test_a_date_that_cannot_be_read_stays_as_declared(value):
    """It is not null, so that the article is flagged, and no date is guessed."""
    found = declared_date(value)

    assert found
    assert len(found) <= 200
    assert parse_timestamp(found) is None


@pytest.mark.parametrize(
    "value", [None, True, [], {}, [None], [[], {}], {"$date": None}, {"a": ["", "NaN"]}, "{}", b"x"]
)
def test_a_date_that_says_nothing_is_none(value):
    """Nothing was declared, so nothing is flagged."""
    assert declared_date(value) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": [1, {"b": null}], "c": "d"}', {"a": [1, {"b": None}], "c": "d"}),
        ("{'a': None, 'b': nan, 'c': True}", {"a": None, "b": None, "c": None}),
        ("('a', 'b',)", ["a", "b"]),
        ("['a' 'b'\n 'c']", ["a", "b", "c"]),
        ('{"a b",NULL,"c"}', ["a b", None, "c"]),
        (r"""['\xe9', "\u00e9", 'it\'s', "it's", 'a "b"', '\"']""",
         ["é", "é", "it's", "it's", 'a "b"', '"']),
        ("[]", []),
        ("{1: 'a'}", {"1": "a"}),
        ("['a''b']", None),
        ("['a'", None),
        ("['a']]", None),
        ("['a')", None),
        ("{'a': 'b', 'c'}", None),
        ("[a, b]", None),
        ("['a'] x", None),
        ("['a': 'b']", None),
        ("[:]", None),
        ("[" * 5_000, None),
        ("['" + "a" * 20_000 + "']", None),
    ],
)  # fmt: skip
def test_what_was_printed_is_parsed_or_is_none(text, expected):
    """JSON, Python, NumPy and PostgreSQL; nothing is repaired."""
    assert expected == unprinted(text)


JSON = st.recursive(
    st.none() | st.integers(-(10**18), 10**18) | st.text(max_size=8),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_json_is_parsed_as_json_is(value):
    """Strings as they are, but null words outside them are None."""
    found = unprinted(json.dumps([value, 1]))

    assert _without_empty([value, 1]) == _without_empty(found)


def _without_empty(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_empty(each) for key, each in value.items()} or []
    return [_without_empty(each) for each in value] if isinstance(value, list) else value


@given(st.text("[]{}()'\":,\\ aN1\n$date", max_size=60) | JSON)
def test_any_value_is_read_or_is_not(value):
    """Nothing raises, however broken or deep it is."""
    deep: object = value
    for _ in range(2_000):
        deep = [deep, 1]
    for each in (value, deep):
        assert declared_date(each) is None or declared_date(each)
        scalar(each)
