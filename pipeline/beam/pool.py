"""The pool with which other engines start worker processes: ``newsieve worker``.

    engine ──StartWorker(id, where to connect)──▶ Pool ──▶ a worker process, which connects
    a run  ──Describe──▶ Pool: version, packages, code; which files it cannot see

Like Beam's ``worker_pool_main``, it serves ``BeamFnExternalWorkerPool``, but

- it listens on one address, not on all;
- workers run this interpreter, and import nothing from the current folder;
- if a worker cannot start, the engine gets an error at once instead of waiting forever;
- only the task manager that started a worker can stop it, because all use the same ids;
- workers exit when the engine's connection closes, or the pool exits.

If code and packages of a worker are the same as here, it computes the same tables: ``describe``.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
from apache_beam.portability.api import beam_fn_api_pb2 as messages
from apache_beam.portability.api import beam_fn_api_pb2_grpc as services
from apache_beam.portability.api import beam_provision_api_pb2 as provision
from apache_beam.portability.api import beam_provision_api_pb2_grpc as provision_services
from apache_beam.runners.portability.local_job_service import json_format
from apache_beam.utils import thread_pool_executor

from pipeline.beam.local_workers import private_folder
from pipeline.beam.worker import cause_of_death, end, lifeline, start_worker
from pipeline.errors import NewsieveError, UsageError
from pipeline.storage import place_of
from pipeline.version import VERSION

SERVICE = "newsieve.Worker"
"""Our own gRPC service; messages are JSON."""

READY_S = 60
"""Seconds within which a worker must load and connect to its engine."""

ANSWER_S = 10
"""Seconds within which a pool must describe itself."""

_STOP_S = 5
"""Seconds between terminating a worker and killing it."""

_EVERYWHERE = ("0.0.0.0", "[::]", "::", "*", "")  # noqa: S104 - refused

_PROXIES = ("grpc_proxy", "https_proxy", "http_proxy")
"""Environment variables that workers must not have: gRPC would use a proxy."""

Event = dict[str, Any]


@dataclass
class Pool(services.BeamFnExternalWorkerPoolServicer):
    """Starts and stops worker processes.

    Attributes:
        folder: for the output and temporary files of workers.
        held: the lifeline that workers inherit.
        report: called with each event of a worker.
    """

    folder: Path
    held: int
    report: Callable[[Event], object] = lambda _: None
    processes: dict[tuple[str, str], subprocess.Popen[bytes]] = field(default_factory=dict)
    started: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def StartWorker(self, request: Any, context: Any) -> Any:  # noqa: N802 - Beam's name
        """Start a worker; reply when it has connected, or with the error."""
        try:
            error = self._start(request, context.peer())
        except (OSError, grpc.RpcError) as failure:
            error = f"{type(failure).__name__}: {failure}"
        if error:
            self.report({"state": "failed", "worker": request.worker_id, "reason": error})
            error = f"newsieve worker: cannot start a worker: {error}"
        return messages.StartWorkerResponse(error=error)

    def StopWorker(self, request: Any, context: Any) -> Any:  # noqa: N802 - Beam's name
        """Stop a worker of the caller; other callers have workers with the same id."""
        with self.lock:
            process = self.processes.pop((context.peer(), request.worker_id), None)
        if process:
            end(process, _STOP_S)
        return messages.StopWorkerResponse()

    def describe(self, request: bytes, _context: object) -> bytes:
        """Return what ``describe`` says as JSON, and the ``missing`` ones of the run's files.

        *request* is JSON with ``files``, a list of (path, minimum size in bytes).
        """
        files = json.loads(request or b"{}").get("files", [])
        missing = [path for path, size in files if not _is_there(path, size)]
        return json.dumps(describe() | {"missing": missing}).encode()

    def _start(self, request: Any, peer: str) -> str:
        """Start a worker; return why it has not connected, or "" if it has."""
        with self.lock:
            self.started += 1
            log = self.folder / f"{self.started}.log"
        settings = {
            "WORKER_ID": request.worker_id,
            "CONTROL_API_SERVICE_DESCRIPTOR": f'url: "{request.control_endpoint.url}"',
            "PIPELINE_OPTIONS": _pipeline_options(request),
            **dict.fromkeys(_PROXIES, ""),
        }
        params = dict(request.params)
        folder, umask = params.get("folder"), int(params.get("umask", "-1"))
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as ready:
            try:
                pipes = [self.held, writing]
                process = start_worker(settings, log, pipes, cwd=folder, umask=umask)
            finally:
                os.close(writing)
            with self.lock:
                self.processes[peer, request.worker_id] = process
            overdue = threading.Timer(READY_S, process.kill)
            overdue.start()
            connected = ready.read(1)
            overdue.cancel()
        facts = {"worker": request.worker_id, "pid": process.pid, "engine": peer}
        if not connected:
            return cause_of_death(process.wait(), log)
        self.report({"state": "started", **facts})
        watch = threading.Thread(target=self._watch, args=(process, log, facts), daemon=True)
        watch.start()
        return ""

    def _watch(self, process: subprocess.Popen[bytes], log: Path, facts: Event) -> None:
        code = process.wait()
        with self.lock:
            mine = [key for key, each in self.processes.items() if each is process]
            for key in mine:  # it was not asked to stop
                del self.processes[key]
        reason = {"reason": cause_of_death(code, log)} if code and mine else {}
        self.report({"state": "ended", **facts, **reason})
        log.unlink(missing_ok=True)


def _pipeline_options(request: Any) -> str:
    if not request.provision_endpoint.url:
        return "{}"
    with grpc.insecure_channel(request.provision_endpoint.url) as channel:
        answer = provision_services.ProvisionServiceStub(channel).GetProvisionInfo(
            provision.GetProvisionInfoRequest(),
            metadata=[("worker_id", request.worker_id)],
            timeout=READY_S,
        )
    return str(json_format.MessageToJson(answer.info.pipeline_options))


def _is_there(path: str, size: int) -> bool:
    try:
        return place_of(path).stat().st_size >= size  # it may still be written to
    except (OSError, UsageError):
        return False


@contextmanager
def serve_pool(
    address: str, report: Callable[[Event], object] = lambda _: None
) -> Iterator[tuple[str, int]]:
    """Serve a pool on *address*, ``host:port``; yield host and port. Port 0 means a free one.

    Raises UsageError if the address is wrong or in use, or means all interfaces of the machine.
    """
    host, port = split_address(address)
    with private_folder() as folder, lifeline() as held:
        # With SO_REUSEPORT, its default, a second pool would get half of the requests.
        server = grpc.server(
            thread_pool_executor.shared_unbounded_instance(), options=[("grpc.so_reuseport", 0)]
        )
        pool = Pool(folder, held, report)
        services.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
        methods = {"Describe": grpc.unary_unary_rpc_method_handler(pool.describe)}
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, methods)])
        try:
            bound = server.add_insecure_port(f"{host}:{port}")
        except RuntimeError:
            bound = 0
        if not bound:
            raise UsageError(
                f"{host}:{port}: cannot listen there: the port is taken by another "
                "program, or the address is not one of this machine"
            )
        server.start()
        try:
            yield host, bound
        finally:
            server.stop(0).wait()


def split_address(address: str) -> tuple[str, int]:
    """Split ``host:port``; a port alone is one of this machine.

    Raises UsageError if it is wrong, or means all interfaces.

    >>> split_address("50000"), split_address("worker-1:50000")
    (('127.0.0.1', 50000), ('worker-1', 50000))
    """
    host, colon, port = address.strip().rpartition(":")
    host = host if colon else "127.0.0.1"
    if not port.isdecimal() or int(port) > 65_535:
        raise UsageError(f"{address!r} should be HOST:PORT, such as 127.0.0.1:50000")
    if host in _EVERYWHERE:
        raise UsageError(
            f"{address!r} means every network of this machine, and anyone who connects can run "
            "code here: name one address, such as 127.0.0.1:50000"
        )
    return host, int(port)


def ask_worker(address: str, files: Sequence[tuple[str, int]] = ()) -> dict[str, Any]:
    """Let the pool at *address* describe itself; see ``Pool.describe``.

    Raises:
        NewsieveError: there is no reply within ``ANSWER_S`` seconds, or from another program.
    """
    request = json.dumps({"files": list(files)}).encode()
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            answer = channel.unary_unary(f"/{SERVICE}/Describe")(request, timeout=ANSWER_S)
        except grpc.RpcError as error:
            code, details = error.code(), str(error.details() or "")
            if code is grpc.StatusCode.UNIMPLEMENTED:
                raise NewsieveError(
                    f"{address}: another program answers: Beam's own worker pool, or an engine; "
                    "start `newsieve worker` there"
                ) from None
            reason = details.rpartition(": ")[2] or code.name.lower()
            raise NewsieveError(
                f"{address}: no worker answers ({reason}); start one there: "
                f"newsieve worker {address}"
            ) from None
    found: dict[str, Any] = json.loads(answer)
    return found


PACKAGE = Path(__file__).parents[1]
_GENERATED = {"__pycache__", ".mypy_cache"}


def describe() -> dict[str, Any]:
    """Describe this interpreter.

    Returns:
        ``newsieve``, ``python`` (major and minor), ``code`` (a digest of our modules and models)
        and ``packages`` (name → version, None if not installed), which determine the tables;
        ``host``, ``pid``, ``user`` and ``executable`` of the process.
    """
    return {
        "newsieve": VERSION,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "code": _code(),
        "packages": {name: _version(name) for name in _requirements()},
        "host": platform.node(),
        "pid": os.getpid(),
        "user": os.getuid(),
        "executable": sys.executable,
    }


def differences(here: dict[str, Any], there: dict[str, Any]) -> list[str]:
    """List differences from another interpreter that could change the tables.

    >>> here = {"newsieve": "1", "python": "3.11", "code": "a", "packages": {"numpy": "2.1"}}
    >>> differences(here, here | {"packages": {"numpy": None}, "code": "b"})
    ['numpy is not installed there (here 2.1)', 'the code of newsieve 1 differs']
    >>> differences(here, here | {"newsieve": "2", "code": "b"})
    ['newsieve 2 there, 1 here']
    """
    found = [
        f"{name} {there.get(key)} there, {here[key]} here"
        for key, name in (("newsieve", "newsieve"), ("python", "Python"))
        if there.get(key) != here[key]
    ]
    packages = there.get("packages") or {}
    for name, version in here["packages"].items():
        other = packages.get(name)
        if other is None:
            found.append(f"{name} is not installed there (here {version})")
        elif other != version:
            found.append(f"{name} {other} there, {version} here")
    if there.get("newsieve") == here["newsieve"] and there.get("code") != here["code"]:
        found.append(f"the code of newsieve {here['newsieve']} differs")
    return found


def _requirements() -> Iterator[str]:
    """Yield the packages that newsieve requires, without its extras."""
    try:
        declared = metadata.requires("newsieve") or []
    except metadata.PackageNotFoundError:  # newsieve is not installed, but run from a checkout
        declared = ["apache-beam"]
    for each in sorted(declared):
        if "extra ==" not in each and (name := re.match(r"[\w.-]+", each)):
            yield name[0]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@cache
def _code() -> str:
    digest = blake2b(digest_size=16)
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and not _GENERATED & set(path.parts) and path.suffix != ".pyc":
            digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()
