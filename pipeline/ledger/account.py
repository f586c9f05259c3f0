"""read = articles + duplicates + rejects + unchanged: nothing is lost, nothing invented."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from pipeline.errors import AccountError


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the records that a run read.

    Attributes:
        rejects_by_reason, removed_by_rule: number of records, or of cuts, each.
        ignored_fields: number of records that had each field that newsieve does not know, and
            of those in archives that are no documents, such as ``warc:request``.
        unfinished: last lines still without their newline; not read, left for the next run.
    """

    read: int = 0
    articles: int = 0
    duplicates: int = 0
    rejects: int = 0
    unchanged: int = 0
    unfinished: int = 0
    rejects_by_reason: dict[str, int] = field(default_factory=dict)
    duplicates_by_match: dict[str, int] = field(default_factory=dict)
    removed_by_rule: dict[str, int] = field(default_factory=dict)
    ignored_fields: dict[str, int] = field(default_factory=dict)

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

    def as_dict(self) -> dict[str, object]:
        """Give the counts for the manifest, each table of counts by name."""
        counts = asdict(self)
        return {
            name: dict(sorted(value.items())) if isinstance(value, dict) else value
            for name, value in counts.items()
        }
