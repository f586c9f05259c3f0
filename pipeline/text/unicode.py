"""Characters: their scripts, and the normal form of a line of text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

SCRIPTS: dict[str, str] = {
    "Han": "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "Kana": "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "Hangul": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "Thai": "\u0e00-\u0e7f",
    "Lao": "\u0e80-\u0eff",
    "Khmer": "\u1780-\u17ff",
    "Myanmar": "\u1000-\u109f",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic": "\u0400-\u052f",
    "Arabic": "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "Hebrew": "\u0590-\u05ff",
    "Devanagari": "\u0900-\u097f",
}
"""Name of a script → character class of its blocks (without brackets)."""

SPACELESS = "".join(SCRIPTS[name] for name in ("Han", "Kana", "Thai", "Lao", "Khmer", "Myanmar"))
"""Character class of the scripts that put no spaces between words."""
SPACELESS_LETTER = re.compile(f"[{SPACELESS}]")
FIRST_SPACELESS = "\u0e00"
HAN_AND_KANA = "\u2e80"
"""The lowest spaceless letter; the lowest of the largest scripts."""

# Except U+200C and U+200D, which Persian spelling and emoji sequences need, and the controls that
# `str.split` takes for spaces (tab, line and file separators).
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ASCII = bytes(range(128))
_PLAIN_ASCII = bytes(range(32, 127)) + b"\r\n"


def digest(text: str, size: int = 16) -> bytes:
    """Hash *text* with blake2b: *size* bytes. A lone surrogate is hashed like any character."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()


def beyond_ascii(text: str) -> set[str]:
    """Return the characters of *text* outside ASCII; it must not contain lone surrogates.

    >>> sorted(beyond_ascii("café – crème"))
    ['è', 'é', '–']
    """
    return set() if text.isascii() else set(text.encode().translate(None, _ASCII).decode())


def is_plain(text: str) -> bool:
    """Tell whether ``normalize`` can only change the spaces of the lines of *text*.

    Cheap: each character is examined once per process. May be False for a text without changes.
    """
    strange = text.encode("utf-8", "surrogatepass").translate(None, _PLAIN_ASCII)
    return all(map(_is_inert, set(strange.decode("utf-8", "surrogatepass"))))


@lru_cache(maxsize=1 << 16)
def _is_inert(char: str) -> bool:
    """Tell whether *char* is visible and NFC, and does not compose with the character before it.

    Marks and the letters of Korean syllables may compose.
    """
    if not char.isprintable() or unicodedata.category(char).startswith("M"):
        return False
    return not "\u1100" <= char <= "\u11ff" and unicodedata.is_normalized("NFC", char)


def normalize(text: str) -> str:
    r"""Return *text* in NFC, on one line, without invisible characters, with single spaces.

    Controls, zero-width characters, soft hyphens and direction marks are removed; white space
    becomes a space, but not at the ends; a lone surrogate, which no file can hold, becomes U+FFFD.

    >>> normalize("  cafe\u0301\u00a0\u200bcr\u00e8me ")
    'caf\xe9 cr\xe8me'
    """
    text = text.strip()
    # Everything else that would be changed is not printable, so most lines return here.
    if "  " not in text and text.isprintable():
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    if not text.isascii():
        text = _LONE_SURROGATE.sub("\ufffd", text)
    text = _INVISIBLE.sub("", text)
    text = " ".join(text.split())
    return unicodedata.normalize("NFC", text)
