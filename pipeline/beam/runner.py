"""Run the graph on an engine, here or elsewhere. Read ``execute`` first.

``_execute_here`` chooses the number of workers; ``_execute_remotely`` submits a job to another
engine, watches it, and cancels it when the run is interrupted.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.beam.flink import Flink
from pipeline.beam.graph import STAGES, build
from pipeline.beam.job_server import job_server
from pipeline.beam.local_workers import local_workers, private_folder
from pipeline.beam.options import IN_PROCESS, Options, environment_flags, parse_options
from pipeline.beam.pool import ask_worker, serve_pool
from pipeline.config import Config
from pipeline.dedup.steps.layouts import key_ranges
from pipeline.errors import NewsieveError
from pipeline.ledger.plan import Plan
from pipeline.memory import (
    MAIN_BYTES,
    SEVERAL_WORKERS_ADDRESSES,
    WORKER_BYTES,
    address_space,
    memory_bytes,
    require_address_space,
)
from pipeline.staging import RunName, Staging
from pipeline.storage import place_of
from pipeline.storage.objects import is_url

MUCH_BYTES = 64_000_000
"""Input size above which starting worker processes (about a second each) pays off."""


def execute(
    plan: Plan, run: RunName, config: Config, staging: Staging, beam_flags: Sequence[str] = ()
) -> None:
    """Run the graph on the blocks of *plan*.

    Raises NewsieveError if the run failed; nothing is published.

    Args:
        beam_flags: such as ``--runner=FlinkRunner``, added to ``run.beam``. Without a runner, or
            with ``--runner=DirectRunner``, the in-process engine is used.
    """
    options, deaths = parse_options(config, beam_flags), list[str]()
    # With one process, fewer and larger elements take less memory.
    ranges = 1 if options.runner == IN_PROCESS else key_ranges(plan.bytes)

    def lay_out(root: beam.Pipeline) -> None:
        build(root, plan.blocks, run, config, staging, ranges)

    try:
        with private_folder() as folder:
            if options.runner == IN_PROCESS:
                count = workers(config, len(plan.blocks), plan.bytes)
                _execute_here(options, count, folder, deaths, lay_out)
            else:
                _execute_remotely(plan, staging, options, folder, lay_out)
    except Exception as error:
        raise _failure(error, deaths) from error


def _execute_here(
    options: Options,
    count: int,
    folder: Path,
    deaths: list[str],
    lay_out: Callable[[beam.Pipeline], object],
) -> None:
    require_address_space(count)
    flags = [*options.flags, f"--direct_num_workers={count}"]
    with ExitStack() as stack:
        several = count > 1 and stack.enter_context(local_workers(folder, deaths))
        engine = FnApiRunner(several or None)
        with beam.Pipeline(runner=engine, options=PipelineOptions(flags)) as root:
            lay_out(root)


def _failure(error: Exception, deaths: list[str]) -> BaseException:
    """Turn an exception of the engine into a message; keep interruptions."""
    # The engine wraps exceptions of a step; only its text names the original.
    text = str(error)
    if text.startswith("KeyboardInterrupt"):
        return KeyboardInterrupt()
    if isinstance(error, NewsieveError) and "while running" not in text:
        return error
    if deaths:
        return NewsieveError(
            f"the run failed: {deaths[0]}; nothing was published. Run "
            "it again; if it ran out of memory, add --set run.workers=1 or reduce run.block_bytes"
        )
    step = re.search(r"while running '([^']+)'", text)
    where = f" in step {step[1]}" if step else ""
    lines = text.splitlines() or [type(error).__name__]
    # A worker process sends a traceback.
    shown = lines[-1] if lines[0].startswith("Traceback") else lines[0]
    cause = next((line for line in lines if step and step[0] in line), shown)
    what = re.sub(r"^(RuntimeError|[\w.]*NewsieveError): ", "", cause).split(" [while running")[0][
        :300
    ]
    look = getattr(error, "where", "newsieve --traceback run … shows where")
    return NewsieveError(f"the run failed{where}: {what}; nothing was published ({look})")


def workers(config: Config, blocks: int, input_bytes: int) -> int:
    """Return the number of workers: as configured, else by size of input, cores and memory."""
    if config.run.workers != "auto":
        return config.run.workers
    if input_bytes < MUCH_BYTES or address_space() < SEVERAL_WORKERS_ADDRESSES:
        return 1
    fitting = (memory_bytes() - MAIN_BYTES) // WORKER_BYTES
    return max(1, min(blocks, os.cpu_count() or 1, fitting))


POLL_EVERY_S = 10.0
"""Seconds between two requests for the progress of a job."""

CANCEL_S = 60.0
"""Seconds to wait for a cancelled job to end."""

SLOTS_S = 15.0
"""Seconds to wait for free slots after a job was cancelled."""

PROBED = 100
"""Input files that a worker is asked for; if a folder is missing, so are some of them."""

_log = logging.getLogger("newsieve")


def _execute_remotely(
    plan: Plan,
    staging: Staging,
    options: Options,
    folder: Path,
    lay_out: Callable[[beam.Pipeline], object],
) -> None:
    """Run the graph that *lay_out* adds to a pipeline on another engine, and wait for its end.

    *folder* is for the output of the job server.

    Raises:
        NewsieveError: the run failed, with the engine's error and where it logs more.
        KeyboardInterrupt: the run was interrupted, and its job cancelled.
    """
    with ExitStack() as stack:
        address = options.worker_address
        if not address and options.is_embedded:
            host, port = stack.enter_context(serve_pool("127.0.0.1:0"))
            address = f"{host}:{port}"
        flags = list(options.flags)
        if address:
            _check_files(address, plan, staging)
            flags += environment_flags(address)
        endpoint = stack.enter_context(job_server(options, folder))
        job = _Job(options, plan.run_id)
        job.cancel_earlier()
        flags += [f"--job_endpoint={endpoint}", f"--job_name={job.name}"]
        root = beam.Pipeline(options=PipelineOptions(flags))
        lay_out(root)
        job.run(root)


def _check_files(address: str, plan: Plan, staging: Staging) -> None:
    """Raise ``NewsieveError`` if the worker does not see the files of this run."""
    parts = [part for block in plan.blocks for part in block.parts]
    found = [place_of(part.path) for part in parts[:: max(1, len(parts) // PROBED)]]
    found = [path for path in found if path.is_file()]  # all others will be rejects
    files = [(str(path.absolute()), 0) for path in found]
    files.append((str(staging.plan_file), staging.plan_file.stat().st_size))
    missing = ask_worker(address, files)["missing"]
    if missing:
        more = f" and {len(missing) - 1} more files" if missing[1:] else ""
        need = "the run and its workers need the same folders, on a disk that they share"
        if is_url(missing[0]):
            need = "it needs newsieve[cloud], and endpoint and credentials in its environment"
        raise NewsieveError(
            f"the worker at {address} does not see {missing[0]}{more}: {need}; nothing was "
            "published"
        )


class _Job:
    def __init__(self, options: Options, run_id: str) -> None:
        self.title, self.run_id = options.engine.title, run_id
        self.name = f"newsieve-{run_id}"
        master = options.text("flink_master")
        on_cluster = options.runner == "FlinkRunner" and master not in {"[local]", "[auto]"}
        self.flink = Flink(master) if on_cluster else None
        self.slots = max(1, int(options.values.get("parallelism") or 1))
        self.reported = ""

    def cancel_earlier(self) -> None:
        """Cancel the job that a killed run has left: it would write the same files.

        Raises NewsieveError if it cannot be cancelled, or other jobs have the slots.
        """
        if not self.flink:
            return
        for job in self.flink.jobs(self.name):
            self._report(f"cancelling job {job}, left by a killed run", job=job)
            if not self.flink.cancel(job, CANCEL_S):
                raise NewsieveError(
                    f"{self.title}: job {job} of a killed run cannot be cancelled; "
                    f"cancel it at {self.flink.url} and run again"
                )
        free = self.flink.wait_for_slots(self.slots, SLOTS_S)
        if free < self.slots:
            raise NewsieveError(
                f"{self.title}: {free} slots are free, {self.slots} are needed: other jobs are "
                "running; nothing was published"
            )

    def run(self, root: beam.Pipeline) -> None:
        result, ended = root.run(), threading.Event()
        threading.Thread(target=self._report_progress, args=(ended,), daemon=True).start()
        try:
            try:
                result.wait_until_finish()
            finally:
                ended.set()
        except BaseException as error:
            self._cancel(result)
            if isinstance(error, Exception):
                raise self._failure(error) from error
            raise

    def _cancel(self, result: Any) -> None:
        """Cancel the job and wait until it has ended; a second interruption stops waiting."""
        with suppress(Exception):  # it has ended, or its server has
            result.cancel()
        try:
            jobs = self.flink.jobs(self.name) if self.flink else []
            left = [job for job in jobs if self.flink and not self.flink.cancel(job, CANCEL_S)]
        except NewsieveError as error:
            left = [str(error)]
        if left:
            _log.warning("%s: the job may still be running: %s", self.title, ", ".join(left))

    def _failure(self, error: Exception) -> EngineFailure:
        """Add the engine's own error, and where to look."""
        text = str(error)
        if isinstance(error, grpc.RpcError):
            text = f"the connection to the job server broke: {error.code().name.lower()}"
        with suppress(NewsieveError):
            if self.flink and (trace := self.flink.failure(self.name)):
                text = f"{trace}\n{text}"
        where = f"the logs of {self.title} and of its workers"
        if self.flink:
            where = f"{self.flink.url} and the logs of its task managers"
        return EngineFailure(text, f"see {where}")

    def _report_progress(self, ended: threading.Event) -> None:
        job = ""
        while self.flink and not ended.wait(POLL_EVERY_S):
            with suppress(NewsieveError):  # it may be busy, or the job not there yet
                job = job or next(iter(self.flink.jobs(self.name)), "")
                if job:
                    self._report(self.flink.progress(job, STAGES), job=job)

    def _report(self, text: str, **facts: str) -> None:
        if text != self.reported:
            self.reported = text
            fields = {"event": "engine", "run_id": self.run_id, "engine": self.title}
            line = f"{self.title}: {text}"
            _log.info("%s", line, extra={"facts": {**fields, "message": text, **facts}})


class EngineFailure(Exception):
    """The error of a failed job, and where the engine logs more."""

    def __init__(self, text: str, where: str) -> None:
        super().__init__(text)
        self.where = where
