"""Submit, watch and cancel a run on another engine. Read ``execute_remotely``."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.beam.flink import Flink
from pipeline.beam.graph import STAGES
from pipeline.beam.job_server import job_server
from pipeline.beam.options import Options, environment_flags
from pipeline.beam.pool import ask_worker, serve_pool
from pipeline.errors import NewsieveError
from pipeline.ledger.plan import Plan
from pipeline.staging import Staging
from pipeline.storage import place_of
from pipeline.storage.objects import is_url

POLL_EVERY_S = 10.0
"""Seconds between two requests for the progress of a job."""

CANCEL_S = 60.0
"""Seconds to wait for a cancelled job to end."""

SLOTS_S = 15.0
"""Seconds to wait for free slots after a job was cancelled."""

PROBED = 100
"""Input files that a worker is asked for; if a folder is missing, so are some of them."""

_log = logging.getLogger("newsieve")


def execute_remotely(
    plan: Plan,
    staging: Staging,
    options: Options,
    folder: Path,
    build: Callable[[beam.Pipeline], object],
) -> None:
    """Run the graph that *build* adds to a pipeline on another engine, and wait for its end.

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
        build(root)
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
