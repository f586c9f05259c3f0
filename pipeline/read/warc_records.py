"""Chunks of a WARC file → records, good and broken.

warcio parses the headers. Records are delimited here, because warcio's reader does not continue
after a broken record and does not limit memory.
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

from pipeline.read.streams import BrokenStreamError, plain_chunks, zstd_chunks

BEGINS = b"WARC/"
MAX_HEAD_BYTES = 1 << 16
"""Limit for the headers of a record or an HTTP message."""

# Literal before look-behind: 70 times faster on gigabytes of zeros.
_BEGINNING = re.compile(rb"WARC/(?:(?<=\nWARC/)|(?<=\AWARC/))\d\.\d+\r?\n")
_BEGINNING_BYTES = 20
_NEWLINES = re.compile(rb"[\r\n]+")
_RECORD_END = b"\r\n\r\n"
HEAD_END = re.compile(rb"\r?\n\r?\n")
FOLD = re.compile(rb"\r?\n[ \t]+(?=\S)")
"""The start of a continuation line of a folded header."""
_PARSER = StatusAndHeadersParser(["WARC/"])
_MOVED_BYTES = 1 << 30
_MOVED_FREELY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """A record: its number in the file from 1, its block up to the limit, the full size in bytes.

    ``headers``: name in lower case → value; the first of repeated names.
    """

    number: int
    headers: dict[str, str]
    block: bytes
    size: int


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """A stretch of the file that is not a whole record, with its first bytes.

    ``reason``: ``broken_record``, or ``broken_compression`` if the gzip stream is damaged.
    """

    number: int
    reason: str
    detail: str
    head: bytes = b""


class _Malformed(ValueError):
    """No complete record begins here; the message says why."""


def warc_records(
    pieces: Iterable[bytes | Damage], limit: int
) -> Iterator[WarcRecord | BrokenRecord]:
    """Yield the records of a file, and a BrokenRecord for each that is not whole.

    *pieces* are chunks of the file: an empty one at the end of a gzip member, Damage where a member
    is broken. At most *limit* bytes of a block are kept.
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
            damage = window.skip_broken()
            if damage:
                yield BrokenRecord(number, "broken_compression", damage.detail, head)
            else:
                yield BrokenRecord(number, "broken_record", str(error), head)


def _record(window: _Window, number: int, limit: int) -> WarcRecord:
    # The parser takes quadratic time for folded lines.
    parsed = _PARSER.parse(BytesIO(FOLD.sub(b" ", window.take_head()))).headers
    headers = {name.lower(): value.strip() for name, value in reversed(parsed)}
    length = headers.get("content-length", "").strip()
    if not (length.isascii() and length.isdigit() and len(length) < 19):
        raise _Malformed(f"Content-Length is {length[:40]!r}" if length else "no Content-Length")
    size = int(length)
    block, taken = window.take_block(size, limit)
    if taken == size:
        # The checksum of a gzip member is checked only now; if it fails, the record is broken.
        whole, following = window.ends_cleanly()
        if whole:
            return WarcRecord(number, headers, block, size)
        problem = f"bytes that begin no record follow its {size:,} bytes: {following!r}"
    else:
        problem = f"it ends after {taken:,} of {size:,} bytes"
    if len(block) == taken:
        window.put_back(block)
    raise _Malformed(problem)


class _Window:
    """The bytes read ahead of the current position."""

    def __init__(self, pieces: Iterator[bytes | Damage]) -> None:
        self._pieces = pieces
        self.held = bytearray()
        self.damage: Damage | None = None
        """Follows the bytes held; nothing beyond it is read before ``skip_broken``."""
        self._member_ended = False
        self._skipped = b""
        self._allowance = _MOVED_BYTES

    def _fill(self) -> bool:
        """Read more; False at the end and before damage. Sets whether a member ended before."""
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

    def put_back(self, payload: bytes) -> None:
        """Put back *payload* from the first record on that begins in it.

        Many records that each claim everything that follows would move megabytes each: once the
        allowance is used up, the bytes stay with the record that claims them.
        """
        moved = len(payload) + len(self.held)
        if moved > _MOVED_FREELY_BYTES:
            self._allowance -= moved
        if self._allowance >= 0 and (found := _BEGINNING.search(payload)):
            self.held[:0] = payload[found.start() :]

    def skip_blank(self) -> bool:
        """Skip newlines; return whether any byte follows."""
        self._skipped = b""
        while True:
            blank = _NEWLINES.match(self.held)
            if blank:
                self._skipped += blank[0][:4]
                del self.held[: blank.end()]
            if self.held or not self._fill():
                return bool(self.held)

    def skip_broken(self) -> Damage | None:
        """Skip a broken record: to the next record, past damage, or to the end of the file.

        Returns the damage, if it is in the same member as the broken record.
        """
        crossed = False
        while not (found := _BEGINNING.search(self.held)):
            # The beginning of a record may span two chunks.
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
        """Take the headers of a record and the blank line after them."""
        searched = 0
        # Damaged gzip arrives byte by byte: do not search the same bytes again for each.
        while not (found := HEAD_END.search(self.held, max(0, searched - len(_RECORD_END)))):
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

    def take_block(self, size: int, limit: int) -> tuple[bytes, int]:
        """Take *size* bytes, or fewer if the file or the member ends before.

        Returns the first *limit* of them, and how many were taken.
        """
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
        return bytes(kept), taken

    def _begins_record(self) -> bool:
        while len(self.held) < len(BEGINS) and self._fill():
            pass
        return self.held.startswith(BEGINS)

    def ends_cleanly(self) -> tuple[bool, bytes]:
        """Check for a blank line, a record, or the end of a member or of the file; what follows."""
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

# A damaged member may run on into the next ones before an error occurs.
_LOOK_BACK_BYTES = 1 << 18

# Enough for a member's header and tables; file names in it are short.
_TRIAL_BYTES = 1 << 10


@dataclass(frozen=True, slots=True)
class Damage:
    """The end of a member that cannot be unpacked further, and what is wrong.

    ``truncated``: the file ends within the member; all its bytes have been yielded.
    """

    detail: str
    truncated: bool = False


class _Packed:
    """The packed bytes around the current position."""

    def __init__(self, stream: BinaryIO) -> None:
        self._chunks = plain_chunks(stream)
        self.held = b""
        self.at = 0
        self.start = 0
        """Start of the current member; negative if no longer held."""

    def more(self) -> bool:
        """Read on; False at the end of the file."""
        chunk = next(self._chunks, b"")
        dropped = max(0, self.at - _LOOK_BACK_BYTES)
        self.held = self.held[dropped:] + chunk
        self.at -= dropped
        self.start -= dropped
        return bool(chunk)

    def skip_zeros(self) -> bool:
        """Skip zeros, which pad tapes; return whether any byte follows."""
        while True:
            if found := _NO_ZERO.search(self.held, self.at):
                self.at = found.start()
                return True
            self.at = len(self.held)
            if not self.more():
                return False

    def find_member(self) -> None:
        """Go to the next member whose content begins with ``BEGINS``."""
        while True:
            found = self.held.find(_MAGIC, self.at)
            self.at = found if found >= 0 else max(self.at, len(self.held) - len(_MAGIC) + 1)
            if found < 0 or found + _TRIAL_BYTES > len(self.held):
                if self.more():
                    continue
                if found < 0:
                    self.at = len(self.held)
                    return
            if self._begins_record():
                return
            self.at += 1

    def _begins_record(self) -> bool:
        trial = self.held[self.at : self.at + _TRIAL_BYTES]
        try:
            return zlib.decompressobj(_GZIP).decompress(trial, len(BEGINS)) == BEGINS
        except zlib.error:
            return False


def gzip_members(stream: BinaryIO) -> Iterator[bytes | Damage]:
    """Yield the unpacked bytes of *stream*, an empty chunk at the end of each member, and damage.

    Zeros after a member are padding. After damage, it continues with the next member that
    begins with a record.
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
        packed.find_member()
    if not members:
        yield Damage("the gzip stream is empty", truncated=True)


def zstd_members(stream: BinaryIO) -> Iterator[bytes | Damage]:
    """Yield the unpacked bytes of *stream*; after damage, the rest is lost."""
    try:
        yield from zstd_chunks(stream)
    except BrokenStreamError as error:
        yield Damage(str(error))


def _member(packed: _Packed) -> Generator[bytes, None, Damage | None]:
    """Yield the bytes of the current member; return the damage that ended it, or None."""
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
        # At the end of a member, the unconsumed tail may still be that of the previous step.
        packed.at += len(fed)
        packed.at -= len(member.unused_data if member.eof else member.unconsumed_tail)
        if unpacked:
            yield unpacked
        if not fed and not member.eof:
            return Damage("the gzip stream ends early", truncated=True)
    return None


def _up_to_damage(member: zlib._Decompress, fed: bytes) -> Iterator[bytes]:
    """Yield the bytes before the damaged one: zlib drops the output of the failing step."""
    with suppress(zlib.error):
        for at in range(len(fed)):
            if unpacked := member.decompress(fed[at : at + 1]):
                yield unpacked
