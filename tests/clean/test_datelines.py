"""What a line says of time and place: each date belongs to its label, a dateline has a place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.datelines import find_dateline, printed_dates


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Updated 8 March 2024", {"date_modified": "2024-03-08"}),
        ("7 March 2024", {"date_published": "2024-03-07"}),
        (
            "Updated: 1 October 2014 | Published: 28 March 2014",
            {"date_modified": "2014-10-01", "date_published": "2014-03-28"},
        ),
        (
            "Published 28 March 2014, updated 1 October 2014",
            {"date_published": "2014-03-28", "date_modified": "2014-10-01"},
        ),
    ],
)
def test_the_day_of_a_change_is_told_apart(text, days):
    """Each date belongs to the word before it; one without a word is that of publication."""
    found = {name: each.timestamp.isoformat() for name, each in printed_dates(text).items()}

    assert days == found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("TURKU—The harbour board has closed the ferry berth until the end of spring.", "TURKU"),
        ("NEW HOLM, Sept. 3 (AP) — The harbour board has closed the ferry berth.", "NEW HOLM"),
        ("Turku (Reuters) - The harbour board has closed the ferry berth.", "Turku"),
        ("Ferry stuck – A new engine is needed before the summer, the board has said.", None),
        ("NATO - a short history of the alliance and of all who wanted to leave it.", None),
        ("The board met—and left.", None),
    ],
)
def test_datelines(text, place):
    """A place in capitals or with an agency opens a dispatch; a headline or a name does not."""
    found = find_dateline(text)

    assert place == (found[0] if found else None)


@pytest.mark.slow
@given(st.text())
def test_never_raises(text):
    """Any text gives dates and a place, or none."""
    printed_dates(text)
    find_dateline(text)
