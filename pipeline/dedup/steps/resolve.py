"""Resolve one bundle: verdicts on its articles, what each is a copy of and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
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
    """Remove *repeated* records from *bundle*."""
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
