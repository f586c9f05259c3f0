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
    help="Compact only runs before this day; default: the start of the month in which "
    "the newest run's dedup window begins.",
)
@dry_run_option
@format_option
def compact(output: Path, before: datetime | None, dry_run: bool, form: str) -> None:
    """Merge the files of old runs of OUTPUT into one folder per month.

    The rows stay the same, with their run_id. The folder of a month is named after its last run,
    and its manifest lists all of them. The newest run is left alone. A compacted run cannot be
    undone. Prints the names of the new folders; running it again changes nothing.

    \b
    Example:
      newsieve compact output/ --dry-run
      newsieve compact output/ --before 2026-01-01
    """  # noqa: D301
    from pipeline.ledger.upkeep.compact import compact as merge

    made = merge(output, before.date() if before else None, dry_run=dry_run)
    verb = "would merge" if dry_run else "merged"
    for each in made:
        before_it = f"{len(each.held):,} folders ({each.files_before:,} files)"
        after_it = f"one ({each.files:,} files, {each.rows:,} rows)"
        line = f"{each.run_id}: {verb} {before_it} into {after_it}"
        click.echo(shown(line), err=True)
    if not made:
        click.echo("nothing to compact", err=True)
    if form == "json":
        print_json({"dry_run": dry_run, "folders": [asdict(each) for each in made]})
    elif made:
        click.echo("\n".join(each.run_id for each in made))
