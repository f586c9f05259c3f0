"""Where a page changes its voice for good: below a story, readers talk about it and to each other.

Readers write prose, often without a header above it. What gives them away is the rate of words that
speak of ``me`` and ``you``, thank, agree and quarrel, set against the story's own rate: a diary
speaks so from its first line, and stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

COLUMNS = ("behind", "gain", "before", "rise")
"""Whether a line stands behind the change; how sure the change is, for lines behind and for those
before it; by how much the rate rises, for lines behind."""
MIN_BEFORE, MIN_BEHIND = 30.0, 12.0
"""Words that must stand before a change, and behind it."""
PRIOR_SAID, PRIOR_WORDS = 1.0, 40.0
"""What is counted as said before anything is, so that a few words prove little."""
RISE_SCALE, RISE_LIMIT = 10.0, 3.0


def change_of_voice(said: Matrix, words: Matrix) -> Matrix:
    """Find the line from which on a page speaks in another voice: float32[pages, lines, COLUMNS].

    Of all lines the one is taken that best parts the page into two that each have a rate of
    their own, by the likelihood of independent words; only where the rate rises.

    Args:
        said: float32[pages, lines], words of a line that speak as readers do.
        words: float32[pages, lines], words of a line that were looked at.
    """
    pages, count = words.shape
    # Running sums: those of a shorter page do not change by the zeros behind it.
    said_so_far, words_so_far = (
        np.cumsum(each, axis=1, dtype=np.float64) for each in (said, words)
    )
    all_said, all_words = said_so_far[:, -1:], words_so_far[:, -1:]
    said_before, words_before = said_so_far - said, words_so_far - words
    parts = (
        (said_before, words_before),
        (all_said - said_before, all_words - words_before),
        (all_said, all_words),
    )
    before, behind, whole = (rate_of(*part) for part in parts)
    gain = fit_of(*parts[0], before) + fit_of(*parts[1], behind) - fit_of(*parts[2], whole)
    enough = (words_before >= MIN_BEFORE) & (all_words - words_before >= MIN_BEHIND)
    gain = np.where(enough & (behind > before), np.maximum(gain, 0.0), 0.0)
    start = gain.argmax(axis=1)
    row = np.arange(pages)
    best = np.log1p(gain[row, start])[:, None]
    is_behind = (np.arange(count) >= start[:, None]) & (best > 0)
    rise = np.clip(RISE_SCALE * (behind - before)[row, start], 0.0, RISE_LIMIT)[:, None]
    columns = (is_behind, is_behind * best, ~is_behind * best, is_behind * rise)
    return np.stack(columns, axis=2).astype(np.float32)


def rate_of(said: Any, words: Any) -> Any:
    """Rate of *said* among *words*, numbers or arrays; the prior decides where both are few."""
    return (said + PRIOR_SAID) / (words + PRIOR_WORDS)


def fit_of(said: Any, words: Any, rate: Any) -> Any:
    """Log-likelihood of *said* of *words* at *rate*, numbers or arrays."""
    return said * np.log(rate) + (words - said) * np.log1p(-rate)
