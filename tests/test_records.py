"""The nouns: ids, timestamps, the closed list of reasons."""

from __future__ import annotations

import json
import re
from dataclasses import FrozenInstanceError
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import get_args

import pytest
from factories import article, document
from hypothesis import given
from hypothesis import strategies as st
from reference import column_tables
from strategies import TIMESTAMPS

from pipeline.records import REASONS, SOURCES, Precision, Timestamp, identify

NOON = datetime(2025, 3, 30, 12, 0, 5, tzinfo=timezone.utc)


def test_an_id_depends_on_identity_and_payload_alone():
    """The same content at the same place has one name, for ever: outputs hold it."""
    assert "0bf824285f0cdc4aa56739176ad4dedd" == identify("https://example.org/a", b"text")
    assert identify("a", b"text") != identify("a", b"text ")
    assert identify("a", b"text") != identify("b", b"text")


@given(st.text(), st.binary(), st.text(), st.binary())
def test_where_identity_ends_and_payload_begins_matters(identity, payload, other, content):
    """Equal ids mean equal identity and equal payload: the border between them counts."""
    same = (identity, payload) == (other, content)
    assert same == (identify(identity, payload) == identify(other, content))
    assert identify("", b"ab") != identify("a", b"b")
    assert re.fullmatch("[0-9a-f]{32}", identify(identity, payload))


def test_a_name_that_is_no_unicode_has_an_id():
    """A lone surrogate, as from a path of other bytes, does not stop the naming."""
    assert identify("\udcff", b"") != identify("?", b"")


@pytest.mark.parametrize(
    ("expected", "offset", "precision"),
    [
        ("2025-03-30", None, "day"),
        ("2025-03-30", 540, "day"),
        ("2025-03-30T12:00:05", None, "second"),
        ("2025-03-30T12:00:05", None, "minute"),
        ("2025-03-30T12:00:05+00:00", 0, "second"),
        ("2025-03-30T21:00:05+09:00", 540, "second"),
        ("2025-03-30T08:30:05-03:30", -210, "minute"),
    ],
)
def test_a_timestamp_is_written_in_the_offset_of_its_page(expected, offset, precision):
    """A bare day stays one; a time has the page's offset, and none where the page has none."""
    assert expected == Timestamp(NOON, offset, precision).isoformat()


@given(TIMESTAMPS)
def test_a_written_timestamp_is_the_same_instant(timestamp):
    """Reading it back gives the instant to the second, unless only a day was known."""
    if timestamp.precision == "day":
        return
    back = datetime.fromisoformat(timestamp.isoformat())
    back = back if back.tzinfo else back.replace(tzinfo=timezone.utc)

    assert timedelta(0) <= timestamp.instant - back < timedelta(seconds=1)


def test_spans_refer_to_the_text_that_was_seen():
    """For a page that is its extraction, for a plain text the document itself."""
    assert "plain" == article("x", found=document("plain")).seen_text
    assert "inner" == article("x", found=document("<p>inner"), extraction="inner").seen_text
    assert "" == article("x", found=document("<p>"), extraction="").seen_text


def test_records_never_change():
    """What one stage has handed on, no other changes."""
    with pytest.raises(FrozenInstanceError):
        document().content = "else"


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_a_meaning_in_the_documentation(reason):
    """A reason is a name in snake case, explained, and listed in docs/output.md."""
    assert re.fullmatch("[a-z]+(_[a-z]+)*", reason)
    assert f"| {reason} | {REASONS[reason]} |\n" in column_tables()


def test_precisions_are_those_that_are_documented():
    """The column's documentation names each of them."""
    documented = column_tables()

    for precision in get_args(Precision):
        assert re.search(rf"date_published_precision \|.*{precision}", documented)


def test_every_source_of_evidence_is_described():
    """Whatever stands in the tables of the golden run is in the list that the docs show."""
    golden = Path(__file__).parent / "golden" / "raw.jsonl"
    rows = [json.loads(line) for line in golden.read_text("utf-8").splitlines()]
    found = {
        each["source"].partition(":")[0]
        for row in rows
        for each in row.get("evidence") or []
        if "source" in each
    }

    assert found <= set(SOURCES)
