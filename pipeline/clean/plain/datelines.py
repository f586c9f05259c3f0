"""The dateline: the place that a dispatch opens with."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CHARS = 90
"""Characters within which a dateline's dash must stand."""

_CAPITALS = re.compile(
    r"^(?P<place>[^\W\d_a-z]{2}[^\W\d_]*(?:[ .,’'/-]{1,2}[^\W\d_]{1,20}\.?){0,5}?)"
    r"(?P<rest>(?:,\s[^\W\d_]{3,10}\.?\s\d{1,2}(?:,\s\d{4})?)?(?:\s?\([^()]{2,40}\)){0,2}"
    r"|,?\s\d{1,2}\s[^\W\d_]{3,10}\.?(?:\s\([^()]{2,40}\))?)"
    r"\s?(?:[—–]|--|\s-\s?|-\s)\s?(?=\S)"
)
_AGENCY = re.compile(
    r"^(?P<place>[A-Z][^\W\d_]+(?:[ -][A-Z][^\W\d_]+){0,3}(?:,\s[A-Z][^\W\d_.]+\.?)?)"
    r"\s?(?:,\s[^\W\d_]{3,10}\.?\s\d{1,2}\s?)?\((?:Reuters|AP|AFP|UPI|dpa|ANI|PTI|Xinhua|EFE|ANSA"
    r"|CNN|dpa/\w+|IANS|Bloomberg)\)\s?[—–:-]{1,2}"
)
_ABBREVIATIONS = frozenset(
    {"US", "UK", "UN", "EU", "CEO", "AI", "TV", "UPDATE", "BREAKING", "CORRECTION", "NOTE", "FILE"}
)


@dataclass(frozen=True, slots=True)
class Dateline:
    """The place as written, and the characters of the line that hold it."""

    place: str
    start: int
    end: int


def find_dateline(text: str) -> Dateline | None:
    """Read ``WASHINGTON—``, ``NEW YORK, Sept. 3 (AP) —`` or ``Paris (Reuters) -`` at the start.

    >>> find_dateline("WASHINGTON—The army has said so, and nobody in the town objected.").place
    'WASHINGTON'
    >>> find_dateline("NASA - what it does") is None
    True
    """
    head = text[:MAX_CHARS]
    match = _AGENCY.match(head) if "(" in head else None
    if match is None:
        match = _CAPITALS.match(head) if "—" in head or "–" in head or "-" in head else None
        if match is None or not _is_place(match["place"], text):
            return None
    return Dateline(match["place"], match.start("place"), match.end("place"))


def _is_place(place: str, text: str) -> bool:
    """Whether words before a dash are a place: capitals, a state's short name after a comma."""
    name, _, _state = place.partition(",")
    words = re.findall(r"[^\W\d_]+", name)
    if not words or not all(word.isupper() for word in words) or words[0] in _ABBREVIATIONS:
        return False
    # A short abbreviation, or a heading in capitals throughout, is no dispatch.
    return sum(map(len, words)) >= 5 and len(text) >= 60 and not text.isupper()
