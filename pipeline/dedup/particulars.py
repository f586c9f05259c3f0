"""Particulars: the figures and names of a text, in which texts of one template differ.

Names are capitalised words inside a sentence; in German only those in the place of a name; in
scripts without capitals, what follows a title or a kind of place. Figures are compared by value:
digits of every script, 1,240 and 1.240 and 1240, 二十八 and 28. Both are hashed to sets of uint32,
a block of texts at a time. Read ``particulars_block`` first.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import UTF_32, Ragged, code_points, offsets_of, runs_of, starts_of_runs

OTHER, SMALL, CAPITAL, DIGIT, JOIN, STOP, SPACE, ENDING = range(8)
"""Classes of a code point. A word after a STOP or an ENDING begins a sentence."""
LEAST_LETTERS = 2
"""Minimum letters of a name: initials are no evidence."""
CHARS_A_NAME = 9
"""Minimum characters per name: a text with more is printed in capitals, and has no names."""
_JOINS = ",:\u066b\u066c"
_ENDINGS = '!?…\n"“”„«»*•|'
_SPACES = " \u00a0\u202f\t"
_SHIFT = np.uint64(32)
_FIRST_HAN = 0x3007
"""The lowest Han digit."""
_CHUNK_CHARS = 1 << 15
"""Characters classified at once, so that the arrays fit the cache."""
_FIRST_UNCASED, _LATIN_AGAIN = 0x590, 0x1E00
"""Scripts without capitals are between these, and from Han on."""
_UNCASED_SCRIPTS = chr(_FIRST_UNCASED)
_UNCASED = 4
"""A text with one such character in so many is written in such a script."""
_BEFORE = (
    "السيد |السيدة |مدينة |قرية |محافظة |شارع |حي |"  # Arabic
    "آقای |خانم |شهر |روستای |خیابان |استان |"  # Persian
    "(?<!\\w)מר |גברת |(?<!\\w)מ?העיר |ברחוב |"  # Hebrew
    "श्री |श्रीमती |शहर |गाँव |जिला |जिले |"  # Hindi
    "নগর |জনাব |জেলা |"  # Bengali
    "คุณ|นางสาว|นาง|นาย|จังหวัด|อำเภอ|ตำบล"  # Thai
)
_BEHIND = (
    "さん|ちゃん|くん|様|氏|[市県町村区](?=[にのでへは、])|"  # Japanese
    "先生|女士|小姐|同志|[市县縣省镇鎮](?=[的，、])"  # Chinese
)
_INTRODUCED = re.compile(
    rf"(?:{_BEFORE})([^\s،,.।。]{{2,6}})|([\u3400-\u9fff々ァ-ヶー]{{2}})(?={_BEHIND})"
    "|([가-힣]{2,4})(?= ?씨[의가는를와도께 ,.])|([가-힣]{2})(?=[시군구](?:에|의))"  # Korean
)
"""The first letters of a name next to a title or a kind of place."""
_MAYBE_GERMAN = " und ", " der ", " die ", " ist "
_MAYBE_CHARS = 600
"""Maximum characters per such word in a text that may be German: German texts have one in 70."""
_GERMAN = re.compile(
    " (?:auf|aus|bei|das|dem|den|der|des|die|ein|eine|einen|einer|es|für|hat|im|ist|mit|nach|"
    "nicht|sich|und|von|wird|zu|zum|zur)(?= )"
)
_GERMAN_CHARS = 90
"""Maximum characters per such word in a German text: it has one in 25."""
_CHARS_A_NOUN = 100
"""Maximum characters per capitalised word in a text that may be German: it has one in 35."""
_PLACES_NAMES = frozenset(
    "aus bei für gegen heißt in mit nach namens sagt sagte um von erklärte zwischen".split()
)
_PLACES_NOUNS = frozenset(
    "ab alle als am an auch auf bis da das dem den denn der des deren dessen die dies diese dieser "
    "dieses doch drei durch ein eine einem einen einer eines er es euer hat hinter ihr ihre im ins "
    "ist jede jeder jedes kein keine laut mein meine nun nur ob oder ohne seit sein seine sich sie "
    "sind so trotz um und unser unsere unter viele vier vom von vor war was weil wenn wer wie wir "
    "wo während wegen zu zum zur zwei über".split()
)
_STREETS = ("straße", "strasse", "gasse", "allee", "weg", "platz", "ufer", "damm")
_LOWER = bytes(range(256)).lower().replace(b"?", b"\xff")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_HAN_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")}
_HAN_DIGITS |= {"零": 0, "两": 2, "兩": 2}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}
_HAN = "".join([*_HAN_DIGITS, *_HAN_UNITS, *_HAN_MYRIADS])
_HAN_LETTER = re.compile(f"[{_HAN}]")
_HAN_NUMBER = re.compile(rf"[\d{_HAN}]+(?:[点點.．][\d{_HAN}]+)?")
_COUNTED = frozenset("日月年時时分秒度岁歳号號")
"""What may follow a figure of one Han letter; other single Han letters are parts of words."""


class _Scan(NamedTuple):
    """A block of texts as one string, the class of each character, and where texts start.

    ``uncased`` are the texts in scripts without capitals.
    """

    joined: str
    classes: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    uncased: Sequence[int] = ()


class _Found(NamedTuple):
    """Particulars of a block: ``joined[start:end]`` each; those of text i from ``bounds[i]`` on."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    bounds: NDArray[np.int64]

    def spans(self) -> Iterator[tuple[int, int]]:
        return zip(self.starts.tolist(), self.ends.tolist(), strict=True)


def particulars_block(texts: Sequence[str]) -> tuple[Ragged, Ragged]:
    """Hash the figures and the names of a block of texts."""
    scan = _scan(texts)
    joined, figures, names = scan.joined, _figures(scan), _names(scan)
    # Most are ASCII, and hashed as bytes in lower case.
    lower = joined.encode("ascii", "replace").translate(_LOWER)
    figure_hashes = [
        crc32(each) if (each := lower[start:end]).isdigit() else _figure_hash(joined[start:end])
        for start, end in figures.spans()
    ]
    name_hashes = [
        crc32(each) if (each := lower[start:end]).isascii() else _name_hash(joined[start:end])
        for start, end in names.spans()
    ]
    return _distinct(figure_hashes, figures.bounds), _distinct(name_hashes, names.bounds)


def printed_figures(text: str) -> set[str]:
    """Return the figures of *text* in the form in which they are compared.

    >>> sorted(printed_figures("On 12 May, 1,200 of 1200 people paid 3.50."))
    ['12', '1200', '3.50']
    >>> sorted(printed_figures("二十八点六米, 一点七亿, १,२४०"))
    ['1240', '170000000', '28.6']
    """
    scan = _scan((text,))
    return {_value(scan.joined[start:end]) for start, end in _figures(scan).spans()}


def printed_names(text: str) -> set[str]:
    """Return the capitalised words of *text* that do not begin a sentence, case-folded.

    >>> sorted(printed_names("Lost in Dorsk: a cat. She left Mill Street with Élan."))
    ['dorsk', 'elan', 'mill', 'mill street']
    """
    scan = _scan((text,))
    return {_folded(scan.joined[start:end]) for start, end in _names(scan).spans()}


def _distinct(hashes: Sequence[int], bounds: NDArray[np.int64]) -> Ragged:
    """Sort the hashes of each text and drop duplicates."""
    texts = len(bounds) - 1
    keys = np.repeat(np.arange(texts, dtype=np.uint64) << _SHIFT, np.diff(bounds))
    keys |= np.array(hashes, np.uint64)
    keys.sort()
    keys = keys[starts_of_runs(keys)]
    counts = np.bincount((keys >> _SHIFT).astype(np.int64), minlength=texts)
    return Ragged(keys.astype(np.uint32), offsets_of(counts))


def _scan(texts: Sequence[str]) -> _Scan:
    joined, offsets = _joined(texts)
    try:
        narrow = joined.encode("latin-1").translate(_table()[:256].tobytes())
        return _Scan(joined, np.frombuffer(narrow, np.uint8), offsets)
    except UnicodeEncodeError:
        points = code_points(joined)
    high = np.flatnonzero(points >= _FIRST_UNCASED)
    high = high[(points[high] < _LATIN_AGAIN) | (points[high] >= _FIRST_HAN)]
    owners = np.searchsorted(offsets, high, "right") - 1
    # A quoted word or two does not count.
    uncased = np.bincount(owners, minlength=len(texts)) * _UNCASED >= np.diff(offsets)
    eastern = np.unique(owners[points[high] >= _FIRST_HAN])
    if counted := [each for each in eastern.tolist() if _HAN_LETTER.search(texts[each])]:
        texts = list(texts)
        for each in counted:
            texts[each] = _HAN_NUMBER.sub(_arabic, texts[each])
        joined, offsets = _joined(texts)
        points = code_points(joined)
    classes = np.empty(len(points), np.uint8)
    for start in range(0, len(points), _CHUNK_CHARS):
        chunk = slice(start, start + _CHUNK_CHARS)
        _table().take(points[chunk], mode="clip", out=classes[chunk])
    return _Scan(joined, classes, offsets, np.flatnonzero(uncased).tolist())


def _joined(texts: Sequence[str]) -> tuple[str, NDArray[np.int64]]:
    """Join texts, with a line end after each; also return where each starts."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    return "\n".join(texts) + "\n", offsets_of(lengths + 1)


def _figures(scan: _Scan) -> _Found:
    """Find the figures of all texts: runs of digits, also joined by a full stop or ``_JOINS``.

    Digits between letters of a word are misread letters.
    """
    classes = scan.classes
    starts, ends = runs_of(classes == DIGIT)
    apart = np.ones(len(starts) + 1, np.bool_)
    apart[1:-1] = (starts[1:] != ends[:-1] + 1) | ~np.isin(classes[ends[:-1]], (JOIN, STOP))
    starts, ends = starts[apart[:-1]], ends[apart[1:]]
    inside = _letters(classes[starts - 1]) & _letters(classes[ends])
    for place in np.flatnonzero(inside).tolist():
        inside[place] = scan.joined[starts[place] - 1] < _UNCASED_SCRIPTS > scan.joined[ends[place]]
    starts, ends = starts[~inside], ends[~inside]
    return _Found(starts, ends, np.searchsorted(starts, scan.offsets))


def _names(scan: _Scan) -> _Found:
    """Find the names of all texts.

    A name includes the word before it if that has a capital, too: many places have some street,
    few a Mill Street.
    """
    classes = scan.classes
    capitals = np.flatnonzero(classes == CAPITAL)
    before = classes[capitals - 1]
    before[:1] = np.where(capitals[:1] == 0, ENDING, before[:1])
    starts = capitals[before == SPACE]
    starts = starts[(starts > 1) & ~np.isin(classes[starts - 2], (STOP, SPACE, ENDING))]
    breaks = np.append(-1, np.flatnonzero(~_letters(classes)))
    places = np.searchsorted(breaks, starts)
    ends = breaks[places]
    long = ends - starts >= LEAST_LETTERS
    starts, ends, places = starts[long], ends[long], places[long]
    # The break before a name is its space; the one before that precedes the word before it.
    earlier = breaks[places - 2] + 1
    begins = np.where(classes[earlier] == CAPITAL, earlier, starts)
    kept = _are_names(scan, np.searchsorted(starts, scan.offsets), earlier, ends)
    begins, ends = begins[kept], ends[kept]
    if introduced := list(_introduced(scan)):
        begins, ends = np.unique(
            np.concatenate([np.stack([begins, ends], axis=1), introduced]), axis=0
        ).T
    return _Found(begins, ends, np.searchsorted(begins, scan.offsets))


def _are_names(
    scan: _Scan, bounds: NDArray[np.int64], earlier: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which capitalised words are names: none in all-capital texts, in German no mere nouns.

    Args:
        bounds: int64[n + 1], where those of each text begin in the other two arrays.
        earlier: int64[m], where the word before each begins.
        ends: int64[m], where each ends.
    """
    counts, lengths = np.diff(bounds), np.diff(scan.offsets)
    mixed_case = counts * CHARS_A_NAME <= lengths
    kept = np.repeat(mixed_case, counts)
    for text in np.flatnonzero(mixed_case & (counts * _CHARS_A_NOUN >= lengths)).tolist():
        if _is_german(scan.joined, *scan.offsets[text : text + 2].tolist()):
            own = slice(*bounds[text : text + 2].tolist())
            phrases = zip(earlier[own].tolist(), ends[own].tolist(), strict=True)
            kept[own] = [_is_name(scan.joined[start:end]) for start, end in phrases]
    return kept


def _is_german(joined: str, start: int, end: int) -> bool:
    """Tell whether a text contains the most frequent German words."""
    length = end - start
    if sum(joined.count(word, start, end) for word in _MAYBE_GERMAN) * _MAYBE_CHARS < length:
        return False
    return len(_GERMAN.findall(joined, start, end)) * _GERMAN_CHARS >= length


def _is_name(phrase: str) -> bool:
    """Tell by the word before it whether a capitalised German word is a name or a mere noun."""
    before, _, word = phrase.partition(" ")
    lowered = before.lower()
    return (
        lowered in _PLACES_NAMES
        or (lowered != before and lowered not in _PLACES_NOUNS)
        or word.endswith(_STREETS)
    )


def _introduced(scan: _Scan) -> Iterator[tuple[int, int]]:
    """Find the names next to titles and kinds of places in texts without capitals."""
    for text in scan.uncased:
        start, end = scan.offsets[text : text + 2].tolist()
        for match in _INTRODUCED.finditer(scan.joined, start, end):
            yield match.span(match.lastindex or 0)


def _letters(classes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return classes - np.uint8(SMALL) <= CAPITAL - SMALL  # below SMALL it wraps around


@lru_cache(maxsize=1 << 14)
def _figure_hash(figure: str) -> int:
    return crc32(_value(figure).encode())


@lru_cache(maxsize=1 << 15)
def _name_hash(name: str) -> int:
    return crc32(_folded(name).encode())


def _value(figure: str) -> str:
    """Convert a figure to ASCII digits without thousands separators."""
    if not figure.isascii():
        digits = (str(unicodedata.decimal(char, "")) or char for char in figure)
        figure = "".join(digits).replace("\u066b", ".").replace("\u066c", ",")
    if _THOUSANDS.fullmatch(figure):
        return figure.replace(",", "").replace(".", "")
    return figure


def _folded(name: str) -> str:
    """Fold the case of a name and drop its accents."""
    if name.isascii():
        return name.lower()
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in letters if not unicodedata.combining(char))


def _arabic(match: re.Match[str]) -> str:
    """Convert a number with Han letters to digits; leave parts of words as they are."""
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
    """Return the class of each code point; the last one is OTHER."""
    everything = np.arange(sys.maxunicode + 1, dtype=np.uint32).tobytes()
    characters = everything.decode(UTF_32, "surrogatepass")
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
