"""What the rules look at: the lines of a text, each measured once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pipeline.clean.plain.phrases import kinds_of
from pipeline.text.lines import join_wrapped, split_lines
from pipeline.text.scripts import SPACELESS

Mode = Literal["careful", "default", "thorough"]

LONG_LINE = 2_000
"""Characters above which a line is story or data, never headline, caption or menu."""
SENTENCE_WORDS = 8
"""Words from which a line that ends like a sentence counts as prose."""
LONG_WORDS = 24
"""Words from which a line counts as prose however it ends."""

_WORD = re.compile(r"\w+")
_SPACELESS = re.compile(f"[{SPACELESS}]")
_TERMINAL = re.compile("[.!?…。！？؟।:;]$")
_QUOTES = '"“„«‘「『'
_CLOSING = "\"'”’»)]›」』）*_ "


@dataclass(frozen=True, slots=True)
class LineRecord:
    """A line with everything about it that more than one rule asks for.

    Attributes:
        index: its place in ``Page.lines``.
        text, start, end, blank_before: see ``text.lines.Line``.
        words: case-folded; empty for a line above ``LONG_LINE`` characters.
        word_count: words; two characters of a script without spaces count as one.
        terminal: whether it ends as a sentence does.
        prose: whether it reads as a sentence of a story: long, or ended and not short.
        kinds: what ``phrases`` takes it for.
    """

    index: int
    text: str
    start: int
    end: int
    blank_before: bool
    words: tuple[str, ...]
    word_count: int
    terminal: bool
    prose: bool
    kinds: frozenset[str]

    @property
    def short(self) -> bool:
        """Whether it may be looked into by patterns for headlines, captions and bylines."""
        return bool(self.words) and self.word_count <= 60


@dataclass(frozen=True, eq=False)
class Page:
    """A text as the rules see it.

    Attributes:
        raw: the decoded text as found.
        lines: in order; hard-wrapped ones joined.
        mode: how readily a doubtful line is cut.
        title: the headline, once it is known.
        title_index: the line that the headline was read from; None when it was declared.
        authors: names from the record or from bylines, once they are known.
        wrapped: whether lines were joined to paragraphs.
        repeated: short lines that stand on many pages of the site.
    """

    raw: str
    lines: tuple[LineRecord, ...]
    mode: Mode = "default"
    title: str | None = None
    title_index: int | None = None
    authors: tuple[str, ...] = ()
    wrapped: bool = False
    repeated: frozenset[int] = frozenset()

    @cached_property
    def prose_words(self) -> int:
        """Words in lines of prose."""
        return sum(line.word_count for line in self.lines if line.prose)

    @cached_property
    def prose_before(self) -> tuple[int, ...]:
        """For each line, and for the end, the words of prose before it."""
        counts = [0]
        for line in self.lines:
            counts.append(counts[-1] + (line.word_count if line.prose else 0))
        return tuple(counts)

    @cached_property
    def first_prose(self) -> int:
        """Index of the first line of prose; the number of lines when there is none."""
        return next((line.index for line in self.lines if line.prose), len(self.lines))

    def share_before(self, index: int) -> float:
        """Share of the words of prose that stand before line *index*; 0 without prose."""
        return self.prose_before[index] / self.prose_words if self.prose_words else 0.0


def read_page(raw: str, mode: Mode = "default") -> Page:
    """Cut *raw* into line records."""
    records = []
    lines = split_lines(raw)
    paragraphs = join_wrapped(lines)
    for index, line in enumerate(paragraphs):
        text = line.text
        words: tuple[str, ...] = ()
        if len(text) <= LONG_LINE:
            words = tuple(_WORD.findall(text.casefold()))
        count = _count_words(text, words)
        terminal = ends_sentence(text)
        prose = count >= LONG_WORDS or (terminal and count >= SENTENCE_WORDS)
        records.append(
            LineRecord(
                index,
                text,
                line.start,
                line.end,
                line.blank_before,
                words,
                count,
                terminal,
                prose,
                kinds_of(words, quoted=text[0] in _QUOTES),
            )
        )
    return Page(raw, tuple(records), mode, wrapped=len(paragraphs) < len(lines))


def ends_sentence(text: str) -> bool:
    """Whether *text* ends as a sentence does, closing quotes and brackets aside.

    >>> ends_sentence('"So be it."'), ends_sentence("Latest news")
    (True, False)
    """
    return _TERMINAL.search(text[-12:].rstrip(_CLOSING)) is not None


def _count_words(text: str, words: tuple[str, ...]) -> int:
    """Words of *text*; a script without spaces counts two characters as a word."""
    count = len(words) or text.count(" ") + 1
    # Words of nine characters and more throughout are no words: cheaper to see than letters.
    if text.isascii() or len(text) < 9 * count:
        return count
    sample = text[:LONG_LINE]
    spaceless = len(_SPACELESS.findall(sample)) * len(text) // len(sample)
    return count + spaceless // 2
