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
from functools import lru_cache
from typing import NamedTuple

from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.phrases import inside_kinds
from pipeline.clean.lines.signs import PROMO_WORDS
from pipeline.clean.lines.voice import reader_comments

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
    Row("byline", "byline", spares=PROSE),
    Row("caption_or_credit", "credit"),
    Row("read_more", "pointer"),
    Row("read_more", "read_more", most=PROMO_WORDS, spares=PROSE),
    Row("contact", "contact", place=(0.8, 1.0)),
    Row("contributor_credit", "contributors", place=(0.5, 1.0)),
    Row("contributor_credit", "agency", place=OUTSIDE),
    Row("desk_note", "desk"),
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
    "desk_note": "What a wire's desk tells other desks: `Eds: UPDATES with quote; ADDS photos`.",
    "author_block": "The author's name as a link, and the biography below the story.",
    "newsletter": "An invitation to subscribe to emails, alerts or an app.",
    "cookie_notice": "Consent texts, copyright and legal notes.",
    "subscription": "Sign-in links, paywalls and appeals for support.",
    "share_buttons": "Buttons that share or save a story: `Share`, `Tweet`, `Copy link`, `Print`.",
    "advertisement": "The label of an advertisement, or the note that links are paid for.",
    "read_more": "A button or a pointer to another page: `Read more`, `See also: Storm nears`.",
    "contact": "How to reach the newsroom or the author, below the story or in a line of its own.",
    "reader_comments": "Readers' comments below the story: their header and everything below it.",
    "navigation": "A menu entry such as `Home` or `Sport` outside the story; jump links anywhere.",
    "spaceless_notice": "A notice, button or credit in Chinese, Japanese, Korean or Thai, by how it"
    " begins.",
    "embedded_content": "A placeholder for a post, a map or a player: a request for consent, or a"
    " loading error.",
    "script_code": "A long line of a page's scripts, styles or data. Short pieces of code stay, and"
    " so does a sentence with a script glued to it.",
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

Rule = Callable[[Page], Iterable[int]]


NAME_WORDS, NAME_LETTERS = 5, 4
"""Words of the longest line that is an author's name alone, letters of the shortest first name."""
STORY_TOLD, NEAR_END, BIO_WORDS = 0.6, 0.15, 120
"""Shares of the prose above what presents its author, and below it; words of the longest one."""


def author_block(page: Page) -> list[int]:
    """The author's name as a link, and the biography below the story.

    A biography is a line below the story that calls somebody a reporter, an editor or a writer of
    something: the author, whoever was named in the line above, or somebody new at the very end.
    """
    cut: list[int] = []
    names = {name.casefold() for name in page.authors}
    names |= {name.split()[0] for name in names if len(name.split()[0]) >= NAME_LETTERS}
    told = page.prose_before[-1]
    for line in page.lines if names else page.marked:
        before = page.prose_before[line.index]
        if before < STORY_TOLD * told:
            continue
        named = line.word_count <= NAME_WORDS and line.text.casefold().strip(" .:–-|") in names
        if named or "handle" in line.signs:
            cut.append(line.index)
        elif "biography" in line.signs and line.word_count <= BIO_WORDS:
            near_end = told - before <= max(line.word_count + 60, NEAR_END * told)
            above = bool(cut) and cut[-1] == line.index - 1
            if near_end and (above or _presents(page, line)):
                cut.append(line.index)
    return cut


def _presents(page: Page, line: LineRecord) -> bool:
    """Whether a biography is of an author, or ends the text with a name that the story has not."""
    if any(name.casefold().split()[-1] in line.words for name in page.authors):
        return True
    first, name = line.text.split(" ")[0], line.words[1:2]
    last = page.prose_before[line.index + 1] == page.prose_before[-1]
    named = first[0].isupper() and line.text[len(first) + 1 :][:1].isupper()
    above = (other.words for other in page.lines[: line.index] if other.prose)
    return last and named and bool(name) and not any(name[0] in words for words in above)


MIN_TITLE, MIN_PREFIX, SITE_NAME = 2, 4, 5
"""Words of the shortest headline that is looked for again, words that a line must share with it,
and words of a site's name after it."""


def repeated_title(page: Page) -> list[int]:
    """The headline again, word for word.

    Above the story, or beside a caption, also cut short or with the site's name.
    """
    title = tuple(re.findall(r"\w+", (page.title or "").casefold()))
    found = []
    for line in page.lines if len(title) >= MIN_TITLE else ():
        words, size = line.words, min(len(line.words), len(title))
        if line.index == page.title_index or words[:size] != title[:size] or not size:
            continue
        beside = page.lines[max(line.index - 1, 0) : line.index + 2]
        above = line.index < page.first_prose or any("credit" in n.signs for n in beside)
        above = above and size >= MIN_PREFIX and not line.terminal
        if words == title or (above and len(words) <= len(title) + SITE_NAME):
            found.append(line.index)
    return found


def timestamp(page: Page) -> list[int]:
    """Time stamps; in a list of dates only those above and below the story."""
    stamped = [line.index for line in page.marked if "timestamp" in line.signs]
    outside = [i for i in stamped if not 0.0 < page.share_before(i) < 1.0]
    return outside if len(stamped) - len(outside) >= DATES_IN_LIST else stamped


def entry_times(page: Page) -> list[int]:
    """Lines with a time or a date alone, above the entries of a live blog or a chronicle."""
    found = [
        line.index
        for line in page.marked
        if line.signs & {"clock", "timestamp"} and page.share_before(line.index) < 1.0
    ]
    return found if len(found) >= DATES_IN_LIST else []


def script_code(page: Page) -> list[int]:
    """Long lines that look like code from their first words on."""
    found = []
    for line in page.lines if "{" in page.raw else ():
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
        timestamp,
        author_block,
        reader_comments,
        script_code,
        bullet_only,
    )
}

_ROWS: dict[str, list[Row]] = defaultdict(list)
for _row in LINE_RULES:
    _ROWS[_row.says].append(_row)


_NOTHING: frozenset[int] = frozenset()
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
    hits: dict[str, Iterable[int]] = {name: rule(page) for name, rule in FUNCTIONS.items()}
    for line in page.marked:
        share = page.share_before(line.index)
        for row in _rows_of(line.kinds, line.signs):
            if row.matches(line, share):
                hits[row.rule] = (*hits.get(row.rule, ()), line.index)
    return {name: frozenset(hits[name]) if hits.get(name) else _NOTHING for name in RULES}


@lru_cache(maxsize=1 << 12)
def _rows_of(kinds: frozenset[str], signs: frozenset[str]) -> tuple[Row, ...]:
    """The rows that look for what a line says."""
    return tuple([row for said in (*kinds, *signs) for row in _ROWS.get(said, ())])
