"""Samples: a fixed quarter of a text's shingles with their places, and the figures in it.

Which shingles are in the sample depends on their hash alone, so that what two texts share
is sampled at the same rate in both. A sample is small enough to be joined over all texts
and, unlike the whole set, it knows where in the text each shingle stands.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import offsets_of
from pipeline.dedup.shingles import Shingles, concatenate, rolled_blocks

SAMPLED = 64
"""Of 256 shingles so many are sampled."""

_KEY_BITS = np.uint64(32)
_JOINS = np.array([ord(join) for join in ".,:"], np.uint32)
_ASCII_DIGITS = bytes(ord("0") <= code <= ord("9") for code in range(256))
_UTF_32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"


@dataclass(frozen=True, eq=False)
class Samples:
    """The sampled shingles of n texts, one text after the other.

    Attributes:
        values: uint64; the high 32 bits of a shingle, then its place, in words from the
            beginning. Those of one text are sorted, each key once, where it stands first.
        offsets: int64[n + 1]; text i has ``values[offsets[i]:offsets[i + 1]]``.
        positions: int64[n], places a shingle can have in the text: words, less the width, + 1.
    """

    values: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    positions: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many sampled shingles each text has: int64[n]."""
        return np.diff(self.offsets)


class Figures(NamedTuple):
    """Hashes of the figures of n texts, one text after the other.

    Attributes:
        values: uint32; those of one text are sorted and distinct.
        offsets: int64[n + 1]; text i has ``values[offsets[i]:offsets[i + 1]]``.
    """

    values: NDArray[np.uint32]
    offsets: NDArray[np.int64]


def keys_of(values: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Return the keys of samples: 32 bits of each shingle."""
    return (values >> _KEY_BITS).astype(np.uint32)


def places_of(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the places of samples, in words."""
    return (values & np.uint64(0xFFFFFFFF)).astype(np.int64)


def shingle_and_sample(texts: Sequence[str], shingle_words: int) -> tuple[Shingles, Samples]:
    """Make the shingle sets of a block of texts, and sample them: ``shingle_block``, once.

    Raises:
        ValueError: if shingle_words is below 1.
    """
    shingles, sampled, positions = [], [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    counts = [np.empty(0, np.int64)]
    for rolled in rolled_blocks(texts, shingle_words):
        values, lengths = _sample(rolled.values, rolled.starts, rolled.ends)
        sampled.append(values)
        counts.append(lengths)
        positions.append(rolled.ends - rolled.starts)
        shingles.append(rolled.sets())
    found = Samples(
        np.concatenate(sampled), offsets_of(np.concatenate(counts)), np.concatenate(positions)
    )
    return concatenate(shingles), found


def figures(text: str) -> NDArray[np.uint32]:
    """Hash the figures of *text*, sorted and distinct: 12, 3.5, 1,200, 14:05.

    >>> len(figures("On 12 May, 1,200 of 1,200 people paid 3.50."))
    3
    """
    return figures_block((text,)).values


def figures_block(texts: Sequence[str]) -> Figures:
    """Hash the figures of a block of texts; text by text the same as ``figures``."""
    printed, bounds = _printed(texts)
    hashes = np.fromiter(map(crc32, printed), np.uint64, len(printed))
    hashes |= np.repeat(np.arange(len(texts), dtype=np.uint64), np.diff(bounds)) << _KEY_BITS
    hashes = np.unique(hashes)
    owners = (hashes >> _KEY_BITS).astype(np.int64)
    counts = np.bincount(owners, minlength=len(texts))
    return Figures(hashes.astype(np.uint32), offsets_of(counts))


def printed_figures(text: str) -> set[str]:
    """Find the figures of *text* as they are printed.

    >>> sorted(printed_figures("On 12 May, 1,200 of 1,200 people paid 3.50."))
    ['1,200', '12', '3.50']
    """
    return {figure.decode() for figure in _printed((text,))[0]}


def _printed(texts: Sequence[str]) -> tuple[list[bytes], NDArray[np.int64]]:
    """List the figures of all texts in UTF-8, and from which on are those of each: int64[n + 1].

    A figure is a run of digits of any script, or several joined by one of ``_JOINS`` each.
    """
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    joined = b"\n".join(encoded) + b"\n"
    if _has_foreign_digits(joined):
        return _printed_in_any_script(texts)
    codes = np.frombuffer(joined, np.uint8)
    starts, ends = _runs(codes, np.frombuffer(joined.translate(_ASCII_DIGITS), np.bool_))
    lengths = np.fromiter((len(each) + 1 for each in encoded), np.int64, len(texts))
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    return [joined[start:end] for start, end in spans], np.searchsorted(starts, offsets_of(lengths))


def _printed_in_any_script(texts: Sequence[str]) -> tuple[list[bytes], NDArray[np.int64]]:
    """Do the same as ``_printed``, where characters have to be looked at and not bytes."""
    joined = "\n".join(texts) + "\n"
    points = np.frombuffer(joined.encode(_UTF_32, "surrogatepass"), np.uint32)
    starts, ends = _runs(points, _decimals().take(points, mode="clip"))
    lengths = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    found = [joined[start:end].encode() for start, end in spans]
    return found, np.searchsorted(starts, offsets_of(lengths))


def _runs(
    codes: NDArray[np.uint8] | NDArray[np.uint32], digits: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tell where figures start and end in *codes*, of which *digits* are digits."""
    inside = np.zeros(len(codes) + 1, np.bool_)
    inside[1:] = digits
    changes = np.flatnonzero(inside[1:] != inside[:-1])
    starts, ends = changes[::2], changes[1::2]
    apart = np.ones(len(starts) + 1, np.bool_)
    apart[1:-1] = (starts[1:] != ends[:-1] + 1) | ~np.isin(codes[ends[:-1]], _JOINS)
    return starts[apart[:-1]], ends[apart[1:]]


def _has_foreign_digits(content: bytes) -> bool:
    """Tell whether a text in UTF-8 may have digits outside ASCII: by the first byte of each."""
    return not content.isascii() and len(content.translate(None, _foreign_leads())) < len(content)


@cache
def _foreign_leads() -> bytes:
    """List the bytes with which digits outside ASCII begin: none that Latin or Cyrillic has."""
    digits = map(chr, np.flatnonzero(_decimals()).tolist())
    return bytes({digit.encode()[0] for digit in digits if not digit.isascii()})


@cache
def _decimals() -> NDArray[np.bool_]:
    # Once a process: which code points are digits. The last one is not.
    table = np.zeros(sys.maxunicode + 1, np.bool_)
    everything = np.arange(len(table), dtype=np.uint32).tobytes().decode(_UTF_32, "surrogatepass")
    points = [match.start() for match in re.finditer(r"\d", everything)]
    table[points] = True
    return table[: points[-1] + 2]


def _sample(
    rolled: NDArray[np.uint64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    chosen = np.flatnonzero((rolled & np.uint64(0xFF)) < SAMPLED)
    low, high = np.searchsorted(chosen, starts), np.searchsorted(chosen, ends)
    # What begins behind the end of a text's shingles reaches into the next text.
    owners = np.searchsorted(starts, chosen, side="right") - 1
    within = chosen < ends[owners]
    chosen, owners = chosen[within], owners[within]
    values = rolled[chosen] >> _KEY_BITS << _KEY_BITS
    values |= np.minimum(chosen - starts[owners], 0xFFFFFFFF).astype(np.uint64)
    bounds = offsets_of(high - low)
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        values[start:end].sort()
    distinct = np.ones(len(values), np.bool_)
    keys = values >> _KEY_BITS
    distinct[1:] = (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])
    return values[distinct], np.bincount(owners[distinct], minlength=len(starts))
