"""What holds for all tests."""

from __future__ import annotations

import signal
from uuid import uuid4

import pytest

# Some shells start what runs in the background with Ctrl-C or the hang-up of the terminal ignored,
# and so would every process that a test starts to see what they do.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def object_endpoint():
    """A server of objects on this machine."""
    from object_server import ENVIRONMENT, make_buckets, object_server  # noqa: PLC0415

    from pipeline.passes.reading import _guard  # noqa: PLC0415

    with object_server() as endpoint, pytest.MonkeyPatch.context() as patched:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint}.items():
            patched.setenv(name, value)
        make_buckets(endpoint)
        _guard.cache_clear()  # a helper process has the environment of its start
        yield endpoint
    _guard.cache_clear()


@pytest.fixture
def store(object_endpoint, tmp_path, monkeypatch):  # noqa: ARG001
    """An empty place in an object store."""
    from pipeline.storage import StorePath  # noqa: PLC0415

    monkeypatch.setenv("NEWSIEVE_CACHE", str(tmp_path / "cache"))
    return StorePath.parse(f"s3://news/{uuid4().hex}")
