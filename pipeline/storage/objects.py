"""Objects in a store, by addresses such as s3://bucket/folder/name. Read ``StorePath``.

An object is written atomically. There are no folders: a "folder" is a common prefix of names.
Credentials, endpoint and region come from the environment, as obstore reads them.
"""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple, cast

from pipeline.errors import UsageError

SCHEMES = ("s3", "gs", "az")
"""Amazon S3 and compatible stores, Google Cloud Storage, Azure Blob Storage."""
_ADDRESS = re.compile(r"(?P<scheme>[a-z0-9]+)://(?P<bucket>[^/]+)/*(?P<key>.*)")
_HTTP = re.compile(r"https?://[^/]")
_ENDPOINTS = {"s3": "AWS_ENDPOINT_URL", "gs": "GOOGLE_BASE_URL", "az": "AZURE_STORAGE_ENDPOINT"}
"""Scheme → environment variable for a server other than the provider's."""
_PATIENT = {"max_retries": 10, "retry_timeout": timedelta(seconds=45)}
_HASTY = {"max_retries": 2, "retry_timeout": timedelta(seconds=8)}
"""How long a request is retried: during a run, and at its start, where a wrong address or missing
credentials should be reported soon."""
_BUFFER = 1 << 20


class Stat(NamedTuple):
    """What a store knows about an object: bytes, Unix time, and ETag, if any."""

    st_size: int
    st_mtime: float
    e_tag: str | None

    @property
    def version(self) -> str:
        """A text that changes when the content does."""
        return f"{self.st_size} {self.e_tag or self.st_mtime}"


@dataclass(frozen=True, slots=True, order=True)
class StorePath:
    """An address in an object store, with those parts of ``pathlib.Path`` that newsieve uses.

    It is not an ``os.PathLike``, so that no library opens it as a local file. Without the object
    that it *needs*, if any, nothing is written here or below.
    """

    scheme: str
    bucket: str
    key: str
    needs: StorePath | None = field(default=None, compare=False, repr=False)

    @classmethod
    def parse(cls, url: str) -> StorePath:
        """Parse a url; trailing slashes are ignored.

        >>> str(StorePath.parse("s3://news/output/") / "runs")
        's3://news/output/runs'
        """
        found = _ADDRESS.fullmatch(url)
        if found is None or found["scheme"] not in SCHEMES:
            raise UsageError(f"{url}: expected an address such as s3://bucket/folder")
        return cls(found["scheme"], found["bucket"], re.sub("/+", "/", found["key"]).strip("/"))

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}" + (f"/{self.key}" if self.key else "")

    def __truediv__(self, name: str) -> StorePath:
        return replace(self, key=f"{self.key}/{name}".strip("/"))

    @property
    def prefix(self) -> str | None:
        """The prefix of the names of all objects below; None for the whole bucket."""
        return f"{self.key}/" if self.key else None

    @property
    def name(self) -> str:
        """The part after the last slash."""
        return self.key.rpartition("/")[2]

    @property
    def parent(self) -> StorePath:
        """The address before the last slash."""
        return replace(self, key=self.key.rpartition("/")[0])

    def with_name(self, name: str) -> StorePath:
        """Return the address with another last part."""
        return self.parent / name

    def absolute(self) -> StorePath:
        """Return itself: an address does not depend on the current folder."""
        return self

    def relative_to(self, other: StorePath) -> PurePosixPath:
        """Return the path relative to *other*."""
        if not self.is_relative_to(other):
            raise ValueError(f"{self} is not below {other}")
        return PurePosixPath(self.key[len(other.key) :].strip("/"))

    def is_relative_to(self, other: StorePath) -> bool:
        """Whether it is *other*, or below it."""
        same = (self.scheme, self.bucket) == (other.scheme, other.bucket)
        return same and (not other.key or f"{self.key}/".startswith(f"{other.key}/"))

    def stat(self) -> Stat:
        """Ask the store about the object.

        Raises OSError if there is none, or the store does not reply.
        """
        with _errors_of(self):
            return _stat(_client(self).head(self.key))

    def exists(self) -> bool:
        """Whether there is an object of this name."""
        with suppress(FileNotFoundError):
            return self.stat() is not None
        return False

    is_file = exists

    def is_dir(self) -> bool:
        """Whether there is an object below this name."""
        return next(self.files(), None) is not None

    def files(self) -> Iterator[tuple[StorePath, Stat]]:
        """List the objects below, in the order of their names."""
        with _errors_of(self):
            for portion in _client(self).list(self.prefix):
                for each in portion:
                    yield replace(self, key=each["path"]), _stat(each)

    def iterdir(self) -> Iterator[StorePath]:
        """List the names one level below, including "folders"."""
        with _errors_of(self):
            found = _client(self).list_with_delimiter(self.prefix)
        names = [*found["common_prefixes"], *(each["path"] for each in found["objects"])]
        yield from (replace(self, key=name.strip("/")) for name in sorted(names))

    def glob(self, pattern: str) -> Iterator[StorePath]:
        """List the objects below whose names match *pattern*, part by part."""
        wanted = pattern.split("/")
        for path, _ in self.files():
            parts = path.relative_to(self).parts
            if len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted)):
                yield path

    def open(self, _mode: str = "rb", stat: Stat | None = None) -> BinaryIO:
        """Open the object for reading; if it changes while it is read, an ``OSError`` is raised.

        *stat* is its expected version, if known.
        """
        return cast("BinaryIO", io.BufferedReader(_Bytes(self, stat or self.stat()), _BUFFER))

    def read_bytes(self) -> bytes:
        """Read the whole object."""
        with _errors_of(self):
            return bytes(_client(self).get(self.key).bytes())

    def put(self, content: bytes | Path) -> Stat:
        """Write the object atomically; return its new stat, without the time.

        Raises OSError if what it ``needs`` is gone, or the store does not reply.
        """
        if self.needs and not self.needs.exists():
            raise FileNotFoundError(errno.ENOENT, "its run was ended by another command", str(self))
        with _errors_of(self):
            found = _client(self).put(self.key, content)
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        return Stat(size, 0, _quoted(found["e_tag"]))

    def create(self, content: bytes) -> None:
        """Write the object if it does not exist; of several writers, the store lets one win.

        Raises FileExistsError if it exists.
        """
        try:
            with _errors_of(self):
                _client(self).put(self.key, content, mode="create", use_multipart=False)
        except OSError as error:
            if error.errno != errno.ESTALE:  # Azure's error
                raise
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self)) from error

    def remove(self, paths: Sequence[StorePath]) -> None:
        """Delete objects of the same store; missing ones are ignored."""
        for start in range(0, len(paths), 1_000):
            portion = paths[start : start + 1_000]
            try:
                with _errors_of(self):
                    _client(self).delete([path.key for path in portion])
            except FileNotFoundError:  # Google and Azure raise it, and stop there
                for path in portion if len(portion) > 1 else ():
                    self.remove([path])


class _Bytes(io.RawIOBase):
    """The bytes of one version of an object, read by ranges."""

    def __init__(self, path: StorePath, stat: Stat) -> None:
        self._path, self.stat, self._place = path, stat, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self.stat.st_size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        stop = min(self.stat.st_size, self._place + len(buffer))
        count = max(0, stop - self._place)
        if count:
            wanted = {"range": (self._place, stop), "if_match": self.stat.e_tag}
            with _errors_of(self._path):
                found = _client(self._path).get(self._path.key, options=wanted)
                buffer[:count] = memoryview(found.bytes())
            self._place = stop
        return count


def version_of(stream: BinaryIO) -> str | None:
    """Return the version of the object that *stream* reads; None if it does not read an object."""
    stat: Stat | None = getattr(getattr(stream, "raw", None), "stat", None)
    return stat.version if stat else None


def check_store(path: StorePath) -> None:
    """Check within 30 seconds that the store of *path* replies and gives access.

    Raises UsageError if it does not.
    """
    try:
        with _errors_of(path):
            next(iter(_client(path, hasty=True).list(path.prefix, chunk_size=1)), None)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from None


def check_conditional_put(path: StorePath) -> None:
    """Check that the store supports conditional writes, which commits need.

    *path* is a name that nothing else uses; it is deleted afterwards. Raises UsageError if it
    does not, or it cannot be written to.
    """
    try:
        with suppress(FileExistsError):  # a put that was repeated because the reply was lost
            path.create(b"")
        try:
            path.create(b"")
        except FileExistsError:
            return
        finally:
            path.remove([path])
    except OSError as error:
        raise UsageError(f"output {path.parent}: cannot be written: {error.strerror}") from None
    raise UsageError(
        f"output {path.parent}: its store writes an object although there is one (it ignores "
        "If-None-Match): two runs could publish in the same place; name another store"
    )


def arrow_files(path: StorePath) -> Any:
    """Return the store of *path* as a file system for ``pyarrow.fs.FSSpecHandler``.

    Its names begin with the bucket.
    """
    from obstore.fsspec import FsspecStore  # noqa: PLC0415 - only where a store is named

    return FsspecStore(cast("Any", path.scheme), **_options(path.scheme))


def _stat(found: Any) -> Stat:
    return Stat(found["size"], found["last_modified"].timestamp(), _quoted(found["e_tag"]))


def _quoted(e_tag: str | None) -> str | None:
    """Return an ETag with quotes, which Azure's listings leave out."""
    return f'"{e_tag}"' if e_tag and not e_tag.endswith('"') else e_tag


def endpoint_of(scheme: str) -> str | None:
    """Return the address of a server other than the provider's, from the environment.

    Raises UsageError if it is not an address.
    """
    name = _ENDPOINTS[scheme]
    address = os.environ.get(name)
    if address is not None and not _HTTP.match(address):
        raise UsageError(f"{name}={address}: expected a url such as https://host; or leave it out")
    return address


def _client(path: StorePath, *, hasty: bool = False) -> Any:
    return _clients(path.scheme, path.bucket, endpoint_of(path.scheme), hasty)


@cache
def _clients(scheme: str, bucket: str, _endpoint: str | None, hasty: bool) -> Any:
    try:
        from obstore import store  # noqa: PLC0415 - optional: not needed for files on a disk
    except ImportError:
        raise UsageError(
            "object storage needs the package obstore; pip install 'newsieve[cloud]'"
        ) from None
    kinds = {"s3": store.S3Store, "gs": store.GCSStore, "az": store.AzureStore}
    return kinds[scheme](bucket, **_options(scheme, hasty=hasty))


def _options(scheme: str, *, hasty: bool = False) -> dict[str, Any]:
    limits = {"connect_timeout": "3s", "timeout": "8s" if hasty else "30s"}
    plain = (endpoint_of(scheme) or "").startswith("http://")  # a server without TLS
    retries = _HASTY if hasty else _PATIENT
    return {"client_options": limits | {"allow_http": plain}, "retry_config": retries}


@contextmanager
def _errors_of(path: StorePath) -> Iterator[None]:
    """Turn obstore's exceptions into ``OSError`` with number, address, and one line of text."""
    try:
        yield
    except (GeneratorExit, UsageError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise
        number, text = _meaning(type(error).__name__, str(error), path.scheme)
        where = f"{path.scheme}://{path.bucket}" if number in _OF_BUCKETS else str(path)
        raise OSError(number, text or os.strerror(number), where) from error


_OF_BUCKETS = {errno.ENODEV, errno.EACCES}
_MEANINGS: tuple[tuple[int, str, str], ...] = (
    (
        errno.ENODEV,
        "NoSuchBucket|ContainerNotFound|bucket does not exist",
        "no such bucket; create it, or name another",
    ),
    (errno.EACCES, r"169\.254\.169\.254|metadata|Account must be specified", "no credentials"),
    (
        errno.EACCES,
        "service account file|pem file|Invalid Access Key|Missing (SecretAccessKey|AccessKeyId)",
        "credentials that cannot be used: {}",
    ),
    (errno.EEXIST, "^(AlreadyExists|FileExists)Error", ""),
    (errno.ESTALE, "^(Precondition|NotModified)Error", "the object was changed in the meantime"),
    (
        errno.EACCES,
        "^(PermissionDenied|Unauthenticated|Permission)Error|403 Forbidden|401 Unauthorized",
        "access denied",
    ),
    (errno.ENOENT, "^(FileNotFound|NotFound)Error", ""),
    (errno.EIO, "HTTP error: error sending request", "no answer from {host}"),
)
"""Error number, pattern of obstore's error (class: text), our text; {}: obstore's line."""


def _meaning(kind: str, text: str, scheme: str) -> tuple[int, str]:
    whole = f"{kind}: {text}"
    found = ((n, message) for n, pattern, message in _MEANINGS if re.search(pattern, whole))
    number, message = next(found, (errno.EIO, "{}"))
    host = re.search(r"https?://([^/\s]+)", text)
    line = re.sub(r"^Generic \w+ error: ", "", text.partition("\n")[0]).rstrip("- ")
    message = message.format(line, host=host[1] if host else "the store")
    if number == errno.EACCES:
        code = re.search(r"<Code>(\w+)</Code>", text)
        message += f" ({code[1]})" if code else ""
        message += f"; set {_CREDENTIALS[scheme]} in the environment"
    return number, message


_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}


def is_url(path: str) -> bool:
    """Whether *path* is an address in an object store."""
    return path.partition("://")[0] in SCHEMES and "://" in path
