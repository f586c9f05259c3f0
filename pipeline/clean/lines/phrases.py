"""What kind of chrome a line is, by the phrases in it.

Matching is by whole case-folded words, whatever the punctuation: a dictionary look-up a word,
because one alternation over all phrases costs a hundred times as much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.clean.lines.phrase_table import (
    _BUTTON,
    _CREDITED,
    _NOTICE,
    _PICTURE,
    _REPORTER,
    CAPTION,
    HINTS,
    LINE_HINTS,
    LOOKED_AT,
    LOWEST,
    OPENING,
    SHORT,
    WHOLE,
    WITHIN,
)

OPENING_WORDS = 14
"""Words that a line may have to be judged by its first words."""

COUNTED = frozenset(
    "comment comments kommentar kommentare kommentarer commentaire commentaires comentario"
    " comentarios comentário comentários commento commenti reactie reacties komentarz komentarze"
    " komentarzy комментарий комментария комментариев коментар коментарів yorum σχόλιο σχόλια"
    " kommenttia komentar".split()
)
"""Words that head readers' comments when their number stands before: ``8 comments on “…”``."""

COUNTED_ALONE = frozenset("reply replies response responses antwort antworten réponses".split())
"""Words that do so where nothing follows."""

WITHIN_WORDS = 90
"""Words that a line may have to be judged by a phrase inside."""

_EVERYWHERE = frozenset(
    "also more about from with this that have been will would their there which into over than"
    " after first other some most mehr auch nicht eine einen wird wurde werden sind dieser über"
    " aussi plus dans pour être avec cette también más para como este esta anche più della delle"
    " questo também mais como para essa ook meer deze också mera også mere myös lisää także więcej"
    " for the and mit und der die das von zum les des las los del una der het een och att som jest"
    " english".split()
)
"""Words that are too common to look for: each line that has one is looked at word by word."""

_ByRarest = dict[str, list[tuple[tuple[str, ...], int, str]]]

_WORD = re.compile(r"\w+")

_NOTHING: frozenset[str] = frozenset()


def _by_all_words(table: dict[str, str]) -> dict[tuple[str, ...], str]:
    """Words of a whole line → kind."""
    return {
        tuple(_WORD.findall(phrase)): kind
        for kind, phrases in reversed(table.items())
        for phrase in phrases.split("|")
    }


def _by_first_word(table: dict[str, str]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """First word → the phrases that begin with it, and their kinds."""
    index: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for kind, phrases in table.items():
        for phrase in phrases.split("|"):
            words = tuple(_WORD.findall(phrase))
            index.setdefault(words[0], []).append((words, kind))
    return index


def _rarity(word: str) -> float:
    """How rare a word may be: longer ones are, but for those that are everywhere."""
    # These are rarer than words of two letters, which are never looked for beside them.
    return 2.5 if word in _EVERYWHERE else len(word)


def _by_rarest_word(table: dict[str, str]) -> _ByRarest:
    """The rarest word → the phrases with it, its place in them, and their kinds."""
    index: _ByRarest = {}
    for kind, phrases in table.items():
        for phrase in phrases.split("|"):
            words = tuple(_WORD.findall(phrase))
            rarest = max(words, key=_rarity)
            index.setdefault(rarest, []).append((words, words.index(rarest), kind))
    return index


_WHOLE, _LINE_HINTS = _by_all_words(WHOLE), _by_all_words(LINE_HINTS)

_OPENING = _by_first_word(OPENING)

_WITHIN, _HINTS = _by_rarest_word(WITHIN), _by_rarest_word(HINTS)

_RARE, _HINTING = frozenset(_WITHIN), frozenset(_HINTS)

_LONGEST_WHOLE = max(map(len, _WHOLE)) + 3


def kinds_of(words: tuple[str, ...], *, quoted: bool = False) -> frozenset[str]:
    """Say what a line of these case-folded *words* is taken for; nothing for most lines.

    A *quoted* line is somebody's words: only a whole phrase is chrome, as a button in quotes is.

    >>> kinds_of(("related", "articles"))
    frozenset({'related'})
    >>> kinds_of(("the", "minister", "resigned"))
    frozenset()
    """
    if not words or len(words) > WITHIN_WORDS:
        return _NOTHING
    if quoted:
        return _whole_kinds(words)
    return opening_kinds(words) | inside_kinds(words)


def opening_kinds(words: tuple[str, ...]) -> frozenset[str]:
    """Say what a line is taken for by all of its case-folded *words*, or by the first of them.

    A header begins so; a subheading of a story may have such a phrase inside.

    >>> opening_kinds(("7", "comments")), opening_kinds(("how", "to", "report", "abuse"))
    (frozenset({'comments'}), frozenset())
    """
    kinds = _whole_kinds(words)
    if len(words) <= OPENING_WORDS:
        begun = [
            kind for phrase, kind in _OPENING.get(words[0], ()) if words[: len(phrase)] == phrase
        ]
        kinds = kinds.union(begun) if begun else kinds
    if words[0].isdigit() and _counts_comments(words):
        kinds |= {"comments"}
    return kinds


def inside_kinds(words: tuple[str, ...]) -> frozenset[str]:
    """Say what a line of these case-folded *words* is taken for by a phrase anywhere in it.

    >>> inside_kinds(("register", "for", "the", "regatta")), inside_kinds(("in", "your", "inbox"))
    (frozenset(), frozenset({'newsletter'}))
    """
    return _NOTHING if _RARE.isdisjoint(words) else frozenset(_within(words, _WITHIN))


def _whole_kinds(words: tuple[str, ...]) -> frozenset[str]:
    """The kind that all the words are a phrase of, numbers aside."""
    if len(words) > _LONGEST_WHOLE:
        return _NOTHING
    kind = _WHOLE.get(words) or _WHOLE.get(_without_numbers(words))
    return frozenset({kind}) if kind else _NOTHING


def hints_of(words: tuple[str, ...]) -> frozenset[str]:
    """Say what in a line of these case-folded *words* speaks for chrome and proves nothing.

    >>> hints_of(("she", "is", "a", "reporter", "in", "turku"))
    frozenset({'bio'})
    >>> hints_of(("komentari",)), kinds_of(("komentari",))
    (frozenset({'comments'}), frozenset())
    """
    whole = _LINE_HINTS.get(words)
    if whole is not None:
        return frozenset({whole})
    if len(words) > WITHIN_WORDS or _HINTING.isdisjoint(words):
        return _NOTHING
    return frozenset(_within(words, _HINTS))


def _counts_comments(words: tuple[str, ...]) -> bool:
    """Whether a line that begins with a number says how many comments there are."""
    what = words[1] if 1 < len(words) <= OPENING_WORDS else ""
    return what in COUNTED or (what in COUNTED_ALONE and len(words) == 2)


def _within(words: tuple[str, ...], index: _ByRarest) -> Iterator[str]:
    """Kinds of the phrases of *index* that stand anywhere in *words*."""
    for position, word in enumerate(words):
        for phrase, offset, kind in index.get(word, ()):
            start = position - offset
            if start >= 0 and words[start : start + len(phrase)] == phrase:
                yield kind


def _without_numbers(words: tuple[str, ...]) -> tuple[str, ...]:
    """A counter beside a button is no word: ``12 comments``."""
    return tuple(word for word in words if not word.isdigit())


def is_notice(text: str) -> bool:
    """Whether a line is a site's notice, button or credit in one of these scripts.

    >>> is_notice("责任编辑：孔明"), is_notice("编辑部昨天迎来了新同事。"), is_notice("Share")
    (True, False, False)
    """
    if text.isascii() or max(text[:LOOKED_AT]) < LOWEST:
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
