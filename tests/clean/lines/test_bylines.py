"""Names come from explicit bylines and credits only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.lines.heading import find_dateline
from pipeline.clean.names import read_byline, read_contributors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("By Ada Brandt", ("Ada Brandt",)),
        ("BY ADA BRANDT May -03-2021 NOON 14:54", ("Ada Brandt",)),
        ("By Ada Brandt and Bo Ek, Harbour Post", ("Ada Brandt", "Bo Ek")),
        ("By Ada Brandt, Reuters", ("Ada Brandt",)),
        ("By Ada Brandt | The Tidal Times", ("Ada Brandt",)),
        ("Written by Ada O'Neill-Marsh", ("Ada O'Neill-Marsh",)),
        ("Von Ada Brandt und Bo Ek", ("Ada Brandt", "Bo Ek")),
        ("Par Adèle Brun et Léo Petit", ("Adèle Brun", "Léo Petit")),
        ("Por José de la Fuente", ("José de la Fuente",)),
        ("Di Ada Bruni", ("Ada Bruni",)),
        ("Door Ada van den Berg", ("Ada van den Berg",)),
        ("Author: Ada Brandt", ("Ada Brandt",)),
    ],
)
def test_bylines(text, expected):
    """A byline names its people, capitals spelled as names, outlets and dates left out."""
    assert expected == read_byline(text)


@pytest.mark.parametrize(
    "text",
    [
        "By Monday, the river had risen.",
        "By the sea",
        "By Staff Reporter",
        "By Reuters Staff",
        "By admin",
        "Von der Küste bis zu den Bergen wird es kalt.",
        "Par ailleurs, le port reste fermé.",
        "Ada Brandt",
        "By 2030 the ferry will be electric",
        "By",
    ],
)
def test_no_bylines(text):
    """Sentences, offices and bare names are no bylines."""
    assert () == read_byline(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Brandt and Bo Ek contributed to this report.", ("Ada Brandt", "Bo Ek")),
        ("(Reporting by Ada Brandt in Turku; editing by Bo Ek)", ("Ada Brandt",)),
        ("Additional reporting by Ada Brandt.", ("Ada Brandt",)),
        ("Rain and wind contributed to the flood.", ()),
        ("Ada Brandt contributed two goals.", ()),
    ],
)
def test_contributors(text, expected):
    """Who contributed to the report is a contributor; what contributed to a flood is none."""
    assert expected == read_contributors(text)


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
    """Any text gives names or none."""
    for line in (text, "By " + text, text + " contributed to this report."):
        read_byline(line)
        read_contributors(line)
        find_dateline(line)
