"""Bytes of a WARC file → its records, and what stands where a record should be.

Headers are parsed by warcio; where records begin and end is found here, because its
reader neither goes on behind a broken record nor bounds what one may hold in memory.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from warcio.statusandheaders import StatusAndHeadersParser

from pipeline.read.streams import plain_chunks

BEGINS = b"WARC/"

MAX_HEAD_BYTES = 1 << 16
"""Headers of a record, or of an HTTP message, are shorter than this."""

# The letters go before what must stand before them: a pattern that begins so skips the gigabytes
# of zeros in a bomb seventy times faster.
_BEGINNING = re.compile(rb"WARC/(?:(?<=\nWARC/)|(?<=\AWARC/))\d\.\d+\r?\n")

_BEGINNING_BYTES = 20

_NEWLINES = re.compile(rb"[\r\n]+")

_RECORD_END = b"\r\n\r\n"

_HEAD_END = re.compile(rb"\r?\n\r?\n")

_PARSER = StatusAndHeadersParser(["WARC/"])

_MOVED_BYTES = 1 << 30

_MOVED_FREELY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """A record as it stands in the file.

    Attributes:
        number: of the record in its file, from 1; broken ones count.
        headers: name in lower case → value; of a name that occurs twice, the first.
        block: what follows the headers, up to the limit.
        size: bytes that the block has in all.
    """

    number: int
    headers: dict[str, str]
    block: bytes
    size: int


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """A stretch of the file that is no whole record.

    Attributes:
        reason: ``broken_record``, or ``broken_compression`` when the gzip stream is at fault.
        head: how it begins.
    """

    number: int
    reason: str
    detail: str
    head: bytes = b""


class _Malformed(ValueError):
    """What stands here is no record; the message says why."""


def warc_records(
    pieces: Iterable[bytes | Damage], limit: int
) -> Iterator[WarcRecord | BrokenRecord]:
    """Yield the records of *pieces*, and one BrokenRecord for each that is none.

    Args:
        pieces: chunks of the file; an empty one where a gzip member ends, Damage where
            one is broken.
        limit: bytes of a block that are kept.
    """
    window = _Window(iter(pieces))
    number = 0
    while window.skip_blank() or window.damage or not number:
        number += 1
        head = bytes(window.held[:2_000])
        if not window.held and not window.damage:
            yield BrokenRecord(number, "broken_record", "the file is empty")
            return
        try:
            yield _record(window, number, limit)
        except _Malformed as error:
            damage = window.leave()
            if damage:
                yield BrokenRecord(number, "broken_compression", damage.detail, head)
            else:
                yield BrokenRecord(number, "broken_record", str(error), head)


def _record(window: _Window, number: int, limit: int) -> WarcRecord:
    headers = _headers(window.take_head())
    length = headers.get("content-length", "").strip()
    if not (length.isascii() and length.isdigit() and len(length) < 19):
        raise _Malformed(f"Content-Length is {length[:40]!r}" if length else "no Content-Length")
    size = int(length)
    block = window.take_block(size, limit)
    if block.size == size:
        # Only now is the sum of a gzip member checked; its record is none if it fails.
        whole, following = window.ends_well()
        if whole:
            return WarcRecord(number, headers, block.kept, size)
        problem = f"bytes that begin no record follow its {size:,} bytes: {following!r}"
    else:
        problem = f"it ends after {block.size:,} of {size:,} bytes"
    if len(block.kept) == block.size:
        window.give_back(block.kept)
    raise _Malformed(problem)


def _headers(head: bytes) -> dict[str, str]:
    parsed = _PARSER.parse(BytesIO(head)).headers
    return {name.lower(): value.strip() for name, value in reversed(parsed)}


@dataclass(frozen=True, slots=True)
class _Block:
    kept: bytes
    size: int


class _Window:
    """The bytes that are read ahead of where the reader stands."""

    def __init__(self, pieces: Iterator[bytes | Damage]) -> None:
        self._pieces = pieces
        self.held = bytearray()
        self.damage: Damage | None = None
        """What stands behind the bytes held; nothing is read past it before ``leave``."""
        self._member_ended = False
        self._skipped = b""
        self._allowance = _MOVED_BYTES

    def _fill(self) -> bool:
        """Hold more; False at the end and before damage. Tells whether a member ended before."""
        self._member_ended = False
        while self.damage is None:
            piece = next(self._pieces, None)
            if isinstance(piece, Damage):
                self.damage = piece
            elif piece:
                self.held += piece
                return True
            elif piece is None:
                return False
            else:
                self._member_ended = True
        return False

    def give_back(self, payload: bytes) -> None:
        """Put *payload* before what is held, from the first record on that begins in it.

        Records without end, each of which claims all that follow, would have megabytes moved for
        each of them: what is behind the allowance stays with the record that claims it.
        """
        moved = len(payload) + len(self.held)
        if moved > _MOVED_FREELY_BYTES:
            self._allowance -= moved
        if self._allowance >= 0 and (found := _BEGINNING.search(payload)):
            self.held[:0] = payload[found.start() :]

    def skip_blank(self) -> bool:
        """Go to the next byte that is no newline; False when there is none."""
        self._skipped = b""
        while True:
            blank = _NEWLINES.match(self.held)
            if blank:
                self._skipped += blank[0][:4]
                del self.held[: blank.end()]
            if self.held or not self._fill():
                return bool(self.held)

    def leave(self) -> Damage | None:
        """Leave a broken record: go to where the next one begins, to the end, or behind damage.

        Returns:
            the damage, if it lies in the member that the broken record is in.
        """
        crossed = False
        while not (found := _BEGINNING.search(self.held)):
            # A beginning may be cut between two chunks; what stands before it is kept with it.
            del self.held[: max(0, len(self.held) - _BEGINNING_BYTES)]
            if self._fill():
                crossed |= self._member_ended
                continue
            self.held.clear()
            if crossed or self._member_ended:
                return None
            damage, self.damage = self.damage, None
            return damage
        del self.held[: found.start()]
        return None

    def take_head(self) -> bytes:
        """Take the headers of a record and the blank line behind them."""
        searched = 0
        # Damaged gzip comes byte by byte: what was searched is not searched again for each.
        while not (found := _HEAD_END.search(self.held, max(0, searched - len(_RECORD_END)))):
            searched = len(self.held)
            if len(self.held) > MAX_HEAD_BYTES or not self._fill():
                break
        end = found.end() if found else len(self.held)
        head = bytes(self.held[:end])
        if not head.startswith(BEGINS):
            raise _Malformed("no record begins here")
        if next_record := _BEGINNING.search(self.held[1:end]):
            del self.held[: next_record.start() + 1]
            raise _Malformed("its headers end in another record")
        del self.held[: end if found else len(BEGINS)]
        if not found or len(head) > MAX_HEAD_BYTES:
            raise _Malformed(f"its headers do not end within {min(end, MAX_HEAD_BYTES):,} bytes")
        return head

    def take_block(self, size: int, limit: int) -> _Block:
        """Take *size* bytes and keep *limit*; fewer where the file, or a member, ends before."""
        kept = bytearray()
        taken = 0
        while taken < size:
            if not self.held:
                if not self._fill():
                    break
                if self._member_ended and self._begins_record():
                    break
            used = min(len(self.held), size - taken)
            kept += self.held[: min(used, max(0, limit - taken))]
            del self.held[:used]
            taken += used
        return _Block(bytes(kept), taken)

    def _begins_record(self) -> bool:
        while len(self.held) < len(BEGINS) and self._fill():
            pass
        return self.held.startswith(BEGINS)

    def ends_well(self) -> tuple[bool, bytes]:
        """Say whether what follows is a blank line, a record, the end of a member or the file."""
        self._member_ended = False
        if not self.skip_blank():
            return self._unharmed(), b""
        if self._member_ended or self._begins_record():
            return True, b""
        following = bytes(self.held[:20])
        if self._skipped != _RECORD_END:
            return False, following
        while not self._member_ended and len(self.held) < MAX_HEAD_BYTES and self._fill():
            pass
        return self._unharmed(), following

    def _unharmed(self) -> bool:
        damaged = self.damage is not None and not self.damage.truncated
        return self._member_ended or not damaged


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
