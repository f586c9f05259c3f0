"""Words: what a word is in any script, and a 64-bit hash of each, for whole blocks of texts.

A word is a run of letters and digits with their combining marks; in scripts that put no
spaces between words, each character with its marks is a word. Words are compared, never printed, so
these make no difference: case, compatibility forms (ligatures, full-width letters), invisible
joiners, the script of digits, Arabic and Hebrew vowel marks, and Arabic or Persian yeh and kaf.
Underscores, apostrophes and all punctuation separate words.

    texts ─fold─▶ code points ─classes─▶ word starts and ends ─prefix sums─▶ hashes

Nothing loops over words: one Python loop over 450 words would take longer than all of this.
Letters are those of the running Python's Unicode tables (``unicodedata``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import UTF_32, Ragged, code_points, offsets_of, portions, runs_of
from pipeline.text.unicode import SPACELESS

Hashes = NDArray[np.uint64]
Offsets = NDArray[np.int64]
Points = NDArray[np.uint32] | NDArray[np.uint8]
SEPARATOR, LETTER, SINGLE, MARK, IGNORED = range(5)
"""Classes of a code point; SINGLE is a letter that is a word of its own."""
IGNORABLE = "\u00ad\u034f\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff"
"""Character class of soft hyphens, joiners and variation selectors, which separate no words."""
_IGNORED = re.compile(f"[{IGNORABLE}]+")

_ARABIC_MARKS = re.compile(
    "[\u0640\u064b-\u065f\u0670\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]+"
)
"""The Arabic tatweel, and Arabic and Hebrew vowel marks, which are optional."""

_SAME_LETTERS = (("\u064a", "\u06cc"), ("\u0649", "\u06cc"), ("\u0643", "\u06a9"))
"""Arabic yeh, alef maksura and kaf, as the Persian letters that keyboards confuse with them."""
_ARABIC = re.compile("[\u0590-\u06ff]")
_ASCII = bytes(range(128))
_TYPOGRAPHY = "\u2018\u2019\u201c\u201d\u2013\u2014\u2022"
"""Quotes, dashes and bullets: often the only characters of a text outside Latin-1."""
CHUNK_CHARS = 1 << 15
"""Characters processed at once: the arrays of a chunk (256 KiB each) fit the cache."""
_MARK_ON = np.array([SEPARATOR, LETTER, MARK, SEPARATOR, SEPARATOR], np.uint8)
_PLANES = 0x33480  # past the last letter that Unicode assigns
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_INVERSE = pow(_BASE, -1, 2**64)


class _Spans(NamedTuple):
    """The words of a chunk: ``points[start:end]`` each; those of piece i from ``bounds[i]`` on."""

    points: Points
    starts: Offsets
    ends: Offsets
    bounds: Offsets


def words(text: str) -> list[str]:
    """List the words of *text*, folded, in reading order.

    >>> words("Don’t stop: the ﬁrst 3.5 km")
    ['don', 't', 'stop', 'the', 'first', '3', '5', 'km']
    >>> words("東京で")
    ['東', '京', 'で']
    """
    found: list[str] = []
    for chunk in _chunks((text,)):
        spans = _spans([piece for _, piece in chunk])
        folded = spans.points.astype(np.uint32).tobytes().decode(UTF_32, "surrogatepass")
        ranges = zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)
        found.extend(folded[start:end] for start, end in ranges)
    return found


def word_count(text: str) -> int:
    """Return ``len(words(text))`` without making the words."""
    return sum(len(_spans([piece for _, piece in chunk]).starts) for chunk in _chunks((text,)))


def hash_words(texts: Sequence[str]) -> Ragged:
    """Hash the words of a block of texts, in reading order.

    The same folded word has the same hash in every text, block, process and machine.
    """
    counts = np.zeros(len(texts), np.int64)
    values: list[Hashes] = []
    for chunk in _chunks(texts):
        spans = _spans([piece for _, piece in chunk])
        values.append(_hash(spans))
        np.add.at(counts, [index for index, _ in chunk], np.diff(spans.bounds))
    joined = np.concatenate(values) if values else np.empty(0, np.uint64)
    return Ragged(joined, offsets_of(counts))


def mix(values: Hashes) -> Hashes:
    """Mix the bits of each value with MurmurHash3's 64-bit finaliser, a bijection on uint64."""
    mixed = values ^ (values >> np.uint64(33))
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return mixed


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    for mark in _TYPOGRAPHY:  # without them, most texts need only one byte per character
        text = text.replace(mark, " ")
    if not _is_latin(text):  # first, because a mark may compose with a letter before them
        text = _IGNORED.sub("", text)
    # Case folding can undo the normal form and vice versa; normalizing twice is stable enough.
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFKC", text)
    # It is ten times as fast to search only the few characters outside ASCII.
    if not _is_latin(text) and _ARABIC.search(
        text.encode("utf-8", "replace").translate(None, _ASCII).decode()
    ):
        text = _ARABIC_MARKS.sub("", text)
        for one, other in _SAME_LETTERS:
            text = text.replace(one, other)
    return text


@cache
def _plain_digits() -> NDArray[np.uint32]:
    """Return each code point; for a digit of any script that of the ASCII digit."""
    points = np.arange(_PLANES, dtype=np.uint32)
    for point in range(128, 0x20000):
        if chr(point).isdecimal():
            points[point] = ord("0") + unicodedata.decimal(chr(point))
    return points


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _pieces(folded: str) -> Iterator[str]:
    """Split a text longer than a chunk at a space or line end in the second half of each."""
    start = 0
    while len(folded) - start > CHUNK_CHARS:
        half, full = start + CHUNK_CHARS // 2, start + CHUNK_CHARS
        space = max(folded.rfind(" ", half, full), folded.rfind("\n", half, full))
        end = space if space > 0 else full
        yield folded[start:end]
        start = end
    yield folded[start:]


def _chunks(texts: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    pieces = ((index, piece) for index, text in enumerate(texts) for piece in _pieces(_fold(text)))
    return portions(pieces, lambda piece: len(piece[1]) + 1, CHUNK_CHARS)


@cache
def _classes() -> NDArray[np.uint8]:
    """Return the class of each code point; regular expressions find runs faster than a loop."""
    characters = "".join(map(chr, range(_PLANES)))
    classes = np.zeros(_PLANES, np.uint8)
    for match in re.finditer(r"[^\W_]+", characters):
        classes[match.start() : match.end()] = LETTER
    for match in re.finditer(f"[{SPACELESS}]+", characters):
        spaceless = classes[match.start() : match.end()]
        spaceless[spaceless == LETTER] = SINGLE
    for point in np.flatnonzero(classes == SEPARATOR).tolist():
        if unicodedata.category(characters[point]).startswith("M"):
            classes[point] = MARK
    for match in re.finditer(f"[{IGNORABLE}]+", characters):
        classes[match.start() : match.end()] = IGNORED
    return classes


def _classified(text: str) -> tuple[Points, NDArray[np.uint8]]:
    """Return the code points of *text*, as bytes if possible, and the class of each.

    Digits of all scripts become those of ASCII.
    """
    try:
        narrow = text.encode("latin-1")
    except UnicodeEncodeError:
        points = _plain_digits().take(code_points(text), mode="clip")
        return points, _classes().take(points, mode="clip")
    classes = narrow.translate(_classes()[:256].tobytes())
    return np.frombuffer(narrow, np.uint8), np.frombuffer(classes, np.uint8)


def _spans(pieces: Sequence[str]) -> _Spans:
    points, classes = _classified("\n".join(pieces) + "\n")
    limits = offsets_of(np.array([len(piece) + 1 for piece in pieces]))
    if classes.max() <= LETTER:
        starts, ends = runs_of(classes)
    else:
        kept = classes != IGNORED
        limits[1:] = np.cumsum(kept)[limits[1:] - 1]
        points = points[kept]
        starts, ends = _bounds(_settle_marks(classes[kept]))
    return _Spans(points, starts, ends, np.searchsorted(starts, limits))


def _bounds(classes: NDArray[np.uint8]) -> tuple[Offsets, Offsets]:
    """Return where words start and end, given SINGLE letters and marks."""
    inside = classes != SEPARATOR
    first = np.empty(len(inside), np.bool_)
    first[:1] = inside[:1]
    # A letter starts a word after anything but a letter or its marks; a SINGLE always does.
    np.greater(inside[1:], classes[:-1] == LETTER, out=first[1:])
    first = (first & (classes != MARK)) | (classes == SINGLE)
    last = np.empty(len(inside), np.bool_)
    last[-1:] = inside[-1:]
    np.greater(inside[:-1], inside[1:] & ~first[1:], out=last[:-1])
    return np.flatnonzero(first), np.flatnonzero(last) + 1


def _settle_marks(classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn marks after a LETTER into LETTERs, and marks after no letter into SEPARATORs.

    Marks after a SINGLE stay MARK: they end a word that no letter continues.
    """
    marks = classes == MARK
    base = np.maximum.accumulate(np.where(marks, 0, np.arange(len(classes))))
    return np.where(marks, _MARK_ON[classes[base]], classes)


def _hash(spans: _Spans) -> Hashes:
    # The hash of a word is a polynomial in _BASE over its scrambled characters, modulo 2**64: a
    # difference of prefix sums, divided by the power at which it starts.
    if spans.points.dtype == np.uint8:
        characters = _narrow_characters().take(spans.points, mode="clip")
    else:
        characters = _scramble(spans.points)
    characters *= _powers(_BASE)[: len(characters)]
    sums = np.empty(len(characters) + 1, np.uint64)
    sums[0] = 0
    np.cumsum(characters, out=sums[1:])
    hashes = sums[spans.ends] - sums[spans.starts]
    hashes *= _powers(_INVERSE)[spans.starts]
    return mix(hashes)


def _scramble(points: Points) -> Hashes:
    characters = points.astype(np.uint64)
    characters += np.uint64(1)
    characters *= np.uint64(0xD6E8FEB86659FD93)
    characters ^= characters >> np.uint64(32)
    return characters


@cache
def _narrow_characters() -> Hashes:
    return _scramble(np.arange(256, dtype=np.uint8))


@cache
def _powers(base: int) -> Hashes:
    """Return the powers of *base* up to the length of the longest chunk, twice CHUNK_CHARS."""
    factors = np.full(2 * CHUNK_CHARS + 2, base, np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)
