"""Files that are one document: plain text and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.read.encoding import UndecodableError, decode
from pipeline.read.fields import Place, reject
from pipeline.read.streams import plain_chunks
from pipeline.records import Document, MediaType, Rejection, identify

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from typing import BinaryIO

    from pipeline.config import InputConfig
    from pipeline.read.parts import Part


def read_text(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str], *, final: bool
) -> Iterator[Document | Rejection]:
    """Read a plain text."""
    del ignored, final
    yield _document(stream, part, config.max_bytes, "text/plain")


def read_html(
    stream: BinaryIO, part: Part, config: InputConfig, ignored: Counter[str], *, final: bool
) -> Iterator[Document | Rejection]:
    """Read a page."""
    del ignored, final
    yield _document(stream, part, config.max_bytes, "text/html")


def _document(
    stream: BinaryIO, part: Part, max_bytes: int, media_type: MediaType
) -> Document | Rejection:
    payload = b"".join(plain_chunks(stream, max_bytes + 1))

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
