"""Particulars: the figures and names of a text, which texts of one template do not share.

Two notices filled into one form have their wording in common. What tells them apart are figures
and capitalised words. Both are hashed to sets of uint32, a block of texts at a time. Read
``figures_block`` and ``names_block`` first.

Figures are compared by value: digits of every script, 1,240 and 1.240 and 1240, 二十八 and 28.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import offsets_of

OTHER, SMALL, CAPITAL, DIGIT, JOIN, STOP, SPACE, ENDING = range(8)
"""Classes of a code point. A word behind a STOP or an ENDING begins a sentence."""

LEAST_LETTERS = 2
"""Letters of a name: initials are no evidence."""

_JOINS = ",:\u066b\u066c"
_ENDINGS = '!?…\n"“”„«»*•|'
_SPACES = " \u00a0\u202f\t"
_SHIFT = np.uint64(32)
_UTF_32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_HAN_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")}
_HAN_DIGITS |= {"零": 0, "两": 2, "兩": 2}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}
_HAN = "".join([*_HAN_DIGITS, *_HAN_UNITS, *_HAN_MYRIADS])
_HAN_LETTER = re.compile(f"[{_HAN}]")
_HAN_NUMBER = re.compile(rf"[\d{_HAN}]+(?:[点點.．][\d{_HAN}]+)?")
_COUNTED = frozenset("日月年時时分秒度岁歳号號")
"""What stands behind a figure of one Han letter; other single ones are parts of words."""


class Particulars(NamedTuple):
    """Hashes of the figures, or of the names, of n texts, one text after the other.

    Attributes:
        values: uint32; those of one text are sorted and distinct.
        offsets: int64[n + 1]; text i has ``values[offsets[i]:offsets[i + 1]]``.
    """

    values: NDArray[np.uint32]
    offsets: NDArray[np.int64]


class _Scan(NamedTuple):
    """A block of texts as one string, the class of each of its characters, where texts start."""

    joined: str
    classes: NDArray[np.uint8]
    offsets: NDArray[np.int64]


def particulars_block(texts: Sequence[str]) -> tuple[Particulars, Particulars]:
    """Hash the figures and the names of a block of texts."""
    scan = _scan(texts)
    return _hashed(*_figures(scan)), _hashed(*_names(scan))


def printed_figures(text: str) -> set[str]:
    """Return the figures of *text*, in the form in which they are compared.

    >>> sorted(printed_figures("On 12 May, 1,200 of 1200 people paid 3.50."))
    ['12', '1200', '3.50']
    >>> sorted(printed_figures("二十八点六米, 一点七亿, १,२४०"))
    ['1240', '170000000', '28.6']
    """
    return set(_figures(_scan((text,)))[0])


def printed_names(text: str) -> set[str]:
    """Return the capitalised words of *text* that do not begin a sentence, case-folded.

    >>> sorted(printed_names("Lost in Dorsk: a cat. She left Mill Street with Élan."))
    ['dorsk', 'elan', 'mill', 'mill street']
    """
    return set(_names(_scan((text,)))[0])


def _hashed(found: Iterable[str], bounds: NDArray[np.int64]) -> Particulars:
    encoded = [each.encode("utf-8", "surrogatepass") for each in found]
    hashes = np.fromiter(map(crc32, encoded), np.uint64, len(encoded))
    texts = len(bounds) - 1
    hashes |= np.repeat(np.arange(texts, dtype=np.uint64), np.diff(bounds)) << _SHIFT
    hashes = np.unique(hashes)
    counts = np.bincount((hashes >> _SHIFT).astype(np.int64), minlength=texts)
    return Particulars(hashes.astype(np.uint32), offsets_of(counts))


def _scan(texts: Sequence[str]) -> _Scan:
    texts = [_HAN_NUMBER.sub(_arabic, text) if _has_han(text) else text for text in texts]
    joined = "\n".join(texts) + "\n"
    offsets = offsets_of(np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts)))
    try:
        narrow = joined.encode("latin-1").translate(_table()[:256].tobytes())
        classes = np.frombuffer(narrow, np.uint8)
    except UnicodeEncodeError:
        points = np.frombuffer(joined.encode(_UTF_32, "surrogatepass"), np.uint32)
        classes = _table().take(points, mode="clip")
    return _Scan(joined, classes, offsets)


def _figures(scan: _Scan) -> tuple[list[str], NDArray[np.int64]]:
    """List the figures of all texts, and from which on are those of each: int64[n + 1].

    A figure is a run of digits, or several joined by a full stop or one of ``_JOINS`` each.
    """
    joined, classes, offsets = scan
    starts, ends = _runs(classes == DIGIT)
    apart = np.ones(len(starts) + 1, np.bool_)
    apart[1:-1] = (starts[1:] != ends[:-1] + 1) | ~np.isin(classes[ends[:-1]], (JOIN, STOP))
    starts, ends = starts[apart[:-1]], ends[apart[1:]]
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    return [_value(joined[start:end]) for start, end in spans], np.searchsorted(starts, offsets)


def _names(scan: _Scan) -> tuple[list[str], NDArray[np.int64]]:
    """List the names of all texts, and from which on are those of each: int64[n + 1].

    A name is a capitalised word inside a sentence, together with the word before if that has a
    capital too: many places have a Mill Street, more have some street.
    """
    joined, classes, offsets = scan
    capitals = np.flatnonzero(classes == CAPITAL)
    before = classes[capitals - 1]
    before[:1] = np.where(capitals[:1] == 0, ENDING, before[:1])
    starts = capitals[before == SPACE]
    starts = starts[(starts > 1) & _inside(classes[starts - 2])]
    breaks = np.append(-1, np.flatnonzero((classes != SMALL) & (classes != CAPITAL)))
    ends = breaks[np.searchsorted(breaks, starts)]
    long = ends - starts >= LEAST_LETTERS
    starts, ends = starts[long], ends[long]
    earlier = breaks[np.searchsorted(breaks, starts - 1) - 1] + 1
    begins = np.where(classes[earlier] == CAPITAL, earlier, starts)
    spans = zip(begins.tolist(), ends.tolist(), strict=True)
    return [_folded(joined[start:end]) for start, end in spans], np.searchsorted(starts, offsets)


def _inside(classes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which characters may stand before the space before a word inside a sentence."""
    return ~np.isin(classes, (STOP, SPACE, ENDING))


def _runs(marked: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where runs of marked characters start and end; the last character is not marked."""
    inside = np.zeros(len(marked) + 1, np.bool_)
    inside[1:] = marked
    changes = np.flatnonzero(inside[1:] != inside[:-1])
    return changes[::2], changes[1::2]


@lru_cache(maxsize=1 << 14)
def _value(figure: str) -> str:
    """Write a figure in ASCII digits, without marks between thousands."""
    if not figure.isascii():
        digits = (str(unicodedata.decimal(char, "")) or char for char in figure)
        figure = "".join(digits).replace("\u066b", ".").replace("\u066c", ",")
    if _THOUSANDS.fullmatch(figure):
        return figure.replace(",", "").replace(".", "")
    return figure


@lru_cache(maxsize=1 << 15)
def _folded(name: str) -> str:
    """Fold the case of a name, and drop its accents."""
    if name.isascii():
        return name.lower()
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in letters if not unicodedata.combining(char))


def _has_han(text: str) -> bool:
    return not text.isascii() and _HAN_LETTER.search(text) is not None


def _arabic(match: re.Match[str]) -> str:
    """Write a number of Han letters, or of both kinds, in digits; leave parts of words."""
    number = match[0]
    if not _HAN_LETTER.search(number):
        return number
    if len(number) == 1 and match.string[match.end() : match.end() + 1] not in _COUNTED:
        return number
    whole, _, part = re.sub("[点點．]", ".", number).partition(".")
    digits = "".join(str(_HAN_DIGITS.get(char, char)) for char in part)
    decimals = digits[: len(digits) - len(digits.lstrip("0123456789"))]
    if not decimals:
        return str(_whole(whole))
    scale = 1
    for char in part[len(decimals) :]:
        scale *= _HAN_UNITS.get(char) or _HAN_MYRIADS.get(char) or 1
    value = f"{_whole(whole)}.{decimals}"
    return value if scale == 1 else str(int(Decimal(value) * scale))


def _whole(number: str) -> int:
    total = section = digits = 0
    for char in number:
        if char in _HAN_UNITS:
            section, digits = section + max(digits, 1) * _HAN_UNITS[char], 0
        elif char in _HAN_MYRIADS:
            total += max(section + digits, 1) * _HAN_MYRIADS[char]
            section = digits = 0
        else:
            digit = _HAN_DIGITS.get(char)
            digits = digits * 10 + (unicodedata.decimal(char) if digit is None else digit)
    return total + section + digits


@cache
def _table() -> NDArray[np.uint8]:
    """Make the class of each code point, once a process; the last one is OTHER."""
    everything = np.arange(sys.maxunicode + 1, dtype=np.uint32).tobytes()
    characters = everything.decode(_UTF_32, "surrogatepass")
    table = np.zeros(0x20000, np.uint8)
    for match in re.finditer(r"[^\W\d_]+", characters[: len(table)]):
        table[match.start() : match.end()] = SMALL
    for point in np.flatnonzero(table == SMALL).tolist():
        if characters[point].isupper() or characters[point].istitle():
            table[point] = CAPITAL
    for match in re.finditer(r"\d", characters[: len(table)]):
        table[match.start()] = DIGIT
    for class_, chars in {ENDING: _ENDINGS, JOIN: _JOINS, STOP: ".", SPACE: _SPACES}.items():
        table[[ord(char) for char in chars]] = class_
    table[-1] = OTHER
    return table
