"""``newsieve publish``, ``discard``, ``undo``: what a person decides about finished runs."""

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

COMES_AGAIN = "its inputs count as unread: the next run reads those again that still exist"


@click.command()
@output_argument
@click.argument("run")
@format_option
@click.pass_obj
def publish(state: State, output: Path, run: str, form: str) -> None:
    """Publish the held RUN of OUTPUT in spite of its gates.

    RUN is its name, or a unique prefix. The run is published as it is, with one rename, and its
    manifest records that it was published by hand. From then on it is part of the baseline of
    gates that compare with earlier runs; fixed limits hold the next run as they did this one.
    Refused if another run was published in the meantime. Prints the folder of the run.
    `newsieve run` works again afterwards.

    \b
    Example:
      newsieve publish output/ 2026-01-31-000031
    """  # noqa: D301
    from pipeline.ledger.held import publish_held

    folder = publish_held(output, run)
    _report(state, f"published {folder.name}; further runs work again")
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

    RUN is its name, or a unique prefix. Its inputs count as unread: the next run reads them
    again, and is held again unless the files, the settings or the gates have changed. Prints the
    name of the run.

    \b
    Example:
      newsieve discard output/ 2026-01-31-000031
    """  # noqa: D301
    from pipeline.ledger.held import discard_held

    name = discard_held(output, run)
    _report(state, f"discarded {name}; {COMES_AGAIN}")
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
    """Undo the newest run of OUTPUT.

    Its rows leave the collection with one rename, then its files are deleted. Its inputs count
    as unread: the next run reads those again that still exist. Repeat it to undo further runs.
    Refused while a run is held. Prints the name of the run.

    \b
    Example:
      newsieve undo output/ --dry-run
      newsieve undo output/
    """  # noqa: D301
    from pipeline.ledger.upkeep.undo import undo as undo_newest

    taken = undo_newest(output, dry_run=dry_run)
    tables = ("articles", "duplicates", "rejects")
    sums = " · ".join(f"{name} {taken.counts.get(name, 0):,}" for name in tables)
    verb, newest = ("would undo", "would be") if dry_run else ("undid", "is now")
    _report(state, f"{verb} {taken.run_id}: {sums}; {COMES_AGAIN}")
    _report(state, f"the newest run {newest} {taken.newest or 'none'}")
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


def _report(state: State, message: str) -> None:
    state.log.tell("remark", shown(message), message=message)
