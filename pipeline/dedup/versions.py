"""Versions: which kept articles of one page revise which, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.candidates import Candidates
from pipeline.dedup.evidence import PARTS, UNKNOWN

LAYOUT_MINUTES = 10
"""Maximum minutes between fetches of layouts of one page, such as AMP and mobile. A site that
corrects a story takes longer to be fetched again."""
VERSION = 0.6
"""Minimum share of the shorter text, and of the longer one's ten segments, that two versions of one
page have in common: a correction may change the very names and figures."""


class Version(NamedTuple):
    """What a kept article is a version of.

    Attributes:
        revised: the latest earlier version; itself if there is none.
        page: the first version, which all versions of the page refer to.
        other_story: an earlier article of the page is another story.
    """

    revised: int
    page: int
    other_story: bool


def fetched_together(one: int, other: int) -> bool:
    """Tell whether two pages were fetched as layouts of one: minutes, or ``UNKNOWN``."""
    return UNKNOWN not in (one, other) and abs(one - other) <= LAYOUT_MINUTES


def described_anew(found: Candidates, leaders: NDArray[np.int64]) -> list[tuple[int, int]]:
    """List (published, new) articles of one file and text whose other facts have changed.

    The sidecar has changed, or the headline above the text: that is a revision, not a copy.
    *leaders* maps each member to the first with the same text.
    """
    pairs = []
    files, published = found.files, found.published
    again = ~published & (files != 0) & np.isin(files, files[published])
    for member in np.flatnonzero(again & (leaders != np.arange(len(files)))):
        same = published & (files == files[member])
        same &= (found.digests == found.digests[member]).all(axis=1)
        if found.facts[member] not in found.facts[same]:
            pairs += [(each, int(member)) for each in np.flatnonzero(same).tolist()]
    return pairs


def name_pages(urls: NDArray[np.uint64], alike: Iterable[tuple[int, int]]) -> NDArray[np.uint64]:
    """Name the page of each member, 0 if unknown; versions of one page get the same name.

    The url of a file's text may become known, or change, between versions.
    """
    pages = urls.copy()
    for one, other in alike:
        if pages[one] != pages[other]:
            pages[pages == pages[other]] = pages[one]
    return pages


def of_one_wording(parts: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which pairs have most of their words in common, whatever names or figures say."""
    column = dict(zip(PARTS, parts.T, strict=True))
    found: NDArray[np.bool_] = np.minimum(column["contained"], column["longer_coverage"]) >= VERSION
    return found


def versions(
    urls: NDArray[np.uint64],
    published: NDArray[np.bool_],
    fetched: NDArray[np.int64],
    kept: Sequence[int],
    alike: Iterable[tuple[int, int]],
) -> dict[int, Version]:
    """Map each new kept article of a page with several to what it is a version of.

    Versions are ordered by the time of fetching if both are known; else published before new, then
    by place in the input. An older version that arrives late revises nothing, but has the same
    ``page`` as the later one.

    Args:
        urls: uint64[m], the page of each; 0 if unknown.
        published: bool[m]; published articles never change.
        fetched: int64[m], minutes, or ``UNKNOWN``.
        kept: the members that stay, in the order of the input.
        alike: pairs of members of one page that are one story.
    """
    members = np.array(kept, np.int64)
    located = members[urls[members] != 0]
    _, place, counts = np.unique(urls[located], return_inverse=True, return_counts=True)
    shared = located[counts[place] > 1]
    pairs = {frozenset(pair) for pair in alike}
    # UNKNOWN is the smallest int64: it comes before all times.
    order = np.lexsort((np.arange(len(shared)), fetched[shared], ~published[shared], urls[shared]))
    found: dict[int, Version] = {}
    earlier: list[int] = []
    for member in shared[order].tolist():
        if earlier and urls[earlier[-1]] != urls[member]:
            earlier = []
        if earlier and not published[member]:
            known = [each for each in earlier if frozenset((each, member)) in pairs]
            known_time = fetched[member] != UNKNOWN
            before = [n for n in known if not known_time or fetched[n] <= fetched[member]]
            root = known[0] if known else member
            page = found[root].page if root in found else root
            found[member] = Version(before[-1] if before else member, page, not known)
        earlier.append(member)
    return found
