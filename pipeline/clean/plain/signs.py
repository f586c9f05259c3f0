"""What the patterns of the rules find in a line by itself, wherever it stands.

A pattern costs a hundred times what a look into a set costs, and nearly all lines have none of
these signs. So each pattern is tried only where the line's first word, or one of its words, allows
it to match; the sets of words beside a pattern follow from it.
"""

from __future__ import annotations

import re
from itertools import pairwise

from pipeline.clean.plain.bylines import BYLINE_OPENINGS, may_credit, read_contributors
from pipeline.clean.plain.captions import has_credit
from pipeline.clean.plain.line_words import REMARKS
from pipeline.clean.plain.recipe_headers import RECIPE_HEADERS
from pipeline.clean.plain.spaceless_notices import is_notice
from pipeline.clean.plain.stamps import byline_of, opens_with_clock, says_when

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

_NOTHING: frozenset[str] = frozenset()

_GLUED = re.compile(
    r"(?:also read|read also|read more|see also|must read|related|recommended|trending"
    r"|watch)[:\s]?(?=(?-i:[A-Z“\"‘]))",
    re.IGNORECASE,
)
_GLUED_OPENINGS = frozenset("als rea see mus rel rec tre wat".split())
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
_POINTER_OPENINGS = frozenset(
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
_TEASER_ENDS = frozenset(
    "mehr dazu weiterlesen more suite más tutto mais meer verder mere mer lisää więcej"
    " selengkapnya".split()
)
"""The last words of these buttons."""
_SOON = re.compile(
    r"\bupdate soon\W*$|\bmore (?:details )?to follow\W*$|\bstay tuned\W*$", re.IGNORECASE
)
_ADDRESS_ONLY = re.compile(
    r"[^@\w]{0,3}(?:e-?mail\W{1,3})?[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\W{0,3}",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"(?:contact us(?: at| on| via)?|contact(?: the)? (?:author|writer|reporter)(?: at)?|(?:e-?mail"
    r"|tel|phone|call us|fax|mobile)\s?:|"
    r"email (?:us|him|her|them|the author)|reach (?:us|him|her|them) at|got a (?:tip|story)"
    r"|do you have a (?:tip|story)|"
    r"send (?:us )?(?:your )?(?:tips|news tips)|kontakt\s?:|contacto\s?:)",
    re.IGNORECASE,
)
_CONTACT_OPENINGS = frozenset(
    "contact e email mail tel phone call fax mobile reach got do send kontakt contacto".split()
)
_POLICY = re.compile(
    r"\b(?:has|have|reserves?) the right\b.{0,120}\bcomments?\b|\bcomments?\b.{0,80}\b(?:moderated"
    r"|moderation|removed|deleted|inappropriate)\b",
    re.IGNORECASE,
)
_COMMENT = frozenset({"comment", "comments"})
_RANKING = re.compile(
    r"(?:most (?:popular|read|viewed|shared|commented)|popular (?:articles?|stories|posts|news|now)"
    r"|(?:access |daily |weekly )ranking|trending now|top stories|meistgelesen\w*|les plus lus"
    r"|lo más (?:leído|visto)|i più letti|(?:as )?mais lidas|meest gelezen|mest läst)\W*$",
    re.IGNORECASE,
)
_RANKING_ENDS = frozenset(
    "popular read viewed shared commented article articles stories posts news now ranking lus"
    " leído visto letti lidas gelezen läst".split()
)
AGENCIES = frozenset(
    "afp reuters dpa ansa adnkronos lusa anp ntb ritzau stt ctk čtk tasr interfax xinhua kyodo jiji"
    " yonhap bernama agenturen agencies agencias agences agenzie agências".split()
)
"""Names of news agencies that are no other word, and words for them."""
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

_OPENINGS = _POINTER_OPENINGS | _CONTACT_OPENINGS


def signs_of(text: str, words: tuple[str, ...], word_count: int, *, ended: bool) -> frozenset[str]:
    """Say which patterns hold a line of these case-folded *words*; none of most lines.

    Args:
        text: the line, normalised.
        words: of the line; none when it is too long to be looked into.
        word_count: words; two characters of a script without spaces count as one.
        ended: whether it ends as a sentence does.

    >>> sorted(signs_of("Photo: Bo Ek", ("photo", "bo", "ek"), 3, ended=False))
    ['credit']
    """
    if not words or word_count > MAX_WORDS:
        return _NOTHING
    found = _short_signs(text, words, word_count, ended) if word_count <= PROMO_WORDS else []
    if words[-1] in _TEASER_ENDS and word_count <= TEASER_WORDS and _is_teaser(text, word_count):
        found.append("pointer")
    if says_when(text, words):
        found.append("timestamp")
    if word_count <= SHORT_WORDS:
        if words[0] in BYLINE_OPENINGS and byline_of(text) is not None:
            found.append("byline")
        if may_credit(words) and read_contributors(text):
            found.append("contributors")
        if "@" in text and _ADDRESS_ONLY.fullmatch(text[:200]):
            found.append("address")
    if has_credit(text, words, word_count):
        found.append("credit")
    if is_notice(text):
        found.append("notice")
    if not _COMMENT.isdisjoint(words) and _POLICY.search(text[:600]):
        found.append("policy")
    return frozenset(found) if found else _NOTHING


def _short_signs(text: str, words: tuple[str, ...], word_count: int, ended: bool) -> list[str]:
    """The signs that only a line of at most ``PROMO_WORDS`` words can have."""
    found = []
    if words[0][0].isdigit() and opens_with_clock(text):
        found.append("clock")
    if _is_glued(text, words):
        found.append("glued")
    if words[0] in _OPENINGS:
        if _CONTACT.match(text):
            found.append("contact")
        if word_count <= POINTER_WORDS and not ended and _POINTER.match(text):
            found.append("pointer")
    if words[0] in REMARKS and len(words) <= BUTTON_WORDS and REMARKS.issuperset(words):
        found.append("remark_button")
    if words in RECIPE_HEADERS:
        found.append("recipe")
    if len(words) <= AGENCY_WORDS and _names_agencies(text, words):
        found.append("agency")
    if text[0] == "@" and _HANDLE.match(text):
        found.append("handle")
    if len(words) <= HEADER_WORDS and _ends_as_ranking(text, words[-1]):
        found.append("ranking")
    return found


def _is_teaser(text: str, word_count: int) -> bool:
    """Whether a line ends with its story's button; what is quoted is none."""
    if text[0] in '“"„«':
        return False
    tail = text[-40:]
    if _TEASER.search(tail) is not None:
        return True
    return word_count >= BUTTON_HEADLINE and _HEADLINE_BUTTON.search(tail) is not None


def _names_agencies(text: str, words: tuple[str, ...]) -> bool:
    """Whether a line holds agencies' names, little words, and initials behind a stroke at most."""
    if AGENCIES.isdisjoint(words) and _AGENCY_PAIRS.isdisjoint(pairwise(words)):
        return False
    others = [word for word in words if word not in AGENCIES and word not in _BESIDE_AGENCIES]
    return not others or (len(others) == 1 and _INITIALS.search(text) is not None)


def _is_glued(text: str, words: tuple[str, ...]) -> bool:
    """Whether a pointer is glued to what it points to, or the line promises more later."""
    if text[:3].casefold() in _GLUED_OPENINGS:
        match = _GLUED.match(text)
        if match is not None and text[match.end() - 1 : match.end()].isalpha():
            return True
    return (
        words[0] == "more"
        and text.casefold().startswith("more ")
        and _SOON.search(text[-40:]) is not None
    )


def _ends_as_ranking(text: str, last: str) -> bool:
    """Whether a line ends as the header of a list of most read stories."""
    if last not in _RANKING_ENDS and "meistgelesen" not in last:
        return False
    return _RANKING.search(text[-60:]) is not None
