"""Characters: one form for equal text, no invisible ones, one kind of space."""

from __future__ import annotations

import re
import unicodedata

# U+200C and U+200D stay: Persian spelling and emoji sequences need them. The controls that
# `str.split` takes for spaces (tab, line and file separators) stay here and become spaces.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


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
