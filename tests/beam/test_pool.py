"""``newsieve worker``: one address, its own interpreter, nobody's processes but the caller's."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from apache_beam.portability.api import beam_fn_api_pb2 as messages
from apache_beam.portability.api import beam_fn_api_pb2_grpc as services

from pipeline.beam import worker
from pipeline.beam.pool import ask_worker, describe, differences, serve_pool
from pipeline.errors import NewsieveError, UsageError

COMMAND = Path(sys.executable).with_name("newsieve")


class Control(services.BeamFnControlServicer):
    """An engine that gives its workers nothing to do."""

    def __init__(self):
        self.connected = []
        self.ended = threading.Event()

    def Control(self, _answers, context):  # noqa: N802 - Beam's name
        """Hold the connection until the engine ends."""
        self.connected.append(dict(context.invocation_metadata())["worker_id"])
        self.ended.wait()
        return iter(())


@contextmanager
def engine():
    """An engine on loopback; yield it and its address."""
    control = Control()
    server = grpc.server(ThreadPoolExecutor(8))
    services.add_BeamFnControlServicer_to_server(control, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield control, f"127.0.0.1:{port}"
    finally:
        control.ended.set()
        server.stop(0).wait()


@contextmanager
def pool_of(told):
    """A pool on a free port; yield its address."""
    with serve_pool("127.0.0.1:0", told.append) as (host, port):
        yield f"{host}:{port}"


def start(channel, address, worker="1-1", **params):
    """Ask for a worker as an engine does; give the error of the answer."""
    request = messages.StartWorkerRequest(worker_id=worker, params=params)
    request.control_endpoint.url = address
    return services.BeamFnExternalWorkerPoolStub(channel).StartWorker(request, timeout=100).error


def stop(channel, worker="1-1"):
    """Ask for the end of a worker as an engine does."""
    request = messages.StopWorkerRequest(worker_id=worker)
    return services.BeamFnExternalWorkerPoolStub(channel).StopWorker(request, timeout=30)


def alive(pid):
    """Whether a process runs."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def soon(seen, seconds=30):
    """Whether something is so within *seconds*."""
    deadline = time.monotonic() + seconds
    while not seen() and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen()


@pytest.mark.beam
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are listed by Linux")
def test_a_worker_is_stopped_by_its_own_engine_alone(tmp_path):
    """Two task managers call their workers alike; each stops its own, and an end is an end."""
    told = []
    with engine() as (control, address), pool_of(told) as pool_address:
        with (
            grpc.insecure_channel(pool_address) as one,
            grpc.insecure_channel(
                pool_address, options=[("grpc.use_local_subchannel_pool", 1)]
            ) as other,
        ):
            assert "" == start(one, address, folder=str(tmp_path), umask="63")
            assert "" == start(other, address)
            mine, theirs = (each["pid"] for each in told if each["state"] == "started")
            assert soon(lambda: ["1-1", "1-1"] == control.connected)
            assert str(tmp_path) == str(Path(f"/proc/{mine}/cwd").readlink())
            status = Path(f"/proc/{mine}/status").read_text()
            assert "0077" == status.partition("Umask:")[2].split()[0]

            stop(one)
            stop(one)

            assert soon(lambda: not alive(mine))
            assert alive(theirs)
        control.ended.set()
        assert soon(lambda: not alive(theirs)), "the engine has closed the connection"


@pytest.mark.beam
def test_a_worker_that_cannot_start_is_an_answer(monkeypatch):
    """The engine, which would wait for ever, is told the reason within seconds."""
    told = []
    code = "import sys; sys.exit('ModuleNotFoundError: No module named apache_beam')"
    monkeypatch.setattr(worker, "python_command", lambda *_: [sys.executable, "-c", code])
    with pool_of(told) as pool_address, grpc.insecure_channel(pool_address) as channel:
        missing = start(channel, "127.0.0.1:1")
        nowhere = start(channel, "127.0.0.1:1", folder="/no/such/folder")

    expected = "it ended with exit code 1: ModuleNotFoundError: No module named apache_beam"
    assert f"newsieve worker: cannot start a worker: {expected}" == missing
    assert "'/no/such/folder'" in nowhere
    assert [("failed", expected)] == [(told[0]["state"], told[0]["reason"])]


def test_a_pool_describes_itself_and_what_it_sees(tmp_path):
    """The same interpreter is no difference; files that are not there, or shorter, are missing."""
    (tmp_path / "there").write_bytes(b"12345")
    files = [(str(tmp_path / "there"), 5), (str(tmp_path / "there"), 6), ("/no/such", 0)]
    with pool_of([]) as address:
        answer = ask_worker(address, files)

    assert [] == differences(describe(), answer)
    assert [str(tmp_path / "there"), "/no/such"] == answer["missing"]


def test_whoever_is_no_newsieve_worker_is_named():
    """Nobody, and another program that speaks gRPC."""
    with pytest.raises(NewsieveError, match=r"127.0.0.1:1: no worker answers .*newsieve worker"):
        ask_worker("127.0.0.1:1")
    with engine() as (_, address), pytest.raises(NewsieveError, match="another program answers"):
        ask_worker(address)


@pytest.mark.parametrize("address", ["0.0.0.0:50000", "[::]:50000", ":50000", "*:50000"])
def test_a_pool_does_not_listen_on_every_network(address):
    """An address that means all of them is refused, with the reason."""
    with pytest.raises(UsageError, match="means every network"), serve_pool(address):
        pass


@pytest.mark.parametrize("address", ["localhost", "host:port", "127.0.0.1:70000", ""])
def test_what_is_no_address_is_refused(address):
    """A port is needed, and has at most 65535."""
    with pytest.raises(UsageError, match="should be HOST:PORT"), serve_pool(address):
        pass


def test_two_pools_do_not_share_a_port():
    """The second one is told that it is taken."""
    with pool_of([]) as address, pytest.raises(UsageError, match="taken"), serve_pool(address):
        pass


@pytest.mark.beam
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_command_listens_until_it_is_stopped_and_takes_its_workers_along(number):
    """It says where it listens; no worker outlives it, however it ends."""
    process = subprocess.Popen(
        [COMMAND, "--log-format", "json", "worker", "127.0.0.1:0"], stderr=subprocess.PIPE
    )
    listening = json.loads(process.stderr.readline())
    with engine() as (_, address), grpc.insecure_channel(listening["address"]) as channel:
        assert "" == start(channel, address)
        started = json.loads(process.stderr.readline())
        process.send_signal(number)
        process.communicate(timeout=30)

        assert soon(lambda: not alive(started["pid"]))
    assert process.returncode == (-9 if number is signal.SIGKILL else 0)
