"""What a line says by itself: length, signs, case, the words that it opens and ends with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.page import QUOTES, LineRecord
from pipeline.clean.lines.phrases import WORDS
from pipeline.clean.lines.signs import CLOSING
from pipeline.clean.lines.tokens import Tokens

Matrix = NDArray[np.float32]
Column = tuple[str, NDArray[np.generic]]


Bits = NDArray[np.uint32]

HEAD_CHARS = 240
"""Characters from which signs and case are read; further ones tell nothing new."""

UNIT_WORDS = 60
"""Words of a line from which its vocabulary is taken."""

UNIT_CHARS = 4
"""Letters of the shortest word that says what a text is about."""

REMARK_WORDS = 8
"""Words of the longest line that stands between remarks of readers."""

LOUD_WORDS = 4
"""Words of the shortest headline that stands out by capitals; headings in a story have fewer."""

MIN_BARS = 2
"""Upright strokes from which a line that opens with one is the row of a table."""

FACTS = (
    "words",
    "capitalized",
    "capitals",
    "digits",
    "opens_lower",
    "opens_digit",
    "opens_quote",
    "opens_sign",
    "ends_period",
    "ends_mark",
    "ends_ellipsis",
    "ends_colon",
    "ends_letter",
    "terminal",
    "prose",
    "commas",
    "stops_inside",
    "quote",
    "separator",
    "address",
    "copyright",
    "bracket",
    "word_length",
    "blank_before",
    "spaceless",
    "wordless",
    "phrase",
    "long",
    "digit_share",
    "question",
    "exclamation",
    "clock",
    "numbered",
    "money",
    "dash",
    "first_person",
    "second_person",
    "remark",
    "spaceless_terms",
    "informal",
    "doubled_mark",
    "picture",
    "addressed",
    "cells",
    "bullet",
    "figures",
    "loud",
    "comma_share",
)
"""Columns of ``line_facts``; shares and 0 or 1, but for ``words`` and ``commas`` (logarithms)."""

_FACT_AT = {name: column for column, name in enumerate(FACTS)}

_SPACELESS_TERM = re.compile(
    "|".join(sorted(WORDS["spaceless"], key=lambda term: (-len(term), term)))
)

_CLOSING = CLOSING + "›」』）*"

_ELLIPSES = ("...", "…", "[…]")

_ADDRESS = re.compile(r"@|https?:|www\.|\.(?:com|org|net|de|co)\b")

_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d\d\b")

_NUMBERED = re.compile(r"\W{0,2}\d{1,3}[.)\]:]?\s")

_ENDS = {
    ".": 0, "。": 0, "।": 0, "?": 1, "!": 1, "？": 1, "！": 1, "؟": 1, "…": 2, ":": 3, "：": 3,
}  # fmt: skip


def line_facts(lines: Sequence[LineRecord], tokens: Tokens) -> Matrix:
    """Measure every line by itself: float32[lines, FACTS]; *tokens* are their words."""
    heads = [line.text[:HEAD_CHARS] for line in lines]
    signs = Signs(heads)
    facts = np.empty((len(FACTS), len(lines)), np.float32)
    for part in (
        _record_facts(lines),
        _sign_facts(heads, signs),
        _tone(heads, signs),
        _voice(tokens),
    ):
        for name, column in part:
            facts[_FACT_AT[name]] = column
    return np.ascontiguousarray(facts.T)


def _record_facts(lines: Sequence[LineRecord]) -> Iterator[Column]:
    """What is on record of each line."""
    count = len(lines)
    _, texts, _, _, blank, words, word_counts, terminal, prose, kinds, _, hints = zip(
        *lines, strict=True
    )
    counts = np.fromiter(word_counts, np.int64, count)
    known = np.fromiter(map(len, words), np.int64, count)
    yield "words", np.log1p(counts)
    yield "terminal", np.fromiter(terminal, np.bool_, count)
    yield "prose", np.fromiter(prose, np.bool_, count)
    yield "blank_before", np.fromiter(blank, np.bool_, count)
    said = np.fromiter(map(bool, kinds), np.bool_, count)
    yield "phrase", said | np.fromiter(map(bool, hints), np.bool_, count)
    yield "long", np.fromiter(map(len, texts), np.int64, count) > 600
    yield "wordless", known == 0
    yield (
        "spaceless",
        np.where(known > 0, np.clip(1.0 - known / np.maximum(counts, 1), 0.0, 1.0), 0),
    )
    ends = np.fromiter(map(_end, texts), np.int64, count)
    for code, name in enumerate(("period", "mark", "ellipsis", "colon", "letter")):
        yield f"ends_{name}", ends == code


def _end(text: str) -> int:
    """What kind of sign a line ends with."""
    if text[-1].isalnum():
        return 4
    return 2 if text.endswith(_ELLIPSES) else _ENDS.get(text[-12:].rstrip(_CLOSING)[-1:], 4)


def _sign_facts(heads: Sequence[str], signs: Signs) -> Iterator[Column]:
    """What a line's characters say."""
    space, gap = signs.where("space"), signs.where("space", "break")
    tokens = ~gap
    tokens[1:] &= gap[:-1]
    count = np.maximum(signs.count(tokens), 1)
    yield "capitalized", signs.count(tokens & signs.where("upper")) / count
    yield "digits", signs.count(tokens & signs.where("digit")) / count
    capitals = signs.has("upper") & ~signs.has("lower")
    yield "capitals", capitals
    yield "loud", capitals & (count >= LOUD_WORDS)
    quoted = signs.opens("open_quote")
    yield "opens_lower", signs.opens("lower")
    yield "opens_digit", signs.opens("digit")
    yield "opens_quote", quoted
    yield "opens_sign", ~(signs.opens("alnum") | quoted)
    commas = signs.count(signs.where("comma"))
    yield "commas", np.log1p(commas)
    yield "comma_share", commas / count
    yield "stops_inside", _stops_inside(signs, space)
    for name in ("quote", "separator", "copyright", "bracket"):
        yield name, signs.has(name)
    joint = signs.where("joint")
    joint[:-1] &= ~gap[1:]
    address = signs.has("at") | (signs.count(joint) > 0)
    for index in np.flatnonzero(address).tolist():
        address[index] = _ADDRESS.search(heads[index]) is not None
    yield "address", address
    yield "word_length", np.minimum(signs.sizes / count, 20.0) / 10.0


def _stops_inside(signs: Signs, space: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a sentence ends before a line's last words."""
    found = signs.where("stop")
    found[:-1] &= space[1:]
    found |= signs.where("spaceless_stop")
    ends = signs.starts + signs.sizes
    for back in (1, 2):
        found[np.maximum(ends - back, 0)] = False
    stop = np.maximum(ends - 3, 0)
    found[stop] &= signs.where("spaceless_stop")[stop]
    return signs.count(found) > 0


def _tone(heads: Sequence[str], signs: Signs) -> Iterator[Column]:
    """Figures, questions, dashes."""
    digits = signs.count(signs.where("decimal"))
    yield "digit_share", digits / signs.sizes
    for name in ("question", "exclamation", "money", "picture"):
        yield name, signs.has(name)
    yield "addressed", signs.opens("at")
    doubled = signs.where("stop")
    doubled[:-1] &= doubled[1:]
    doubled[-1:] = False
    yield "doubled_mark", signs.count(doubled) > 0
    yield from _rows(heads, signs)
    clock, numbered = digits > 2, digits > 0
    for index in np.flatnonzero(clock).tolist():
        clock[index] = _CLOCK.search(heads[index], 0, 60) is not None
    for index in np.flatnonzero(numbered).tolist():
        numbered[index] = _NUMBERED.match(heads[index]) is not None
    yield "clock", clock
    yield "numbered", numbered
    space, dash = signs.where("space"), signs.where("dash")
    dash[1:-1] &= space[:-2] & space[2:]
    yield "dash", signs.count(dash) > 0
    terms = np.zeros(len(heads))
    for index in np.flatnonzero(signs.has("spaceless")).tolist():
        terms[index] = len(_SPACELESS_TERM.findall(heads[index]))
    yield "spaceless_terms", terms / (1.0 + signs.sizes / 20.0)


def _rows(heads: Sequence[str], signs: Signs) -> Iterator[Column]:
    """Rows of tables, items of lists, lines of figures."""
    yield "cells", signs.opens("bar") & (signs.count(signs.where("bar")) >= MIN_BARS)
    bullet = signs.opens("bullet")
    for index in np.flatnonzero(bullet).tolist():
        bullet[index] = heads[index][1:2] == " "
    yield "bullet", bullet
    digit = signs.where("decimal")
    opening = digit.copy()
    opening[1:] &= signs.where("space", "break", "money", "separator", "bracket")[:-1]
    yield "figures", np.log1p(signs.count(opening))


def _voice(tokens: Tokens) -> Iterator[Column]:
    """Who speaks to whom."""
    roots = np.sqrt(np.clip(tokens.counts, 1, UNIT_WORDS))
    yield "first_person", tokens.count("first_person") / roots
    yield "second_person", tokens.count("second_person") / roots
    yield "informal", tokens.count("informal") / roots
    remarks = tokens.count("remark") > 0
    yield "remark", remarks & (tokens.counts <= REMARK_WORDS)


def is_spaceless(line: LineRecord) -> bool:
    """Whether a line's words cannot be told apart, for want of spaces."""
    return line.word_count > len(line.words) * 1.5 and bool(line.words)


def vocabulary(line: LineRecord) -> frozenset[str]:
    """Words of a line that can tell what it is about; pairs of letters without spaces.

    >>> from pipeline.clean.lines.page import read_page
    >>> sorted(vocabulary(read_page("The ferry berth at Turku").lines[0]))
    ['berth', 'ferry', 'turku']
    """
    words = line.words[:UNIT_WORDS]
    if not words:
        return frozenset()
    if is_spaceless(line):
        text = "".join(words)[: 2 * UNIT_WORDS]
        return frozenset(map("".join, pairwise(text)))
    return frozenset([word for word in words if len(word) >= UNIT_CHARS])


_BEYOND = 0x10000
"""Characters from here on are taken for signs: most are pictures."""

_SETS = {
    "open_quote": QUOTES + "'",
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
