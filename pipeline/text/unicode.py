"""Characters: their scripts; one form for equal text, no invisible ones, one kind of space."""

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
"""Script name → the inside of a character class with the blocks of that script."""

SPACELESS = "".join(SCRIPTS[name] for name in ("Han", "Kana", "Thai", "Lao", "Khmer", "Myanmar"))
"""Inside of a character class: letters of scripts that put no spaces between words."""
SPACELESS_LETTER = re.compile(f"[{SPACELESS}]")
FIRST_SPACELESS = "\u0e00"
HAN_AND_KANA = "\u2e80"
"""No spaceless letter is below the first; from the second on lie those of the largest scripts."""


# U+200C and U+200D stay: Persian spelling and emoji sequences need them. The controls that
# `str.split` takes for spaces (tab, line and file separators) stay here and become spaces.
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
    """Return the characters of *text* outside ASCII, each once; it has no lone surrogate.

    >>> sorted(beyond_ascii("café – crème"))
    ['è', 'é', '–']
    """
    return set() if text.isascii() else set(text.encode().translate(None, _ASCII).decode())


def is_plain(text: str) -> bool:
    """Whether ``normalize`` could do nothing to the lines of *text* but tidy their spaces.

    Cheap: each character is examined once per process. May be False for a text that needs nothing.
    """
    strange = text.encode("utf-8", "surrogatepass").translate(None, _PLAIN_ASCII)
    return all(map(_is_inert, set(strange.decode("utf-8", "surrogatepass"))))


@lru_cache(maxsize=1 << 16)
def _is_inert(char: str) -> bool:
    """Whether *char* is visible and NFC, and composes with no character before it.

    Marks and the letters that Korean syllables are made of may compose.
    """
    if not char.isprintable() or unicodedata.category(char).startswith("M"):
        return False
    return not "\u1100" <= char <= "\u11ff" and unicodedata.is_normalized("NFC", char)


def normalize(text: str) -> str:
    r"""Return *text* in NFC on one line: visible characters, single spaces, none at the ends.

    Controls, zero-width characters, soft hyphens and direction marks go; every kind of
    white space becomes a space; a lone surrogate, which no file can hold, becomes U+FFFD.

    >>> normalize("  cafe\u0301\u00a0\u200bcr\u00e8me ")
    'caf\xe9 cr\xe8me'
    """
    text = text.strip()
    # Whatever else would be mended here is not printable: most lines are done with one look.
    if "  " not in text and text.isprintable():
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    if not text.isascii():
        text = _LONE_SURROGATE.sub("\ufffd", text)
    text = _INVISIBLE.sub("", text)
    text = " ".join(text.split())
    return unicodedata.normalize("NFC", text)
