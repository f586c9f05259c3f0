"""The headline of a page: a vote among the places that repeat it.

No place alone is right on more than eight pages of ten: ``<title>`` carries the site's
name, og:title a teaser for social networks, ``<h1>`` sometimes the name of the section.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.clean.person_names import name_key
from pipeline.records import Evidence

WEIGHTS = {
    "h1": 1.6,
    "json-ld:headline": 1.0,
    "itemprop:headline": 0.9,
    "og:title": 1.0,
    "title": 0.7,
    "twitter:title": 0.4,
    "meta:headline": 0.5,
    "meta:title": 0.4,
    "json-ld:name": 0.4,
}
"""What a vote counts. Chosen on the development pages of four benchmarks (some 1,400): an
``<h1>`` wins alone, and loses when two of the others agree against it."""

PREFIX_SUPPORT = 0.8
"""Share of a vote that goes to a candidate which the voter only begins with (site, section
or a second clause follow)."""

MIN_PREFIX_CHARS = 15
"""A shorter beginning is as likely a section or a kicker as a headline."""

UNSUPPORTED = 0.55
"""Share of its weight that an ``<h1>`` keeps which no other place repeats, where another
``<h1>`` is repeated: it is the name of the site or of a box."""

LATER_HEADING = 0.3
"""Share for a second and later ``<h1>`` which no other place repeats."""

_TAIL = re.compile(r".+\S(?:\s+[-|–—]\s+|\s*\|\s*|_)", re.DOTALL)
_SEPARATOR = re.compile(r"\s+(?:[|–—·•»«›‹:~/*]|-{1,2}|::)\s+|\s*\|\s*|\s+»|«\s+")


def choose_title(candidates: Iterable[Evidence], site_names: frozenset[str]) -> list[Evidence]:
    """Order *candidates* for the title by votes, the winner first.

    Args:
        candidates: field ``title``, sources as in ``WEIGHTS``.
        site_names: ``name_key`` of what the site calls itself.

    Returns:
        The candidates, values less the site's name, those that named only the site left out.
    """
    candidates = list(candidates)
    site_names |= _names_in_headings(candidates)
    trimmed = [
        Evidence("title", value, candidate.source)
        for candidate in candidates
        if (value := without_site(candidate.value, site_names))
    ]
    keys = [name_key(candidate.value) for candidate in trimmed]
    weights = _weights(trimmed, keys)
    votes = [_votes(key, keys, weights) for key in keys]
    order = sorted(range(len(trimmed)), key=lambda n: (-votes[n], -weights[n], n))
    return [trimmed[n] for n in order]


def without_site(title: str, site_names: frozenset[str]) -> str:
    """Cut the site's name off either end of *title*; empty when nothing else is there."""
    if name_key(title) in site_names:
        return ""
    cuts = [match.span() for match in _SEPARATOR.finditer(title)]
    while cuts:
        start, end = cuts[-1]
        if is_site_name(title[end:], site_names):
            title = title[:start].strip()
        elif is_site_name(title[: cuts[0][0]], site_names):
            title = title[cuts[0][1] :].strip()
        else:
            break
        cuts = [match.span() for match in _SEPARATOR.finditer(title)]
    return "" if name_key(title) in site_names else title.strip()


def is_site_name(text: str, site_names: frozenset[str]) -> bool:
    """Whether *text* is a name of the site, or holds one among at most five words."""
    key = name_key(text)
    if key in site_names:
        return True
    words = key.split()
    squeezed = "".join(words)
    return 0 < len(words) <= 5 and any(
        len(name) >= 4 and name.replace(" ", "") in squeezed for name in site_names
    )


def _names_in_headings(candidates: list[Evidence]) -> frozenset[str]:
    """Headings that ``<title>`` ends with, after something longer: the site's name in its logo."""
    titles = [candidate.value for candidate in candidates if candidate.source == "title"]
    found = set()
    for candidate in candidates:
        for title in titles if candidate.source == "h1" else ():
            front = title[: -len(candidate.value)]
            if title.endswith(candidate.value) and len(front) > len(candidate.value):
                found.update([name_key(candidate.value)] if _TAIL.fullmatch(front) else [])
    return frozenset(found)


def _weights(voters: list[Evidence], keys: list[str]) -> list[float]:
    """What each vote counts, once headings that nothing else on the page repeats are told."""
    others = [key for voter, key in zip(voters, keys, strict=True) if voter.source != "h1"]
    headings = [n for n, voter in enumerate(voters) if voter.source == "h1"]
    repeated = {n for n in headings if any(_repeats(other, keys[n]) for other in others)}
    weights = [WEIGHTS[voter.source] for voter in voters]
    for n in headings:
        if n not in repeated:
            weights[n] *= LATER_HEADING if n != headings[0] else UNSUPPORTED if repeated else 1
    return weights


def _repeats(other: str, key: str) -> bool:
    """Whether *other* is *key*, or says it together with something else."""
    return other == key or (len(key) >= MIN_PREFIX_CHARS and key in other)


def _votes(key: str, keys: list[str], weights: list[float]) -> float:
    """The weight of all voters that say *key*, or begin with it."""
    total = 0.0
    for other, weight in zip(keys, weights, strict=True):
        if other == key:
            total += weight
        elif len(key) >= MIN_PREFIX_CHARS and other.startswith(key):
            total += weight * PREFIX_SUPPORT
    return total
