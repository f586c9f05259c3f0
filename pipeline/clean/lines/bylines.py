"""Lines with nothing but authors (``byline_names``) or a date, time or age (``says_when``)."""

from __future__ import annotations

import re
from itertools import takewhile

from pipeline.clean.dates import MONTHS, ZONES, find_date
from pipeline.clean.lines.phrases import WORDS, any_of, hints_of, opening_kinds
from pipeline.clean.names import IN_ROLE, LABELS, RANK, ROLE, is_company, is_name, read_names
from pipeline.text.unicode import FIRST_SPACELESS

_LABELS = any_of("byline_label")
"""Words before names in a byline that also precede names in sentences."""
_NOUNS = f"{LABELS}|{any_of('byline_noun')}"
"""Nouns that need a colon before the names."""
_NOUN_LABEL = re.compile(rf"(?<![^\W_])(?:{_NOUNS})\s?[:：／/|｜]\s?(?=\S)", re.IGNORECASE)
_LABEL = re.compile(
    rf"(?<![^\W_])(?:(?:{_LABELS})\s?[:：]?\s+|(?:{_NOUNS})\s?[:：／/|｜]\s?(?:(?:{_NOUNS})\s?)?"
    r"|interview\s?[:：]\s?|文\s|(?:מאת|بقلم|كتبت?|โดย|記者|记者)\s?)(?=\S)",
    re.IGNORECASE,
)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_STRONG_CUT = re.compile(
    rf"\s?(?:[|•·●⋅~()\[\]<>｜（）【】@#]|//|\s[–—-]\s|—|(?:\b{_MONTH}\s)?\d|[\w*]{{1,30}}:\s"
    rf"|(?<=[^\W\d_]{{3}})(?<!\bprof)\.\s|\b(?:{any_of('byline_cut')})\b).*$",
    re.IGNORECASE,
)
_WEAK_CUT = re.compile(rf"\s(?:{any_of('byline_aside')})(?:\s.*)?$|\s(?:le|el|den)$", re.IGNORECASE)
_OTHERS = re.compile(
    rf"(?<!and )(?<!und )(?<!& )\b(?:{any_of('byline_other')})\s(?:by|von|par|por)\s[^|•·]*",
    re.IGNORECASE,
)
"""Who took the pictures, checked, translated or paid."""
_GLUED = re.compile(
    r"(?i:(?<![^\W_])(?:by|von|par|por))(?=[A-Z][a-zß-ÿ])|(?<=[a-zß-ÿ])(?=[A-Z])(?=(?i:"
    rf"{RANK}|{ROLE}|follow|twitter|in\s[A-Z])\b)"
    rf"|(?<=[^\W\d_])(?=(?:Updated|Published|Posted)\b|{_MONTH}\s\d)"
)
"""Where a label, a name, a role and a date have lost the space between them."""
_KOREAN = re.compile(
    r"((?:[가-힣]{2,4}[·,]\s?){0,4}[가-힣]{2,4})\s?(?:인턴\s?|선임\s?|수습\s?)?(?:기자|특파원)(?![가-힣])"
)
_IS_HAN = r"[\u4e00-\u9fff]"
_HAN = re.compile(
    rf"(?!.{{0,12}}(?:報導|报道|記者|记者)){_IS_HAN}{{2,4}}(?:[·・]{_IS_HAN}{{1,6}})?"
)
_NO_PERSON = re.compile(
    rf"{_IS_HAN}{{4}}|[社報报部版網网團团站]$|(?:뉴스|신문|일보|방송|회견)$|^[ァ-ヶー]+$"
)
"""Names of sections and outlets, and foreign words, where a single word may be a name."""
_HAN_LABEL = re.compile(
    rf"(?:(?:作者|撰文|記者|记者|執筆)\s?[:：／/|｜]?|(?<!{_IS_HAN})(?:文|取材|投稿者)[\s:：／/|｜])"
    rf"\s?(?:記者|记者)?\s?(?={_IS_HAN})(?![会會站团團手观觀证證席简簡介])"
)
_SINGLE = re.compile(r"\w\s\w|(?<!interview)(?<!reportage)[:：]", re.IGNORECASE)
"""Labels that one word may follow."""
_EDGES = " ,;:|•·–—-/*\t"
AGENCIES = WORDS["byline_agency"]
"""Agencies (case-folded) that a byline names in place of a person."""
BYLINE_CHARS = 200
"""Characters of the longest line that is read as a byline."""


def byline_names(text: str) -> tuple[str, ...]:
    """Names on a line that is known to be a byline.

    Labels in many languages, dates, offices and places are left out. An agency counts if no person
    is named; a single word only after a label, next to a date or as the whole line.

    >>> byline_names("Posted on March 7, 2024 by Nora Aldwin"), byline_names("Текст: Мария Петрова")
    (('Nora Aldwin',), ('Мария Петрова',))
    >>> byline_names("By Bo Ek in Oslo and Ann Lee in Turku"), byline_names("Sports Desk")
    (('Bo Ek', 'Ann Lee'), ())
    """
    if len(text) > BYLINE_CHARS:
        return ()
    text = _OTHERS.sub("", _GLUED.sub(r"\g<0> ", text))
    printed = find_date(text)
    parts = [text[: printed.start], text[printed.end :]] if printed else [text]
    labelled = [(part, _LABEL.search(part)) for part in map(str.strip, parts)]
    for part, label in labelled:
        # `By Hand`, `Von Hand`: one word after a bare preposition is no name.
        single = label is not None and (printed is not None or bool(_SINGLE.search(label[0])))
        if label and (names := _names_in(part[label.end() :], label[0], single=single)):
            return names
    for part, label in labelled:
        # The label may be part of a name: ``Ada von Bergen``.
        plain = not label or (label.start() and " " not in part[label.end() :])
        words = tuple(re.findall(r"\w+", part.casefold()))
        if plain and not (opening_kinds(words, whole=True) or hints_of(words)):
            single = printed is None and part.strip(_EDGES).isalpha() and not part.isupper()
            if names := _names_in(part, "", single=single):
                return names
    return ()


def is_labelled(text: str) -> bool:
    """Whether a byline has a label that sentences do not have, such as ``Autor:``."""
    return any(each.search(text) is not None for each in (_NOUN_LABEL, _KOREAN, _HAN_LABEL))


def _names_in(text: str, label: str, *, single: bool) -> tuple[str, ...]:
    """Names at the beginning of *text*, which follows *label*.

    Args:
        single: whether a single word may be a name.
    """
    if korean := _KOREAN.findall(text):
        return tuple(dict.fromkeys(re.split(r"[·,]\s?", "·".join(korean))))
    if han := _HAN_LABEL.search(label + text):
        found = re.split(r"[、,，\s/／]+", _STRONG_CUT.sub("", (label + text)[han.end() :].strip()))
        if names := tuple(dict.fromkeys(takewhile(_HAN.fullmatch, found))):
            return names
    rest = _STRONG_CUT.sub("", text.strip(_EDGES)).strip(_EDGES)
    agency = rest.strip(" .,")
    if agency.casefold() in AGENCIES:
        return (agency,)
    names = read_names(rest, (_WEAK_CUT, IN_ROLE), single=False)
    word = _WEAK_CUT.sub("", rest)
    if not (names or not single or " " in word or _NO_PERSON.search(word)):
        names = read_names(word, ())
    # `Von der Leyen`: what follows the label is the end of a surname.
    if not names or not is_name(names[0]) or (names[0][0].islower() and names[0].count(" ") < 2):
        return ()
    return tuple(name for name in names if not is_company(name))


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
    timed = words[0] in DATE_LABELS and _TIME_INSIDE.search(text)
    return find_date(text) is not None or bool(
        (timed or _is_age(words)) and says_only_when(words, others=0)
    )


def _is_age(words: tuple[str, ...]) -> bool:
    """Whether *words* of a time stamp are an age or a reading time: ``vor 3 Stunden``."""
    counted = any(word.isdecimal() and int(word) < MOST_COUNTED for word in words)
    said = not (WORDS["age"] | WORDS["reading_time"]).isdisjoint(words)
    ago = counted and said and not WORDS["time_unit"].isdisjoint(words)
    return len(words) <= AGE_WORDS and (ago or "ago" in words or "read" in words)


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
