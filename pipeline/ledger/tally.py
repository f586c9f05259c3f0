"""What the blocks of a run counted, added up: for the run, and for each input file."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.ledger.account import Account
from pipeline.ledger.cluster_sizes import measure_clusters

if TYPE_CHECKING:
    from pipeline.passes.staging import Staging
    from pipeline.write.columns import Table

CLUSTERED: tuple[Table, ...] = ("articles", "duplicates")
"""Tables whose rows belong to clusters; articles first, so that they give a cluster its title."""


@dataclass(frozen=True, slots=True)
class InputCount:
    """What became of one input file's records.

    ``retry`` says that it could not be read well, but may be later.
    """

    read: int
    unchanged: int
    unfinished: int
    retry: bool = False


def tally(
    staging: Staging, blocks: range, alarm_cluster_size: int
) -> tuple[Account, dict[str, InputCount]]:
    """Add up the notes of *blocks*, and measure the clusters in their tables.

    Args:
        alarm_cluster_size: larger clusters are named in the account; 0 for none.

    Returns:
        The account of the run, and the counts of each file by its source.
    """
    files: dict[str, Counter[str]] = defaultdict(Counter)
    ignored_fields: Counter[str] = Counter()
    for cleaned in staging.cleaned(blocks):
        ignored_fields.update(cleaned.ignored_fields)
        for part in cleaned.parts:
            counted = {"read": part.read, "unchanged": part.unchanged}
            files[part.source].update(counted, unfinished=part.unfinished, retry=part.retry)
    tables = [staging.table_file(index, table) for table in CLUSTERED for index in blocks]
    largest, alarming = measure_clusters(tables, alarm_cluster_size)
    counted_rows = _account(staging, blocks, files, ignored_fields)
    account = replace(counted_rows, largest_cluster=largest, alarm_clusters=alarming)
    counts = {
        source: InputCount(
            count["read"], count["unchanged"], count["unfinished"], bool(count["retry"])
        )
        for source, count in files.items()
    }
    return account, counts


def _account(
    staging: Staging,
    blocks: range,
    files: dict[str, Counter[str]],
    ignored_fields: Counter[str],
) -> Account:
    rows: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    matches: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for written in staging.written(blocks):
        rows.update(articles=written.articles, duplicates=written.duplicates)
        rows.update(rejects=written.rejects, errors=written.errors)
        rows.update(undated_articles=written.undated_articles)
        for source, count in written.unchanged.items():
            # A record's source is its file, or its file and #n.
            file = source if source in files else source.rpartition("#")[0]
            files[file].update(unchanged=count)
        reasons.update(written.rejects_by_reason)
        matches.update(written.duplicates_by_match)
        rules.update(written.removed_by_rule)
    read = sum(files.values(), Counter[str]())
    return Account(
        read=read["read"],
        articles=rows["articles"],
        duplicates=rows["duplicates"],
        rejects=rows["rejects"],
        unchanged=read["unchanged"],
        unfinished=read["unfinished"],
        errors=rows["errors"],
        undated_articles=rows["undated_articles"],
        rejects_by_reason=dict(reasons),
        duplicates_by_match=dict(matches),
        removed_by_rule=dict(rules),
        ignored_fields=dict(ignored_fields),
    )
