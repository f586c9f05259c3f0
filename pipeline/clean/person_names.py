"""Names of authors, out of the strings that pages put them in."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_NAME_CHARS = 60
MAX_NAME_WORDS = 6
"""A longer piece of a byline is a sentence or a biography: no name of the benchmarks' pages
has more (words of scripts without spaces count as one)."""

NOT_NAMES = frozenset(
    {
        "admin", "administrator", "root", "webmaster", "user", "guest", "anonymous", "unknown",
        "none", "null", "author", "authors", "autor", "autoren", "by", "von", "par", "por",
        "name", "human", "posted", "published", "updated", "written", "share", "follow", "print",
        "email", "e-mail", "comments", "kommentare", "read more", "n/a", "na", "in", "on",
        "written by", "posted by", "published by", "reviewed by", "the author", "about the author",
        "editor", "contributor", "guest author", "new", "text", "mon", "tue", "wed", "thu",
        "fri", "sat", "sun",
    }
)  # fmt: skip
"""Pieces (case-folded) that stand where a name should, and name nobody."""

# The patterns below see single spaces only.
_BY = r"(?:by|of|von|par|por|di|door|av|af)"
_DONE = (
    r"(?:written|posted|published|reported|words|story|text|article|articles|posts|photos?|"
    r"verfasst|geschrieben|veröffentlicht|gepostet|beiträge|artikel|publié|rédigé|publicado|"
    r"escrito|scritto|pubblicato|geschreven)"
)
# "By", "Posted on 3 May by", "View all posts by", "Author:"; but not the "von" inside a name.
BYLINE_LEAD = re.compile(
    rf"^(?:(?:(?:[^\W\d_]+\s+){{0,3}}{_DONE}\s+(?:[^;]{{0,30}}\d\S*\s+)?)?{_BY}(?:\s*:\s*|\s+)"
    rf"|[^;]{{0,40}}\d\S*\s+(?:[ap]m\s+)?(?:[A-Z]{{2,4}}\s+)?{_BY}\s+"
    r"|(?:автор|autor|autorin|auteur|author)(?:\s*:\s*|\s+)"
    r"|(?:authored by|interview|text|read more about|all articles? by|more from)(?:\s*:\s*|\s+)"
    r"(?=[A-ZÀ-Þ]))",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\s?(?:[;|•·]|,(?!\s?(?:jr|sr|ii|iii|phd|md)\b))\s?|\s/\s?|/\s|\s(?:and|und|et|y|e|og|och|en|i|и|&)\s",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://|www\.", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://|www\.|\S@\S|^@|\.(?:com|org|net|html?)\b", re.IGNORECASE)
_PARENTHESIS = re.compile(r"\s?[(\[{<][^)\]}>]{0,200}[)\]}>]")
_EDGE = ' \t,.:–—-*|"“”„«»'
_LETTER = re.compile(r"[^\W\d_]")
_TAIL = re.compile(
    r"(?:^|\s)(?:(?:last )?updated|published|posted|veröffentlicht|aktualisiert|publié|mis à jour|"
    r"(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?\s+)?\d).*$",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<=\S)\s@\w.*$")
_BEFORE_DATE = re.compile(r"(?<=\S)\s(?:on|am|le|el|den)$")
_ROLE = (
    r"writers?|editors?|editor-in-chief|reporters?|correspondents?|contributors?|columnists?|"
    r"journalists?|directors?|managers?|analysts?|engineers?|developers?|founders?|co-?founders?|"
    r"ceo|cto|strategists?|specialists?|experts?|producers?|redakteur(?:in)?|staff|critics?"
)
_RANK = (
    r"senior|junior|staff|chief|associate|assistant|managing|executive|deputy|contributing|"
    r"freelance|guest|head|lead|vice|content|marketing|product|news|politics|political|sports?|"
    r"business|technology|tech|science|health|medical|environment|education|travel|software|"
    r"full-stack|tv|digital"
)
# The second word of a name is none of these: "Ada Winterbourne Senior Politics Editor".
_IN_ROLE = re.compile(
    rf"(?<=\S)\s+(?<=\w\s)(?:(?:{_RANK})\s(?:[\w/&-]+\s){{0,3}})?(?:{_ROLE})(?:\s(?:at|of|for)\s.*)?$",
    re.IGNORECASE,
)
_ROLE_BEHIND = re.compile(rf"^([^,;|]{{3,60}}?)\s?,\s[^,;|]{{0,60}}\b(?:{_ROLE})$", re.IGNORECASE)
_DEGREE = re.compile(r"^(?:ph\.?d|m\.?d|jr|sr|mba|esq|r\.?n)\.?$", re.IGNORECASE)


def author_names(texts: Iterable[str], site_names: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Split bylines into names, without what is no name.

    Args:
        texts: bylines or names, as found.
        site_names: ``name_key`` of what the site calls itself; never an author.

    Returns:
        Names as printed, each once (``name_key``), in the order found.
    """
    found: dict[str, str] = {}
    for text in texts:
        if _URL.search(text):  # its pieces would look like names
            continue
        for piece in _SPLIT.split(_ROLE_BEHIND.sub(r"\1", " ".join(text.split()))):
            name = _tidy(piece)
            key = name_key(name)
            if key and key not in site_names and is_name(name):
                found.setdefault(key, name)
    return tuple(found.values())


def is_name(text: str) -> bool:
    """Whether *text* can be the name of a person or an editorial team."""
    return (
        len(text) <= MAX_NAME_CHARS
        and len(text.split()) <= MAX_NAME_WORDS
        and _ADDRESS.search(text) is None
        and len(_LETTER.findall(text)) >= 2
        and not any(char.isdigit() for char in text)
        and text.casefold() not in NOT_NAMES
        and _DEGREE.match(text) is None
    )


def name_key(text: str) -> str:
    """Give what two spellings of one name share: letters and digits, case-folded.

    >>> name_key("The Example-Times") == name_key("the example times")
    True
    """
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _tidy(piece: str) -> str:
    piece = _PARENTHESIS.sub("", piece).strip(_EDGE)
    piece = _HANDLE.sub("", _TAIL.sub("", BYLINE_LEAD.sub("", piece)))
    name = _BEFORE_DATE.sub("", piece).strip(_EDGE)
    person = _IN_ROLE.sub("", name)
    return person if " " in person and not person.startswith("The ") else name
