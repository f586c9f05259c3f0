"""The lines of a text, each measured once, as rules and model see them: ``read_page``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from pipeline.clean.lines.phrases import kinds_of
from pipeline.clean.lines.signs import CLOSING, OPEN_QUOTES, signs_of
from pipeline.text.lines import folded_words, join_wrapped, split_lines
from pipeline.text.unicode import FIRST_SPACELESS, HAN_AND_KANA, SPACELESS_LETTER

Mode = Literal["careful", "default", "thorough"]
LONG_LINE = 2_000
"""Characters above which a line is story or data, never headline, caption or menu."""
SENTENCE_WORDS = 8
"""Words from which a line that ends like a sentence counts as prose."""
LONG_WORDS = 24
"""Words from which a line counts as prose however it ends."""
SHORT_WORDS = 60
"""Words of the longest headline, caption or byline."""
DATES_IN_LIST = 3
"""Dates inside the story from which they are those of a list's entries."""
REMEMBERED_CHARS, REMEMBERED_LINES = 80, 1 << 14
"""Short lines are mostly boilerplate, which returns on every page of a site: their sketches are
cached, for lines of so many characters, up to so many lines."""
_TERMINAL = frozenset(".!?…。！？؟।:;")
QUOTES = OPEN_QUOTES + "‘「『"
_CLOSING = CLOSING + "›」』）*_"
Sketch = tuple[tuple[str, ...], int, bool, bool, frozenset[str], frozenset[str]]
"""What is known of a line by itself: the last six fields of a ``LineRecord``."""


class LineRecord(NamedTuple):
    """A line with everything about it that more than one rule asks for.

    Attributes:
        index: its place in ``Page.lines``.
        text, start, end, blank_before: see ``text.lines.Line``.
        words: case-folded; empty for a line above ``LONG_LINE`` characters.
        word_count: words; two characters of a script without spaces count as one.
        terminal: whether it ends as a sentence does.
        prose: whether it reads as a sentence of a story: long, or ended and not short.
        kinds: what ``phrases`` takes it for.
        signs: what the patterns of ``signs`` find in it.
    """

    index: int  # type: ignore[assignment] # a place, not the method of tuples
    text: str
    start: int
    end: int
    blank_before: bool
    words: tuple[str, ...]
    word_count: int
    terminal: bool
    prose: bool
    kinds: frozenset[str]
    signs: frozenset[str]

    @property
    def short(self) -> bool:
        """Whether it may be a headline, a caption or a byline."""
        return bool(self.words) and self.word_count <= SHORT_WORDS


@dataclass(eq=False)
class Page:
    """A text as the rules see it.

    Attributes:
        raw: the decoded text as found.
        lines: in order; hard-wrapped ones joined.
        marked: those with kinds or signs: few, and most rules need look at no others.
        prose_before: for each line, and last for the end, the words of prose before it.
        first_prose: index of the first line of prose; the number of lines when there is none.
        mode: how readily a doubtful line is cut.
        title: the headline, once it is known.
        title_index: the line that the headline was read from; None when it was declared.
        authors: names from the record or from bylines, once they are known.
        wrapped: whether lines were joined to paragraphs.
        repeated: short lines that stand on many pages of the site.
    """

    raw: str
    lines: tuple[LineRecord, ...]
    marked: tuple[LineRecord, ...]
    prose_before: tuple[int, ...]
    first_prose: int
    mode: Mode = "default"
    title: str | None = None
    title_index: int | None = None
    authors: tuple[str, ...] = ()
    wrapped: bool = False
    repeated: frozenset[int] = frozenset()

    @cached_property
    def entry_times(self) -> list[int]:
        """Lines with a time or a date alone, above the entries of a live blog or a chronicle."""
        found = [
            line.index
            for line in self.marked
            if line.signs & {"clock", "timestamp"} and self.share_before(line.index) < 1.0
        ]
        return found if len(found) >= DATES_IN_LIST else []

    def share_before(self, index: int) -> float:
        """Share of the words of prose that stand before line *index*; 0 without prose."""
        return self.prose_before[index] / (self.prose_before[-1] or 1)


def read_page(raw: str, mode: Mode = "default") -> Page:
    """Cut *raw* into line records."""
    lines = split_lines(raw)
    paragraphs = join_wrapped(lines)
    records = []
    marked = []
    prose_before = [0]
    told = 0
    first_prose = None
    sketches = _sketches([paragraph.text for paragraph in paragraphs])
    for index, (line, sketch) in enumerate(zip(paragraphs, sketches, strict=True)):
        record = LineRecord(index, line.text, line.start, line.end, line.blank_before, *sketch)
        records.append(record)
        if sketch[4] or sketch[5]:
            marked.append(record)
        if sketch[3]:
            told += sketch[1]
            first_prose = index if first_prose is None else first_prose
        prose_before.append(told)
    first_prose = len(records) if first_prose is None else first_prose
    wrapped = len(paragraphs) < len(lines)
    page = (raw, tuple(records), tuple(marked), tuple(prose_before), first_prose)
    return Page(*page, mode, wrapped=wrapped)


def _sketches(texts: list[str]) -> list[Sketch]:
    """Measure each of *texts* by itself; short ones that were seen lately are looked up."""
    found = list(map(_remembered.get, texts))
    fresh = [at for at, sketch in enumerate(found) if sketch is None]
    words = folded_words([texts[at] if len(texts[at]) <= LONG_LINE else "" for at in fresh])
    for at, own in zip(fresh, words, strict=True):
        text = texts[at]
        found[at] = sketch = _sketch(text, tuple(own))
        if len(text) <= REMEMBERED_CHARS:
            if len(_remembered) >= REMEMBERED_LINES:
                _remembered.clear()
            _remembered[text] = sketch
    return [sketch for sketch in found if sketch is not None]


def _sketch(text: str, words: tuple[str, ...]) -> Sketch:
    """Measure a line by itself."""
    count = _count_words(text, words)
    terminal = ends_sentence(text)
    prose = count >= LONG_WORDS or (terminal and count >= SENTENCE_WORDS)
    quoted = text[0] in QUOTES
    kinds = kinds_of(words, quoted=quoted)
    signs = signs_of(text, words, count, ended=terminal)
    return words, count, terminal, prose, kinds, signs


_remembered: dict[str, Sketch] = {}
"""Short line → its sketch; emptied when there are ``REMEMBERED_LINES``."""


def ends_sentence(text: str) -> bool:
    """Whether *text* ends as a sentence does, closing quotes and brackets aside.

    >>> ends_sentence('"So be it."'), ends_sentence("Latest news")
    (True, False)
    """
    return text[-1:] in _TERMINAL or text[-12:].rstrip(_CLOSING)[-1:] in _TERMINAL


def _count_words(text: str, words: Sequence[str]) -> int:
    """Words of *text*; a script without spaces counts two characters as a word."""
    count = len(words) or text.count(" ") + 1
    # The highest character is cheaper to see than each letter. Where it is a dash or a curly quote,
    # words of nine characters and more throughout are no words.
    highest = "" if text.isascii() else max(text)
    if highest < FIRST_SPACELESS or (highest < HAN_AND_KANA and len(text) < 9 * count):
        return count
    sample = text[:LONG_LINE]
    spaceless = len(SPACELESS_LETTER.findall(sample)) * len(text) // len(sample)
    return count + spaceless // 2
