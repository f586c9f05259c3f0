"""Bytes → text in any encoding, or the reason why they are not text. See ``decode``.

The first that fits, in this order:

    byte order mark · ISO-2022-JP escapes · UTF-16 without a mark · binary data is refused ·
    UTF-8 · the charset declared by HTTP, then by the page ·
    UTF-8 with a few damaged bytes · windows-1252 or ISO 8859-15, if it reads like western
    text · statistical detection · text with a few bad bytes

UTF-8 comes before the declared charset: text in another encoding is almost never valid UTF-8,
while pages that declare iso-8859-1 but are UTF-8 are common. Only UTF-16 declared by HTTP comes
before it. Mojibake that is already in the text stays.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from charset_normalizer import from_bytes
from resiliparse.parse.encoding import map_encoding_to_html5


class UndecodableError(ValueError):
    """The bytes are not text; the message says what they look like."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text without byte order mark, and the Python codec that decoded it."""

    text: str
    encoding: str


_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that one's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_MAGIC = {
    b"PK\x03\x04": "a zip archive or an office document",
    b"%PDF-": "a PDF",
    b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\xd0\xcf\x11\xe0": "an old office document",
    b"{\\rtf": "an RTF document",
    b"\x7fELF": "a program",
    b"PAR1": "Parquet",
    b"SQLite format 3\x00": "an SQLite database",
}

# Control bytes that text does not contain in ASCII-compatible encodings; tab, line breaks of all
# kinds and escape may occur.
_CONTROLS = bytes([*range(9), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F])
_LAYOUT = "\t\n\v\f\r\x85\u2028\u2029"
"""A tab and the line breaks: word processors and databases write more than line feeds."""

_DECLARED = re.compile(
    rb"""<meta\b[^>]{0,500}?\bcharset\s*=\s*["']?\s*([-\w.:]+)"""
    rb"""|^\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([-\w.:]+)""",
    re.IGNORECASE,
)

_PRESCAN_BYTES = 2048
_WIDE_SAMPLE_BYTES = 4_000
_WIDE = {"utf-16": "utf-16-le", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}

# Charsets that were tried before, and Python codecs that are not charsets.
_NO_CHARSETS = ("utf", "idna", "punycode", "unicode", "raw", "undefined")
_SAMPLE_BYTES = 8_000

_PLAUSIBLE = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("iso8859_2", "iso8859_5", "iso8859_7", "koi8_r", "cp866", "mac_roman", "tis_620"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
"""Encodings used for news; without a list, the detector also answers with EBCDIC and the like."""


def decode(
    payload: bytes,
    *,
    html: bool,
    declared: str | None = None,
    detect: Callable[[bytes], Decoded | None] | None = None,
) -> Decoded:
    """Decode *payload*, a whole file; the same bytes always give the same text.

    Of *html*, a charset declared in the first 2,048 bytes counts; one *declared* outside the bytes,
    such as by HTTP, takes precedence. *detect* is a cheaper replacement for ``detected``. Raises
    UndecodableError if the bytes are binary, or no encoding fits.
    """
    if marked := _marked(payload):
        return marked
    if b"\x1b$" in payload and (japanese := _strictly(payload, "iso2022_jp_2")):
        return japanese
    if wide := _unmarked_utf16(payload) or _declared_utf16(payload, declared):
        return wide
    _refuse_binary(payload)
    if unicode := _strictly(payload, "utf-8"):
        return unicode
    for label in (declared, _label_within(payload) if html else None):
        if label and (labelled := by_label(payload, label)):
            return labelled
    mostly_ascii = partial(_leniently, encoding="utf-8", most=0.1)
    for guess in (_damaged_utf8, _western, detect or detected, mostly_ascii):
        if guessed := guess(payload):
            return guessed
    raise UndecodableError("no encoding fits the bytes")


def _strictly(payload: bytes, encoding: str) -> Decoded | None:
    try:
        return Decoded(payload.decode(encoding), encoding)
    except UnicodeError:
        return None


def _marked(payload: bytes) -> Decoded | None:
    """Decode by byte order mark; a file cut within a character loses only that one."""
    for mark, encoding in _MARKS:
        if payload.startswith(mark):
            body = payload[len(mark) :]
            decoded = _strictly(body, encoding)
            if decoded is None and len(body) > 1:
                decoded = _leniently(body, encoding, 0.05)
            if decoded is not None:
                return decoded
    return None


def _leniently(payload: bytes, encoding: str, most: float) -> Decoded | None:
    """Decode if at most this share of the characters is undecodable: they become U+FFFD."""
    text = payload.decode(encoding, "replace")
    return Decoded(text, encoding) if text.count("\ufffd") <= most * max(1, len(text)) else None


def _unmarked_utf16(payload: bytes) -> Decoded | None:
    """Decode UTF-16 without a mark, in any script: its spaces and line breaks have a zero byte."""
    head = payload[: _WIDE_SAMPLE_BYTES // 2 * 2]
    if len(head) < 4 or b"\0" not in head:
        return None
    scores = {encoding: _plausibility(head, encoding) for encoding in ("utf-16-le", "utf-16-be")}
    encoding = max(scores, key=lambda name: scores[name])
    if scores[encoding] < 0.9:
        return None
    return _strictly(payload[: len(payload) // 2 * 2], encoding)


def _plausibility(head: bytes, encoding: str) -> float:
    """Return the share of *head* that reads as text in at most a few scripts.

    Decoded in the wrong byte order, or from other bytes, characters come from all over Unicode;
    a text has most of its characters in ASCII and two or three blocks of 256, or is Chinese or
    Korean, whose characters are next to others of the same script.
    """
    text = head.decode(encoding, "replace")
    blocks = Counter(_block(char) for char in text if char.isprintable() or char in _LAYOUT)
    del blocks[None]
    if "\0" in text or not any(char in text for char in " .。،।" + _LAYOUT):
        return 0
    return sum(count for _, count in blocks.most_common(4)) / max(1, len(text))


def _block(char: str) -> str | int | None:
    """Return the script of *char*, roughly: CJK, Hangul, or a block of 256; None if unassigned."""
    code = ord(char)
    if 0x3000 <= code < 0x3100 or 0x4E00 <= code < 0xA000 or 0xFF00 <= code < 0xFFF0:
        return "CJK"
    if 0xAC00 <= code < 0xD7A4:
        return "Hangul"
    return None if char == "\ufffd" or 0x3400 <= code < 0x4E00 else code >> 8


def _refuse_binary(payload: bytes) -> None:
    for magic, name in _MAGIC.items():
        if payload.startswith(magic):
            raise UndecodableError(f"the bytes look like {name}")
    controls = len(payload) - len(payload.translate(None, _CONTROLS))
    if controls > 1 + len(payload) // 100:
        raise UndecodableError(
            f"{controls:,} of {len(payload):,} bytes are control characters; 1 in 100 at most"
        )


def _label_within(payload: bytes) -> str | None:
    found = _DECLARED.search(payload[:_PRESCAN_BYTES])
    return (found[1] or found[2]).decode("ascii", "replace") if found else None


def _declared_utf16(payload: bytes, label: str | None) -> Decoded | None:
    """Decode UTF-16 in any script; HTTP can declare it, the page itself cannot."""
    encoding = _WIDE.get((label or "").lower())
    decoded = _strictly(payload, encoding) if encoding else None
    # UTF-8 decoded as UTF-16 gives random Chinese without spaces or full stops.
    if decoded and re.search("[ .\n\u3002]", decoded.text):
        return decoded
    return None


def by_label(payload: bytes, label: str) -> Decoded | None:
    """Decode by the named charset, if all but a few bytes are valid in it."""
    label = label.lower()
    try:
        known = map_encoding_to_html5(label, fallback_utf8=False) or label
        encoding = WIDER.get(known, known)
        if codecs.lookup(encoding).name.startswith(_NO_CHARSETS):
            return None
        return _leniently(payload, encoding, 0.01)
    except (LookupError, UnicodeError):
        return None


def _damaged_utf8(payload: bytes) -> Decoded | None:
    """Decode UTF-8 with lost bytes: at most one error per four good characters."""
    text = payload.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    return Decoded(text, "utf-8") if good >= 4 * bad else None


# Runs of windows-1252 letters that western languages do not have, or symbols within words:
# signs of Central European, Turkish or Baltic text (which share most codes), or of Cyrillic,
# Greek or Asian text (which has almost only high bytes).
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_LETTERS = re.compile(rb"[\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xd6\xd8-\xf6\xf8-\xff]")

_STRANGE = re.compile(
    rb"[\x80-\xff]{4,}"
    rb"|(?<=[A-Za-z\xc0-\xff])[\xa1\xa3\xa5\xa6\xaa-\xac\xaf\xb1\xb3\xb5\xb6\xb9\xba\xbc-\xbf]"
    rb"(?=[a-z\xc0-\xff])"
    rb"|(?<![Mmkc])[\xb2\xb3\xb9](?=[\s,.])"  # Polish; not m², km³
    rb"|[\xa3\xbf\xaf][a-z]"  # Polish at the beginning of a word; Spanish goes on in capitals
    rb"|[\xec\xf8\xf9](?=[a-z])(?![rsnldt])"  # Czech; Italian ì, ù end a word
    rb"|\xf5(?!e)|\xfb(?![rtcl\s'])"  # Hungarian; Portuguese õe, French û
    rb"|[\xd0\xdd\xde\xf0\xfd\xfe]"  # Turkish, Romanian, Czech; in windows-1252 Icelandic only
    rb"|\xe3(?![eosn\s,.rti])"  # Romanian; Portuguese ã
)

# ISO 8859-15 has the euro sign, Œ, œ, š, ž and Ÿ where windows-1252 has ¤ ¼ ½ ¨ ¸ ¾.
_LATIN_9 = re.compile(rb"\xa4|(?<![\w\x80-\xff])\xbc[a-z]|[A-Za-z][\xa8\xb8\xbd][a-z]")
_LATIN_9_BYTES = b"\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe"


def _western(payload: bytes) -> Decoded | None:
    """Decode windows-1252 or ISO 8859-15, if high bytes are few and plausible."""
    latin_9 = not re.search(rb"[\x80-\x9f]", payload) and _LATIN_9.search(payload)
    judged = payload.translate(None, _LATIN_9_BYTES) if latin_9 else payload
    high = len(_HIGH.findall(judged))
    letters = len(_HIGH_LETTERS.findall(judged))
    strange = sum(len(found) for found in _STRANGE.findall(judged))
    if letters * 4 > len(payload) or strange * 10 > high:
        return None
    return _strictly(payload, "iso8859_15" if latin_9 else "cp1252")


def detected(payload: bytes) -> Decoded | None:
    """Decode by the encoding that charset-normalizer rates best: least chaos, then coherence.

    Each encoding is tried alone: in one call, it skips those similar to one that failed.
    """
    sample = _sample(payload)
    found = []
    for rank, encoding in enumerate(_PLAUSIBLE):
        match = from_bytes(sample, cp_isolation=[encoding], enable_fallback=False).best()
        if match is not None:
            found.append((round(match.chaos, 2), -match.coherence, rank))
    decoded = (_leniently(payload, _PLAUSIBLE[rank], 0.01) for _, _, rank in sorted(found))
    return next(filter(None, decoded), None)


def _sample(payload: bytes) -> bytes:
    """Return up to 8,000 bytes of the lines that are not ASCII."""
    not_ascii = [line for line in payload.splitlines() if not line.isascii()]
    sample = b"\n".join(not_ascii)
    if len(sample) <= _SAMPLE_BYTES:
        return sample
    # These bytes are never the second byte of a character, so no character is split.
    cut = max(sample.rfind(bytes([byte]), 0, _SAMPLE_BYTES) for byte in b"\n\r ,.<>")
    return sample[: cut if cut > 0 else _SAMPLE_BYTES]


WIDER = {
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gbk": "gb18030",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ukrainian": "mac_cyrillic",
}
"""Codecs of the labels of the WHATWG's standard → the superset that it means."""

MOST_DETECTED = 1_000
"""Lines per file whose encoding is detected statistically; then only encodings found so far."""


class LineDecoder:
    """Decodes the lines of a file in *encoding*, some of which may be in another."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._detections = 0
        self._found = Counter[str]()

    def __call__(self, payload: bytes) -> str:
        """Decode a line; U+0000 becomes U+FFFD.

        Raises UndecodableError if the bytes are binary, or no encoding fits them.
        """
        found = _strictly(payload, "utf-8") or _strictly(payload, self._encoding)
        found = found or decode(payload, html=False, detect=self._detect)
        return found.text.replace("\0", "\ufffd")

    def _detect(self, payload: bytes) -> Decoded | None:
        if self._detections < MOST_DETECTED:
            self._detections += 1
            if answer := detected(payload):
                self._found[answer.encoding] += 1
            return answer
        labelled = (by_label(payload, encoding) for encoding, _ in self._found.most_common())
        return next(filter(None, labelled), None)
