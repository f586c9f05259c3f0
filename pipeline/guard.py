"""Run a function on untrusted items in a helper process that is killed at a time or memory limit.

    Guard.run(items) ──pickles──▶ helper: function(item, argument), under timers and memory limit
                     ◀─pickles──  one result per item; if it dies, the next item is to blame

C code that loops or allocates returns neither to the interpreter nor to a signal handler. So the
kernel enforces the limits: timers whose signals kill the process, and a limit on its address space.
There are no signal handlers, because C code could delay them: SIGPROF (CPU time) and SIGALRM (wall
time) have their default action, which kills the process. So does SIGIO, which Linux sends when the
parent's end of a pipe closes. On other systems, the helper of a killed parent exits after the
current item.

The helper (``serve``) is a new interpreter: forking a process with threads, such as a Beam worker,
may deadlock.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, local
from typing import Any, BinaryIO, Literal, cast

from pipeline.errors import NewsieveError

READY = "ready"
OUT_OF_MEMORY = 86
"""Exit code after a MemoryError; not used by the system."""
_WALL_TO_CPU = 10
"""Wall seconds per CPU second: stops items that wait, but not those slowed by a busy machine."""

_PATIENCE_S = 120.0
"""Total seconds that a guard waits while helpers are killed from outside, for example by the system
when memory is short."""

_LONGEST_PAUSE_S, _LOADING_PAUSE_S = 15.0, 3.0
"""Maximum pause before the next try; once pauses are longer than the second, a helper that is
killed while loading is given up: there is no memory for it."""

_in_helpers = local()
"""``seconds``: CPU time that helpers have spent on the items of a thread."""

_SERVE = "from pipeline.guard import serve; serve()"


def python_command(code: str, *arguments: str) -> list[str]:
    """Return the command that runs *code* in another interpreter, with the modules of this one.

    ``sys.path`` is set before the first import: with ``-c`` or ``-m`` alone, Python would import
    modules from the current folder, which may contain foreign files.
    """
    return [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!a}; {code}", *arguments]


def cpu_seconds() -> float:
    """Return the CPU seconds of this thread and of the helpers that it waited for."""
    in_helpers: float = getattr(_in_helpers, "seconds", 0.0)
    return time.thread_time() + in_helpers


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits per item; 0 means no limit.

    Attributes:
        seconds: CPU time of all threads; wall time is limited to ten times as much.
        megabytes: growth of the helper's address space after loading; enforced on Linux only.
    """

    seconds: float
    megabytes: int


@dataclass(frozen=True, slots=True)
class Killed:
    """The result for an item whose helper died.

    Attributes:
        how: the limit that was exceeded, a crash, or a kill from outside.
        detail: the signal or exit code of a crash.
    """

    how: Literal["too_slow", "too_large_in_memory", "crashed", "killed_from_outside"]
    detail: str = ""


class Guard:
    """Runs ``function(item, argument)`` in a helper process, which is started when first needed.

    The helper runs until ``close``, the exit of this process, or an item that kills it. Threads
    may share a Guard; calls are serialized.

    Args:
        function: importable by name. Any exception but MemoryError crashes the helper.
        load: called once in each helper before the first item, without limits, to load models.
    """

    def __init__(
        self,
        function: Callable[[Any, Any], object],
        limits: Limits,
        load: Callable[[], object] = tuple,
    ) -> None:
        self._start = pickle.dumps((function, limits, load))
        self._lock = Lock()
        self._patience_s, self._pause_s = _PATIENCE_S, 0.0
        self._helper: _Helper | None = None

    def start(self) -> None:
        """Start the helper, unless it runs; it loads in the background."""
        with self._lock:
            self._ready_helper()

    def run(self, items: Sequence[object], argument: object) -> list[object]:
        """Return one result per item, in order: the function's, or ``Killed``.

        If a helper that has processed other items dies for any reason but the time limit,
        the item is tried again in a new helper; several times if the helper was killed from
        outside. Raises NewsieveError if no helper can be started.
        """
        results: list[object] = []
        with self._lock:
            try:
                while len(results) < len(items):
                    self._receive_results(items, pickle.dumps(argument), results)
            except BaseException:
                self._end()  # it may still reply to an abandoned request
                raise
        return results

    def close(self) -> None:
        """Stop the helper."""
        with self._lock:
            self._end()

    def _receive_results(
        self, items: Sequence[object], argument: bytes, results: list[object]
    ) -> None:
        """Receive results until all *items* have one, or the helper dies."""
        helper = self._ready_helper()
        fresh = not helper.answered
        try:
            helper.send((argument, items[len(results) :]))
            while len(results) < len(items):
                results.append(helper.receive())
                fresh = False
        except (EOFError, OSError, pickle.UnpicklingError):
            killed = helper.cause_of_death()
            self._end()
            patience = self._patience_s > 0 and (helper.ready or self._pause_s < _LOADING_PAUSE_S)
            if killed.how == "killed_from_outside" and patience:
                time.sleep(self._pause_s)
                self._patience_s -= self._pause_s
                self._pause_s = min(2 * self._pause_s + 0.5, _LONGEST_PAUSE_S)
            elif not helper.ready:
                raise _cannot_start(killed.detail) from None
            elif fresh or killed.how == "too_slow":
                results.append(killed)

    def _ready_helper(self) -> _Helper:
        if self._helper is not None and self._helper.parent != os.getpid():
            self._helper = None  # this process is a fork: the helper belongs to the original
        if self._helper is None:
            self._helper = _Helper(self._start)
            atexit.register(self.close)
        return self._helper

    def _end(self) -> None:
        if self._helper is not None and self._helper.parent == os.getpid():
            self._helper.end()
            atexit.unregister(self.close)
        self._helper = None


class _Helper:
    """The helper process, and its request and answer streams."""

    def __init__(self, start: bytes) -> None:
        self.parent = os.getpid()
        self.answered = 0
        self.ready = False
        self._cpu_s = 0.0
        # In a session of its own, so that Ctrl-C goes to this process only, which then stops the
        # helper. Output of libraries is discarded.
        lifeline, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603
                python_command(_SERVE, str(lifeline)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=[lifeline],
                start_new_session=True,
            )
        except OSError as error:
            os.close(self._lifeline)
            raise _cannot_start(f"{sys.executable}: {error.strerror}") from error
        finally:
            os.close(lifeline)
        self._requests = cast("BinaryIO", self._process.stdin)
        self._answers = cast("BinaryIO", self._process.stdout)
        with suppress(BrokenPipeError):  # send reports it
            self._requests.write(start)
            self._requests.flush()

    def send(self, request: tuple[bytes, Sequence[object]]) -> None:
        """Send a request once the function is loaded; EOFError if the helper dies before."""
        if not self.ready:
            message = pickle.load(self._answers)  # noqa: S301 - our own child's
            if message != READY:
                raise _cannot_start(str(message))
            self.ready = True
        pickle.dump(request, self._requests, pickle.HIGHEST_PROTOCOL)
        self._requests.flush()

    def receive(self) -> object:
        """Receive the next result; EOFError or UnpicklingError if the helper died."""
        answer, cpu_s = pickle.load(self._answers)  # noqa: S301 - our own child's
        _in_helpers.seconds = getattr(_in_helpers, "seconds", 0.0) + cpu_s - self._cpu_s
        self._cpu_s = cpu_s
        self.answered += 1
        return cast("object", answer)

    def cause_of_death(self) -> Killed:
        """Wait for the process to end, and return why it did."""
        code = self._process.wait()
        if code in (-signal.SIGPROF, -signal.SIGALRM):
            return Killed("too_slow")
        if code == OUT_OF_MEMORY:
            return Killed("too_large_in_memory")
        if code in (-signal.SIGKILL, -signal.SIGTERM):
            return Killed("killed_from_outside", f"the process got {signal.Signals(-code).name}")
        if code < 0:
            return Killed("crashed", f"the process died of {signal.Signals(-code).name}")
        return Killed("crashed", f"the process ended with exit code {code}")

    def end(self) -> None:
        self._process.kill()
        for stream in (self._requests, self._answers):
            with suppress(OSError):
                stream.close()
        os.close(self._lifeline)
        self._process.wait()


def _cannot_start(why: str) -> NewsieveError:
    return NewsieveError(
        f"cannot start the cleaning process: {why}; to run without it, "
        "set run.document_seconds=0 and run.document_megabytes=0"
    )


def serve() -> None:
    """Serve requests from stdin, with replies on the original stdout, until stdin is closed."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # stdout is reserved for results; output of libraries goes to stderr
    # Inherited signals may be ignored or blocked.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in (signal.SIGPROF, signal.SIGALRM, signal.SIGIO):
        signal.signal(number, signal.SIG_DFL)
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
