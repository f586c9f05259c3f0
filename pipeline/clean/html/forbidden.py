"""Blocks that are no story for certain, whatever the page model says: ``forbidden_rows``.

The rules are those of plain texts, as far as they know a line by its words; and containers whose
names leave no doubt. Items of lists, cells, headings and code are left to the model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.html.beside_headline import headlines
from pipeline.clean.html.blocks import Blocks, mask_with

LINE_RULES = (
    "timestamp", "byline", "advertisement", "read_more", "share_buttons", "newsletter",
    "subscription", "cookie_notice", "caption_or_credit", "spaceless_notice",
)  # fmt: skip
"""Rules of plain texts that hold between the paragraphs of a page too."""

BRIEF, BRIEF_WORDS = frozenset({"newsletter", "subscription", "share_buttons"}), 9
"""Rules that hold only for lines of fewer words: in longer ones a story mentions such things."""
MOST_HITS = 6
"""Minimum lines of one rule for it to be a feature of the story, such as a list of links."""

CONTAINERS = {
    "caption_or_credit": ("figcaption", "captioned"),
    "cookie_notice": ("consent",),
    "subscription": ("wall",),
    "reader_comments": ("comments",),
}
"""Rule that is named → flags of one of the three innermost elements around a block."""

CAPTION_WORDS = 80
"""Words of the longest caption."""
WALL_ROWS = 4
"""Last blocks of a story among which a notice about subscriptions may stand."""
STORY_WORDS = 80
"""Words that a story has before another one may begin below it."""
TEASERS, TEASER_WORDS = 2, 60
"""Minimum linked headings at the end to be pointers to other stories, and the words below each."""
HOME_SHARE = 0.9
"""Share of the words before a second headline that the container of the story holds."""
LINKED = 0.8
"""Minimum share of a heading's characters in links for it to lead to another page."""
_COOKIES = re.compile(r"cookie|кук[иі]|クッキー|쿠키", re.IGNORECASE)

_CHOICE = re.compile(
    r"partner|consent|privacy|accept|prefer|device|personal data|settings|datenschutz|einwillig"
    r"|zustimm|appareil|confidentialité|vie privée|accept|socios|dispositivo|privacidad|consenso"
    r"|toestemming|voorkeur|samtyck|samtykk|zgod|urządze|соглас|プライバシー|개인정보",
    re.IGNORECASE,
)
"""Words of banners beside *cookies*: their partners, the device, the choice."""

_WALL = re.compile(
    r"^(?:you(?:['’]ve| have) (?:read|used|reached|\d+|one|two|three).{0,40}\bfree\b"
    r"|this (?:story|article|content) is (?:only )?(?:for|available to) (?:our )?subscribers"
    r"|dieser artikel ist (?:nur )?(?:für|exklusiv für) abonnent"
    r"|cet article est réservé (?:à nos|aux) abonnés"
    r"|este (?:artículo|contenido) es (?:exclusivo )?para suscriptores)",
    re.IGNORECASE,
)
"""How a notice begins that ends a story for readers who do not pay."""

_HEADING = mask_with("heading")

# Of the blocks that the page model would add there to what trafilatura took, 1 in 8 is story.
_ADDED_NEAR = mask_with("related", "foot", "form", "comments")
_ADDED_AROUND = mask_with("aside", "figure", "comments")
_LEAD = mask_with("lead")
_OPEN = mask_with("li", "td", "heading", "pre", "table")


def forbidden_rows(
    blocks: Blocks,
    chosen: NDArray[np.int64],
    hits: Mapping[str, AbstractSet[int]],
    taken: NDArray[np.bool_],
) -> dict[int, str]:
    """Find the *chosen* blocks that a rule forbids: row → name of the rule.

    *hits* has the rows that each rule of lines hits, *taken* those that trafilatura took.
    """
    near, around = np.array(blocks.near)[chosen], np.array(blocks.around)[chosen]
    outside = (near & _ADDED_NEAR | around & _ADDED_AROUND) > 0
    outside &= near & _LEAD == 0
    found = dict.fromkeys(np.flatnonzero(outside & ~taken).tolist(), "outside_story")
    indices = chosen.tolist()
    for row in np.flatnonzero(~taken).tolist():
        if _asks_consent(blocks.texts[indices[row]]):
            found[row] = "cookie_notice"
    for row in range(len(chosen) - 1, max(len(chosen) - 1 - WALL_ROWS, -1), -1):
        if _WALL.match(blocks.texts[indices[row]]):
            found[row] = "subscription"
    for rule, flags in CONTAINERS.items():
        for row in np.flatnonzero(near & mask_with(*flags)).tolist():
            if blocks.texts[indices[row]].count(" ") < CAPTION_WORDS:
                found.setdefault(row, rule)
    for rule in LINE_RULES:
        rows = [
            row
            for row in hits[rule]
            if not blocks.own[indices[row]] & _OPEN
            and (rule not in BRIEF or blocks.texts[indices[row]].count(" ") < BRIEF_WORDS)
        ]
        if len(rows) < MOST_HITS:
            found.update(dict.fromkeys(rows, rule))
    return found


def _asks_consent(text: str) -> bool:
    """Whether *text* mentions cookies and a choice or partners, as banners do."""
    return _COOKIES.search(text) is not None and _CHOICE.search(text) is not None


def other_stories(
    blocks: Blocks,
    rows: Sequence[int],
    words: NDArray[np.float64],
    title: str | None,
    signed: AbstractSet[int],
) -> list[int]:
    """Find the part of what was kept that belongs to other stories below this one.

    That is all in another ``<article>`` than the headline's, all from a heading on that has a
    byline of its own, and headings at the end that lead to other pages, with their teasers.

    Args:
        rows: the kept blocks, in order.
        words: of each of them.
        title: the headline.
        signed: rows that a byline or a time stamp follows.

    Returns:
        Places in *rows*.
    """
    before = np.concatenate((np.zeros(1), np.cumsum(words)))
    place = next(iter(headlines(blocks, [title] if title else [])), -1)
    home = blocks.articles[place] if place >= 0 else 0
    found: set[int] = set()
    if home:
        apart = [n for n, row in enumerate(rows) if blocks.articles[row] > home]
        inside = sum(words[n] for n, row in enumerate(rows) if blocks.articles[row] == home)
        found.update(apart if inside >= STORY_WORDS else ())
    headings = [n for n, row in enumerate(rows) if blocks.own[row] & _HEADING]
    second = [n for n in headings if rows[n] in signed and before[n] >= STORY_WORDS]
    for n in second[:1] if len(second) < MOST_HITS else ():
        start, end = _container(blocks, rows[:n], words[:n])
        if not start <= rows[n] < end:
            found.update(m for m in range(n, len(rows)) if rows[m] >= end)
    found.update(_teasers(blocks, rows, words, headings))
    return sorted(found)


def _container(blocks: Blocks, rows: Sequence[int], words: NDArray[np.float64]) -> tuple[int, int]:
    """The run of blocks of the smallest container with nearly all words of *rows*."""
    held = np.zeros(len(blocks.texts) + 1)
    held[np.array(rows) + 1] = words
    sums = np.cumsum(held)
    starts, ends = np.array(blocks.starts), np.array(blocks.ends)
    enough = sums[ends] - sums[starts] >= HOME_SHARE * sums[-1]
    best = int(np.argmin(np.where(enough, ends - starts, len(held))))
    return int(starts[best]), int(ends[best])


def _teasers(
    blocks: Blocks, rows: Sequence[int], words: NDArray[np.float64], headings: Sequence[int]
) -> range:
    """The linked headings, each with a few words, that *rows* end with."""
    ends = [*headings[1:], len(rows)][: len(headings)]
    first = len(rows)
    count = 0
    for start, end in zip(reversed(headings), reversed(ends), strict=True):
        row = rows[start]
        linked = blocks.linked[row] >= LINKED * len(blocks.texts[row])
        if not linked or words[start:end].sum() > TEASER_WORDS:
            break
        first, count = start, count + 1
    enough = count >= TEASERS and words[:first].sum() >= STORY_WORDS
    return range(first if enough else len(rows), len(rows))
