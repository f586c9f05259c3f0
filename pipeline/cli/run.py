"""``newsieve run``: the whole flow, for what is new since the last run."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.options import (
    State,
    WithBeamFlags,
    config_option,
    format_option,
    input_option,
    print_json,
    set_option,
    split_paths,
)
from pipeline.text.terminal import shown, wants_colour

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.job import Outcome, Published
    from pipeline.ledger.inputs import Inputs
    from pipeline.ledger.plan import Engine, Plan
    from pipeline.monitor.progress import Watcher
    from pipeline.passes.write_block import RunName
    from pipeline.staging import Staging


@click.command(cls=WithBeamFlags)
@click.argument("arguments", nargs=-1, metavar="[PATH]... [-- BEAM FLAGS]")
@config_option
@input_option
@click.option("--output", metavar="DIR", help="Folder that collects the runs (write.output).")
@click.option(
    "--logical-date",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day that the run belongs to, for backfills; default: today in UTC.",
)
@click.option("--allow-empty", is_flag=True, help="Exit with 0, not 2, if the inputs have no file.")
@click.option(
    "--again",
    multiple=True,
    metavar="PATH",
    help="Read the rejected records of this file or folder again; may be repeated.",
)
@format_option
@set_option
@click.pass_obj
def run(
    state: State,
    arguments: tuple[str, ...],
    config: Path | None,
    inputs: tuple[str, ...],
    output: str | None,
    logical_date: datetime | None,
    allow_empty: bool,
    again: tuple[str, ...],
    form: str,
    overrides: tuple[str, ...],
    beam_flags: tuple[str, ...],
) -> None:
    """Read new files, clean and deduplicate their articles, and publish a run.

    PATH is a file, a folder or a glob to read, instead of input.paths. If the first argument is
    a YAML file, it is used as --config. The counts go to stderr, the folder of the new run to
    stdout. Flags after -- are Beam's own.

    Records that earlier runs rejected are read again after the setting that rejected them has
    changed, such as input.fields; --again reads them whatever rejected them.

    \b
    Example:
      newsieve run
      newsieve run 'scraped/**/*.html' --output news/
    """  # noqa: D301
    from pipeline.config_file import find_config, load_config, redirected

    file, paths = split_paths(arguments, config)
    effective = redirected(load_config(file or find_config(), overrides), [*paths, *inputs], output)
    _check_engine(effective, beam_flags)
    day: date | None = logical_date.date() if logical_date else None
    run = _Run(state, effective, form, allow_empty, again)
    run.carry_out(day, partial(_execute, beam_flags))


def _check_engine(config: Config, beam_flags: tuple[str, ...]) -> None:
    if beam_flags or config.run.beam:
        from pipeline.beam.runner import check_engine

        check_engine(config, beam_flags)


def _execute(
    beam_flags: tuple[str, ...], plan: Plan, name: RunName, config: Config, staging: Staging
) -> None:
    # Beam takes a second to import: only a run that has work to do pays for it.
    from pipeline.beam.runner import execute

    execute(plan, name, config, staging, beam_flags)


class _Run:
    """One run, and what it reports."""

    def __init__(
        self, state: State, config: Config, form: str, allow_empty: bool, again: tuple[str, ...]
    ) -> None:
        self.allow_empty, self.again = allow_empty, again
        self.state, self.config, self.form = state, config, form
        self.published: list[Published] = []
        self.last: Any = None
        self.watcher: Watcher | None = None

    def carry_out(self, day: date | None, engine: Engine) -> None:
        from pipeline.monitor.progress import Watcher

        # First of all: the libraries of a run take a second to load.
        if not self.state.log.quiet:
            colour = wants_colour(self.state.colour, sys.stderr)
            self.watcher = Watcher(self.state.log, sys.stderr, colour=colour)
            self.watcher.start()
        try:
            outcome = self._run(day, engine)
        finally:
            if self.watcher:
                self.watcher.stop()
        if not outcome.published:
            self._report_nothing(outcome)
        if self.form == "json":
            print_json(self._answer(outcome))

    def _run(self, day: date | None, engine: Engine) -> Outcome:
        from pipeline.job import run_job
        from pipeline.ledger.account import Account
        from pipeline.monitor.metrics_file import recorded
        from pipeline.monitor.watch import watched

        if self.state.log.form == "json" or self.state.verbose:
            engine = watched(engine, self.state.log)
        if self.watcher:
            engine = self.watcher.watching(engine)
        with recorded(self.config) as self.last:
            options: dict[str, Any] = {"allow_empty": self.allow_empty, "again": self.again}
            outcome = run_job(self.config, day, engine, self._report, **options)
            self.last.account = outcome.account or Account()
        return outcome

    def _report(self, inputs: Inputs, published: Published) -> None:
        if self.watcher:
            self.watcher.clear()
        if not self.published:
            self._report_remarks(inputs)
        self.published.append(published)
        self.last.account = published.account
        self._report_published(published)

    def _report_remarks(self, inputs: Inputs) -> None:
        for line in inputs.remarks():
            self.state.log.tell("remark", shown(line), message=line)

    def _report_nothing(self, outcome: Outcome) -> None:
        """Report that there was nothing to do; runs are reported when they are published."""
        self._report_remarks(outcome.inputs)
        count = len(outcome.inputs.files)
        text = f"nothing new: all {count} files were read by earlier runs"
        if not count:
            paths = ", ".join(self.config.input.paths)
            text = f"nothing to read: no supported file in {paths}"
        self.state.log.tell("nothing_new", shown(text), files=count)

    def _report_published(self, run: Published) -> None:
        from pipeline.explain.account import account_lines

        lines = ["finished the run that was interrupted:"] if run.resumed else []
        if self.state.log.form == "text" and not self.state.log.quiet:
            lines += account_lines(run.account, run.seconds, run.folder, _command())
        self.state.log.tell(
            "run_published",
            "\n".join(lines),
            run_id=run.plan.run_id,
            folder=str(run.folder),
            resumed=run.resumed,
            seconds=round(run.seconds, 3),
            counts=run.account.as_dict(),
        )
        if self.form == "text":
            _print_folder(run.folder)

    def _answer(self, outcome: Outcome) -> dict[str, Any]:
        return {
            "published": [
                {
                    "run_id": run.plan.run_id,
                    "folder": str(run.folder),
                    "resumed": run.resumed,
                    "seconds": round(run.seconds, 3),
                    "counts": run.account.as_dict(),
                }
                for run in outcome.published
            ],
            "files": len(outcome.inputs.files),
            "remarks": outcome.inputs.remarks(),
        }


def _command() -> str:
    """Say how this command is called from here: its name where the shell finds it."""
    script = sys.argv[0]
    if shutil.which("newsieve"):
        return "newsieve"
    if Path(script).name == "newsieve":
        with suppress(OSError):  # the current folder may be gone
            script = os.path.relpath(script)
        return shlex.quote(script)
    return f"{shlex.quote(sys.executable)} -m newsieve"


def _print_folder(folder: Path) -> None:
    try:
        click.echo(str(folder))
    except OSError as error:  # the run is published, and stays so
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo(f"published as {folder}; stdout: {error.strerror}", err=True)
