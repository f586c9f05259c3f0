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
    "run_planned": "the inputs are frozen, the work begins: files, bytes, blocks, parent",
    "progress": "how far a run is, every 30 s: stage, seconds, records, rejects, bytes, all_bytes",
    "engine": "what another engine says of the run's job: message, engine, job",
    "worker": "`newsieve worker` listens, or what became of a process: message, state, pid, reason",
    "block_cleaned": "a block was read and cleaned: its counts, and how many of all are done",
    "pass_finished": "clean, deduplicate or write has come to its end: seconds",
    "run_published": "the run is committed: folder, seconds, counts as in its manifest",
    "nothing_new": "no file to read that earlier runs have not read: files",
    "run_held": "a gate holds the finished run: message, exit_code",
    "error": "the command failed: message, error_type, exit_code",
    "remark": "what a run left out, or another word to the reader: message",
    "message": "a warning of newsieve or of a library: logger, message",
}
"""The closed list of events, each with its fields beside time, level, event and run_id."""

_LOGGER = logging.getLogger("newsieve")


@dataclass
class EventLog:
    """Where the events of a command go.

    Attributes:
        quiet: only warnings and errors are logged.
        run_id: is in every event from the plan on.
    """

    form: LogFormat = "text"
    quiet: bool = False
    run_id: str | None = None

    def event(
        self, name: str, text: str = "", *, level: int = logging.INFO, **fields: object
    ) -> None:
        """Log the event *name*: its *fields* as JSON, or its *text*, where there is one."""
        assert name in EVENTS
        facts = {"event": name, "run_id": self.run_id, **fields}
        _LOGGER.log(level, "%s", text, extra={"facts": facts})


def open_log(form: LogFormat, *, quiet: bool = False, colour: bool = False) -> EventLog:
    """Let events, and in JSON whatever libraries warn of, go to stderr; replaces an open log.

    Args:
        quiet: warnings and errors only.
        colour: whether text keeps the colours that it has.
    """
    close_log()
    handler = _Stderr()
    plain = logging.Formatter() if colour else _PlainFormatter()
    handler.setFormatter(_JsonFormatter() if form == "json" else plain)
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.WARNING if quiet else logging.INFO)
    _LOGGER.propagate = False
    if form == "json":
        # Of libraries only what newsieve would show as text as well, see beam/__init__.py.
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(logging.CRITICAL)
        logging.getLogger("py.warnings").setLevel(logging.WARNING)
        logging.captureWarnings(capture=True)
        threading.excepthook = _thread_failed
    else:
        handler.addFilter(lambda record: bool(record.getMessage()))
        threading.excepthook = _thread_forgotten
    return EventLog(form, quiet)


def close_log() -> None:
    """Undo ``open_log``; without one, nothing happens."""
    for handler in _LOGGER.handlers[:]:
        _LOGGER.removeHandler(handler)
        logging.getLogger().removeHandler(handler)
    _LOGGER.propagate = True
    logging.captureWarnings(capture=False)
    threading.excepthook = threading.__excepthook__


def _thread_forgotten(failure: threading.ExceptHookArgs) -> None:
    # What it has to do with the run, the run says itself, once.
    del failure


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    # Threads are the engine's; when a run is stopped, some of them end badly.
    error = failure.exc_value
    _LOGGER.warning("a thread ended: %r", error, exc_info=error)


class _Stderr(logging.Handler):
    """Writes to what sys.stderr is then: a progress bar on a terminal moves out of the way."""

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
    """One line of ASCII: whatever the locale, and whatever a file name holds, it stays JSON."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "event": "message",
        }
        own = getattr(record, "facts", None)
        facts |= own or {"logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            facts["traceback"] = self.formatException(record.exc_info)
        return json.dumps(facts, default=str)
