"""One run at a time in an output folder."""

from __future__ import annotations

import errno
import json
import os
import socket
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pipeline.errors import LockedOutput, NewsieveError, UsageError
from pipeline.storage import finish_exchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP}
"""What a file system says that has no locks; some network ones have none."""

_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE}
"""What is the matter with the disk or the system, not with the folder that was named."""


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
    except Timeout:
        raise LockedOutput(f"{output}: another run is at work: {_describe(owner)}") from None
    except (OSError, NotImplementedError) as error:
        raise _refused(output, error) from None
    try:
        try:
            owner.write_text(json.dumps(_myself()), encoding="utf-8")
            finish_exchange(output / "runs")
        except OSError as error:
            raise _refused(output, error) from None
        yield
    finally:
        with suppress(OSError):  # the lock is what counts, and it goes with its process
            owner.unlink(missing_ok=True)
        lock.release()


def _refused(output: Path, error: OSError | NotImplementedError) -> NewsieveError:
    """Say why the lock cannot be held: the folder, its file system, or the state of the disk."""
    number = error.errno if isinstance(error, OSError) else errno.ENOSYS
    if number in _NO_LOCKS:
        return UsageError(
            f"output {output}: its file system has no locks that work: {os.strerror(number)}; "
            "name a folder on a local disk, or on a file system with flock"
        )
    why = os.strerror(number) if number else str(error)
    if number in _PASSING:
        return NewsieveError(f"output {output}: cannot be written: {why}; nothing was started")
    return UsageError(f"output {output}: cannot be written: {why}; name another folder")


def _myself() -> dict[str, object]:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": now}


def _describe(owner: Path) -> str:
    try:
        facts = json.loads(owner.read_text(encoding="utf-8"))
        return f"process {facts['pid']} on {facts['host']} since {facts['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has not said who it is"
