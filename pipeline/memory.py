"""The memory and the address space that a run may use, and those that it needs."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from itertools import product
from pathlib import Path

from pipeline.errors import NewsieveError

MAIN_BYTES, WORKER_BYTES = 200_000_000, 300_000_000
"""Bytes of the main process, and of a worker with its two helpers, for small input; ``VmRSS``,
rounded up."""

ONE_WORKER_ADDRESSES, SEVERAL_WORKERS_ADDRESSES = 2_300_000_000, 3_000_000_000
"""Address space (``ulimit -v``) of a process in a run, in bytes; ``VmPeak``, rounded up. Most of it
is reserved by Arrow and by stacks of threads. With less, gRPC may abort the process, and OpenBLAS
may loop while it is loaded."""

_CGROUP, _CGROUPS = Path("/proc/self/cgroup"), "/sys/fs/cgroup"


def require_address_space(workers: int) -> None:
    """Raise NewsieveError if ``ulimit -v`` leaves too little room for *workers*."""
    what, needed, instead = "a run", ONE_WORKER_ADDRESSES, ""
    if workers > 1:
        what, needed = f"each of run.workers = {workers}", SEVERAL_WORKERS_ADDRESSES
        instead = ", or use --set run.workers=1"
    if address_space() < needed:
        raise NewsieveError(
            f"ulimit -v allows {_gigabytes(address_space())} of address space, and {what} may need "
            f"{_gigabytes(needed)}; raise the limit{instead}; nothing was published"
        )


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"


def address_space() -> float:
    """Return the limit of this process's address space in bytes: ``ulimit -v``."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return float("inf") if limit == resource.RLIM_INFINITY else limit


def memory_bytes() -> int:
    """Return the memory available to this process in bytes: the machine's, or the container's."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    with suppress(OSError):  # not Linux
        for line in _CGROUP.read_text("ascii", "ignore").splitlines():
            kinds, _, path = line.partition(":")[2].partition(":")
            place = {"": _CGROUPS, "memory": f"{_CGROUPS}/memory"}.get(kinds)
            # Parent groups have limits, too; a container sees its own group at the top.
            folders = [Path(f"{place}{path}"), *Path(f"{place}{path}").parents] if place else []
            for folder, name in product(folders, ("memory.max", "memory.limit_in_bytes")):
                with suppress(OSError, ValueError):  # no such file, or "max"
                    limits.append(int((folder / name).read_text("ascii")))
    return min(limits)
