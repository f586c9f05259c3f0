"""A text as lines, each measured once for rules and tagger: ``read_page``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal, NamedTuple

from pipeline.clean.phrases import kinds_of
from pipeline.clean.signs import CLOSING, OPEN_QUOTES, signs_of
from pipeline.clean.words import WORDS
from pipeline.text.lines import folded_words, join_wrapped, split_lines
from pipeline.text.unicode import FIRST_SPACELESS, HAN_AND_KANA, SPACELESS_LETTER

Mode = Literal["careful", "default", "thorough"]
LONG_LINE = 2_000
"""Characters above which a line is story or data, never a headline, caption or menu."""
SENTENCE_WORDS, LONG_WORDS = 8, 24
"""Words from which a line is prose: if it ends like a sentence, and in any case."""
DATES_IN_LIST = 3
"""Dates within the story from which they belong to the entries of a list."""
SAID = WORDS["said"]
SAID_WORDS = 5
"""Verbs that attribute what is said, which boilerplate hardly has; words of the shortest sentence
that does."""
CACHED_CHARS, CACHED_LINES = 80, 1 << 14
"""Lines of up to so many characters are cached, so many at most: most are boilerplate, which recurs
on every page of a site."""
_TERMINAL = frozenset(".!?…。！？؟।:;")
QUOTES = OPEN_QUOTES + "‘「『"
_CLOSING = CLOSING + "›」』）*_"
Sketch = tuple[tuple[str, ...], int, bool, bool, frozenset[str], frozenset[str]]
"""What a line is by itself: the last six fields of a ``LineRecord``."""


class LineRecord(NamedTuple):
    """A line and what it is by itself.

    Attributes:
        index: its position in ``Page.lines``.
        text, start, end, blank_before: see ``text.lines.Line``.
        words: case-folded; empty for a line above ``LONG_LINE`` characters.
        word_count: two characters of a script without spaces count as one word.
        terminal: whether it ends like a sentence.
        prose: whether it reads like a sentence of a story: long, or terminal and not short.
        kinds: kinds of boilerplate phrases in it, see ``clean.phrases``.
        signs: patterns that match it, see ``clean.signs``.
    """

    index: int  # type: ignore[assignment] # a position, not the method of tuples
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


@dataclass(eq=False)
class Page:
    """A text as lines.

    Attributes:
        raw: the decoded text as found.
        lines: in order; hard-wrapped ones joined.
        marked: the few lines with kinds or signs; most rules look at no others.
        prose_before: words of prose before each line, and before the end.
        mode: how readily a doubtful line is cut.
        wrapped: whether hard-wrapped lines were joined.
        repeated: lines that occur on many pages of the site.
        attributed: of *marked*, sentences that say who speaks, and so may quote a phrase.
    """

    raw: str
    lines: tuple[LineRecord, ...]
    marked: tuple[LineRecord, ...]
    prose_before: tuple[int, ...]
    mode: Mode
    wrapped: bool
    repeated: frozenset[int]
    attributed: frozenset[int]

    @cached_property
    def entry_times(self) -> list[int]:
        """Lines with only a time or date above the entries of a live blog or a chronicle."""
        times = [line.index for line in self.marked if line.signs & {"clock", "timestamp"}]
        found = [index for index in times if self.share_before(index) < 1.0]
        return found if len(found) >= DATES_IN_LIST else []

    def share_before(self, index: int) -> float:
        """Share of the words of prose that come before line *index*; 0 without prose."""
        return self.prose_before[index] / (self.prose_before[-1] or 1)


def read_page(raw: str, mode: Mode = "default", repeated: frozenset[str] = frozenset()) -> Page:
    """Split *raw* into lines and measure each.

    Args:
        repeated: short lines that occur on many pages of the site.
    """
    lines = split_lines(raw)
    joined = join_wrapped(lines)
    pairs = zip(joined, _sketches([line.text for line in joined]), strict=True)
    records = [LineRecord._make((at, *line[:4], *own)) for at, (line, own) in enumerate(pairs)]
    marked = [line for line in records if line.kinds or line.signs]
    told = accumulate([line.word_count if line.prose else 0 for line in records], initial=0)
    again = frozenset([line.index for line in records if line.text in repeated])
    wrapped = len(joined) < len(lines)
    ended = [n for n in marked if n.terminal and n.word_count >= SAID_WORDS]
    said = [n.index for n in ended if n.text[-1] not in ":：" and not SAID.isdisjoint(n.words)]
    own = tuple(records), tuple(marked), tuple(told)
    return Page(raw, *own, mode, wrapped, again, frozenset(said))


_cache: dict[str, Sketch] = {}


def _sketches(texts: list[str]) -> list[Sketch]:
    """Measure each of *texts*, or look it up."""
    found = list(map(_cache.get, texts))
    new = [at for at, sketch in enumerate(found) if sketch is None]
    words = folded_words([texts[at] if len(texts[at]) <= LONG_LINE else "" for at in new])
    for at, own in zip(new, words, strict=True):
        text = texts[at]
        found[at] = sketch = _sketch(text, tuple(own))
        if len(text) <= CACHED_CHARS:
            if len(_cache) >= CACHED_LINES:
                _cache.clear()
            _cache[text] = sketch
    return [sketch for sketch in found if sketch is not None]


def _sketch(text: str, words: tuple[str, ...]) -> Sketch:
    count = _count_words(text, words)
    terminal = ends_sentence(text)
    prose = count >= LONG_WORDS or (terminal and count >= SENTENCE_WORDS)
    kinds = kinds_of(words, quoted=text[0] in QUOTES)
    return words, count, terminal, prose, kinds, signs_of(text, words, count, ended=terminal)


def ends_sentence(text: str) -> bool:
    """Whether *text* ends like a sentence, apart from closing quotes and brackets.

    >>> ends_sentence('"So be it."'), ends_sentence("Latest news")
    (True, False)
    """
    return text[-1:] in _TERMINAL or text[-12:].rstrip(_CLOSING)[-1:] in _TERMINAL


def _count_words(text: str, words: tuple[str, ...]) -> int:
    """Words of *text*; a script without spaces counts two characters as a word."""
    count = len(words) or text.count(" ") + 1
    # The highest character is cheaper to find than each spaceless letter. Where it is only a dash
    # or a curly quote, words are nine characters or longer throughout if there are no spaces.
    highest = "" if text.isascii() else max(text)
    if highest < FIRST_SPACELESS or (highest < HAN_AND_KANA and len(text) < 9 * count):
        return count
    sample = text[:LONG_LINE]
    spaceless = len(SPACELESS_LETTER.findall(sample)) * len(text) // len(sample)
    return count + spaceless // 2
