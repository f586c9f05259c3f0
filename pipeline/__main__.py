"""``newsieve``, and ``python -m pipeline``: the command line; handles signals and exit codes.

SIGINT (keyboard), SIGTERM (``kill``, schedulers) and SIGHUP (closed terminal) interrupt alike, from
the start: loading the libraries takes longer than some commands.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from pipeline.errors import INTERRUPTED, INTERRUPTING

if TYPE_CHECKING:
    from types import FrameType

_AGAIN_S = 0.05
_PATIENCE_S = 60
"""Seconds that an interrupted command has to end; it may be waiting for something that never
comes."""


def main() -> None:
    """Run the command line."""
    handled = [
        number
        for number in INTERRUPTING
        if signal.getsignal(number) is not signal.SIG_IGN  # nohup, or `&` in a script
    ]
    for number in handled:
        signal.signal(number, _leave)
    # The tagger multiplies small matrices: threads cost more than they save.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from pipeline.cli import main as run_command_line  # noqa: PLC0415 - that is what takes long

    for number in (*handled, signal.SIGALRM):
        signal.signal(number, _interrupt)
    try:
        run_command_line()
    except SystemExit as ended:
        _end(ended.code)
    _end(0)


def _end(code: str | int | None) -> NoReturn:
    """End the process, without waiting for the threads of gRPC."""
    if "grpc" in sys.modules and isinstance(code, int):
        atexit._run_exitfuncs()  # noqa: SLF001
        with suppress(OSError):  # which Python reports
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    sys.exit(code)


def _leave(*_: object) -> NoReturn:
    os.write(2, b"newsieve: interrupted; nothing was published\n")
    os._exit(INTERRUPTED)


def _interrupt(_: int, frame: FrameType | None) -> None:
    """Raise ``KeyboardInterrupt``; if a module is being loaded, try again in a moment.

    Libraries swallow exceptions while they load.
    """
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
            return
        frame = frame.f_back
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
