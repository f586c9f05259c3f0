"""read = articles + duplicates + rejects + unchanged: nothing is lost, nothing invented."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from pipeline.errors import AccountError


@dataclass(frozen=True, slots=True)
class AlarmCluster:
    """A cluster of more than ``dedup.alarm_cluster_size`` articles and copies of one run."""

    cluster_id: str
    size: int
    title: str | None

    def __str__(self) -> str:
        """Say so, for people.

        >>> print(AlarmCluster("c1", 12_000, "Accept cookies"))
        alarm_cluster_size: 12,000 articles and copies in cluster c1: Accept cookies
        """
        size = f"{self.size:,} articles and copies"
        title = self.title or "without a title"
        return f"alarm_cluster_size: {size} in cluster {self.cluster_id}: {title}"


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the records that a run read.

    Attributes:
        errors: rejects that could not be judged, part of ``rejects``.
        undated_articles: articles without a date of publication, part of ``articles``.
        largest_cluster: most articles and copies of this run that share a ``cluster_id``.
        rejects_by_reason, removed_by_rule: number of records, or of cuts, each.
        ignored_fields: number of records that had each field that newsieve does not know, and
            of those in archives that are no documents, such as ``warc:request``.
        alarm_clusters: the largest first.
        unfinished: last lines still without their newline; not read, left for the next run.
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
        """Hold the records read against the rows written.

        Raises:
            AccountError: the sum does not come out; the run must not be published.
        """
        accounted = self.articles + self.duplicates + self.rejects + self.unchanged
        if self.read != accounted:
            raise AccountError(
                f"the account does not balance: read {self.read}, but {self.articles} articles "
                f"+ {self.duplicates} duplicates + {self.rejects} rejects + {self.unchanged} "
                f"unchanged = {accounted}; nothing was published. This is a defect of newsieve"
            )

    def as_dict(self) -> dict[str, int | dict[str, int]]:
        """Give the counts for the manifest, each table of counts by name.

        ``alarm_clusters`` are no counts, and have a place of their own there.
        """
        counts = {each.name: getattr(self, each.name) for each in fields(self)}
        del counts["alarm_clusters"]
        return {
            name: dict(sorted(value.items())) if isinstance(value, dict) else value
            for name, value in counts.items()
        }
