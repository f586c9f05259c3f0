"""Names in printed bylines and credits.

``read_byline`` and ``read_contributors`` tell whether a line is one; ``byline_names`` is for lines
that are known to be.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile

from pipeline.clean.datelines import DAY_LABELS, STAMP_WORDS
from pipeline.clean.dates import MONTHS, WEEKDAYS, find_date
from pipeline.clean.names import (
    IN_ROLE,
    LABELS,
    MONTH,
    RANK,
    ROLE,
    has_given_name,
    is_company,
    is_name,
    read_names,
)
from pipeline.clean.phrases import hints_of, opening_kinds
from pipeline.clean.words import WORDS, any_of

MAX_WORDS, MAX_CHARS, CREDIT_CHARS, BYLINE_CHARS = 24, 300, 400, 200
"""Words and characters of the longest byline, with its date and outlet; characters of the longest
closing credit, and of the longest line that is taken for a byline."""
BYLINE_OPENINGS = WORDS["byline_openings"]
"""First words of a byline, case-folded: ``_OPENING`` only matches lines that begin with one."""
_OPENING = re.compile(
    r"(?i)^[\s|•·*–—-]{0,4}(?:(?:written|reported|story|posted|published|words|text|article"
    r"|authored)\s+)?"
    r"(?:by|von|par|por|di|door|av|af|autor(?:in)?|author|écrit par|publié par|escrito por|text"
    r"|texto|redação|(?:a cura|articolo|servizio) di)"
    r"(?:\s?:\s?|\s+)"
)
_DAY_BEFORE = re.compile(
    rf"(?i)(?:(?<=\w\s)|[,|•·–—-]\s?)(?:יום\s)?(?:{'|'.join(WEEKDAYS)})[,.،]?\s*$"
)
"""A weekday before a date."""
_CUT = re.compile(
    r"(?i)\s?(?:[|•·(\[<>]|\s[–—-]\s|\s(?:at|for|on|special to|published"
    r"|publiziert|veröffentlicht|posted|updated"
    r"|last|from|via|photography|photographs|photos|video)\s).*$"
)
_CONTRIBUTED = re.compile(
    r"(?i)^[\s(\[*—–-]{0,4}(?P<names>\S.{1,200}?)\s(?:also\s)?(?:contributed(?:\s(?:to|reporting"
    r"|research))?"
    r"|(?:hat|haben)\s(?:zu\s)?(?:diesem|dieser)|ont\scontribué|contribuyó|contribuyeron"
    r"|contribuíram)\b"
)
_REPORTING = re.compile(
    r"(?i)^[\s(\[*—–-]{0,4}(?:additional\s)?(?:reporting|writing|research)\s(?:by"
    r"|from)\s(?P<names>[^;.)\]]{2,200})"
)
_CREDIT_VERBS = WORDS["credit_verbs"]
_CREDIT_OPENINGS = frozenset("additional reporting writing research".split())
"""A word that ``_CONTRIBUTED`` needs, and the first words that ``_REPORTING`` needs."""
_CREDIT_WORDS = WORDS["credit_words"]


def read_byline(text: str) -> tuple[str, ...]:
    """The names in a byline such as ``By Ann Lee and Bo Ek, Daily Sun``; () if it is not one.

    Names in capitals are returned in title case.

    >>> read_byline("BY ADA BRANDT May 3, 2021")
    ('Ada Brandt',)
    >>> read_byline("By Monday, the river had risen.")
    ()
    """
    short = len(text) <= MAX_CHARS and text.count(" ") < MAX_WORDS
    opening = _OPENING.match(text) if short else None
    if opening is None:
        return ()
    rest = text[opening.end() :]
    printed = find_date(rest)
    if printed:
        rest = rest[: printed.start].rstrip()
        alone = _DAY_BEFORE.sub("", rest).strip()
        rest = (alone if " " in alone else rest).rstrip(" ,|•·–—-/(")  # Montag is a surname, too
    names = _listed(rest)
    if len(names) == 1 and " " not in names[0] and printed is None:
        return ()  # `By Size`, `Von Hand`: one word is a name only next to a date
    if text[-1] in ".!?" and not printed and len(names) == 1 and len(text) > 60:
        return ()
    return names


def read_contributors(text: str) -> tuple[str, ...]:
    """The names in a closing credit, such as ``Ann Lee and Bo Ek contributed to this report.``.

    >>> read_contributors("Ann Lee contributed to this report.")
    ('Ann Lee',)
    >>> read_contributors("Rain contributed to the flood.")
    ()
    """
    if len(text) > CREDIT_CHARS:
        return ()
    match = _CONTRIBUTED.match(text)
    if match:
        after = re.findall(r"\w+", text[match.end("names") :].casefold())
        match = None if _CREDIT_WORDS.isdisjoint(after) else match
    else:
        match = _REPORTING.match(text)
    return _listed(match["names"]) if match else ()


def _listed(text: str) -> tuple[str, ...]:
    return read_names(_CUT.sub("", text).strip(" ,;:.|"))


def may_credit(first: str, telling: frozenset[str]) -> bool:
    """Whether ``read_contributors`` can find a name in a line, by its *first* and other words."""
    if first in _CREDIT_OPENINGS:
        return True
    return not (_CREDIT_VERBS.isdisjoint(telling) or _CREDIT_WORDS.isdisjoint(telling))


_LABELS = any_of("byline_label")
"""Words before names in a byline that also precede names in sentences."""
_NOUNS = f"{LABELS}|{any_of('byline_noun')}"
"""Nouns that need a colon before the names."""
_NOUN_LABEL = re.compile(rf"(?<![^\W_])(?:{_NOUNS})\s?[:：／/|｜]\s?(?=\S)", re.IGNORECASE)
_LABEL = re.compile(
    rf"(?<![^\W\d_])(?:(?:{_LABELS})\s?[:：]?\s+|(?:{_NOUNS})\s?[:：／/|｜]\s?(?:(?:{_NOUNS})\s?)?"
    r"|interview\s?[:：]\s?|文\s|(?:מאת|بقلم|كتبت?|โดย|記者|记者)\s?|^(?:του|της)\s)(?=\S)",
    re.IGNORECASE,
)
_STRONG_CUT = re.compile(
    rf"\s?(?:[|•·●⋅~()\[\]<>｜（）【】@#]|//|\bwww\.|\s[–—-]\s|—|(?:\b{MONTH}\s)?\d|[\w*]{{1,30}}:\s"
    rf"|(?<=[^\W\d_]{{3}})(?<!\bprof)\.\s|\b(?:{any_of('byline_cut')})\b).*$",
    re.IGNORECASE,
)
_WEAK_CUT = re.compile(
    rf"\s(?:{any_of('byline_aside')})(?:\s.*)?$|\s(?:le|el|den)$"
    rf"|\s(?:{'|'.join(sorted(filter(lambda each: ' ' in each, WORDS['byline_agency'])))})$",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    rf"(?<!and )(?<!und )(?<!& )\b(?:{any_of('byline_other')})\s(?:by|von|par|por)\s"
    r"[^|•·]*?(?=[,;]?\s(?:and\s|und\s)?(?:written|words|text|story)\s(?:by|von)\s|[|•·]|$)"
    r"|^(?:traduzione|regia|illustrazion[ei])\sdi\s[^|•·,]*",
    re.IGNORECASE,
)
"""Who took the pictures, checked, translated or paid."""
_GLUED = re.compile(
    r"(?i:(?<![^\W_])(?:by|von|par|por)|autor|autorin|author)(?=[A-Z][a-zß-ÿ])"
    rf"|(?<=[^\W\d_])(?=(?:Updated|Published|Posted)\b|{MONTH}\s\d)"
)
_GLUED_ROLE = re.compile(
    rf"(?<=[a-zß-ÿ])(?=[A-Z])(?=(?i:(?:{RANK}|{ROLE}|follow|twitter)\b|in\s[A-Z])"
    rf"|[A-Z][a-z]+\s(?i:{ROLE})\b)"
)
"""Where a label, a name, a date and a role have lost the space between them."""
_KOREAN = re.compile(
    r"((?:[가-힣]{2,4}[·,]\s?){0,4}[가-힣]{2,4})\s?(?:인턴\s?|선임\s?|수습\s?)?(?:기자|특파원)(?![가-힣])"
)
_IS_HAN = r"[\u4e00-\u9fff]"
_HAN = re.compile(
    rf"(?!.{{0,12}}(?:報導|报道|記者|记者)){_IS_HAN}{{2,4}}(?:[·・]{_IS_HAN}{{1,6}})?"
)
_HAN_NAME = rf"(?:{any_of('han_surname')})[ \u3000]?{_IS_HAN}{{1,2}}"
"""Names of two characters may have a space in them, to be as wide as those of three."""
_REPORTERS = re.compile(
    r"(?:[^（(〔【\[]{0,24}(?:讯|訊|电|電|消息|报道|報導))?\s?"
    r"[（(〔【\[](?:(?!记者|記者)[^（(〔【\[）)〕】\]]){0,12}(?:记者|記者)[\s／/：:]{0,2}"
    rf"(?P<names>{_HAN_NAME}"
    rf"(?:(?:[、,，\s]{{1,2}}|[、,，\s]?(?:{any_of('beside_reporters')})[\s／/：:]?){_HAN_NAME}){{0,4}})"
    r"(?:\s?(?:综合)?报道)?\s?(?:[）)〕】\]]|[／/][^）)〕】\]]{1,8}(?:報導|报道|電|电))"
    r"|\s?(?:\([^()]{2,30}\)|\[[^\[\]]{2,30}\])(?P<korean>[^=]{2,60}?(?:기자|특파원))\s?="
)
"""Who reports, before the first sentence of a story: ``本报讯（记者王硕）``.

Four characters may be two names.
"""
_REPORTER = re.compile(
    rf"{_HAN_NAME}|(?<![가-힣])(?:{any_of('korean_surname')})[가-힣]{{2}}(?=\s|[·,])(?<![부팀국])"
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
_ALONE = re.compile(r"(?=[^\W\d_a-z])[^\W\d_]+(?!\w|\s?(?!in\s)[^\W\d_])")
"""A word in capitals that no other follows."""
_CAPTION = re.compile(
    r"(?i)^(?:mit|avec|with)\s|(?<=\w)(?:\s(?:in|at|au|aux|à|en|w|на|в|у|i)\s(?-i:[a-zà-ÿа-я])|\s(?:am|im|beim|auf)\s"
    r"|\s?\((?:left|right|cent(?:er|re)|links|rechts|mitte|[lr]\.|à gauche|à droite|izda|dcha)\b"
    r"|\s?[|/]\s?(?:unsplash|pixabay|pexels|shutterstock|i?stock|adobe stock|imago|alamy)\b"
    r"|,\s\d\d(?:,|:(?!\d)|$)"
    r"|\s?\((?:SPD|CDU|CSU|FDP|AfD|[DR](?:-\w+)?|Labour|Green|Grüne|Linke)\))"
)
"""What follows a name in a caption or a list, and never in a byline."""
_TEAM = re.compile(
    r"(?!About|Contact|Join|Meet|Our|Unser)(?:[^\W\d_a-zß-ÿ][\w&’'.-]{0,30}[\s-]){0,4}"
    r"(?:Team|Staff(?: Report)?|[Ee]ditors|Redaktion|Editorial Board)"
    r"|(?:Team|Redaktion|Redacción|Rédaction|Redazione)(?:\s[^\W\d_a-zß-ÿ][\w&’'.-]{0,30}){1,4}"
)
"""The staff of a site, who sign as its authors."""
_ABOUT = re.compile(
    r"^(?:Über|About|Meet|Byby)\s(?:the [Aa]uthor\W{1,3})?(?=[^\W\d_a-zß-ÿ]\S*\s[^\W\d_a-zß-ÿ])"
)
"""The heading of a box about the author, and a label that is printed twice."""
_PEN_NAME = re.compile(r"^(?!\w*admin$)[^\W\d_][\w-]{2,30}", re.IGNORECASE)
"""The name by which a blogger signs, after a label."""
_NO_PEN_NAMES = WORDS["not_names"] | WORDS["never_in_names"]
_TWICE = re.compile(r"^(.{5,30})\s\1$")
"""A name that is also the text of its picture."""
_DATE_LABEL = re.compile(r"(?:^|[|•·/])[^|•·/]{1,30}[:：]$")
"""The label of the date that follows, and what separates it from a name."""
LABEL_WORDS = 2
"""Words of the longest label of a date that has no colon."""
_EDGES = " ,;:|•·–—-/*\t"
_SIGNED = re.compile(
    r"(?:(?:written|posted|published|words|story)\s)?by\s?:?\s(?P<name>\S.*)", re.IGNORECASE
)
_UNSIGNED = re.compile(rf"\b(?:{ROLE})\b|^the\b|^\w+ing\b", re.IGNORECASE)
_TIMES = frozenset({*WEEKDAYS, *MONTHS})
"""What makes *By* a role, a phrase or a time: ``By Staff Writers``, ``By The Numbers``."""
SIGNED_WORDS = range(2, 5)
"""Words of a signature that is not a person's name."""


def byline_names(text: str) -> tuple[str, ...]:
    """Names on a line that is known to be a byline.

    Labels in many languages, dates, offices and places are left out. An agency counts if no person
    is named; a single word only after a label, next to a date or as the whole line.

    >>> byline_names("Posted on March 7, 2024 by Nora Aldwin"), byline_names("Текст: Мария Петрова")
    (('Nora Aldwin',), ('Мария Петрова',))
    >>> byline_names("By Bo Ek in Oslo and Ann Lee in Turku"), byline_names("Sports Desk")
    (('Bo Ek', 'Ann Lee'), ())
    """
    return _names_on(text) if len(text) <= BYLINE_CHARS else ()


@lru_cache(maxsize=1 << 12)
def _names_on(text: str) -> tuple[str, ...]:
    """The same for a line that is not too long; an author's recurs on many pages of a site."""
    text = _GLUED.sub(r"\g<0> ", _ABOUT.sub("", text))
    text = _OTHERS.sub("", _GLUED_ROLE.sub(" | ", text))
    parts = _beside_dates(text)
    printed = len(parts) > 1
    labelled = [(part, _LABEL.search(part)) for part in parts]
    for part, label in labelled:
        # `By Hand`, `Von Hand`: one word after a bare preposition is no name.
        rest = part[label.end() :] if label else ""
        alone = _ALONE.match(rest)
        given = alone is not None and has_given_name(alone[0])
        single = given or printed or bool(label and _SINGLE.search(label[0]))
        if label and (names := _names_in(rest, label[0], single=single)):
            return names
    for part, label in labelled:
        # The label may be part of a name: ``Ada von Bergen``.
        if _CAPTION.search(part):
            continue
        plain = not label or (label.start() and " " not in part[label.end() :])
        words = tuple(re.findall(r"\w+", part.casefold()))
        plain = plain and not (printed and STAMP_WORDS.issuperset(words))
        if printed and not has_given_name(part or "-"):
            part = "" if _is_label(words) else _DATE_LABEL.sub("", part)  # noqa: PLW2901
        if plain and not (opening_kinds(words, whole=True) or hints_of(words)):
            single = part.strip(_EDGES).isalpha() and not part.isupper()
            single = single and (not printed or has_given_name(part))
            if names := _names_in(part, "", single=single):
                return names
    return ()


def _beside_dates(text: str) -> list[str]:
    """The parts of a line before, between and after its dates."""
    parts = []
    while (printed := find_date(text)) is not None:
        parts.append(text[: printed.start].strip(_EDGES))
        text = text[printed.end :]
    return [*parts, text.strip(_EDGES)]


def _is_label(words: tuple[str, ...]) -> bool:
    """Whether the *words* before a date say what the date is of: ``تم التحديث``."""
    return 0 < len(words) <= LABEL_WORDS and not DAY_LABELS.isdisjoint((words[0], words[-1]))


def signature(text: str) -> tuple[str, ...]:
    """What follows *By* on a line that surely is a byline, although it is not a person's name.

    >>> signature("By Ask the Doctors"), signature("May 3, 2021 | Written by Miami Today")
    (('Ask the Doctors',), ('Miami Today',))
    >>> signature("By Monday Night"), signature("By Our Staff"), signature("Par Exemple")
    ((), (), ())
    """
    for part in _beside_dates(_OTHERS.sub("", text)):
        label = _SIGNED.match(part.strip(_EDGES))
        name = _WEAK_CUT.sub("", _STRONG_CUT.sub("", label["name"])).strip(_EDGES) if label else ""
        words = name.casefold().split()
        whole = len(words) in SIGNED_WORDS and name[0].isupper() and not _UNSIGNED.search(name)
        known = _TIMES.isdisjoint(words) and not _NO_PEN_NAMES.issuperset(words)
        if whole and known and not opening_kinds(tuple(words)):
            return (name,)
    return ()


def read_reporters(text: str) -> tuple[str, ...]:
    """Names of reporters that open a story in Chinese or Korean, as datelines do.

    >>> read_reporters("本报北京3月7日电（记者王硕、李明）昨天，河水上涨。")
    ('王硕', '李明')
    >>> read_reporters("市长昨天对记者说，河水上涨。")
    ()
    """
    match = _REPORTERS.match(text)
    found = _REPORTER.findall(match["names"] or match["korean"]) if match else []
    # Who took the picture: ``记者王硕摄``.
    pictured = any(name[-1] in "摄攝" for name in found)
    return () if pictured else tuple(dict.fromkeys("".join(name.split()) for name in found))


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
        found = [each for each in found if each not in WORDS["beside_reporters"]]
        own = takewhile(lambda each: each not in WORDS["spaceless_credit"], found)
        if names := tuple(dict.fromkeys(takewhile(_HAN.fullmatch, own))):
            return names
    rest = _STRONG_CUT.sub("", text.strip(_EDGES)).strip(_EDGES)
    agency = rest.strip(" .,")
    if agency.casefold() in WORDS["byline_agency"] or _TEAM.fullmatch(agency):
        return (agency,)
    names = read_names(_TWICE.sub(r"\1", rest), (_WEAK_CUT, IN_ROLE), single=False)
    word = _WEAK_CUT.sub("", rest)
    if not (names or not single or " " in word or _NO_PERSON.search(word)):
        names = read_names(word, ())
        signed = label and not names and _PEN_NAME.fullmatch(word)
        if signed and word.casefold() not in _NO_PEN_NAMES:
            return (word,)
    # `Von der Leyen`: what follows the label is the end of a surname.
    if not names or not is_name(names[0]) or (names[0][0].islower() and names[0].count(" ") < 2):
        return ()
    return tuple(name for name in names if is_name(name) and not is_company(name))
