"""Versions: which kept articles of one page revise which, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.evidence import PARTS, UNKNOWN

LAYOUT_MINUTES = 10
"""Minutes within which pages at one address were fetched as layouts of one page, such as AMP and
mobile: a site that corrects a story takes longer to be fetched again."""
VERSION = 0.6
"""Share of the shorter text at one page that another has, and of the longer's ten segments, from
which on one is a version of the other: a correction may change the very names and figures."""


class Version(NamedTuple):
    """What is known of a kept article at a page that others are at as well.

    Attributes:
        revised: the latest earlier version; itself if there is none.
        page: the version that came first, by which all versions know one another.
        other_story: an article that came before it at the page is another story.
    """

    revised: int
    page: int
    other_story: bool


def fetched_together(one: int, other: int) -> bool:
    """Tell whether two pages were fetched as layouts of one: minutes, or ``UNKNOWN``."""
    return UNKNOWN not in (one, other) and abs(one - other) <= LAYOUT_MINUTES


def described_anew(
    files: NDArray[np.uint64],
    facts: NDArray[np.uint64],
    digests: NDArray[np.uint8],
    published: NDArray[np.bool_],
    leaders: NDArray[np.int64],
) -> list[tuple[int, int]]:
    """List (published, new) articles of one file and text of which other things are known now.

    Its sidecar has changed, or the headline above the text: that is a revision, not a copy.

    Args:
        files: uint64[m], digest of the file that is this document, 0 where it holds others.
        facts: uint64[m], digest of what is known of it besides its text.
        digests: uint8[m, 16], of the texts.
        published: bool[m].
        leaders: int64[m], the first of equal text of each.
    """
    found = []
    again = ~published & (files != 0) & np.isin(files, files[published])
    for member in np.flatnonzero(again & (leaders != np.arange(len(files)))):
        same = published & (files == files[member])
        same &= (digests == digests[member]).all(axis=1)
        if facts[member] not in facts[same]:
            found += [(each, int(member)) for each in np.flatnonzero(same).tolist()]
    return found


def name_pages(urls: NDArray[np.uint64], alike: Iterable[tuple[int, int]]) -> NDArray[np.uint64]:
    """Name the page of each member, 0 where unknown: that of its url, and of versions it has.

    The url of a file's text may be known only now, or be another one.
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
    """Map each new kept article at a page to what it is a version of.

    Versions are in order of time: by when they were fetched, where both say so; else published
    before new, then by their place in the input. So an older version that arrives late revises
    nothing, and knows the later one by their ``page``.

    Args:
        urls: uint64[m], the page of each, 0 where unknown.
        published: bool[m]; published articles never change.
        fetched: int64[m], minutes, or ``UNKNOWN``, which is the smallest of all.
        kept: the members that stay, in the order of the input.
        alike: pairs of members of one page that the evidence says are one story.
    """
    members = np.array(kept, np.int64)
    located = members[urls[members] != 0]
    _, place, counts = np.unique(urls[located], return_inverse=True, return_counts=True)
    shared = located[counts[place] > 1]
    if not len(shared):
        return {}
    pairs = {frozenset(pair) for pair in alike}
    order = np.lexsort((np.arange(len(shared)), fetched[shared], ~published[shared], urls[shared]))
    found: dict[int, Version] = {}
    earlier: list[int] = []
    for member in shared[order].tolist():
        if earlier and urls[earlier[-1]] != urls[member]:
            earlier = []
        if earlier and not published[member]:
            known = [each for each in earlier if frozenset((each, member)) in pairs]
            before = [each for each in known if not _later(fetched[each], fetched[member])]
            root = known[0] if known else member
            page = found[root].page if root in found else root
            found[member] = Version(before[-1] if before else member, page, not known)
        earlier.append(member)
    return found


def _later(one: int, other: int) -> bool:
    return UNKNOWN not in (one, other) and one > other


assert np.iinfo(np.int64).min == UNKNOWN, "an unknown time comes before all others"
