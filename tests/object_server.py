"""Servers of objects on this machine, for tests: each answers on loopback only.

``moto`` is a mock of S3 in Python. ``moto-gs`` lets it answer as Google's store does, whose
protocol differs in the words of a condition: emulators of that store that come in packages do not
know the requests that obstore writes objects with. ``campaigns.engine_parts`` gets the others:
``versitygw``, a real S3 server over a folder, and ``azurite``, Microsoft's emulator of Azure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from pipeline.ledger.history import committed_runs, read_manifest
from pipeline.storage.objects import StorePath
from tests.campaigns import engine_parts

FORBIDDEN = "forbidden"
"""A bucket whose every request moto answers as with a wrong key."""
CARELESS = "careless"
"""A bucket in which moto writes an object although there is one, as servers without conditional put
do."""
_DENIED = b"<Error><Code>InvalidAccessKeyId</Code><Message>No such key id.</Message></Error>"
_SIGNED = (
    "AWS4-HMAC-SHA256 Credential=newsieve/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=none"
)
_ACCOUNT, _KEY = "newsieve", base64.b64encode(b"a key of tests, of any length").decode()


def _application() -> Callable[..., Any]:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415

    moto = DomainDispatcherApplication(create_backend_app)

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        bucket = environ["PATH_INFO"].split("/")[1]
        if bucket == FORBIDDEN:
            start("403 Forbidden", [("Content-Type", "application/xml")])
            return [_DENIED]
        if environ.pop("HTTP_X_GOOG_IF_GENERATION_MATCH", "") == "0":  # as Google words it
            environ["HTTP_IF_NONE_MATCH"] = "*"
        if not environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4"):
            environ["HTTP_AUTHORIZATION"] = _SIGNED
        if bucket == CARELESS:
            environ.pop("HTTP_IF_NONE_MATCH", None)
        return moto(environ, start)

    return answer


@contextmanager
def _moto(_work: Path) -> Iterator[dict[str, str]]:
    from werkzeug.serving import make_server  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, _application(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield _s3(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _s3(endpoint: str) -> dict[str, str]:
    """Make the buckets, with a request each that is signed as the protocol asks for."""
    import boto3  # noqa: PLC0415

    environment = {"AWS_ACCESS_KEY_ID": "newsieve", "AWS_SECRET_ACCESS_KEY": _KEY}
    environment |= {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint}
    session = boto3.Session(
        environment["AWS_ACCESS_KEY_ID"], _KEY, region_name=environment["AWS_REGION"]
    )
    client = session.client("s3", endpoint_url=endpoint)
    for bucket in ("news", CARELESS):
        client.create_bucket(Bucket=bucket)
    client.close()
    return environment


@contextmanager
def _versitygw(work: Path, *options: str) -> Iterator[dict[str, str]]:
    (work / "objects").mkdir(exist_ok=True)
    credentials = {"ROOT_ACCESS_KEY": "newsieve", "ROOT_SECRET_KEY": _KEY}
    serve = ("--quiet", "--port", "127.0.0.1:{port}", "posix", *options, str(work / "objects"))
    with _program("versitygw", serve, work, credentials) as port:
        yield _s3(f"http://127.0.0.1:{port}")


@contextmanager
def _careless_versitygw(work: Path) -> Iterator[dict[str, str]]:
    """The same server in the mode in which it knows no conditions."""
    with _versitygw(work, "--nometa") as environment:
        yield environment


@contextmanager
def _moto_for_google(work: Path) -> Iterator[dict[str, str]]:
    with _moto(work) as environment:
        key = {"disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}
        (work / "key.json").write_text(json.dumps(key), encoding="utf-8")
        yield {
            "GOOGLE_SERVICE_ACCOUNT": str(work / "key.json"),
            "GOOGLE_BASE_URL": environment["AWS_ENDPOINT_URL"],
        }


@contextmanager
def _azurite(work: Path) -> Iterator[dict[str, str]]:
    serve = ("--silent", "--blobPort", "{port}", "--inMemoryPersistence", "--disableTelemetry")
    account = {"AZURITE_ACCOUNTS": f"{_ACCOUNT}:{_KEY}"}
    with _program("azurite", (*serve, "--skipApiVersionCheck"), work, account) as port:
        endpoint = f"http://127.0.0.1:{port}/{_ACCOUNT}"
        date, version = formatdate(usegmt=True), "2021-08-06"
        resource = f"/{_ACCOUNT}/{_ACCOUNT}/news\nrestype:container"
        lines = ["PUT", *[""] * 11, f"x-ms-date:{date}", f"x-ms-version:{version}", resource]
        lines[5] = content = "application/octet-stream"
        signed = "\n".join(lines)
        mark = hmac.new(base64.b64decode(_KEY), signed.encode(), hashlib.sha256).digest()
        headers = {"x-ms-date": date, "x-ms-version": version, "Content-Type": content}
        headers["Authorization"] = f"SharedKey {_ACCOUNT}:{base64.b64encode(mark).decode()}"
        _ask("PUT", f"{endpoint}/news?restype=container", b"", **headers)
        yield {
            "AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": _KEY,
            "AZURE_STORAGE_ENDPOINT": endpoint,
        }


SERVERS = {
    "moto": ("s3", _moto),
    "versitygw": ("s3", _versitygw),
    "versitygw-nometa": ("s3", _careless_versitygw),
    "moto-gs": ("gs", _moto_for_google),
    "azurite": ("az", _azurite),
}
"""Name → the scheme of its addresses, and what serves it and gives the environment."""
S3 = "versitygw" if engine_parts.there("versitygw") else "moto"
"""The S3 server of campaigns that name none: the real one, where it has been built."""


def _ask(method: str, url: str, content: bytes, **headers: str) -> None:
    request = Request(url, data=content, method=method, headers=headers)
    try:
        with urlopen(request, timeout=10):
            pass
    except HTTPError as error:
        raise RuntimeError(f"{url}: {error}: {error.read()[:500]!r}") from error


@contextmanager
def _program(
    name: str, options: tuple[str, ...], work: Path, environment: dict[str, str] | None = None
) -> Iterator[int]:
    """Run a server of *name*; yield the port that it answers on."""
    if not engine_parts.there(name):
        sys.exit(f"{name} is not there: make engines ENGINES={name}")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [engine_parts.program(name), *(each.format(port=port) for each in options)]
    log = (work / f"{name}.log").open("wb")
    process = subprocess.Popen(
        command, cwd=work, env=os.environ | (environment or {}), stdout=log, stderr=log
    )
    try:
        for _ in range(300):
            time.sleep(0.1)
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None:
                    sys.exit(f"{name}: {(work / f'{name}.log').read_text()[-2_000:]}")
        yield port
    finally:
        process.terminate()
        process.wait()
        log.close()


@contextmanager
def serving(kind: str, work: Path) -> Iterator[StorePath]:
    """Give this process, and those it starts, a store; yield its bucket.

    Args:
        kind: one of ``SERVERS``.
        work: a folder for what the server keeps.
    """
    scheme, serve = SERVERS[kind]
    before = os.environ.copy()
    with serve(work) as environment:
        os.environ |= environment
        try:
            yield StorePath.parse(f"{scheme}://news")
        finally:
            os.environ.clear()
            os.environ |= before


@contextmanager
def store_on_this_machine(work: Path, kind: str = "moto") -> Iterator[StorePath]:
    """The same; each process has copies of its own in *work*, as on machines without a disk."""
    with serving(kind, work) as store:
        os.environ["NEWSIEVE_CACHE"] = str(work / "caches" / "%p")
        yield store


def fetch_runs(store: StorePath, folder: Path) -> None:
    """Copy the files of published runs from *store* to a folder that is laid out as on a disk."""
    for run in committed_runs(store):
        for file in read_manifest(run.folder)["files"]:
            target = folder / "runs" / run.run_id / file["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((run.folder / file["path"]).read_bytes())
