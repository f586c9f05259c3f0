"""The language of a text: by its script where that is enough, else by langdetect's profiles.

The answer depends on the text alone: the same in every process and thread, in any order.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from pipeline.judge.profiles import PROFILES, likeliest
from pipeline.text.scripts import SCRIPTS

SLICES = 3
SLICE_CHARS = 133
"""Three slices of 133 characters are recognised as reliably as the whole text
(1,322 texts in 29 languages)."""

BLOCKS: dict[str, str] = {
    **SCRIPTS,
    "Latin": "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff",
    "Armenian": "\u0530-\u058f",
    "Bengali": "\u0980-\u09ff",
    "Gurmukhi": "\u0a00-\u0a7f",
    "Gujarati": "\u0a80-\u0aff",
    "Tamil": "\u0b80-\u0bff",
    "Telugu": "\u0c00-\u0c7f",
    "Kannada": "\u0c80-\u0cff",
    "Malayalam": "\u0d00-\u0d7f",
    "Sinhala": "\u0d80-\u0dff",
    "Georgian": "\u10a0-\u10ff",
}
"""Script name → the inside of a character class with its blocks: those distinguished here."""

SCRIPT_LANGUAGES: dict[str, str] = {
    "Armenian": "hy",
    "Bengali": "bn",
    "Georgian": "ka",
    "Greek": "el",
    "Gujarati": "gu",
    "Gurmukhi": "pa",
    "Hebrew": "he",
    "Kannada": "kn",
    "Khmer": "km",
    "Lao": "lo",
    "Malayalam": "ml",
    "Myanmar": "my",
    "Sinhala": "si",
    "Tamil": "ta",
    "Telugu": "te",
    "Thai": "th",
}
"""Scripts that, in news, write one language; for Han, kana and hangul see ``_east_asian``,
for those that write several ``PROFILES``."""

OWN_LETTERS: dict[str, tuple[str, int]] = {
    "is": ("þð", 2),  # one is a name in an English text
    "az": ("ə", 2),
    "be": ("ў", 2),
    "sr": ("ђћ", 1),  # rare, and names with them are respelled in the other Cyrillic languages
    "kk": ("қғұ", 2),
    "as": ("ৰৱ", 2),
}
"""Languages that langdetect does not know and would take for another → letters that no language
it knows uses, and how many of them identify the language."""

NORWEGIAN: dict[str, str] = {
    "nn": "ikkje eg ein eit frå vart dei noko meir berre kva korleis saman seier",
    "nb": "ikke jeg en et fra ble de noe mer bare hva hvordan sammen sier",
}
"""Frequent words that are written one way in Nynorsk and another in Bokmål."""

_EAST_ASIAN_WEIGHT = 3  # letters of a Latin word that say as much as one such character
_OWN_SCRIPT_WEIGHT = 3  # a text in Greek names companies in Latin letters, not the other way round
_NOT_PROSE = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)\S[^\s@]*@\S[^\s.]*\.\S+|[@#]\w+")
_WORD = re.compile(r"\w+")
_SCRIPT_NAMES = tuple(BLOCKS)  # a letter's class is an index into it, or one of these two
_OTHER_LETTER = len(BLOCKS)
_NO_LETTER = len(BLOCKS) + 1


def detect_language(text: str, min_chars: int, min_score: float) -> tuple[str | None, float | None]:
    """Detect the language of *text*.

    Args:
        text: the body of an article.
        min_chars: letters it must have, not counting urls, addresses and tags.
        min_score: confidence, in [0, 1], from which the language is named.

    Returns:
        The BCP-47 tag and the confidence, rounded to 4 decimals; (None, None) when there
        is too little text or none that is known, (None, confidence) when it is too low.
    """
    prose = _NOT_PROSE.sub(" ", text) if _has_links(text) else text
    letters = sum(1 for _ in islice(filter(str.isalpha, prose), max(1, min_chars)))
    if letters < max(1, min_chars):
        return None, None
    sample = sample_of(prose)
    language, confidence = _own_letters(sample) or _by_script(sample) or (None, None)
    if language is None or confidence is None:
        return None, None
    if language == "no":
        language = _norwegian(prose)
    score = round(confidence, 4)
    return (language if score >= min_score else None), score


def _has_links(text: str) -> bool:
    return "@" in text or "#" in text or "://" in text or "www." in text


def sample_of(text: str) -> str:
    """Take three slices, evenly spread, of a long text; lower-case when in capitals.

    The profiles were counted on texts with few capitals: a text in capitals has few of
    their n-grams.
    """
    if len(text) > SLICES * SLICE_CHARS:
        step = len(text) // SLICES
        first = (step - SLICE_CHARS) // 2
        starts = [first + step * number for number in range(SLICES)]
        text = " ".join(text[start : start + SLICE_CHARS] for start in starts)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)  # langdetect's profiles were counted so
    capitals = sum(map(str.isupper, text))
    if capitals * 4 < len(text):  # almost always so, and cheaper than to count the letters
        return text
    return text.lower() if capitals * 2 > sum(map(str.isalpha, text)) else text


def _own_letters(sample: str) -> tuple[str, float] | None:
    """Name the language that alone has some of the letters of *sample*."""
    if sample.isascii():
        return None
    lowered = sample.lower()
    for language, (own, enough) in OWN_LETTERS.items():
        if sum(map(lowered.count, own)) >= enough:
            return language, 1.0
    return None


def _by_script(sample: str) -> tuple[str, float] | None:
    """Name the one language of the script of *sample*, or the likeliest of several."""
    code_points = np.frombuffer(sample.encode("utf-32-le", "surrogatepass"), np.uint32)
    classes = _letter_classes()[np.minimum(code_points, 0xFFFF)]
    counts = np.bincount(classes, minlength=_NO_LETTER + 1)[:_NO_LETTER]
    letters = int(counts.sum())
    found = dict(zip(_SCRIPT_NAMES, counts.tolist(), strict=False))
    asian = found["Han"] + found["Kana"] + found["Hangul"]
    if asian * _EAST_ASIAN_WEIGHT > letters - asian:
        return _east_asian(sample, found, letters)
    script = max(found, key=found.__getitem__)
    if not letters or found[script] * 2 < letters:
        return None
    if script not in PROFILES:
        weight = found[script] * _OWN_SCRIPT_WEIGHT
        return SCRIPT_LANGUAGES[script], weight / (weight + letters - found[script])
    own = (classes == _SCRIPT_NAMES.index(script)) | (classes == _NO_LETTER)
    return likeliest(np.where(own, code_points, ord(" ")), script)


@cache
def _letter_classes() -> NDArray[np.uint8]:
    """Return the class of each code point below 65,536: its script, if it has one."""
    every = "".join(map(chr, range(0x10000)))
    classes = [_OTHER_LETTER if char.isalpha() else _NO_LETTER for char in every]
    for number, blocks in enumerate(BLOCKS.values()):
        for match in re.finditer(f"[{blocks}]", every):
            classes[match.start()] = number
    return np.array(classes, np.uint8)


def _east_asian(sample: str, scripts: dict[str, int], letters: int) -> tuple[str, float]:
    """Japanese by its kana, Korean by its hangul, otherwise Chinese."""
    han, kana, hangul = scripts["Han"], scripts["Kana"], scripts["Hangul"]
    asian = han + kana + hangul
    weight = asian * _EAST_ASIAN_WEIGHT
    confidence = min(1.0, weight / (weight + max(0, letters - asian)))
    if hangul > kana and hangul * 4 > han:
        return "ko", confidence
    if kana * 10 > han:
        return "ja", confidence
    return _chinese(sample), confidence


def _chinese(sample: str) -> str:
    """Distinguish simplified from traditional characters.

    GB 2312 was made of the simplified characters and Big5 of the traditional ones: what
    both have cancels out.

    >>> _chinese("这个国家"), _chinese("這個國家"), _chinese("中文")
    ('zh-Hans', 'zh-Hant', 'zh')
    """
    simplified = len(sample.encode("gb2312", "ignore").decode("gb2312"))
    traditional = len(sample.encode("big5", "ignore").decode("big5"))
    if simplified == traditional:
        return "zh"
    return "zh-Hans" if simplified > traditional else "zh-Hant"


def _norwegian(text: str) -> str:
    """Distinguish Nynorsk from Bokmål, for which langdetect has one profile."""
    found = Counter(_WORD.findall(text[:4_000].lower()))
    counts = {tag: sum(found[word] for word in own.split()) for tag, own in NORWEGIAN.items()}
    return "nn" if counts["nn"] > counts["nb"] else "nb"
