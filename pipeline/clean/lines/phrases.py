"""What kind of boilerplate a line is, by the phrases in it: ``kinds_of``, and weaker ``hints_of``.

The phrases are data, in ``phrases.json``: kind → place → phrases. ``line`` phrases are a whole line
(numbers and punctuation aside), ``opening`` phrases begin one of at most ``OPENING_WORDS`` words,
``inside`` phrases stand anywhere in one of at most ``INSIDE_WORDS``. ``hint`` (anywhere) and
``hint_line`` phrases stand in stories too: only the line model asks for them. A list named
``line_or_opening`` belongs to both places, so that each phrase is written once per kind. To add a
phrase, add it there, case-folded, with single blanks and no punctuation.

Matching is by whole words: a dictionary look-up per word, because one alternation over all phrases
takes a hundred times as long.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from pipeline.text.unicode import FIRST_SPACELESS

_TABLE: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("phrases.json").read_text(encoding="utf-8")
)

_WORDS = _TABLE.pop("words")
WORDS: dict[str, frozenset[str]] = {name: frozenset(words) for name, words in _WORDS.items()}
"""Words: how readers speak (``first_person``, ``second_person``, ``informal``), what stands
between their remarks (``remark``), what is counted above them (``counted``; ``counted_alone`` if
nothing follows), headers of recipes, what sites say in scripts without spaces, and words too
common to index a phrase by."""


def any_of(name: str) -> str:
    """A pattern of the ``WORDS`` of this name: any of them."""
    return "|".join(map(re.escape, _WORDS[name]))


PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    place: {
        kind: tuple(
            phrase
            for places, phrases in lists.items()
            if place in places.split("_or_")
            for phrase in phrases
        )
        for kind, lists in _TABLE.items()
    }
    for place in ("line", "opening", "inside", "hint_line", "hint")
}
"""Place → kind → phrases."""

KINDS = tuple(sorted(_TABLE))
OPENING_WORDS = 14
"""Words of the longest line that is judged by its first words."""
INSIDE_WORDS = 90
"""Words of the longest line that is judged by a phrase inside it."""
_WORD = re.compile(r"\w+")
_NOTHING: frozenset[str] = frozenset()
_ByRarest = Mapping[str, list[tuple[tuple[str, ...], int, str]]]


def _phrases(place: str) -> list[tuple[tuple[str, ...], str]]:
    """The words and the kind of each phrase of a place."""
    return [
        (tuple(phrase.split(" ") if phrase.isascii() else _WORD.findall(phrase)), kind)
        for kind, phrases in PHRASES[place].items()
        for phrase in phrases
    ]


def _by_rarest_word(place: str) -> _ByRarest:
    """Rarest word → the phrases that have it, where it stands in them, and their kinds."""
    index = defaultdict(list)
    # Long words are rare, but for some; those are rarer than words of two letters.
    rarity = dict.fromkeys(WORDS["too_common"], 2.5)
    for words, kind in _phrases(place):
        rarest = max(words, key=lambda word: rarity.get(word) or len(word))
        index[rarest].append((words, words.index(rarest), kind))
    return dict(index)


_LINE, _HINT_LINE = dict(_phrases("line")), dict(_phrases("hint_line"))
_LONGEST_LINE = max(map(len, _LINE)) + 3
_OPENING: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
for _words, _kind in _phrases("opening"):
    _OPENING[_words[0]].append((_words, _kind))

_INSIDE, _HINT = _by_rarest_word("inside"), _by_rarest_word("hint")


def kinds_of(words: tuple[str, ...], *, quoted: bool = False) -> frozenset[str]:
    """Name the kinds of boilerplate that a line of these case-folded *words* looks like.

    A *quoted* line is somebody's words: only a whole phrase counts, as a button in quotes is.

    >>> kinds_of(("related", "articles"))
    frozenset({'related'})
    >>> kinds_of(("the", "minister", "resigned"))
    frozenset()
    """
    if not words or len(words) > INSIDE_WORDS:
        return _NOTHING
    found = opening_kinds(words, whole=quoted)
    return found if quoted else found | inside_kinds(words)


def opening_kinds(words: tuple[str, ...], *, whole: bool = False) -> frozenset[str]:
    """Name the kinds of a line by all of its case-folded *words*, or by the first of them.

    A header begins so; a subheading of a story may have such a phrase inside.

    Args:
        whole: look at all words only.

    >>> opening_kinds(("7", "comments")), opening_kinds(("how", "to", "report", "abuse"))
    (frozenset({'comments'}), frozenset())
    """
    found = set()
    if len(words) <= _LONGEST_LINE:
        # A counter beside a button is no word: "12 comments".
        kind = _LINE.get(words)
        if not kind:
            others = [word for word in words if not word.isdigit()]
            kind = _LINE.get(tuple(others)) if len(others) < len(words) else None
        if kind:
            found.add(kind)
    if not whole and len(words) <= OPENING_WORDS:
        for phrase, kind in _OPENING.get(words[0], ()):
            if words[: len(phrase)] == phrase:
                found.add(kind)
        if len(words) > 1 and words[0].isdigit():
            alone = len(words) == 2 and words[1] in WORDS["counted_alone"]
            if alone or words[1] in WORDS["counted"]:
                found.add("comments")
    return frozenset(found) if found else _NOTHING


def inside_kinds(words: tuple[str, ...], index: _ByRarest = _INSIDE) -> frozenset[str]:
    """Name the kinds of a line of these case-folded *words* by phrases anywhere in it.

    >>> inside_kinds(("register", "for", "the", "regatta")), inside_kinds(("in", "your", "inbox"))
    (frozenset(), frozenset({'newsletter'}))
    """
    if index.keys().isdisjoint(words):
        return _NOTHING
    return frozenset(
        kind
        for position, word in enumerate(words)
        for phrase, offset, kind in index.get(word, ())
        if position >= offset
        and words[position - offset : position - offset + len(phrase)] == phrase
    )


def hints_of(words: tuple[str, ...]) -> frozenset[str]:
    """Name what in a line of these case-folded *words* suggests boilerplate but does not prove it.

    >>> hints_of(("she", "is", "a", "reporter", "in", "turku"))
    frozenset({'bio'})
    >>> hints_of(("komentari",)), kinds_of(("komentari",))
    (frozenset({'comments'}), frozenset())
    """
    whole = _HINT_LINE.get(words)
    if whole is not None:
        return frozenset({whole})
    return inside_kinds(words, _HINT) if len(words) <= INSIDE_WORDS else _NOTHING


_BIO = {
    word: own for word, rows in _HINT.items() if (own := [row for row in rows if row[2] == "bio"])
}
_BIO_WORDS = frozenset(_BIO) | WORDS["office"]
OFFICE_WORDS = 7
"""Words within which an office follows ``is``."""


def is_biography(words: tuple[str, ...]) -> bool:
    """Whether a line of these case-folded *words* says that somebody is a journalist, or the like.

    >>> is_biography(tuple("bo is the chief political correspondent".split()))
    True
    >>> is_biography(tuple("the author was the first to leave".split()))
    False
    """
    if _BIO_WORDS.isdisjoint(words):
        return False
    if inside_kinds(words, _BIO):
        return True
    at = (position for position, word in enumerate(words) if word in WORDS["office"])
    return any(not WORDS["is"].isdisjoint(words[max(0, p - OFFICE_WORDS) : p]) for p in at)


LOOKED_AT = 12
"""Characters within which such a line has one of its letters."""
SHORT = 40
"""Characters of the longest line of buttons, credits and names."""
CAPTION = 80
"""Characters of the longest caption that ends with who took the picture."""

_MARKS = r"[\s\[(（【〔《<*※▶■●◆・·]{0,3}"
_NOTICE = re.compile(rf"{_MARKS}(?:\d{{1,2}}[、.．]\s?)?(?:{any_of('spaceless_notice')})")
_BUTTON = re.compile(rf"{_MARKS}(?:{any_of('spaceless_button')})")

_CREDITED = re.compile(
    r"[(（【〔\[](?=[^)）】〕\]]{0,30}"
    r"(?:编辑|編輯|报道|報導|报導|記者|记者|摄影|攝影|撮影|기자|사진))"
    r"[^)）】〕\]]{1,32}[)）】〕\]]"
)

_PICTURE = re.compile(r"[(（][^()（）]{1,24}(?:撮影|提供|摄|攝|摄影|攝影|사진|촬영)[)）]$")
"""Who took the picture, at the end of its caption."""
_REPORTER = re.compile(r"[가-힣]{2,4}\s?(?:인턴\s?)?기자(?:\s?[\w.+-]{1,40}@[\w.-]{1,40})?")


def is_notice(text: str) -> bool:
    """Whether a line is a site's notice, button or credit in one of these scripts.

    >>> is_notice("责任编辑：孔明"), is_notice("编辑部昨天迎来了新同事。"), is_notice("Share")
    (True, False, False)
    """
    if text.isascii() or max(text[:LOOKED_AT]) < FIRST_SPACELESS:
        return False
    if _NOTICE.match(text):
        return True
    if len(text) <= CAPTION and _PICTURE.search(text):
        return True
    if len(text) > SHORT or text[-1] in "。！？":
        return False
    if _BUTTON.match(text) or _CREDITED.fullmatch(text):
        return True
    return _REPORTER.fullmatch(text) is not None
