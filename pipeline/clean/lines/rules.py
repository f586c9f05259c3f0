"""The named rules: which lines of a page are not the story, and why. Read ``LINE_RULES`` first.

A rule's name is the ``rule`` of the spans it removes, a heading in the docs and a feature of the
line model. Twelve rules are rows of ``LINE_RULES``: what a line says, how long it may be and where
it is. The others look around the line and are functions. Rules do not see one another's answers:
the order of ``RULES`` only decides whose name a line gets when several match. All of them keep a
line when in doubt, because a lost sentence is worse than a leftover button.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from math import log, log1p
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.clean.lines.page import DATES_IN_LIST, LineRecord, Page
from pipeline.clean.lines.phrases import WORDS, inside_kinds, opening_kinds
from pipeline.clean.lines.signs import HEADER_WORDS, OPEN_QUOTES


class Row(NamedTuple):
    """One way in which a line matches a rule by itself.

    Attributes:
        rule: the rule's name.
        says: a kind of ``phrases`` or a sign of ``signs`` that the line has.
        most, least: words that the line may have.
        place: share of the page's prose before the line, from and to; or ``outside``: before and
            after all prose.
        spares: ``prose``, or ``sentences``: a whole one, unless the phrase stands inside it.
    """

    rule: str
    says: str
    most: float = float("inf")
    place: tuple[float, float] | Literal["outside"] = (0.0, 1.0)
    spares: Literal["prose", "sentences", ""] = ""
    least: int = 0

    def matches(self, line: LineRecord, share: float) -> bool:
        """Whether a line that says it is of this length, in this place, and not spared."""
        if self.place == "outside":
            here = share in (0.0, 1.0)
        else:
            here = self.place[0] <= share <= self.place[1]
        if not here or line.word_count > self.most or len(line.words) < self.least:
            return False
        if not (line.prose and self.spares):
            return True
        return self.spares == "sentences" and (
            not line.terminal or self.says in inside_kinds(line.words)
        )


_TABLE = json.loads(Path(__file__).with_name("rules.json").read_text(encoding="utf-8"))
RULE_DESCRIPTIONS: dict[str, str] = {name: each["cuts"] for name, each in _TABLE.items()}
"""Rule → what it cuts; in the order in which rules name a line."""
LINE_RULES = [Row(name, **row) for name, each in _TABLE.items() for row in each.get("lines", ())]
RULES = tuple(RULE_DESCRIPTIONS)
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


# Readers write prose, often without a header above it. What gives them away is the rate of words
# that speak of me and you, thank, agree and quarrel, set against the story's own rate: a diary
# speaks so from its first line, and stays.

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
    hits = defaultdict[str, list[int]](list)
    for line in page.marked:
        share = page.share_before(line.index)
        for row in _rows_of(line.kinds, line.signs):
            if row.matches(line, share):
                hits[row.rule].append(line.index)
    for name, rule in FUNCTIONS.items():
        hits[name].extend(rule(page))
    return {name: frozenset(hits[name]) if name in hits else _NOTHING for name in RULES}


@lru_cache(maxsize=1 << 12)
def _rows_of(kinds: frozenset[str], signs: frozenset[str]) -> tuple[Row, ...]:
    """The rows that look for what a line says."""
    return tuple([row for said in (*kinds, *signs) for row in _ROWS.get(said, ())])
