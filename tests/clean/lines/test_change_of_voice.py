"""Where readers begin to talk: what parts a page by its voice."""

from __future__ import annotations

import numpy as np

from pipeline.clean.lines.features import OBSERVED, observe
from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.rules import rule_hits
from pipeline.clean.lines.tokens import Tokens
from pipeline.clean.lines.voice import COLUMNS, change_of_voice

STORY = """
The harbour board closed the ferry berth on Tuesday after divers found cracks in three piles.

Repairs to the berth will take until spring, the board said, and two ferry boats will serve.

The town has set aside money for a new berth, but the council will not vote before the summer.
"""
REMARKS = """
I told you so, and so did my father, but nobody ever listens to us out here on the island!!

Thanks, I agree with you, and I wonder what else they are not telling us about our own berth.

Sorry, but you are wrong: my brother dives for a living, and he showed me that it is harmless.
"""


def voices(text):
    """The columns of ``change_of_voice`` for a text, by name."""
    page = read_page(text)
    rows = observe([page], [rule_hits(page)], Tokens(page.lines))
    return {name: rows[:, OBSERVED.index(f"voice_{name}")].tolist() for name in COLUMNS}


def test_readers_begin_behind_the_story():
    """From the first remark on lines are behind the change, and the gain says so."""
    found = voices(f"{STORY}\n{REMARKS}")

    assert [0, 0, 0, 1, 1, 1] == found["behind"]
    assert min(found["gain"][3:]) > 1.5
    assert [0, 0, 0] == found["gain"][:3]
    assert found["before"][:3] == found["gain"][3:]


def test_a_diary_speaks_as_it_began():
    """Where all lines speak of me and you no change is sure."""
    assert max(voices(f"{REMARKS}\n{REMARKS.replace('father', 'mother')}")["gain"]) < 0.7


def test_a_story_does_not_end_in_another_voice():
    """Without a word of readers there is no change at all."""
    assert max(voices(f"{STORY}\n{STORY.replace('harbour', 'port')}")["gain"]) == 0.0


def test_what_is_quoted_counts_by_half():
    """The same words in quotation marks are less of a change."""
    quoted = "\n".join(f"“{line}”" if line else "" for line in REMARKS.split("\n"))

    assert max(voices(f"{STORY}\n{quoted}")["gain"]) < max(voices(f"{STORY}\n{REMARKS}")["gain"])


def test_zeros_behind_a_page_change_nothing():
    """A page in a wider grid has the same columns, to the bit."""
    draw = np.random.default_rng(2)
    words = draw.integers(5, 60, (1, 30)).astype(np.float32)
    said = (words * draw.random((1, 30)) * 0.2).astype(np.float32)
    wide = change_of_voice(*(np.pad(each, ((0, 0), (0, 50))) for each in (said, words)))

    np.testing.assert_array_equal(change_of_voice(said, words), wide[:, :30])
