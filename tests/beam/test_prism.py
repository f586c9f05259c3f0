"""Prism, Beam's engine without Java: portable, interruptible, and told apart from us in errors.

It listens on all networks, so it runs in a namespace that has none.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from clusters_page import documented
from runs import DAY, ROOT, run, table_bytes

from tests.campaigns.engine_parts import lacking, program, there

NAMESPACE = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--net"]


def _why_not() -> str:
    """Say why Prism cannot be run here; empty if it can."""
    if not there("prism"):
        tools = f", and {lacking('prism')} not found" if lacking("prism") else ""
        return f"Prism is not there: python -m tests.campaigns.engine_parts prism builds it{tools}"
    if not all(map(shutil.which, ("unshare", "ip"))):
        return "no unshare or ip: Prism would listen on all networks"
    if subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode:
        return "network namespaces are not permitted: Prism would listen on all networks"
    return ""


WHY_NOT = _why_not()
pytestmark = [pytest.mark.beam, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]


@pytest.fixture
def start(tmp_path):
    """Start the page's command with Prism in a folder that has raw/ and prism."""
    (tmp_path / "prism").symlink_to(program("prism"))
    (tmp_path / "raw").symlink_to(ROOT / "raw")
    newsieve = Path(sys.executable).with_name("newsieve")

    def start_(before="", **settings):
        words = ["--logical-date", DAY.isoformat()]
        words += [f"--set=run.{name}={value}" for name, value in settings.items()]
        command = [str(newsieve), *documented("run raw/", *words)]
        script = f'ip link set lo up && {before} exec "$@"'
        return subprocess.Popen(
            [*NAMESPACE, "sh", "-c", script, "sh", *command],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start_


def test_prism_gives_the_same_bytes(start, tmp_path):
    """The tables of the bare loop; the worker processes have other folders to be in."""
    process = start(block_bytes=8_000)
    _, said = process.communicate(timeout=300)
    assert 0 == process.returncode, said

    run(ROOT / "raw", tmp_path / "loop", run={"block_bytes": 8_000})
    assert table_bytes(tmp_path / "loop") == table_bytes(tmp_path / "output")


def test_an_interruption_cancels_the_job_and_leaves_no_process(start, tmp_path):
    """Exit 130, one line, and neither Prism nor a worker is left."""
    process = start(block_bytes=1_000)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("output/.staging/*/blocks/*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert 130 == process.returncode, said
    assert b"newsieve: interrupted; nothing was published" == said.splitlines()[-1]
    assert not list(tmp_path.glob("output/runs/*"))
    deadline = time.monotonic() + 10
    while (left := _processes_in(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [] == left


def _processes_in(folder):
    """Command lines of processes that work in *folder*."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def test_a_failing_step_is_named_with_its_error(start, tmp_path):
    """What a worker raises reaches the user through the engine: the step and what it was."""
    process = start(before="ulimit -f 60;", block_bytes=60_000)
    _, said = process.communicate(timeout=300)
    last = said.decode().splitlines()[-1]

    assert 1 == process.returncode, said
    assert last.startswith("newsieve: the run failed in step "), said
    assert "File too large" in last
    assert not list(tmp_path.glob("output/runs/*"))
