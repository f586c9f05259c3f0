"""Text and HTML files: each file is one document, which a sidecar may describe."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from pipeline.config import InputConfig
from pipeline.read.fields import content_of, described, reject, renamed
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
    chunks: Iterable[bytes], part: Part, config: InputConfig, _: Counter[str], *, html: bool
) -> Iterator[Document | Rejection]:
    """Read a plain text, or a page."""
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
    known = renamed(_fields(sidecar_of(part.path, config)), config.fields)
    if facts := {name: known[name] for name in sorted(known.keys() - _ELSEWHERE)}:
        payload += b"\0" + json.dumps(facts).encode()
    yield described(found, payload, known, place, config)


def sidecar_of(path: str, config: InputConfig) -> bytes | None:
    """Read the sidecar of the file at *path*: its first megabyte; None if there is none."""
    with suppress(OSError):
        follow = config.follow_links == "anywhere"
        with open_input(path + SIDECAR, follow_link=follow) as stream:
            return stream.read(_MAX_SIDECAR_BYTES)
    return None


def _fields(sidecar: bytes | None) -> Mapping[str, object]:
    """Return the fields of a sidecar; nothing if it is not an object."""
    with suppress(ValueError, RecursionError):
        fields = json.loads(sidecar or b"{}")
        return fields if isinstance(fields, dict) else {}
    return {}
