"""``newsieve compact``: few files instead of many."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipeline.ledger.upkeep import compact as compacting


@click.command()
@click.argument("output", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--before",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day that is left alone; default: the month in which the newest run's "
    "dedup.window_days begin.",
)
def compact(output: Path, before: datetime | None) -> None:
    """Put the files of old runs of OUTPUT together: a folder a month, the same rows.

    Rows keep their run_id. The folder of a month is named like its last run, and its manifest
    lists all of them. The newest run is left alone. A run that is compacted cannot be taken back
    with undo. The names of the folders go to stdout; running it again changes nothing.

    \b
    Example:
      newsieve compact output/
      newsieve compact output/ --before 2026-01-01
    """  # noqa: D301
    made = compacting.compact(output, before.date() if before else None)
    for each in made:
        click.echo(
            f"{each.run_id}: {len(each.held):,} folders with {each.files_before:,} files are one "
            f"with {each.files:,}, {each.rows:,} rows",
            err=True,
        )
        click.echo(each.run_id)
    if not made:
        click.echo("nothing to put together", err=True)
