"""``newsieve compact``: few files instead of many."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from pipeline.cli.options import dry_run_option, format_option, output_argument, print_json
from pipeline.text.terminal import shown


@click.command()
@output_argument
@click.option(
    "--before",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day that is left alone; default: the month in which the newest run's "
    "dedup.window_days begin.",
)
@dry_run_option
@format_option
def compact(output: Path, before: datetime | None, dry_run: bool, form: str) -> None:
    """Put the files of old runs of OUTPUT together, a folder a month.

    The rows stay the same, with their run_id. The folder of a month is named like its last run,
    and its manifest lists all of them. The newest run is left alone. A run that is compacted
    cannot be taken back with undo. The names of the folders go to stdout; running it again
    changes nothing.

    \b
    Example:
      newsieve compact output/ --dry-run
      newsieve compact output/ --before 2026-01-01
    """  # noqa: D301
    from pipeline.ledger.upkeep.compact import compact as put_together

    made = put_together(output, before.date() if before else None, dry_run=dry_run)
    verb = "would be" if dry_run else "are"
    for each in made:
        held = f"{len(each.held):,} folders with {each.files_before:,} files"
        line = f"{each.run_id}: {held} {verb} one with {each.files:,}, {each.rows:,} rows"
        click.echo(shown(line), err=True)
    if not made:
        click.echo("nothing to put together", err=True)
    if form == "json":
        print_json({"dry_run": dry_run, "folders": [asdict(each) for each in made]})
    elif made:
        click.echo("\n".join(each.run_id for each in made))
