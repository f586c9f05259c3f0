"""read = articles + duplicates + rejects + unchanged. Read ``Account`` and ``tally`` first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.arrays import heads_of, ids_in, lookup
from pipeline.errors import AccountError
from pipeline.ledger.history import read_table
from pipeline.staging import PartCount, Staging
from pipeline.storage import Place
from pipeline.write.columns import Table


@dataclass(frozen=True, slots=True)
class AlarmCluster:
    """A cluster with more than ``dedup.alarm_cluster_size`` articles and duplicates of one run."""

    cluster_id: str
    size: int
    title: str | None

    def __str__(self) -> str:
        """Return one line of text.

        >>> print(AlarmCluster("c1", 12_000, "Accept cookies"))
        alarm_cluster_size: 12,000 articles and copies in cluster c1: Accept cookies
        """
        size = f"{self.size:,} articles and copies"
        title = self.title or "without a title"
        return f"alarm_cluster_size: {size} in cluster {self.cluster_id}: {title}"


@dataclass(frozen=True, slots=True)
class Account:
    """Counts of what happened to the records that a run read.

    Attributes:
        errors: rejects of kind ``error``, part of ``rejects``.
        undated_articles: articles without a date of publication, part of ``articles``.
        largest_cluster: most articles and duplicates of this run that share a ``cluster_id``.
        rejects_by_reason: reason → records.
        removed_by_rule: rule → cuts.
        ignored_fields: unknown field → records that had it; also records of archives that are
            not documents, such as ``warc:request``.
        alarm_clusters: the largest first.
        unfinished: incomplete last lines, left for the next run.
    """

    read: int = 0
    articles: int = 0
    duplicates: int = 0
    rejects: int = 0
    unchanged: int = 0
    unfinished: int = 0
    errors: int = 0
    undated_articles: int = 0
    largest_cluster: int = 0
    rejects_by_reason: dict[str, int] = field(default_factory=dict)
    duplicates_by_match: dict[str, int] = field(default_factory=dict)
    removed_by_rule: dict[str, int] = field(default_factory=dict)
    ignored_fields: dict[str, int] = field(default_factory=dict)
    alarm_clusters: tuple[AlarmCluster, ...] = ()

    def check(self) -> None:
        """Compare the records read with the rows written.

        Raises AccountError if they differ; the run must not be published.
        """
        accounted = self.articles + self.duplicates + self.rejects + self.unchanged
        if self.read != accounted:
            raise AccountError(
                f"the account does not balance: read {self.read}, but {self.articles} articles "
                f"+ {self.duplicates} duplicates + {self.rejects} rejects + {self.unchanged} "
                f"unchanged = {accounted}; nothing was published. This is a bug in newsieve"
            )

    def as_dict(self) -> dict[str, int | dict[str, int]]:
        """Return the counts for the manifest, without ``alarm_clusters``."""
        counts = {each.name: getattr(self, each.name) for each in fields(self)}
        del counts["alarm_clusters"]
        return {
            name: dict(sorted(value.items())) if isinstance(value, dict) else value
            for name, value in counts.items()
        }


Joined: TypeAlias = tuple[NDArray[np.bytes_], NDArray[np.uint32]]


def measure_clusters(
    joined: Sequence[Joined], earlier: NDArray[np.uint64]
) -> tuple[NDArray[np.bytes_], NDArray[np.int64]]:
    """Count the rows of this run in each cluster of more than one row.

    *joined* is ``WrittenCounts.joined`` of each block, as ids and counts; *earlier* are heads of
    the ids of clusters with articles of earlier runs, ascending. In any other cluster, the article
    that gave it its id is of this run and counts too. Memory: about 50 bytes for each row that is
    in the cluster of another article.

    Returns:
        S16[k], the ids of the clusters, ascending; int64[k], their sizes.
    """
    ids, counts = map(np.concatenate, zip(*joined, (ids_in(()), np.empty(0, "u4")), strict=True))
    names, inverse = np.unique(ids, return_inverse=True)
    sizes = (~lookup(earlier, heads_of(names))[1]).astype(np.int64)
    np.add.at(sizes, inverse, counts)
    return names, sizes


CLUSTERED: tuple[Table, ...] = ("articles", "duplicates")
"""Tables whose rows belong to clusters; the titles of articles are preferred."""


def _alarming(
    names: NDArray[np.bytes_], sizes: NDArray[np.int64], limit: int, tables: Iterable[Place]
) -> tuple[AlarmCluster, ...]:
    """Describe the clusters of more than *limit* rows (0: none), largest first."""
    large = np.flatnonzero(sizes > limit) if limit else np.empty(0, np.int64)
    if not len(large):
        return ()
    ids = {names[[place]].tobytes().hex(): int(sizes[place]) for place in large.tolist()}
    wanted = pa.array(ids, pa.string())
    titles: dict[str, str] = {}
    for path in (each for each in tables if each.is_file()):
        rows = read_table(path, "cluster_id", "title")
        titled = pc.and_(pc.is_in(rows["cluster_id"], wanted), pc.is_valid(rows["title"]))
        for row in rows.filter(titled).to_pylist():
            titles.setdefault(row["cluster_id"], row["title"])
    found = [AlarmCluster(name, size, titles.get(name)) for name, size in ids.items()]
    return tuple(sorted(found, key=lambda each: (-each.size, each.cluster_id)))


_ROWS = ("articles", "duplicates", "rejects", "errors", "undated_articles")
_TABLES = ("rejects_by_reason", "duplicates_by_match", "removed_by_rule")
"""Counts and tables of counts that ``Account`` and ``WrittenCounts`` share."""


def tally(
    staging: Staging, blocks: range, alarm_cluster_size: int
) -> tuple[Account, dict[str, PartCount]]:
    """Add up the counts of *blocks*, and measure the clusters in their tables.

    Returns the account of the run, in which clusters larger than *alarm_cluster_size* (0: none) are
    listed, and the counts of each file by source.
    """
    files: dict[str, PartCount] = {}
    tables: dict[str, Counter[str]] = defaultdict(Counter)
    for cleaned in staging.cleaned(blocks):
        tables["ignored_fields"].update(cleaned.ignored_fields)
        for part in cleaned.parts:
            file = files.setdefault(part.source, PartCount(part.source))
            file.read += part.read
            file.unchanged += part.unchanged
            file.unfinished += part.unfinished
            file.retry |= part.retry or part.unfinished > 0
    rows: Counter[str] = Counter()
    joined: list[Joined] = []
    for written in staging.written(blocks):
        rows.update({name: getattr(written, name) for name in _ROWS})
        for name in _TABLES:
            tables[name].update(getattr(written, name))
        for source, count in written.unchanged.items():
            # A record's source is its file, or its file and #n.
            name = source if source in files else source.rpartition("#")[0]
            files[name].unchanged += count
        times = np.fromiter(written.joined.values(), np.uint32, len(written.joined))
        joined.append((ids_in(list(written.joined)), times))
    earlier = staging.array("window.clusters")
    names, sizes = measure_clusters(joined, np.empty(0, "<u8") if earlier is None else earlier)
    paths = (staging.table_file(index, table) for table in CLUSTERED for index in blocks)
    facts: dict[str, Any] = {name: rows[name] for name in _ROWS}
    for name in ("read", "unchanged", "unfinished"):
        facts[name] = sum(getattr(file, name) for file in files.values())
    facts |= {name: dict(table) for name, table in tables.items()}
    account = Account(
        **facts,
        largest_cluster=int(max(sizes.max(initial=0), rows["articles"] > 0)),
        alarm_clusters=_alarming(names, sizes, alarm_cluster_size, paths),
    )
    return account, files
