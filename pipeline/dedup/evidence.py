"""Evidence about pairs: what two texts have in common, part by part.

All parts are counted on samples and figures, for many pairs at a time. "The shorter" is the text
with fewer places for a shingle; if both have the same number, the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import lookup
from pipeline.dedup.shingles import keys_of, places_of
from pipeline.dedup.slots import apart

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

MEANINGS = {
    "rare_shared": "sampled rare shingles of the shorter that the longer has",
    "rare": "sampled rare shingles of the shorter",
    "contained": "share of all sampled shingles of the shorter that the longer has",
    "figures_shared": "distinct figures of the shorter that the longer has",
    "figures": "distinct figures of the shorter",
    "longer_figures": "distinct figures of the longer",
    "names_shared": "distinct names of the shorter that the longer has",
    "names": "distinct names of the shorter; 0 if the longer has its words but no name at all",
    "coverage": "share of the shorter's ten segments of which the longer has a quarter or more",
    "weaker_half": "share found of the half of the shorter of which less is found",
    "lead": "share found of the shorter's first 60 words",
    "longer_lead": "share of the longer's first 60 words that the shorter has",
    "longer_coverage": "share of the longer's segments of which the shorter has a quarter or more",
    "length": "length of the shorter, as a share of the longer's",
    "slots_apart": "weekdays, months and numbers in words that differ between the same words",
    "slots": "places between the same words where both have a weekday, month or number in words",
    "hours_apart": "minimum hours between the publications; nan if one is unknown",
}
"""Part of the evidence that a pair is decided on → what it is."""
PARTS = tuple(MEANINGS)
UNKNOWN = np.iinfo(np.int64).min
"""The minute of a publication that is not known."""
LEAD_WORDS = 60
SAME_WORDING = 0.9
"""Minimum share of shingles in common between a text and a copy printed in another way."""
_SEGMENTS = 10
_RARE, _LEAD, _BY_SEGMENT = 0, 1, slice(2, None)  # columns of a tally
_TAG = np.uint64(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MINUTE = timedelta(minutes=1)
_FOUND = 0.25  # minimum share of the shingles of a covered segment


def minute_of(published: datetime | None) -> int:
    """Return the minute since 1970 of a publication, ``UNKNOWN`` for None."""
    return UNKNOWN if published is None else (published - _EPOCH) // _MINUTE


class Sketch(NamedTuple):
    """What is compared of a text.

    Attributes:
        samples: uint64, as in ``Samples.values``.
        rare: bool, for each sample whether its key is rare.
        figures: uint32, sorted and distinct.
        names: uint32, the same.
        positions: places that a shingle can have.
        minute: the first in which it may have been published, or ``UNKNOWN``.
        minutes: how many more it may be: those of a day if only the day is known.
        slots: uint64, as from ``slots.slots_of``.
    """

    samples: NDArray[np.uint64]
    rare: NDArray[np.bool_]
    figures: NDArray[np.uint32]
    names: NDArray[np.uint32]
    positions: int
    minute: int
    minutes: int = 0
    slots: NDArray[np.uint64] = np.empty(0, np.uint64)


class _Pool(NamedTuple):
    """Samples of several texts, one text after the other; one of ``positions`` per text."""

    keys: NDArray[np.uint32]
    places: Counts
    rare: NDArray[np.bool_]
    owners: Counts
    positions: Counts


def compare(one: Sketch, many: Sequence[Sketch]) -> Floats:
    """Compare *one* with each of *many*: float64[n, len(PARTS)]."""
    return compare_each([one], [len(many)], many)


def compare_each(ones: Sequence[Sketch], counts: Sequence[int], many: Sequence[Sketch]) -> Floats:
    """Compare each of *ones* with the next *counts* of *many*: float64[n, len(PARTS)]."""
    count = len(many)
    which = np.repeat(np.arange(len(ones)), counts)
    own, owner = _pool(ones), _pool(many)
    spot, found = lookup(_tagged(own.keys, own.owners), _tagged(owner.keys, which[owner.owners]))
    spot, holder = spot[found], owner.owners[found]
    positions = own.positions[which]
    ours = _tally(own.owners, own.places, own.rare, own.positions, len(ones))[which]
    theirs = _tally(owner.owners, owner.places, owner.rare, owner.positions, count)
    ours_found = _tally(holder, own.places[spot], own.rare[spot], positions, count)
    theirs_found = _tally(holder, owner.places[found], owner.rare[found], owner.positions, count)
    first = positions <= owner.positions  # the one of *ones* is the shorter
    by_row = first[:, np.newaxis]
    shorter, longer = np.where(by_row, ours, theirs), np.where(by_row, theirs, ours)
    got = np.where(by_row, ours_found, theirs_found)
    got_longer = np.where(by_row, theirs_found, ours_found)
    contained, contained_longer = _contained(got, shorter), _contained(got_longer, longer)
    figures = _shared("figures", ones, which, many, first)
    names_shared, names, longer_names = _shared("names", ones, which, many, first)
    lengths = np.maximum(np.where(first, owner.positions, positions), 1)
    # A copy without capitals, or in capitals, has no names: that is no difference.
    names *= (longer_names > 0) | (contained < SAME_WORDING)
    return np.array(
        [
            got[:, _RARE],
            shorter[:, _RARE],
            contained,
            *figures,
            names_shared,
            names,
            _coverage(got, shorter),
            _weaker_half(got, shorter, contained),
            _share(got[:, _LEAD], shorter[:, _LEAD], contained),
            _share(got_longer[:, _LEAD], longer[:, _LEAD], contained_longer),
            _coverage(got_longer, longer),
            np.where(first, positions, owner.positions) / lengths,
            *_slots(ones, which, many),
            _hours(ones, which, many),
        ]
    ).T


def _pool(sketches: Sequence[Sketch]) -> _Pool:
    samples = np.concatenate([np.empty(0, np.uint64), *(each.samples for each in sketches)])
    return _Pool(
        keys_of(samples),
        places_of(samples),
        np.concatenate([np.empty(0, np.bool_), *(each.rare for each in sketches)]),
        np.repeat(np.arange(len(sketches)), [len(each.samples) for each in sketches]),
        np.array([each.positions for each in sketches], np.int64),
    )


def _tagged(values: NDArray[np.uint32], numbers: Counts) -> NDArray[np.uint64]:
    """Put a number before each value, so that equal values of two numbers differ."""
    return numbers.astype(np.uint64) << _TAG | values


def _tally(
    owner: Counts, places: Counts, rare: NDArray[np.bool_], positions: Counts, count: int
) -> Counts:
    """Count the samples of each text, rare ones, in the lead and by segment: int64[count, 12]."""
    segments = np.minimum(places * _SEGMENTS // np.maximum(positions[owner], 1), _SEGMENTS - 1)
    tally = np.empty((count, 2 + _SEGMENTS), np.int64)
    tally[:, _RARE] = np.bincount(owner[rare], minlength=count)
    tally[:, _LEAD] = np.bincount(owner[places < LEAD_WORDS], minlength=count)
    cells = np.bincount(owner * _SEGMENTS + segments, minlength=count * _SEGMENTS)
    tally[:, _BY_SEGMENT] = cells.reshape(count, _SEGMENTS)
    return tally


def _contained(got: Counts, of: Counts) -> Floats:
    found: Floats = got[:, _BY_SEGMENT].sum(axis=1) / np.maximum(of[:, _BY_SEGMENT].sum(axis=1), 1)
    return found


def _share(got: Counts, of: Counts, base: Floats) -> Floats:
    """Return got / of, shrunk a little towards *base*: a lead may have no sample at all."""
    shares: Floats = (got + 0.5 * base) / (of + 0.5)
    return shares


def _coverage(got: Counts, of: Counts) -> Floats:
    got, of = got[:, _BY_SEGMENT], of[:, _BY_SEGMENT]
    covered = (got >= _FOUND * of) & (of > 0)
    shares: Floats = covered.sum(axis=1) / np.maximum((of > 0).sum(axis=1), 1)
    return shares


def _weaker_half(got: Counts, of: Counts, base: Floats) -> Floats:
    halves = (
        part.sum(axis=1) for each in (got, of) for part in np.split(each[:, _BY_SEGMENT], 2, 1)
    )
    left, right, of_left, of_right = halves
    return np.minimum(_share(left, of_left, base), _share(right, of_right, base))


def _shared(
    kind: Literal["figures", "names"],
    ones: Sequence[Sketch],
    which: Counts,
    many: Sequence[Sketch],
    first: NDArray[np.bool_],
) -> tuple[Counts, Counts, Counts]:
    """Count the particulars of the shorter text that the longer has, and all of either."""
    own_sets, sets = ([getattr(each, kind) for each in side] for side in (ones, many))
    own_sizes, sizes = (np.array([*map(len, side)], np.int64) for side in (own_sets, sets))
    own, everything = (np.concatenate([np.empty(0, np.uint32), *side]) for side in (own_sets, sets))
    owners = np.repeat(np.arange(len(many)), sizes)
    tagged = _tagged(own, np.repeat(np.arange(len(ones)), own_sizes))
    found = lookup(tagged, _tagged(everything, which[owners]))[1]
    shared = np.bincount(owners[found], minlength=len(many))
    own_sizes = own_sizes[which]
    return shared, np.where(first, own_sizes, sizes), np.where(first, sizes, own_sizes)


def _slots(ones: Sequence[Sketch], which: Counts, many: Sequence[Sketch]) -> tuple[Counts, Counts]:
    """Count the slots of two texts that have words of different meanings, and all of both."""
    own, theirs = (
        np.concatenate([np.empty(0, np.uint64), *(each.slots for each in side)])
        for side in (ones, many)
    )
    owners, holders = (
        np.repeat(np.arange(len(side)), [len(each.slots) for each in side]) for side in (ones, many)
    )
    tagged = _tagged(keys_of(own), owners)
    spot, found = lookup(tagged, _tagged(keys_of(theirs), which[holders]))
    differ = apart()[places_of(own[spot[found]]), places_of(theirs[found])]
    holders = holders[found]
    count = len(many)
    return np.bincount(holders[differ], minlength=count), np.bincount(holders, minlength=count)


def _hours(ones: Sequence[Sketch], which: Counts, many: Sequence[Sketch]) -> Floats:
    minutes, more = np.array([(each.minute, each.minutes) for each in many], np.int64).T
    own, own_more = np.array([(each.minute, each.minutes) for each in ones], np.int64).T[:, which]
    known = (minutes != UNKNOWN) & (own != UNKNOWN)
    minutes, own = np.where(known, minutes, 0), np.where(known, own, 0)
    apart = np.maximum(minutes - (own + own_more), own - (minutes + more))
    return np.where(known, np.maximum(apart, 0) / 60, np.nan)
