"""Where a line stands on its page: blocks, windows, runs, sections, repeated and shared words.

Arrays have a row a page and a column a line (``page_grid``), or one line after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.facts import UNIT_CHARS, UNIT_WORDS, is_spaceless, vocabulary
from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.tokens import Hashes, Tokens, grouped, hashes

Lines = NDArray[np.int64]
Matrix = NDArray[np.float32]


Number = TypeVar("Number", bound=np.generic)

SECTIONS = ("comments", "related", "popular", "newsletter", "account", "legal")

NEAR = 4

REFRAIN_WORDS, REFRAIN_TIMES, REFRAIN_LINES = 6, 3, 25
"""Words of the longest refrain, how often it stands on a page, lines from one to the next."""

SHAPE_WORDS = 12

BASE_WORDS = 8.0

CAP_WORDS = 60.0
"""Words below which a line speaks against the story, and from which more do not count."""

_WORD_FACTOR = np.uint64(0x9E3779B97F4A7C15)

_RANK_FACTORS = np.uint64(0xD6E8FEB86659FD93) * np.arange(
    3, 2 * SHAPE_WORDS + 3, 2, dtype=np.uint64
)
"""Odd numbers that make one key of several."""

_HEADER_WORDS = 9


def shifted(values: Matrix, by: int) -> Matrix:
    """Values of the line *by* further on; zeros beyond the page: float32[pages, lines, columns]."""
    return np.moveaxis(shifted_rows(np.moveaxis(values, 2, 0), by), 0, 2)


def shifted_rows(rows: Matrix, by: int) -> Matrix:
    """Values of the line *by* further on; zeros beyond the page: float32[rows, pages, lines]."""
    out = np.zeros(rows.shape, rows.dtype)
    if by > 0:
        out[..., :-by] = rows[..., by:]
    else:
        out[..., -by:] = rows[..., :by]
    return out


def averages(values: Matrix, windows: tuple[tuple[int, int], ...]) -> Matrix:
    """Means of *values* over the lines of each window, the line itself included.

    Lines beyond the page count as zeros.
    """
    edge = max(map(max, windows))
    sums = running_sums(np.moveaxis(values, 2, 0), edge)
    rows = np.concatenate([averaged(sums, window, edge) for window in windows])
    return np.moveaxis(rows, 0, 2).astype(np.float32)


def running_sums(rows: Matrix, edge: int) -> NDArray[np.float64]:
    """Sums of the values before each line and before the end: float64[rows, pages, sums].

    *edge* more stand on either side: zeros before, the whole sum behind.
    """
    *shape, count = rows.shape
    sums = np.zeros((*shape, count + 1 + 2 * edge), np.float64)
    np.cumsum(rows, axis=-1, out=sums[..., edge + 1 : edge + 1 + count])
    sums[..., edge + 1 + count :] = sums[..., edge + count, None]
    return sums


def averaged(sums: NDArray[np.float64], window: tuple[int, ...], edge: int) -> NDArray[np.float64]:
    """Means over each line's *window*, from ``running_sums``: float64[rows, pages, lines]."""
    before, after = window
    count = sums.shape[-1] - 1 - 2 * edge
    high, low = edge + after + 1, edge - before
    return (sums[..., high : high + count] - sums[..., low : low + count]) / (before + after + 1)


def gains(words: Matrix, prose: Matrix, phrase: Matrix, cost: float) -> NDArray[np.float64]:
    """What each line says for the story, in words of prose."""
    good = np.minimum(words, CAP_WORDS) - BASE_WORDS / 2
    gains = np.where((prose > 0) & (phrase == 0), good, -cost * (1.0 + phrase))
    return gains.astype(np.float64)


def best_run(gains: NDArray[np.float64]) -> tuple[Lines, Lines]:
    """Start and end, for each page, of the run of lines [start, end) with the largest sum.

    (0, 0) when no gain is positive.

    >>> start, end = best_run(np.array([[-1.0, 5.0, -2.0, 4.0, -9.0]]))
    >>> start.tolist(), end.tolist()
    ([1], [4])
    """
    pages, count = gains.shape
    sums = np.zeros((pages, count + 1))
    np.cumsum(gains, axis=1, out=sums[:, 1:])
    rises = sums - np.minimum.accumulate(sums, axis=1)
    end = rises.argmax(axis=1)
    before = np.where(np.arange(count + 1) <= end[:, None], sums, np.inf)
    start = np.where(rises.max(axis=1) > 0, before.argmin(axis=1), 0)
    return start, end


def place_of(start: Lines, end: Lines, here: Lines) -> Matrix:
    """Whether a line is in the run, and how far before or behind it: float32[pages, lines, 3]."""
    start, end = start[:, None], end[:, None]
    inside = (here >= start) & (here < end)
    before = np.log1p(np.maximum(start - here, 0))
    behind = np.log1p(np.maximum(here - end + 1, 0))
    return np.stack((inside, before, behind), axis=2).astype(np.float32)


def vocabulary_shares(
    pages: Sequence[Page], tokens: Tokens, page_of: Lines, told: NDArray[np.bool_]
) -> Matrix:
    """Shares of a line's vocabulary in other prose, in all other lines, and in the headline.

    *page_of* says of each line of all pages on which one it is, *told* whether it is prose of the
    story.
    """
    word, line = _vocabulary(pages, tokens)
    headline, page = _headlines(pages, tokens)
    count = len(page_of)
    # Each page's headline stands as a line before the page's own: one sort brings like words of a
    # page together, the headline first.
    first = np.searchsorted(page_of, np.arange(len(pages)))
    place = np.concatenate((line + page_of[line] + 1, first[page] + page))
    if not len(place):
        return np.zeros((count, 4), np.float32)
    at_page = np.zeros(count + len(pages), np.int64)
    at_page[first + np.arange(len(pages))] = 1
    own_line = np.arange(count + len(pages)) - np.cumsum(at_page)
    own_line[at_page > 0] = count
    key = np.concatenate((word, headline)) << 32 | place
    key.sort()
    key = key[np.concatenate(([True], key[1:] != key[:-1]))]
    place = key & 0xFFFFFFFF
    on_page = (np.cumsum(at_page) - 1)[place]
    word = key >> 32
    fresh = (word[1:] != word[:-1]) | (on_page[1:] != on_page[:-1])
    starts = np.flatnonzero(np.concatenate(([True], fresh)))
    sizes = np.diff(np.concatenate((starts, [len(key)])))
    lines = own_line[place]
    own = np.concatenate((told, [False]))[lines]
    titled = lines[starts] == count
    story = np.repeat(np.add.reduceat(own, starts, dtype=np.int64), sizes) - own
    whole, titled = np.repeat(sizes - titled, sizes), np.repeat(titled, sizes)
    size = np.maximum(np.bincount(lines, minlength=count)[:count], 1)
    found = (story > 0, story > 2, whole > 1, titled)
    shares = [np.bincount(lines, each, count)[:count] / size for each in found]
    return np.stack(shares, axis=1).astype(np.float32)


def _vocabulary(pages: Sequence[Page], tokens: Tokens) -> tuple[Lines, Lines]:
    """What says what a line is about: its longer words, or pairs of letters; with its line."""
    lines = [line for page in pages for line in page.lines]
    chosen = (tokens.size >= UNIT_CHARS) & (tokens.place < UNIT_WORDS)
    spaceless = [index for index, line in enumerate(lines) if is_spaceless(line)]
    if not spaceless:
        return tokens.id[chosen], tokens.line_of[chosen]
    chosen &= ~np.isin(tokens.line_of, spaceless)
    units = [vocabulary(lines[i]) for i in spaceless]
    sizes = list(map(len, units))
    letters = chain.from_iterable(units)
    return (
        np.concatenate((tokens.id[chosen], tokens.known.number(letters, sum(sizes)))),
        np.concatenate((tokens.line_of[chosen], np.repeat(spaceless, sizes))),
    )


def _headlines(pages: Sequence[Page], tokens: Tokens) -> tuple[Lines, Lines]:
    """What says what a page's headline is about, with the page."""
    units: list[frozenset[str]] = []
    for page in pages:
        at = page.title_index
        title = frozenset() if at is None else vocabulary(page.lines[at])
        if not title and page.title:
            title = frozenset(w for w in page.title.casefold().split() if len(w) >= UNIT_CHARS)
        units.append(title)
    sizes = list(map(len, units))
    words = tokens.known.number(chain.from_iterable(units), sum(sizes))
    return words, np.repeat(np.arange(len(pages)), sizes)


def repetition(lines: Sequence[LineRecord], tokens: Tokens, page_of: Lines) -> Matrix:
    """How often a line stands on its page: again, before, near by, and with other numbers.

    And whether it is a refrain: a short line that returns after a few others, as a button below
    each remark does.
    """
    texts = hashes((line.words or line.text[:40] for line in lines), len(lines))
    page = page_of.astype(np.uint64)
    order, starts, sizes = grouped(texts * _WORD_FACTOR + page)
    times = np.empty(len(lines), np.int64)
    times[order] = np.repeat(sizes, sizes)
    since = np.full(len(lines), 1000)
    since[order[1:]] = np.diff(order)
    since[order[starts]] = 1000
    apart = (since > 1) & (since < REFRAIN_LINES)
    alike = np.empty(len(lines), np.int64)
    order, _, sizes = grouped(_shapes(lines, tokens) * _WORD_FACTOR + page)
    alike[order] = np.repeat(sizes, sizes)
    more = np.log1p((np.minimum(alike, 9) - 1).astype(np.float32))
    short = np.fromiter((line.word_count for line in lines), np.int64, len(lines)) <= REFRAIN_WORDS
    refrain = short & (times >= REFRAIN_TIMES) & apart
    columns = (times > 1, since < 1000, since < 12, more, refrain)
    return np.stack(columns, axis=1, dtype=np.float32, casting="unsafe")


def _shapes(lines: Sequence[LineRecord], tokens: Tokens) -> Hashes:
    """How each line begins, whatever its numbers; a line without words has its first letters."""
    shapes = np.zeros(len(lines), np.uint64)
    wordy = tokens.counts > 0
    if wordy.any():
        counted = ~tokens.number
        rank: Lines = np.cumsum(counted) - counted
        rank -= rank[tokens.starts[wordy]][np.cumsum(wordy)[tokens.line_of] - 1]
        part = np.where(counted & (tokens.place < SHAPE_WORDS), tokens.word, np.uint64(0))
        part = part * _RANK_FACTORS[np.minimum(rank, SHAPE_WORDS - 1)]
        shapes[wordy] = np.add.reduceat(part, tokens.starts[wordy])
    for index in np.flatnonzero(~wordy).tolist():
        shapes[index] = hashes([lines[index].text[:40]], 1)[0]
    return shapes


def company(shapes: NDArray[np.int64]) -> Matrix:
    """How many lines of like shape stand around each: float32[lines, 2].

    The run of neighbours of the same shape, as a logarithm, and the share of the nearest eight:
    the items of a list look like one another, whether story or links.
    """
    count = len(shapes)
    breaks = np.flatnonzero(np.diff(shapes)) + 1
    limits = np.concatenate(([0], breaks, [count]))
    runs = np.repeat(np.diff(limits), np.diff(limits))
    near = np.zeros(count)
    for by in range(1, NEAR + 1):
        same = shapes[by:] == shapes[:-by]
        near[by:] += same
        near[: max(count - by, 0)] += same
    return np.stack((np.log1p(runs), near / (2 * NEAR)), axis=1).astype(np.float32)


def runs_of(flags: NDArray[np.bool_]) -> Matrix:
    """Lines since the last and to the next flagged line, as logarithms: [pages, lines, 2]."""
    count = flags.shape[1]
    here = np.arange(count)
    last = np.maximum.accumulate(np.where(flags, here, -1), axis=1)
    ahead = np.where(flags, here, count)[:, ::-1]
    next_ = np.minimum.accumulate(ahead, axis=1)[:, ::-1]
    before = np.where(last < 0, 40, here - last)
    behind = np.where(next_ >= count, 40, next_ - here)
    lines: Matrix = np.log1p(np.stack((before, behind), axis=2), dtype=np.float32)
    return lines


def section_state(pages: Sequence[Page], words: Matrix) -> Matrix:
    """Under which header of other things a line stands: for each of ``SECTIONS`` three columns.

    Whether one stands above within the page, how many lines above, and how many words since.
    *words* and the answer have a row a page.
    """
    count = words.shape[1]
    here = np.arange(count)
    sums = np.zeros((len(pages), count + 1), np.float32)
    np.cumsum(words, axis=1, out=sums[:, 1:])
    heads = np.zeros((len(SECTIONS), *words.shape), np.bool_)
    for number, page in enumerate(pages):
        for line in page.marked:
            if line.kinds and not line.prose and len(line.words) <= _HEADER_WORDS:
                for at, kind in enumerate(SECTIONS):
                    if kind in line.kinds:
                        heads[at, number, line.index] = True
    if not heads.any():
        return np.zeros((*words.shape, 3 * len(SECTIONS)), np.float32)
    last = np.maximum.accumulate(np.where(heads, here, -1), axis=2)
    under = last >= 0
    near = under / (1.0 + np.maximum(here - last, 0) / 4.0)
    since = sums[:, :-1] - sums[np.arange(len(pages))[:, None], np.maximum(last, 0)]
    few = under / (1.0 + since / 50.0)
    columns = np.stack((under, near, few), axis=3, dtype=np.float32, casting="unsafe")
    return np.moveaxis(columns, 0, 2).reshape(*words.shape, 3 * len(SECTIONS))


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
