"""Worker processes exit when the main process does.

Beam does not tell its workers that the main process was killed, and waits without limit for
workers that hang. So each worker holds a connection to a socket that the main process has open.
The kernel closes the socket with its process; a signal that asks the run to end closes it too.
Read ``lifeline`` (main process) and ``exit_with_parent`` (worker).
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
    """Hold a socket open for that many workers; yield its port.

    ``SIGNALS`` close the socket before their former handlers run, so that waiting for the workers
    to exit is short.
    """
    held = socket.create_server((_LOOPBACK, 0), backlog=max(workers, 1))
    before: dict[int, Callable[[int, FrameType | None], object]] = {}

    def forward_signal(number: int, frame: FrameType | None) -> None:
        held.close()
        before[number](number, frame)

    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            former = signal.getsignal(number)
            if callable(former):  # neither ignored nor left to the system
                before[number] = former
                signal.signal(number, forward_signal)
    try:
        yield held.getsockname()[1]
    finally:
        held.close()
        for each, handler in before.items():
            signal.signal(each, handler)


def exit_with_parent(port: int) -> None:
    """Exit this process when the socket at *port* closes; called once, by a worker."""
    try:
        connection = socket.create_connection((_LOOPBACK, port))
    except OSError:
        os._exit(0)  # the run has ended meanwhile
    threading.Thread(target=_exit_with, args=(connection,), daemon=True).start()


def _exit_with(connection: socket.socket) -> NoReturn:
    with suppress(OSError):
        connection.recv(1)
    # Not an error: if the main process is still alive, it reports what happened.
    os._exit(0)
