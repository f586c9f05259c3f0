"""The helper's side: one item after the other, each under timers that end the process.

No handler stands behind a limit, so that code in C cannot keep one from acting: SIGPROF
(CPU time) and SIGALRM (wall time) have their default action, which is death, and so has
SIGIO, which Linux sends when the parent's end of a pipe closes. Elsewhere, the helper of a
killed parent ends with the item at hand.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from pipeline.guard import Limits

READY = "ready"
OUT_OF_MEMORY = 86
"""Exit code after a MemoryError; the system has no meaning for it."""

_WALL_TO_CPU = 10
"""Seconds of wall time for each of CPU: for items that wait, never for a machine that is busy."""


def serve() -> None:
    """Answer requests from stdin on what was stdout, until there are none."""
    requests, answers = sys.stdin.buffer, _take_stdout()
    _set_signals()
    _die_with_parent(int(sys.argv[1]))
    try:
        function, limits, load = pickle.load(requests)  # noqa: S301 - our own parent's
        load()
    except Exception as error:  # noqa: BLE001 - the parent tells it, whatever it is
        _put(f"{type(error).__name__}: {error}", answers)
        return
    _limit_memory(limits.megabytes)
    with suppress(EOFError, BrokenPipeError):
        _put(READY, answers)
        _answer(requests, answers, function, limits)


def _answer(
    requests: BinaryIO, answers: BinaryIO, function: Callable[[Any, Any], object], limits: Limits
) -> None:
    known, argument = b"", None
    try:
        while True:
            packed, items = pickle.load(requests)  # noqa: S301 - our own parent's
            if packed != known:
                known, argument = packed, pickle.loads(packed)  # noqa: S301
            for item in items:
                _set_timers(limits.seconds)
                answer = pickle.dumps(function(item, argument), pickle.HIGHEST_PROTOCOL)
                # The parent may be stopped and read later: that is not the item's time.
                _set_timers(0)
                answers.write(answer)
                answers.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _put(message: str, answers: BinaryIO) -> None:
    pickle.dump(message, answers)
    answers.flush()


def _take_stdout() -> BinaryIO:
    """Keep stdout for answers alone: what a library prints goes where errors go."""
    kept = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return kept


def _set_signals() -> None:
    """Undo what may be inherited: signals that are ignored or blocked."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for name in (signal.SIGPROF, signal.SIGALRM, signal.SIGIO):
        signal.signal(name, signal.SIG_DFL)


def _die_with_parent(lifeline: int) -> None:
    """Ask for a signal when *lifeline*, into which nothing is written, is closed."""
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)


def _set_timers(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, _WALL_TO_CPU * seconds)


def _limit_memory(megabytes: int) -> None:
    """Let the address space grow by *megabytes* from here; and leave no core dumps about."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if not megabytes or sys.platform != "linux":
        return
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    wanted = pages * resource.getpagesize() + megabytes * 1_000_000
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    given = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([wanted, *given]), hard))
