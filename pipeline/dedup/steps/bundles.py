"""Bundles: the articles that are decided together. Read ``label``, then ``bundle_shards``.

components ─label─▶ provisional clusters ─weigh─▶ common keys (staged), links
           ─bundles─▶ articles, their clusters and links, that are decided together
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import lookup, offsets_of, sortable
from pipeline.config import DedupConfig
from pipeline.dedup.clusters import components, couples, stars
from pipeline.dedup.rarity import (
    TEMPLATE_TEXTS,
    count_links,
    fills_slots,
    same_items,
    strong_links,
    tells_one_story,
    weigh,
)
from pipeline.dedup.steps.earlier.lookup import background_of
from pipeline.dedup.steps.edges import in_shards
from pipeline.dedup.steps.layouts import (
    THIS_RUN,
    BlockSamples,
    Bundle,
    Components,
    article_number,
    block_of,
    row_of,
)
from pipeline.dedup.steps.read_members import MemberReader
from pipeline.staging import Staging
from pipeline.storage import write_bytes

SAME_URL = np.uint64(1 << 40)
"""What a common url counts for among the samples that two clusters share: more than any text."""


def label(found: Components, config: DedupConfig, staging: Staging) -> NDArray[np.uint64]:
    """Label the articles of components by provisional cluster.

    Nothing is decided by these labels. They say which texts count as one when rarity is counted.

    Returns:
        uint64[k, 2]: an article, and the one that names its cluster.
    """
    reader = MemberReader(config, staging)
    published = _sorted([published_labels(staging)])
    labels = [np.empty((0, 2), np.uint64)]
    try:
        for articles, alike in _likenesses(found, config, reader):
            parted = _without_templates(articles, alike, reader)
            representatives = _labelled(parted[:, 1], published)
            labels.append(np.stack([parted[:, 0], representatives], axis=1))
    finally:
        reader.close()
    return np.concatenate(labels)


def _likenesses(
    found: Components, config: DedupConfig, reader: MemberReader
) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.uint64]]]:
    """Find what is alike in each component. Most have two articles: all of those go together."""
    ends = np.cumsum(found.sizes)[:-1]
    records = reader.records(found.articles)
    for articles, own in zip(np.split(found.articles, ends), np.split(records, ends), strict=True):
        if len(articles) > 2:
            yield articles, stars(reader.component(articles, own), config)
    two = np.repeat(found.sizes == 2, found.sizes)
    pairs = found.articles[two]
    yield pairs, couples(reader.component(pairs, records[two]), config)


def _without_templates(
    articles: NDArray[np.uint64], alike: NDArray[np.uint64], reader: MemberReader
) -> NDArray[np.uint64]:
    """Part the clusters that are pages of one template: only copies of one item count as one.

    Copies of one item may have been found alike to different other items. So they are searched for
    among all articles of the component that are in no other cluster.

    Args:
        articles: uint64[m], of a component.
        alike: uint64[k, 2], an article and whose copy it may be.
    """
    firsts, clusters, sizes = np.unique(alike[:, 1], return_inverse=True, return_counts=True)
    ends, order = np.cumsum(sizes), np.argsort(clusters, kind="stable")
    stays = np.ones(len(alike), np.bool_)
    large = sizes >= TEMPLATE_TEXTS - 1
    for cluster in [*np.flatnonzero(large).tolist(), *np.flatnonzero(~large).tolist()]:
        if not large[cluster] and stays.all():
            return alike  # no template is near
        inside = order[ends[cluster] - sizes[cluster] : ends[cluster]]
        own = np.concatenate([firsts[cluster : cluster + 1], alike[inside, 0]])
        records = reader.records(own)
        ranks = np.argsort(sortable(records["order"]))  # not as they happen to be numbered
        own, records = own[ranks], records[ranks]
        _, first = np.unique(sortable(records["text_digest"]), return_index=True)
        first.sort()
        stays[inside] = tells_one_story(reader.particulars(own, records)) and not (
            len(first) >= TEMPLATE_TEXTS and fills_slots(reader.samples(own[first], records[first]))
        )
    if stays.all():
        return alike
    items = np.setdiff1d(articles, alike[stays])
    records = reader.records(items)
    ranks = np.lexsort((sortable(records["order"]), records["run"] == THIS_RUN))
    items, records = items[ranks], records[ranks]
    texts = sortable(records["text_digest"])
    _, leaders, same = np.unique(texts, return_index=True, return_inverse=True)
    copies = same_items(reader.particulars(items, records))[leaders[same]]
    equal = np.stack([items, items[copies]], axis=1)
    new = (equal[:, 0] != equal[:, 1]) & (records["run"] == THIS_RUN)
    return np.concatenate([alike[stays], equal[new]])


def published_labels(staging: Staging) -> NDArray[np.uint64]:
    """Return the clusters of published articles, as labels like those of ``label``."""
    found = staging.array("window.labels")
    return np.empty((0, 2), np.uint64) if found is None else found


def weigh_shard(
    shard: int,
    shards: int,
    portions: Iterable[BlockSamples],
    labels: Iterable[NDArray[np.uint64]],
    staging: Staging,
) -> NDArray[np.uint64]:
    """Weigh the sampled shingles of one of so many shards: stage the common ones, return the links.

    Args:
        portions: samples of each block, in any order.
        labels: portions of all provisional clusters, in any order.

    Returns:
        uint64[k, 3], two provisional clusters, and the rare keys of this shard that they share.
    """
    ordered = sorted(portions, key=lambda portion: portion.block)
    keys = np.concatenate([each.keys for each in ordered])
    places = _Places(ordered, np.concatenate([np.empty((0, 2), np.uint64), *labels]))
    owners = [
        places.clusters[first + each.rows]
        for first, each in zip(places.first, ordered, strict=True)
    ]
    background = background_of(shard, shards, staging)
    common, links = weigh(keys, np.concatenate(owners), background)
    write_bytes(staging.common(shard), common.astype("<u4").tobytes())
    return count_links(places.articles(links))


class _Places:
    """All articles in one row, block after block: 4 bytes each instead of 8.

    Attributes:
        first: int64[blocks], the place of the first article of each block.
        clusters: uint32, by place: the place of the article that names its provisional cluster.
    """

    def __init__(self, portions: Sequence[BlockSamples], labels: NDArray[np.uint64]) -> None:
        self._blocks = np.array([each.block for each in portions], np.uint64)
        sizes = np.array([int(each.rows.max(initial=0)) + 1 for each in portions])
        of_block = np.searchsorted(self._blocks, block_of(labels))
        rows = row_of(labels).astype(np.int64)
        np.maximum.at(sizes, of_block, rows + 1)
        offsets = offsets_of(sizes)
        self.first = offsets[:-1]
        self.clusters = np.arange(offsets[-1], dtype=np.uint32)
        article, named = (self.first[of_block] + rows).T
        self.clusters[article] = named

    def articles(self, places: NDArray[np.uint32]) -> NDArray[np.uint64]:
        """Return the articles at *places*, by number."""
        of_block = np.searchsorted(self.first, places, side="right") - 1
        return article_number(self._blocks[of_block], places - self.first[of_block])


def bundle_shards(
    labels: Iterable[NDArray[np.uint64]],
    links: Iterable[NDArray[np.uint64]],
    versions: Iterable[NDArray[np.uint64]],
) -> Iterator[Bundle]:
    """Put together what is decided together, in shards of similar size.

    Parts of a shard that no link joins do not meet; one call decides them all, which is faster.

    Args:
        labels: portions of all provisional clusters, in any order.
        links: from each shard of samples, in any order.
        versions: uint64[m, 2] each, articles of one url, in any order.
    """
    known = np.concatenate([np.empty((0, 2), np.uint64), *labels])
    strong = strong_links([*links, _version_links(versions, known)])
    found = components(np.concatenate([known, strong[:, :2]]))
    if not found:
        return
    articles = np.concatenate(found)
    clusters = _labelled(articles, _sorted([known]))
    sizes = np.array([len(each) for each in found])
    order = np.argsort(articles)
    place = order[np.searchsorted(articles, strong[:, 0], sorter=order)]
    owners = np.repeat(np.arange(len(found)), sizes)[place]
    strong = strong[np.argsort(owners, kind="stable")]
    bounds = np.cumsum(np.bincount(owners, minlength=len(found)))[:-1]
    parts = zip(
        found, np.split(clusters, np.cumsum(sizes)[:-1]), np.split(strong, bounds), strict=True
    )
    for shard in in_shards(parts, lambda part: len(part[0])):
        articles, clusters, links = map(np.concatenate, zip(*shard, strict=True))
        order = np.argsort(articles)
        yield Bundle(articles[order], clusters[order], links)


def _version_links(
    versions: Iterable[NDArray[np.uint64]], known: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """Link the provisional clusters of articles at one url, whatever they share."""
    pairs = np.concatenate([np.empty((0, 2), np.uint64), *versions]).ravel()
    pairs = _labelled(pairs, _sorted([known]))
    pairs = np.sort(pairs.reshape(-1, 2), axis=1)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return count_links(np.column_stack([pairs, np.full(len(pairs), SAME_URL)]))


def _sorted(labels: Iterable[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Lay *labels* out by column, by ascending article: uint64[2, k]."""
    known = np.concatenate([np.empty((0, 2), np.uint64), *labels])
    return np.ascontiguousarray(known[np.argsort(known[:, 0])].T)


def _labelled(articles: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the provisional cluster of each article: its own where it has no label."""
    if not known.size:
        return articles
    place, found = lookup(known[0], articles)
    return np.where(found, known[1, place], articles)
