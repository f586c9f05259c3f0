"""A server of objects on this machine, which speaks S3's protocol; moto is behind it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

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
