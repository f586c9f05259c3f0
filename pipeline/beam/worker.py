"""Child processes, among them the workers, which exit when the main process does.

Beam does not notify its workers when the main process is killed, and waits forever for workers that
hang. So each child inherits the reading end of a pipe. The other end is closed by the kernel when
the main process exits, and by the handlers of signals that end the run.
Read ``lifeline`` and ``start_worker`` (main process), then ``main`` (worker). Beam is imported
late, because a worker must watch its parent before.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import INTERRUPTING
from pipeline.guard import python_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

PATIENCE_S = 20
"""Seconds that a program has to exit before it is killed."""


@contextmanager
def lifeline(signals: tuple[signal.Signals, ...] = INTERRUPTING) -> Iterator[int]:
    """Hold a pipe open; yield the file descriptor that workers inherit.

    Args:
        signals: close the pipe before the former handlers of these signals run, so that the workers
            exit at once.
    """
    inherited, held = os.pipe()
    before: dict[int, Callable[[int, FrameType | None], object]] = {}
    ended = threading.Event()

    def close() -> None:
        if not ended.is_set():
            ended.set()
            os.close(held)

    def forward_signal(number: int, frame: FrameType | None) -> None:
        close()
        before[number](number, frame)

    if threading.current_thread() is threading.main_thread():
        for number in signals:
            former = signal.getsignal(number)
            if callable(former):  # neither ignored nor left to the system
                before[number] = former
                signal.signal(number, forward_signal)
    try:
        yield inherited
    finally:
        close()
        os.close(inherited)
        for each, handler in before.items():
            signal.signal(each, handler)


def start(
    command: Sequence[str], log: Path, inherited: Sequence[int], **options: Any
) -> subprocess.Popen[bytes]:
    """Start a child process with the file descriptors *inherited*; its output goes to *log*."""
    with log.open("wb") as printed:
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            pass_fds=inherited,
            **options,
        )


def end(process: subprocess.Popen[bytes], patience_s: float) -> None:
    """Terminate a process; kill it if it is still running after *patience_s*."""
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()


def last_words(log: Path) -> str:
    """Return the last line of a log that is not part of a Java stack trace; "" without one."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    lines = [line.strip() for line in text.split("\n")]
    shown = [line for line in lines if line and not line.startswith(("at ", "..."))]
    causes = [line for line in shown if line.startswith("Caused by: ")]
    return (causes or shown or [""])[-1][:300]


def cause_of_death(code: int, log: Path) -> str:
    """Describe how a process ended: by which signal, or with the last line that it printed."""
    if code < 0:
        return f"it was killed by {signal.Signals(-code).name}"
    last = last_words(log)
    return f"it ended with exit code {code}" + (f": {last}" if last else "")


def exit_with_parent(inherited: int, folder: Path) -> None:
    """Exit this process when the other end of the pipe *inherited* closes; called by a worker.

    *folder* is deleted first, because the main process may have been killed.
    """

    def leave() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        # Not an error: if the main process is still alive, it reports what happened.
        os._exit(0)

    _when_closed(inherited, leave)


def _when_closed(inherited: int, action: Callable[[], object]) -> None:
    def wait() -> None:
        with suppress(OSError):
            os.read(inherited, 1)
        action()

    threading.Thread(target=wait, daemon=True).start()


def is_fatal(failure: threading.ExceptHookArgs) -> bool:
    """Return whether the process cannot continue after a thread has ended with this exception.

    If memory or threads run out, a thread of gRPC or Beam ends, and others wait for it forever.
    """
    serving = failure.thread is not None and "(_serve)" in failure.thread.name
    lacking = isinstance(failure.exc_value, MemoryError | SystemError)
    return serving or lacking or "start new thread" in str(failure.exc_value)


def run_with_parent() -> None:
    """Run another program, and terminate it when the other end of a pipe closes.

    Command-line arguments: the file descriptor of the lifeline, then the command.
    """
    inherited, command = int(sys.argv[1]), sys.argv[2:]
    for number in INTERRUPTING:  # a terminal sends them to all; the parent decides
        signal.signal(number, signal.SIG_IGN)
    process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - the parent's
    _when_closed(inherited, lambda: end(process, PATIENCE_S))
    sys.exit(process.wait())


def start_worker(
    settings: dict[str, str], log: Path, inherited: Sequence[int], **options: Any
) -> subprocess.Popen[bytes]:
    """Start a worker process: Beam's own program, without its logging.

    Args:
        settings: its id, options and the address to connect to, as Beam's environment variables.
        log: for its output, in the folder for its temporary files, which it deletes if the main
            process is killed.
        inherited: the file descriptor of the lifeline; perhaps also of a pipe, to which the worker
            writes a byte when it has connected.
        options: for ``subprocess.Popen``.
    """
    code = "from pipeline.beam.worker import main; main()"
    command = python_command(code, str(log.parent), *map(str, inherited))
    environment = os.environ | settings | {"TMPDIR": str(log.parent)}
    return start(command, log, inherited, env=environment, **options)


def main() -> None:
    """Work for an engine until it closes the connection, or the main process exits.

    Command-line arguments: the folder, and the file descriptors; see ``start_worker``.
    """
    folder, lifeline, *ready = sys.argv[1:]
    exit_with_parent(int(lifeline), Path(folder))
    # Replies contain failures; everything else that Beam logs here is noise.
    logging.disable(logging.CRITICAL)
    threading.excepthook = _thread_ended
    from apache_beam.runners.worker import sdk_worker_main  # noqa: PLC0415 - takes a second

    from pipeline.beam import work  # noqa: F401, PLC0415 - all that a bundle needs

    _, harness, _ = sdk_worker_main.create_harness(os.environ)
    for descriptor in map(int, ready):
        os.write(descriptor, b"1")
        os.close(descriptor)
    harness.run()
    # Bundles of an engine that has exited may still be running; do not wait for them.
    os._exit(0)


def _thread_ended(failure: threading.ExceptHookArgs) -> None:
    if is_fatal(failure):
        os.write(2, f"{type(failure.exc_value).__name__}: {failure.exc_value}\n".encode())
        os._exit(1)
