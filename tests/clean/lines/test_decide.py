"""Which lines go, by what the tagger says of them and of those around them."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.clean.lines.decide import decide
from pipeline.clean.lines.heading import Heading
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import CLASSES, rule_hits
from pipeline.clean.lines.tagger import Tags, load_tagger

STORY = (
    "The harbour board closed the ferry berth on Tuesday after divers found cracks in the piles.",
    "Repairs will take until the end of spring, the board said, two boats will serve meanwhile.",
)
ROWS = ("| Berth | Depth | Boats |", "| North | 4.2 m | 12 |", "| South | 3.1 m | 7 |")
ENTRIES = ("Planks of oak", "Tar and rope", "Copper nails", "Two anchors")


def left(lines, story):
    """Those of *lines* that stay if the tagger gives them these log-odds, and 5 to ``STORY``."""
    page = read_page("\n".join((STORY[0], *lines, STORY[1])))
    tags = Tags(
        np.array([5.0, *story, 5.0]),
        np.zeros((len(page.lines), len(CLASSES)), np.float32),
        np.zeros((len(page.lines), 3)),
        np.ones(3),
        load_tagger().choices,
    )
    cut, _ = decide(page, rule_hits(page), tags, Heading())
    return [line.text for line in page.lines[1:-1] if line.index not in cut]


@pytest.mark.parametrize(
    ("lines", "story", "stay"),
    [
        (ROWS, (2.0, -4.0, -4.0), ROWS),
        (ROWS, (-4.0, -4.0, -4.0), ()),
        (("| Home |", "| North |", "| South |"), (2.0, -6.0, -6.0), ("| Home |",)),
        (ENTRIES, (2.0, 2.0, -3.0, 2.0), ENTRIES),
        (ENTRIES, (-6.0, -6.0, 1.0, -6.0), ENTRIES[2:3]),
        (ENTRIES, (-6.0, -6.0, -6.0, -6.0), ()),
    ],
)
def test_rows_and_entries_go_together(lines, story, stay):
    """A row of a table stays with the likeliest one, an entry of a list with most of them."""
    assert list(stay) == left(lines, story)


def test_a_sentence_goes_alone():
    """What its neighbours are says little of it."""
    sentence = "Subscribe today and read every story of the town on all of your devices for free."

    assert list(ENTRIES) == left((*ENTRIES, sentence), (2.0, 2.0, 2.0, 2.0, -6.0))


SPEECH = (
    "Rede des Hafenmeisters nach dem Sturm",
    "Ich danke Ihnen. Sie haben drei Nächte nicht geschlafen und niemanden allein gelassen.",
    "Teilen Sie, was Sie haben. Folgen Sie der Feuerwehr.",
    "Helfen Sie uns mit einer Spende für die Opfer.",
    "Vielen Dank.",
)
MENU = (
    "Startseite",
    "Kontakt",
    "Der Sturm hat die Mole zerstört, teilte das Hafenamt mit.",
    "Impressum",
)


@pytest.mark.parametrize(
    ("lines", "story", "gone"),
    [
        (SPEECH, (-3.0, -3.0, -3.0, -3.0, -3.0), {0}),
        (SPEECH, (-3.0, 3.0, -3.0, -3.0, -3.0), {0, 2, 3, 4}),
        (MENU, (-6.0, -6.0, 4.0, -6.0), {0, 1, 3}),
    ],
    ids=["all would go", "one stays", "a menu goes"],
)
def test_short_sentences_do_not_go_together(lines, story, gone):
    """Without a long line, sentences stay if hardly one would, and the text is doubtful."""
    page = read_page("\n".join(lines))
    count = len(lines)
    tags = Tags(
        np.array(story),
        np.zeros((count, len(CLASSES)), np.float32),
        np.zeros((count, 3)),
        np.ones(3),
        {},
    )

    cut, guarded = decide(page, {}, tags, Heading())

    assert (gone, story[1] < 0 and lines is SPEECH) == (set(cut), guarded)
