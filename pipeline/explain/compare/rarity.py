"""Which shingles of two texts are common, as far as the documents of an output folder tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pipeline.dedup.rarity import weigh
from pipeline.dedup.samples import keys_of, shingle_and_sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.config import DedupConfig
    from pipeline.explain.lookup import Rows

COUNTED_TEXTS = 100_000
"""Texts of the newest runs in which shingles are counted: about half a minute of work."""


class Commonness(NamedTuple):
    """What was counted.

    Attributes:
        keys: uint32, ascending: the keys of samples that are no evidence.
        texts: how many texts were counted in; 0 when everything counts as rare.
    """

    keys: NDArray[np.uint32]
    texts: int


EVERYTHING_RARE = Commonness(np.empty(0, np.uint32), 0)


def common_keys(
    rows: Rows,
    wanted: NDArray[np.uint32],
    outside: Sequence[NDArray[np.uint32]],
    config: DedupConfig,
) -> Commonness:
    """Tell which of *wanted* are common in the runs of an output folder.

    A run counts over the provisional clusters of its own texts; here the clusters that were
    published are counted, over all runs, the newest first.

    Args:
        rows: the committed runs.
        wanted: keys of samples, ascending and distinct.
        outside: the keys of texts that are not in the runs; each counts as a cluster.
    """
    keys = [np.empty(0, np.uint32), *outside]
    clusters = [np.full(len(each), number, np.uint32) for number, each in enumerate(keys)]
    numbers: dict[str, int] = {}
    counted = 0
    for batch in rows.stories(("text", "cluster_id")):
        texts = batch["text"].to_pylist()
        shingles, samples = shingle_and_sample(texts, config.shingle_words)
        owners = np.repeat(np.arange(len(texts)), samples.counts)
        found = keys_of(samples.values)
        chosen = np.isin(found, wanted) & (shingles.counts >= config.min_shingles)[owners]
        names = batch["cluster_id"].to_pylist()
        held = owners[chosen].tolist()
        keys.append(found[chosen])
        mine = [numbers.setdefault(names[each], len(numbers) + len(outside) + 1) for each in held]
        clusters.append(np.array(mine, np.uint32))
        counted += len(texts)
        if counted >= COUNTED_TEXTS:
            break
    common, _ = weigh(np.concatenate(keys), np.concatenate(clusters))
    return Commonness(common, counted)
