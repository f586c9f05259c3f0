"""Where a page changes its voice for good: below a story, readers talk about it and to each other.

Readers write prose, often without a header above it. What gives them away is the rate of words that
speak of ``me`` and ``you``, thank, agree and quarrel, set against the story's own rate: a diary
speaks so from its first line, and stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, log1p

from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.phrases import WORDS, opening_kinds
from pipeline.clean.lines.signs import HEADER_WORDS, OPEN_QUOTES

PRIOR_SAID, PRIOR_WORDS = 1.0, 40.0
"""What is counted as said before anything is, so that a few words prove little."""


MIN_STORY = 40
"""Words of prose above the header: a link to the comments may stand above a story."""
MIN_MARKS = 3
"""Lines between remarks (names, times, ``Reply``) that show what stands below a header."""
FIRST_MARK, NEXT_MARK = 8, 14
"""Lines within which the first mark follows the header, and each further one the one before."""
MIN_BUTTONS = 4
"""How often a button below a remark must stand on a page."""
MARK_WORDS = 10
"""Words of the longest line between remarks."""
MIN_GAIN = 3.0
"""Log-likelihood by which the voice below a header must differ from the one above."""
PLAIN_WORDS, COMMENTS_AFTER = 5, 0.5
"""Words of the longest plain header, and the share of the prose before it from which only comments
can follow."""
HEAD_WORDS = 60
"""Words of a line that are looked at."""
_VOICES = WORDS["first_person"] | WORDS["second_person"] | WORDS["informal"]


def reader_comments(page: Page) -> list[int]:
    """Readers' comments below a story: their header, and everything below it.

    A header such as ``12 comments``, or the note that they are moderated, is not enough, since
    links to the comments stand in the middle of stories too. What follows must show it: several
    lines that stand between remarks (who wrote when, ``Reply``), or prose that speaks of ``me`` and
    ``you``, thanks and quarrels far more than the story above does. Without a header, the same
    button below each remark shows it, from the line above the first one on. Below most of the
    story a plain header such as ``Comments`` is enough.
    """
    voice: list[tuple[int, int]] = []
    for line in page.marked:
        heads = "policy" in line.signs or (
            "comments" in line.kinds and not line.prose and len(line.words) <= HEADER_WORDS
        )
        if not heads or page.prose_before[line.index] < MIN_STORY:
            continue
        plain = len(line.words) <= PLAIN_WORDS and not (line.terminal or line.prose)
        late = page.share_before(line.index) >= COMMENTS_AFTER
        # A phrase inside a subheading heads nothing.
        if plain and late and "comments" in opening_kinds(line.words):
            return list(range(line.index, len(page.lines)))
        end = _end_of_marks(page, line.index)
        voice = voice or _voice_up_to(page)
        if end is None and _changes_voice(voice, line.index):
            end = len(page.lines)
        if end is not None:
            return list(range(line.index, end))
    first = _first_remark(page)
    return [] if first is None else list(range(first, _end_of_marks(page, first) or first))


def _first_remark(page: Page) -> int | None:
    """The line above the first of many buttons such as ``Reply``; None where there are none."""
    buttons: dict[tuple[str, ...], list[int]] = {}
    for line in page.marked:
        if "remark_button" in line.signs:
            buttons.setdefault(line.words, []).append(line.index)
    first = min((found[0] for found in buttons.values() if len(found) >= MIN_BUTTONS), default=0)
    return first - 1 if first and page.prose_before[first - 1] >= MIN_STORY else None


def _end_of_marks(page: Page, header: int) -> int | None:
    """Where the remarks below a header end; None when too few marks stand between them."""
    last, marks = header, 0
    for line in page.lines[header + 1 :]:
        if line.index - last > (NEXT_MARK if marks else FIRST_MARK):
            break
        if _is_mark(line):
            last = line.index
            marks += 1
    if marks < MIN_MARKS:
        return None
    rest = len(page.lines) - last
    return len(page.lines) if rest <= NEXT_MARK else last + 1


def _is_mark(line: LineRecord) -> bool:
    """Whether a line stands between remarks: who wrote it, when, and what may be done with it."""
    if line.prose or line.word_count > MARK_WORDS:
        return False
    return bool(line.signs & {"byline", "timestamp"}) or not WORDS["remark"].isdisjoint(line.words)


def _changes_voice(voice: Sequence[tuple[int, int]], header: int) -> bool:
    """Whether the prose below a header speaks as readers do, and the story above does not."""
    above, below = voice[header], _voice_from(voice, header + 1)
    if not below[1] or below[0] / below[1] <= above[0] / max(above[1], 1):
        return False
    both = above[0] + below[0], above[1] + below[1]
    return _fit(*above) + _fit(*below) - _fit(*both) >= MIN_GAIN


def _voice_up_to(page: Page) -> list[tuple[int, int]]:
    """Above each line, and at the end: words in prose that speak as readers do, and all words.

    Counted once for all headers: a page may have thousands.
    """
    found, said, words = [(0, 0)], 0, 0
    for line in page.lines:
        if line.prose and line.text[0] not in OPEN_QUOTES:
            head = line.words[:HEAD_WORDS]
            said += sum(word in _VOICES for word in head)
            words += len(head)
        found.append((said, words))
    return found


def _voice_from(voice: Sequence[tuple[int, int]], first: int) -> tuple[int, int]:
    """The same, of the lines from *first* on."""
    return voice[-1][0] - voice[first][0], voice[-1][1] - voice[first][1]


def _fit(said: int, words: int) -> float:
    """Log-likelihood of *said* of *words* at their own rate."""
    rate = (said + PRIOR_SAID) / (words + PRIOR_WORDS)
    return said * log(rate) + (words - said) * log1p(-rate)
