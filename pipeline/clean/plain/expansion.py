"""The features of the line model around a line: products, windows, places, shares of the page.

Rows have one value a cell (``page_grid``), a row a fact; only the features asked for are computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.clean.plain import context
from pipeline.clean.plain.features import (
    AT,
    BASE,
    BINS,
    BLOCK_COSTS,
    DOC,
    DOC_FACTS,
    OWN,
    SHIFT_FACTS,
    SHIFT_NAME,
    SHIFTS,
    WINDOW_FACTS,
    WINDOW_NAME,
    WINDOWS,
)
from pipeline.clean.plain.page_grid import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

GRID_FACTS = tuple(dict.fromkeys((*DOC_FACTS, *WINDOW_FACTS, *SHIFT_FACTS)))
"""What is looked at around a line, those of ``DOC`` first."""
_GRID_AT = [AT[name] for name in GRID_FACTS]
_WORDS, _PROSE, _PHRASE, _RULED = map(GRID_FACTS.index, ("words", "prose", "phrase", "ruled"))
_SIGNED = [DOC_FACTS.index(name) for name in ("phrase", "ruled")]
"""A page on which no line has a phrase and none is held by a rule is bare."""
EDGE = max(map(max, WINDOWS))
"""Lines beyond the page that a window can reach."""
_BIN_EDGES = np.log1p(np.array(BINS))


class Expansion:
    """Computes chosen features of a page from what ``observe`` and the lexicon say of its lines.

    Args:
        names: from ``FEATURES``; the columns of ``expand``'s answer, in this order.
    """

    def __init__(self, names: Sequence[str]) -> None:
        pairs = [name.partition(" x ") for name in names]
        used = {factor for left, _, right in pairs for factor in (left, right) if factor}
        self._base = [AT[name] for name in BASE if name in used]
        self._own = [place for place, name in enumerate(OWN) if name in used]
        self._doc = [place for place, name in enumerate(DOC) if name in used]
        self._windows = _used(used, WINDOW_NAME, WINDOWS, WINDOW_FACTS)
        self._shifts = _used(used, SHIFT_NAME, [(by,) for by in SHIFTS], SHIFT_FACTS)
        order = (
            *(BASE[place] for place in self._base),
            *(OWN[place] for place in self._own),
            *(DOC[place] for place in self._doc),
            *(WINDOW_NAME.format(*w, GRID_FACTS[at]) for w, facts in self._windows for at in facts),
            *(SHIFT_NAME.format(*by, GRID_FACTS[at]) for by, facts in self._shifts for at in facts),
        )
        at = {name: row for row, name in enumerate(order)}
        self._left = np.array([at[left] for left, _, _ in pairs], np.int64)
        # What is no product is one with the row of ones.
        self._right = np.array([at.get(right, len(at)) for _, _, right in pairs], np.int64)

    def expand(self, base: Matrix, sizes: Sequence[int]) -> Matrix:
        """Say what stands around each line: float32[all lines, names].

        Args:
            base: float32[all lines, BASE].
            sizes: lines of each page.
        """
        plain = self._plain(base, Grid(sizes))
        features = plain.take(self._left, axis=0)
        features *= plain.take(self._right, axis=0)
        return np.ascontiguousarray(features.T)

    def _plain(self, base: Matrix, grid: Grid) -> Matrix:
        """The factors in use and one more that is 1: float32[factors, all lines]."""
        rows = grid.spread_rows(base.T[_GRID_AT])
        prose, phrase, ruled = rows[_PROSE], rows[_PHRASE], rows[_RULED]
        # Whole numbers again: their sums are exact, however wide the grid is.
        words = np.rint(np.expm1(rows[_WORDS]))
        blocks = [
            context.best_run(np.where(grid.mask, context.gains(words, prose, phrase, cost), 0.0))
            for cost in BLOCK_COSTS
        ]
        sums = context.running_sums(rows, EDGE)
        doc = _of_page(sums[: len(DOC_FACTS), :, -1], prose, words, blocks[0], grid)
        near: tuple[NDArray[Any], ...] = (
            *(context.averaged(sums[facts], window, EDGE) for window, facts in self._windows),
            *(context.shifted_rows(rows[facts], by) for (by,), facts in self._shifts),
        )
        own: tuple[NDArray[Any], ...] = (
            *(context.place_of(*block, grid.here) for block in blocks),
            context.runs_of(prose > 0),
            context.runs_of(phrase > 0),
            context.runs_of(ruled > 0),
            _position(words * prose, grid),
            np.eye(len(BINS) + 1, dtype=np.float32)[np.searchsorted(_BIN_EDGES, rows[_WORDS])],
        )
        parts: tuple[NDArray[Any], ...] = (
            base.T[self._base],
            grid.gather(np.concatenate(own, axis=2))[:, self._own].T,
            doc[:, self._doc].T[:, grid.page_of],
            grid.gather_rows(np.concatenate(near)) if near else np.empty((0, len(base))),
            np.ones((1, len(base))),
        )
        return np.concatenate(parts, dtype=np.float32, casting="unsafe")


def _used(
    used: AbstractSet[str], form: str, parts: Sequence[tuple[int, ...]], facts: Sequence[str]
) -> list[tuple[tuple[int, ...], list[int]]]:
    """Windows or shifts with names in *used*, each with the places of their facts in the grid."""
    found = (
        (part, [GRID_FACTS.index(fact) for fact in facts if form.format(*part, fact) in used])
        for part in parts
    )
    return [(part, places) for part, places in found if places]


def _of_page(
    sums: NDArray[np.float64],
    prose: Matrix,
    words: Matrix,
    block: tuple[NDArray[np.int64], NDArray[np.int64]],
    grid: Grid,
) -> NDArray[np.float64]:
    """The columns of ``DOC``, of whose facts *sums* are: float64[pages, DOC]."""
    start, end = (limit[:, None] for limit in block)
    total = np.maximum(words.sum(axis=1), 1.0)
    inside = (grid.here >= start) & (grid.here < end)
    columns = (
        *(sums / grid.sizes),
        np.log1p(grid.sizes),
        (words * inside).sum(axis=1) / total,
        (words * prose).sum(axis=1) / total,
        (sums[_SIGNED] <= 0).all(axis=0),
    )
    return np.stack(columns, axis=1)


def _position(prose_words: Matrix, grid: Grid) -> Matrix:
    """Where a line stands, by lines and by words of prose: float32[pages, lines, 7]."""
    here, count = grid.here, np.maximum(grid.sizes[:, None] - grid.here, 1)
    sums = np.cumsum(prose_words, axis=1)
    before = sums - prose_words
    total = np.maximum(prose_words.sum(axis=1), 1.0)[:, None]
    behind = total - before - prose_words
    columns = (
        np.broadcast_to(1.0 / (1.0 + here), grid.shape), 1.0 / count,
        here / grid.sizes[:, None], before / total, behind / total, before <= 0, behind <= 0,
    )  # fmt: skip
    return np.stack(columns, axis=2).astype(np.float32)
