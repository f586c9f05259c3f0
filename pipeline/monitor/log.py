"""Events on stderr: a few lines of text, or one JSON object per line."""

from __future__ import annotations

import json
import logging
import sys
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal

from pipeline.text.terminal import uncoloured

LogFormat = Literal["text", "json"]

EVENTS: dict[str, str] = {
    "run_planned": "the plan is frozen: files, bytes, blocks, parent",
    "progress": "progress of a run, every 30 s: stage, seconds, records, rejects, bytes, all_bytes",
    "engine": "what another engine reports about the run's job: message, engine, job",
    "worker": "`newsieve worker` listens, or a process started, ended: message, state, pid, reason",
    "block_cleaned": "a block was read and cleaned: its counts, and how many of all are done",
    "pass_finished": "clean, deduplicate or write has ended: seconds",
    "run_published": "the run is committed: folder, seconds, counts as in its manifest",
    "nothing_new": "earlier runs have read all files: files",
    "run_held": "a gate holds the finished run: message, exit_code",
    "error": "the command failed: message, error_type, exit_code",
    "remark": "files that were left out, or another remark: message",
    "message": "a warning from newsieve or a library: logger, message",
}
"""The closed list of events, each with its fields in addition to time, level, event and run_id."""

_LOGGER = logging.getLogger("newsieve")


@dataclass
class EventLog:
    """Where the events of a command go.

    Attributes:
        quiet: only warnings and errors are logged.
        run_id: in every event after planning.
    """

    form: LogFormat = "text"
    quiet: bool = False
    run_id: str | None = None

    def event(
        self, name: str, text: str = "", *, level: int = logging.INFO, **fields: object
    ) -> None:
        """Log the event *name*: its *fields* as JSON, or its *text* if there is one."""
        assert name in EVENTS
        _LOGGER.log(level, "%s", text, extra={"facts": {"event": name, **fields}})


def open_log(form: LogFormat, *, quiet: bool = False, colour: bool = False) -> EventLog:
    """Log events to stderr, in JSON also warnings of libraries; replaces an open log.

    Args:
        quiet: warnings and errors only.
        colour: whether to keep the colours of text.
    """
    close_log()
    log = EventLog(form, quiet)
    handler = _Stderr()
    plain = logging.Formatter() if colour else _PlainFormatter()
    handler.setFormatter(_JsonFormatter(log) if form == "json" else plain)
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.WARNING if quiet else logging.INFO)
    _LOGGER.propagate = False
    if form == "json":
        # From libraries, only what would be shown as text as well (beam/__init__.py).
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(logging.CRITICAL)
        logging.getLogger("py.warnings").setLevel(logging.WARNING)
        logging.captureWarnings(capture=True)
        threading.excepthook = _log_failure
    else:
        handler.addFilter(lambda record: bool(record.getMessage()))
        # If it concerns the run, the run reports it once.
        threading.excepthook = lambda _: None
    return log


def close_log() -> None:
    """Undo ``open_log``, if it was called."""
    for handler in _LOGGER.handlers[:]:
        _LOGGER.removeHandler(handler)
        logging.getLogger().removeHandler(handler)
    _LOGGER.propagate = True
    logging.captureWarnings(capture=False)
    threading.excepthook = threading.__excepthook__


def _log_failure(failure: threading.ExceptHookArgs) -> None:
    # These are threads of the engine; some raise errors when a run is stopped.
    error = failure.exc_value
    _LOGGER.warning("a thread ended: %r", error, exc_info=error)


class _Stderr(logging.Handler):
    """Writes to the current sys.stderr, which keeps output above the live line."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001 - as logging's own handlers do
            self.handleError(record)


class _PlainFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return uncoloured(super().format(record))


class _JsonFormatter(logging.Formatter):
    """One line of ASCII, which is valid JSON with any locale and any file name."""

    def __init__(self, log: EventLog) -> None:
        super().__init__()
        self._log = log

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "event": "message",
            "run_id": self._log.run_id,
        }
        own = getattr(record, "facts", None)
        facts |= own or {"logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            facts["traceback"] = self.formatException(record.exc_info)
        return json.dumps(facts, default=str)
