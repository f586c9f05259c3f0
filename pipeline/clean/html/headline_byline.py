"""The names that a page prints beside its headline, where its markup names nobody.

Some pages say ``By Ann Lee`` for people and nothing for programs. Only a line that says
who, in so many words, counts: names that stand there alone are as often those of a button, of a
section or of a place (right on 9 of 19 development pages; behind *by* on 25 of 27).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.clean.html.blocks import Blocks
from pipeline.clean.html.headline_date import ELSEWHERE
from pipeline.clean.html.hints import mask_with
from pipeline.clean.person_names import BYLINE_LEAD
from pipeline.clean.plain.bylines import read_byline
from pipeline.records import Evidence

PRINTED = "printed"
"""Source of names that stand beside the headline."""

BEHIND, BEFORE = 8, 2
"""Blocks after and before the headline among which its byline is sought."""

MAX_LINE_CHARS = 120
"""A longer line is a paragraph."""

_GLUED = re.compile(r"^((?:written )?by:?|von|par|por)(?=[A-Z])", re.IGNORECASE)
_PARTS = re.compile(r"\s*[|•·⋅∙]\s*|\s+[–—-]+\s+|\s+//?\s+")
_ON = re.compile(r"(?<=\w)\s(?:on|am|le|el|den)\s.*$")
_HEADING = mask_with("heading")


def names_beside_headline(blocks: Blocks, places: Sequence[int]) -> list[Evidence]:
    """Find the byline next to the headline.

    Args:
        blocks: of the whole page.
        places: the blocks that are the headline.

    Returns:
        The names, field ``authors``; empty when there is no line with any.
    """
    for place in places:
        for n in _around(blocks, place):
            names = _names_in(blocks.texts[n])
            if names:
                return [Evidence("authors", "; ".join(names), PRINTED)]
    return []


def _around(blocks: Blocks, headline: int) -> Iterator[int]:
    """The short lines around the block *headline*, those behind it first, the nearest first."""
    behind = range(headline + 1, min(headline + BEHIND + 1, len(blocks.texts)))
    before = range(headline - 1, max(headline - BEFORE, 0) - 1, -1)
    for n in (*behind, *before):
        flags = blocks.around[n] & ELSEWHERE | blocks.near[n] & _HEADING
        if len(blocks.texts[n]) <= MAX_LINE_CHARS and not flags:
            yield n


def _names_in(line: str) -> tuple[str, ...]:
    """The names behind a word such as *by*, wherever a part of *line* begins with one."""
    for part in _PARTS.split(line):
        byline = read_byline(_ON.sub("", BYLINE_LEAD.sub("By ", _GLUED.sub(r"\1 ", part))))
        if byline:
            return byline.names
    return ()
