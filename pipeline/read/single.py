"""Text and HTML files: each file is one document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.read.encoding import UndecodableError, decode
from pipeline.read.fields import Place, reject
from pipeline.read.streams import first_bytes
from pipeline.records import Document, MediaType, Rejection, identify

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from pipeline.config import InputConfig
    from pipeline.read.parts import Part


def text_document(
    chunks: Iterable[bytes], part: Part, config: InputConfig, _: Counter[str]
) -> Iterator[Document | Rejection]:
    """Read a plain text."""
    yield _document(chunks, part, config.max_bytes, "text/plain")


def html_document(
    chunks: Iterable[bytes], part: Part, config: InputConfig, _: Counter[str]
) -> Iterator[Document | Rejection]:
    """Read a page."""
    yield _document(chunks, part, config.max_bytes, "text/html")


def _document(
    chunks: Iterable[bytes], part: Part, max_bytes: int, media_type: MediaType
) -> Document | Rejection:
    payload = first_bytes(chunks, max_bytes + 1)
    place = Place(part.source, part.stem, payload[:2_000])
    if len(payload) > max_bytes:
        return reject(place, "too_large", f"more than input.max_bytes = {max_bytes:,} bytes")
    try:
        content = decode(payload, html=media_type == "text/html").text
    except UndecodableError as error:
        return reject(place, "undecodable", str(error), error)
    if not content.strip():
        return reject(place, "no_text", f"the file is empty ({len(payload):,} bytes)")
    return Document(
        id=identify(part.source, payload),
        record_id=part.stem,
        source=part.source,
        media_type=media_type,
        content=content,
    )
