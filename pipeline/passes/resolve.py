"""Pass B on one shard of components: verify, and say of each article what it is a copy of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.dedup.clusters import stars
from pipeline.dedup.exchange import VERDICT, article_number, block_of, row_of
from pipeline.passes.members import MemberReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from pipeline.config import DedupConfig
    from pipeline.passes.staging import Staging


def resolve(
    components: Iterable[NDArray[np.uint64]],
    repeats: Iterable[tuple[int, NDArray[np.int32]]],
    config: DedupConfig,
    staging: Staging,
) -> Iterator[tuple[int, NDArray[np.void]]]:
    """Give (block, verdicts of dtype ``VERDICT``) for the duplicates among *components*.

    Args:
        repeats: (block, ordinals) of records that stand earlier in the run. They are no
            articles, and must represent none.
    """
    numbers = [article_number(block, ordinals) for block, ordinals in repeats]
    repeated = np.concatenate([*numbers, np.empty(0, np.uint64)])
    reader = MemberReader(config, staging)
    try:
        found = [_resolve(articles, repeated, config, reader) for articles in components]
    finally:
        reader.close()
    blocks = np.concatenate([each for each, _ in found])
    verdicts = np.concatenate([each for _, each in found])
    for block in np.unique(blocks).tolist():
        yield block, verdicts[blocks == block]


def _resolve(
    articles: NDArray[np.uint64],
    repeated: NDArray[np.uint64],
    config: DedupConfig,
    reader: MemberReader,
) -> tuple[NDArray[np.uint64], NDArray[np.void]]:
    if len(repeated):
        ordinals = reader.records(articles)["ordinal"]
        articles = articles[~np.isin(article_number(block_of(articles), ordinals), repeated)]
    members, records = reader.component(articles)
    found = stars(members, config)
    verdicts = np.zeros(len(found), VERDICT)
    copies = records[np.searchsorted(articles, found.articles)]
    kept = records[np.searchsorted(articles, found.representatives)]
    verdicts["row"] = row_of(found.articles)
    verdicts["representative_id"] = kept["id"]
    verdicts["cluster_id"] = kept["id"]
    verdicts["match"] = found.matches
    verdicts["shared"] = found.shared
    verdicts["shingles"] = copies["shingle_count"]
    verdicts["representative_shingles"] = kept["shingle_count"]
    verdicts["similarity"] = found.similarity
    verdicts["containment"] = found.containment
    return block_of(found.articles), verdicts
