"""One run at a time in an output folder."""

from __future__ import annotations

import json
import os
import socket
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pipeline.errors import LockedOutput, UsageError
from pipeline.storage import finish_exchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Hold the lock of *output*; it dies with its process, however that ends.

    Raises:
        LockedOutput: another process holds it; the message says which.
        UsageError: nothing can be written there.
    """
    # Beside the lock, not in it: whoever tries the lock truncates it.
    owner = output / ".staging" / "owner.json"
    lock = FileLock(output / ".lock", timeout=0)
    try:
        owner.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        owner.write_text(json.dumps(_myself()), encoding="utf-8")
        finish_exchange(output / "runs")
    except Timeout:
        raise LockedOutput(f"{output}: another run is at work: {_describe(owner)}") from None
    except OSError as error:
        raise UsageError(
            f"output {output}: cannot be written: {error.strerror}; name another with --output"
        ) from None
    try:
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _myself() -> dict[str, object]:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": now}


def _describe(owner: Path) -> str:
    try:
        facts = json.loads(owner.read_text(encoding="utf-8"))
        return f"process {facts['pid']} on {facts['host']} since {facts['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has not said who it is"
