"""The named rules: which lines of a page are boilerplate, and why. Start at ``rules.json``.

A rule's name is the ``rule`` of the spans it removes and a heading in the docs. Most rules are rows
of ``LINE_RULES``: what a line says, how long it may be and where it is. The others look at the
lines around it and are functions; ``decide`` tells ``repeated_title`` the headline and
``author_block`` the authors. Rules do not depend on one another: if several match a line, the first
of ``RULES`` names it. When in doubt they keep a line, because a lost sentence is worse than a
leftover button.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from math import log, log1p
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.clean.lines.page import DATES_IN_LIST, LineRecord, Page
from pipeline.clean.phrases import inside_kinds, opening_kinds
from pipeline.clean.signs import OPEN_QUOTES
from pipeline.clean.words import WORDS

_WORD = re.compile(r"\w+")
Hits = Mapping[str, frozenset[int]]
"""Name of each rule → indexes of the lines that it matches."""


class Row(NamedTuple):
    """One way in which a line by itself matches a rule.

    Attributes:
        rule: the rule's name.
        says: a kind of ``clean.phrases`` or a sign of ``clean.signs`` that the line has.
        most, least: words that the line may have.
        place: range of the share of the page's prose before the line.
        spares: ``prose``, or ``sentences``: whole ones, unless the phrase is inside.
    """

    rule: str
    says: str
    most: float = float("inf")
    place: tuple[float, float] = (0.0, 1.0)
    spares: Literal["prose", "sentences", ""] = ""
    least: int = 0

    def matches(self, line: LineRecord, share: float) -> bool:
        """Whether *line*, which has ``says``, also has this length and place and is not spared."""
        low, high = self.place
        if not low <= share <= high or line.word_count > self.most or len(line.words) < self.least:
            return False
        if not (line.prose and self.spares):
            return True
        sentence = line.terminal and self.says not in inside_kinds(line.words)
        return self.spares == "sentences" and not sentence


_TABLE = json.loads(Path(__file__).with_name("rules.json").read_text(encoding="utf-8"))
_CLASSES: dict[str, list[str]] = _TABLE.pop("classes")
RULE_DESCRIPTIONS: dict[str, str] = {name: each["cuts"] for name, each in _TABLE.items()}
"""Rule → what it cuts; the first that matches a line names it."""
LINE_RULES = [Row(name, **row) for name, each in _TABLE.items() for row in each.get("lines", ())]
RULES = tuple(RULE_DESCRIPTIONS)
_NO_HITS: dict[str, frozenset[int]] = dict.fromkeys(RULES, frozenset())
CLASS_OF = {name: each for each, names in _CLASSES.items() for name in names}
"""Rule, kind of phrase or sign → its class of boilerplate, which names the tagger's own cuts."""
CLASSES = tuple(_CLASSES)


def author_block(page: Page, authors: Sequence[str]) -> frozenset[int]:
    """The name of one of *authors*, or a handle, alone on a line, and the biography near the end.

    A name that is alone on three lines is a speaker's. For a biography, two must hold: it is right
    below such a line, names an author in its first 120 characters, has an office.
    """
    names = {name.casefold() for name in authors}
    first = {tuple(_WORD.findall(name)[:1]) for name in names}
    alone = {line.index for line in page.marked if "handle" in line.signs}
    begun = [line for line in page.lines if line.words[:1] in first] if names else []
    alone |= {n.index for n in begun if n.text.casefold().strip(" .:–-|") in names}
    if len(alone) >= 3 or not (names or alone):
        return frozenset()
    told = page.prose_before
    cut = {index for index in alone if told[index] >= 0.6 * told[-1]}
    for line in page.lines:
        if not line.prose or line.word_count > 120:
            continue
        if told[-1] - told[line.index + 1] <= 0.15 * told[-1]:
            named = any(name in line.text[:120] for name in authors)
            if named + ("biography" in line.signs) + (line.index - 1 in cut) >= 2:
                cut.add(line.index)
    return frozenset(cut)


def repeated_title(page: Page, title: str | None, own: int | None = None) -> frozenset[int]:
    """The headline again; above the story or beside a caption also shortened or with a suffix.

    A shortened one has at least four words, and a suffix, the site's name, at most five.

    Args:
        own: the headline's line, which is no repetition.
    """
    wanted = tuple(_WORD.findall((title or "").casefold()))
    if len(wanted) < 2:
        return frozenset()
    found = []
    for line in [n for n in page.lines if n.words[:1] == wanted[:1] and n.index != own]:
        words, size = line.words, min(len(line.words), len(wanted))
        beside = page.lines[max(line.index - 1, 0) : line.index + 2]
        above = not page.prose_before[line.index + 1] or any("credit" in n.signs for n in beside)
        above = above and size >= 4 and not line.terminal
        begun = words[:size] == wanted[:size] and len(words) <= len(wanted) + 5
        if words == wanted or (above and begun):
            found.append(line.index)
    return frozenset(found)


def timestamp(page: Page) -> list[int]:
    """Lines with only a date or time; in a list of dates only those above and below the story."""
    stamped = [line.index for line in page.marked if "timestamp" in line.signs]
    outside = [i for i in stamped if not 0.0 < page.share_before(i) < 1.0]
    return outside if len(stamped) - len(outside) >= DATES_IN_LIST else stamped


_CODE = re.compile(
    r"function\s?\w{0,40}\(|\bvar\s\w|\b(?:window|document)\.\w|=>\s?[{(]|[{,]\s?[\"']\w{1,40}[\"']\s?:"
    r"|[.#]?[\w-]{1,40}\s?\{\s?[\w-]{2,40}\s?:"
)


def script_code(page: Page) -> list[int]:
    """Long lines that look like code, and are dense in its signs from their first words on."""
    lines = page.lines if "{" in page.raw else ()
    return [
        line.index
        for line in lines
        if len(line.text) >= 250
        and "{" in line.text
        and all(
            sum(map(head.count, "{}();=[]")) / len(head) >= 0.04
            for head in (line.text[:120], line.text[:2_000])
        )
        and _CODE.search(line.text[:2_000])
    ]


def bullet_only(page: Page) -> list[int]:
    """Lines without a letter or digit, except between two paragraphs."""
    bare = [n for n in page.lines if not n.words and n.word_count <= 3]
    bare = [n for n in bare if not any(map(str.isalnum, n.text))]
    prose = [False, *(line.prose for line in page.lines), False] if bare else []
    return [n.index for n in bare if not (prose[n.index] and prose[n.index + 2])]


# Readers write prose, often without a header above it. They are recognised by the rate of words
# such as I, you, thanks and agree, compared with the story's own rate: a diary, which has many of
# them from its first line on, stays.

MIN_STORY, MIN_GAIN = 40, 3.0
"""Words of prose above the header: a link to the comments may be above a story; log-likelihood
gained by separate rates above and below a header."""
COMMENTS_AFTER, ONLY_COMMENTS = 0.5, 0.8
"""Share of the prose before a plain header from which comments follow if the rate of such words
rises, and from which only comments can follow."""
_VOICES = WORDS["first_person"] | WORDS["second_person"] | WORDS["informal"]


def reader_comments(page: Page) -> list[int]:
    """Readers' comments below a story: their header, and everything below it.

    A header such as ``12 comments``, or a note that they are moderated, is not enough, since links
    to the comments occur within stories too. Prose with a much higher rate of ``_VOICES`` than the
    story must follow. If the header is as plain as ``Comments`` and in the second half of the
    story, a slightly higher rate is enough, and near the end none is needed. Without a header, the
    same button below each comment is enough in the second half, or with a much higher rate.
    """
    below = [line for line in page.marked if page.prose_before[line.index] >= MIN_STORY]
    headers = [
        line
        for line in below
        if "policy" in line.signs
        or ("comments" in line.kinds and not line.prose and len(line.words) <= 9)
    ]
    told = page.prose_before
    buttons = [n for n in below if "remark_button" in n.signs and told[n.index - 1] >= MIN_STORY]
    times = Counter(line.words for line in buttons)
    remarks = [line.index - 1 for line in buttons if times[line.words] >= 4]
    voice = cache(lambda: _voices(page))
    for line in headers:
        part = page.share_before(line.index)
        # A phrase inside a subheading is not a header.
        plain = len(line.words) <= 5 and not (line.terminal or line.prose)
        plain = plain and "comments" in opening_kinds(line.words)
        # Most headers are below the last paragraph, where nothing need be counted.
        gain = _gain(voice(), line.index) if part < 1.0 else 0.0
        if gain >= MIN_GAIN or (plain and part >= (ONLY_COMMENTS if gain <= 0 else COMMENTS_AFTER)):
            return list(range(line.index, len(page.lines)))
    for at in remarks:
        if page.share_before(at) >= COMMENTS_AFTER or _gain(voice(), at) >= MIN_GAIN:
            return list(range(at, len(page.lines)))
    return []


def _voices(page: Page) -> list[tuple[int, int]]:
    """Words of ``_VOICES`` in prose, and all words, above each line and above the end.

    Counted once for all headers: a page may have thousands. Of a line, 60 words count.
    """
    heads = [
        line.words[:60] if line.prose and line.text[0] not in OPEN_QUOTES else ()
        for line in page.lines
    ]
    said = accumulate([sum(map(_VOICES.__contains__, head)) for head in heads], initial=0)
    return list(zip(said, accumulate(map(len, heads), initial=0), strict=True))


def _gain(voice: list[tuple[int, int]], header: int) -> float:
    """Log-likelihood gained by separate rates of ``_VOICES``; 0 if that below is not higher."""
    top, top_words = voice[header]
    said, words = (all_ - own for all_, own in zip(voice[-1], voice[header + 1], strict=True))
    if not words or said / words <= top / max(top_words, 1):
        return 0.0
    return _fit(top, top_words) + _fit(said, words) - _fit(top + said, top_words + words)


def _fit(said: int, words: int) -> float:
    """Log-likelihood of *said* of *words* at their own rate; a few words prove little."""
    rate = (said + 1.0) / (words + 40.0)
    return said * log(rate) + (words - said) * log1p(-rate)


FUNCTIONS: dict[str, Callable[[Page], Iterable[int]]] = {
    rule.__name__: rule for rule in (timestamp, reader_comments, script_code, bullet_only)
}


def rule_hits(page: Page) -> Hits:
    """Apply all rules to *page*; their names are in the order of ``RULES``."""
    found: dict[str, list[int]] = {name: [*rule(page)] for name, rule in FUNCTIONS.items()}
    for line in page.marked:
        if line.index in page.attributed:
            continue  # a sentence of the story that may quote a phrase
        share = page.share_before(line.index)
        for row in _rows_of(line.kinds, line.signs):
            if row.matches(line, share):
                found.setdefault(row.rule, []).append(line.index)
    return _NO_HITS | {name: frozenset(lines) for name, lines in found.items() if lines}


@lru_cache(maxsize=1 << 12)
def _rows_of(kinds: frozenset[str], signs: frozenset[str]) -> tuple[Row, ...]:
    """The rows for what a line says."""
    return tuple([row for row in LINE_RULES if row.says in kinds or row.says in signs])
