"""The figures of the last run, for the textfile collector of Prometheus' node exporter.

Gauges about the last run and not counters: each run is a process of its own and starts at zero.
Each sample bears the output folder, so that the files of several collections can lie together.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.errors import LockedOutput, UsageError, exit_code_of
from pipeline.ledger.account import Account
from pipeline.records import REASONS
from pipeline.storage import place_of
from pipeline.version import VERSION

LAST_SUCCESS = "newsieve_last_success_timestamp_seconds"
OUTCOMES = ("articles", "duplicates", "rejects", "unchanged")


@dataclass
class LastRun:
    """What is reported about a run; ``account`` stays None if it did not get that far."""

    account: Account | None = None


@contextmanager
def recorded(config: Config) -> Iterator[LastRun]:
    """Write ``run.metrics_file`` when the block ends, however it does; without one, nothing.

    A run that finds the lock taken leaves the file to the run that holds it. A file that
    cannot be written is a warning: the run stays what it is.

    Raises:
        UsageError: prometheus-client is not installed.
    """
    last, started = LastRun(), time.monotonic()
    if not config.run.metrics_file:
        yield last
        return
    _library()
    code = 0
    try:
        yield last
    except BaseException as error:
        code = exit_code_of(error)
        raise
    finally:
        if code != LockedOutput.exit_code:
            _write(config, last, code, time.monotonic() - started)


def _library() -> Any:
    try:
        import prometheus_client  # noqa: PLC0415 - an extra, and not for every run
        import prometheus_client.parser  # noqa: PLC0415
    except ImportError:
        raise UsageError(
            "run.metrics_file: needs prometheus-client; install newsieve[metrics], "
            "or leave the setting empty"
        ) from None
    return prometheus_client


def _write(config: Config, last: LastRun, code: int, seconds: float) -> None:
    path = Path(config.run.metrics_file)
    # An output folder whose name is not UTF-8 is refused, which the metrics have to show.
    output = str(place_of(config.write.output).absolute())
    output = os.fsencode(output).decode("utf-8", "backslashreplace")
    try:
        success = _last_success(path, output) if code else time.time()
        registry = _gauges(last, code, seconds, success, output)
        _library().write_to_textfile(str(path), registry)
    except OSError as error:
        logging.getLogger("newsieve").warning(
            "run.metrics_file: %s: cannot be written: %s", path, error.strerror
        )


def _gauges(last: LastRun, code: int, seconds: float, success: float | None, output: str) -> Any:
    library = _library()
    registry = library.CollectorRegistry()

    def gauge(name: str, doc: str, samples: dict[str, float | None], *labels: str) -> None:
        known = {label: value for label, value in samples.items() if value is not None}
        if known:
            family = library.Gauge(name, doc, ["output", *labels], registry=registry)
            for label, value in known.items():
                family.labels(output, *([label] if labels else [])).set(value)

    gauge("newsieve_build_info", "Version of newsieve.", {VERSION: 1}, "version")
    gauge(LAST_SUCCESS, "Unix time of the last run that ended in 0.", {"": success})
    gauge("newsieve_last_run_timestamp_seconds", "Unix time of its end.", {"": time.time()})
    gauge("newsieve_last_run_duration_seconds", "Wall time of the last run.", {"": seconds})
    gauge("newsieve_last_run_exit_code", "Exit code of the last run.", {"": code})
    if last.account is not None:
        counts = last.account.as_dict()
        outcomes: Any = {name: counts[name] for name in OUTCOMES}
        reasons: Any = dict.fromkeys(REASONS, 0) | last.account.rejects_by_reason
        gauge("newsieve_last_run_records_read", "Records read.", {"": last.account.read})
        gauge("newsieve_last_run_records", "Records by what they became.", outcomes, "outcome")
        gauge("newsieve_last_run_rejects", "Rejected records by reason.", reasons, "reason")
    return registry


def _last_success(path: Path, output: str) -> float | None:
    """Take the time of the last success over from the file that is there."""
    try:
        families = _library().parser.text_string_to_metric_families(path.read_text("utf-8"))
        samples = [sample for family in families for sample in family.samples]
    except (OSError, ValueError):
        return None  # none yet, or damaged: the time is unknown, as after a first failure
    known = [
        sample.value
        for sample in samples
        if sample.name == LAST_SUCCESS and sample.labels.get("output") == output
    ]
    return known[0] if known else None
