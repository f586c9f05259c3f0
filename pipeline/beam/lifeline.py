"""Worker processes exit when the main process does.

Beam does not notify its workers when the main process is killed, and waits without limit for
workers that hang. So each worker inherits the reading end of a pipe. The kernel closes the other
end when the main process ends; a signal that ends the run closes it too.
Read ``lifeline`` (main process) and ``exit_with_parent`` (worker).
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pipeline.errors import INTERRUPTING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType


@contextmanager
def lifeline() -> Iterator[int]:
    """Hold a pipe open; yield the file descriptor that workers inherit.

    Signals that end a command close the pipe before their former handlers run, so that waiting
    for the workers to exit is short.
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
        for number in INTERRUPTING:
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


def exit_with_parent(inherited: int, folder: Path) -> None:
    """Exit this process when the other end of the pipe *inherited* closes; called by a worker.

    Args:
        folder: deleted then: the main process may have been killed.
    """

    def wait() -> None:
        with suppress(OSError):
            os.read(inherited, 1)
        shutil.rmtree(folder, ignore_errors=True)
        # Not an error: if the main process is still alive, it reports what happened.
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
