"""Bundles: the articles that are decided together, and the verdicts on them.

components ─label─▶ provisional clusters ─weigh─▶ common keys (staged), links
           ─bundles─▶ articles, their clusters and links, that are decided together
           ─resolve─▶ verdicts

Read ``label``, then ``bundle_shards`` and ``resolve``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import lookup, offsets_of, portions, sortable
from pipeline.config import DedupConfig
from pipeline.dedup.clusters import components, couples, stars
from pipeline.dedup.decide import MATCHES, Decisions, decide
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
from pipeline.dedup.steps.edges import SHARD_MEMBERS
from pipeline.dedup.steps.layouts import (
    THIS_RUN,
    VERDICT,
    BlockSamples,
    Bundle,
    Components,
    article_number,
    block_of,
    row_of,
)
from pipeline.dedup.steps.members import MemberReader
from pipeline.staging import Staging

SAME_URL = np.uint64(1 << 40)
"""The number of shared samples that a common url counts for: more than any text has."""
_NO_PAIRS = np.empty((0, 2), np.uint64)


def label(found: Components, config: DedupConfig, staging: Staging) -> NDArray[np.uint64]:
    """Label articles by provisional cluster: uint64[k, 2], an article and the one that names it.

    The labels decide nothing. They say which texts count as one when rarity is counted.
    """
    published = _by_article(published_labels(staging))
    labels = [_NO_PAIRS]
    with closing(MemberReader(config, staging)) as reader:
        for articles, alike in _similar(found, config, reader):
            parted = _without_templates(articles, alike, reader)
            representatives = _clusters_of(parted[:, 1], published)
            labels.append(np.stack([parted[:, 0], representatives], axis=1))
    return np.concatenate(labels)


def _similar(
    found: Components, config: DedupConfig, reader: MemberReader
) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.uint64]]]:
    """Yield the articles and ``stars`` of each component, those of two articles all together."""
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
    """Split the clusters that are pages of one template: only copies of one item count as one.

    Copies of one item may have been matched with different other items, so they are searched for
    among all *articles* of the component that are in no other cluster. *alike* is uint64[k, 2]: an
    article and its representative.
    """
    firsts, clusters, sizes = np.unique(alike[:, 1], return_inverse=True, return_counts=True)
    ends, order = np.cumsum(sizes), np.argsort(clusters, kind="stable")
    stays = np.ones(len(alike), np.bool_)
    large = sizes >= TEMPLATE_TEXTS - 1
    for cluster in [*np.flatnonzero(large).tolist(), *np.flatnonzero(~large).tolist()]:
        if not large[cluster] and stays.all():
            return alike  # small clusters are only doubted next to a template
        inside = order[ends[cluster] - sizes[cluster] : ends[cluster]]
        own = np.concatenate([firsts[cluster : cluster + 1], alike[inside, 0]])
        records = reader.records(own)
        ranks = np.argsort(sortable(records["order"]))  # article numbers must not matter
        own, records = own[ranks], records[ranks]
        first = np.sort(np.unique(sortable(records["text_digest"]), return_index=True)[1])
        stays[inside] = tells_one_story(reader.particulars(own, records)) and not (
            len(first) >= TEMPLATE_TEXTS
            and fills_slots(reader.pieces("samples", own[first], records[first]))
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
    return _NO_PAIRS if found is None else found


def weigh_shard(
    shard: int,
    shards: int,
    portions: Iterable[BlockSamples],
    labels: Iterable[NDArray[np.uint64]],
    staging: Staging,
) -> NDArray[np.uint64]:
    """Weigh the sampled shingles of one shard: stage the common ones, return the links.

    *portions* are the samples of each block, *labels* all provisional clusters, in any order. Links
    are uint64[k, 3]: two provisional clusters, and the rare keys of this shard that they share.
    """
    ordered = sorted(portions, key=lambda portion: portion.block)
    keys = np.concatenate([each.keys for each in ordered])
    places = _Places(ordered, np.concatenate([_NO_PAIRS, *labels]))
    owners = [
        places.clusters[first + each.rows]
        for first, each in zip(places.first, ordered, strict=True)
    ]
    common, links = weigh(keys, np.concatenate(owners), background_of(shard, shards, staging))
    staging.write_array(f"common/{shard}", common)
    return count_links(places.articles(links))


class _Places:
    """Numbers all articles from 0, block after block: 4 bytes each instead of 8.

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
        """Return the numbers of the articles at *places*."""
        of_block = np.searchsorted(self.first, places, side="right") - 1
        return article_number(self._blocks[of_block], places - self.first[of_block])


def bundle_shards(
    labels: Iterable[NDArray[np.uint64]],
    links: Iterable[NDArray[np.uint64]],
    versions: Iterable[NDArray[np.uint64]],
) -> Iterator[Bundle]:
    """Bundle what is decided together, in shards of similar size.

    Parts of a shard that no link connects do not interact; one call for all of them is faster.
    *labels* are all provisional clusters, *links* those of each shard of samples, *versions* pairs
    of articles of one url: uint64[m, 2]; all in any order.
    """
    known = np.concatenate([_NO_PAIRS, *labels])
    labelled = _by_article(known)
    pages = _clusters_of(np.concatenate([_NO_PAIRS, *versions]).ravel(), labelled)
    pages = np.sort(pages.reshape(-1, 2), axis=1)
    pages = pages[pages[:, 0] != pages[:, 1]]
    of_pages = count_links(np.column_stack([pages, np.full(len(pages), SAME_URL)]))
    strong = strong_links([*links, of_pages])
    found = components(np.concatenate([known, strong[:, :2]]))
    if not found:
        return
    articles = np.concatenate(found)
    sizes = np.array([len(each) for each in found])
    order = np.argsort(articles)
    place = order[np.searchsorted(articles, strong[:, 0], sorter=order)]
    owners = np.repeat(np.arange(len(found)), sizes)[place]
    strong = strong[np.argsort(owners, kind="stable")]
    bounds = np.cumsum(np.bincount(owners, minlength=len(found)))[:-1]
    parts = zip(found, np.split(strong, bounds), strict=True)
    for shard in portions(parts, lambda part: len(part[0]), SHARD_MEMBERS):
        articles = np.sort(np.concatenate([own for own, _ in shard]))
        own_links = np.concatenate([links for _, links in shard])
        yield Bundle(articles, _clusters_of(articles, labelled), own_links)


def _by_article(known: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return labels by column, by ascending article: uint64[2, k]."""
    return np.ascontiguousarray(known[np.argsort(known[:, 0])].T)


def _clusters_of(articles: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the provisional cluster of each article: its own if it has no label."""
    if not known.size:
        return articles
    place, found = lookup(known[0], articles)
    return np.where(found, known[1, place], articles)


def resolve(
    bundle: Bundle,
    repeats: Iterable[tuple[int, NDArray[np.int32]]],
    config: DedupConfig,
    staging: Staging,
) -> Iterator[tuple[int, NDArray[np.void]]]:
    """Yield (block, verdicts of dtype ``VERDICT``) for the articles of *bundle*.

    *repeats* are (block, ordinals) of records that occurred earlier in the run. They do not count
    as articles, and represent none.
    """
    numbers = [article_number(block, ordinals) for block, ordinals in repeats]
    repeated = np.concatenate([*numbers, np.empty(0, np.uint64)])
    with closing(MemberReader(config, staging)) as reader:
        bundle = _without(repeated, bundle, reader)
        candidates, records = reader.candidates(bundle, _common_keys(staging))
        found = decide(candidates, config)
    verdicts, blocks = verdicts_of(found, bundle.articles, records), block_of(found.articles)
    for block in np.unique(blocks).tolist():
        yield block, verdicts[blocks == block]


@lru_cache(maxsize=1)
def _common_keys(staging: Staging) -> NDArray[np.uint32]:
    """Cache the common keys of the run, so that a process reads them once: 4 bytes each."""
    return staging.common_keys()


def _without(repeated: NDArray[np.uint64], bundle: Bundle, reader: MemberReader) -> Bundle:
    if not len(repeated):
        return bundle
    ordinals = reader.records(bundle.articles)["ordinal"]
    stays = ~np.isin(article_number(block_of(bundle.articles), ordinals), repeated)
    clusters = bundle.clusters[stays]
    links = bundle.links[np.isin(bundle.links[:, :2], clusters).all(axis=1)]
    return Bundle(bundle.articles[stays], clusters, links)


def verdicts_of(
    found: Decisions, articles: NDArray[np.uint64], records: NDArray[np.void]
) -> NDArray[np.void]:
    """Convert decisions to ``VERDICT``; *articles* ascend, *records* are their member records."""

    def records_of(chosen: NDArray[np.uint64]) -> NDArray[np.void]:
        return records[np.searchsorted(articles, chosen)]

    verdicts = np.zeros(len(found.articles), VERDICT)
    own, kept = records_of(found.articles), records_of(found.representatives)
    verdicts["row"] = row_of(found.articles)
    verdicts["representative_id"] = kept["id"]
    verdicts["representative_run"] = kept["run"]
    verdicts["cluster_id"] = records_of(found.clusters)["cluster_id"]
    verdicts["page_id"] = records_of(found.pages)["page_id"]
    for name, others in (("revision_of", found.revised), ("fuller_than", found.fuller)):
        known = others != found.articles
        verdicts[name][known] = records_of(others[known])["id"]
    verdicts["other_story"] = found.other_story
    verdicts["partly"] = found.partly
    verdicts["match"] = found.matches
    equal = (found.matches == MATCHES.index("exact")) & (own["url"] != 0)
    verdicts["same_page"] = equal & (own["url"] == kept["url"])
    verdicts["shingles"] = own["shingle_count"]
    verdicts["representative_shingles"] = kept["shingle_count"]
    verdicts["shared"] = [compared.shared for compared in found.compared]
    verdicts["similarity"] = [compared.jaccard for compared in found.compared]
    verdicts["containment"] = [compared.containment for compared in found.compared]
    verdicts["probability"] = found.probability
    verdicts["parts"] = found.parts
    return verdicts
