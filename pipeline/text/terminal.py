"""Text for a terminal: escapes what comes from data, and adds colour by name.

Names, titles and texts come from strangers. Printed as they are, they could move the cursor, change
colours, reverse the reading direction, or forge lines.
"""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from typing import IO, Any, Literal

ColourChoice = Literal["auto", "always", "never"]

STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
"""Name → number of the SGR sequence."""

_KEPT = "\u200c\u200d\u00ad"
"""Harmless invisible characters that Persian, emoji and hyphenation need."""
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_PLAIN = re.compile(r"[ -~]*")


def shown(text: str) -> str:
    r"""Escape control, escape and direction characters; the result is one line.

    >>> shown("tide\n\x1b[31m tables\u202e.txt")
    'tide\\n\\x1b[31m tables\\u202e.txt'
    >>> shown("naïve 東京\u00a0می‌خواهم")
    'naïve 東京\xa0می\u200cخواهم'
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join([c if is_harmless(c) else c.encode("unicode_escape").decode() for c in text])


def pasted(path: object) -> str:
    """Quote a path for a command in a message, so that it is one argument and no flag.

    >>> pasted("a b"), pasted("-odd"), pasted("s3://bucket/out")
    ("'a b'", './-odd', 's3://bucket/out')
    """
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)


def shown_lines(text: str) -> str:
    r"""Escape a text like ``shown``, but keep its lines.

    >>> shown_lines("one\r\n\x07two")
    'one\\r\n\\x07two'
    """
    return "\n".join(map(shown, text.split("\n")))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, whose first word has the plural.

    >>> counted(1, "file"), counted(0, "file"), counted(1_200, "link to folders")
    ('1 file', '0 files', '1,200 links to folders')
    """
    word, space, rest = noun.partition(" ")
    return f"{number:,} {word}{'s' * (number != 1)}{space}{rest}"


def shown_in(value: Any) -> Any:
    """Escape all strings in lists and dicts like ``shown``."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {shown_in(key): shown_in(each) for key, each in value.items()}
    return [shown_in(each) for each in value] if isinstance(value, (list, tuple)) else value


def is_harmless(char: str) -> bool:
    """Tell whether *char* may be printed as it is."""
    return char.isprintable() or char in _KEPT or unicodedata.category(char) == "Zs"


def paint(text: str, *styles: str) -> str:
    r"""Style *text*; ``uncoloured`` removes the styles.

    >>> paint("no_text", "red")
    '\x1b[31mno_text\x1b[0m'
    """
    codes = ";".join(STYLES[style] for style in styles)
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text


def uncoloured(text: str) -> str:
    """Remove what ``paint`` added."""
    return _SGR.sub("", text)


def wants_colour(choice: ColourChoice, stream: IO[Any]) -> bool:
    """Decide whether to use colour: by default on a terminal, unless NO_COLOR is set.

    Source: https://no-color.org (set and not empty), and TERM=dumb.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()
