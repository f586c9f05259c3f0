"""What patterns find in a line by itself, wherever it stands: ``signs_of``.

A pattern takes a hundred times as long as a set look-up, and nearly all lines have none of these
signs. So each pattern is tried only where the line's first word, last word, or one of its words,
allows it to match. tests/clean/lines/test_prefilters.py generates matches of each pattern and
checks that its set of words lets them through.
"""

from __future__ import annotations

import re
from itertools import pairwise

from pipeline.clean.lines.bylines import CLOCK, says_when
from pipeline.clean.lines.phrases import WORDS, any_of, is_biography, is_notice
from pipeline.clean.names import BYLINE_OPENINGS, may_credit, read_byline, read_contributors

MAX_WORDS = 90
"""Words of the longest line with a sign."""
SHORT_WORDS = 60
"""Words of the longest byline or closing credit."""
PROMO_WORDS = 30
"""Words of the longest line that only points elsewhere."""
POINTER_WORDS = 20
BUTTON_WORDS = 3
"""Words of the longest button below a reader's remark."""
HEADER_WORDS = 9
"""Words of the longest header of a section."""
OPEN_QUOTES = '"“„«'
CLOSING = "\"'”’»)] "
"""What may stand behind the end of a sentence."""
_NOTHING: frozenset[str] = frozenset()

_POINTER = re.compile(
    rf"[\s\[(>»*•▶►→–-]{{0,4}}(?:{any_of('pointer')})\s?[|:»>–]\s?\S", re.IGNORECASE
)
POINTER_OPENINGS = frozenset(each.split()[0] for each in WORDS["pointer"])
TEASER_WORDS = 45
"""Words of the longest teaser whose last word is its button."""

_TEASER = re.compile(
    rf"[.!?…][»”\"“]?\s(?:mehr|mehr dazu|weiterlesen|{any_of('teaser_button')})[\s>»›→]{{0,3}}$",
    re.IGNORECASE,
)
"""How a teaser ends whose button the scraper took for its last word; ``mehr`` and ``weiterlesen``
are nouns too."""

_HEADLINE_BUTTON = re.compile(rf"\s(?:{'|'.join(map(str.capitalize, WORDS['teaser_button']))})$")
"""The same without an end before it: behind a headline of some length its capital tells it."""
BUTTON_HEADLINE = 10
"""Words of the shortest headline with such a button, which is among them."""

TEASER_ENDS = frozenset(each.split()[-1] for each in WORDS["teaser_button"]) | {
    "mehr", "dazu", "weiterlesen",
}  # fmt: skip
"""The last words of these buttons."""
_CONTACTS = tuple(WORDS["contact"])
_CONTACT_OPENINGS = frozenset(re.split(r"\W", each)[0] for each in _CONTACTS)
CONTACT_CHARS, ADDRESS_WORDS = 40, 20
"""Characters of the longest of them, and more; words of the longest line that is an address."""
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

_AGENCY_NAMES = {
    "line": "adnkronos lusa anp ntb ritzau stt ctk čtk tasr interfax kyodo jiji yonhap bernama"
    " agenturen agencies agencias agences agenzie agências",
    "line_or_dateline": "Xinhua",
    "line_or_credit_or_dateline": "AFP ANSA dpa Reuters",
    "credit_or_dateline": "AP EFE",
    "credit": "EPA APA REUTERS Getty Keystone KEYSTONE LaPresse Alamy Shutterstock iStock Unsplash"
    " Pixabay Pexels Scanpix Imago IMAGO",
    "dateline": "UPI ANI PTI CNN IANS Bloomberg",
}
"""Places → agencies as printed there. In a ``line`` of agencies a name must be no other word; a
``credit`` ends a caption; a ``dateline`` has one in brackets."""


def agencies(place: str) -> list[str]:
    """The agencies named in a place of ``_AGENCY_NAMES``."""
    found = (names for places, names in _AGENCY_NAMES.items() if place in places.split("_or_"))
    return " ".join(found).split()


AGENCIES = frozenset(map(str.casefold, agencies("line")))
_AGENCY_PAIRS = frozenset({("associated", "press"), ("agence", "france"), ("france", "presse")})

AGENCY_WORDS = 8
"""Words of the longest line that names agencies and nothing else."""
_INITIALS = re.compile(r"/[a-zäöü]{2,3}\W?$")
_HANDLE = re.compile(r"^@\w{2,30}$")


def signs_of(text: str, words: tuple[str, ...], word_count: int, *, ended: bool) -> frozenset[str]:
    """Say which patterns hold a line of these case-folded *words*; none of most lines.

    Args:
        text: the line, normalised.
        words: of the line; none when it is too long to be examined.
        word_count: words; two characters of a script without spaces count as one.
        ended: whether it ends as a sentence does.

    >>> sorted(signs_of("Photo: Bo Ek", ("photo", "bo", "ek"), 3, ended=False))
    ['credit']
    """
    if not words or word_count > MAX_WORDS:
        return _NOTHING
    found = _short_signs(text, words, word_count, ended) if word_count <= PROMO_WORDS else []
    if words[-1] in TEASER_ENDS and word_count <= TEASER_WORDS and _is_teaser(text, word_count):
        found.append("pointer")
    if has_credit(text, words, word_count):
        found.append("credit")
    if says_when(text, words):
        found.append("timestamp")
    if word_count <= SHORT_WORDS:
        if words[0] in BYLINE_OPENINGS and read_byline(text):
            found.append("byline")
        if may_credit(words) and read_contributors(text):
            found.append("contributors")
        if words[0] in DESK_OPENINGS and _DESK.match(text):
            found.append("desk")
        if text[0] == "@" and _HANDLE.match(text):
            found.append("handle")
    if is_notice(text):
        found.append("notice")
    if text[0] not in OPEN_QUOTES and is_biography(words):
        found.append("biography")
    if not COMMENT_WORDS.isdisjoint(words) and _POLICY.search(text[:600]):
        found.append("policy")
    return frozenset(found) if found else _NOTHING


def _short_signs(text: str, words: tuple[str, ...], word_count: int, ended: bool) -> list[str]:
    """The signs that only a line of at most ``PROMO_WORDS`` words can have."""
    found = []
    if words[0][0].isdigit() and CLOCK.fullmatch(text[:40]):
        found.append("clock")
    contact = words[0] in _CONTACT_OPENINGS
    address = "@" in text and word_count <= ADDRESS_WORDS and not ended
    if (contact and text[:CONTACT_CHARS].casefold().startswith(_CONTACTS)) or (
        address and _ADDRESS.search(text)
    ):
        found.append("contact")
    pointer = words[0] in POINTER_OPENINGS and word_count <= POINTER_WORDS and not ended
    if pointer and _POINTER.match(text):
        found.append("pointer")
    if len(words) <= BUTTON_WORDS and WORDS["remark"].issuperset(words):
        found.append("remark_button")
    if len(words) <= AGENCY_WORDS and not (
        AGENCIES.isdisjoint(words) and _AGENCY_PAIRS.isdisjoint(pairwise(words))
    ):
        others = [
            word for word in words if word not in AGENCIES and word not in WORDS["beside_agency"]
        ]
        if not others or (len(others) == 1 and _INITIALS.search(text)):
            found.append("agency")
    return found


def _is_teaser(text: str, word_count: int) -> bool:
    """Whether a line ends with its story's button; what is quoted is none."""
    if text[0] in OPEN_QUOTES:
        return False
    tail = text[-40:]
    if _TEASER.search(tail) is not None:
        return True
    return word_count >= BUTTON_HEADLINE and _HEADLINE_BUTTON.search(tail) is not None


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

_AGENCY_AT_END = re.compile(
    r"(?:\b(?:getty images|afp/getty|ap photo|via ap|via reuters|via afp|via getty|shutterstock"
    r"|istock|imago images|picture alliance)|/(?:reuters|afp|getty|ap|epa|dpa))"
    r"[^\w]{0,4}(?:[^\W\d_]+(?:[^\w.]{1,3}|$)){0,3}$",
    re.IGNORECASE,
)

_AGENCY = rf"(?:{'|'.join(agencies('credit'))}|Getty Images)"

_GLUED_CREDIT = re.compile(
    rf"[/|©:]\s?{_AGENCY}[^\w.]?$|[.!?][\"'”’»]?{_AGENCY}[^\w.]?$"
    r"|[.!?][\"'”’»]?\s?\([A-ZÀ-Þ][^()/]{0,40}/[^()]{1,40}\)$"
    r"|Photographs?\s?(?:by|courtesy|:)\s?[^.]{1,60}$"
    r"|\bvia (?:AP|AFP|Reuters|Getty|Unsplash|Pixabay|Pexels|Shutterstock|Wikipedia"
    r"|Wikimedia|Wikimedia Commons|Flickr|@\w+)$"
)
"""An agency behind a stroke or glued to a sentence; two names in a bracket behind a sentence; who
took a photograph. Spelled as credits are: in other letters these are words and names."""

_FOREIGN_CREDIT = re.compile(
    r"\((?:(?:kuva|fotó|kép|fot\.|фото|снимка|φωτ[οό]|ảnh|fotoğraf|צילום|عکس|تصوير)\s?[:/©–]"
    r"|fot\.\s(?-i:[A-ZŁŚŻ]))[^()]{1,80}\)?$"
    r"|[.!?…»”)]\s(?:(?-i:Kuva|Fotó|Kép|Fot\.|Zdj\.|Фото|Снимка|Φωτ[οό]|Ảnh|Fotoğraf)\s?[:/©]\s?"
    r"(?=(?-i:[A-ZÀ-ÞŁŚŻŐŰΆ-ΏΑ-ΩА-ЯІЇЄ]))[^.!?]{1,60}"
    r"|фото (?:с сайта\s[^\s!?]{3,40}(?<!\.)|из архива\s[^.!?]{1,40}))$"
    r"|(?<=.{25})[.!?…][”»]?\s(?-i:(?:Photos?|Fotos?|Kuva|Фото|Φωτ[οό])"
    r"(?:\s[A-ZÀ-ÞА-ЯІЇЄΑ-Ω][\w.'’-]{1,30}){2,4})$",
    re.IGNORECASE,
)
"""Credits in more languages: in a bracket behind its label, or behind the last sentence. These
labels are words of stories too, so that nothing but names may follow."""

_POINTED = re.compile(
    r"\((?:(?<=\blooking on \()|(?:l\s?[-–]\s?r|l to r|from left|left|right|left to right|top"
    r"|bottom|pictured|centre|center|von links|v\.\s?l\.(?: n\. r\.)?|de gauche à droite|izq"
    r"|i-d)\))",
    re.IGNORECASE,
)

CREDIT_WORDS = WORDS["credit_word"]
_SOFT_LABELS = frozenset("video source quelle copyright graphic grafik illustration".split())
"""Labels that begin sentences of stories too: ``Source: interviews with 40 residents.``"""
LABELLED_WORDS = 7
"""Words from which what ends in a full stop behind such a label is a sentence."""
CREDIT_STEMS = ("photo", "image", "foto", "picture", "getty", "afp", "via ", "stock", "imago", "/")
"""What an ending without a credit's words has, as in ``PhotoBy`` or ``/APA``."""


def has_credit(text: str, words: tuple[str, ...], word_count: int) -> bool:
    """Whether the patterns of labels, credits and pointers into a picture find one."""
    credited = not CREDIT_WORDS.isdisjoint(words)
    bracket = "(" in text
    if not (credited or bracket or "©" in text):
        return False
    if word_count <= 40 and _LABEL.match(text):
        return text[-1] != "." or word_count < LABELLED_WORDS or words[0] not in _SOFT_LABELS
    tail = text[-160:]
    if bracket and _POINTED.search(text):
        return True
    may_end = credited or any(map(tail.casefold().__contains__, CREDIT_STEMS))
    if word_count > 60 or text[0] in OPEN_QUOTES or not may_end:
        return False
    if _ENDING.search(tail) or _FOREIGN_CREDIT.search(tail):
        return True
    # An agency's name alone is no credit at the end of a sentence.
    return tail[-1] != "." and bool(_AGENCY_AT_END.search(tail) or _GLUED_CREDIT.search(tail))
