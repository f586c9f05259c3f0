"""The tagger's inputs: columns of numbers for each line, and hashed words and pairs of words.

    distinct lines ─read_lines─▶ LineTable: what each line is by itself
    LineTable, texts ─placed─▶ where each line is in its text

Nothing here is learned. A text's rows do not depend on the other texts of its block.
"""

from __future__ import annotations

import re
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Growing, starts_of_runs
from pipeline.clean.lines.page import LONG_WORDS, SENTENCE_WORDS, LineRecord
from pipeline.text.unicode import SPACELESS

Matrix = NDArray[np.float32]
Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HEAD_CHARS, TAIL_CHARS = 160, 50
"""Characters that are read at the beginning and the end of a line."""
HEAD, TAIL = 24, 8
"""Tokens of those that are looked up as words."""
CONTENT_CHARS = 5
"""Letters of the shortest word that indicates the subject of a text."""

_SIGNS = {
    8: ".",
    9: "!?…。！？؟।",
    10: ",;、，；",
    11: ":：",
    12: "\"'“”„«»‘’「」『』‚‹›`´",
    13: "()[]{}（）【】",
    14: "|•·/–—-→>»<◦▶►▾+*",
    15: "@©#&%€$£¥™®_=\\",
}
LOWER, TITLE, UPPER, MIXED, SPACELESS_CLASS, SHORT_NUMBER, YEAR, NUMBER = range(8)
FULL_STOP, MARK, _COMMA, _COLON, QUOTE, BRACKET, _BAR, _SYMBOL, OTHER, INITIAL = range(8, 18)
ABSENT, LINE_END, CLASSES = 18, 19, 20
"""Classes of tokens: words by case, numbers, and the signs of ``_SIGNS``."""
_SIGN_CLASS = {char: number for number, chars in reversed(_SIGNS.items()) for char in chars}
_LETTER = rf"[^\W\d_{SPACELESS}\uac00-\ud7af]"
# Most words begin with an ASCII letter, which is much faster to match, and including a space in the
# match is faster than failing to match at it.
_TOKEN = re.compile(
    rf" ?([a-zA-Z]+{_LETTER}*|\n|[^\w\s]|{_LETTER}+|\d+|[{SPACELESS}\uac00-\ud7af]|_)"
)
_BEGIN, _END = np.uint64(0x1234567), np.uint64(0x7654321)
_FACTORS = np.uint64(0x9E3779B1), np.uint64(0x85EBCA77)
_MIX, _LOW = np.uint64(0x5BD1E995), np.uint64(0xFFFFFFFF)
HEADERS = (
    "comments",
    "related popular",
    "newsletter account legal",
    "account ad comments embed legal nav newsletter popular read_more related share",
    "remark_button timestamp byline clock",
    "credit",
    "biography contact handle",
    "byline",
    "timestamp",
)
"""Kinds and signs of headers and the like: the nearest before and after a line say what it is."""
OWN, PLACES = 4 * CLASSES + 10, 24 + 4 * len(HEADERS)
"""Columns for what a line is by itself, and for where it is."""


class Tokens(dict[str, int]):
    """Token → its number, assigned when it is first seen, and its row of numbers.

    Attributes:
        pieces: what is between two spaces → its tokens, as bytes. To look up a word with its signs
            is faster than to match them, and most are seen again.
        hashes: uint64[tokens, 3], of the word in lower case, its end and its beginning; or 0.
        classes: int64[tokens], see ``CLASSES``.
        content: bool[tokens], whether it is a word of at least ``CONTENT_CHARS`` letters.
    """

    def __init__(self) -> None:
        super().__init__({"\n": 0})
        self._new: list[tuple[int, int, int, int, bool]] = [(0, 0, 0, LINE_END, False)]
        self._rows = Growing(np.zeros((0, 5), np.int64))
        self.pieces = _Pieces(self)

    def __missing__(self, token: str) -> int:
        number = self[token] = len(self)
        self._new.append(_token_row(token))
        return number

    def read(self, text: str) -> Ints:
        """The tokens of *text*, in order; they all have rows from now on."""
        found = np.frombuffer(b"".join(map(self.pieces.__getitem__, text.split(" "))), np.int64)
        if self._new:
            rows: Ints = self._rows.add(np.array(self._new, np.int64))
            self._new.clear()
            self.hashes: Hashes = rows[:, :3].view(np.uint64)
            self.classes: Ints = rows[:, 3]
            self.content: Flags = rows[:, 4] > 0
        return found


class _Pieces(dict[str, bytes]):
    """See ``Tokens``; a look-up in a dictionary is faster than one in ``functools.cache``."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def __missing__(self, piece: str) -> bytes:
        numbers = map(self._tokens.__getitem__, _TOKEN.findall(piece))
        found = self[piece] = array("q", numbers).tobytes()
        return found


def _token_row(token: str) -> tuple[int, int, int, int, bool]:
    """Hashes of the word, its end and its beginning; its class; whether it is a content word."""
    size = len(token)
    if token[0].isalpha():
        word = token.lower()
        begin, end = (_crc("p" + word[:3]), _crc("s" + word[-3:])) if size > 3 else (0, 0)
        return _crc(word), end, begin, _word_class(token), size >= CONTENT_CHARS
    if token[0].isdigit():
        if size <= 2:
            return _crc(f"<{size}>"), 0, 0, SHORT_NUMBER, False
        if size == 4 and token[:2] in ("19", "20"):
            return _crc("<Y>"), 0, 0, YEAR, False
        return _crc(f"<n{min(size, 8)}>"), 0, 0, NUMBER, False
    return _crc(token), 0, 0, _SIGN_CLASS.get(token, OTHER), False


def _word_class(word: str) -> int:
    """The class of a token that begins with a letter."""
    if len(word) == 1 and word >= "\u2e80":
        return SPACELESS_CLASS
    if word.isupper():
        return UPPER if word[1:] else INITIAL
    if word[0].isupper() and word[1:].islower():
        return TITLE
    cased = word[0].isupper() or word[0].islower()
    return MIXED if cased and not word.islower() else LOWER


def _crc(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "replace"))


def paired(first: Hashes, second: Hashes) -> Hashes:
    """A hash for each pair of neighbouring tokens."""
    mixed = (first * _FACTORS[0] + (second ^ _MIX) * _FACTORS[1]) & _LOW
    return (mixed ^ (mixed >> np.uint64(15))) & _LOW


@dataclass(frozen=True, eq=False)
class LineTable:
    """Distinct lines, each measured once.

    Attributes:
        own: float32[lines, OWN].
        words: float64[lines], words of each; two characters of a script without spaces are one.
        prose: bool[lines], whether it reads like a sentence of a story.
        tokens, token_lines: numbers of the tokens that are looked up, in order, and their lines.
        pairs, pair_lines: hashes of neighbouring tokens, line ends included, and their lines.
        content, content_lines: hashes of content words, in order, and their lines.
    """

    own: Matrix
    words: Floats
    prose: Flags
    tokens: Ints
    token_lines: Ints
    pairs: Hashes
    pair_lines: Ints
    content: Hashes
    content_lines: Ints


def read_lines(texts: Sequence[str], tokens: Tokens) -> LineTable:
    """Measure each of *texts*: at least one line, none of them empty."""
    count = len(texts)
    whole = HEAD_CHARS + TAIL_CHARS
    short = [t if len(t) <= whole else f"{t[:HEAD_CHARS]} {t[-TAIL_CHARS:]}" for t in texts]
    flat = tokens.read(" \n ".join(short) + " \n")
    ends = np.flatnonzero(flat == 0)
    starts = np.concatenate(([0], ends[:-1] + 1))
    sizes = ends - starts
    line = np.repeat(np.arange(count), sizes + 1)
    classes = tokens.classes[flat]
    # Classes of the first two and the last two tokens of each line.
    edges = [
        np.where(sizes > others, classes[np.clip(at, 0, len(classes) - 1)], ABSENT)
        for others, at in ((0, starts), (1, starts + 1), (0, ends - 1), (1, ends - 2))
    ]
    found_classes = np.bincount(line * CLASSES + classes, minlength=count * CLASSES)
    counts: Matrix = found_classes.reshape(count, CLASSES).astype(np.float32)
    counts[:, LINE_END] = 0.0
    chars = np.fromiter(map(len, texts), np.int64, count)
    own, words, prose = _measured(chars, sizes, counts, edges)
    place = np.arange(len(flat)) - starts[line]
    near = (place < HEAD) | (place >= sizes[line] - TAIL)
    looked_up = np.flatnonzero((flat != 0) & near)
    kept, kept_lines = flat[looked_up], line[looked_up]
    return LineTable(own, words, prose, kept, kept_lines, *_pairs(tokens, kept, kept_lines))


def _measured(
    chars: Ints, sizes: Ints, counts: Matrix, edges: list[Ints]
) -> tuple[Matrix, Floats, Flags]:
    """Columns of each line by itself, its words, and whether it is prose."""
    spaceless = counts[:, SPACELESS_CLASS]
    named = counts[:, [LOWER, TITLE, UPPER, MIXED, SHORT_NUMBER, YEAR, NUMBER, INITIAL]]
    words = named.sum(axis=1, dtype=np.float64) + spaceless / 2
    estimated = np.where(spaceless > 0.5 * np.maximum(sizes, 1), chars / 2, chars / 6.2)
    words = np.where(chars > HEAD_CHARS + TAIL_CHARS, estimated, words)
    # Rounded to halves, so that sums do not depend on their order.
    words = np.rint(2 * words) / 2
    closed = ((edges[2] == QUOTE) | (edges[2] == BRACKET)) & np.isin(edges[3], (FULL_STOP, MARK))
    terminal = closed | (edges[2] == FULL_STOP) | (edges[2] == MARK)
    prose = (words >= LONG_WORDS) | (terminal & (words >= SENTENCE_WORDS))
    columns = (
        np.log1p(words) / 3,
        np.log1p(chars) / 5,
        np.log1p(sizes) / 3,
        terminal,
        prose,
        words >= 40,
        np.minimum(counts[:, FULL_STOP], 4) / 4,
        np.minimum(counts[:, _COMMA], 6) / 6,
        counts[:, YEAR] > 0,
        np.minimum(counts[:, SHORT_NUMBER] + counts[:, NUMBER], 5) / 5,
    )
    alike = np.eye(CLASSES, dtype=np.float32)[np.stack(edges[:3], axis=1)].reshape(len(words), -1)
    own = (counts / np.maximum(sizes, 1)[:, None], alike, np.stack(columns, axis=1))
    return np.concatenate(own, axis=1, dtype=np.float32), words, prose


def _pairs(tokens: Tokens, kept: Ints, lines: Ints) -> tuple[Hashes, Ints, Hashes, Ints]:
    """Hashes of neighbouring tokens with their lines, and of content words with theirs."""
    words = tokens.hashes[kept, 0]
    first = starts_of_runs(lines)
    last = np.append(first[1:], True)
    before = np.where(first, _BEGIN, np.concatenate(([_BEGIN], words[:-1])))
    inner = paired(before, words)
    closing = paired(words[last], np.full(int(last.sum()), _END))
    spaceless = tokens.classes[kept] == SPACELESS_CLASS
    spaceless[1:] &= spaceless[:-1] & ~first[1:]
    spaceless[0] = False
    telling = tokens.content[kept] | spaceless
    content = np.where(spaceless, inner, words)[telling]
    pairs, pair_lines = np.concatenate((inner, closing)), np.concatenate((lines, lines[last]))
    return pairs, pair_lines, content, lines[telling]


def headers_of(lines: Sequence[LineRecord]) -> Flags:
    """Which of ``HEADERS`` each of *lines* is: bool[lines, HEADERS]."""
    found = b"".join([_headers_of(line.kinds, line.signs) for line in lines])
    return np.frombuffer(found, np.bool_).reshape(len(lines), len(HEADERS))


@lru_cache(maxsize=1 << 12)
def _headers_of(kinds: frozenset[str], signs: frozenset[str]) -> bytes:
    return bytes([not (kinds | signs).isdisjoint(each.split()) for each in HEADERS])


class TextLines:
    """The texts of a block, whose lines follow one another.

    Attributes:
        sizes: lines of each text, none 0.
        start: the first line of each text.
        text: the text of each line.
        here, rest: for each line, the lines of its text before and after it.
    """

    def __init__(self, sizes: Ints) -> None:
        self.sizes = sizes
        self.start = np.cumsum(sizes) - sizes
        self.text = np.repeat(np.arange(len(sizes)), sizes)
        self.here = np.arange(len(self.text)) - self.start[self.text]
        self.rest = sizes[self.text] - 1 - self.here

    def sums(self, values: NDArray[Any]) -> NDArray[Any]:
        """Sums over the lines of each text."""
        return np.add.reduceat(values, self.start, axis=0)


def placed(table: LineTable, ids: Ints, blanks: Flags, headers: Flags, sizes: Ints) -> Matrix:
    """Where each line is in its text: float32[lines, PLACES].

    Args:
        ids: rows of *table*, text after text.
        blanks: whether an empty line precedes each.
        headers: see ``headers_of``.
        sizes: lines of each text, none 0.
    """
    lines = TextLines(sizes)
    count = sizes[lines.text]
    words, prose = table.words[ids], table.prose[ids]
    known, often, size = _overlap(table, ids, lines.text, prose)
    columns = (
        np.minimum(lines.here, 5) / 5,
        np.minimum(lines.here, 30) / 30,
        np.minimum(lines.rest, 5) / 5,
        np.minimum(lines.rest, 30) / 30,
        lines.here / np.maximum(count - 1, 1),
        np.log1p(count) / 5,
        *_gaps(blanks, lines),
        *_repeats(lines.text, ids),
        known,
        often,
        np.log1p(size) / 3,
        *_beside_prose(words, prose, lines),
        lines.here == 0,
        known * prose,
        *_near_headers(headers, lines),
    )
    return np.stack(columns).astype(np.float32).T


def _beside_prose(words: Floats, prose: Flags, lines: TextLines) -> tuple[NDArray[Any], ...]:
    """How much prose comes before and after each line, and whether it is in the best run of it."""
    told = np.where(prose, words, 0.0)
    total = lines.sums(told)[lines.text]
    sums = np.cumsum(told) - told
    before = sums - sums[lines.start][lines.text]
    after = total - before - told
    # Two estimates of where the story is, by what a line outside prose costs, in words.
    (inside, best), (inside_dear, _) = (_best_run(words, prose, lines, cost) for cost in (8, 25))
    return (
        before / np.maximum(total, 1),
        after / np.maximum(total, 1),
        np.log1p(before) / 6,
        np.log1p(after) / 6,
        inside,
        inside_dear,
        np.log1p(best[lines.text]) / 7,
        np.log1p(total) / 7,
        total / np.maximum(lines.sums(words), 1)[lines.text],
    )


def _near_headers(headers: Flags, lines: TextLines) -> Iterator[NDArray[np.number | np.bool_]]:
    """For each of ``HEADERS``: is each line one, its nearness before and after, number before.

    Nearness is a half at a distance of three lines; at most five headers are counted.
    """
    count = len(headers)
    at = np.arange(count)
    first, last = at - lines.here, at + lines.rest
    for held in headers.T:
        latest = np.maximum.accumulate(np.where(held, at, -1))
        before = np.concatenate(([-1], latest[:-1]))
        following = np.minimum.accumulate(np.where(held, at, count)[::-1])[::-1]
        after = np.concatenate((following[1:], [count]))
        seen: Ints = np.cumsum(held) - held
        yield held
        yield np.where(before >= first, 1 / (1 + (at - before) / 3), 0.0)
        yield np.where(after <= last, 1 / (1 + (after - at) / 3), 0.0)
        yield np.minimum(seen - seen[first], 5) / 5


def _gaps(blanks: Flags, lines: TextLines) -> tuple[Floats, Floats]:
    """Whether an empty line precedes each, unless nine tenths have one; the share that has."""
    gap = blanks.astype(np.float64)
    gap[lines.start] = 0.0
    share = (lines.sums(gap) / np.maximum(lines.sizes - 1, 1))[lines.text]
    gap[share >= 0.9] = 0.0
    return gap, share


def _repeats(text: Ints, ids: Ints) -> tuple[Flags, Flags]:
    """Whether each line occurs in its text more than once, and whether it has occurred before."""
    keys = text * (int(ids.max()) + 1) + ids
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    return np.bincount(which)[which] > 1, first[which] != np.arange(len(keys))


def _overlap(
    table: LineTable, ids: Ints, text: Ints, prose: Flags
) -> tuple[Floats, Floats, Floats]:
    """Shares of each line's content words that other prose of its text has once, and three times.

    And the number of its content words.
    """
    count = len(ids)
    first = np.searchsorted(table.content_lines, np.arange(len(table.words) + 1))
    low = first[ids]
    many = first[ids + 1] - low
    line = np.repeat(np.arange(count), many)
    at = np.arange(len(line)) + np.repeat(low + many - np.cumsum(many), many)
    # Text, word and line in one number, to be sorted: each word of a line once.
    bits = np.uint64(count.bit_length())
    keys = ((text[line].astype(np.uint64) << np.uint64(32)) | table.content[at]) << bits
    keys |= line.astype(np.uint64)
    keys.sort()
    keys = keys[starts_of_runs(keys)]
    line = (keys & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    first = np.flatnonzero(starts_of_runs(keys >> bits))
    own = prose[line]
    told = np.add.reduceat(own, first, dtype=np.int64) if len(first) else first
    others = np.repeat(told, np.diff(first, append=len(keys))) - own
    size = np.bincount(line, minlength=count).astype(np.float64)
    share = np.maximum(size, 1)
    known = np.bincount(line, others >= 1, count) / share
    often = np.bincount(line, others >= 3, count) / share
    return known, often, size


def _best_run(words: Floats, prose: Flags, lines: TextLines, cost: float) -> tuple[Flags, Floats]:
    """The run of lines with the most prose and the least else, of each text.

    Returns:
        bool[lines], whether each line is in it; float64[texts], its gain, 0 if there is none.
    """
    at = np.arange(len(words))
    gains = np.where(prose, words, -np.minimum(words + cost, cost + 4))
    sums = np.cumsum(gains)
    # A run begins after the least sum so far, the latest of equal ones. Each text begins far
    # below the one before, so that its own sums are the least.
    before = sums - gains - lines.text * (2 * np.abs(gains).sum() + 1)
    least = np.minimum.accumulate(before)
    begin = np.maximum.accumulate(np.where(before == least, at, 0))
    total = sums - (sums - gains)[begin]
    best = np.maximum.reduceat(total, lines.start)
    last = np.minimum.reduceat(np.where(total == best[lines.text], at, len(at)), lines.start)
    inside = (at >= begin[last][lines.text]) & (at <= last[lines.text])
    return inside & (best > 0)[lines.text], np.maximum(best, 0.0)
