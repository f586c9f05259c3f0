"""The helper process: it processes items one by one, under timers that kill it. See ``serve``.

There are no signal handlers, because C code could delay them: SIGPROF (CPU time) and SIGALRM
(wall time) have their default action, which kills the process. So does SIGIO, which Linux sends
when the parent's end of a pipe closes. On other systems, the helper of a killed parent exits
after the current item.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from pipeline.guard import Limits

READY = "ready"
OUT_OF_MEMORY = 86
"""Exit code after a MemoryError; not used by the system."""
_WALL_TO_CPU = 10
"""Wall seconds per CPU second: stops items that wait, but not those slowed by a busy machine."""


def serve() -> None:
    """Serve requests from stdin, with replies on the original stdout, until stdin is closed."""
    requests, answers = sys.stdin.buffer, _take_stdout()
    _set_signals()
    _die_with_parent(int(sys.argv[1]))
    try:
        function, limits, load = pickle.load(requests)  # noqa: S301 - our own parent's
        load()
    except Exception as error:  # noqa: BLE001 - the parent reports it
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
                answer = function(item, argument)
                packed_answer = pickle.dumps((answer, time.process_time()), pickle.HIGHEST_PROTOCOL)
                # Waiting for a stopped parent must not count as the item's time.
                _set_timers(0)
                answers.write(packed_answer)
                answers.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _put(message: str, answers: BinaryIO) -> None:
    pickle.dump(message, answers)
    answers.flush()


def _take_stdout() -> BinaryIO:
    """Reserve stdout for results; output of libraries goes to stderr."""
    kept = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return kept


def _set_signals() -> None:
    """Reset inherited signals that are ignored or blocked."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for name in (signal.SIGPROF, signal.SIGALRM, signal.SIGIO):
        signal.signal(name, signal.SIG_DFL)


def _die_with_parent(lifeline: int) -> None:
    """Request a signal when *lifeline*, a pipe that nothing is written to, is closed."""
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)


def _set_timers(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, _WALL_TO_CPU * seconds)


def _limit_memory(megabytes: int) -> None:
    """Limit growth of the address space to *megabytes*, and disable core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if not megabytes or sys.platform != "linux":
        return
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    wanted = pages * resource.getpagesize() + megabytes * 1_000_000
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    given = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([wanted, *given]), hard))
