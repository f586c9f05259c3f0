"""Numpy arrays: lookup in sorted arrays, runs and offsets of parts; portions of items."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Loaded = TypeVar("Loaded")
UTF_32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
"""The encoding whose bytes are an array of code points on this machine."""


def code_points(text: str) -> NDArray[np.uint32]:
    """Return the code points of *text*, lone surrogates included."""
    return np.frombuffer(text.encode(UTF_32, "surrogatepass"), np.uint32)


def lookup(
    ordered: NDArray[Any], wanted: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Find each of *wanted* in an ascending array.

    Returns:
        int64[len(wanted)], a place in *ordered*; bool[len(wanted)], whether the value is there.

    >>> lookup(np.array([2, 5, 9]), np.array([5, 6]))[1].tolist()
    [True, False]
    """
    if not len(ordered):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    places = np.searchsorted(ordered, wanted)
    np.minimum(places, len(ordered) - 1, out=places)
    return places, ordered.take(places) == wanted  # much faster than ordered[places]


def starts_of_runs(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the rows that differ from the row before in any column; the first row does: bool[n].

    >>> starts_of_runs(np.array([3, 3, 5]), np.array([1, 2, 2])).tolist()
    [True, True, True]
    """
    marked = np.ones(len(columns[0]), np.bool_)
    marked[1:] = reduce(or_, (each[1:] != each[:-1] for each in columns))
    return marked


def runs_of(marked: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the starts and ends of runs of true values; the last value must be false."""
    inside = np.zeros(len(marked) + 1, np.bool_)
    inside[1:] = marked
    changes = np.flatnonzero(inside[1:] != inside[:-1])
    return changes[::2], changes[1::2]


def spread(items: Sequence[Loaded], most: int) -> list[Loaded]:
    """Choose at most so many items, evenly spaced, the first and the last among them.

    >>> spread("abcdefg", 3)
    ['a', 'd', 'g']
    """
    places = np.linspace(0, len(items) - 1, min(most, len(items))).astype(int)
    return [items[place] for place in places.tolist()]


def portions(
    items: Iterable[Loaded],
    size_of: Callable[[Loaded], int],
    most: int,
    most_items: int = sys.maxsize,
) -> Iterator[list[Loaded]]:
    """Group *items*, in order, up to a total size and a number; a larger one is alone.

    >>> list(portions(["a", "bc", "def", "g"], len, most=3))
    [['a', 'bc'], ['def'], ['g']]
    """
    portion: list[Loaded] = []
    size = 0
    for item in items:
        own = size_of(item)
        if portion and (size + own > most or len(portion) == most_items):
            yield portion
            portion, size = [], 0
        portion.append(item)
        size += own
    if portion:
        yield portion


@dataclass(frozen=True, eq=False)
class Ragged:
    """n arrays of different lengths, such as the shingles of n texts, one after the other.

    Attributes:
        values: sorted and distinct in each array, if they are sets.
        offsets: int64[n + 1]; array i is ``values[offsets[i]:offsets[i + 1]]``.
    """

    values: NDArray[Any]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, index: int) -> NDArray[Any]:
        """View array *index*, 0 to n - 1."""
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    @property
    def counts(self) -> NDArray[np.int64]:
        """The length of each array: int64[n]."""
        return np.diff(self.offsets)


class Growing:
    """An array that grows by rows; the rows already there are rarely copied."""

    def __init__(self, rows: NDArray[Any]) -> None:
        self._held, self._size = rows, len(rows)

    def add(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Append *rows*, and return all rows."""
        size = self._size + len(rows)
        if size > len(self._held):
            larger = np.zeros((2 * size, *rows.shape[1:]), rows.dtype)
            larger[: self._size] = self._held[: self._size]
            self._held = larger
        self._held[self._size : size] = rows
        self._size = size
        return self._held[:size]


def structured(dtype: np.dtype[np.void], *columns: NDArray[Any]) -> NDArray[np.void]:
    """Make rows of *dtype* from one column per field."""
    rows = np.empty(len(columns[0]), dtype)
    for name, column in zip(dtype.names or (), columns, strict=True):
        rows[name] = column
    return rows


def shard_bounds(shards: int) -> NDArray[np.uint64]:
    """Return the smallest 32-bit key of each shard, then 2**32: uint64[shards + 1].

    >>> shard_bounds(2).tolist()
    [0, 2147483648, 4294967296]
    """
    return np.linspace(0, 1 << 32, shards + 1).astype(np.uint64)


def ids_in(names: Sequence[str]) -> NDArray[np.bytes_]:
    """Pack n ids of 32 hex digits: S16[n]."""
    return np.frombuffer(bytes.fromhex("".join(names)), "S16")


def heads_of(ids: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """Return the first eight bytes of ids (S16), as a number that sorts like them.

    >>> heads_of(ids_in(["00" * 7 + "ff" * 9])).tolist()
    [255]
    """
    return ids.view(">u8").reshape(-1, 2)[:, 0].astype(np.uint64)


def offsets_of(counts: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the offsets of n concatenated parts with these lengths: int64[n + 1]."""
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def sortable(rows: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """View the rows of uint8[n, k] as S{k}[n], which sort like the rows."""
    return np.ascontiguousarray(rows).view(f"S{rows.shape[1]}").reshape(-1)


def keep_latest(
    load: Callable[[int], Loaded], size_of: Callable[[Loaded], int], most_bytes: int
) -> Callable[[int], Loaded]:
    """Cache the most recently used values of *load*, up to *most_bytes*, but at least one."""
    kept: OrderedDict[int, Loaded] = OrderedDict()
    held = 0

    def get(number: int) -> Loaded:
        nonlocal held
        if number in kept:
            kept.move_to_end(number)
            return kept[number]
        value = kept[number] = load(number)
        held += size_of(value)
        while held > most_bytes and len(kept) > 1:
            held -= size_of(kept.popitem(last=False)[1])
        return value

    return get
