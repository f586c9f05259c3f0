"""``newsieve run``: the whole flow, for what is new since the last run."""

from __future__ import annotations

import os
import sys
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import State, on_one_line, set_option
from pipeline.config_file import load_config
from pipeline.explain.account import render_account
from pipeline.job import Outcome, Published, run_job
from pipeline.ledger.account import Account
from pipeline.monitor.metrics_file import recorded
from pipeline.monitor.watch import watched

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.ledger.inputs import Inputs
    from pipeline.ledger.plan import Engine, Plan
    from pipeline.monitor.log import EventLog
    from pipeline.passes.write_block import RunName
    from pipeline.staging import Staging


def _split_beam_flags(arguments: tuple[str, ...]) -> tuple[Path | None, tuple[str, ...]]:
    """Tell CONFIG from Beam's flags: click leaves both in one list, without the ``--``."""
    config, flags = None, arguments
    if arguments and not arguments[0].startswith("-"):
        config, flags = Path(arguments[0]), arguments[1:]
    if flags and not flags[0].startswith("-"):
        raise click.UsageError(f"unexpected argument {flags[0]}; Beam's own flags begin with --")
    return config, flags


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("arguments", nargs=-1, metavar="[CONFIG] [-- BEAM FLAGS]")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="GLOB_OR_DIR",
    help="What to read, instead of input.paths; may be repeated.",
)
@click.option("--output", metavar="DIR", help="Folder that collects the runs (write.output).")
@click.option(
    "--logical-date",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day the run stands for, for backfills; default: today in UTC.",
)
@set_option
@click.pass_obj
def run(
    state: State,
    arguments: tuple[str, ...],
    inputs: tuple[str, ...],
    output: str | None,
    logical_date: datetime | None,
    overrides: tuple[str, ...],
) -> None:
    """Read what is new, clean it, drop copies, and publish a run.

    CONFIG defaults to configs/default.yaml. The account goes to stderr, the folder of the
    new run to stdout. Flags after -- are Beam's own.

    \b
    Example:
      newsieve run --input 'raw/*.txt' --output output/
    """  # noqa: D301
    path, beam_flags = _split_beam_flags(arguments)
    config = _redirected(load_config(path, overrides), inputs, output)
    day: date | None = logical_date.date() if logical_date else None
    engine: Engine = partial(_execute, beam_flags)
    if state.log.form == "json":
        engine = watched(engine, state.log)
    with recorded(config) as last:

        def told(inputs: Inputs, published: Published) -> None:
            if last.account is None:
                _tell_remarks(inputs, state.log)
            state.untouched = "nothing more was published"
            last.account = published.account
            _tell_published(published, state.log)

        outcome = run_job(config, day, engine, told)
        last.account = outcome.account or Account()
    _tell(outcome, config, state.log)


def _execute(
    beam_flags: tuple[str, ...], plan: Plan, name: RunName, config: Config, staging: Staging
) -> None:
    # Beam takes a second to import: only a run that has work to do pays for it.
    from pipeline.beam.runner import execute  # noqa: PLC0415

    execute(plan, name, config, staging, beam_flags)


def _redirected(config: Config, inputs: tuple[str, ...], output: str | None) -> Config:
    if inputs:
        section = config.input.model_copy(update={"paths": inputs})
        config = config.model_copy(update={"input": section})
    if output:
        section_out = config.write.model_copy(update={"output": output})
        config = config.model_copy(update={"write": section_out})
    return config


def _tell(outcome: Outcome, config: Config, log: EventLog) -> None:
    """Say when there was nothing to do; runs were told of when they were published."""
    if not outcome.published:
        _tell_remarks(outcome.inputs, log)
        count = len(outcome.inputs.files)
        text = f"nothing new: all {count} files were read by earlier runs"
        if not count:
            paths = ", ".join(config.input.paths)
            text = f"nothing to read: no file of a known kind in {paths}"
        log.tell("nothing_new", text, files=count)


def _tell_remarks(inputs: Inputs, log: EventLog) -> None:
    for line in inputs.remarks():
        log.tell("remark", on_one_line(line), message=line)


def _tell_published(run: Published, log: EventLog) -> None:
    resumed = "finished the run that was interrupted:\n" if run.resumed else ""
    log.tell(
        "run_published",
        resumed + render_account(run.account, run.seconds),
        run_id=run.plan.run_id,
        folder=str(run.folder),
        resumed=run.resumed,
        seconds=round(run.seconds, 3),
        counts=run.account.as_dict(),
    )
    try:
        click.echo(str(run.folder))
    except OSError as error:  # the run is published, and stays so
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo(f"published as {run.folder}; stdout: {error.strerror}", err=True)
