"""``newsieve publish``, ``discard``, ``undo``: decisions of a person about finished runs."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import State
from pipeline.ledger.held import discard_held, publish_held
from pipeline.ledger.upkeep import undo as undoing

output_argument = click.argument(
    "output", type=click.Path(exists=True, file_okay=False, path_type=Path)
)

COMES_AGAIN = "what it read counts as unread: files that are still there come again in the next run"


@click.command()
@output_argument
@click.argument("run")
@click.pass_obj
def publish(state: State, output: Path, run: str) -> None:
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
    folder = publish_held(output, run)
    _tell(state, f"published {folder.name}; further runs work again")
    click.echo(str(folder))


@click.command()
@output_argument
@click.argument("run")
@click.pass_obj
def discard(state: State, output: Path, run: str) -> None:
    """Remove the held RUN of OUTPUT; nothing of it was published.

    RUN is its name, or enough of the beginning. What it read counts as unread: the next run
    reads it again, and is held again unless the files, the settings or the gates are others.
    The name of the run goes to stdout.

    \b
    Example:
      newsieve discard output/ 2026-01-31-000031
    """  # noqa: D301
    name = discard_held(output, run)
    _tell(state, f"discarded {name}; {COMES_AGAIN}")
    click.echo(name)


@click.command()
@output_argument
@click.pass_obj
def undo(state: State, output: Path) -> None:
    """Take back the newest run of OUTPUT.

    Its rows leave the collection by one rename, then its files are deleted. What it read
    counts as unread: the next run reads it again, as far as the files are still there. May
    be repeated, for one run after the other. Refused while a run is held. The name of the
    run goes to stdout.

    \b
    Example:
      newsieve undo output/
    """  # noqa: D301
    taken = undoing.undo(output)
    tables = ("articles", "duplicates", "rejects")
    sums = " · ".join(f"{name} {taken.counts.get(name, 0):,}" for name in tables)
    _tell(state, f"took back {taken.run_id}: {sums}; {COMES_AGAIN}")
    _tell(state, f"the newest run is now {taken.newest or 'none'}")
    click.echo(taken.run_id)


def _tell(state: State, message: str) -> None:
    state.log.tell("remark", message, message=message)
