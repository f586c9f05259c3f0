"""Text and HTML files: each file is one document, which a sidecar may describe."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from pipeline.config import InputConfig
from pipeline.read.fields import Place, content_of, described, reject, renamed
from pipeline.read.parts import Part
from pipeline.read.streams import BrokenStreamError, first_bytes
from pipeline.records import Document, Rejection
from pipeline.storage import open_input

SIDECAR = ".json"
"""``a.txt.json`` holds fields of ``a.txt``, such as its url: an object, as in a record.

It may be a link only with ``input.follow_links: anywhere``."""
_MAX_SIDECAR_BYTES = 1_000_000


def text_document(
    chunks: Iterable[bytes], part: Part, config: InputConfig, _: Counter[str]
) -> Iterator[Document | Rejection]:
    """Read a plain text."""
    yield _document(chunks, part, config, html=False)


def html_document(
    chunks: Iterable[bytes], part: Part, config: InputConfig, _: Counter[str]
) -> Iterator[Document | Rejection]:
    """Read a page."""
    yield _document(chunks, part, config, html=True)


def _document(
    chunks: Iterable[bytes], part: Part, config: InputConfig, *, html: bool
) -> Document | Rejection:
    place, max_bytes = Place(part.source, part.stem), config.max_bytes
    try:
        payload = first_bytes(chunks, max_bytes + 1)
    except BrokenStreamError as error:
        return reject(place, "broken_compression", str(error), error)
    place = place._replace(head=payload[:2_000])
    if len(payload) > max_bytes:
        return reject(place, "too_large", f"more than input.max_bytes = {max_bytes:,} bytes")
    found = content_of(payload, place, html=html)
    if isinstance(found, Rejection):
        return found
    return described(found, payload, renamed(_sidecar(part, config), config.fields), place, config)


def _sidecar(part: Part, config: InputConfig) -> Mapping[str, object]:
    """Read the fields in the file's sidecar; nothing if there is none, or it is not an object."""
    with suppress(OSError, ValueError, RecursionError):
        follow = config.follow_links == "anywhere"
        with open_input(part.path + SIDECAR, follow_link=follow) as stream:
            fields = json.loads(stream.read(_MAX_SIDECAR_BYTES))
        if isinstance(fields, dict):
            return fields
    return {}
