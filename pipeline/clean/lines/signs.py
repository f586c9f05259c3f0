"""What patterns find in a line by itself: ``signs_of``.

A pattern takes a hundred times as long as a set look-up, and most lines have no sign. So each
pattern is tried only if the line's first word, its last word or one of its words allows a match.
tests/clean/lines/test_prefilters.py generates matches of each pattern and checks that its words let
them through.
"""

from __future__ import annotations

import re

from pipeline.clean.lines.bylines import CLOCK, says_when
from pipeline.clean.lines.phrases import WORDS, any_of, is_notice
from pipeline.clean.names import BYLINE_OPENINGS, may_credit, read_byline, read_contributors

MAX_WORDS, SHORT_WORDS, PROMO_WORDS, TEASER_WORDS, POINTER_WORDS = 90, 60, 30, 45, 20
"""Words of the longest line with a sign, byline or closing credit, line that only points elsewhere,
teaser whose last word is its button, and pointer to a page."""
BUTTON_WORDS, HEADER_WORDS = 3, 9
"""Words of the longest button below a reader's comment, and of the longest header of a section."""
OPEN_QUOTES = '"“„«'
CLOSING = "\"'”’»)] "
"""What may follow the end of a sentence."""
_NOTHING: frozenset[str] = frozenset()

_POINTER = re.compile(
    rf"[\s\[(>»*•▶►→–-]{{0,4}}(?:{any_of('pointer')})\s?[|:»>–]\s?\S", re.IGNORECASE
)
POINTER_OPENINGS = frozenset(each.split()[0] for each in WORDS["pointer"])
_TEASER = re.compile(
    rf"[.!?…][»”\"“]?\s(?:mehr|mehr dazu|weiterlesen|{any_of('teaser_button')})[\s>»›→]{{0,3}}$",
    re.IGNORECASE,
)
"""The end of a teaser whose button was scraped as its last word; ``mehr`` and ``weiterlesen`` are
also ordinary words."""

_HEADLINE_BUTTON = re.compile(rf"\s(?:{'|'.join(map(str.capitalize, WORDS['teaser_button']))})$")
"""The same without a full stop: after a headline of some length, the capital letter shows it."""
BUTTON_HEADLINE = 10
"""Words of the shortest headline with such a button, the button included."""

TEASER_ENDS = frozenset(each.split()[-1] for each in WORDS["teaser_button"]) | {
    "mehr", "dazu", "weiterlesen",
}  # fmt: skip
"""Last words of these buttons."""
_CONTACTS = tuple(WORDS["contact"])
_CONTACT_OPENINGS = frozenset(re.split(r"\W", each)[0] for each in _CONTACTS)
CONTACT_CHARS, ADDRESS_WORDS = 40, 20
"""Characters that are compared with them; words of the longest line with an email address."""
_ADDRESS = re.compile(r"\w@[\w-]{1,63}\.\w")

_DESK = re.compile(
    rf"[\[(]?(?:{any_of('desk')})\s?[:.–—-]\s?(?:{any_of('desk_says')})\b", re.IGNORECASE
)
DESK_OPENINGS = frozenset(each.split()[0] for each in WORDS["desk"])
_POLICY = re.compile(
    r"\b(?:has|have|reserves?) the right\b.{0,120}\bcomments?\b|\bcomments?\b.{0,80}\b(?:moderated"
    r"|moderation|removed|deleted|inappropriate)\b",
    re.IGNORECASE,
)

COMMENT_WORDS = frozenset({"comment", "comments"})

AGENCY_WORDS = 8
"""Words of the longest line that only names agencies."""
_HANDLE = re.compile(r"@\w{2,30}")
CREDIT_WORDS = WORDS["credit_word"]
_TELLING = CREDIT_WORDS | COMMENT_WORDS | WORDS["office"]


def signs_of(text: str, words: tuple[str, ...], word_count: int, *, ended: bool) -> frozenset[str]:
    """Names of the patterns that match a line; none for most lines.

    Args:
        text: the line, normalised.
        words: case-folded; none if it is too long to be examined.
        word_count: two characters of a script without spaces count as one word.
        ended: whether it ends like a sentence.

    >>> sorted(signs_of("Photo: Bo Ek", ("photo", "bo", "ek"), 3, ended=False))
    ['credit']
    """
    if not words or word_count > MAX_WORDS:
        return _NOTHING
    found = _short_signs(text, words, word_count, ended) if word_count <= PROMO_WORDS else []
    if words[-1] in TEASER_ENDS and word_count <= TEASER_WORDS and _is_teaser(text, word_count):
        found.append("pointer")
    telling = _TELLING.intersection(words)
    credited = not CREDIT_WORDS.isdisjoint(telling)
    if (credited or "(" in text or "©" in text) and _has_credit(text, words, word_count, credited):
        found.append("credit")
    if says_when(text, words):
        found.append("timestamp")
    if word_count <= SHORT_WORDS:
        if words[0] in BYLINE_OPENINGS and read_byline(text):
            found.append("byline")
        if may_credit(words) and read_contributors(text):
            found.append("contributors")
        if "writethru" in words or (words[0] in DESK_OPENINGS and _DESK.match(text)):
            found.append("desk")
        if text[0] == "@" and _HANDLE.fullmatch(text):
            found.append("handle")
    if is_notice(text):
        found.append("notice")
    if ended and not WORDS["office"].isdisjoint(telling) and text[0] not in OPEN_QUOTES:
        found.append("biography")
    if not COMMENT_WORDS.isdisjoint(telling) and _POLICY.search(text[:600]):
        found.append("policy")
    return frozenset(found) if found else _NOTHING


def _short_signs(text: str, words: tuple[str, ...], word_count: int, ended: bool) -> list[str]:
    """The signs that only a line of at most ``PROMO_WORDS`` words can have."""
    found = []
    first = words[0]
    if first[0].isdigit() and CLOCK.fullmatch(text[:40]):
        found.append("clock")
    contact = first in _CONTACT_OPENINGS and text[:CONTACT_CHARS].casefold().startswith(_CONTACTS)
    address = "@" in text and word_count <= ADDRESS_WORDS and not ended
    if contact or (address and _ADDRESS.search(text)):
        found.append("contact")
    pointer = first in POINTER_OPENINGS and word_count <= POINTER_WORDS and not ended
    if pointer and _POINTER.match(text):
        found.append("pointer")
    if len(words) <= BUTTON_WORDS and WORDS["remark"].issuperset(words):
        found.append("remark_button")
    agency = len(words) <= AGENCY_WORDS and not WORDS["agency"].isdisjoint(words)
    if agency and (WORDS["agency"] | WORDS["beside_agency"]).issuperset(words):
        found.append("agency")
    return found


def _is_teaser(text: str, word_count: int) -> bool:
    """Whether an unquoted line ends with the button of its story."""
    tail = text[-40:]
    headline = word_count >= BUTTON_HEADLINE and _HEADLINE_BUTTON.search(tail)
    return text[0] not in OPEN_QUOTES and bool(headline or _TEASER.search(tail))


_LABEL = re.compile(
    r"(?:(?:file |handout |stock |illustrative |courtesy )?"
    rf"(?:{any_of('credit_label')})"
    r"(?:\s(?:credits?|courtesy|source|by|via|from|copyright|caption))?\s?[:：©/|]|(?:photos?"
    r"|images?|pictures?|photography|illustrations?|screenshots?)\s(?:by|courtesy|credit|via)\s"
    r"|FILE\s?(?:PHOTO)?\s?[-–—:]|©\s?(?:dpa|ap|afp|reuters|getty|imago|\d{4}))",
    re.IGNORECASE,
)

_ENDING = re.compile(
    r"(?:\((?:[^()]{0,60}\s)?(?:photo|photos|image|images|foto|credit|picture|courtesy|ap|afp"
    r"|reuters|getty|file)\b[^()]{0,80}\)?|"
    r"(?:photo|image|foto|picture)s?\s?(?:credit|by|via|courtesy(?: of)?|:)\s?[^.]{0,60})"
    r"[^\w]{0,4}(?:[^\W\d_]+(?:\W{1,3}|$)){0,3}$",
    re.IGNORECASE,
)

_AGENCY = rf"(?:{any_of('credit_agency')})"

_GLUED_CREDIT = re.compile(
    rf"[/|©:]\s?{_AGENCY}[^\w.]?$|[.!?][\"'”’»]?{_AGENCY}[^\w.]?$"
    r"|[.!?][\"'”’»]?\s?\([A-ZÀ-Þ][^()/]{0,40}/[^()]{1,40}\)$"
    r"|Photographs?\s?(?:by|courtesy|:)\s?[^.]{1,60}$"
    r"|\bvia (?:AP|AFP|Reuters|Getty|Unsplash|Pixabay|Pexels|Shutterstock|Wikipedia"
    r"|Wikimedia|Wikimedia Commons|Flickr|@\w+)$"
)
"""An agency after a slash or glued to a sentence, two names in brackets after a sentence, or a
photographer. Case matters: in other letters these are ordinary words and names."""

_POINTED = re.compile(
    r"\((?:(?<=\blooking on \()|(?:l\s?[-–]\s?r|l to r|from left|left|right|left to right|top"
    r"|bottom|pictured|centre|center|von links|v\.\s?l\.(?: n\. r\.)?|de gauche à droite|izq"
    r"|i-d)\))",
    re.IGNORECASE,
)

_SOFT_LABELS = frozenset("video source quelle copyright graphic grafik illustration".split())
"""Labels that also begin sentences of stories: ``Source: interviews with 40 residents.``"""
LABELLED_WORDS = 7
"""Words from which a text after such a label that ends in a full stop is a sentence."""
CREDIT_STEMS = ("photo", "image", "foto", "picture", "getty", "afp", "via ", "stock", "imago", "/")
"""Parts of endings that have no word of a credit, such as ``PhotoBy`` or ``/APA``."""


def _has_credit(text: str, words: tuple[str, ...], word_count: int, credited: bool) -> bool:
    """Whether a line that may be a caption has a label, an ending or a pointer into a picture.

    Args:
        credited: whether it has a word of a credit.
    """
    if word_count <= 40 and _LABEL.match(text):
        return text[-1] != "." or word_count < LABELLED_WORDS or words[0] not in _SOFT_LABELS
    tail = text[-160:]
    if "(" in text and _POINTED.search(text):
        return True
    may_end = credited or any(map(tail.casefold().__contains__, CREDIT_STEMS))
    if word_count > 60 or text[0] in OPEN_QUOTES or not may_end:
        return False
    if _ENDING.search(tail):
        return True
    # An agency's name alone at the end of a sentence is not a credit.
    return tail[-1] != "." and bool(_GLUED_CREDIT.search(tail))
