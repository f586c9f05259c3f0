"""Choose new representatives for copies whose representative was removed. Read ``adopt``.

The stored texts of the copies are compared again, run by run: earlier runs come first, and within a
run the order of representatives decides.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config import DedupConfig
from pipeline.dedup.decide import KEPT, decide
from pipeline.dedup.steps.earlier.keys import read_articles
from pipeline.dedup.steps.layouts import VERDICT, Bundle, row_of
from pipeline.dedup.steps.read_members import MemberReader
from pipeline.dedup.steps.resolve import verdicts_of
from pipeline.dedup.steps.write_members import MemberWriter
from pipeline.ledger.log import sequence_of
from pipeline.ledger.upkeep.takedown import FileChange
from pipeline.staging import Staging
from pipeline.storage import Place

EVERYTHING_RARE = np.empty(0, np.uint32)
"""No common shingles: which were common at the time is no longer known, and texts that are copies
of one text share more than background."""


def adopt(
    orphans: Sequence[FileChange], config: DedupConfig, output: Place
) -> list[NDArray[np.void]]:
    """Decide for each copy whether it becomes an article, or whose copy it is now.

    Working files are in the ``.staging`` of *output*.

    Args:
        orphans: files of duplicates; their touched rows are the copies.

    Returns:
        For each file its verdicts, VERDICT[n], in the order of its touched rows; ``match`` is
        ``KEPT`` for those that become articles. Cluster ids do not change.
    """
    if not orphans:
        return []
    groups = np.unique([name for each in orphans for name in each.names], return_inverse=True)[1]
    sequences = np.array([sequence_of(run) for each in orphans for run in each.runs_of_touched()])
    inside = output / ".staging" if isinstance(output, Path) else None
    with tempfile.TemporaryDirectory(prefix="orphans-", dir=inside) as folder:
        staging = Staging(folder)
        _stage(orphans, config, staging)
        reader = MemberReader(config, staging)
        verdicts = np.zeros(len(groups), VERDICT)
        verdicts["match"] = KEPT
        verdicts["row"] = np.arange(len(groups))
        try:
            order = np.argsort(groups, kind="stable")
            bounds = np.flatnonzero(np.diff(groups[order])) + 1
            for members in np.split(order, bounds):
                _adopt_one(members, sequences[members], verdicts, config, reader)
        finally:
            reader.close()
    sizes = np.cumsum([len(each.touched) for each in orphans])
    return np.split(verdicts, sizes[:-1])


def _stage(orphans: Sequence[FileChange], config: DedupConfig, staging: Staging) -> None:
    number = 0
    with ExitStack() as files:
        members = MemberWriter(0, config, staging, files)
        for each in orphans:
            for found in read_articles(each.path, each.touched):
                members.append(list(enumerate(found.articles, number)))
                number += len(found.articles)


def _adopt_one(
    members: NDArray[np.int64],
    sequences: NDArray[np.int64],
    verdicts: NDArray[np.void],
    config: DedupConfig,
    reader: MemberReader,
) -> None:
    """Compare the copies of one representative, run by run."""
    kept = np.empty(0, np.int64)
    for sequence in np.unique(sequences):
        new = members[sequences == sequence]
        articles = np.sort(np.concatenate([kept, new])).astype(np.uint64)
        no_links = np.empty((0, 3), np.uint64)
        bundle = Bundle(articles, np.full(len(articles), articles[0]), no_links)
        candidates, records = reader.candidates(bundle, EVERYTHING_RARE)
        candidates = replace(candidates, published=np.isin(articles, kept))
        found = decide(candidates, config)
        verdicts[row_of(found.articles).astype(np.int64)] = verdicts_of(found, articles, records)
        kept = np.concatenate([kept, new[verdicts["match"][new] == KEPT]])
