"""Pass B on one shard of bundles: say of each article what it is a copy of, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.config import DedupConfig
from pipeline.dedup.decide import Decisions, decide
from pipeline.dedup.steps.layouts import VERDICT, Bundle, article_number, block_of, row_of
from pipeline.dedup.steps.read_members import MemberReader
from pipeline.staging import Staging


def resolve(
    bundles: Iterable[Bundle],
    repeats: Iterable[tuple[int, NDArray[np.int32]]],
    config: DedupConfig,
    staging: Staging,
) -> Iterator[tuple[int, NDArray[np.void]]]:
    """Give (block, verdicts of dtype ``VERDICT``) for the articles of *bundles*.

    Args:
        repeats: (block, ordinals) of records that stand earlier in the run. They are no
            articles, and must represent none.
    """
    numbers = [article_number(block, ordinals) for block, ordinals in repeats]
    repeated = np.concatenate([*numbers, np.empty(0, np.uint64)])
    common = staging.common_keys()
    reader = MemberReader(config, staging)
    try:
        bundle = _less(_together(bundles), repeated, reader)
        blocks, verdicts = _resolve(bundle, common, config, reader)
    finally:
        reader.close()
    for block in np.unique(blocks).tolist():
        yield block, verdicts[blocks == block]


def _together(bundles: Iterable[Bundle]) -> Bundle:
    """See several bundles as one: what no link joins does not meet, and is decided faster so."""
    parts = list(bundles)
    articles = np.concatenate([part.articles for part in parts])
    order = np.argsort(articles)
    clusters = np.concatenate([part.clusters for part in parts])
    links = np.concatenate([part.links for part in parts])
    return Bundle(articles[order], clusters[order], links)


def _less(bundle: Bundle, repeated: NDArray[np.uint64], reader: MemberReader) -> Bundle:
    """Take the records that are no articles out of *bundle*."""
    if not len(repeated):
        return bundle
    ordinals = reader.records(bundle.articles)["ordinal"]
    records = article_number(block_of(bundle.articles), ordinals)
    stays = ~np.isin(records, repeated)
    clusters = bundle.clusters[stays]
    links = bundle.links[np.isin(bundle.links[:, :2], clusters).all(axis=1)]
    return Bundle(bundle.articles[stays], clusters, links)


def _resolve(
    bundle: Bundle, common: NDArray[np.uint32], config: DedupConfig, reader: MemberReader
) -> tuple[NDArray[np.uint64], NDArray[np.void]]:
    candidates, records = reader.candidates(bundle, common)
    found = decide(candidates, config)
    return block_of(found.articles), verdicts_of(found, bundle.articles, records)


def verdicts_of(
    found: Decisions, articles: NDArray[np.uint64], records: NDArray[np.void]
) -> NDArray[np.void]:
    """Write decisions down: dtype ``VERDICT``, one a decision.

    Args:
        found: decisions about some of *articles*.
        articles: uint64[m], ascending.
        records: the member record of each.
    """
    verdicts = np.zeros(len(found.articles), VERDICT)
    own, kept, first, revised = (
        records[np.searchsorted(articles, each)]
        for each in (found.articles, found.representatives, found.clusters, found.revised)
    )
    verdicts["row"] = row_of(found.articles)
    verdicts["representative_id"] = kept["id"]
    verdicts["representative_run"] = kept["run"]
    verdicts["cluster_id"] = first["cluster_id"]
    later = found.revised != found.articles
    verdicts["revision_of"][later] = revised["id"][later]
    verdicts["other_story"] = found.other_story
    verdicts["match"] = found.matches
    verdicts["shared"] = [compared.shared for compared in found.compared]
    verdicts["shingles"] = own["shingle_count"]
    verdicts["representative_shingles"] = kept["shingle_count"]
    verdicts["similarity"] = [compared.jaccard for compared in found.compared]
    verdicts["containment"] = [compared.containment for compared in found.compared]
    verdicts["probability"] = found.probability
    verdicts["parts"] = found.parts
    return verdicts
