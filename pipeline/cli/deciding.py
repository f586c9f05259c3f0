"""``newsieve publish``, ``discard``, ``undo``: decisions of a person about finished runs."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import (
    State,
    dry_run_option,
    format_option,
    output_argument,
    print_json,
)
from pipeline.text.terminal import shown

COMES_AGAIN = "what it read counts as unread: files that are still there come again in the next run"


@click.command()
@output_argument
@click.argument("run")
@format_option
@click.pass_obj
def publish(state: State, output: Path, run: str, form: str) -> None:
    """Publish the held RUN of OUTPUT although a gate holds it.

    RUN is its name, or enough of the beginning. It is published as it was made, by one
    rename, and its manifest notes that a person did so. Gates that compare with earlier runs
    take what it shows for usual from then on; other limits hold the next run as they did
    this one. Refused when the run no longer follows the newest one. The folder of the run
    goes to stdout. `newsieve run` works again afterwards.

    \b
    Example:
      newsieve publish output/ 2026-01-31-000031
    """  # noqa: D301
    from pipeline.ledger.held import publish_held

    folder = publish_held(output, run)
    _tell(state, f"published {folder.name}; further runs work again")
    if form == "json":
        print_json({"run_id": folder.name, "folder": str(folder)})
    else:
        click.echo(str(folder))


@click.command()
@output_argument
@click.argument("run")
@format_option
@click.pass_obj
def discard(state: State, output: Path, run: str, form: str) -> None:
    """Remove the held RUN of OUTPUT; nothing of it was published.

    RUN is its name, or enough of the beginning. What it read counts as unread: the next run
    reads it again, and is held again unless the files, the settings or the gates are others.
    The name of the run goes to stdout.

    \b
    Example:
      newsieve discard output/ 2026-01-31-000031
    """  # noqa: D301
    from pipeline.ledger.held import discard_held

    name = discard_held(output, run)
    _tell(state, f"discarded {name}; {COMES_AGAIN}")
    if form == "json":
        print_json({"run_id": name})
    else:
        click.echo(name)


@click.command()
@output_argument
@dry_run_option
@format_option
@click.pass_obj
def undo(state: State, output: Path, dry_run: bool, form: str) -> None:
    """Take back the newest run of OUTPUT.

    Its rows leave the collection by one rename, then its files are deleted. What it read
    counts as unread: the next run reads it again, as far as the files are still there. May
    be repeated, for one run after the other. Refused while a run is held. The name of the
    run goes to stdout.

    \b
    Example:
      newsieve undo output/ --dry-run
      newsieve undo output/
    """  # noqa: D301
    from pipeline.ledger.upkeep.undo import undo as take_back

    taken = take_back(output, dry_run=dry_run)
    tables = ("articles", "duplicates", "rejects")
    sums = " · ".join(f"{name} {taken.counts.get(name, 0):,}" for name in tables)
    verb, newest = ("would take back", "would be") if dry_run else ("took back", "is now")
    _tell(state, f"{verb} {taken.run_id}: {sums}; {COMES_AGAIN}")
    _tell(state, f"the newest run {newest} {taken.newest or 'none'}")
    if form == "json":
        print_json(
            {
                "dry_run": dry_run,
                "run_id": taken.run_id,
                "counts": {name: taken.counts.get(name, 0) for name in tables},
                "newest": taken.newest,
            }
        )
    else:
        click.echo(taken.run_id)


def _tell(state: State, message: str) -> None:
    state.log.tell("remark", shown(message), message=message)
