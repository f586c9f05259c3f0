"""A run from plan to commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.config import Config
from pipeline.ledger.account import Account
from pipeline.ledger.commit import publish, sweep_staging, write_inputs, write_manifest
from pipeline.ledger.history import committed_runs, ids_seen, inputs_read
from pipeline.ledger.inputs import Inputs, find_inputs
from pipeline.ledger.lock import locked
from pipeline.ledger.plan import Plan, make_plan
from pipeline.ledger.tally import tally
from pipeline.passes.staging import Staging
from pipeline.passes.write_block import RunName
from pipeline.storage import write_bytes
from pipeline.write.views import write_views

if TYPE_CHECKING:
    from pipeline.ledger.history import CommittedRun


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        inputs: what the inputs hold.
        plan: what was to be done; without blocks there was nothing new.
        account: None when there was nothing new.
        folder: the published run; None when there was nothing new.
        seconds: wall time from the plan to the commit.
    """

    inputs: Inputs
    plan: Plan
    account: Account | None
    folder: Path | None
    seconds: float


Engine = Callable[[Plan, RunName, Config, Staging], None]
"""Takes the blocks of a plan through all passes: ``beam.runner.engine``, or ``passes.loop``."""


def run_job(config: Config, logical_date: date | None, engine: Engine) -> Outcome:
    """Read what is new, and publish what comes of it.

    Args:
        logical_date: the day the run stands for; None means today in UTC.

    Raises:
        UsageError: an input does not exist.
        LockedOutput: another run works on the same output.
        AccountError: records in and rows out do not add up; nothing was published.
    """
    started = time.time()
    inputs = find_inputs(config.input.paths, config.input.min_age_s)
    output = Path(config.write.output)
    with locked(output):
        sweep_staging(output)
        runs = committed_runs(output)
        day = logical_date or datetime.now(timezone.utc).date()
        plan = make_plan(inputs, inputs_read(runs), runs[-1] if runs else None, day, config)
        if not plan.blocks:
            return Outcome(inputs, plan, None, None, time.time() - started)
        staging = _prepare(output, plan, runs, config)
        engine(plan, RunName(plan.run_id, plan.logical_date), config, staging)
        account, counts = tally(staging, range(len(plan.blocks)))
        account.check()
        write_inputs(staging.result, plan, counts)
        timings = {"started": _iso(started), "seconds": round(time.time() - started, 3)}
        write_manifest(staging.result, plan, config, account, timings)
        folder = publish(staging.result, output, plan.run_id)
        write_views(output)
        sweep_staging(output)
    return Outcome(inputs, plan, account, folder, time.time() - started)


def _prepare(output: Path, plan: Plan, runs: list[CommittedRun], config: Config) -> Staging:
    staging = Staging(str((output / ".staging" / plan.run_id).absolute()))
    write_bytes(Path(staging.folder, "plan.json"), plan.as_json(config).encode())
    staging.block_file(0, "").parent.mkdir()
    seen = ids_seen(runs)
    if len(seen):
        np.save(staging.seen, seen)
    return staging


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")
