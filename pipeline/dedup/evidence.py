"""Evidence about pairs: what a text has in common with others, part by part.

All parts are counted on samples and figures, for one text against many at a time. "The
shorter" is the text with fewer places for a shingle; of equals, the one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.samples import keys_of, places_of

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

PARTS = (
    "rare_shared",
    "rare",
    "contained",
    "figures_shared",
    "figures",
    "coverage",
    "weaker_half",
    "lead",
    "longer_lead",
    "length",
    "hours_apart",
)
"""What a pair is decided on:

rare_shared     sampled rare shingles of the shorter that the longer has
rare            sampled rare shingles of the shorter
contained       share of all sampled shingles of the shorter that the longer has
figures_shared  distinct figures of the shorter that the longer has
figures         distinct figures of the shorter
coverage        share of the shorter's ten segments of which the longer has a quarter or more
weaker_half     share found of the half of the shorter of which less is found
lead            share found of the shorter's first 60 words
longer_lead     share of the longer's first 60 words that the shorter has
length          length of the shorter, as a share of the longer's
hours_apart     between the publications; nan when one is unknown
"""

UNKNOWN = np.iinfo(np.int64).min
"""The minute of a publication that is not known."""

LEAD_WORDS = 60
_SEGMENTS = 10
_FOUND = 0.25  # of a segment's shingles: then the segment counts as covered


class Sketch(NamedTuple):
    """What of a text takes part in comparisons.

    Attributes:
        samples: uint64, as in ``Samples.values``.
        rare: bool, for each sample whether its key is rare.
        figures: uint32, sorted and distinct.
        positions: places a shingle can have.
        minute: of publication, or ``UNKNOWN``.
    """

    samples: NDArray[np.uint64]
    rare: NDArray[np.bool_]
    figures: NDArray[np.uint32]
    positions: int
    minute: int


class _Tally(NamedTuple):
    """Samples counted text by text: all, rare ones, by segment, in the lead."""

    total: Counts
    rare: Counts
    segments: Counts
    lead: Counts


def compare(one: Sketch, many: Sequence[Sketch]) -> Floats:
    """Compare *one* with each of *many*: float64[n, len(PARTS)]."""
    count = len(many)
    positions = np.array([each.positions for each in many], np.int64)
    owner = np.repeat(np.arange(count), [len(each.samples) for each in many])
    samples = np.concatenate([np.empty(0, np.uint64), *(each.samples for each in many)])
    rare = np.concatenate([np.empty(0, np.bool_), *(each.rare for each in many)])
    spot, found = _lookup(keys_of(one.samples), keys_of(samples))
    spot, holder = spot[found], owner[found]
    here, there = places_of(one.samples), places_of(samples)
    ours = _tally(np.zeros(len(here), np.int64), here, one.rare, np.array([one.positions]), 1)
    theirs = _tally(owner, there, rare, positions, count)
    ours_found = _tally(holder, here[spot], one.rare[spot], np.full(count, one.positions), count)
    theirs_found = _tally(holder, there[found], rare[found], positions, count)
    first = one.positions <= positions  # the one is the shorter
    shorter, longer = _choose(first, ours, theirs), _choose(first, theirs, ours)
    got, got_longer = (
        _choose(first, ours_found, theirs_found),
        _choose(first, theirs_found, ours_found),
    )
    contained = got.total / np.maximum(shorter.total, 1)
    contained_longer = got_longer.total / np.maximum(longer.total, 1)
    figures, figures_shared = _figures(one, many, first)
    lengths = np.maximum(one.positions, positions)
    return np.array(
        [
            got.rare,
            shorter.rare,
            contained,
            figures_shared,
            figures,
            _coverage(got.segments, shorter.segments),
            _weaker_half(got.segments, shorter.segments, contained),
            _share(got.lead, shorter.lead, contained),
            _share(got_longer.lead, longer.lead, contained_longer),
            np.minimum(one.positions, positions) / np.maximum(lengths, 1),
            _hours(one.minute, [each.minute for each in many]),
        ]
    ).T


def _lookup(
    keys: NDArray[np.uint32], wanted: NDArray[np.uint32]
) -> tuple[Counts, NDArray[np.bool_]]:
    if not len(keys):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    spot = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return spot, keys[spot] == wanted


def _tally(
    owner: Counts, places: Counts, rare: NDArray[np.bool_], positions: Counts, count: int
) -> _Tally:
    segments = np.minimum(places * _SEGMENTS // np.maximum(positions[owner], 1), _SEGMENTS - 1)
    cells = np.bincount(owner * _SEGMENTS + segments, minlength=count * _SEGMENTS)
    table = cells.reshape(count, _SEGMENTS)
    return _Tally(
        table.sum(axis=1),
        np.bincount(owner[rare], minlength=count),
        table,
        np.bincount(owner[places < LEAD_WORDS], minlength=count),
    )


def _choose(first: NDArray[np.bool_], one: _Tally, other: _Tally) -> _Tally:
    return _Tally(
        np.where(first, one.total, other.total),
        np.where(first, one.rare, other.rare),
        np.where(first[:, np.newaxis], one.segments, other.segments),
        np.where(first, one.lead, other.lead),
    )


def _share(got: Counts, of: Counts, base: Floats) -> Floats:
    """Give got / of, drawn a little towards *base*: a lead may have no sample at all."""
    shares: Floats = (got + 0.5 * base) / (of + 0.5)
    return shares


def _coverage(got: Counts, of: Counts) -> Floats:
    covered = (got >= _FOUND * of) & (of > 0)
    shares: Floats = covered.sum(axis=1) / np.maximum((of > 0).sum(axis=1), 1)
    return shares


def _weaker_half(got: Counts, of: Counts, base: Floats) -> Floats:
    middle = _SEGMENTS // 2
    halves = [
        _share(got[:, part].sum(axis=1), of[:, part].sum(axis=1), base)
        for part in (slice(middle), slice(middle, None))
    ]
    return np.minimum(*halves)


def _figures(
    one: Sketch, many: Sequence[Sketch], first: NDArray[np.bool_]
) -> tuple[Counts, Counts]:
    """Give the number of the shorter's figures, and how many of them the longer has."""
    sizes = np.array([len(each.figures) for each in many], np.int64)
    everything = np.concatenate([np.empty(0, np.uint32), *(each.figures for each in many)])
    found = _lookup(one.figures, everything)[1]
    shared = np.bincount(np.repeat(np.arange(len(many)), sizes)[found], minlength=len(many))
    return np.where(first, len(one.figures), sizes), shared


def _hours(minute: int, others: list[int]) -> Floats:
    minutes = np.array(others, np.int64)
    known = (minutes != UNKNOWN) & (minute != UNKNOWN)
    apart = np.abs(np.where(known, minutes - minute, 0)) / 60
    return np.where(known, apart, np.nan)
