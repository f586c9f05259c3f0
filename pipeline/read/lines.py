"""Chunks of bytes → lines, none of which can fill the memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEAD_BYTES = 2_000
"""What is kept of a line that is too long: enough for an excerpt."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its newline.

    Attributes:
        payload: its bytes; the first 2,000 when it is longer than the limit.
        size: bytes it has in all, without the newline.
        ended: whether its newline was there.
    """

    payload: bytes
    size: int
    ended: bool


def lines(chunks: Iterable[bytes], limit: int) -> Iterator[Line]:
    r"""Cut *chunks* at ``\n``; of a line longer than *limit* bytes only the head is held.

    A file that ends in a newline has no further, empty line.

    >>> [line.payload for line in lines([b"a\nb", b"c\n\nd"], 100)]
    [b'a', b'bc', b'', b'd']
    """
    held = bytearray()
    size = 0
    for chunk in chunks:
        begin = 0
        while (end := chunk.find(b"\n", begin)) >= 0:
            size += end - begin
            held += chunk[begin : end if size <= limit else min(end, begin + _HEAD_BYTES)]
            yield _line(held, size, limit, ended=True)
            held, size, begin = bytearray(), 0, end + 1
        size += len(chunk) - begin
        held += chunk[begin:]
        if size > limit:
            del held[_HEAD_BYTES:]
    if size:
        yield _line(held, size, limit, ended=False)


def _line(held: bytearray, size: int, limit: int, *, ended: bool) -> Line:
    return Line(bytes(held if size <= limit else held[:_HEAD_BYTES]), size, ended)
