"""Which rules, phrases and signs match each line, as columns for the tagger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.page import LineRecord, Page

Matrix = NDArray[np.float32]

RULE_MARKS = (
    "byline", "timestamp", "caption_or_credit", "contributor_credit", "author_block",
    "newsletter", "cookie_notice", "subscription", "share_buttons", "advertisement", "read_more",
    "contact", "reader_comments", "navigation", "spaceless_notice", "embedded_content",
    "script_code", "bullet_only",
)  # fmt: skip
KIND_MARKS = (
    "account", "ad", "comments", "embed", "legal", "nav", "newsletter", "popular", "read_more",
    "related", "share",
)  # fmt: skip
SIGN_MARKS = (
    "clock", "contact", "pointer", "remark_button", "agency", "handle", "timestamp",
    "byline", "contributors", "credit", "notice", "policy", "biography",
)  # fmt: skip
"""Rules, kinds of phrases and signs with a column each."""

HEADS = (
    frozenset({"comments"}),
    frozenset({"related", "popular"}),
    frozenset({"newsletter", "account", "legal"}),
    frozenset(KIND_MARKS),
    frozenset({"remark_button", "timestamp", "byline", "clock"}),
)
"""Kinds and signs of headers: the nearest before and after a line indicate what it is."""
NEAR_LINES, MOST_HEADS = 3, 5
"""Distance in lines at which nearness is a half; headers before a line that are counted."""
_RULE_AT = {name: at for at, name in enumerate(RULE_MARKS)}
_AT = {name: at for at, name in enumerate((*KIND_MARKS, *SIGN_MARKS), len(RULE_MARKS))}
MARKS = len(RULE_MARKS) + len(_AT)
COLUMNS = MARKS + 3 * len(HEADS)

CLASS_OF = {
    "caption_or_credit": "caption", "read_more": "related", "related": "related",
    "popular": "related", "newsletter": "newsletter", "reader_comments": "comments",
    "comments": "comments", "navigation": "navigation",
    "share_buttons": "share", "subscription": "subscription", "cookie_notice": "legal",
    "advertisement": "advertisement", "author_block": "author", "contributor_credit": "author",
    "contact": "author", "byline": "byline", "timestamp": "timestamp",
    "embedded_content": "embedded", "script_code": "embedded",
}  # fmt: skip
"""Rule or kind of phrase → its class of boilerplate, which names the tagger's own cuts."""
CLASSES = tuple(dict.fromkeys(CLASS_OF.values()))


def mark_rows(
    pages: Sequence[Page],
    hits: Sequence[Mapping[str, AbstractSet[int]]],
    shown: Sequence[Sequence[LineRecord]] | None = None,
) -> Matrix:
    """Columns of the lines of *pages*, page after page: float32[lines, COLUMNS].

    The first ``MARKS`` are 1 where a rule, kind or sign matches the line.

    Args:
        hits: for each page, name of each rule → the lines that it matches.
        shown: for each page, the lines that have rows; all by default.
    """
    sizes = np.array([len(page.lines) for page in pages], np.int64)
    starts = np.cumsum(sizes) - sizes
    rows: list[int] = []
    columns: list[int] = []
    for page, found, first in zip(pages, hits, starts.tolist(), strict=True):
        for name, held in found.items():
            at = _RULE_AT.get(name)
            if held and at is not None:
                rows += [first + index for index in held]
                columns += [at] * len(held)
        for line in page.marked:
            own = _columns_of(line.kinds, line.signs)
            rows += [first + line.index] * len(own)
            columns += own
    marks = np.zeros((int(sizes.sum()), MARKS), np.float32)
    marks[rows, columns] = 1.0
    if shown is not None:
        marks = marks[[low + n.index for low, few in zip(starts, shown, strict=True) for n in few]]
        sizes = np.array([len(few) for few in shown])
        starts = np.cumsum(sizes) - sizes
    return np.concatenate((marks, near_heads(marks, starts, sizes)), axis=1)


@lru_cache(maxsize=1 << 12)
def _columns_of(kinds: frozenset[str], signs: frozenset[str]) -> tuple[int, ...]:
    """The columns of a line's kinds and signs."""
    return tuple([_AT[name] for name in (*kinds, *signs) if name in _AT])


def near_heads(marks: Matrix, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> Matrix:
    """For each of ``HEADS``, its nearness before and after each line, and its number before."""
    count = len(marks)
    here = np.arange(count)
    first, end = np.repeat(starts, sizes), np.repeat(starts + sizes, sizes)
    found = np.zeros((count, 3 * len(HEADS)), np.float32)
    for number, names in enumerate(HEADS):
        at = [_AT[name] for name in sorted(names)]
        heads = marks[:, at].any(axis=1)
        if not heads.any():
            continue
        last = np.maximum.accumulate(np.where(heads, here, -1))
        before = np.concatenate(([-1], last[:-1]))
        following = np.minimum.accumulate(np.where(heads, here, count)[::-1])[::-1]
        after = np.concatenate((following[1:], [count]))
        seen: NDArray[np.int64] = np.cumsum(heads) - heads
        columns = found[:, 3 * number : 3 * number + 3]
        columns[:, 0] = np.where(before >= first, 1 / (1 + (here - before) / NEAR_LINES), 0.0)
        columns[:, 1] = np.where(after < end, 1 / (1 + (after - here) / NEAR_LINES), 0.0)
        columns[:, 2] = np.minimum(seen - seen[first], MOST_HEADS) / MOST_HEADS
    return found
