"""A server of objects on this machine, which speaks S3's protocol; moto is behind it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.ledger.history import committed_runs, read_manifest
from pipeline.storage import StorePath

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "us-east-1",
}
FORBIDDEN = "forbidden"
"""A bucket whose every request is answered as with a wrong key."""
CARELESS = "careless"
"""A bucket that writes an object although there is one, as servers do that know no conditions."""
BUCKETS = ("news", CARELESS)
_DENIED = b"<Error><Code>InvalidAccessKeyId</Code><Message>No such key id.</Message></Error>"


def _application() -> Callable[..., Any]:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415

    moto = DomainDispatcherApplication(create_backend_app)

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        bucket = environ["PATH_INFO"].split("/")[1]
        if bucket == FORBIDDEN:
            start("403 Forbidden", [("Content-Type", "application/xml")])
            return [_DENIED]
        if bucket == CARELESS:
            environ.pop("HTTP_IF_NONE_MATCH", None)
        return moto(environ, start)

    return answer


@contextmanager
def object_server() -> Iterator[str]:
    """Serve objects on this machine; yield the address."""
    from werkzeug.serving import make_server  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, _application(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_buckets(endpoint: str) -> None:
    """Make the buckets, with a request each that is signed as the protocol asks for."""
    import boto3  # noqa: PLC0415

    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    for bucket in BUCKETS:
        client.create_bucket(Bucket=bucket)
    client.close()


@contextmanager
def store_on_this_machine(work: Path) -> Iterator[None]:
    """Give this process, and those it starts, a store; each has copies of its own in *work*."""
    before = os.environ.copy()
    with object_server() as endpoint:
        os.environ |= {
            **ENVIRONMENT,
            "AWS_ENDPOINT_URL": endpoint,
            "NEWSIEVE_CACHE": str(work / "caches" / "%p"),
        }
        try:
            make_buckets(endpoint)
            yield
        finally:
            os.environ.clear()
            os.environ |= before


def fetch_runs(store: StorePath, folder: Path) -> None:
    """Copy the files of published runs from *store* to a folder that is laid out as on a disk."""
    for run in committed_runs(store):
        for file in read_manifest(run.folder)["files"]:
            target = folder / "runs" / run.run_id / file["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((run.folder / file["path"]).read_bytes())
