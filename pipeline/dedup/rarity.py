"""Rarity: which shingles say something about a pair, and which clusters share such shingles.

A shingle of chrome, background or a template occurs in many stories and is no evidence. How
often it occurs is counted over provisional clusters, not over texts, so that a story of
three hundred copies stays as rare as one of two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import lookup
from pipeline.config import DedupConfig
from pipeline.dedup.samples import keys_of, places_of, shingle_and_sample

RARE_CLUSTERS = 3
"""Effective clusters up to which a shingle is rare."""
LEAST_SHARED = 2
"""Rare sampled shingles that two clusters must share to be compared: one may be chance."""
LEAST_SHARE = 0.05
"""Of the samples of the smallest text of two clusters, so many rare ones must be shared: of
pairs of the development data that are no copies, nine in ten share fewer, of copies none."""
TEMPLATE_TEXTS = 8
"""Texts of a provisional cluster from which on it may be pages of one template: parted, so many
make what the template says common. Smaller ones are not doubted, unless such a cluster is near:
from four on, the labelled 4k documents lose copies (pairwise
F1 .997 to .981): figures of stories that were badly scanned or corrected differ as well."""
SAME_PARTICULARS = 0.6
"""Share of a text's figures and names that another of its story has, in the median over pairs: of
labelled copies 1.0, of follow-ups .75, of pages of one template .33."""
SAME_ITEM = 0.8
"""Share of the figures and names of an item from which another text of the template copies it."""
OF_ALL = 0.75
"""Share of the texts of a cluster from which on a shingle is what the template says."""
OF_FEW = 0.2
"""The same up to which it is what an item says: some items have copies."""
OF_EACH = 1.2
"""Sum of two shares of texts from which on a template is filled: those that have all it says and
words of their own, and those that have such words at one place. Of clusters of eight or more, it
is reached by 35 of 37 of generated templates, 10 of 10 in scripts without capitals, and 4 of 68 of
copies of a story."""
MOST_SHARED = 1 << 21
"""Pairs of texts of a template that share a figure or name; where there are more, those that most
texts share are not counted."""
_SPEAKERS = 12
_HALF = np.uint64(32)
_KEYS_AT_ONCE = 1 << 16


def weigh(
    keys: NDArray[np.uint32],
    clusters: NDArray[np.uint32],
    background: NDArray[np.void] | None = None,
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Tell common keys from rare ones, and link the clusters that share rare ones.

    A key in n texts, of which n1, n2, ... are of one cluster each, is in n² / (n1² + n2² + ...)
    effective clusters (the inverse of Simpson's index): of a story whose copies were first found
    as one cluster of 90 and ten of one text, 1.2; of ten pages with the same chrome, ten.

    Args:
        keys: of samples, in any order.
        clusters: the number of the provisional cluster of the text that each is from.
        background: (key, clusters) of texts that are not among these, by ascending key: in how
            many other clusters, of one text each, a key is.

    Returns:
        The common keys, ascending; and the links: uint32[m, 2], two clusters that share a rare
        key, the smaller number first, a row a key. Where more than ``RARE_CLUSTERS`` share one,
        each is linked with the largest only.
    """
    packed = keys.astype(np.uint64) << _HALF
    packed |= clusters
    packed.sort()
    common = [np.empty(0, np.uint32)]
    links = [np.empty((0, 2), np.uint32)]
    for portion in _portions(packed):
        if background is None:
            portion = portion[_repeated(portion)]  # noqa: PLW2901 - most keys are of one text
        if len(portion):
            found, joined = _weigh(portion, background)
            common.append(found)
            links += joined
    return np.concatenate(common), np.concatenate(links)


def _portions(packed: NDArray[np.uint64]) -> Iterator[NDArray[np.uint64]]:
    """Cut ascending (key, cluster) between two keys, into parts that a core's cache holds."""
    start = 0
    while start < len(packed):
        end = min(start + _KEYS_AT_ONCE, len(packed))
        last = packed[end - 1] | np.uint64(0xFFFFFFFF)
        end = int(np.searchsorted(packed, last, side="right"))
        yield packed[start:end]
        start = end


def _repeated(packed: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell which keys stand more than once: bool, one for each of *packed*."""
    keys = packed >> _HALF
    again = np.zeros(len(keys) + 1, np.bool_)
    np.equal(keys[1:], keys[:-1], out=again[1:-1])
    return again[1:] | again[:-1]


def _weigh(
    packed: NDArray[np.uint64], background: NDArray[np.void] | None
) -> tuple[NDArray[np.uint32], list[NDArray[np.uint32]]]:
    """Do what ``weigh`` says with (key, cluster), ascending."""
    starts = np.flatnonzero(np.concatenate([[True], packed[1:] != packed[:-1]]))
    texts = np.diff(np.append(starts, len(packed)))
    packed = packed[starts]
    found, numbers = (packed >> _HALF).astype(np.uint32), packed.astype(np.uint32)
    first = np.flatnonzero(np.concatenate([[True], found[1:] != found[:-1]]))
    count = np.diff(np.append(first, len(found)))
    total = np.add.reduceat(texts, first)
    squares = np.add.reduceat(texts * texts, first)
    if background is not None and len(background):
        others = _others(background, found[first])
        total, squares = total + others, squares + others
    common = total * total > RARE_CLUSTERS * squares
    links = [
        *_all_pairs(numbers, first[~common], count[~common]),
        *_with_largest(numbers, texts, first[~common], count[~common]),
    ]
    return found[first[common]], links


def tells_one_story(particulars: Sequence[NDArray[np.uint32]]) -> bool:
    """Tell whether texts that are alike tell one story, or fill one template in different ways.

    Texts of one template are as like as edited copies. If they counted as one cluster, what the
    template says would look rare, and prove all of them copies. A pair of which one has no figures
    and names does not differ in them: where most have none, a few that were misread in some copies
    prove nothing.

    Args:
        particulars: figures and names of each text, sorted and distinct; texts in the order of
            representatives, because a few speak for all.
    """
    places = np.linspace(0, len(particulars) - 1, min(_SPEAKERS, len(particulars))).astype(int)
    pairs = combinations([particulars[place] for place in places.tolist()], 2)
    return float(np.median([_share(one, other) for one, other in pairs])) >= SAME_PARTICULARS


def fills_slots(samples: Sequence[NDArray[np.uint64]]) -> bool:
    """Tell whether texts that are alike have each their own words at one place, and are else equal.

    So do notices of one template, in any script, where neither figures nor capitals tell what is a
    name. Edited copies differ each at a place of its own, and none has all that most say.

    Args:
        samples: as in ``Samples.values``, of different texts in the order of representatives; a
            few speak for all.
    """
    places = np.linspace(0, len(samples) - 1, min(_SPEAKERS, len(samples))).astype(int)
    told = [keys_of(each)[np.argsort(places_of(each))] for each in (samples[p] for p in places)]
    keys, times = np.unique(np.concatenate(told), return_counts=True)
    of_all = keys[times >= max(2, OF_ALL * len(told))]
    own = keys[times <= max(1, OF_FEW * len(told))]
    filled, slots = 0, [np.empty(0, np.int64)]
    for each in told:
        common = np.isin(each, of_all)
        mine = np.isin(each, own)
        filled += bool(mine.any() and np.count_nonzero(common) >= 0.95 * len(of_all))
        before = np.cumsum(common)
        inside = mine & (before < np.count_nonzero(common))  # lines of a site stand at the end
        # A place is named by what all say before it.
        named = np.append(-1, each[common].astype(np.int64))[before[inside]]
        slots.append(np.unique(named))
    most = np.unique(np.concatenate(slots), return_counts=True)[1].max(initial=0)
    return bool(filled + most >= OF_EACH * len(told))


def same_items(particulars: Sequence[NDArray[np.uint32]]) -> NDArray[np.int64]:
    """Map each text of a template to the first that fills it in the same way: int64[n].

    Only texts that share a few figures or names are compared. What most texts have says nothing, if
    most have others too: nouns have capitals in German.
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
    """Return the share of the fewer particulars that are in both; 1 if one text has none."""
    fewer = min(len(one), len(other))
    return len(np.intersect1d(one, other, assume_unique=True)) / fewer if fewer else 1.0


def _others(background: NDArray[np.void], keys: NDArray[np.uint32]) -> NDArray[np.int64]:
    places, same = lookup(background["key"], keys)
    return np.where(same, background["clusters"][places].astype(np.int64), 0)


def _all_pairs(
    numbers: NDArray[np.uint32], first: NDArray[np.int64], count: NDArray[np.int64]
) -> Iterator[NDArray[np.uint32]]:
    for clusters in range(2, RARE_CLUSTERS + 1):
        begin = first[count == clusters]
        for left in range(clusters):
            for right in range(left + 1, clusters):
                yield np.stack([numbers[begin + left], numbers[begin + right]], axis=1)


def _with_largest(
    numbers: NDArray[np.uint32],
    texts: NDArray[np.int64],
    first: NDArray[np.int64],
    count: NDArray[np.int64],
) -> Iterator[NDArray[np.uint32]]:
    """Link each cluster with the largest that shares its key; of equals, with all of them."""
    many = count > RARE_CLUSTERS
    for begin, size in zip(first[many].tolist(), count[many].tolist(), strict=True):
        own, weight = numbers[begin : begin + size], texts[begin : begin + size]
        for largest in own[weight == weight.max()]:
            others = own[own != largest]
            both = np.stack([np.full_like(others, largest), others], axis=1)
            yield np.sort(both, axis=1)


def count_links(links: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Count equal links: uint64[k, 3], the two clusters and the number of rows, ascending.

    Args:
        links: uint64[m, 2], or uint64[m, 3] with a number already.
    """
    times = links[:, 2] if links.shape[1] > 2 else np.ones(len(links), np.uint64)
    order = np.lexsort((links[:, 1], links[:, 0]))
    sorted_, times = links[order, :2], times[order]
    if not len(sorted_):
        return np.empty((0, 3), np.uint64)
    new = np.concatenate([[True], (sorted_[1:] != sorted_[:-1]).any(axis=1)])
    starts = np.flatnonzero(new)
    return np.column_stack([sorted_[starts], np.add.reduceat(times, starts)])


def strong_links(portions: Iterable[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Merge links that were counted apart; give those of ``LEAST_SHARED`` or more: uint64[k, 3]."""
    counted = count_links(np.concatenate([*portions, np.empty((0, 3), np.uint64)]))
    return counted[counted[:, 2] >= LEAST_SHARED]


def worth_comparing(
    links: NDArray[np.int64], groups: NDArray[np.int64], sample_counts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Keep the links of two groups that share enough for their size: int64[k, 2].

    Args:
        links: int64[m, 3], two groups and the rare samples they share.
        groups: int64[n], the group of each text.
        sample_counts: int64[n], sampled shingles of each text.
    """
    smallest = np.full(int(groups.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, groups, sample_counts)
    return links[links[:, 2] >= LEAST_SHARE * smallest[links[:, :2]].min(axis=1, initial=2**62), :2]


COUNTED_TEXTS = 100_000
"""Texts in which ``common_keys`` counts: about half a minute of work."""


def common_keys(
    stories: Iterable[Any],
    wanted: NDArray[np.uint32],
    outside: Sequence[NDArray[np.uint32]],
    config: DedupConfig,
) -> tuple[NDArray[np.uint32], int]:
    """Return which of *wanted* are common in published stories, and how many texts were counted.

    A run counts over the provisional clusters of its own texts; here the clusters that were
    published are counted.

    Args:
        stories: Arrow batches with ``text`` and ``cluster_id``; the first ``COUNTED_TEXTS`` count.
        wanted: keys of samples.
        outside: keys of further texts, of which each counts as a cluster.
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
