"""Where a line stands on its page: blocks, windows, runs, sections, repeated and shared words."""

from __future__ import annotations

from collections import Counter
from itertools import chain, compress, repeat
from typing import TYPE_CHECKING

import numpy as np

from pipeline.clean.plain.line_facts import vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.clean.plain.page import Page

    Matrix = NDArray[np.float32]

SECTIONS = ("comments", "related", "popular", "newsletter", "account", "legal")
_HEADER_WORDS = 9


def shifted(values: Matrix, by: int) -> Matrix:
    """Rows of the line *by* further on; zeros beyond the page."""
    out = np.zeros_like(values)
    if by > 0:
        out[:-by] = values[by:]
    else:
        out[-by:] = values[:by]
    return out


def averages(values: Matrix, windows: tuple[tuple[int, int], ...]) -> Matrix:
    """Means of *values* over the lines of each window, the line itself included.

    Lines beyond the page count as zeros.
    """
    count = len(values)
    sums = np.zeros((count + 1, values.shape[1]), np.float64)
    np.cumsum(values, axis=0, out=sums[1:])
    here = np.arange(count)
    parts = [
        (sums[np.minimum(here + after + 1, count)] - sums[np.maximum(here - before, 0)])
        / (before + after + 1)
        for before, after in windows
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)


def best_run(gains: NDArray[np.float64]) -> tuple[int, int]:
    """The run of lines [start, end) with the largest sum; (0, 0) when no gain is positive.

    >>> best_run(np.array([-1.0, 5.0, -2.0, 4.0, -9.0]))
    (1, 4)
    """
    sums = np.concatenate(([0.0], np.cumsum(gains)))
    lowest = np.minimum.accumulate(sums)
    rises = sums - lowest
    end = int(np.argmax(rises))
    if rises[end] <= 0:
        return 0, 0
    start = int(np.argmin(sums[: end + 1]))
    return start, end


def place_of(run: tuple[int, int], count: int) -> Matrix:
    """Whether a line is in *run*, and how far before or behind it: float32[count, 3]."""
    start, end = run
    here = np.arange(count)
    inside = (here >= start) & (here < end)
    before = np.log1p(np.maximum(start - here, 0))
    behind = np.log1p(np.maximum(here - end + 1, 0))
    return np.stack((inside, before, behind), axis=1).astype(np.float32)


def vocabulary_shares(page: Page, inside: NDArray[np.bool_]) -> Matrix:
    """Shares of a line's vocabulary in other prose, in all other lines, and in the headline."""
    units = [vocabulary(line) for line in page.lines]
    told = [a and b.prose for a, b in zip(inside.tolist(), page.lines, strict=True)]
    whole = Counter(chain.from_iterable(units))
    story = Counter(chain.from_iterable(compress(units, told))).get
    title = units[page.title_index] if page.title_index is not None else frozenset()
    if not title and page.title:
        title = frozenset(w for w in page.title.casefold().split() if len(w) > 3)
    rows = []
    for words, own in zip(units, told, strict=True):
        if not words:
            rows.append((0.0, 0.0, 0.0, 0.0))
            continue
        size = len(words)
        known = [n - own for n in map(story, words, repeat(0))]
        shared = size - known.count(0)
        often = shared - known.count(1) - known.count(2)
        again = size - [whole[word] for word in words].count(1)
        rows.append((shared / size, often / size, again / size, len(words & title) / size))
    return np.array(rows, np.float32).reshape(len(rows), 4)


def repetition(page: Page) -> Matrix:
    """How often a line stands on the page: again, before, near by, and with other numbers."""
    texts = [line.words or (line.text[:40],) for line in page.lines]
    shapes = [
        tuple([w for w in words[:12] if w.isalpha() or not w[0].isdigit()]) for words in texts
    ]
    times, alike = Counter(texts), Counter(shapes)
    seen: dict[tuple[str, ...], int] = {}
    rows = []
    for index, (words, shape) in enumerate(zip(texts, shapes, strict=True)):
        last = seen.get(words, -1000)
        seen[words] = index
        rows.append((times[words] > 1, last >= 0, index - last < 12, min(alike[shape], 9) - 1))
    matrix = np.array(rows, np.float32).reshape(len(rows), 4)
    matrix[:, 3] = np.log1p(matrix[:, 3])
    return matrix


def runs_of(flags: NDArray[np.bool_]) -> Matrix:
    """Lines since the last and to the next flagged line, as logarithms: float32[lines, 2]."""
    count = len(flags)
    here = np.arange(count)
    last = np.maximum.accumulate(np.where(flags, here, -1))
    next_ = np.minimum.accumulate(np.where(flags, here, count)[::-1])[::-1]
    before = np.where(last < 0, 40, here - last)
    behind = np.where(next_ >= count, 40, next_ - here)
    lines: Matrix = np.log1p(np.stack((before, behind), axis=1), dtype=np.float32)
    return lines


def section_state(page: Page, words: Matrix) -> Matrix:
    """Under which header of other things a line stands: for each of ``SECTIONS`` three columns.

    Whether one stands above within the page, how many lines above, and how many words since.
    """
    count = len(page.lines)
    here = np.arange(count)
    sums = np.concatenate((np.zeros(1, np.float32), np.cumsum(words)))
    headers = [
        line
        for line in page.lines
        if line.kinds and not line.prose and len(line.words) <= _HEADER_WORDS
    ]
    columns = []
    for kind in SECTIONS:
        found = [line.index for line in headers if kind in line.kinds]
        if not found:
            columns.append(np.zeros((count, 3), np.float32))
            continue
        heads = np.zeros(count, np.bool_)
        heads[found] = True
        last = np.maximum.accumulate(np.where(heads, here, -1))
        under = last >= 0
        near = under / (1.0 + np.maximum(here - last, 0) / 4.0)
        few = under / (1.0 + (sums[here] - sums[np.maximum(last, 0)]) / 50.0)
        columns.append(np.stack((under, near, few), axis=1))
    return np.concatenate(columns, axis=1).astype(np.float32)
