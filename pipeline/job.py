"""A run from plan to commit."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from functools import partial
from pathlib import Path
from typing import TypeAlias

from pipeline.config import Config
from pipeline.dedup.steps.layouts import lookup_shards
from pipeline.errors import AccountError, LostRace, UsageError
from pipeline.ledger.account import Account, tally
from pipeline.ledger.again import read_again, without_rejected
from pipeline.ledger.commit import (
    cleanup_after,
    earlier_runs,
    publish_or_hold,
    refuse_held,
    sweep_staging,
    write_inputs,
    write_manifest,
)
from pipeline.ledger.gates import judge_gates
from pipeline.ledger.history import (
    CommittedRun,
    attempts_of,
    committed_runs,
    next_sequence,
    renew_views,
    tombstones_of,
)
from pipeline.ledger.index import Index, lines_of, load_index, save_index, window_of
from pipeline.ledger.inputs import Inputs, find_inputs
from pipeline.ledger.lock import check_writable, locked
from pipeline.ledger.log import racing, read_log, sweep
from pipeline.ledger.plan import Engine, Past, Plan, find_interrupted, make_plan
from pipeline.monitor.progress import stage_timings
from pipeline.staging import PartCount, RunName, Staging, Window
from pipeline.storage import Place, output_place, write_bytes
from pipeline.storage.objects import StorePath

Runs: TypeAlias = list[CommittedRun]


@dataclass(frozen=True, slots=True)
class Published:
    """A run that was published, and its wall time from the plan to the commit in seconds.

    ``resumed``: whether it finishes what an earlier process began.
    """

    plan: Plan
    account: Account
    folder: Place
    seconds: float
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of ``run_job``: the files found in the inputs, and the runs published.

    These are an interrupted run that was finished first, if any, and the new run, if any.
    """

    inputs: Inputs
    published: tuple[Published, ...]

    @property
    def account(self) -> Account | None:
        """The account of the newest run; None when nothing was new."""
        return self.published[-1].account if self.published else None

    @property
    def folder(self) -> Place | None:
        """The folder of the newest run; None when nothing was new."""
        return self.published[-1].folder if self.published else None


def run_job(
    config: Config,
    logical_date: date | None,
    engine: Engine,
    report: Callable[[Inputs, Published], object] = lambda *_: None,
    *,
    allow_empty: bool = False,
    again: Sequence[str] = (),
) -> Outcome:
    """Finish an interrupted run, then read new files and publish their run.

    Args:
        logical_date: the day that the run belongs to; None means today in UTC. An interrupted run
            keeps its own.
        report: called with each run as soon as it is published.
        again: files and folders whose rejected records are read again.
        allow_empty: inputs without a single file are not an error.

    Raises:
        UsageError: an input does not exist, or the inputs have no supported file.
        LockedOutput: another run works on the same output.
        HeldRun: a gate holds this run, or an earlier one waits for a decision; nothing was
            published.
        AccountError: records in and rows out do not add up; nothing was published.
    """
    output = output_place(config.write.output)
    inputs = _find_inputs(config, output)
    if not (inputs.files or inputs.too_young or allow_empty):
        raise _nothing_to_read(config, inputs)
    with locked(output):
        refuse_held(output)
        job = _Job(config, output, engine, partial(report, inputs))
        found = [
            _retry_lost_race(output, job.finish_interrupted),
            _retry_lost_race(output, partial(job.read_new, inputs, logical_date, again)),
        ]
    return Outcome(inputs, tuple(each for each in found if each))


RACES = 5
"""How often a run is planned again because another one was published first."""


def _retry_lost_race(output: Place, work: Callable[[], Published | None]) -> Published | None:
    """Do *work*; if another run is published first, do it again on top of that one."""
    for _ in range(RACES - 1):
        try:
            return work()
        except LostRace as error:
            logging.getLogger("newsieve").warning("%s; planned again", error)
            if isinstance(output, StorePath):  # the loser may have written where the winner did
                read_log(output)
                sweep(output, everywhere=True)
    return work()


def _find_inputs(config: Config, output: Place) -> Inputs:
    settings = config.input
    return find_inputs(settings.paths, settings.min_age_s, output, settings.follow_links)


def _nothing_to_read(config: Config, inputs: Inputs) -> UsageError:
    """Describe inputs without files: a mount may be missing."""
    text = f"nothing to read: no supported file in {', '.join(config.input.paths)}"
    remarks = "".join(f"\n{remark}" for remark in inputs.remarks())
    return UsageError(f"{text}; if this is expected, use --allow-empty{remarks}")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would begin with: the plan of the files that no run has read yet.

    ``newest``: name of the newest run; None before the first.
    """

    inputs: Inputs
    plan: Plan
    newest: str | None


def preview_run(config: Config) -> Preview:
    """Find out what a run would read now, without writing anything or taking the lock.

    Raises UsageError if an input does not exist, or the output cannot be written.
    """
    output = output_place(config.write.output)
    inputs = _find_inputs(config, output)
    if isinstance(output, Path):
        check_writable(output)
    runs = committed_runs(output)
    day = datetime.now(timezone.utc).date()
    index = load_index(output).following(_remembered(config, runs, day))
    plan, _ = make_plan(inputs, _past(inputs, runs, index, config), day, config)
    return Preview(inputs, plan, runs[-1].run_id if runs else None)


def _remembered(config: Config, runs: Runs, day: date) -> Runs:
    days = config.input.remember_days
    return [run for run in runs if not days or (day - run.logical_date).days <= days]


def _past(
    inputs: Inputs, runs: Runs, index: Index, config: Config, again: Sequence[str] = ()
) -> Past:
    output = output_place(config.write.output)
    return Past(
        index=index,
        newest=runs[-1] if runs else None,
        sequence=next_sequence(output, runs),
        attempts=attempts_of(runs[-1]) if runs else {},
        tombstones=tombstones_of(output / "runs"),
        again=read_again(inputs, runs, config, again),
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """The work of one command, which holds the lock of its output."""

    config: Config
    output: Place
    engine: Engine
    report: Callable[[Published], object]

    def finish_interrupted(self) -> Published | None:
        """Finish the run that another process left unfinished, if its parent is the newest run."""
        started = time.time()
        runs = committed_runs(self.output)
        sequence = next_sequence(self.output, runs)
        plan = find_interrupted(self.output, runs[-1] if runs else None, sequence, self.config)
        sweep_staging(self.output, keep=plan.run_id if plan else None)
        if runs:  # a killed command may have left older ones
            renew_views(self.output)
        if plan is None:
            return None
        index = self._index(runs, plan.logical_date)
        return self._carry_out(plan, runs, index, started, resumed=True)

    def read_new(
        self, inputs: Inputs, logical_date: date | None, again: Sequence[str]
    ) -> Published | None:
        """Plan the files that no committed run has read, and carry the plan out."""
        started = time.time()
        day = logical_date or datetime.now(timezone.utc).date()
        runs = committed_runs(self.output)
        index = self._index(runs, day)
        past = _past(inputs, runs, index, self.config, again)
        plan, known = make_plan(inputs, past, day, self.config)
        if known:
            index = index.with_looks(known)
            save_index(self.output, index)
        if not plan.blocks:
            return None
        write_bytes(self._staging(plan).plan_file, plan.as_json(self.config).encode())
        return self._carry_out(plan, runs, index, started)

    def _staging(self, plan: Plan) -> Staging:
        return Staging(str((self.output / ".staging" / plan.run_id).absolute()))

    def _index(self, runs: Runs, day: date) -> Index:
        before = load_index(self.output)
        index = before.following(_remembered(self.config, runs, day))
        if index.covers != before.covers:
            save_index(self.output, index)
        return index

    def _carry_out(
        self, plan: Plan, runs: Runs, index: Index, started: float, *, resumed: bool = False
    ) -> Published:
        """Run the passes of *plan*, check the account, and publish the run."""
        with racing(self.output, plan.sequence):
            staging = self._prepared(plan, runs, index)
            began, blocks = time.time(), range(len(plan.blocks))
            self.engine(plan, RunName(plan.run_id, plan.logical_date), self.config, staging)
            account, counts = tally(staging, blocks, self.config.dedup.alarm_cluster_size)
            try:
                account.check()
            except AccountError:
                staging.remove()  # else every later run would resume it and fail again
                raise
            write_inputs(staging.result, plan, counts, self.config.input.max_attempts)
            when = datetime.fromtimestamp(started, timezone.utc)
            timings = {
                "started": when.isoformat(timespec="seconds"),
                "seconds": round(time.time() - started, 3),
                **stage_timings(staging, blocks, began),
            }
            limits = self.config.gates
            gates = judge_gates(
                account, earlier_runs(runs, limits), limits, catching_up=plan.is_catching_up
            )
            write_manifest(staging, plan, self.config, account, gates, timings)
            folder = publish_or_hold(staging.manifest_folder, self.output, plan.run_id, gates)
        published = Published(plan, account, folder, time.time() - started, resumed)
        self.report(published)
        with cleanup_after(f"{folder} is published"):
            renew_views(self.output)
            sweep_staging(self.output)
            self._remember(plan, counts, runs, index, folder)
        return published

    def _prepared(self, plan: Plan, runs: Runs, index: Index) -> Staging:
        """Prepare the staging folder, with what the passes need from earlier runs."""
        staging = self._staging(plan)
        seen = without_rejected(index.ids.digests, runs, plan.again)
        staging.prepare(seen, tombstones_of(self.output / "runs"))
        window = window_of(runs, plan.logical_date, self.config.dedup, self.output)
        staging.write("window", Window(tuple(window), lookup_shards(plan.bytes) if window else 0))
        staging.write("lines", lines_of(runs, plan.logical_date, self.config.clean))
        return staging

    def _remember(
        self, plan: Plan, counts: dict[str, PartCount], runs: Runs, index: Index, folder: Place
    ) -> None:
        run = CommittedRun(folder, plan.run_id, plan.sequence, plan.logical_date)
        remembered = [each for each in runs if each.sequence in index.covers]
        looks = [
            (bytes.fromhex(each.look), plan.sequence)
            for each in plan.inputs
            if each.look and not counts[each.source].retry
        ]
        save_index(self.output, index.following([*remembered, run]).with_looks(looks))
