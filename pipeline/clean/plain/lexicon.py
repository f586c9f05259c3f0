"""Which words and pairs of words speak for story or chrome, learned from many sites."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

HEAD_WORDS = 10
TAIL_WORDS = 4
WHOLE_WORDS = 24
"""Words of a line that is looked at as a whole; of a longer one, those at its two ends."""
LIMIT = 8.0
"""Log-odds to which the sum of a line's weights is limited."""


def grams(words: Sequence[str]) -> list[str]:
    """Single words and pairs of a line of case-folded *words*, and those at its ends.

    Numbers are all the same; the line's first and last word are marked.

    >>> grams(("read", "more"))
    ['read', 'more', 'read more', '^read', '^read more', 'more$']
    """
    if not words:
        return []
    if len(words) > WHOLE_WORDS:
        words = (*words[:HEAD_WORDS], "…", *words[-TAIL_WORDS:])
    folded = [word if word.isalpha() or not word[0].isdigit() else "0" for word in words]
    pairs = [f"{a} {b}" for a, b in pairwise(folded)]
    found = [*folded, *pairs, f"^{folded[0]}", f"{folded[-1]}$"]
    if pairs:
        found.insert(-1, f"^{pairs[0]}")
    return found


def lexicon_scores(
    lines: Sequence[Sequence[str]], lexicon: Mapping[str, float]
) -> NDArray[np.float32]:
    """Sum, highest and lowest weight of what the lexicon knows in each line: float32[lines, 3].

    What stands twice in a line counts once; the sum is limited to ``LIMIT``.
    """
    rows = []
    for words in lines:
        found = [lexicon[gram] for gram in set(grams(words)) if gram in lexicon]
        if found:
            total = max(-LIMIT, min(LIMIT, sum(sorted(found))))
            rows.append((total, max(0.0, *found), min(0.0, *found)))
        else:
            rows.append((0.0, 0.0, 0.0))
    return np.array(rows, np.float32).reshape(len(rows), 3)
