"""Rarity: which shingles are evidence about a pair, and which clusters share such shingles.

A shingle of boilerplate, background or a template occurs in many stories and is no evidence. Its
frequency is counted over provisional clusters, not over texts, so that a story with three hundred
copies is as rare as one with two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import lookup, spread, starts_of_runs
from pipeline.config import DedupConfig
from pipeline.dedup.shingles import keys_of, places_of, shingle_and_sample

RARE_CLUSTERS = 3
"""Maximum effective clusters in which a rare shingle occurs."""
LEAST_SHARED = 2
"""Minimum rare sampled shingles that two clusters share to be compared: one may be chance."""
LEAST_SHARE = 0.05
"""Minimum rare shared samples, as a share of the samples of the smallest text of two clusters. In
the development data nine in ten pairs that are no copies share fewer, and no copies do."""
TEMPLATE_TEXTS = 8
"""Minimum texts of a provisional cluster that may be pages of one template: if it is split, so many
make the words of the template common. Smaller ones are only doubted next to such a cluster. With a
minimum of 4 the 4k labelled documents lose copies (pairwise F1 .997 to .981), because the figures
of badly scanned or corrected stories differ as well."""
SAME_PARTICULARS = 0.6
"""Minimum share of figures and names in common between texts of one story, in the median over
pairs: 1.0 for labelled copies, .75 for follow-ups, .33 for pages of one template."""
SAME_ITEM = 0.8
"""Minimum share of figures and names in common between copies of one item of a template."""
OF_ALL = 0.75
"""Minimum share of the texts of a cluster that contain a shingle of the template itself."""
OF_FEW = 0.2
"""Maximum share of the texts that contain a shingle of one item: some items have copies."""
OF_EACH = 1.2
"""Minimum sum of two shares of texts of a filled-in template: those with all of its shingles and
some of their own, and those with shingles of their own at one place. Of clusters of eight or more,
35 of 37 generated templates reach it, 10 of 10 in scripts without capitals, and 4 of 68 stories."""
MOST_SHARED = 1 << 21
"""Maximum pairs of texts of a template that share a figure or name; if there are more, the most
frequent figures and names are not counted."""
_COMPARED = 12
"""Texts of a cluster that are compared to recognise a template."""
_HALF = np.uint64(32)
_KEYS_AT_ONCE = 1 << 16


def weigh(
    keys: NDArray[np.uint32],
    clusters: NDArray[np.uint32],
    background: NDArray[np.void] | None = None,
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Find the common keys, and link the clusters that share rare ones.

    A key in n texts, of which n1, n2, ... belong to one cluster each, is in n² / (n1² + n2² + ...)
    effective clusters (the inverse of Simpson's index). For a story of one cluster of 90 texts and
    ten of one text that is 1.2; for ten pages with the same boilerplate it is ten.

    Args:
        keys: of samples, in any order.
        clusters: the number of the provisional cluster of the text that each is from.
        background: (key, clusters) by ascending key: in how many clusters of other texts, of one
            text each, a key occurs.

    Returns:
        The common keys, ascending; and the links: uint32[m, 2], two clusters that share a rare
        key, the smaller number first, one row per key. If more than ``RARE_CLUSTERS`` share a key,
        each is only linked with the largest.
    """
    packed = keys.astype(np.uint64) << _HALF
    packed |= clusters
    packed.sort()
    common = [np.empty(0, np.uint32)]
    links = [np.empty((0, 2), np.uint32)]
    for portion in _portions(packed):
        if background is None:
            # Most keys occur in one text only.
            first = starts_of_runs(portion >> _HALF)
            portion = portion[~first | ~np.append(first[1:], True)]  # noqa: PLW2901
        if len(portion):
            found, joined = _weigh(portion, background)
            common.append(found)
            links += joined
    return np.concatenate(common), np.concatenate(links)


def _portions(packed: NDArray[np.uint64]) -> Iterator[NDArray[np.uint64]]:
    """Split ascending (key, cluster) between keys, into portions that fit a core's cache."""
    start = 0
    while start < len(packed):
        end = min(start + _KEYS_AT_ONCE, len(packed))
        last = packed[end - 1] | np.uint64(0xFFFFFFFF)
        end = int(np.searchsorted(packed, last, side="right"))
        yield packed[start:end]
        start = end


def _weigh(
    packed: NDArray[np.uint64], background: NDArray[np.void] | None
) -> tuple[NDArray[np.uint32], list[NDArray[np.uint32]]]:
    """Weigh a portion of ascending (key, cluster)."""
    starts = np.flatnonzero(starts_of_runs(packed))
    texts = np.diff(np.append(starts, len(packed)))
    packed = packed[starts]
    found, numbers = (packed >> _HALF).astype(np.uint32), packed.astype(np.uint32)
    first = np.flatnonzero(starts_of_runs(found))
    count = np.diff(np.append(first, len(found)))
    total = np.add.reduceat(texts, first)
    squares = np.add.reduceat(texts * texts, first)
    if background is not None and len(background):
        places, known = lookup(background["key"], found[first])
        others = np.where(known, background["clusters"][places].astype(np.int64), 0)
        total, squares = total + others, squares + others
    common = total * total > RARE_CLUSTERS * squares
    links = [
        *_all_pairs(numbers, first[~common], count[~common]),
        *_with_largest(numbers, texts, first[~common], count[~common]),
    ]
    return found[first[common]], links


def tells_one_story(particulars: Sequence[NDArray[np.uint32]]) -> bool:
    """Tell whether similar texts tell one story, or fill in one template in different ways.

    Texts of one template are as similar as edited copies. If they counted as one cluster, the words
    of the template would look rare, and prove all of them copies. A pair of texts differs only if
    both have figures or names: if most have none, a few that were misread prove nothing.
    *particulars* are those of texts in the order of representatives: only a few are compared.
    """
    pairs = combinations(spread(particulars, _COMPARED), 2)
    return float(np.median([_share(one, other) for one, other in pairs])) >= SAME_PARTICULARS


def fills_slots(samples: Sequence[NDArray[np.uint64]]) -> bool:
    """Tell whether similar texts have words of their own at one place, and are otherwise equal.

    That holds for notices of one template in any script, also without figures or capitals. Each
    edited copy differs at another place, and none has everything that most have. *samples* are
    ``Samples.values`` of different texts in the order of representatives.
    """
    texts = [keys_of(each)[np.argsort(places_of(each))] for each in spread(samples, _COMPARED)]
    keys, times = np.unique(np.concatenate(texts), return_counts=True)
    of_all = keys[times >= max(2, OF_ALL * len(texts))]
    own = keys[times <= max(1, OF_FEW * len(texts))]
    filled, slots = 0, [np.empty(0, np.int64)]
    for each in texts:
        common = np.isin(each, of_all)
        mine = np.isin(each, own)
        filled += bool(mine.any() and np.count_nonzero(common) >= 0.95 * len(of_all))
        before = np.cumsum(common)
        inside = mine & (before < np.count_nonzero(common))  # the end may have lines of the site
        # A place is identified by the last common shingle before it.
        named = np.append(-1, each[common].astype(np.int64))[before[inside]]
        slots.append(np.unique(named))
    most = np.unique(np.concatenate(slots), return_counts=True)[1].max(initial=0)
    return bool(filled + most >= OF_EACH * len(texts))


def same_items(particulars: Sequence[NDArray[np.uint32]]) -> NDArray[np.int64]:
    """Map each text of a template to the first that fills it in in the same way: int64[n].

    Only texts that share a few figures or names are compared. Those of most texts do not count if
    most texts have others too: in German, nouns have capitals.
    """
    values, counts = np.unique(
        np.concatenate([np.empty(0, np.uint32), *particulars]), return_counts=True
    )
    of_most = values[2 * counts > len(particulars)]
    others = [np.setdiff1d(each, of_most, assume_unique=True) for each in particulars]
    if np.median([len(each) for each in others] or [0]) >= LEAST_SHARED:
        particulars = others
    sizes = [len(each) for each in particulars]
    values = np.concatenate([np.empty(0, np.uint32), *particulars])
    owners = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((owners, values))
    values, owners = values[order], owners[order]
    _, counts = np.unique(values, return_counts=True)
    ascending = np.sort(counts)
    most = int(ascending[np.cumsum(ascending * (ascending - 1) // 2) <= MOST_SHARED].max(initial=0))
    few = np.repeat(counts <= most, counts)
    found = [np.empty((0, 2), np.int64)]
    for step in range(1, most):
        same = (values[step:] == values[:-step]) & few[step:]
        found.append(np.stack([owners[:-step][same], owners[step:][same]], axis=1))
    pairs, times = np.unique(np.concatenate(found), axis=0, return_counts=True)
    leaders = np.arange(len(sizes))
    least = np.array(sizes, np.int64)[pairs].min(axis=1, initial=2**31) * SAME_ITEM
    worth = times >= (least if most == ascending.max(initial=0) else LEAST_SHARED)
    for one, other in pairs[worth & (times >= LEAST_SHARED)].tolist():
        if leaders[other] == other and _share(particulars[one], particulars[other]) >= SAME_ITEM:
            leaders[other] = leaders[one]
    return leaders


def _share(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> float:
    """Return the share of particulars in common, of the smaller set; 1 if one is empty."""
    fewer = min(len(one), len(other))
    return len(np.intersect1d(one, other, assume_unique=True)) / fewer if fewer else 1.0


def _all_pairs(
    numbers: NDArray[np.uint32], first: NDArray[np.int64], count: NDArray[np.int64]
) -> Iterator[NDArray[np.uint32]]:
    for clusters in range(2, RARE_CLUSTERS + 1):
        begin = first[count == clusters]
        for left, right in combinations(range(clusters), 2):
            yield np.stack([numbers[begin + left], numbers[begin + right]], axis=1)


def _with_largest(
    numbers: NDArray[np.uint32],
    texts: NDArray[np.int64],
    first: NDArray[np.int64],
    count: NDArray[np.int64],
) -> Iterator[NDArray[np.uint32]]:
    """Link each cluster with the largest that shares its key; if several are, with each."""
    many = count > RARE_CLUSTERS
    for begin, size in zip(first[many].tolist(), count[many].tolist(), strict=True):
        own, weight = numbers[begin : begin + size], texts[begin : begin + size]
        for largest in own[weight == weight.max()]:
            others = own[own != largest]
            both = np.stack([np.full_like(others, largest), others], axis=1)
            yield np.sort(both, axis=1)


def count_links(links: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Count equal links: uint64[k, 3], two clusters and the number of rows, ascending.

    *links* is uint64[m, 2], or uint64[m, 3] if already counted.
    """
    times = links[:, 2] if links.shape[1] > 2 else np.ones(len(links), np.uint64)
    order = np.lexsort((links[:, 1], links[:, 0]))
    sorted_, times = links[order, :2], times[order]
    if not len(sorted_):
        return np.empty((0, 3), np.uint64)
    starts = np.flatnonzero(starts_of_runs(*sorted_.T))
    return np.column_stack([sorted_[starts], np.add.reduceat(times, starts)])


def strong_links(portions: Iterable[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Merge portions of counted links; keep those of ``LEAST_SHARED`` or more: uint64[k, 3]."""
    counted = count_links(np.concatenate([*portions, np.empty((0, 3), np.uint64)]))
    return counted[counted[:, 2] >= LEAST_SHARED]


def worth_comparing(
    links: NDArray[np.int64], groups: NDArray[np.int64], sample_counts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Keep the links of groups that share enough for their size: int64[k, 2].

    *links* is int64[m, 3]: two groups and the rare samples they share. Each text has a group and a
    number of samples.
    """
    smallest = np.full(int(groups.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, groups, sample_counts)
    return links[links[:, 2] >= LEAST_SHARE * smallest[links[:, :2]].min(axis=1, initial=2**62), :2]


COUNTED_TEXTS = 100_000
"""Maximum texts that ``common_keys`` counts in: about half a minute of work."""


def common_keys(
    stories: Iterable[Any],
    wanted: NDArray[np.uint32],
    outside: Sequence[NDArray[np.uint32]],
    config: DedupConfig,
) -> tuple[NDArray[np.uint32], int]:
    """Return which of *wanted* are common in published stories, and how many texts were counted.

    A run counts the provisional clusters of its own texts, this function the published clusters.
    *stories* are Arrow batches with ``text`` and ``cluster_id``. *outside* are the keys of further
    texts; each of those counts as a cluster.
    """
    keys = [np.empty(0, np.uint32), *outside]
    clusters = [np.full(len(each), number, np.uint32) for number, each in enumerate(keys)]
    numbers: dict[str, int] = {}
    counted = 0
    for batch in stories:
        shingles, samples = shingle_and_sample(batch["text"].to_pylist(), config.shingle_words)
        owners = np.repeat(np.arange(len(batch)), samples.counts)
        found = keys_of(samples.values)
        chosen = np.isin(found, wanted) & (shingles.counts >= config.min_shingles)[owners]
        names = batch["cluster_id"].take(owners[chosen]).to_pylist()
        keys.append(found[chosen])
        mine = [numbers.setdefault(name, len(numbers) + len(outside) + 1) for name in names]
        clusters.append(np.array(mine, np.uint32))
        counted += len(batch)
        if counted >= COUNTED_TEXTS:
            break
    return weigh(np.concatenate(keys), np.concatenate(clusters))[0], counted
