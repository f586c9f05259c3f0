"""Names of authors: in metadata (``author_names``) and in lists of people (``read_names``)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from pipeline.clean.dates import MONTHS
from pipeline.clean.words import PATTERNS, WORDS, any_of

MAX_NAME_CHARS, MAX_NAME_WORDS = 60, 6
"""Longer parts of a byline are sentences or biographies: no name on the benchmarks' pages is longer
(in scripts without spaces, it is one word)."""

_NO_NAME = re.compile(
    r"(?i)^(?:e-?mail|contact|follow|view|see|read|visit|about|special to|special for|click"
    r"|subscribe|sign (?:up|in)|more (?:from|by|about)|all (?:posts|articles|stories)|posts by"
    r"|opens in|share (?:on|this)|report (?:a|an)|send (?:a|an)|get (?:the|our)|join|leave a"
    r"|hinterlasse|kommentar|quelle|source|fuente|fonte|fact[- ]checked|reviewed by|edited by)\b"
    r"|[가-힣]{2,}\s"
)
"""Beginnings of buttons and notes next to a byline; Korean names have no spaces."""

_BUTTON = re.compile(
    r"(?i)(?<=\S)\s+(?:\+\s?)?(?:follow(?:ing)?|bio|e-?mail|contact|(?:view |see )?profile|website"
    r"|twitter|linkedin|facebook|instagram|subscribe|folgen|suivre|seguir"
    r"|(?:e-?mail|contact|follow) (?:the|this) (?:author|writer|reporter)"
    r"|alle artikel|all posts|learn more|read more|more posts|\(?opens in.*)$"
)
"""A button after a name."""

_PLACE = re.compile(r"(?<=\w{2})\s+(?:in|from|aus|à|en)\s+(?=[^\W\d_a-z]).*$")
"""The place that an author reports from: ``Ann Lee in Paris``."""

_INVERTED = re.compile(
    r"^([^\W\d_][\w’'.-]*(?:\s[\w’'.-]+){0,2}),\s([^\W\d_][\w’'.-]*(?:\s[\w’'.-]+){0,3})$"
)

# The patterns below see single spaces only.
_BY = r"(?:by|of|von|par|por|di|door|av|af)"


_DONE, ROLE, RANK = PATTERNS["done"], PATTERNS["roles"], PATTERNS["ranks"]
LABELS, _FREE_LABELS = PATTERNS["labels"], PATTERNS["free_labels"]
"""Labels before a colon and a name, in about twenty languages; and those that need no colon."""

_KOREAN = re.compile(r"^[^가-힣]{0,12}(?P<name>[가-힣]{2,4})\s?(?:기자|특파원|논설위원|선임기자)\b")
"""In Korean bylines the role follows the name."""

# "By", "Posted on 3 May by", "View all posts by", "Author:"; but not the "von" inside a name.
BYLINE_LEAD = re.compile(
    rf"(?i)^(?:(?:(?:[^\W\d_]+\s+){{0,3}}(?:{_DONE})\s+(?:[^;]{{0,30}}\d\S*\s+)?)?{_BY}(?:\s*:\s*|\s+)"
    rf"|[^;]{{0,40}}\d\S*\s+(?:[ap]m\s+)?(?:[A-Z]{{2,4}}\s+)?{_BY}\s+"
    rf"|(?:{LABELS})\s?[:：/／＝・]\s?(?:記者|记者)?\s?"
    rf"|(?:{_FREE_LABELS})\s?"
    r"|(?:автор|autor|autorin|auteur|author)(?:\s*:\s*|\s+)"
    r"|(?:authored by|interview|text|read more about|all articles? by|more from)(?:\s*:\s*|\s+)"
    r"(?=[A-ZÀ-Þ]))"
)

_SPLIT = re.compile(
    r"(?i)\s?(?:[;|•·]|,(?!\s?(?:jr|sr|ii|iii|phd|md)\b))\s?|\s/\s?|/\s|\s(?:and|und|et|y|e|og|och|en|i|и|&)\s"
)

_HOUSES = f"{any_of('byline_agency')}|{any_of('byline_outlet')}"
_WITH_HOUSE = re.compile(
    r"(?i)(?<=\w)(?:,?\s(?:with|avec|con|com|mit|met|med)\s(?:l['’]|la\s|the\s)?)"
    rf"(?=(?:{_HOUSES})(?!\w))"
)
_SLASHED_HOUSE = re.compile(rf"(\s[^\W\d_a-zß-ÿ][\w’'-]+)/(?=(?i:{_HOUSES})(?!\w))")
_BARE_HOUSE = re.compile(rf"(?<=\w)\s(?P<house>(?i:{_HOUSES}))(?=\s?(?:$|[,;|/(]))")
LONG_HOUSE = 6
"""Letters from which the name of an agency with one capital is no surname, as ``Ani`` may be."""
_URL = re.compile(r"(?i)https?://|www\.")
_ADDRESS = re.compile(r"(?i)https?://|www\.|\S@\S|^@|\.(?:com|org|net|html?)\b")
_PARENTHESIS = re.compile(r"\s?[(\[{<][^)\]}>]{0,200}[)\]}>]")
_EDGE = ' \t,.:–—-*|"“”„«»'
_LETTER = re.compile(r"[^\W\d_]")

MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
"""An English month, which is cut with all that follows it."""
_TAIL = re.compile(
    r"(?i)(?:^|\s)(?:(?:last )?updated|published|posted|veröffentlicht|aktualisiert|publié"
    rf"|mis à jour|(?:{MONTH}\s+)?\d).*$"
)

_HANDLE = re.compile(r"(?<=\S)\s@\w.*$")
_BEFORE_DATE = re.compile(r"(?<=\S)\s(?:on|am|le|el|den)$")

_ROLE_ALONE = re.compile(rf"(?i)^(?:(?:{RANK})\s)+(?:{ROLE})$")

# The second word of a name is none of these: "Ada Winterbourne Senior Politics Editor".
IN_ROLE = re.compile(
    rf"(?i)(?<=\S)\s+(?<=\w\s)(?:(?:{RANK})\s(?:[\w/&-]+\s){{0,3}})?(?:{ROLE})(?:\s(?:at|of|for)\s.*)?$"
)

_POST = re.compile(
    r"(?i)(?<=\w)\s?,?\s(?:global |associate )?(?:head|director|vice president|vp|dean"
    r"|professor) of\s[^,;|]*"
)
"""A position: ``Ann Lee, Head of Rope and Canvas``."""

_ROLE_BEHIND = re.compile(rf"(?i)^([^,;|]{{3,60}}?)\s?,\s[^,;|]{{0,60}}\b(?:{ROLE})$")

_DEGREE = re.compile(
    r"(?i)^(?:ph\.?d|m\.?d|jr|sr|mba|esq|r\.?n|[bm]\.?[as]c?|msc|d\.?o|j\.?d|dvm|vmd|dds|dmd|rdn?|ldn?"
    r"|cpa|cfa|cfp|lcsw|pharmd|mph|pa-c)\.?$"
)

_PICTURES = "|".join(map(re.escape, sorted(WORDS["credit_word"] - WORDS["byline_agency"])))
_CREDIT = re.compile(rf"(?i)^\W{{0,3}}(?:{_PICTURES})\.?(?:\s?[:：]|\s{_BY}\s)")
"""Who took the picture: ``Foto: Bo Ek``."""
_BOTH = re.compile(
    r"(?i)^(?:words|text[eo]?|story|testo|tekst|teksti|текст)\s(?:and|und|et|y|e|og|och|en|ja|i|и|&|\+)\s"
    rf"(?:{_PICTURES})(?:\s?[:：]|\s{_BY}\s)\s?"
)
"""Who wrote the text too: ``Words and photos by Bo Ek``."""

_CHECKED = re.compile(
    r"(?i)(?<=\w)[\s.,;|·]+(?:(?:medically|expert) )?(?:reviewed|fact[- ]checked|edited) by\b.*$"
)
"""The person who checked a text, named after its author."""


def in_reading_order(name: str) -> str:
    """*name* with ``Last, First`` reversed, if it is that of one person.

    >>> in_reading_order("Ibarrondo, Rafael Ángel")
    'Rafael Ángel Ibarrondo'
    """
    match = _INVERTED.match(name)
    if match is None or _DEGREE.match(match[2]) or IN_ROLE.search(f"x {match[2]}"):
        return name
    return f"{match[2]} {match[1]}"


def is_person(name: str) -> bool:
    """Whether *name* looks like that of a person, not of an organisation, desk or account."""
    words = name.split()
    folded = {word.casefold().strip(".") for word in words}
    return (
        folded.isdisjoint(_HOUSE_WORDS)
        and _is_name(words)
        and (len(words) > 1 or not name.isascii())
    )


def is_house(name: str) -> bool:
    """Whether *name* looks like that of a company, agency or account."""
    if is_company(name):
        return True
    return " " not in name and (
        name[0].islower() or not name.isalpha() or name.isupper() or name[1:] != name[1:].lower()
    )


def has_given_name(name: str) -> bool:
    """Whether the first word of *name* is a common given name, or a surname in Han or Hangul."""
    first = re.split(r"[\s-]", name, maxsplit=1)[0].casefold()
    return first in GIVEN_NAMES or (name[0] in _SURNAMES and len(first) <= MAX_HAN_NAME)


def is_company(name: str) -> bool:
    """Whether *name* contains a word of names of companies or feeds."""
    return not _HOUSE_WORDS.isdisjoint(word.casefold().strip(".") for word in name.split())


def author_names(texts: Iterable[str], site_names: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Split bylines into names as printed, in order, without repeating a ``name_key``.

    *site_names* are ``name_key`` of the names of the site, which is not an author.
    """
    found: dict[str, str] = {}
    for text in texts:
        if _URL.search(text):  # its parts would look like names
            continue
        line = _BOTH.sub("", _POST.sub("", _CHECKED.sub("", " ".join(text.split()))))
        lead = BYLINE_LEAD.match(line)
        start = lead.end() if lead else 0
        line = line[:start] + apart(line[start:])
        for part in _SPLIT.split(_ROLE_BEHIND.sub(r"\1", line)):
            name = "" if is_credit(part) else _tidy(part)
            key = name_key(name)
            if key and key not in site_names and is_name(name):
                found.setdefault(key, name)
    return tuple(found.values())


def apart(text: str) -> str:
    """*text*, which begins with a name, with a comma before the agency or outlet after the name.

    >>> apart("Jean Mora avec l'AFP"), apart("Jane Doe BBC News"), apart("Michael Bloomberg")
    ('Jean Mora, AFP', 'Jane Doe, BBC News', 'Michael Bloomberg')
    """
    text = _SLASHED_HOUSE.sub(r"\1, ", _WITH_HOUSE.sub(", ", text))
    house = _BARE_HOUSE.search(text)
    if house is None:
        return text
    before, word = text[: house.start()], house["house"]
    name = _SPLIT.split(before)[-1]
    sure = " " in word or len(word) >= LONG_HOUSE or word.islower() or word.isupper()
    whole = " " in name and not name.rpartition(" ")[2].islower()
    whole = whole and not (word.isupper() and name.isupper())
    return f"{before}, {text[house.start('house') :]}" if sure and whole else text


def is_credit(text: str) -> bool:
    """Whether *text* names who took the picture.

    >>> is_credit("Fotos: Bo Ek"), is_credit("Photos and text by Bo Ek")
    (True, False)
    """
    return _CREDIT.match(text) is not None


def is_name(text: str) -> bool:
    """Whether *text* can be the name of a person or an editorial team."""
    return (
        len(text) <= MAX_NAME_CHARS
        and len(text.split()) <= MAX_NAME_WORDS
        and _ADDRESS.search(text) is None
        and len(_LETTER.findall(text)) >= 2
        and not any(char.isdigit() for char in text)
        and text.casefold() not in WORDS["not_names"]
        and WORDS["accounts"].isdisjoint(text.casefold().split())
        and _DEGREE.match(text) is None
        and _NO_NAME.match(text) is None
        and _ROLE_ALONE.match(text) is None
        and text.casefold() not in MONTHS
    )


def name_key(text: str) -> str:
    """What spellings of one name have in common: letters and digits, case-folded.

    >>> name_key("The Example-Times") == name_key("the example times")
    True
    """
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _tidy(part: str) -> str:
    """A part of a byline without labels, dates, places, roles and buttons."""
    part = _PARENTHESIS.sub("", part).strip(_EDGE)
    part = _HANDLE.sub("", _TAIL.sub("", BYLINE_LEAD.sub("", part)))
    name = _BEFORE_DATE.sub("", _PLACE.sub("", part)).strip(_EDGE)
    korean = _KOREAN.match(name)
    name = korean["name"] if korean else _BUTTON.sub("", _BUTTON.sub("", name)).strip(_EDGE)
    person = IN_ROLE.sub("", name)
    return person if " " in person and not person.startswith("The ") else name


_AND = re.compile(
    r"(?i)\s?(?:,\s?(?:and|und)\s|\s(?:and|und|et|y|e|en|och|og|ja|i|with)\s|&|;|,|\s/\s)\s?"
)

_NAME = re.compile(
    r"^(?:[^\W\d_][^\W\d_’'`.-]*\.?|[^\W\d_]{1,3}[’'][^\W\d_]+|(?:[^\W\d_]+[-’'.]){1,3}[^\W\d_]*)$"
)

_PARTICLES = WORDS["particles"]
_NO_NAMES = WORDS["never_in_names"]
_HOUSE_WORDS = WORDS["house_words"]
"""Words in names of organisations and accounts, case-folded."""

GIVEN_NAMES, _SURNAMES = WORDS["given_names"], WORDS["surnames"]
MAX_HAN_NAME = 4
"""Characters of the longest name without spaces."""


_CAPITALS = re.compile(r"\b[A-Z]{2,}\b")


def read_names(
    text: str, without: tuple[re.Pattern[str], ...] = (_PLACE,), *, single: bool = True
) -> tuple[str, ...]:
    """Split a list of people into their names; () if it is not a list of names.

    A single word is a name only if it is the whole list: ``Ann Lee, Reuters`` is one person.

    Args:
        without: patterns to remove from each name, such as places and roles.
        single: whether one word can be a name at all.
    """
    parts = [part for part in _AND.split(apart(text)) if part]
    names: list[str] = []
    refused = False
    for position, part in enumerate(parts):
        for pattern in without:
            part = pattern.sub("", part).strip(" .,")  # noqa: PLW2901
        words = part.split()
        if not _is_name(words) or (len(words) == 1 and (len(parts) > 1 or not single)):
            if position == 0:
                return ()
            refused = True
            continue
        name = " ".join(words)
        # What follows a role is its house, and so is what has capitals that no name before has.
        house = refused or (_CAPITALS.search(name) and not _CAPITALS.search(parts[0]))
        if position and house and not has_given_name(name):
            continue
        name = name.title() if name.isupper() and len(name) > 2 else name
        if name not in names:
            names.append(name)
    return tuple(names[:12])


def _is_name(words: list[str]) -> bool:
    """Whether *words* look like one person's name: capitalised, except for particles."""
    if not 1 <= len(words) <= 5:
        return False
    capitals = 0
    for word in words:
        folded = word.casefold().strip(".")
        # Hindi and Thai have vowels that are not part of a letter.
        letters = (char for char in word if char.isascii() or unicodedata.category(char)[0] != "M")
        initial = len(word) == 2 and word[1] == "."
        if (folded in _NO_NAMES and not initial) or not _NAME.match("".join(letters)):
            return False
        if folded in _PARTICLES:
            continue
        if word[0].islower() and not (word[:2] in {"d'", "d’"} and word[2:3].isupper()):
            return False
        capitals += 1
    return capitals >= 1 and len("".join(words)) >= 3
