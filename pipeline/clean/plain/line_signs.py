"""The characters of many lines at once: each character's properties as bits, then per line.

One look-up in a table gives the bits of all characters; everything else is arithmetic on arrays.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Bits = NDArray[np.uint32]

OPEN_QUOTES = "\"“„«‘「『'"
_BEYOND = 0x10000
"""Characters from here on are taken for signs: most are pictures."""
_SETS = {
    "open_quote": OPEN_QUOTES,
    "comma": ",;、，；،",
    "quote": '"“”„«»「」',
    "separator": "|›»•·→▶►▸/＞",
    "copyright": "©",
    "bracket": "(（",
    "money": "€$£¥%",
    "question": "?？",
    "exclamation": "!！",
    "stop": ".!?",
    "spaceless_stop": "。！？",
    "dash": "-–—",
    "joint": ".:",
    "at": "@",
    "bar": "|│┃",
    "bullet": "-•*–▪●‣◦·",
    "break": "\0",
}
_PROPERTIES = {
    "space": str.isspace,
    "digit": str.isdigit,
    "decimal": str.isdecimal,
    "upper": str.isupper,
    "lower": str.islower,
    "alnum": str.isalnum,
    "spaceless": "\u2e80".__le__,
    "picture": lambda sign: "\u2600" <= sign <= "\u27bf",
}
BIT = {name: np.uint32(1 << place) for place, name in enumerate((*_PROPERTIES, *_SETS))}
_BREAK = "\0"
"""Stands between lines."""


@cache
def _table() -> Bits:
    """Code of a character → its bits; the last row is for all characters beyond."""
    table = np.zeros(_BEYOND + 1, np.uint32)
    signs = list(map(chr, range(_BEYOND)))
    for name, holds in _PROPERTIES.items():
        table[:-1][np.fromiter(map(holds, signs), np.bool_, _BEYOND)] |= BIT[name]
    for name, members in _SETS.items():
        table[[ord(sign) for sign in members]] |= BIT[name]
    table[-1] = BIT["picture"]
    return table


class Signs:
    """The characters of *lines*, none of them empty.

    Attributes:
        bits: uint32[characters and breaks].
        starts: where each line starts among them.
        sizes: characters of each line.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        joined = _BREAK.join(lines) + _BREAK * 2
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        self.bits = _table()[np.minimum(codes, _BEYOND)]
        self.sizes = np.fromiter(map(len, lines), np.int64, len(lines))
        self.starts = np.cumsum(self.sizes + 1) - self.sizes - 1
        self.first = self.bits[self.starts]
        self.any = np.bitwise_or.reduceat(self.bits, self.starts)

    def has(self, name: str) -> NDArray[np.bool_]:
        """Whether a line has a character with this bit."""
        found: NDArray[np.bool_] = (self.any & BIT[name]) != 0
        return found

    def opens(self, name: str) -> NDArray[np.bool_]:
        """Whether a line's first character has this bit."""
        found: NDArray[np.bool_] = (self.first & BIT[name]) != 0
        return found

    def count(self, found: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of *found*, one a character, stand in each line; more than 255 do not fit."""
        return np.add.reduceat(found.view(np.uint8), self.starts, dtype=np.uint8).astype(np.int64)

    def where(self, *names: str) -> NDArray[np.bool_]:
        """Whether a character has one of these bits, one a character."""
        found: NDArray[np.bool_] = (self.bits & sum(BIT[name] for name in names)) != 0
        return found
