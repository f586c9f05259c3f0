"""What a line says by itself: length, signs, case, the words that it opens and ends with."""

from __future__ import annotations

import re
from itertools import pairwise
from math import log1p
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.clean.plain.page import LineRecord, Page

HEAD_CHARS = 240
"""Characters from which signs and case are read; further ones tell nothing new."""
UNIT_WORDS = 60
"""Words of a line from which its vocabulary is taken."""
UNIT_CHARS = 4
"""Letters of the shortest word that says what a text is about."""

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
)
"""Columns of ``line_facts``; shares and 0 or 1, but for ``words`` and ``commas`` (logarithms)."""

_CLOSING = "\"'”’»)]›」』）* "
_OPEN_QUOTES = frozenset("\"“„«‘「『'")
_ELLIPSES = ("...", "…", "[…]")
_SEPARATOR = re.compile(r"[|›»•·→▶►▸/＞]")
_ADDRESS = re.compile(r"@|https?:|www\.|\.(?:com|org|net|de|co)\b")
_QUOTE = re.compile('["“”„«»「」]')
_STOP_INSIDE = re.compile(r"[.!?]\s|[。！？]")
_COMMA = re.compile("[,;、，；،]")
_SIGNS = {
    ".": 0, "。": 0, "।": 0, "?": 1, "!": 1, "？": 1, "！": 1, "؟": 1, "…": 2, ":": 3, "：": 3,
}  # fmt: skip


def line_facts(page: Page) -> NDArray[np.float32]:
    """Measure every line by itself: float32[lines, FACTS]."""
    rows = [_facts(line) for line in page.lines]
    return np.array(rows, np.float32).reshape(len(rows), len(FACTS))


def _facts(line: LineRecord) -> tuple[float, ...]:
    """The row of one line, in the order of ``FACTS``."""
    text = line.text
    head = text[:HEAD_CHARS]
    first = text[0]
    tokens = head.split()
    signs = [token[0] for token in tokens]
    count = len(tokens) or 1
    end = 2 if text.endswith(_ELLIPSES) else _SIGNS.get(text[-12:].rstrip(_CLOSING)[-1:], 4)
    spaceless = 1.0 - len(line.words) / line.word_count if line.words else 0.0
    return (
        log1p(line.word_count),
        sum(map(str.isupper, signs)) / count,
        head.isupper(),
        sum(map(str.isdigit, signs)) / count,
        first.islower(),
        first.isdigit(),
        first in _OPEN_QUOTES,
        not (first.isalnum() or first in _OPEN_QUOTES),
        end == 0,
        end == 1,
        end == 2,
        end == 3,
        end == 4,
        line.terminal,
        line.prose,
        log1p(len(_COMMA.findall(head))),
        _STOP_INSIDE.search(head, 0, max(len(head) - 2, 0)) is not None,
        _QUOTE.search(head) is not None,
        _SEPARATOR.search(head) is not None,
        _has_address(head),
        "©" in head,
        "(" in head or "（" in head,
        min(len(head) / count, 20.0) / 10.0,
        line.blank_before,
        max(0.0, min(1.0, spaceless)),
        not line.words,
        bool(line.kinds),
        len(text) > 600,
    )


def _has_address(head: str) -> bool:
    """Whether an e-mail or web address stands in *head*; most lines need no search."""
    return ("." in head or "@" in head or ":" in head) and _ADDRESS.search(head) is not None


def vocabulary(line: LineRecord) -> frozenset[str]:
    """Words of a line that can tell what it is about; pairs of letters without spaces.

    >>> from pipeline.clean.plain.page import read_page
    >>> sorted(vocabulary(read_page("The ferry berth at Turku").lines[0]))
    ['berth', 'ferry', 'turku']
    """
    words = line.words[:UNIT_WORDS]
    if not words:
        return frozenset()
    if line.word_count > len(line.words) * 1.5:
        text = "".join(words)[: 2 * UNIT_WORDS]
        return frozenset(map("".join, pairwise(text)))
    return frozenset([word for word in words if len(word) >= UNIT_CHARS])
