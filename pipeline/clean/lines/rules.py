"""The named rules: which lines of a page are not the story, and why. Read ``LINE_RULES`` first.

A rule's name is the ``rule`` of the spans it removes, a heading in the docs and a feature of the
line model. Twelve rules are rows of ``LINE_RULES``: what a line says, how long it may be and where
it is. The others look around the line and are functions. Rules do not see one another's answers:
the order of ``RULES`` only decides whose name a line gets when several match. All of them keep a
line when in doubt, because a lost sentence is worse than a leftover button.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.page_rules import (
    author_block,
    caption_or_credit,
    repeated_title,
    tail_section,
)
from pipeline.clean.lines.phrases import inside_kinds
from pipeline.clean.lines.signs import PROMO_WORDS
from pipeline.clean.lines.stamps import STAMP_WORDS
from pipeline.clean.lines.story import outside_story
from pipeline.clean.lines.voice import reader_comments
from pipeline.clean.names import read_byline

PROSE, SENTENCES = "prose", "sentences"
"""What a row spares: all prose, or a whole sentence unless the phrase stands inside it."""
OUTSIDE = (1.0, 0.0)
"""The place before and after all prose."""


class Row(NamedTuple):
    """One way in which a line matches a rule by itself.

    Attributes:
        rule: the rule's name.
        says: a kind of ``phrases`` or a sign of ``signs`` that the line has.
        most, least: words that the line may have.
        place: share of the page's prose before the line, from and to; or ``OUTSIDE``.
        spares: ``PROSE``, ``SENTENCES`` or nothing.
    """

    rule: str
    says: str
    most: float = float("inf")
    place: tuple[float, float] = (0.0, 1.0)
    spares: str = ""
    least: int = 0

    def matches(self, line: LineRecord, share: float) -> bool:
        """Whether a line that says it is of this length, in this place, and not spared."""
        if self.place is OUTSIDE:
            here = share in OUTSIDE
        else:
            here = self.place[0] <= share <= self.place[1]
        if not here or line.word_count > self.most or len(line.words) < self.least:
            return False
        if not (line.prose and self.spares):
            return True
        return self.spares == SENTENCES and (
            not line.terminal or self.says in inside_kinds(line.words)
        )


LINE_RULES = (
    Row("share_buttons", "share", most=45),
    Row("newsletter", "newsletter", most=45),
    Row("subscription", "account", most=45, spares=SENTENCES),
    Row("advertisement", "ad", most=40, spares=SENTENCES),
    Row("cookie_notice", "legal", most=90),
    Row("embedded_content", "embed"),
    Row("spaceless_notice", "notice"),
    Row("read_more", "pointer"),
    Row("read_more", "read_more", most=PROMO_WORDS, spares=PROSE),
    Row("contact", "contact", place=(0.8, 1.0)),
    Row("contributor_credit", "contributors", place=(0.5, 1.0)),
    Row("contributor_credit", "agency", place=OUTSIDE),
    Row("navigation", "nav", place=OUTSIDE, spares=PROSE),
    Row("navigation", "nav", least=3, spares=PROSE),
)

RULE_DESCRIPTIONS = {
    "repeated_title": "The headline again: word for word, with the site's name after it, or cut"
    " short.",
    "byline": "A line that only says who wrote the story: `By Ann Lee, Daily Sun | 3 May 2024`.",
    "timestamp": "A line that only says when: date, time, zone, `Updated`, `3 hours ago`. In a list"
    " of dates (a live blog, a chronicle, fixtures) each belongs to its entry and stays.",
    "caption_or_credit": "The text under a picture: a credit, or a caption that has one or refers"
    " to the picture.",
    "contributor_credit": "Who else worked on the story: `Ann Lee contributed to this report.`"
    " below it, or a line of agencies above or below it: `AFP, Reuters`.",
    "author_block": "The author's name as a link, and the biography below the story.",
    "newsletter": "An invitation to subscribe to emails, alerts or an app.",
    "cookie_notice": "Consent texts, copyright and legal notes.",
    "subscription": "Sign-in links, paywalls and appeals for support.",
    "share_buttons": "Buttons that share or save a story: `Share`, `Tweet`, `Copy link`, `Print`.",
    "advertisement": "The label of an advertisement, or the note that links are paid for.",
    "read_more": "A button or a pointer to another page: `Read more`, `See also: Storm nears`.",
    "contact": "How to reach the newsroom or the author, below the story or in a line of its own.",
    "tail_section": "A header such as `Related articles` or `Comments` below the story, and what"
    " belongs to it.",
    "reader_comments": "Readers' comments below the story: their header and everything below it.",
    "navigation": "A menu entry such as `Home` or `Sport` outside the story; jump links anywhere.",
    "spaceless_notice": "A notice, button or credit in Chinese, Japanese, Korean or Thai, by how it"
    " begins.",
    "embedded_content": "A placeholder for a post, a map or a player: a request for consent, or a"
    " loading error.",
    "script_code": "A long line of a page's scripts, styles or data. Short pieces of code stay, and"
    " so does a sentence with a script glued to it.",
    "outside_story": "Menus before the story, footers after it and menus inside it, where a whole"
    " page was saved.",
    "bullet_only": "A line of signs without a word: bullets that lost their text, rules, icons."
    " Between two paragraphs, signs separate scenes and stay.",
}
"""Rule → what it cuts; in the order in which rules name a line."""

RULES = tuple(RULE_DESCRIPTIONS)
DATES_IN_LIST = 3
"""Dates inside the story from which they are those of a list's entries."""
MIN_CODE_CHARS, CODE_CHARS = 250, 2_000
"""Characters of the shortest line taken for a script, and those that are examined."""
CODE_OPENING = 120
"""Characters at the start that must be as dense in code signs as the whole."""
CODE_SHARE = 0.04
"""Share of a script's characters that are brackets, semicolons and equals signs."""
_CODE_SIGNS = "{}();=[]"

_CODE = re.compile(
    r"function\s?\w{0,40}\(|\bvar\s\w|\b(?:window|document)\.\w|=>\s?[{(]|[{,]\s?[\"']\w{1,40}[\"']\s?:"
    r"|[.#]?[\w-]{1,40}\s?\{\s?[\w-]{2,40}\s?:"
)

AMONG_NAMES = frozenset("by von par por di door av af and und et y e en och og ja i with".split())
"""Words of a byline that are not names."""
Rule = Callable[[Page], Iterable[int]]


def byline(page: Page) -> list[int]:
    """Bylines; in prose, only one that has nothing but names and a date."""
    return [
        line.index
        for line in page.marked
        if "byline" in line.signs and (not line.prose or _ends_with_date(line))
    ]


def _ends_with_date(line: LineRecord) -> bool:
    """Whether a byline has only names and a date: ``By Bo Ek on 3 May at 9 a.m.``."""
    read = read_byline(line.text)
    if read is None or read.date is None:
        return False
    names = {word for name in read.names for word in name.casefold().split()}
    others = [word for word in line.words[1:] if word not in names and word not in AMONG_NAMES]
    return all(word[0].isdigit() or word in STAMP_WORDS for word in others)


def timestamp(page: Page) -> list[int]:
    """Time stamps; in a list of dates only those above and below the story."""
    stamped = [line.index for line in page.marked if "timestamp" in line.signs]
    outside = [i for i in stamped if not 0.0 < page.share_before(i) < 1.0]
    return outside if len(stamped) - len(outside) >= DATES_IN_LIST else stamped


def script_code(page: Page) -> list[int]:
    """Long lines that look like code from their first words on."""
    found = []
    for line in page.lines:
        if "{" in line.text and len(line.text) >= MIN_CODE_CHARS:
            heads = (line.text[:CODE_OPENING], line.text[:CODE_CHARS])
            dense = all(
                sum(map(head.count, _CODE_SIGNS)) >= CODE_SHARE * len(head) for head in heads
            )
            if dense and _CODE.search(heads[1]) is not None:
                found.append(line.index)
    return found


def bullet_only(page: Page) -> list[int]:
    """Lines without a letter or digit that do not stand between two paragraphs."""
    lines = page.lines
    return [
        index
        for index, line in enumerate(lines)
        if not line.words
        and line.word_count <= 3
        and not any(c.isalnum() for c in line.text)
        and not (0 < index < len(lines) - 1 and lines[index - 1].prose and lines[index + 1].prose)
    ]


FUNCTIONS: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        repeated_title,
        byline,
        timestamp,
        caption_or_credit,
        author_block,
        tail_section,
        reader_comments,
        script_code,
        outside_story,
        bullet_only,
    )
}

_ROWS: dict[str, list[Row]] = defaultdict(list)
for _row in LINE_RULES:
    _ROWS[_row.says].append(_row)


Hits = Mapping[str, frozenset[int]]
"""Name of each rule → the lines that it matches."""
LATER = ("repeated_title", "author_block")
"""Rules that say more once the headline and the authors are known."""


def later_hits(page: Page) -> Hits:
    """Ask those rules of ``LATER`` again that now know more."""
    known = {"repeated_title": page.title, "author_block": page.authors}
    return {name: frozenset(FUNCTIONS[name](page)) for name in LATER if known[name]}


def rule_hits(page: Page) -> Hits:
    """Return the numbers of the lines that each rule matches, by its name in order of ``RULES``."""
    hits: dict[str, list[int]] = {name: [] for name in RULES}
    for line in page.marked:
        share = page.share_before(line.index)
        for said in (*line.kinds, *line.signs):
            for row in _ROWS.get(said, ()):
                if row.matches(line, share):
                    hits[row.rule].append(line.index)
    return {
        name: frozenset(FUNCTIONS[name](page) if name in FUNCTIONS else hits[name])
        for name in RULES
    }
