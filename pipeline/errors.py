"""Errors that users see, and the exit code of each.

    NewsieveError                 1   the run failed; nothing was published
    ├── UsageError                2   wrong flag or argument; nothing was started
    │   └── ConfigError           2   wrong configuration, all problems at once
    ├── LostRace                  1   another run was published first, in an object store
    ├── HeldRun                   3   a finished run waits for `publish` or `discard`
    ├── LockedOutput             75   another run works on this output folder
    └── AccountError              1   records in and rows out do not add up

A bad *record* raises nothing: it becomes a ``records.Rejection``, a row in ``rejects``.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

INTERRUPTING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a command, from the keyboard, a scheduler or a closed terminal."""
INTERRUPTED = 130
"""Exit code of a run that was stopped from the keyboard."""


class NewsieveError(Exception):
    """A message for the user: where, the value, what is allowed, what to do."""

    exit_code = 1


class UsageError(NewsieveError):
    """A flag or an argument cannot be used as given."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration has problems; the message lists all of them."""


class HeldRun(NewsieveError):
    """A gate holds a finished run; later runs wait until it is published or discarded."""

    exit_code = 3


class LostRace(NewsieveError):
    """Another command has committed to the same object store first."""


class LockedOutput(NewsieveError):
    """Another process holds the lock of the output folder."""

    exit_code = 75


class AccountError(NewsieveError):
    """read = articles + duplicates + rejects + unchanged does not hold."""


DONE: list[str] = []
"""What the command has already done permanently, such as publishing a run; later error messages
list it."""


def exit_code_of(error: BaseException) -> int:
    """Return the exit code of a command that ends with *error*."""
    if isinstance(error, NewsieveError):
        return error.exit_code
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else NewsieveError.exit_code


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay signals that end a command until the block is done.

    Handlers are replaced for the block. Blocking the signals in this thread is not enough: the
    system delivers them to another thread, and Python still calls the handler in this one.
    """
    arrived: list[int] = []
    handlers: dict[signal.Signals, Any] = {}
    try:
        if threading.current_thread() is threading.main_thread():  # where Python calls handlers
            for number in INTERRUPTING:
                handlers[number] = signal.getsignal(number)
                signal.signal(number, lambda signum, _: arrived.append(signum))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for signum in arrived:
            signal.raise_signal(signum)
