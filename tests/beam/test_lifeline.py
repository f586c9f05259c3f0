"""Workers end with the run: asked to end, killed, or left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from factories import story
from runs import ROOT, start_newsieve

pytestmark = pytest.mark.beam


def _children(pid: int) -> set[int]:
    """Processes below *pid*, of any depth."""
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, check=True).stdout
    below: dict[int, list[int]] = {}
    for line in table.decode().splitlines():
        child, parent = map(int, line.split())
        below.setdefault(parent, []).append(child)
    found, waiting = set[int](), [pid]
    while waiting:
        children = below.get(waiting.pop(), [])
        found.update(children)
        waiting += children
    return found


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return bool(stat.stdout.strip()) and not stat.stdout.startswith(b"Z")


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGHUP, 130), (signal.SIGKILL, -9)],
)
def test_no_worker_outlives_a_run(tmp_path, number, code):
    """The main process alone gets the signal, as from systemd or `kill`; soon nothing is left."""
    inputs = tmp_path / "a.jsonl"
    lines = (json.dumps({"id": n, "text": f"Word{n}. {story(n, 120)}"}) for n in range(4_000))
    inputs.write_text("\n".join(lines) + "\n", encoding="utf-8")
    flags = ["--set", "run.workers=2", "--set", "run.block_bytes=100000"]
    process = start_newsieve("run", "--input", inputs, "--output", tmp_path / "out", *flags)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("out/.staging/*/blocks/*.cleaned.json")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    below = _children(process.pid)
    assert len(below) >= 2

    process.send_signal(number)
    _, said = process.communicate(timeout=60)

    assert code == process.returncode
    if code > 0:
        assert b"newsieve: interrupted; nothing was published" == said.strip().splitlines()[-1]
    assert not list(tmp_path.glob("out/runs/*"))
    while left := [pid for pid in below if _alive(pid)]:
        assert time.monotonic() < deadline + 60, left
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_interrupted_while_it_loads_says_so(number, tmp_path):
    """One line, no traceback, from the first moment on."""
    code = "import runpy, sys; print(flush=True); runpy.run_module('pipeline', run_name='__main__')"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", "--input", "raw", "--output", tmp_path / "out"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.1)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)

    # "published" before the command line is there, "done" while it loads the verbs.
    assert 130 == process.returncode
    assert said.strip() in {
        b"newsieve: interrupted; nothing was published",
        b"newsieve: interrupted; nothing was done",
    }
