"""Lines that only say when: time stamps."""

from __future__ import annotations

import re

from pipeline.clean.dates import MONTHS, ZONES, find_date
from pipeline.clean.lines.phrases import WORDS
from pipeline.text.unicode import FIRST_SPACELESS

MAX_WORDS = 20
"""Words of the longest line of time stamps: two of them, with labels and weekdays."""
SPACELESS_LETTERS = 4
"""Letters that count as one word where no spaces part words."""
AGE_WORDS = 6
"""Words of the longest age or reading time: ``Temps de lecture : 3 min``."""
UNIT_LETTERS = 3
"""Letters behind a number that are its unit, beside those of dates and times."""
MOST_COUNTED = 100
"""Minutes and hours below which they are an age."""
OTHER_WORDS = 1
"""Words beside date, time and labels that a time stamp may have: a section or an outlet."""
PUBLISHED, UPDATED = WORDS["published"], WORDS["updated"]

STAMP_WORDS = frozenset().union(
    PUBLISHED,
    UPDATED,
    MONTHS,
    (zone.casefold() for zone in ZONES),
    *(WORDS[name] for name in ("age", "reading_time", "time_unit", "time_stamp")),
)
"""Words of dates, times and their labels; ages: ``3 hours ago``; reading times: ``4 min read``."""

_CHANGED = UPDATED | {"änderung", "aktualisierung", "lastupdate", "stand", "jour", "until", "bis"}
"""What pages call the day of a change besides: in a text these are words of sentences, too."""

CLOCK = re.compile(
    r"\W{0,3}(?:[01]?\d|2[0-4])\s?[:.h]\s?[0-5]\d(?:\s?[a-z][a-z.]{0,4}){0,2}\W{0,3}", re.IGNORECASE
)

_TIME_INSIDE = re.compile(r"(?<!\d)(?:[01]?\d|2[0-4])[:.h][0-5]\d(?!\d)")
_NUMERIC = re.compile(r"[\d年月日時时点點分秒년월일시분초]")
_DIGITS = re.compile(r"\d")


def says_when(text: str, words: tuple[str, ...]) -> bool:
    """Whether a line holds a date, an age or a reading time and, labels aside, little else.

    A time of day without a date counts where ``Published`` or ``Updated`` opens the line.
    """
    if len(words) > MAX_WORDS or not says_only_when(words) or not _DIGITS.search(text):
        return False
    if find_date(text) is not None:
        return True
    if not says_only_when(words, others=0):
        return False
    labelled = words[0] in UPDATED or words[0] in PUBLISHED
    return (labelled and _TIME_INSIDE.search(text) is not None) or _ages(words)


def _ages(words: tuple[str, ...]) -> bool:
    """Whether a line of time stamps' words is an age or a reading time: ``vor 3 Stunden``."""
    if len(words) > AGE_WORDS:
        return False
    if "ago" in words or "read" in words:
        return True
    counted = any(word.isdecimal() and int(word) < MOST_COUNTED for word in words)
    said = not (WORDS["age"] | WORDS["reading_time"]).isdisjoint(words)
    return counted and said and not WORDS["time_unit"].isdisjoint(words)


def says_only_when(words: tuple[str, ...], others: float = OTHER_WORDS) -> bool:
    """Whether a line has at most so many *others* than numbers and words of time stamps."""
    for word in words:
        # A number with its unit; where no spaces separate words, a sentence may open with one.
        number = word[0].isdigit() and (
            word.isascii() or len(_NUMERIC.sub("", word)) <= UNIT_LETTERS
        )
        if word not in STAMP_WORDS and not number:
            others -= 1 if word[0] < FIRST_SPACELESS else -(-len(word) // SPACELESS_LETTERS)
            if others < 0:
                return False
    return True


def kind_of_label(words: frozenset[str]) -> str:
    """What case-folded *words* before a date call it: published, updated, or plain."""
    if not words.isdisjoint(PUBLISHED):
        return "published"
    return "plain" if words.isdisjoint(_CHANGED) else "updated"
