"""Lines of several pages as one array: a row a page, filled up with zeros.

All arithmetic runs along the rows, so a page's numbers do not depend on its neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Number = TypeVar("Number", bound=np.generic)

CELLS = 4_000
"""Lines, the filling included, that are looked at together: their features fit the cache."""


class Grid:
    """Where each line of some pages has its cell.

    Attributes:
        sizes: lines of each page.
        shape: pages, and lines of the longest one.
        mask: bool[shape], whether a cell is a line.
        here: int64[1, lines], the number of each line on its page.
        page_of: int64[all lines], the number of each line's page.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = np.array(sizes, np.int64)
        self.shape = len(sizes), max(sizes)
        self.here = np.arange(self.shape[1])[None, :]
        self.mask = self.here < self.sizes[:, None]
        self.page_of = np.repeat(np.arange(len(sizes)), self.sizes)
        self._cells = np.flatnonzero(self.mask)

    def spread(self, lines: NDArray[Number]) -> NDArray[Number]:
        """One value or row a line → one a cell."""
        cells = np.zeros((*self.shape, *lines.shape[1:]), lines.dtype)
        cells[self.mask] = lines
        return cells

    def gather(self, cells: NDArray[Number]) -> NDArray[Number]:
        """One value or row a cell → one a line."""
        return cells[self.mask]

    def spread_rows(self, rows: NDArray[Number]) -> NDArray[Number]:
        """Rows of one value a line → rows of one value a cell: [rows, pages, lines]."""
        if len(self._cells) == self.mask.size:
            return np.ascontiguousarray(rows).reshape(len(rows), *self.shape)
        cells = np.zeros((len(rows), self.mask.size), rows.dtype)
        cells[:, self._cells] = rows
        return cells.reshape(len(rows), *self.shape)

    def gather_rows(self, cells: NDArray[Number]) -> NDArray[Number]:
        """Rows of one value a cell → rows of one value a line."""
        rows = cells.reshape(len(cells), -1)
        return rows if len(self._cells) == self.mask.size else rows.take(self._cells, axis=1)


def alike(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of pages that share a grid: of like size, and no more than fit ``CELLS``.

    >>> list(alike([3, 3000, 2, 2500]))
    [[2, 0], [3], [1]]
    """
    group: list[int] = []
    for index in sorted(range(len(sizes)), key=lambda i: (sizes[i], i)):
        size = sizes[index]
        if group and (size * (len(group) + 1) > CELLS or size > 2 * sizes[group[0]] + 8):
            yield group
            group = []
        group.append(index)
    if group:
        yield group
