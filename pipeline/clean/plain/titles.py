"""The headline: which line it is, when one is there at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.clean.plain.captions import is_caption
from pipeline.clean.plain.datelines import find_dateline
from pipeline.clean.plain.stamps import says_only_when

if TYPE_CHECKING:
    from pipeline.clean.plain.page import LineRecord, Page

MAX_WORDS = 32
MAX_CHARS = 220
"""Size of the longest headlines in print; longer first lines are ledes."""
HEAD_LINES = 12
"""Lines before the story within which a headline is looked for."""
LABEL_LINES = 3
"""Labels of a section, buttons and time stamps that may stand above the headline."""
NEAR_LINES = 6
"""Lines between a headline under labels and the story: a standfirst, bylines, a credit."""
LEAD_WORDS = 3
"""Words from which a line on its own can be told from a section's name."""

QUESTION_WORDS = 20
"""Words from which a question is the story's first, not its headline."""

_LIST_ITEM = re.compile(r"\d{1,2}\s?[.)]\s")
"""How the items of a list begin; a page that begins with one begins inside a story."""
_CREDIT_END = re.compile(r"\([^()]{1,60}/[^()]{1,60}\)$")
_SITE_NAME = re.compile(r"\s(?:[|–—»·•]|-)\s")
_NO_HEADLINES = frozenset({"byline", "notice"})
"""Signs of lines that stand above headlines."""


def find_title(page: Page) -> int | None:
    """Return the index of the line that is the headline; None rather than a guess.

    The headline is the first line, or the first under a few labels right above the story, or the
    line that the first one repeats with the site's name behind it. A caption, a time stamp, a
    byline, a dateline or a sentence of the story is none.
    """
    first = page.first_prose
    if first >= len(page.lines):
        return None
    by_repeat = _repeated_in_page_name(page)
    if by_repeat is not None:
        return by_repeat
    for line in page.lines[: max(1, min(LABEL_LINES + 1, first))]:
        if _looks_like_headline(page, line):
            near = line.index == 0 or (first - line.index <= NEAR_LINES and line.word_count > 3)
            return line.index if near else None
        if not _is_label(line):
            return None
    return None


def _looks_like_headline(page: Page, line: LineRecord) -> bool:
    """Whether *line*, by itself and by what follows it, is a headline."""
    if not line.words or line.kinds or line.word_count < LEAD_WORDS:
        return False
    if line.word_count > MAX_WORDS or len(line.text) > MAX_CHARS or not line.text[0].isprintable():
        return False
    if says_only_when(line) or line.signs & _NO_HEADLINES or is_caption(page, line.index):
        return False
    if find_dateline(line.text) or _is_sentence(line) or _LIST_ITEM.match(line.text):
        return False
    return page.first_prose - line.index <= HEAD_LINES


def _is_label(line: LineRecord) -> bool:
    """Whether a headline may still follow: a section's name, a button, a byline, a time stamp."""
    if line.word_count < LEAD_WORDS or line.kinds:
        return not line.terminal
    return "timestamp" in line.signs or "byline" in line.signs


def _is_sentence(line: LineRecord) -> bool:
    """Whether a line is a sentence or ends in a credit: no headline."""
    text = line.text.rstrip("\"'”’»)] ")
    if text.endswith((".", "。", "।", ";", ":")) and not text.endswith(
        ("...", "U.S.", "U.K.", "U.N.")
    ):
        return True
    if text.endswith(("?", "？", "؟")) and line.word_count >= QUESTION_WORDS:
        return True
    if text != line.text and _CREDIT_END.search(line.text[-80:]):
        return True
    return line.text[0].islower() and line.text[:1].isalpha() and line.word_count > 12


def _repeated_in_page_name(page: Page) -> int | None:
    """A line that the page's name in the first line, ``Headline | Site``, repeats."""
    name = page.lines[0]
    if not name.words or len(name.text) > 2 * MAX_CHARS or not _SITE_NAME.search(name.text):
        return None
    for line in page.lines[1 : page.first_prose + 1]:
        size = len(line.words)
        if LEAD_WORDS < size < len(name.words) and name.words[:size] == line.words:
            return line.index
    return None
