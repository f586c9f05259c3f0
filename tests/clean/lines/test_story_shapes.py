"""Story in the shape of chrome: which lines are told, and which of their look-alikes are not."""

from __future__ import annotations

import numpy as np

from pipeline.clean.lines.page import read_page
from pipeline.clean.lines.story import SHAPES, story_shapes

PROSE = "The harbour board closed the ferry berth on Tuesday after divers found cracks in a pile."


def shape(name, lines, rows=None):
    """Numbers of the *lines* that have the shape *name*."""
    page = read_page("\n\n".join(lines))
    flags = np.zeros(len(page.lines), np.bool_) if rows is None else np.array(rows)
    return np.flatnonzero(story_shapes([page], flags)[:, SHAPES.index(name)]).tolist()


def test_speakers_take_turns():
    """Three turns of one name are a talk; two are none, nor are three in a row."""
    turns = ["Ada: Yes", "Bo: No", "Ada: Why", "Bo: So", "Ada: Well"]

    assert [0, 2, 4] == shape("speaker", turns)
    assert [] == shape("speaker", turns[:4])
    assert [] == shape("speaker", ["Rating: 5", "Rating: 4", "Rating: 3"])


def test_a_recipe_ends_where_chrome_begins():
    """Lines below its header belong to it, up to the first with a phrase."""
    assert [1, 2] == shape("recipe", [PROSE, "Ingredients", "4 potatoes", "Read more", "Potato"])


def test_a_headline_of_an_entry_stands_between_time_and_prose():
    """In a list of other stories times and headlines alternate, and no prose follows."""
    entry = ["10:45", "Berth closed", PROSE]

    assert [1, 4, 7] == shape("entry", entry * 3)
    assert [] == shape("entry", ["10:45", "Berth closed", "11:45", "Fish sold", "12:45", "Rain"])


def test_rows_of_figures_stand_together():
    """Five rows are a table, four are none."""
    lines = [f"{n} Name" for n in range(9)]

    assert [4, 5, 6, 7, 8] == shape("figure_run", lines, [True] * 3 + [False] + [True] * 5)
