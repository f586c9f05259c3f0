"""Text and HTML files: each file is one document, which a sidecar may describe."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from errno import ENAMETOOLONG

from pipeline.config import InputConfig
from pipeline.read.fields import content_of, count_name, described, reject, renamed
from pipeline.read.parts import Part, place_in
from pipeline.read.streams import BrokenStreamError, first_bytes
from pipeline.records import Document, Rejection
from pipeline.storage import open_input

SIDECAR = ".json"
"""``a.txt.json`` holds fields of ``a.txt``, such as its url: an object, as in a record.

It may be a link only with ``input.follow_links: anywhere``."""
_MAX_SIDECAR_BYTES = 1_000_000
_ELSEWHERE = {"text", "html", "id", "url", "fetched_at"}
"""Fields that are not part of an id: content, what names its place, and when it was read."""


def single_document(
    chunks: Iterable[bytes], part: Part, config: InputConfig, ignored: Counter[str], *, html: bool
) -> Iterator[Document | Rejection]:
    """Read a plain text, or a page. A sidecar that cannot be read is a flag, and counted."""
    place, max_bytes = place_in(part), config.max_bytes
    try:
        payload = first_bytes(chunks, max_bytes + 1)
    except BrokenStreamError as error:
        yield reject(place, "broken_compression", str(error), error)
        return
    place = place._replace(head=payload[:2_000])
    if len(payload) > max_bytes:
        yield reject(place, "too_large", f"more than input.max_bytes = {max_bytes:,} bytes")
        return
    found = content_of(payload, place, html=html)
    if isinstance(found, Rejection):
        yield found
        return
    fields = _fields(sidecar_of(part.path, config))
    if fields is None:
        count_name("sidecar:unreadable", ignored)
        found = found._replace(flags=(*found.flags, "sidecar_unreadable"))
    known = renamed(fields or {}, config.fields)
    if facts := {name: known[name] for name in sorted(known.keys() - _ELSEWHERE)}:
        payload += b"\0" + json.dumps(facts).encode()
    yield described(found, payload, known, place, config)


def sidecar_of(path: str, config: InputConfig) -> bytes | None:
    """Read the sidecar of the file at *path*: its first megabyte.

    None if there is none; nothing (b"") if it may not be read, or is a link that is not followed.
    """
    follow = config.follow_links == "anywhere"
    try:
        with open_input(path + SIDECAR, follow_link=follow) as stream:
            return stream.read(_MAX_SIDECAR_BYTES)
    except (FileNotFoundError, IsADirectoryError):
        return None
    except OSError as error:
        return None if error.errno == ENAMETOOLONG else b""


def _fields(sidecar: bytes | None) -> Mapping[str, object] | None:
    """Return the fields of a sidecar; None if it is not an object, such as one half written."""
    if sidecar is None:
        return {}
    with suppress(ValueError, RecursionError):
        fields = json.loads(sidecar)
        return fields if isinstance(fields, dict) else None
    return None
