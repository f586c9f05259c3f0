"""What worker processes hang on: they end with the run, however that ends.

Workers that are waited for at the end of a process would keep it for ever, and those of a killed
process would stay for ever: Beam tells them of neither. So each holds a connection to a socket
that the main process has open. The kernel closes it with its process; a signal that asks the run
to end closes it too.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""A keyboard or ``systemctl stop``, ``kill`` and most schedulers, a closed terminal."""

_LOOPBACK = "127.0.0.1"


@contextmanager
def lifeline(workers: int) -> Iterator[int]:
    """Hold a socket open for so many workers; give its port.

    Within, ``SIGNALS`` close it first, and then do what they did before: whoever then waits for
    the workers to end does not wait long.
    """
    held = socket.create_server((_LOOPBACK, 0), backlog=max(workers, 1))
    before: dict[int, Callable[[int, FrameType | None], object]] = {}

    def let_go(number: int, frame: FrameType | None) -> None:
        held.close()
        before[number](number, frame)

    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            former = signal.getsignal(number)
            if callable(former):  # neither ignored nor left to the system
                before[number] = former
                signal.signal(number, let_go)
    try:
        yield held.getsockname()[1]
    finally:
        held.close()
        for each, handler in before.items():
            signal.signal(each, handler)


def hang_on(port: int) -> None:
    """End this process when the socket at *port* closes; to be called once, by a worker."""
    try:
        connection = socket.create_connection((_LOOPBACK, port))
    except OSError:
        os._exit(0)  # the run has ended meanwhile
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()


def _end_with(connection: socket.socket) -> NoReturn:
    with suppress(OSError):
        connection.recv(1)
    # Not an error: where the main process lives on, it says itself what happened.
    os._exit(0)
