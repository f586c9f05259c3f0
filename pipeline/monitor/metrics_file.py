"""The figures of the last run, for the textfile collector of Prometheus' node exporter.

There are gauges, not counters, because each run is a new process and starts at zero. Each sample
has the output folder as a label, so that the files of several collections can be in one folder.
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
from pipeline.write.columns import COUNTED

LAST_SUCCESS = "newsieve_last_success_timestamp_seconds"


@dataclass
class LastRun:
    """What is reported about a run; ``account`` is None if the run did not get that far."""

    account: Account | None = None


@contextmanager
def recorded(config: Config) -> Iterator[LastRun]:
    """Write ``run.metrics_file``, if set, when the block ends, also by an exception.

    A run that finds the lock taken does not write it. If the file cannot be written, a warning
    is logged. Raises UsageError if prometheus-client is not installed.
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
        import prometheus_client  # noqa: PLC0415 - an extra
        import prometheus_client.parser  # noqa: PLC0415
    except ImportError:
        raise UsageError(
            "run.metrics_file: needs prometheus-client; install newsieve[metrics], "
            "or leave the setting empty"
        ) from None
    return prometheus_client


def _write(config: Config, last: LastRun, code: int, seconds: float) -> None:
    path = Path(config.run.metrics_file)
    # The metrics also have to report a run refused because its output is not UTF-8.
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
        outcomes: Any = {name: counts[name] for name in COUNTED[1:]}
        reasons: Any = dict.fromkeys(REASONS, 0) | last.account.rejects_by_reason
        gauge("newsieve_last_run_records_read", "Records read.", {"": last.account.read})
        gauge("newsieve_last_run_records", "Records by what they became.", outcomes, "outcome")
        gauge("newsieve_last_run_rejects", "Rejected records by reason.", reasons, "reason")
    return registry


def _last_success(path: Path, output: str) -> float | None:
    try:
        families = _library().parser.text_string_to_metric_families(path.read_text("utf-8"))
        samples = [sample for family in families for sample in family.samples]
    except (OSError, ValueError):
        return None  # no file yet, or damaged: the time is unknown
    known = [
        sample.value
        for sample in samples
        if sample.name == LAST_SUCCESS and sample.labels.get("output") == output
    ]
    return known[0] if known else None
