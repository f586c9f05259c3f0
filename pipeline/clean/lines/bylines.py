"""Lines with nothing but authors (``byline_names``) or a date, time or age (``says_when``)."""

from __future__ import annotations

import re

from pipeline.clean.dates import MONTHS, ZONES, find_date
from pipeline.clean.lines.phrases import WORDS, any_of
from pipeline.clean.names import IN_ROLE, LABELS, read_names
from pipeline.text.unicode import FIRST_SPACELESS

_LABELS = any_of("byline_label")
"""Words before names in a byline that also precede names in sentences."""
_NOUNS = f"{LABELS}|{any_of('byline_noun')}"
"""Nouns that need a colon before the names."""
_NOUN_LABEL = re.compile(rf"(?<![^\W_])(?:{_NOUNS})\s?[:：／/|｜]\s?(?=\S)", re.IGNORECASE)
_LABEL = re.compile(
    rf"(?<![^\W_])(?:(?:{_LABELS})\s?[:：]?\s+|(?:{_NOUNS})\s?[:：／/|｜]\s?(?:(?:{_NOUNS})\s?)?"
    r"|(?:מאת|بقلم|كتبت?|โดย|文|記者|记者)\s?)(?=\S)",
    re.IGNORECASE,
)
_STRONG_CUT = re.compile(
    r"\s?(?:[|•·(\[<>｜]|\s[–—-]\s|[@#]|\b(?:published|publiziert|veröffentlicht|posted|updated"
    r"|last updated|leave a comment|read more|follow|share|print|email|\d+ comments?|\d+ min)\b)"
    r".*$",
    re.IGNORECASE,
)
_WEAK_CUT = re.compile(
    r"\s(?:in|at|for|aus|on|à|en|w|из|в|special to|from|via|photography|photographs|photos|video)"
    r"\s.*$",
    re.IGNORECASE,
)
_KOREAN = re.compile(r"([가-힣]{2,4})\s?(?:인턴\s?|선임\s?|수습\s?)?(?:기자|특파원)(?![가-힣])")
_HAN = re.compile(r"[\u4e00-\u9fff]{2,4}(?:[·・][\u4e00-\u9fff]{1,6})?")
_HAN_LABEL = re.compile(
    r"(?:作者|撰文|文|記者|记者|執筆|取材)\s?[:：／/|｜]?\s?(?:記者|记者)?\s?(?=[\u4e00-\u9fff])"
)
AGENCIES = WORDS["byline_agency"]
"""Agencies (case-folded) that a byline names in place of a person."""
BYLINE_CHARS = 200
"""Characters of the longest line that is read as a byline."""


def byline_names(text: str) -> tuple[str, ...]:
    """Names on a line that is known to be a byline.

    Labels in many languages, dates, offices and places are left out. An agency counts if no person
    is named.

    >>> byline_names("Posted on March 7, 2024 by Nora Aldwin"), byline_names("Текст: Мария Петрова")
    (('Nora Aldwin',), ('Мария Петрова',))
    >>> byline_names("By Bo Ek in Oslo and Ann Lee in Turku"), byline_names("Sports Desk")
    (('Bo Ek', 'Ann Lee'), ())
    """
    if len(text) > BYLINE_CHARS:
        return ()
    printed = find_date(text)
    parts = [text[: printed.start], text[printed.end :]] if printed else [text]
    labels = [_LABEL.search(part) for part in parts]
    for part, label in zip(parts, labels, strict=True):
        if label and (names := _names_in(part[label.end() :], label[0], single=bool(printed))):
            return names
    for part, label in zip(parts, labels, strict=True):
        if not label and (names := _names_in(part, "", single=False)):
            return names
    return ()


def is_labelled(text: str) -> bool:
    """Whether a byline has a label that sentences do not have, such as ``Autor:``."""
    return any(each.search(text) is not None for each in (_NOUN_LABEL, _KOREAN, _HAN_LABEL))


def _names_in(text: str, label: str, *, single: bool) -> tuple[str, ...]:
    """Names at the beginning of *text*, which follows *label*.

    Args:
        single: whether a single word may be a name, as next to a date.
    """
    if korean := _KOREAN.findall(text):
        return tuple(dict.fromkeys(korean))
    if _HAN_LABEL.search(label + text) and _HAN.match(text.strip()):
        found = re.split(r"[、,，\s/／]+", _STRONG_CUT.sub("", text.strip()))
        return tuple(dict.fromkeys(name for name in found if _HAN.fullmatch(name)))
    rest = _STRONG_CUT.sub("", text.strip(" ,;:.|•·–—-/*\t"))
    agency = rest.strip(" .,")
    if agency.casefold() in AGENCIES:
        return (agency,)
    return read_names(rest, (_WEAK_CUT, IN_ROLE), single=single)


STAMP_MOST, AGE_WORDS, OTHER_WORDS = 20, 6, 1
"""Words of the longest line of time stamps (two, with labels and weekdays), of the longest age or
reading time (``Temps de lecture : 3 min``); other words in a time stamp: a section or an outlet."""
SPACELESS_LETTERS, UNIT_LETTERS = 4, 3
"""Letters that count as a word where no spaces separate words; letters of a unit after a number."""
MOST_COUNTED = 100
"""Minutes and hours below which they are an age."""
PUBLISHED, UPDATED = WORDS["published"], WORDS["updated"]
DATE_LABELS = PUBLISHED | UPDATED
_CHANGED = UPDATED | {"änderung", "aktualisierung", "lastupdate", "stand", "jour", "until", "bis"}
"""Labels of a change on pages; in texts, some of these words are common."""

STAMP_WORDS = DATE_LABELS.union(
    MONTHS,
    (zone.casefold() for zone in ZONES),
    *(WORDS[name] for name in ("age", "reading_time", "time_unit", "time_stamp")),
)
"""Words of dates, times and their labels; ages: ``3 hours ago``; reading times: ``4 min read``."""

CLOCK = re.compile(
    r"\W{0,3}(?:[01]?\d|2[0-4])\s?[:.h]\s?[0-5]\d(?:\s?[a-z][a-z.]{0,4}){0,2}\W{0,3}", re.IGNORECASE
)

_TIME_INSIDE = re.compile(r"(?<!\d)(?:[01]?\d|2[0-4])[:.h][0-5]\d(?!\d)")
_NUMERIC = re.compile(r"[\d年月日時时点點分秒년월일시분초]")
_DIGIT = re.compile(r"\d")


def says_when(text: str, words: tuple[str, ...]) -> bool:
    """Whether a line has a date, an age or a reading time and, apart from labels, little else.

    A time of day without a date counts after ``Published`` or ``Updated``.
    """
    if len(words) > STAMP_MOST or not says_only_when(words) or not _DIGIT.search(text):
        return False
    if find_date(text) is not None:
        return True
    if not says_only_when(words, others=0):
        return False
    labelled = words[0] in DATE_LABELS
    return bool(labelled and _TIME_INSIDE.search(text)) or _is_age(words)


def _is_age(words: tuple[str, ...]) -> bool:
    """Whether *words* of a time stamp are an age or a reading time: ``vor 3 Stunden``."""
    if len(words) > AGE_WORDS:
        return False
    if "ago" in words or "read" in words:
        return True
    counted = any(word.isdecimal() and int(word) < MOST_COUNTED for word in words)
    said = not (WORDS["age"] | WORDS["reading_time"]).isdisjoint(words)
    return counted and said and not WORDS["time_unit"].isdisjoint(words)


def says_only_when(words: tuple[str, ...], others: float = OTHER_WORDS) -> bool:
    """Whether a line has at most *others* words that are not numbers or ``STAMP_WORDS``."""
    for word in words:
        # A number with its unit; where no spaces separate words, a sentence may open with one.
        number = word[0].isdigit() and (
            word.isascii() or len(_NUMERIC.sub("", word)) <= UNIT_LETTERS
        )
        if word not in STAMP_WORDS and not number:
            others -= 1 if word[0] < FIRST_SPACELESS else -(-len(word) // SPACELESS_LETTERS)
            if others < 0:
                return False
    return True


def kind_of_label(words: frozenset[str]) -> str:
    """``published``, ``updated`` or ``plain``, by the case-folded *words* before a date."""
    if not words.isdisjoint(PUBLISHED):
        return "published"
    return "plain" if words.isdisjoint(_CHANGED) else "updated"
