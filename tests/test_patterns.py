"""No regular expression can blow up: each one meets a megabyte of what is worst for it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from time import process_time

import pytest

import pipeline.clean
import pipeline.clean.lines
import pipeline.judge
import pipeline.text

pytestmark = pytest.mark.slow

try:  # its name changed in Python 3.11
    from re import _parser as parser
except ImportError:
    import sre_parse as parser  # type: ignore[no-redef]

SMALL, MEGABYTE = 1_500, 1_000_000
GROWTH = 4.0
"""How much dearer a character may be in a longer text: 1 where a pattern is linear; a quadratic
one has 10 in a text ten times as long."""
DEAR_SECONDS = 0.3
"""CPU that a megabyte may be expected to take; for a dearer pattern a text ten times as long as the
first has to do."""
NOISE_SECONDS = 0.02
"""CPU below which times say nothing."""


def modules():
    """Every module whose patterns see a whole text or one line of it."""
    for package in (pipeline.clean, pipeline.clean.lines, pipeline.text, pipeline.judge):
        for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            yield importlib.import_module(found.name)


def patterns():
    """Where each compiled pattern stands, and the pattern; once where a module borrows it."""
    seen = {}
    for module in modules():
        for name, value in vars(module).items():
            values = value.values() if isinstance(value, dict) else value
            many = values if isinstance(value, tuple | list | dict) else (value,)
            for number, pattern in enumerate(many):
                if isinstance(pattern, re.Pattern):
                    place = f"{module.__name__.removeprefix('pipeline.')}.{name}.{number}"
                    seen.setdefault(pattern, place)
    return {place: pattern for pattern, place in seen.items()}


PATTERNS = patterns()


def openings(pattern):
    """The literal characters that *pattern* names, in its order, cut into a few pieces."""
    literals = []

    def walk(parsed):
        for name, value in parsed:
            if str(name) == "LITERAL":
                literals.append(chr(value))
            elif isinstance(value, parser.SubPattern):
                walk(value)
            elif isinstance(value, tuple | list):
                for part in value:
                    if isinstance(part, parser.SubPattern):
                        walk(part)
                    elif isinstance(part, list):
                        for branch in part:
                            if isinstance(branch, parser.SubPattern):
                                walk(branch)

    walk(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    text = "".join(literals)[:60]
    return {text, text[:3], text[:8], text[-8:], text[:1]} - {""}


UNITS = (
    " ", "a", "1", "A", "a ", "A ", "1 ", "A. ", "a, ", "-", "(", "( ", "(a ", "((a", "@", "a@",
    "a.", "a@a.", "www.", "#a", "\u6771", "\u201c", ".", ": ", "/", "a-", "1:", "1.1", "2024-",
    "1 May ", "by ", "By A ", "photo ", "(photo ", "comment ", "the right ", "is a aa ",
)  # fmt: skip


def seconds(pattern, unit, size):
    """CPU for looking everywhere in so many characters of *unit*, with an end that may fail."""
    text = (unit * (size // len(unit) + 1))[:size] + "\x00"
    before = process_time()
    pattern.match(text)
    pattern.search(text)
    return process_time() - before


def test_all_places_are_looked_into():
    """Patterns are found in constants, tuples and tables of the modules."""
    homes = {place.rsplit(".", 2)[0] for place in PATTERNS}

    assert {"clean.dates", "clean.signs", "judge.language"} <= homes
    assert len(PATTERNS) > 50


@pytest.mark.parametrize("place", sorted(PATTERNS))
def test_a_pattern_is_linear(place):
    """On what is worst for it, a text many times as long takes so many times as long, no more."""
    pattern = PATTERNS[place]
    worst = max(
        sorted({*UNITS, *openings(pattern)}), key=lambda unit: seconds(pattern, unit, SMALL)
    )
    small = min(seconds(pattern, worst, SMALL) for _ in range(3))
    times = 10 if small * MEGABYTE / SMALL > DEAR_SECONDS else MEGABYTE // SMALL

    most = NOISE_SECONDS + GROWTH * times * small
    assert any(seconds(pattern, worst, times * SMALL) <= most for _ in range(3))
