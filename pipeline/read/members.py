"""A gzip file of many members → their bytes; a damaged member does not cost the next one.

Archives of the web are packed one record a member. After damage, reading goes on at the
next place that looks like a member and unpacks to the beginning of a record.
"""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.read.compression import plain_chunks

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import BinaryIO

_GZIP = zlib.MAX_WBITS | 16
_MAGIC = b"\x1f\x8b\x08"
_NO_ZERO = re.compile(rb"[^\0]")
_INPUT_BYTES = 1 << 14
_OUTPUT_BYTES = 1 << 16
# A damaged member may run on into the ones behind it before anything fails.
_LOOK_BACK_BYTES = 1 << 18
# Enough for a member's header and tables; names of files in it are short.
_TRIAL_BYTES = 1 << 10


@dataclass(frozen=True, slots=True)
class Damage:
    """A member that cannot be unpacked to its end; what it gave came before.

    Attributes:
        detail: what is wrong, for people.
        truncated: the file ends within it, and all that was there has been handed out.
    """

    detail: str
    truncated: bool = False


class _Packed:
    """The packed bytes around where reading stands."""

    def __init__(self, stream: BinaryIO) -> None:
        self._chunks = plain_chunks(stream)
        self.held = b""
        self.at = 0
        self.start = 0
        """Where the member begins; below zero when that is no longer held."""

    def more(self) -> bool:
        """Read on; False at the end of the file."""
        chunk = next(self._chunks, b"")
        dropped = max(0, self.at - _LOOK_BACK_BYTES)
        self.held = self.held[dropped:] + chunk
        self.at -= dropped
        self.start -= dropped
        return bool(chunk)

    def skip_zeros(self) -> bool:
        """Go to the next byte that is not zero: tapes are padded; False when there is none."""
        while True:
            if found := _NO_ZERO.search(self.held, self.at):
                self.at = found.start()
                return True
            self.at = len(self.held)
            if not self.more():
                return False

    def find_member(self, begins: bytes) -> None:
        """Go to the next member that unpacks to something that begins with *begins*."""
        while True:
            found = self.held.find(_MAGIC, self.at)
            self.at = found if found >= 0 else max(self.at, len(self.held) - len(_MAGIC) + 1)
            if found < 0 or found + _TRIAL_BYTES > len(self.held):
                if self.more():
                    continue
                if found < 0:
                    self.at = len(self.held)
                    return
            if self._unpacks_to(begins):
                return
            self.at += 1

    def _unpacks_to(self, begins: bytes) -> bool:
        trial = self.held[self.at : self.at + _TRIAL_BYTES]
        try:
            return zlib.decompressobj(_GZIP).decompress(trial, len(begins)) == begins
        except zlib.error:
            return False


def gzip_members(stream: BinaryIO, begins: bytes) -> Iterator[bytes | Damage]:
    """Yield the unpacked bytes of *stream*, an empty chunk where a member ends, and damage.

    Args:
        stream: gzip; zeros after a member are padding.
        begins: what members begin with that are looked for behind damage.
    """
    packed = _Packed(stream)
    members = 0
    while packed.skip_zeros():
        members += 1
        packed.start = packed.at
        damage = yield from _member(packed)
        if damage is None:
            yield b""
            continue
        yield damage
        packed.at = max(packed.start + 1, 0)
        packed.find_member(begins)
    if not members:
        yield Damage("the gzip stream is empty", truncated=True)


def _member(packed: _Packed) -> Generator[bytes, None, Damage | None]:
    """Yield the bytes of the member at hand, and return the damage that ended it, or None."""
    member = zlib.decompressobj(_GZIP)
    while not member.eof:
        fed = packed.held[packed.at : packed.at + _INPUT_BYTES]
        if not fed and packed.more():
            continue
        before = member.copy()
        try:
            unpacked = member.decompress(fed, _OUTPUT_BYTES) if fed else member.flush()
        except zlib.error as error:
            yield from _up_to_damage(before, fed)
            return Damage(f"damaged gzip: {error}")
        # At the end of a member the unconsumed tail may still be that of the step before.
        packed.at += len(fed)
        packed.at -= len(member.unused_data if member.eof else member.unconsumed_tail)
        if unpacked:
            yield unpacked
        if not fed and not member.eof:
            return Damage("the gzip stream ends early", truncated=True)
    return None


def _up_to_damage(member: zlib._Decompress, fed: bytes) -> Iterator[bytes]:
    """Yield what stands before the damaged byte: zlib drops all that the failing step gave."""
    with suppress(zlib.error):
        for at in range(len(fed)):
            if unpacked := member.decompress(fed[at : at + 1]):
                yield unpacked
