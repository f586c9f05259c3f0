"""Lines that may be the byline, and what is seen of them."""

from __future__ import annotations

from math import log

from pipeline.clean.bylines import byline_names, is_labelled
from pipeline.clean.lines.choices import Candidate, Reading, gathered, rated
from pipeline.clean.lines.page import LineRecord
from pipeline.clean.names import GIVEN_NAMES, has_given_name, name_key

LEAST_SHARE = 0.02
"""The tagger's probability from which a line is a candidate."""
NAME_WORDS = 8
"""Words of the longest other line that is one if it begins with a given name."""


def bylines(text: Reading) -> list[Candidate[tuple[str, ...]]]:
    """Lines that may be the byline, with the names in it; lines with the same names count once."""
    shares, times = text.shares["byline"], text.shares["time"]
    found: dict[tuple[str, ...], tuple[tuple[str, ...], list[LineRecord]]] = {}
    likely = [
        line
        for line, share in zip(text.page.lines, shares, strict=True)
        if share >= LEAST_SHARE
        or (
            line.words
            and line.words[0] in GIVEN_NAMES
            and not line.prose
            and line.word_count <= NAME_WORDS
        )
        or "byline" in line.signs
    ]
    for line in sorted(likely, key=lambda each: -shares[each.index]):
        names = byline_names(line.text)
        if names:
            found.setdefault(tuple(sorted(map(name_key, names))), (names, []))[1].append(line)
    candidates = gathered(text, "byline", found.values())
    given = [any(map(has_given_name, each.value)) for each in candidates]
    for each, known in zip(candidates, given, strict=True):
        line = each.line
        labelled = "byline" in line.signs or is_labelled(line.text)
        below = times[line.index + 1 : line.index + 2]
        each.features.update(
            {
                "time stamp right below": max(below, default=0.0),
                "neither label nor given name": not (labelled or known),
                "candidates with a given name": log(1 + sum(given)),
            }
        )
    return rated(text, "byline", candidates)
