"""A function on items nobody vouches for, in a process that is killed when one goes too far.

    Guard.run(items) ──pickles──▶ helper: function(item, argument), under timers and memory limit
                     ◀─pickles──  an answer after the other; at its death, the culprit is the next

Code in C that loops or eats the memory returns neither to the interpreter nor to a signal
handler. So the limits are the kernel's: timers whose signals end the process (``killable``),
a limit on its address space. The helper is a new interpreter: a fork of a process with
threads, as Beam's workers are, may hang.
"""

from __future__ import annotations

import atexit
import os
import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, cast

from pipeline.errors import NewsieveError
from pipeline.guard.killable import OUT_OF_MEMORY, READY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

_SERVE = "from pipeline.guard.killable import serve; serve()"


def python_command(code: str, *arguments: str) -> list[str]:
    """Return the command that runs *code* in another interpreter, with the modules of this one.

    ``sys.path`` is set before the first import: with ``-c`` or ``-m`` alone, Python would import
    modules from the current folder, which may be full of files by others.
    """
    return [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!a}; {code}", *arguments]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one item may take; 0 means no limit.

    Attributes:
        seconds: CPU time of all its threads; ten times as many of wall time.
        megabytes: address space that the helper may take beyond what it has when loaded.
            Enforced on Linux only.
    """

    seconds: float
    megabytes: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer for an item that ended its helper.

    Attributes:
        how: which limit it hit, or that the process died of something else.
        detail: of a crash, the signal or the exit code.
    """

    how: Literal["too_slow", "too_large_in_memory", "crashed"]
    detail: str = ""


class Guard:
    """Runs ``function(item, argument)`` in a helper process, started when first needed.

    The helper lives until ``close``, the end of this process however it ends, or an item
    that ends it. Threads may share a Guard; they wait for one another.

    Args:
        function: importable by its name; what it raises, but MemoryError, ends the helper.
        load: called once in each helper before the first item, under no limit: what the
            function loads when first used would else be counted as that item's.
    """

    def __init__(
        self,
        function: Callable[[Any, Any], object],
        limits: Limits,
        load: Callable[[], object] = tuple,
    ) -> None:
        self._start = pickle.dumps((function, limits, load))
        self._lock = Lock()
        self._helper: _Helper | None = None

    def start(self) -> None:
        """Start the helper, unless it runs: it gets ready while this process does other things."""
        with self._lock:
            self._ready_helper()

    def run(self, items: Sequence[object], argument: object) -> list[object]:
        """Give an answer for each of *items*, in their order: the function's, or ``Ended``.

        An item is blamed for the death of a helper that has answered before only if time was
        its problem; else it has a second chance, in a helper that has seen nothing else.

        Raises:
            NewsieveError: no helper can be started.
        """
        answers: list[object] = []
        with self._lock:
            try:
                while len(answers) < len(items):
                    self._answer_some(items, pickle.dumps(argument), answers)
            except BaseException:
                self._end()  # it may be about to answer what nobody asks any more
                raise
        return answers

    def close(self) -> None:
        """End the helper."""
        with self._lock:
            self._end()

    def _answer_some(self, items: Sequence[object], argument: bytes, answers: list[object]) -> None:
        """Take answers until all *items* have one, or the helper dies."""
        helper = self._ready_helper()
        helper.expect_ready()
        fresh = not helper.answered
        try:
            helper.send((argument, items[len(answers) :]))
            while len(answers) < len(items):
                answers.append(helper.receive())
                fresh = False
        except (EOFError, OSError, pickle.UnpicklingError):
            ended = helper.cause_of_death()
            self._end()
            if fresh or ended.how == "too_slow":
                answers.append(ended)

    def _ready_helper(self) -> _Helper:
        if self._helper is not None and self._helper.parent != os.getpid():
            self._helper = None  # this process is a copy: the helper answers the original
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
    """The helper process, and the streams to it and from it."""

    def __init__(self, start: bytes) -> None:
        self.parent = os.getpid()
        self.answered = 0
        self._ready = False
        # A session of its own: Ctrl-C is for this process, which then ends the helper. What a
        # library prints is nobody's: an answer says what there is to say.
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
        with suppress(BrokenPipeError):  # expect_ready will tell
            self._requests.write(start)
            self._requests.flush()

    def expect_ready(self) -> None:
        """Wait until the function is loaded, the first time."""
        if self._ready:
            return
        try:
            said = pickle.load(self._answers)  # noqa: S301 - our own child's
        except (EOFError, pickle.UnpicklingError):
            said = self.cause_of_death().detail or "it ended"
        if said != READY:
            raise _cannot_start(str(said))
        self._ready = True

    def send(self, request: tuple[bytes, Sequence[object]]) -> None:
        """Ask; OSError when the helper is dead."""
        pickle.dump(request, self._requests, pickle.HIGHEST_PROTOCOL)
        self._requests.flush()

    def receive(self) -> object:
        """Take the next answer; EOFError or UnpicklingError when the helper died over it."""
        answer = pickle.load(self._answers)  # noqa: S301 - our own child's
        self.answered += 1
        return answer

    def cause_of_death(self) -> Ended:
        """Wait for the end, and say how it came."""
        code = self._process.wait()
        if code in (-signal.SIGPROF, -signal.SIGALRM):
            return Ended("too_slow")
        if code == OUT_OF_MEMORY:
            return Ended("too_large_in_memory")
        if code < 0:
            return Ended("crashed", f"the process died of {signal.Signals(-code).name}")
        return Ended("crashed", f"the process ended with exit code {code}")

    def end(self) -> None:
        """Kill the process, and wait for it; it holds nothing that would be lost."""
        self._process.kill()
        for stream in (self._requests, self._answers):
            with suppress(OSError):
                stream.close()
        os.close(self._lifeline)
        self._process.wait()


def _cannot_start(why: str) -> NewsieveError:
    return NewsieveError(
        f"the process that documents are cleaned in cannot be started: {why}; "
        "run.document_seconds = 0 with run.document_megabytes = 0 does without one"
    )
