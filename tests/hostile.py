"""Functions for the guard's helper: each does to a process what some document might."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import sys
import time
from pathlib import Path

STATE = {"calls": 0}


def load_killed(marks: Path, times: int) -> None:
    """Be killed while loading, so many times: each leaves a file in *marks*."""
    marks.mkdir(exist_ok=True)
    if len(list(marks.iterdir())) < times:
        (marks / str(os.getpid())).touch()
        os.kill(os.getpid(), signal.SIGKILL)


def load_slowly():
    """Take half a second of CPU."""
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass


def _spin(_):
    re.match(r"(a+)+$", "a" * 60 + "!")  # returns to the interpreter in years


def _hold(_):
    return len(bytearray(10_000_000_000))


def _exit(_):
    os._exit(3)


def _die_later(_):
    if STATE["calls"] > 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return "the second time"


ACTS = {
    "loop in C": _spin,
    "wait": lambda _: time.sleep(600),
    "allocate": _hold,
    "segfault": lambda _: ctypes.string_at(1),
    "abort": lambda _: os.abort(),
    "exit": _exit,
    "leave": lambda _: sys.exit(4),
    "raise": lambda _: 1 / 0,
    "print": lambda _: os.write(1, b"nonsense") and "printed",
    "die if not first": _die_later,
    "killed": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "pid": lambda _: os.getpid(),
}


def act(item, argument):
    """Do what *item* names; of anything else, give it back with *argument*."""
    STATE["calls"] += 1
    return ACTS[item](argument) if item in ACTS else (item, argument)


def process_or_act(items, config):
    """Do what the titles name, else process as usual."""
    from pipeline.passes import isolation  # noqa: PLC0415

    for document, _ in items:
        if document.title in ACTS:
            ACTS[document.title](config)
    return isolation._fates_in_helper(items, config)
