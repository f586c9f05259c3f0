"""What patterns find in a line by itself: ``signs_of``.

A pattern takes a hundred times as long as a set look-up, and most lines have no sign. So each
pattern is tried only if the line's first word, its last word or one of its words allows a match.
tests/clean/test_prefilters.py generates matches of each pattern and checks that its words let
them through.
"""

from __future__ import annotations

import re

from pipeline.clean.bylines import BYLINE_OPENINGS, may_credit, read_byline, read_contributors
from pipeline.clean.datelines import CLOCK, says_when
from pipeline.clean.phrases import is_notice
from pipeline.clean.words import PATTERNS, WORDS, any_of

OPEN_QUOTES = '"“„«'
CLOSING = "\"'”’»)] "
"""What may follow the end of a sentence."""

_POINTER = re.compile(
    rf"[\s\[(>»*•▶►→–-]{{0,4}}(?:{any_of('pointer')})\s?[|:»>–]\s?\S", re.IGNORECASE
)
POINTER_OPENINGS = frozenset(each.split()[0] for each in WORDS["pointer"])
_TEASER = re.compile(
    rf"[.!?…][»”\"“]?\s(?:{any_of('teaser_end')}|{any_of('teaser_button')})[\s>»›→]{{0,3}}$",
    re.IGNORECASE,
)
"""The end of a teaser whose button was scraped as its last word, which may be an ordinary one."""
_HEADLINE_BUTTON = re.compile(rf"\s(?:{'|'.join(map(str.capitalize, WORDS['teaser_button']))})$")
"""The same without a full stop: after a headline of some length, the capital letter shows it."""
TEASER_ENDS = frozenset(each.split()[-1] for each in WORDS["teaser_button"] | WORDS["teaser_end"])
"""Last words of these buttons."""
_CONTACTS = tuple(WORDS["contact"])
_CONTACT_OPENINGS = frozenset(re.split(r"\W", each)[0] for each in _CONTACTS)
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
_HANDLE = re.compile(r"@\w{2,30}")
CREDIT_WORDS = WORDS["credit_word"]
_NOTHING: frozenset[str] = frozenset()
_TELLING = CREDIT_WORDS | COMMENT_WORDS | WORDS["office"] | {"writethru"}
_TELLING |= WORDS["credit_verbs"] | WORDS["credit_words"]
"""Words that patterns need anywhere in a line: it is searched for them once."""


def signs_of(text: str, words: tuple[str, ...], word_count: int, *, ended: bool) -> frozenset[str]:
    """Names of the patterns that match a line; none for most lines, nor for one above 90 words.

    Args:
        text: the line, normalised.
        words: case-folded; none if it is too long to be examined.
        word_count: two characters of a script without spaces count as one word.
        ended: whether it ends like a sentence.

    >>> sorted(signs_of("Photo: Bo Ek", ("photo", "bo", "ek"), 3, ended=False))
    ['credit']
    """
    if not words or word_count > 90:
        return _NOTHING
    first, short = words[0], word_count <= 60
    telling = _TELLING.intersection(words)
    credited = not CREDIT_WORDS.isdisjoint(telling)
    pointer = first in POINTER_OPENINGS and word_count <= 20 and not ended
    contact = first in _CONTACT_OPENINGS and word_count <= 30
    contact = contact and text[:40].casefold().startswith(_CONTACTS)
    address = "@" in text and word_count <= 20 and not ended
    agency = len(words) <= 8 and not WORDS["agency"].isdisjoint(words)
    office = ended and text[0] not in OPEN_QUOTES and not WORDS["office"].isdisjoint(telling)
    found = {
        "clock": first[0].isdigit() and CLOCK.fullmatch(text[:40]),
        "contact": contact or (address and _ADDRESS.search(text)),
        "pointer": (pointer and _POINTER.match(text)) or _is_teaser(text, words, word_count),
        "remark_button": len(words) <= 3 and WORDS["remark"].issuperset(words),
        "agency": agency and (WORDS["agency"] | WORDS["beside_agency"]).issuperset(words),
        "credit": _has_credit(text, words, word_count, credited),
        "timestamp": says_when(text, words),
        "byline": short and first in BYLINE_OPENINGS and read_byline(text),
        "contributors": short and may_credit(first, telling) and read_contributors(text),
        "desk": short
        and ("writethru" in telling or (first in DESK_OPENINGS and _DESK.match(text))),
        "handle": short and text[0] == "@" and _HANDLE.fullmatch(text),
        "notice": is_notice(text),
        "biography": office,
        "policy": not COMMENT_WORDS.isdisjoint(telling) and _POLICY.search(text[:600]),
    }
    if not any(found.values()):
        return _NOTHING
    return frozenset([sign for sign, holds in found.items() if holds])


def _is_teaser(text: str, words: tuple[str, ...], word_count: int) -> bool:
    """Whether an unquoted line ends with the button of its story."""
    if words[-1] not in TEASER_ENDS or word_count > 45 or text[0] in OPEN_QUOTES:
        return False
    headline = word_count >= 10 and _HEADLINE_BUTTON.search(text[-40:])
    return bool(headline or _TEASER.search(text[-40:]))


_LABEL = re.compile(
    rf"(?:(?:file |handout |stock |illustrative |courtesy )?(?:{any_of('credit_label')})"
    r"(?:\s(?:credits?|courtesy|source|by|via|from|copyright|caption))?\s?[:：©/|]|"
    rf"(?:{PATTERNS['pictures']})\s(?:by|courtesy|credit|via)\s"
    r"|fot\.\s(?=\w)|FILE\s?(?:PHOTO)?\s?[-–—:]|©\s?(?:dpa|ap|afp|reuters|getty|imago|\d{4}))",
    re.IGNORECASE,
)
_ENDING = re.compile(
    rf"(?:\((?:[^()]{{0,60}}\s)?(?:{PATTERNS['bracketed_credits']})\b[^()]{{0,80}}\)?|"
    r"(?:photo|image|foto|picture)s?\s?(?:credit|by|via|courtesy(?: of)?|:)\s?[^.]{0,60})"
    r"[^\w]{0,4}(?:[^\W\d_]+(?:\W{1,3}|$)){0,3}$",
    re.IGNORECASE,
)
_AGENCY = rf"(?:{any_of('credit_agency')})"
_GLUED_CREDIT = re.compile(
    rf"[/|©:]\s?{_AGENCY}[^\w.]?$|[.!?][\"'”’»]?{_AGENCY}[^\w.]?$"
    r"|[.!?][\"'”’»]?\s?\([A-ZÀ-Þ][^()/]{0,40}/[^()]{1,40}\)$"
    r"|Photographs?\s?(?:by|courtesy|:)\s?[^.]{1,60}$"
    rf"|\bvia (?:{PATTERNS['picture_sources']})$"
)
"""An agency after a slash or glued to a sentence, two names in brackets after a sentence, or a
photographer. Case matters: in other letters these are ordinary words and names."""
_POINTED = re.compile(
    rf"\((?:(?<=\blooking on \()|(?:{PATTERNS['places_in_pictures']})\))", re.IGNORECASE
)
CREDIT_STEMS = ("photo", "image", "foto", "picture", "getty", "afp", "via ", "stock", "imago", "/")
"""Parts of endings that have no word of a credit, such as ``PhotoBy`` or ``/APA``."""


def _has_credit(text: str, words: tuple[str, ...], word_count: int, credited: bool) -> bool:
    """Whether a line that may be a caption has a label, an ending or a pointer into a picture.

    Args:
        credited: whether it has a word of a credit.
    """
    if not (credited or "(" in text or "©" in text):
        return False
    if word_count <= 40 and _LABEL.match(text):
        # `Source: interviews with 40 residents in June.` is a sentence.
        return text[-1] != "." or word_count < 7 or words[0] not in WORDS["soft_label"]
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
