"""What patterns find in a line by itself, wherever it stands: ``signs_of``.

A pattern takes a hundred times as long as a set look-up, and nearly all lines have none of these
signs. So each pattern is tried only where the line's first word, last word, or one of its words,
allows it to match. tests/clean/lines/test_prefilters.py generates matches of each pattern and
checks that its set of words lets them through.
"""

from __future__ import annotations

import re
from itertools import pairwise

from pipeline.clean.lines.phrases import WORDS, is_notice
from pipeline.clean.lines.stamps import CLOCK, says_when
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
    r"[\s\[(>»*•▶►→–-]{0,4}(?:also read|read also|read more|read|see also|see|must read|related"
    r"|more|watch|listen|"
    r"explore|recommended|mehr|lesen sie auch|lesen sie hier|siehe auch|hintergrund|lire aussi"
    r"|à lire aussi|à lire|"
    r"lee también|lea también|ver también|leggi anche|leia também|leia mais|veja também|lees ook"
    r"|läs också|läs mer|"
    r"les også|læs også|lue myös|czytaj też|czytaj także|zobacz też|zobacz także|читайте также"
    r"|по теме|смотрите также|baca juga|اقرأ أيضا|اقرأ أيضًا)\s?(?:\||:|»|>"
    r"|–)\s?\S",
    re.IGNORECASE,
)

POINTER_OPENINGS = frozenset(
    "also read see must related more watch listen explore recommended mehr lesen siehe"
    " hintergrund lire à lee lea ver leggi leia veja lees läs les læs lue czytaj zobacz читайте по"
    " смотрите اقرأ"
    " baca".split()
)

TEASER_WORDS = 45
"""Words of the longest teaser whose last word is its button."""

_BUTTONS = (
    "read more", "lire la suite", "leer más", "ver más", "leggi tutto", "saiba mais", "leia mais",
    "lees meer", "lees verder", "læs mere", "les mer", "läs mer", "lue lisää", "czytaj więcej",
    "selengkapnya",
)  # fmt: skip
"""What a teaser's button says; ``mehr`` and ``weiterlesen`` are nouns too in their language."""

_TEASER = re.compile(
    rf"[.!?…][»”\"“]?\s(?:mehr|mehr dazu|weiterlesen|{'|'.join(_BUTTONS)})[\s>»›→]{{0,3}}$",
    re.IGNORECASE,
)
"""How a teaser ends whose button the scraper took for its last word."""

_HEADLINE_BUTTON = re.compile(rf"\s(?:{'|'.join(map(str.capitalize, _BUTTONS))})$")
"""The same without an end before it: behind a headline of some length its capital tells it."""
BUTTON_HEADLINE = 10
"""Words of the shortest headline with such a button, which is among them."""

TEASER_ENDS = frozenset(
    "mehr dazu weiterlesen more suite más tutto mais meer verder mere mer lisää więcej"
    " selengkapnya".split()
)
"""The last words of these buttons."""

_CONTACT = re.compile(
    r"(?:contact us(?: at| on| via)?|contact(?: the)? (?:author|writer|reporter)(?: at)?|(?:e-?mail"
    r"|tel|phone|call us|fax|mobile)\s?:|"
    r"email (?:us|him|her|them|the author)|reach (?:us|him|her|them) at|got a (?:tip|story)"
    r"|do you have a (?:tip|story)|"
    r"send (?:us )?(?:your )?(?:tips|news tips)|kontakt\s?:|contacto\s?:)",
    re.IGNORECASE,
)

CONTACT_OPENINGS = frozenset(
    "contact e email mail tel phone call fax mobile reach got do send kontakt contacto".split()
)

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

_BESIDE_AGENCIES = frozenset(
    "ap efe the by with and from via mit und von material der den red source sources quelle quellen"
    " fuente fonte avec et de l con y e di da des com och og met z i wire wires staff news desk"
    " writer writers associated press agence france presse".split()
)

AGENCY_WORDS = 8
"""Words of the longest line that names agencies and nothing else."""
_INITIALS = re.compile(r"/[a-zäöü]{2,3}\W?$")
_HANDLE = re.compile(r"^@\w{2,30}$")
_OPENINGS = POINTER_OPENINGS | CONTACT_OPENINGS


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
    if says_when(text, words):
        found.append("timestamp")
    if word_count <= SHORT_WORDS:
        if words[0] in BYLINE_OPENINGS and read_byline(text) is not None:
            found.append("byline")
        if may_credit(words) and read_contributors(text):
            found.append("contributors")
        if text[0] == "@" and _HANDLE.match(text):
            found.append("handle")
    if has_credit(text, words, word_count):
        found.append("credit")
    if is_notice(text):
        found.append("notice")
    if not COMMENT_WORDS.isdisjoint(words) and _POLICY.search(text[:600]):
        found.append("policy")
    return frozenset(found) if found else _NOTHING


def _short_signs(text: str, words: tuple[str, ...], word_count: int, ended: bool) -> list[str]:
    """The signs that only a line of at most ``PROMO_WORDS`` words can have."""
    found = []
    if words[0][0].isdigit() and CLOCK.fullmatch(text[:40]):
        found.append("clock")
    if words[0] in _OPENINGS:
        if _CONTACT.match(text):
            found.append("contact")
        if word_count <= POINTER_WORDS and not ended and _POINTER.match(text):
            found.append("pointer")
    if len(words) <= BUTTON_WORDS and WORDS["remark"].issuperset(words):
        found.append("remark_button")
    if len(words) <= AGENCY_WORDS and not (
        AGENCIES.isdisjoint(words) and _AGENCY_PAIRS.isdisjoint(pairwise(words))
    ):
        others = [word for word in words if word not in AGENCIES and word not in _BESIDE_AGENCIES]
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
    r"(?:(?:file |handout |stock |illustrative |courtesy )?(?:photo|photos|photograph|image|images"
    r"|picture|pictures|pic|foto|fotos|bild|bilder|photographie|imagen|imagem|immagine|"
    r"graphic|grafik|illustration|caption|video|screenshot|credit|credits|quelle|source|copyright"
    r"|crédit|crédits|crédito|foto de archivo|写真|図|圖|图片|사진)"
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

_POINTS = re.compile(
    r"pictured|from left|left to right|clockwise from"
    r"|in this (?:photo|image|file photo|(?:handout|undated)\s(?:photo|image|picture))"
    r"|this (?:photo|image|picture) (?:shows|taken|released|provided)|file photo",
    re.IGNORECASE,
)

_OPEN_CREDIT = re.compile(r"\((?:photo|image|picture|credit|foto)[^()]{0,60}$", re.IGNORECASE)
CREDIT_WORDS = WORDS["credit_word"]
_SOFT_LABELS = frozenset("video source quelle copyright graphic grafik illustration".split())
"""Labels that begin sentences of stories too: ``Source: interviews with 40 residents.``"""
LABELLED_WORDS = 7
"""Words from which what ends in a full stop behind such a label is a sentence."""
PLACE_WORDS = frozenset({"from", "left", "clockwise", "pictured"})
"""Words without one of which no pattern matches, the latter at the start; or ``©`` or ``(``."""
CREDIT_STEMS = ("photo", "image", "foto", "picture", "getty", "afp", "via ", "stock", "imago", "/")
"""What an ending without a credit's words has, as in ``PhotoBy`` or ``/APA``."""


def has_credit(text: str, words: tuple[str, ...], word_count: int) -> bool:
    """Whether the patterns of labels, credits and pointers into a picture find one."""
    credited = not CREDIT_WORDS.isdisjoint(words)
    bracket = "(" in text
    if not (credited or bracket or words[0] in PLACE_WORDS or "©" in text):
        return False
    if word_count <= 40 and _LABEL.match(text):
        return text[-1] != "." or word_count < LABELLED_WORDS or words[0] not in _SOFT_LABELS
    tail = text[-160:]
    if _POINTS.match(text) or (bracket and (_POINTED.search(text) or _OPEN_CREDIT.search(tail))):
        return True
    may_end = credited or any(map(tail.casefold().__contains__, CREDIT_STEMS))
    if word_count > 60 or text[0] in OPEN_QUOTES or not may_end:
        return False
    if _ENDING.search(tail) or _FOREIGN_CREDIT.search(tail):
        return True
    # An agency's name alone is no credit at the end of a sentence.
    return tail[-1] != "." and bool(_AGENCY_AT_END.search(tail) or _GLUED_CREDIT.search(tail))
