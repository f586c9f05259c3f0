"""Versions: of several kept articles at one url, which is a later version of which.

A page that is fetched again with other content is no copy to be dropped: the story may have
been corrected. It stays, in the cluster of the version before, and says which that is. If it
has nothing in common with any, the url was given to another story.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.evidence import UNKNOWN


def versions(
    urls: NDArray[np.uint64],
    published: NDArray[np.bool_],
    fetched: NDArray[np.int64],
    kept: Sequence[int],
    alike: Iterable[tuple[int, int]],
) -> dict[int, int]:
    """Map each later kept article at a url to the version it revises.

    Versions are in order of time: published by an earlier run before new, then by when they
    were fetched (unknown first), then by their place in the input.

    Args:
        urls: uint64[m], 0 where unknown.
        published: bool[m]; published articles are never later versions.
        fetched: int64[m], minutes, or ``evidence.UNKNOWN``, which is the smallest of all.
        kept: the members that stay, in the order of the input.
        alike: pairs of members at one url that the evidence says are one story.

    Returns:
        For each, the latest earlier version it is alike; itself when it is alike none.
    """
    members = np.array(kept, np.int64)
    located = members[urls[members] != 0]
    _, place, counts = np.unique(urls[located], return_inverse=True, return_counts=True)
    shared = located[counts[place] > 1]
    if not len(shared):
        return {}
    pairs = {frozenset(pair) for pair in alike}
    order = np.lexsort((np.arange(len(shared)), fetched[shared], ~published[shared], urls[shared]))
    found: dict[int, int] = {}
    earlier: list[int] = []
    for member in shared[order].tolist():
        if earlier and urls[earlier[-1]] != urls[member]:
            earlier = []
        if earlier and not published[member]:
            known = (each for each in reversed(earlier) if frozenset((each, member)) in pairs)
            found[member] = next(known, member)
        earlier.append(member)
    return found


assert np.iinfo(np.int64).min == UNKNOWN, "an unknown time comes before all others"
