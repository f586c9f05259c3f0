"""What kind of boilerplate a line is by the phrases in it: ``kinds_of``; weaker ``hints_of``.

``phrases.json`` maps kind → place → phrases. ``line`` phrases are a whole line (apart from numbers
and punctuation), ``opening`` phrases begin a line of at most ``OPENING_WORDS`` words, ``inside``
phrases are anywhere in one of at most ``INSIDE_WORDS``. ``hint`` (anywhere) and ``hint_line``
phrases also occur in stories: only the page model uses them. A list named ``line_or_opening``
belongs to both places. To add a phrase, add it there, case-folded, with single spaces and without
punctuation.

Words are looked up in dictionaries: one alternation over all phrases takes a hundred times as long.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from pipeline.clean.words import WORDS, any_of
from pipeline.text.lines import folded_words
from pipeline.text.unicode import FIRST_SPACELESS

_TABLE: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("phrases.json").read_text(encoding="utf-8")
)

PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    place: {
        kind: tuple([p for places in lists if place in places.split("_or_") for p in lists[places]])
        for kind, lists in _TABLE.items()
    }
    for place in ("line", "opening", "inside", "hint_line", "hint")
}
"""Place → kind → phrases."""

KINDS = tuple(sorted(_TABLE))
OPENING_WORDS, INSIDE_WORDS = 14, 90
"""Words of the longest line that is judged by its first words, and by a phrase inside it."""
_NOTHING: frozenset[str] = frozenset()
_ByRarest = tuple[frozenset[str], Mapping[str, list[tuple[tuple[str, ...], int, str]]]]
"""Rarest words; each → the phrases that have it, its position in them, and their kinds."""


def _phrases(place: str) -> list[tuple[tuple[str, ...], str]]:
    """The words and the kind of each phrase of a place."""
    return [
        (tuple(words), kind)
        for kind, phrases in PHRASES[place].items()
        for words in folded_words(phrases)
    ]


def _by_rarest_word(place: str) -> _ByRarest:
    index = defaultdict(list)
    # Long words are rare, with a few exceptions; those are rarer than words of two letters.
    rarity = dict.fromkeys(WORDS["too_common"], 2.5)
    for words, kind in _phrases(place):
        rarest = max(words, key=lambda word: rarity.get(word) or len(word))
        index[rarest].append((words, words.index(rarest), kind))
    return frozenset(index), dict(index)


_LINE, _HINT_LINE = dict(_phrases("line")), dict(_phrases("hint_line"))
_LONGEST_LINE = max(map(len, _LINE)) + 3
_OPENING: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
for _words, _kind in _phrases("opening"):
    _OPENING[_words[0]].append((_words, _kind))
_INSIDE, _HINT = _by_rarest_word("inside"), _by_rarest_word("hint")


def kinds_of(words: tuple[str, ...], *, quoted: bool = False) -> frozenset[str]:
    """Kinds of boilerplate that a line of these case-folded *words* looks like.

    Args:
        quoted: whether the line opens with a quote: then only a whole phrase counts.

    >>> kinds_of(("related", "articles")), kinds_of(("the", "minister", "resigned"))
    (frozenset({'related'}), frozenset())
    """
    if not words or len(words) > INSIDE_WORDS:
        return _NOTHING
    found = opening_kinds(words, whole=quoted) if len(words) <= OPENING_WORDS else _NOTHING
    return found if quoted else found | inside_kinds(words)


def opening_kinds(words: tuple[str, ...], *, whole: bool = False) -> frozenset[str]:
    """Kinds of a line by all of its case-folded *words*, or, unless *whole*, by the first of them.

    >>> opening_kinds(("7", "comments")), opening_kinds(("how", "to", "report", "abuse"))
    (frozenset({'comments'}), frozenset())
    """
    found = []
    if len(words) <= _LONGEST_LINE:
        # A counter beside a button does not matter: "12 comments".
        kind = _LINE.get(words) or _LINE.get(tuple([word for word in words if not word.isdigit()]))
        found = [kind] if kind else []
    if not whole and len(words) <= OPENING_WORDS:
        opened = _OPENING.get(words[0], ())
        found += [kind for phrase, kind in opened if words[: len(phrase)] == phrase]
        if len(words) > 1 and words[0].isdigit():
            alone = len(words) == 2 and words[1] in WORDS["counted_alone"]
            found += ["comments"] if alone or words[1] in WORDS["counted"] else []
    return frozenset(found) if found else _NOTHING


def inside_kinds(words: tuple[str, ...], index: _ByRarest = _INSIDE) -> frozenset[str]:
    """Kinds of a line of these case-folded *words* by phrases anywhere in it.

    >>> inside_kinds(("register", "for", "the", "regatta")), inside_kinds(("in", "your", "inbox"))
    (frozenset(), frozenset({'newsletter'}))
    """
    rarest, phrases = index
    if rarest.isdisjoint(words):
        return _NOTHING
    return frozenset(
        kind
        for position, word in enumerate(words)
        for phrase, offset, kind in phrases.get(word, ())
        if position >= offset
        and words[position - offset : position - offset + len(phrase)] == phrase
    )


def hints_of(words: tuple[str, ...]) -> frozenset[str]:
    """What in a line of these case-folded *words* suggests boilerplate but does not prove it.

    >>> hints_of(("she", "is", "a", "reporter", "in", "turku"))
    frozenset({'bio'})
    >>> hints_of(("komentari",)), kinds_of(("komentari",))
    (frozenset({'comments'}), frozenset())
    """
    whole = _HINT_LINE.get(words)
    if whole is not None:
        return frozenset({whole})
    return inside_kinds(words, _HINT) if len(words) <= INSIDE_WORDS else _NOTHING


_MARKS = r"[\s\[(（【〔《<*※▶■●◆・·]{0,3}"
_NOTICE = re.compile(rf"{_MARKS}(?:\d{{1,2}}[、.．]\s?)?(?:{any_of('spaceless_notice')})")
_BUTTON = re.compile(rf"{_MARKS}(?:{any_of('spaceless_button')})")
_SIGNED = re.compile(
    rf"[(（【〔\[](?=[^)）】〕\]]{{0,30}}(?:{any_of('spaceless_credit')}))[^)）】〕\]]{{1,32}}[)）】〕\]]"
    r"|[가-힣]{2,4}\s?(?:인턴\s?)?기자(?:\s?[\w.+-]{1,40}@[\w.-]{1,40})?"
)
"""A credit in brackets, or a Korean reporter with an address."""
_PICTURE = re.compile(rf"[(（][^()（）]{{1,24}}(?:{any_of('spaceless_picture')})[)）]$")
"""The photographer at the end of a caption."""


def is_notice(text: str) -> bool:
    """Whether a line is a site's notice, button or credit in Chinese, Japanese, Korean or Thai.

    Captions with a credit have at most 80 characters; lines of buttons, credits and names, 40.

    >>> is_notice("责任编辑：孔明"), is_notice("编辑部昨天迎来了新同事。"), is_notice("Share")
    (True, False, False)
    """
    if text.isascii() or max(text[:12]) < FIRST_SPACELESS:
        return False
    if _NOTICE.match(text) or (len(text) <= 80 and _PICTURE.search(text)):
        return True
    short = len(text) <= 40 and text[-1] not in "。！？"
    return short and bool(_BUTTON.match(text) or _SIGNED.fullmatch(text))
