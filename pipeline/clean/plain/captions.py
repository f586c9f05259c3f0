"""Captions of pictures and the credits that end them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.clean.plain.printed_dates import find_date

if TYPE_CHECKING:
    from pipeline.clean.plain.page import Page

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
_AGENCY = (
    r"(?:AFP|AP|EFE|EPA|APA|ANSA|dpa|Reuters|REUTERS|Getty|Getty Images|Keystone|KEYSTONE|LaPresse"
    r"|Alamy|Shutterstock|iStock|Unsplash|Pixabay|Pexels|Scanpix|Imago|IMAGO)"
)
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
    r"|(?<=.{25})[.!?…][”»]?\s(?-i:(?:Photo|Foto|Kuva|Фото|Φωτ[οό])s?"
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
    r"|in this (?:photo|image|file photo|handout|undated)"
    r"|this (?:photo|image|picture) (?:shows|taken|released|provided)|file photo",
    re.IGNORECASE,
)
_OPEN_CREDIT = re.compile(r"\((?:photo|image|picture|credit|foto)[^()]{0,60}$", re.IGNORECASE)

_CREDIT_WORDS = frozenset(
    "photo photos photograph photographie photography image images picture pictures"
    " pictured pic foto fotos bild bilder imagen imagem immagine graphic grafik illustration"
    " illustrations caption video screenshot screenshots credit credits quelle source"
    " copyright crédit crédits crédito 写真 図 圖 图片 사진 ap afp reuters getty epa dpa"
    " shutterstock istock imago alliance courtesy file via efe apa keystone ansa lapresse alamy"
    " unsplash pixabay pexels scanpix photographs kuva fotó kép fot zdj фото снимка φωτο φωτό ảnh"
    " fotoğraf צילום عکس تصوير".split()
)
_SOFT_LABELS = frozenset("video source quelle copyright graphic grafik illustration".split())
"""Labels that begin sentences of stories too: ``Source: interviews with 40 residents.``"""
LABELLED_WORDS = 7
"""Words from which what ends in a full stop behind such a label is a sentence."""
_PLACE_WORDS = frozenset({"from", "left", "clockwise", "pictured"})
"""Words without one of which no pattern matches, the latter at the start; or ``©`` or ``(``."""
_CREDIT_STEMS = ("photo", "image", "foto", "picture", "getty", "afp", "via ", "stock", "imago", "/")
"""What an ending without a credit's words has, as in ``PhotoBy`` or ``/APA``."""


@lru_cache(maxsize=2)
def caption_lines(page: Page) -> frozenset[int]:
    """The lines that are captions or credits; several rules ask, so the last page is remembered."""
    found = {line.index for line in page.marked if "credit" in line.signs}
    found.update(line.index for line in page.lines[:2] if is_caption(page, line.index))
    return frozenset(found)


def is_caption(page: Page, index: int) -> bool:
    """Whether a line is a picture's caption or credit.

    Evidence is a credit's label at its start, a credit at its end, words that point into the
    picture, or its place: a sentence that ends in a full date, above the story's own time stamp.
    """
    return "credit" in page.lines[index].signs or _above_time_stamp(page, index)


def has_credit(text: str, words: tuple[str, ...], word_count: int) -> bool:
    """Whether the patterns of labels, credits and pointers into a picture find one."""
    credited = not _CREDIT_WORDS.isdisjoint(words)
    bracket = "(" in text
    if not (credited or bracket or words[0] in _PLACE_WORDS or "©" in text):
        return False
    if word_count <= 40 and _LABEL.match(text):
        return text[-1] != "." or word_count < LABELLED_WORDS or words[0] not in _SOFT_LABELS
    tail = text[-160:]
    if _POINTS.match(text) or (bracket and (_POINTED.search(text) or _OPEN_CREDIT.search(tail))):
        return True
    if word_count > 60 or text.startswith(("“", '"', "«", "„")):
        return False
    folded = "" if credited else tail.casefold()
    return (credited or any(stem in folded for stem in _CREDIT_STEMS)) and _ends_in_credit(tail)


def _ends_in_credit(tail: str) -> bool:
    """Whether the end of a line is a credit; an agency's name alone is none in a sentence."""
    if _ENDING.search(tail) or _FOREIGN_CREDIT.search(tail):
        return True
    if tail[-1] == ".":
        return False
    return _AGENCY_AT_END.search(tail) is not None or _GLUED_CREDIT.search(tail) is not None


def _above_time_stamp(page: Page, index: int) -> bool:
    """A first sentence that ends in a full date, above the time stamp: the top picture's."""
    line = page.lines[index]
    if index > 1 or index + 1 >= len(page.lines) or not line.terminal or not line.short:
        return False
    following = page.lines[index + 1]
    printed = find_date(line.text[-60:]) if "timestamp" in following.signs else None
    return printed is not None and len(line.text[-60:]) - printed.end <= 3
