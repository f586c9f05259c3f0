"""Run a function on untrusted items in a helper process that is killed at a time or memory limit.

    Guard.run(items) ──pickles──▶ helper: function(item, argument), under timers and memory limit
                     ◀─pickles──  one answer per item; if it dies, the next item is the culprit

C code that loops or allocates returns neither to the interpreter nor to a signal handler. So the
kernel enforces the limits: timers whose signals kill the process (``killable``), and a limit on
its address space. The helper is a new interpreter: forking a process with threads, such as a
Beam worker, may deadlock.
"""

from __future__ import annotations

import atexit
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, local
from typing import Any, BinaryIO, Literal, cast

from pipeline.errors import NewsieveError
from pipeline.guard.killable import OUT_OF_MEMORY, READY

_PATIENCE_S = 120.0
"""Seconds, over all items, that a guard waits for whoever kills its helpers from outside, such as
the system when memory is short, to have done."""

_LONGEST_PAUSE_S, _LOADING_PAUSE_S = 15.0, 3.0
"""A longer pause than the second before a helper that is killed while it loads means that there
is no memory for it."""

_in_helpers = local()
"""``seconds``: CPU time that helpers have spent on the items of a thread."""

_SERVE = "from pipeline.guard.killable import serve; serve()"


def python_command(code: str, *arguments: str) -> list[str]:
    """Return the command that runs *code* in another interpreter, with the modules of this one.

    ``sys.path`` is set before the first import: with ``-c`` or ``-m`` alone, Python would import
    modules from the current folder, which may be full of files by others.
    """
    return [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!a}; {code}", *arguments]


def cpu_seconds() -> float:
    """Return the CPU time of this thread so far, with that of helpers that it waited for."""
    in_helpers: float = getattr(_in_helpers, "seconds", 0.0)
    return time.thread_time() + in_helpers


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits per item; 0 means no limit.

    Attributes:
        seconds: CPU time of all threads; wall time is limited to ten times as much.
        megabytes: address space that the helper may use beyond what it has when loaded;
            enforced on Linux only.
    """

    seconds: float
    megabytes: int


@dataclass(frozen=True, slots=True)
class Killed:
    """The answer for an item that killed its helper.

    Attributes:
        how: the limit it hit, that the process crashed, or that somebody else killed it.
        detail: the signal or exit code of a crash.
    """

    how: Literal["too_slow", "too_large_in_memory", "crashed", "killed_from_outside"]
    detail: str = ""


class Guard:
    """Runs ``function(item, argument)`` in a helper process, started when first needed.

    The helper lives until ``close``, the end of this process, or an item that kills it. Threads
    may share a Guard; calls are serialized.

    Args:
        function: importable by name. An exception, except MemoryError, crashes the helper.
        load: called once in each helper before the first item, without limits, so that loading
            models does not count as that item's time.
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
        """Return an answer per item, in order: the function's, or ``Killed``.

        If a helper that has answered other items dies, other than by the time limit, the item
        is tried again in a fresh helper; if it was killed from outside, several times.

        Raises:
            NewsieveError: no helper can be started.
        """
        answers: list[object] = []
        with self._lock:
            try:
                while len(answers) < len(items):
                    self._answer_some(items, pickle.dumps(argument), answers)
            except BaseException:
                self._end()  # it may still answer a request that was abandoned
                raise
        return answers

    def close(self) -> None:
        """Stop the helper."""
        with self._lock:
            self._end()

    def _answer_some(self, items: Sequence[object], argument: bytes, answers: list[object]) -> None:
        """Receive answers until all *items* have one, or the helper dies."""
        helper = self._ready_helper()
        fresh = not helper.answered
        try:
            helper.expect_ready()
            helper.send((argument, items[len(answers) :]))
            while len(answers) < len(items):
                answers.append(helper.receive())
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
                answers.append(killed)

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
        # A session of its own: Ctrl-C goes to this process, which then stops the helper. What
        # libraries print is discarded.
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
        with suppress(BrokenPipeError):  # expect_ready reports it
            self._requests.write(start)
            self._requests.flush()

    def expect_ready(self) -> None:
        """Wait for the function to be loaded, the first time; EOFError if it dies meanwhile."""
        if not self.ready:
            message = pickle.load(self._answers)  # noqa: S301 - our own child's
            if message != READY:
                raise _cannot_start(str(message))
            self.ready = True

    def send(self, request: tuple[bytes, Sequence[object]]) -> None:
        """Send a request; OSError if the helper is dead."""
        pickle.dump(request, self._requests, pickle.HIGHEST_PROTOCOL)
        self._requests.flush()

    def receive(self) -> object:
        """Receive the next answer; EOFError or UnpicklingError if the helper died."""
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
        """Kill the process and wait for it; nothing is lost."""
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
