"""The named rules: each says which lines of a page are not the story, and why in its docstring.

A rule is a function from a page to line numbers. Its name is the ``rule`` of the spans it removes,
a heading in the docs and, later, a feature of the line model. Rules do not see one another's
answers: the order of ``RULES`` only decides whose name a line carries that several rules hold.
All of them keep a line when in doubt, because a lost sentence is worse than a leftover button.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.page_rules import (
    author_block,
    caption_lines,
    comment_policy,
    rank_list,
    repeated_title,
    tail_section,
)
from pipeline.clean.lines.phrases import inside_kinds
from pipeline.clean.lines.signs import PROMO_WORDS
from pipeline.clean.lines.stamps import STAMP_WORDS, byline_of
from pipeline.clean.lines.story import outside_story
from pipeline.clean.lines.voice import reader_comments
from pipeline.records import Evidence

_Read = tuple[Page, list[Evidence], dict[str, frozenset[int]]]


Rule = Callable[["Page"], Iterable[int]]

MIN_CODE_CHARS, CODE_CHARS = 250, 2_000
"""Characters of the shortest line taken for a script, and those looked at."""

CODE_OPENING = 120

CODE_SHARE = 0.04
"""Share of a script's characters that are brackets, semicolons and signs of equality."""

_CODE_SIGNS = "{}();=[]"

_CODE = re.compile(
    r"function\s?\w{0,40}\(|\bvar\s\w|\b(?:window|document)\.\w|=>\s?[{(]|[{,]\s?[\"']\w{1,40}[\"']\s?:"
    r"|[.#]?[\w-]{1,40}\s?\{\s?[\w-]{2,40}\s?:"
)

AMONG_NAMES = frozenset("by von par por di door av af and und et y e en och og ja i with".split())
"""Words of a byline that are no names."""


def byline(page: Page) -> list[int]:
    """A line that only says who wrote the story: ``By Ann Lee, Daily Sun | 3 May 2024``."""
    return [
        line.index
        for line in page.marked
        if "byline" in line.signs and (not line.prose or _ends_with_date(line))
    ]


def _ends_with_date(line: LineRecord) -> bool:
    """Whether a byline has names and a date and no word beside: ``By Bo Ek on 3 May at 9 a.m.``."""
    read = byline_of(line.text)
    if read is None or read.date is None:
        return False
    names = {word for name in read.names for word in name.casefold().split()}
    others = [word for word in line.words[1:] if word not in names and word not in AMONG_NAMES]
    return all(word[0].isdigit() or word in STAMP_WORDS for word in others)


def timestamp(page: Page) -> list[int]:
    """A line that only says when: date, time, zone, ``Updated``, ``3 hours ago``.

    In lists of dates (a live blog, a chronicle, fixtures) each stands above its entry and stays:
    only the first above the story, or the last below it, is the page's own.
    """
    stamped = [line.index for line in page.marked if "timestamp" in line.signs]
    inside = {i for i in stamped if 0.0 < page.share_before(i) < 1.0}
    if len(inside) >= 3:
        return [i for i in stamped if i not in inside]
    return stamped


def caption_or_credit(page: Page) -> list[int]:
    """What stands under a picture: a credit, or a caption that has one or points into it."""
    return sorted(caption_lines(page))


def contributor_credit(page: Page) -> list[int]:
    """Who else worked on the story: ``Ann Lee contributed to this report.`` below it.

    Agencies are named so too, in a line of their own below the story or above it: ``AFP, Reuters``.
    """
    return [
        line.index
        for line in page.marked
        if ("contributors" in line.signs and page.share_before(line.index) >= 0.5)
        or ("agency" in line.signs and page.share_before(line.index) in (0.0, 1.0))
    ]


def contact(page: Page) -> list[int]:
    """How to reach the newsroom or the author, below the story or in a line of its own."""
    return [
        line.index
        for line in page.marked
        if "address" in line.signs
        or ("contact" in line.signs and page.share_before(line.index) >= 0.8)
    ]


def glued_promo(page: Page) -> list[int]:
    """A pointer glued together by the scraper (``Also ReadStorm nears``), or ``Update soon…``."""
    return [line.index for line in page.marked if "glued" in line.signs]


def read_more(page: Page) -> list[int]:
    """A button or a pointer to another page: ``Read more``, ``See also: Storm nears``."""
    return [
        line.index
        for line in page.marked
        if "pointer" in line.signs
        or ("read_more" in line.kinds and line.word_count <= PROMO_WORDS and not line.prose)
    ]


def share_buttons(page: Page) -> list[int]:
    """Buttons that pass the story on: ``Share``, ``Tweet``, ``Copy link``, ``Print``."""
    return [line.index for line in page.marked if "share" in line.kinds and not _reads_on(line)]


def advertisement(page: Page) -> list[int]:
    """The label of an advertisement, or the note that links are paid for."""
    return [line.index for line in page.marked if _says(line, "ad") and line.word_count <= 40]


def newsletter(page: Page) -> list[int]:
    """An invitation to subscribe to mails, alerts or an app."""
    return [
        line.index for line in page.marked if "newsletter" in line.kinds and not _reads_on(line)
    ]


def subscription(page: Page) -> list[int]:
    """Sign-in links, paywalls and appeals for support."""
    return [line.index for line in page.marked if _says(line, "account") and not _reads_on(line)]


def cookie_notice(page: Page) -> list[int]:
    """Consent texts, copyright and legal notes."""
    return [line.index for line in page.marked if "legal" in line.kinds and line.word_count <= 90]


def embedded_content(page: Page) -> list[int]:
    """What stands where a post, a map or a player was: consent to load it, or that it failed."""
    return [line.index for line in page.marked if "embed" in line.kinds]


def script_code(page: Page) -> list[int]:
    """A long line of a page's scripts, styles or data from its first words on.

    A story shows short pieces only, and where a script is glued to a sentence the sentence counts.
    """
    return [line.index for line in page.lines if "{" in line.text and _is_code(line.text)]


def _is_code(text: str) -> bool:
    if len(text) < MIN_CODE_CHARS:
        return False
    heads = (text[:CODE_OPENING], text[:CODE_CHARS])
    dense = all(sum(map(head.count, _CODE_SIGNS)) >= CODE_SHARE * len(head) for head in heads)
    return dense and _CODE.search(heads[1]) is not None


def navigation(page: Page) -> list[int]:
    """A menu entry such as ``Home`` or ``Sport`` outside the story, and jump links everywhere."""
    return [
        line.index
        for line in page.marked
        if "nav" in line.kinds
        and not line.prose
        and (page.share_before(line.index) in (0.0, 1.0) or len(line.words) >= 3)
    ]


def spaceless_notice(page: Page) -> list[int]:
    """A notice, button or credit in Chinese, Japanese, Korean or Thai, by how it begins."""
    return [line.index for line in page.marked if "notice" in line.signs]


def bullet_only(page: Page) -> list[int]:
    """A line of signs without a word: the bullets of a list that lost its lines, rules, icons.

    Between two paragraphs of prose signs part scenes, and stay.
    """
    lines = page.lines
    return [
        line.index
        for line in lines
        if not line.words
        and line.word_count <= 3
        and not any(c.isalnum() for c in line.text)
        and not _between_prose(lines, line.index)
    ]


def _between_prose(lines: tuple[LineRecord, ...], index: int) -> bool:
    """Whether prose stands right before and right after a line."""
    inner = 0 < index < len(lines) - 1
    return inner and lines[index - 1].prose and lines[index + 1].prose


def _says(line: LineRecord, kind: str) -> bool:
    """Whether a line is of a kind, and no sentence that only begins so: ``Register for … .``."""
    if kind not in line.kinds:
        return False
    return not line.prose or not line.terminal or kind in inside_kinds(line.words)


def _reads_on(line: LineRecord) -> bool:
    """Whether a line is too long for a button and no single sentence of an invitation."""
    return line.word_count > 45


RULES: dict[str, Rule] = {
    "repeated_title": repeated_title,
    "byline": byline,
    "timestamp": timestamp,
    "caption_or_credit": caption_or_credit,
    "contributor_credit": contributor_credit,
    "author_block": author_block,
    "comment_policy": comment_policy,
    "newsletter": newsletter,
    "cookie_notice": cookie_notice,
    "subscription": subscription,
    "share_buttons": share_buttons,
    "advertisement": advertisement,
    "glued_promo": glued_promo,
    "read_more": read_more,
    "contact": contact,
    "rank_list": rank_list,
    "tail_section": tail_section,
    "reader_comments": reader_comments,
    "navigation": navigation,
    "spaceless_notice": spaceless_notice,
    "embedded_content": embedded_content,
    "script_code": script_code,
    "outside_story": outside_story,
    "bullet_only": bullet_only,
}
"""Name → rule; a line carries the name of the first that holds it."""


def rule_hits(page: Page) -> dict[str, frozenset[int]]:
    """Name of each rule → the lines that it takes for chrome."""
    return {name: frozenset(rule(page)) for name, rule in RULES.items()}
