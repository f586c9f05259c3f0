"""Text for a terminal: what comes from data is made harmless, colour is added by name.

Names, titles and texts come from strangers. Printed as they are, they could move the cursor,
recolour what follows, reverse the reading direction, or forge a line of their own.
"""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from typing import IO, Any, Literal

ColourChoice = Literal["auto", "always", "never"]

STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}
"""Name → number of the SGR sequence."""

_KEPT = "\u200c\u200d\u00ad"
"""Invisible characters that Persian, emoji and hyphenation need, and that reverse nothing."""
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_PLAIN = re.compile(r"[ -~]*")


def shown(text: str) -> str:
    r"""Escape what a terminal must not be sent: control, escape and direction characters.

    The result is one line.

    >>> shown("tide\n\x1b[31m tables\u202e.txt")
    'tide\\n\\x1b[31m tables\\u202e.txt'
    >>> shown("naïve 東京\u00a0می‌خواهم")
    'naïve 東京\xa0می\u200cخواهم'
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join([each if is_harmless(each) else _escape(each) for each in text])


def pasted(path: object) -> str:
    """Quote a path for a command that a message proposes: no shell splits it, and it is no flag.

    >>> pasted("a b"), pasted("-odd"), pasted("s3://bucket/out")
    ("'a b'", './-odd', 's3://bucket/out')
    """
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)


def shown_lines(text: str) -> str:
    r"""Do the same for a text of several lines, which stay lines.

    >>> shown_lines("one\r\n\x07two")
    'one\\r\n\\x07two'
    """
    return "\n".join(map(shown, text.split("\n")))


def shown_in(value: Any) -> Any:
    """Do the same for all strings in lists and dicts."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {shown_in(key): shown_in(each) for key, each in value.items()}
    return [shown_in(each) for each in value] if isinstance(value, (list, tuple)) else value


def is_harmless(char: str) -> bool:
    """Say whether *char* moves, colours and turns nothing where it is printed."""
    return char.isprintable() or char in _KEPT or unicodedata.category(char) == "Zs"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()


def paint(text: str, *styles: str) -> str:
    r"""Colour *text*; ``uncoloured`` takes it away where it is not wanted.

    >>> paint("no_text", "red")
    '\x1b[31mno_text\x1b[0m'
    """
    codes = ";".join(STYLES[style] for style in styles)
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text


def uncoloured(text: str) -> str:
    """Take away what ``paint`` added."""
    return _SGR.sub("", text)


def wants_colour(choice: ColourChoice, stream: IO[Any]) -> bool:
    """Decide about colour: as requested; by default on a terminal, unless NO_COLOR is set.

    Source: https://no-color.org (set and not empty), and TERM=dumb.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()
