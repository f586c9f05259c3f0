"""What holds for all tests."""

from __future__ import annotations

import signal
from uuid import uuid4

import pytest

# Some shells start what runs in the background with Ctrl-C or the hang-up of the terminal ignored,
# and so would every process that a test starts to see what they do.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_addoption(parser):
    """Add an option that lets the tests of object storage use another server."""
    parser.addoption("--store", default="moto", help="one of object_server.SERVERS")


@pytest.fixture(scope="session")
def bucket(request, tmp_path_factory):
    """A bucket of a store on this machine."""
    from object_server import serving  # noqa: PLC0415

    from pipeline.passes.reading import _guard  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("server")
    with serving(request.config.getoption("--store"), folder) as bucket:
        _guard.cache_clear()  # a helper process has the environment of its start
        yield bucket
    _guard.cache_clear()


@pytest.fixture
def store(bucket, tmp_path, monkeypatch):
    """An empty place in an object store."""
    monkeypatch.setenv("NEWSIEVE_CACHE", str(tmp_path / "cache"))
    return bucket / uuid4().hex
