"""Worker processes: nobody else reaches them, nothing foreign is executed, no death goes unseen."""

from __future__ import annotations

import inspect
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from apache_beam.utils import thread_pool_executor
from factories import story
from runs import ROOT, run, table_bytes

from pipeline.beam import worker
from pipeline.beam.local_workers import private_folder, worker_handlers
from pipeline.beam.runner import execute
from pipeline.errors import NewsieveError

TWO_WORKERS = ["--set", "run.workers=2", "--set", "run.block_bytes=8000"]
COMMAND = Path(sys.executable).with_name("newsieve")

MODULES = ("queue", "logging", "pickle", "struct", "socket", "json", "pipeline", "apache_beam")


def _start(*arguments: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _inputs(folder: Path) -> Path:
    folder.mkdir()
    for number in range(60):
        (folder / f"{number}.txt").write_text(f"Headline {number}\n\n{story(number, 150)}\n")
    return folder


def _workers(pid: int) -> list[int]:
    """Worker processes below *pid*."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == pid and b"pipeline.beam.worker" in command:
            found.append(int(folder.name))
    return found


def _open_ports(pid: int) -> set[str]:
    """Local addresses of the TCP and UDP sockets that *pid* receives strangers on."""
    held = set()
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            held.add(str(link.readlink()))
        except OSError:
            continue
    found = set()
    for protocol, listening in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        for line in Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == listening and f"socket:[{fields[9]}]" in held:
                found.add(f"{protocol} {fields[1]}")
    return found


@pytest.mark.beam
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="sockets are listed by Linux")
def test_a_run_with_two_workers_opens_no_port(tmp_path):
    """Neither the run nor a worker of it can be reached over any network, loopback included."""
    inputs = _inputs(tmp_path / "in")
    process = _start("run", "--input", inputs, "--output", tmp_path / "out", *TWO_WORKERS)
    seen, workers = set[str](), set[int]()
    while process.poll() is None:
        workers |= set(_workers(process.pid))
        for pid in [process.pid, *workers]:
            seen |= _open_ports(pid) if Path(f"/proc/{pid}").exists() else set()
        time.sleep(0.05)
    _, said = process.communicate()

    assert 0 == process.returncode, said
    assert 2 == len(workers)
    assert set() == seen


@pytest.mark.beam
@pytest.mark.parametrize("form", ["module", "package"])
def test_nothing_in_the_current_folder_is_executed(tmp_path, form):
    """Modules that lie where newsieve is started are files, whatever they are called."""
    hostile, inputs, loot = tmp_path / "hostile", _inputs(tmp_path / "in"), tmp_path / "loot"
    hostile.mkdir()
    for name in MODULES:
        path = hostile / f"{name}.py" if form == "module" else hostile / name / "__init__.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"open({str(loot)!r}, 'a').write({name!r})\n")
    arguments = ["run", "--input", inputs, "--output", tmp_path / "out", *TWO_WORKERS]
    process = _start(*arguments, cwd=hostile)
    _, said = process.communicate(timeout=120)

    assert not loot.exists(), loot.read_text()
    assert 0 == process.returncode, said


@pytest.mark.beam
def test_a_worker_that_dies_before_it_connects_ends_the_run(tmp_path):
    """The run says so within seconds; nothing is published."""
    inputs = _inputs(tmp_path / "in")
    process = _start("run", "--input", inputs, "--output", tmp_path / "out", *TWO_WORKERS)
    while not (found := _workers(process.pid)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.kill(found[0], signal.SIGKILL)
    _, said = process.communicate(timeout=60)

    assert 1 == process.returncode
    expected = b"newsieve: the run failed: a worker process died: it was killed by SIGKILL"
    assert said.splitlines()[-1].startswith(expected)
    assert not list(tmp_path.glob("out/runs/*"))


@pytest.mark.beam
def test_what_a_worker_printed_last_is_the_reason_of_its_death(tmp_path, monkeypatch):
    """A worker that cannot be loaded is one line, not a traceback."""
    code = (
        "import sys; print('Traceback', flush=True); sys.exit('ImportError: no module named grpc')"
    )
    monkeypatch.setattr(worker, "python_command", lambda *_: [sys.executable, "-c", code])
    reason = "a worker process died: it ended with exit code 1: ImportError: no module named grpc"
    with pytest.raises(NewsieveError, match=reason):
        run(ROOT / "raw", tmp_path / "out", execute, run={"workers": 2, "block_bytes": 8_000})
    assert not (tmp_path / "out/runs").exists()


@pytest.mark.beam
@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "grpc_proxy"])
def test_workers_talk_to_no_proxy(tmp_path, name):
    """A proxy of the house is for the world outside."""
    flags = ["--logical-date", "2026-01-01", *TWO_WORKERS]
    process = _start(
        "run",
        "--input",
        "raw",
        "--output",
        tmp_path / "out",
        *flags,
        **{name: "http://127.0.0.1:9"},
    )
    _, said = process.communicate(timeout=120)

    assert 0 == process.returncode, said


@pytest.mark.beam
def test_a_long_folder_for_temporary_files_is_no_obstacle(tmp_path):
    """The path of a socket has about a hundred characters at most; TMPDIR may have more."""
    long = tmp_path / ("t" * 200)
    long.mkdir()
    process = _start(
        "run", "--input", "raw", "--output", tmp_path / "out", *TWO_WORKERS, TMPDIR=str(long)
    )
    _, said = process.communicate(timeout=120)

    assert 0 == process.returncode, said
    assert table_bytes(tmp_path / "out")


def test_temporary_folders_of_killed_runs_are_swept(tmp_path_factory, monkeypatch):
    """Those of runs that are alive stay; a link is not followed, a pipe does not block."""
    tmp_path = tmp_path_factory.mktemp("t")  # a long path has no room for a socket
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lock").touch()
    (tmp_path / "newsieve-run-link").symlink_to(elsewhere)
    left = tmp_path / "newsieve-run-left"
    (left / "beam-pipeline-temp1").mkdir(parents=True)
    (left / "lock").touch()
    odd = tmp_path / "newsieve-run-odd"
    odd.mkdir()
    os.mkfifo(odd / "lock")
    with private_folder() as alive, private_folder() as other:
        assert alive.exists()
        assert other.exists()
        assert not left.exists()
        assert str(other) == tempfile.gettempdir()
        assert 0o700 == alive.stat().st_mode & 0o777
    assert elsewhere.exists()
    assert ["elsewhere", "newsieve-run-link", "newsieve-run-odd"] == sorted(
        p.name for p in tmp_path.iterdir()
    )


def test_beam_still_has_the_parts_that_are_replaced():
    """An upgrade of Beam could change without an error who makes the server, and from what."""
    makes = inspect.getsource(worker_handlers.WorkerHandlerManager.get_worker_handlers)
    uses = inspect.getsource(worker_handlers.GrpcWorkerHandler)

    assert "GrpcServer(\n" in makes
    assert "self.state_servicer, self._job_provision_info, self)" in makes
    known = {"control_port", "data_port", "state_port", "control_handler", "data_plane_handler"}
    used = {
        line.split("self._grpc_server.")[1].split(")")[0].split(".")[0].split(",")[0]
        for line in uses.splitlines()
        if "self._grpc_server." in line
    }
    assert used <= known | {"logging_port"}, "logging_port is not asked for: logs are not offered"


@pytest.mark.beam
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(("where", "after"), [("server", 0), ("server", 1), ("worker", 0)])
def test_a_thread_that_cannot_start_ends_the_run(where, after, tmp_path, monkeypatch):
    """Others would wait for it for ever; the run says so within seconds and publishes nothing."""
    failing = f"""
import threading
start, count = threading.Thread.start, []
def fail(thread):
    name = type(thread).__module__
    if name.endswith("thread_pool_executor"):
        count.append(thread)
        if len(count) > {after}:
            raise RuntimeError("can't start new thread")
    start(thread)
"""
    if where == "worker":
        # What a worker's threads ask of gRPC fails; its main thread waits for instructions.
        command = worker.python_command
        broken = f"{failing}\nthreading.Thread.start = fail\n"
        monkeypatch.setattr(
            worker,
            "python_command",
            lambda code, *rest: command(f"exec({broken!r}); {code}", *rest),
        )
    else:
        # Idle threads of earlier tests would do what a new one cannot.
        shared = thread_pool_executor.shared_unbounded_instance()
        monkeypatch.setattr(shared, "_idle_worker_queue", queue.Queue())
        spoiled: dict[str, Any] = {}
        exec(failing, spoiled)
        monkeypatch.setattr(threading.Thread, "start", spoiled["fail"])
    began = time.monotonic()
    with pytest.raises(NewsieveError, match="can't start new thread"):
        run(ROOT / "raw", tmp_path / "out", execute, run={"workers": 2, "block_bytes": 8_000})

    assert time.monotonic() - began < 40
    assert not (tmp_path / "out/runs").exists()
