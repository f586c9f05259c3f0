"""Commands that start work: ``run``, its dry run ``check``, and ``worker`` for other engines."""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.options import (
    Day,
    State,
    WithBeamFlags,
    format_option,
    print_answer,
    print_json,
    reads_inputs,
    set_option,
)
from pipeline.errors import UsageError
from pipeline.memory import require_address_space
from pipeline.text.terminal import counted, shown, wants_colour

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from pipeline.config import Config
    from pipeline.job import Preview, Published
    from pipeline.ledger.inputs import Inputs
    from pipeline.ledger.plan import Engine, Plan
    from pipeline.monitor.progress import Watcher
    from pipeline.staging import RunName, Staging
    from pipeline.storage import Place


@click.command(cls=WithBeamFlags)
@reads_inputs
@click.option(
    "--logical-date",
    type=Day(),
    help="The day that the run belongs to, for backfills, tomorrow in UTC at the latest; default: "
    "today in UTC.",
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
    /,
    config: Config,
    logical_date: date | None,
    allow_empty: bool,
    again: tuple[str, ...],
    form: str,
    beam_flags: tuple[str, ...],
    **_: object,  # file
) -> None:
    """Read new files, clean and deduplicate their articles, and publish a run.

    PATH is a file, a folder or a glob to read, instead of input.paths. If the first argument is
    a YAML file, it is used as --config. The counts go to stderr, the folder of the new run to
    stdout. Flags after -- are Beam's own.

    Rejected records are read again when the setting that rejected them has changed, such as
    input.fields; --again reads them in any case.

    \b
    Example:
      newsieve run
      newsieve run 'scraped/**/*.html' --output news/
    """  # noqa: D301
    require_address_space(workers=1)  # before libraries that may hang without it
    if logical_date:
        from pipeline.ledger.plan import refuse_future

        refuse_future(logical_date)
    # Beam takes a second to import: only a run that has work to do pays for it.
    if beam_flags or config.run.beam:
        from pipeline.beam.engines import require
        from pipeline.beam.options import parse_options

        require(config, parse_options(config, beam_flags))

    def engine(plan: Plan, name: RunName, config: Config, staging: Staging) -> None:
        from pipeline.beam.runner import execute

        execute(plan, name, config, staging, beam_flags)

    started = _Run(state, config, form, allow_empty=allow_empty, again=again)
    started.carry_out(logical_date, engine)


class _Run:
    def __init__(self, state: State, config: Config, form: str, **options: Any) -> None:
        self.state, self.config, self.form, self.options = state, config, form, options
        self.published: list[Published] = []
        self.last: Any = None
        self.watcher: Watcher | None = None

    def carry_out(self, day: date | None, engine: Engine) -> None:
        from pipeline.monitor.progress import Watcher

        # Before the other imports, because the libraries of a run take a second to load.
        if not self.state.log.quiet:
            colour = wants_colour(self.state.colour, sys.stderr)
            events = self.state.log.form == "json" or self.state.verbose
            self.watcher = Watcher(self.state.log, sys.stderr, colour=colour, events=events)
            self.watcher.start()
            engine = self.watcher.watching(engine)
        try:
            from pipeline.job import run_job
            from pipeline.ledger.account import Account
            from pipeline.monitor.metrics_file import recorded

            with recorded(self.config) as self.last:
                outcome = run_job(self.config, day, engine, self._report, **self.options)
                self.last.account = outcome.account or Account()
        finally:
            if self.watcher:
                self.watcher.stop()
        if not outcome.published:
            self._report_nothing(outcome.inputs)
        if self.form == "json":
            published = [_described(run) for run in outcome.published]
            files, remarks = len(outcome.inputs.files), outcome.inputs.remarks()
            print_json({"published": published, "files": files, "remarks": remarks})

    def _report(self, inputs: Inputs, run: Published) -> None:
        from pipeline.explain.account import account_lines

        if self.watcher:
            self.watcher.clear()
        if not self.published:
            self.state.remark(*inputs.remarks())
        self.published.append(run)
        self.last.account = run.account
        lines = ["finished the run that was interrupted:"] if run.resumed else []
        if self.state.log.form == "text" and not self.state.log.quiet:
            lines += account_lines(run.account, run.seconds, run.folder, _command())
        self.state.log.event("run_published", "\n".join(lines), **_described(run))
        if self.form == "text":
            self._print_folder(run.folder)

    def _print_folder(self, folder: Place) -> None:
        try:
            click.echo(str(folder))
        except OSError as error:  # the run is published, and stays so
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            text = f"published as {folder}; stdout: {error.strerror}"
            self.state.log.event("remark", text, level=logging.WARNING, message=text)

    def _report_nothing(self, inputs: Inputs) -> None:
        """Report a command that published nothing; runs are reported when they are published."""
        self.state.remark(*inputs.remarks())
        count = len(inputs.files)
        text = f"nothing new: {counted(count, 'file')}, all read by earlier runs"
        if not count:
            paths = ", ".join(self.config.input.paths)
            text = f"nothing to read: no supported file in {paths}"
        self.state.log.event("nothing_new", shown(text), files=count)


def _described(run: Published) -> dict[str, Any]:
    return {
        "run_id": run.plan.run_id,
        "folder": str(run.folder),
        "resumed": run.resumed,
        "seconds": round(run.seconds, 3),
        "counts": run.account.as_dict(),
    }


def _command() -> str:
    """Return how to call this command from here: its name if the shell finds it."""
    script = sys.argv[0]
    if shutil.which("newsieve"):
        return "newsieve"
    if Path(script).name == "newsieve":
        with suppress(OSError):  # the current folder may be gone
            script = os.path.relpath(script)
        return shlex.quote(script)
    return f"{shlex.quote(sys.executable)} -m newsieve"


LISTED = 10
"""New files that ``check`` lists by name; the rest are counted."""


@click.command(cls=WithBeamFlags)
@reads_inputs
@click.option("--settings", is_flag=True, help="Print the settings only, as a configuration file.")
@format_option
@set_option
def check(
    config: Config, file: Path | None, settings: bool, form: str, beam_flags: tuple[str, ...]
) -> None:
    """Validate the settings and show what a run would read, without starting it.

    Shows the settings that differ from the defaults, the files that no run has read yet, what is
    skipped and why, and how similar two texts must be to be compared. With another engine
    (run.beam, or Beam's own flags after --), also shows what it needs and whether that is there.
    If the first argument is a YAML file, it is used as --config. Exits with 0 if a run could start.

    \b
    Example:
      newsieve check
      newsieve check --input 'raw/**/*.txt' --set dedup.bands=64
      newsieve check --settings > newsieve.yaml
    """  # noqa: D301
    from pipeline.config_file import commented_yaml
    from pipeline.explain.text import as_text
    from pipeline.job import preview_run

    if settings and form == "text":
        click.echo(commented_yaml(config), nl=False)
        return
    engine, needs = _engine(config, beam_flags)
    preview = preview_run(config)
    answer = _answer_of(config, file, preview) | {"engine": engine, "needs": needs}
    told = answer | {
        "changed": {name: str(value) for name, value in answer["changed"].items()},
        "remarks": preview.inputs.remarks(),
        # Not all of them: every string is escaped, and there may be a million files.
        "files": len(answer["files"]),
        "listed": [each["source"] for each in answer["files"] if each["new"]][:LISTED],
    }
    print_answer(form, answer, lambda _: as_text("check", told))
    missing = [each["name"] for each in needs if each["state"] == "missing"]
    if missing:
        raise UsageError(f"{engine} cannot start: {', '.join(missing)} missing; see above")


def _engine(config: Config, beam_flags: tuple[str, ...]) -> tuple[str, list[dict[str, str]]]:
    """Return the engine and its needs; Beam, which takes a second, is imported only if needed."""
    if not (beam_flags or config.run.beam):
        return "in-process", []
    from pipeline.beam.engines import needs_of
    from pipeline.beam.options import parse_options

    options = parse_options(config, beam_flags)
    return options.runner, [asdict(need) for need in needs_of(config, options)]


def _answer_of(config: Config, file: Path | None, preview: Preview) -> dict[str, Any]:
    from pipeline.config_file import changed
    from pipeline.dedup.signatures import collision_probability

    inputs, plan, dedup = preview.inputs, preview.plan, config.dedup
    new = {each.source for each in plan.inputs}
    return {
        "configuration": file and str(file),
        "settings": config.model_dump(mode="json"),
        "changed": changed(config),
        "files": [
            {"path": each.path, "source": each.source, "new": each.source in new}
            for each in inputs.files
        ],
        "new_files": len(plan.inputs),
        "new_bytes": plan.bytes,
        "unreadable": [each.path for each in inputs.unreadable],
        "too_young": inputs.too_young,
        "other_kinds": dict(inputs.ignored),
        "unfollowed": inputs.unfollowed,
        "newest_run": preview.newest,
        "candidates": [
            {
                "similarity": tenth / 10,
                "share": collision_probability(tenth / 10, dedup.permutations, dedup.bands),
            }
            for tenth in range(1, 11)
        ],
    }


@click.command()
@click.argument("address", default="127.0.0.1:50000", metavar="[HOST:PORT]")
@click.pass_obj
def worker(state: State, address: str) -> None:
    """Start worker processes for runs on another engine, such as Flink.

    Start one next to each of the engine's own workers (task manager, executor), with the same
    newsieve and packages as the run; stop it with Ctrl-C. It listens on HOST:PORT, by default
    127.0.0.1:50000. Anyone who can connect can run code as this user: let only the engine connect.

    \b
    Example:
      newsieve worker
      newsieve worker 10.0.0.7:50000
      newsieve run configs/flink.yaml
    """  # noqa: D301
    from pipeline.beam.pool import serve_pool

    report = _worker_log(state)
    try:
        with serve_pool(address, report) as (host, port):
            report({"state": "listening", "address": f"{host}:{port}"})
            threading.Event().wait()
    except KeyboardInterrupt:
        report({"state": "stopped"})


def _worker_log(state: State) -> Callable[[dict[str, Any]], None]:
    from pipeline.beam.pool import describe

    here = describe()

    def report(facts: dict[str, Any]) -> None:
        text = f"worker {facts['state']}"
        if "address" in facts:
            text += f" on {facts['address']}: newsieve {here['newsieve']}, Python {here['python']}"
        if "pid" in facts:
            text += f": process {facts['pid']}, for {facts['engine']}"
        if "reason" in facts:
            text += f": {facts['reason']}"
        state.log.event("worker", text, message=text, **facts)

    return report
