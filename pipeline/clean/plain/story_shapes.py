"""Story in the shape of chrome: short lines of a table, a talk, a recipe or a live blog.

Each kind is told by several lines together. What is found has the benefit of the doubt
(``line_model``) where no rule or phrase holds it.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.clean.plain.stamps import entry_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from pipeline.clean.plain.page import LineRecord, Page

    Matrix = NDArray[np.float32]

SHAPES = ("speaker", "recipe", "entry", "figure_run")
"""What somebody says in an interview, items and steps of a recipe, headlines of the entries of a
live blog, rows of figures."""
LABEL_CHARS, MIN_TURNS = 30, 3
"""Characters within which a speaker's name ends in a colon, and how often he must speak."""
RECIPE_LINES = 25
"""Lines below ``Ingredients`` or ``Method`` that may belong to the recipe."""
ROW_FIGURES, MIN_ROWS = 2, 5
"""Numbers of a row of figures, and rows that must stand together."""


def story_shapes(pages: Sequence[Page], rows: NDArray[np.bool_]) -> Matrix:
    """Tell which lines of all pages have which of ``SHAPES``: float32[all lines, SHAPES].

    Args:
        rows: of each line, whether it has ``ROW_FIGURES`` numbers and is neither prose nor opens
            with the time of day, as lists of other stories do.
    """
    found = np.zeros((sum(len(page.lines) for page in pages), len(SHAPES)), np.float32)
    first = 0
    for page in pages:
        for column, held in enumerate((_speakers(page), _recipe(page), _entries(page))):
            for index in held:
                found[first + index, column] = 1.0
        end = first + len(page.lines)
        found[first:end, 3] = _runs(rows[first:end])
        first = end
    return found


def _speakers(page: Page) -> Iterator[int]:
    """Lines that begin with a name that begins several, none right after itself, none twice."""
    turns: dict[str, list[int]] = defaultdict(list)
    for line in page.lines:
        end = line.text.find(":", 0, LABEL_CHARS)
        if end > 0 and line.text[end + 1 : end + 2] == " " and line.text[end - 1].isalpha():
            turns[line.text[:end]].append(line.index)
    for indices in turns.values():
        apart = all(b - a > 1 for a, b in pairwise(indices))
        said = {page.lines[index].text for index in indices}
        if len(said) == len(indices) >= MIN_TURNS and apart:
            yield from indices


def _recipe(page: Page) -> Iterator[int]:
    """What stands below a header of a recipe, up to what a phrase or a rule would hold."""
    for line in page.marked:
        if "recipe" in line.signs:
            for other in page.lines[line.index : line.index + RECIPE_LINES]:
                if other.kinds:
                    break
                yield other.index


def _entries(page: Page) -> Iterator[int]:
    """Headlines between the time of a live blog's entry and its first paragraph."""
    for index in entry_times(page):
        following: tuple[LineRecord, ...] = page.lines[index + 1 : index + 3]
        if len(following) == 2 and not following[0].prose and following[1].prose:
            yield index + 1


def _runs(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows of figures that stand together."""
    limits = np.concatenate(([0], np.flatnonzero(np.diff(rows)) + 1, [len(rows)]))
    sizes = np.diff(limits)
    return rows & (np.repeat(sizes, sizes) >= MIN_ROWS)
