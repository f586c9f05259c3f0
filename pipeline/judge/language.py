"""The language of a text: by its script if that is enough, else by langdetect's profiles.

langdetect draws n-grams at random and multiplies their probabilities until one language stands out,
several times over. Here all n-grams of a sample count once, in one sum of integers: the result is
the same in every process and on every machine, in a fraction of the time.
See docs/decisions/0002-language-by-langdetect-profiles.md.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import langdetect
import numpy as np
from langdetect.detector import Detector
from langdetect.utils.ngram import NGram
from numpy.typing import NDArray

from pipeline.arrays import code_points
from pipeline.text.unicode import SCRIPTS

PROFILES: dict[str, str] = {
    "Latin": (
        "af ca cs cy da de en es et fi fr hr hu id it lt lv nl no pl pt ro sk sl so sq sv sw tl"
        " tr vi"
    ),
    "Cyrillic": "bg mk ru uk",
    "Arabic": "ar fa ur",
    "Devanagari": "hi mr ne",
}
"""Scripts of several languages → langdetect's profiles of those."""

TEMPER = 5.0
"""n-grams overlap: n of them are as much evidence as n / 5 independent ones. Of 1,271 news texts of
50 characters, 93.9 % have a score of 0.8 or more, and 99.5 % of those are right; with 3: 96.9 %
and 99.3 %; with 8: 87.3 % and 99.8 %."""
_FLOOR = Detector.ALPHA_DEFAULT / Detector.BASE_FREQ  # langdetect's own smoothing
_UNIT = 1_000  # evidence is kept in thousandths of a nat
_SPACE, _STRANGE = 0, 1  # ids; letters of the profiles follow
_NORMALIZED = 0x3000  # langdetect maps no letter of these scripts above it to another
_EXACT = 1_500
"""Rows of evidence, of at most 9.9 nats each, whose sum float32 represents exactly."""
_ONES = np.ones(_EXACT, np.float32)


class Profiles(NamedTuple):
    """The profiles of one script: a trie of n-grams, and the evidence of each.

    Node 0 stands for all n-grams in no profile, and node 1 is the root. Nodes of less than three
    letters come first.

    Attributes:
        letter_ids: code point → id; 65,536 of them.
        following: node and id → node; only for nodes of less than three letters.
        evidence: node and language → ln(1 + share of the n-gram among those of its length /
            floor), in whole thousandths. The last column is for a language without a profile: the
            mean of all.
    """

    languages: tuple[str, ...]
    letter_ids: NDArray[np.intp]
    following: NDArray[np.uint16]
    evidence: NDArray[np.float32]


def likeliest(points: NDArray[np.uint32], script: str) -> tuple[str, float] | None:
    """Return the likeliest language of *points* (langdetect's code), and its probability.

    It is compared with the languages of the script and one without a profile. Many short texts stay
    below 0.8, as do languages that no profile is close to. *points* are of a text in NFC, with
    spaces for letters of other scripts. None if no profile has any of the n-grams.
    """
    profiles = _profiles(script)
    nodes = _gram_nodes(profiles.letter_ids[np.minimum(points, 0xFFFF)], profiles.following)
    evidence = np.zeros(len(profiles.languages) + 1)
    for start in range(0, len(nodes), _EXACT):
        rows = profiles.evidence.take(nodes[start : start + _EXACT], axis=0)
        evidence += _ONES[: len(rows)] @ rows  # three times as fast as a sum
    if not evidence.any():
        return None
    weights = np.exp((evidence - evidence.max()) / (_UNIT * TEMPER))
    best = int(weights[:-1].argmax())
    return profiles.languages[best], float(weights[best] / weights.sum())


def _gram_nodes(ids: NDArray[np.intp], following: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return the nodes of all n-grams of 1-3 of *ids*; repeated spaces count as one.

    n-grams across a space are in no profile: node 0.
    """
    ids = np.concatenate(([_SPACE], ids, [_SPACE]))
    ids = ids[np.concatenate(([True], (ids[1:] != _SPACE) | (ids[:-1] != _SPACE)))]
    single = following[1].take(ids)
    double = following[single[:-1], ids[1:]]
    triple = following[double[:-1], ids[2:]]
    return np.concatenate((single, double, triple))


@cache
def _profiles(script: str) -> Profiles:
    folder = Path(langdetect.__file__).parent / "profiles"
    languages = tuple(PROFILES[script].split())
    found = [json.loads((folder / language).read_text("utf-8")) for language in languages]
    grams = {gram for profile in found for gram in profile["freq"] if 0 < len(gram) < 4}
    grams |= {gram[:length] for gram in grams for length in range(3)}
    nodes = {gram: node for node, gram in enumerate(sorted(grams, key=lambda g: (len(g), g)), 1)}
    ids = _letter_ids(nodes)
    following = np.zeros(
        (1 + sum(len(gram) < 3 for gram in nodes), max(ids.values()) + 1), np.uint16
    )
    for gram, node in nodes.items():
        if gram:
            following[nodes[gram[:-1]], ids[gram[-1]]] = node
    letter_ids = np.full(0x10000, _STRANGE)
    for char, number in ids.items():
        letter_ids[ord(char)] = number
    return Profiles(languages, letter_ids, following, _evidence(found, nodes))


def _letter_ids(grams: Iterable[str]) -> dict[str, int]:
    """Number the letters of *grams*, and those that langdetect maps to one of them."""
    letters = sorted(set("".join(grams)) - {" "})
    ids = {" ": _SPACE} | {letter: number for number, letter in enumerate(letters, _STRANGE + 1)}
    others = {char: NGram.normalize(char) for char in map(chr, range(_NORMALIZED))}
    return ids | {char: ids[letter] for char, letter in others.items() if letter in ids}


def _evidence(found: Sequence[dict[str, Any]], nodes: dict[str, int]) -> NDArray[np.float32]:
    share = np.zeros((len(nodes) + 1, len(found) + 1))
    for column, profile in enumerate(found):
        for gram, count in profile["freq"].items():
            if gram in nodes and gram != " ":
                share[nodes[gram], column] = count / profile["n_words"][len(gram) - 1]
    share[:, -1] = share[:, :-1].mean(axis=1)
    evidence: NDArray[np.float32] = np.rint(np.log1p(share / _FLOOR) * _UNIT).astype(np.float32)
    return evidence


SLICES = 3
SLICE_CHARS = 133
"""Three slices are recognised as reliably as whole texts (1,322 texts in 29 languages)."""

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
"""Name of a script → character class of its blocks (without brackets)."""

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
"""Scripts of one language in news → its tag."""

OWN_LETTERS: dict[str, tuple[int, str, str]] = {
    "fo": (2, "ð", "ø"),
    "is": (2, "þð", ""),
    "az": (2, "ə", ""),
    "ha": (2, "ƙ", ""),
    "kmr": (2, "êîû", "ş"),
    "mt": (2, "ħġ", ""),
    "tk": (2, "ň", "ş"),
    "yo": (2, "ṣ", "ẹọ"),
    "uz": (2, "ў", "қғҳ"),
    "be": (2, "ў", ""),
    "sr": (1, "ђћ", ""),  # rare, and names with them are respelled in the other Cyrillic languages
    "tg": (2, "ҷӣӯ", ""),
    "ba": (1, "ҙ", "ҡғ"),
    "cv": (2, "ӗӑ", ""),
    "os": (2, "ӕ", ""),
    "kk": (2, "қғұ", ""),
    "tt": (2, "җә", "һүө"),
    "mn": (2, "өү", ""),
    "ug": (2, "ۋۈ", ""),
    "ckb": (2, "ڵێڕ", ""),
    "ps": (2, "ښځڅږټډ", ""),
    "sd": (2, "ڪٻڄڃڻ", ""),
    "yi": (2, "װױײ\u05bf", ""),
    "as": (2, "ৰৱ", ""),
}
"""Languages that langdetect does not know and takes for others → how many letters identify the
language, of those that no language with a profile uses; letters of which it has one besides. A
letter of two languages is that of the first."""
_OWN = frozenset("".join(own for _, own, _ in OWN_LETTERS.values()))
LATIN_SHARE = {
    "fo": 0.01,
    "is": 0.01,
    "az": 0.01,
    "kmr": 0.02,
    "mt": 0.01,
    "tk": 0.005,
    "yo": 0.005,
}
"""Least share of them in a sample: texts in Latin letters keep foreign names as they are."""

RELATIVES: dict[str, dict[str, str]] = {
    "no": {
        "nn": "ikkje eg ein eit frå vart dei noko meir berre kva korleis saman seier",
        "nb": "ikke jeg en et fra ble de noe mer bare hva hvordan sammen sier",
    },
    "de": {
        "de": "und das ist nicht von mit die für auf der",
        "lb": "dat ass net vun mat déi fir op huet hunn",
    },
    "nl": {
        "nl": "het een van niet voor zijn heeft aan ook de en",
        "fy": "it fan net foar binne hat oan ek wurdt yn de",
    },
    "es": {
        "es": "y el los las por un del se en que",
        "gl": "unha dunha nunha non máis tamén ata pola polo que",
    },
    "pt": {
        "pt": "não uma em com são um mais foi às também pela pelo até que",
        "gl": "non unha en con son máis foi tamén pola polo ata dunha nunha que",
    },
    "ca": {
        "ca": "i els és més va aquest als seus seva amb",
        "oc": "e los es mai las aqueste lo amb",
        "la": "et in est ad cum non ut quod sunt",
    },
    "hr": {
        "hr": "je u na se da gdje prije poslije vrijeme mjesto dio dvije riječi svijet eura tisuća",
        "sr-Latn": "je u na se da gde pre posle vreme mesto deo dve reči svet evra hiljada",
    },
    "id": {
        "id": "yang untuk dengan pada dari bahwa karena bisa uang polisi adalah",
        "ms": "yang untuk dengan pada dari bahawa kerana boleh wang polis ialah beliau",
    },
    "sw": {"sw": "kwa katika kuwa za hiyo cha yake wake baada"},
    "tl": {"tl": "ng ay ito nang siya kanyang"},
    "vi": {"vi": "và của các không được cho có là một người trong đã với này những khi sau"},
    "mn": {
        "mn": "нь байна юм болон гэж энэ болно оны",
        "ky": "жана менен бул үчүн бир деп болгон жылы эле кыргыз",
    },
    "ru": {"ru": "и в на не что с по как"},
    "ar": {"ar": "في من على أن إلى التي الذي عن"},
    "fa": {"fa": "در به از که را این است با"},
    "hi": {"hi": "के की में है से को और का ने"},
}
"""Languages that langdetect names → itself and those that it takes for it, with frequent words of
each. A text is in the one with the most of them, and with few of all of them in none."""
RELATIVE_LEAD = 2
"""So many more of its words than of the language that langdetect names tell a relative."""
RELATIVE_WORDS, RELATIVE_SHARE = 35, 0.01
"""Words of a text from which it is in no language with less than this share of frequent words."""
RELATIVE_CHARS = 2_000
"""Characters of a text whose words are counted."""

_EAST_ASIAN_WEIGHT = 3  # Latin letters that count as much as one such character
_OWN_SCRIPT_WEIGHT = 3  # Greek texts name companies in Latin letters, but not vice versa
_NOT_PROSE = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)\S[^\s@]*@\S[^\s.]*\.\S+|[@#]\w+")
_WORD = re.compile(r"[^\s.,:;!?()«»“”„\"…،؛؟।]+")
_SCRIPT_NAMES = tuple(BLOCKS)  # a letter's class is an index into it, or one of these two
_OTHER_LETTER = len(BLOCKS)
_NO_LETTER = len(BLOCKS) + 1


def detect_language(text: str, min_chars: int, min_score: float) -> tuple[str | None, float | None]:
    """Detect the language of an article: its BCP-47 tag, and the confidence in [0, 1].

    Returns (None, None) if the text has fewer letters than *min_chars*, not counting urls,
    addresses and tags, or is in no known script, and (None, confidence) below *min_score*.
    """
    prose = text
    if any(mark in text for mark in ("@", "#", "://", "www.")):
        prose = _NOT_PROSE.sub(" ", text)
    letters = sum(1 for _ in islice(filter(str.isalpha, prose), max(1, min_chars)))
    if letters < max(1, min_chars):
        return None, None
    sample = sample_of(prose)
    found = _own_letters(sample) or _by_script(sample)
    if found is None:
        return None, None
    language, score = found[0], round(found[1], 4)
    if language in RELATIVES:
        language, known = _relative(prose, language)
        score *= known
    return (language if score >= min_score else None), score


def sample_of(text: str) -> str:
    """Return three evenly spaced slices of a long text; in lower case if it is in capitals.

    The profiles were made from texts with few capitals, and do not match a text in capitals.
    """
    if len(text) > SLICES * SLICE_CHARS:
        step = len(text) // SLICES
        first = (step - SLICE_CHARS) // 2
        starts = [first + step * number for number in range(SLICES)]
        text = " ".join(text[start : start + SLICE_CHARS] for start in starts)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)  # like the texts of the profiles
    capitals = sum(map(str.isupper, text))
    if capitals * 4 < len(text):  # almost always, and cheaper than counting the letters
        return text
    return text.lower() if capitals * 2 > sum(map(str.isalpha, text)) else text


def _own_letters(sample: str) -> tuple[str, float] | None:
    """Return the language that alone uses some letters of *sample*."""
    if sample.isascii():
        return None
    lowered = sample.lower()
    if _OWN.isdisjoint(lowered):
        return None
    for language, (enough, own, others) in OWN_LETTERS.items():
        least = max(enough, LATIN_SHARE.get(language, 0.0) * len(sample))
        if sum(map(lowered.count, own)) >= least and (not others or set(others) & set(lowered)):
            return language, 1.0
    return None


def _by_script(sample: str) -> tuple[str, float] | None:
    """Return the language of the script of *sample*, or the likeliest of several."""
    points = code_points(sample)
    classes = _letter_classes()[np.minimum(points, 0xFFFF)]
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
    return likeliest(np.where(own, points, ord(" ")), script)


@cache
def _letter_classes() -> NDArray[np.uint8]:
    """Return the class of each code point below 65,536: the index of its script, or no script."""
    every = "".join(map(chr, range(0x10000)))
    classes = [_OTHER_LETTER if char.isalpha() else _NO_LETTER for char in every]
    for number, blocks in enumerate(BLOCKS.values()):
        for match in re.finditer(f"[{blocks}]", every):
            classes[match.start()] = number
    return np.array(classes, np.uint8)


def _east_asian(sample: str, scripts: dict[str, int], letters: int) -> tuple[str, float]:
    """Detect Japanese by its kana and Korean by its hangul; the rest is Chinese."""
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
    """Distinguish simplified characters (GB 2312) from traditional ones (Big5).

    >>> _chinese("这个国家"), _chinese("這個國家"), _chinese("中文")
    ('zh-Hans', 'zh-Hant', 'zh')
    """
    simplified = len(sample.encode("gb2312", "ignore").decode("gb2312"))
    traditional = len(sample.encode("big5", "ignore").decode("big5"))
    if simplified == traditional:
        return "zh"
    return "zh-Hans" if simplified > traditional else "zh-Hant"


def _relative(text: str, language: str) -> tuple[str, bool]:
    """Return which of the ``RELATIVES`` of *language* a text is in, and whether it is in one."""
    words = _WORD.findall(text[:RELATIVE_CHARS].lower())
    counts = {
        tag: sum(map(frequent.__contains__, words))
        for tag, frequent in _frequent_words(language).items()
    }
    best = max(counts, key=counts.__getitem__)
    most, count = counts[best], len(words)
    known = count < RELATIVE_WORDS or most >= RELATIVE_SHARE * count
    return language if most < counts.get(language, -2) + RELATIVE_LEAD else best, known


@cache
def _frequent_words(language: str) -> dict[str, frozenset[str]]:
    return {tag: frozenset(words.split()) for tag, words in RELATIVES[language].items()}
