"""Resolve one bundle: verdicts on its articles, what each is a copy of and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.config import DedupConfig
from pipeline.dedup.decide import MATCHES, Decisions, decide
from pipeline.dedup.steps.layouts import VERDICT, Bundle, article_number, block_of, row_of
from pipeline.dedup.steps.read_members import MemberReader
from pipeline.staging import Staging


def resolve(
    bundle: Bundle,
    repeats: Iterable[tuple[int, NDArray[np.int32]]],
    config: DedupConfig,
    staging: Staging,
) -> Iterator[tuple[int, NDArray[np.void]]]:
    """Yield (block, verdicts of dtype ``VERDICT``) for the articles of *bundle*.

    Args:
        repeats: (block, ordinals) of records that stand earlier in the run. They are no
            articles, and must represent none.
    """
    numbers = [article_number(block, ordinals) for block, ordinals in repeats]
    repeated = np.concatenate([*numbers, np.empty(0, np.uint64)])
    reader = MemberReader(config, staging)
    try:
        bundle = _without(repeated, bundle, reader)
        candidates, records = reader.candidates(bundle, _common_keys(staging))
        found = decide(candidates, config)
    finally:
        reader.close()
    verdicts, blocks = verdicts_of(found, bundle.articles, records), block_of(found.articles)
    for block in np.unique(blocks).tolist():
        yield block, verdicts[blocks == block]


@lru_cache(maxsize=1)
def _common_keys(staging: Staging) -> NDArray[np.uint32]:
    """Keep the common keys of the run, so that a process reads them once: 4 bytes each."""
    return staging.common_keys()


def _without(repeated: NDArray[np.uint64], bundle: Bundle, reader: MemberReader) -> Bundle:
    """Remove *repeated* records from *bundle*."""
    if not len(repeated):
        return bundle
    ordinals = reader.records(bundle.articles)["ordinal"]
    records = article_number(block_of(bundle.articles), ordinals)
    stays = ~np.isin(records, repeated)
    clusters = bundle.clusters[stays]
    links = bundle.links[np.isin(bundle.links[:, :2], clusters).all(axis=1)]
    return Bundle(bundle.articles[stays], clusters, links)


def verdicts_of(
    found: Decisions, articles: NDArray[np.uint64], records: NDArray[np.void]
) -> NDArray[np.void]:
    """Lay decisions out as records of dtype ``VERDICT``, one for each.

    Args:
        found: decisions about some of *articles*.
        articles: uint64[m], ascending.
        records: the member record of each.
    """
    verdicts = np.zeros(len(found.articles), VERDICT)
    own, kept, first, revised, page, fuller = (
        records[np.searchsorted(articles, each)]
        for each in (
            found.articles,
            found.representatives,
            found.clusters,
            found.revised,
            found.pages,
            found.fuller,
        )
    )
    verdicts["row"] = row_of(found.articles)
    verdicts["representative_id"] = kept["id"]
    verdicts["representative_run"] = kept["run"]
    verdicts["cluster_id"] = first["cluster_id"]
    later = found.revised != found.articles
    verdicts["revision_of"][later] = revised["id"][later]
    longer = found.fuller != found.articles
    verdicts["fuller_than"][longer] = fuller["id"][longer]
    verdicts["page_id"] = page["page_id"]
    verdicts["other_story"] = found.other_story
    verdicts["partly"] = found.partly
    verdicts["match"] = found.matches
    equal = (found.matches == MATCHES.index("exact")) & (own["url"] != 0)
    verdicts["same_page"] = equal & (own["url"] == kept["url"])
    verdicts["shared"] = [compared.shared for compared in found.compared]
    verdicts["shingles"] = own["shingle_count"]
    verdicts["representative_shingles"] = kept["shingle_count"]
    verdicts["similarity"] = [compared.jaccard for compared in found.compared]
    verdicts["containment"] = [compared.containment for compared in found.compared]
    verdicts["probability"] = found.probability
    verdicts["parts"] = found.parts
    return verdicts
