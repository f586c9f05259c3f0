"""What the text of each block says, as columns for the page model: ``observe``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.html.outside import outside_story
from pipeline.clean.lines.page import QUOTES, LineRecord, Page
from pipeline.clean.lines.phrases import WORDS, hints_of
from pipeline.clean.lines.signs import CLOSING
from pipeline.clean.lines.voice import PRIOR_SAID, PRIOR_WORDS

Matrix = NDArray[np.float32]
Lines = NDArray[np.int64]

OBSERVED = (
    "words", "ends_period", "ends_letter", "terminal", "prose", "phrase", "spaceless", "overlap",
    "repeated_before", "refrain", "voice_gain", "rule:outside_story", "rule:timestamp", "ruled",
)  # fmt: skip
UNIT_WORDS, UNIT_CHARS = 60, 4
"""Words at the start of a line that are used for its subject, and their minimum length."""
BASE_WORDS, CAP_WORDS, LINE_COST = 8.0, 60.0, 8.0
"""Words below which a line counts as evidence against the story, words above which more do not
count, and the cost of a line outside prose."""
REFRAIN_WORDS, REFRAIN_TIMES, REFRAIN_LINES = 6, 3, 25
"""Maximum words of a refrain, minimum occurrences on a page, maximum lines from one to the next."""
MIN_BEFORE, MIN_AFTER, QUOTE_CHARS = 30.0, 12.0, 240
"""Minimum words before a change of voice, and after it; first characters of a line in which a
quotation mark means that its words are somebody else's."""
_VOICES = WORDS["first_person"] | WORDS["second_person"] | WORDS["informal"]
_QUOTES = frozenset('"“”„«»')
_PERIODS, _MARKS, _ELLIPSES = ".。।", "?!？！؟…:：", ("...", "…", "[…]")
_CLOSING = CLOSING + "›」』）*"


def observe(page: Page, hits: Mapping[str, AbstractSet[int]]) -> Matrix:
    """Measure each line of *page*: float32[lines, OBSERVED].

    Args:
        hits: name of each rule → the lines that it matches.
    """
    lines = page.lines
    counts = np.array([line.word_count for line in lines], np.float64)
    known = np.array([len(line.words) for line in lines], np.float64)
    ends = [_end(line.text) for line in lines]
    phrase = np.array([bool(line.kinds or _hinted(line)) for line in lines])
    prose = np.array([line.prose for line in lines])
    before, refrain = _returns(page)
    outside = frozenset(outside_story(page))
    ruled = outside.union(*hits.values())
    columns: dict[str, object] = {
        "words": np.log1p(counts),
        "ends_period": [end == "period" for end in ends],
        "ends_letter": [end == "letter" for end in ends],
        "terminal": [line.terminal for line in lines],
        "prose": prose,
        "phrase": phrase,
        "spaceless": np.where(known, np.clip(1 - known / np.maximum(counts, 1), 0, 1), 0),
        "overlap": _overlap(page, prose & _in_best_run(counts, prose, phrase)),
        "repeated_before": before,
        "refrain": refrain,
        "voice_gain": _voice_gain(page),
        "ruled": [index in ruled for index in range(len(lines))],
        "rule:outside_story": [index in outside for index in range(len(lines))],
        "rule:timestamp": [index in hits["timestamp"] for index in range(len(lines))],
    }
    rows: Matrix = np.array([columns[name] for name in OBSERVED], np.float32)
    return np.ascontiguousarray(rows.T)


def _end(text: str) -> str:
    """What kind of sign a line ends with."""
    last = text[-12:].rstrip(_CLOSING)[-1:]
    if text[-1].isalnum():
        return "letter"
    if text.endswith(_ELLIPSES):
        return "mark"
    return "period" if last and last in _PERIODS else "mark" if last in _MARKS else "letter"


def _hinted(line: LineRecord) -> bool:
    """Whether something in a line suggests boilerplate; what is quoted does not."""
    return line.text[0] not in QUOTES and bool(hints_of(line.words))


def _in_best_run(
    words: NDArray[np.float64], prose: NDArray[np.bool_], phrase: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether each line is in the run of lines with the most prose and the least else."""
    good = np.minimum(words, CAP_WORDS) - BASE_WORDS / 2
    gains = np.where(prose & ~phrase, good, -LINE_COST * (1.0 + phrase))
    start, end = best_run(gains[None])
    here = np.arange(len(words))
    inside: NDArray[np.bool_] = (here >= start[0]) & (here < end[0])
    return inside


def _overlap(page: Page, chosen: NDArray[np.bool_]) -> list[float]:
    """Share of each line's longer words that other *chosen* lines contain, too."""
    words = [_vocabulary(line) for line in page.lines]
    counts = Counter(word for own, here in zip(words, chosen, strict=True) if here for word in own)
    return [
        sum(counts[word] > here for word in own) / max(len(own), 1)
        for own, here in zip(words, chosen.tolist(), strict=True)
    ]


def _vocabulary(line: LineRecord) -> frozenset[str]:
    """Words of a line that show its subject; pairs of letters in scripts without spaces."""
    words = line.words[:UNIT_WORDS]
    if line.word_count > len(line.words) * 1.5:
        return frozenset(map("".join, pairwise("".join(words)[: 2 * UNIT_WORDS])))
    return frozenset(word for word in words if len(word) >= UNIT_CHARS)


def _returns(page: Page) -> tuple[list[bool], list[bool]]:
    """Whether each line occurred earlier on the page, and whether it is a refrain.

    A refrain is short and returns after a few other lines, as a button below each remark does.
    """
    keys = [line.words or line.text[:40] for line in page.lines]
    times = Counter(keys)
    last: dict[object, int] = {}
    before, refrain = [], []
    for line, key in zip(page.lines, keys, strict=True):
        since = line.index - last.get(key, -1000 + line.index)
        last[key] = line.index
        before.append(since < 1000)
        often = times[key] >= REFRAIN_TIMES and line.word_count <= REFRAIN_WORDS
        refrain.append(often and 1 < since < REFRAIN_LINES)
    return before, refrain


def _voice_gain(page: Page) -> NDArray[np.float64]:
    """From the line where readers' comments begin: how certain that is; 0 before it.

    The line is the one that best parts the page into two with rates of their own, by the likelihood
    of independent words, of ``me`` and ``you``, thanks and quarrels.
    """
    heads = [line.words[:UNIT_WORDS] for line in page.lines]
    words = np.array([len(head) for head in heads], np.float64)
    said = np.array([sum(word in _VOICES for word in head) for head in heads], np.float64)
    quoted = [not _QUOTES.isdisjoint(line.text[:QUOTE_CHARS]) for line in page.lines]
    said *= np.where(quoted, 0.5, 1.0)
    before = np.cumsum(said) - said, np.cumsum(words) - words
    after = said.sum() - before[0], words.sum() - before[1]
    gain = _fit(*before) + _fit(*after) - _fit(said.sum(), words.sum())
    rises = _rate(*after) > _rate(*before)
    enough = (before[1] >= MIN_BEFORE) & (after[1] >= MIN_AFTER) & rises
    gain = np.where(enough, np.maximum(gain, 0.0), 0.0)
    start = int(gain.argmax())
    found: NDArray[np.float64] = (np.arange(len(gain)) >= start) * np.log1p(gain[start])
    return found


def _rate(said: Any, words: Any) -> Any:
    return (said + PRIOR_SAID) / (words + PRIOR_WORDS)


def _fit(said: Any, words: Any) -> Any:
    """Log-likelihood of words said at their own rate."""
    rate = _rate(said, words)
    return said * np.log(rate) + (words - said) * np.log1p(-rate)


def shifted(values: Matrix, by: int) -> Matrix:
    """Values of the line *by* further on; zeros beyond the page: float32[pages, lines, columns]."""
    found = np.zeros(values.shape, values.dtype)
    if by > 0:
        found[:, :-by] = values[:, by:]
    else:
        found[:, -by:] = values[:, :by]
    return found


def averages(values: Matrix, windows: tuple[tuple[int, int], ...]) -> Matrix:
    """Means of *values* over the lines of each window, the line itself included.

    Lines beyond the page count as zeros.
    """
    edge = max(map(max, windows))
    pages, count, columns = values.shape
    sums = np.zeros((pages, count + 1 + 2 * edge, columns), np.float64)
    np.cumsum(values, axis=1, out=sums[:, edge + 1 : edge + 1 + count])
    sums[:, edge + 1 + count :] = sums[:, edge + count, None]
    parts = []
    for before, after in windows:
        high, low = edge + after + 1, edge - before
        total = sums[:, high : high + count] - sums[:, low : low + count]
        parts.append(total / (before + after + 1))
    return np.concatenate(parts, axis=2).astype(np.float32)


def best_run(gains: NDArray[np.float64]) -> tuple[Lines, Lines]:
    """Start and end, for each page, of the run of lines [start, end) with the largest sum.

    (0, 0) when no gain is positive.

    >>> start, end = best_run(np.array([[-1.0, 5.0, -2.0, 4.0, -9.0]]))
    >>> start.tolist(), end.tolist()
    ([1], [4])
    """
    pages, count = gains.shape
    sums = np.zeros((pages, count + 1))
    np.cumsum(gains, axis=1, out=sums[:, 1:])
    rises = sums - np.minimum.accumulate(sums, axis=1)
    end = rises.argmax(axis=1)
    before = np.where(np.arange(count + 1) <= end[:, None], sums, np.inf)
    start = np.where(rises.max(axis=1) > 0, before.argmin(axis=1), 0)
    return start, end


def place_of(start: Lines, end: Lines, here: Lines) -> Matrix:
    """Whether a line is in the run, and how far before or after it: float32[pages, lines, 3]."""
    start, end = start[:, None], end[:, None]
    inside = (here >= start) & (here < end)
    before = np.log1p(np.maximum(start - here, 0))
    after = np.log1p(np.maximum(here - end + 1, 0))
    return np.stack((inside, before, after), axis=2).astype(np.float32)
