"""Private worker processes of the in-process engine. Read ``local_workers``.

Beam's own multi-processing mode listens on all network interfaces, offers the files of this machine
to anyone who connects, and waits forever if a worker dies before it has connected. Here workers
connect over unix sockets in a folder that only the user may enter, only the work itself is offered,
and the run ends when a worker dies, or a thread that serves workers.

During a run, this replaces two parts of Beam: the class of the server
(``worker_handlers.GrpcServer``) and the constructor registered for subprocesses.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_fn_api_pb2_grpc as services
from apache_beam.runners.portability.fn_api_runner import worker_handlers
from apache_beam.runners.portability.local_job_service import json_format
from apache_beam.runners.worker.data_plane import BeamFnDataServicer
from apache_beam.transforms.environments import SubprocessSDKEnvironment
from apache_beam.utils import thread_pool_executor

from pipeline.beam.worker import cause_of_death, is_fatal, lifeline, start_worker
from pipeline.storage import open_own

_PREFIX = "newsieve-run-"
_LOCK = "lock"

_MAX_SOCKET_PATH = 90
"""Maximum characters of the folder's path: paths of sockets are limited to 108 (macOS: 104)."""

_SHUTDOWN_S = 30
"""Seconds that a worker has to exit after its last bundle before it is killed."""

_SERVER_S = 4
"""Seconds to wait for the server to stop; if its thread has died, it never reports that."""

_GRPC_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
]
"""As in Beam's server: unlimited message size and pings."""


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a temporary folder that only this user may enter; ``tempfile`` uses it, too.

    Folders of killed runs are deleted first.
    """
    root = tempfile.gettempdir()
    if len(root) > _MAX_SOCKET_PATH - len(_PREFIX) - 8 or not root.isascii():
        root = "/tmp"  # noqa: S108 - the folder in it is private
    for left in Path(root).glob(f"{_PREFIX}*"):
        _sweep(left)
    before = tempfile.tempdir
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX, dir=root, ignore_cleanup_errors=True) as folder,
        (Path(folder) / _LOCK).open("wb") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = before


def _sweep(folder: Path) -> None:
    """Delete the folder of a run that no longer exists; leave those of other users alone."""
    with suppress(OSError):
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return
        with open_own(folder / _LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def local_workers(folder: Path, deaths: list[str]) -> Iterator[SubprocessSDKEnvironment]:
    """Let Beam start private worker processes; yield the environment to run in.

    Args:
        folder: for the sockets; only this user may enter it.
        deaths: gets a line when a worker, or a thread that others wait for, dies during the run.
    """
    handlers = worker_handlers.WorkerHandler
    urn = python_urns.SUBPROCESS_SDK
    replaced = worker_handlers.GrpcServer, handlers._registered_environments[urn]  # noqa: SLF001
    processes: list[subprocess.Popen[bytes]] = []
    former_hook = threading.excepthook

    def thread_ended(failure: threading.ExceptHookArgs) -> None:
        former_hook(failure)
        if is_fatal(failure):
            cause = str(failure.exc_value) or failure.exc_type.__name__
            deaths.append(f"a thread of the engine ended: {cause}")
            for process in processes:  # _Worker notices it
                process.kill()

    with lifeline() as held:
        worker_handlers.GrpcServer = partial(_Server, folder)
        handlers.register_environment(urn, bytes)(partial(_Worker, held, deaths, processes))
        threading.excepthook = thread_ended
        try:
            yield SubprocessSDKEnvironment.from_command_string("local workers")
        finally:
            threading.excepthook = former_hook
            worker_handlers.GrpcServer = replaced[0]
            handlers._registered_environments[urn] = replaced[1]  # noqa: SLF001


class _Server:
    """Replaces Beam's server: control, data and state, on unix sockets in a private folder.

    "Ports" are names of sockets. Beam's services for artifacts, provisions and logs are left out:
    workers have the same files, and report failures in their replies.
    """

    control_port, data_port, state_port = "control", "data", "state"

    def __init__(self, folder: Path, state: Any, _provision: object, manager: Any) -> None:
        self.folder = folder
        self.control_handler = worker_handlers.BeamFnControlServicer(manager)
        self.data_plane_handler = BeamFnDataServicer(worker_handlers.DATA_BUFFER_TIME_LIMIT_MS)
        self._server = worker_handlers.grpc.server(
            thread_pool_executor.shared_unbounded_instance(), options=_GRPC_OPTIONS
        )
        services.add_BeamFnControlServicer_to_server(self.control_handler, self._server)
        services.add_BeamFnDataServicer_to_server(self.data_plane_handler, self._server)
        services.add_BeamFnStateServicer_to_server(
            worker_handlers.GrpcStateServicer(state), self._server
        )
        for name in (self.control_port, self.data_port, self.state_port):
            self._server.add_insecure_port(self.address(name))
        self._server.start()

    def address(self, name: str) -> str:
        return f"unix:{self.folder / name}"

    def close(self) -> None:
        self.control_handler.done()
        self._server.stop(_SERVER_S / 2).wait(_SERVER_S)


class _Worker(worker_handlers.GrpcWorkerHandler):
    """A worker process; if it dies before ``close``, everything that waits for it fails."""

    def __init__(
        self,
        held: int,
        deaths: list[str],
        processes: list[subprocess.Popen[bytes]],
        _payload: bytes,
        state: Any,
        provision: Any,
        server: _Server,
    ) -> None:
        assert isinstance(server, _Server), "Beam would listen on all interfaces"
        self._held, self._deaths, self._server = held, deaths, server
        self._processes = processes
        self._closing = threading.Event()
        super().__init__(state, provision, server)

    def port_from_worker(self, port: str) -> str:
        return self._server.address(port)

    def start_worker(self) -> None:
        options = json_format.MessageToJson(self.provision_info.provision_info.pipeline_options)
        settings = {
            "CONTROL_API_SERVICE_DESCRIPTOR": str(self.control_api_service_descriptor()),
            "PIPELINE_OPTIONS": options,
            "WORKER_ID": self.worker_id,
        }
        self._log = self._server.folder / f"{self.worker_id}.log"
        self._process = start_worker(settings, self._log, [self._held])
        self._processes.append(self._process)
        threading.Thread(target=self._watch, name="watch_worker", daemon=True).start()

    def close(self) -> None:
        """Close the worker's connections, then stop it; at once if the run has failed."""
        self._closing.set()
        if self._deaths:  # closing the connections may take forever
            self._process.kill()
            self.stop_worker()
            return
        overdue = threading.Timer(_SHUTDOWN_S, self._process.kill)
        overdue.daemon = True
        overdue.start()
        super().close()
        overdue.cancel()

    def stop_worker(self) -> None:
        self._process.wait()

    def _watch(self) -> None:
        if self._deaths:  # one died before this process was started
            self._process.kill()
        code = self._process.wait()
        if self._closing.is_set():
            return
        self._deaths.append(f"a worker process died: {cause_of_death(code, self._log)}")
        self.data_conn.close()
        # Repeated, because a thread of Beam may be about to send a request and wait for the reply.
        while not self._closing.wait(0.2):
            with suppress(RuntimeError):  # the table of requests changed during iteration
                self.control_conn.abort(RuntimeError("a worker process died"))
