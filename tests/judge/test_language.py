"""The language of a text."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.config import LANGUAGES, JudgeConfig
from pipeline.judge.language import (
    OWN_LETTERS,
    PROFILES,
    RELATIVES,
    SCRIPT_LANGUAGES,
    detect_language,
    sample_of,
)

CASES = yaml.safe_load((Path(__file__).parent / "languages.yaml").read_text("utf-8"))
TEXTS = [case["text"] for case in CASES["told"]]
DEFAULT = JudgeConfig()


def detect(text: str) -> tuple[str | None, float | None]:
    """The language of *text* with the default settings."""
    return detect_language(text, DEFAULT.language_min_chars, DEFAULT.language_min_score)


@pytest.mark.parametrize("case", CASES["told"], ids=lambda case: case["tag"])
def test_a_language_is_told_by_a_sentence(case: dict[str, str]) -> None:
    """One sentence of news is enough to name its language, surely."""
    tag, score = detect(case["text"])

    assert case["tag"] == tag
    assert score is not None
    assert DEFAULT.language_min_score <= score <= 1


@pytest.mark.parametrize("case", CASES["untold"], ids=lambda case: case["name"])
def test_what_is_no_prose_has_no_language(case: dict[str, str]) -> None:
    """Without enough letters, or with letters nobody knows, the language is unknown."""
    assert detect(case["text"]) == (None, None)


@pytest.mark.parametrize("case", CASES["unknown"], ids=lambda case: case["name"])
def test_a_language_without_a_profile_is_not_named(case: dict[str, str]) -> None:
    """What no profile is near to stays below the score from which languages are named."""
    tag, score = detect(case["text"])

    assert tag is None
    assert score is not None
    assert score < DEFAULT.language_min_score


@pytest.mark.parametrize(("letters", "told"), [(49, False), (50, True)])
def test_min_chars_counts_letters(letters: int, told: bool) -> None:
    """Fifty letters are enough, forty-nine are not; spaces and digits are no letters."""
    text = "the old town library will remain open until nine this evening again"
    kept = ""
    for char in text:
        if sum(map(str.isalpha, kept)) < letters:
            kept += char

    assert told is (detect(kept + " 12 345 678 ... ")[0] == "en")


def test_links_are_not_read() -> None:
    """An English address does not make a German text English."""
    address = " https://example.org/the-old-library-stays-open-until-nine-in-the-evening" * 9

    assert detect(TEXTS[1])[0] == detect(TEXTS[1] + address)[0] == "de"


def test_an_uncertain_language_is_not_named() -> None:
    """Below the confidence asked for there is no language, but the confidence is told."""
    text = "Hotel Restaurant Park Museum Radio Taxi Telefon Bank Golf Tennis Opera"
    tag, score = detect_language(text, 50, 0.0)

    assert tag is not None
    assert score is not None
    assert score < DEFAULT.language_min_score
    assert (None, score) == detect(text)
    assert (tag, score) == detect_language(text, 50, score)


def test_letters_outside_the_slices_tell_nothing() -> None:
    """Digits with some words that no slice meets have no language, and raise nothing."""
    filler = "0 " * 500

    assert detect(TEXTS[0] + filler * 9) == (None, None)


def test_composed_and_decomposed_letters_are_the_same() -> None:
    """A text has the language of its NFC."""
    for text in TEXTS:
        assert detect(text) == detect(unicodedata.normalize("NFD", text))


@pytest.mark.parametrize(
    ("language", "sample", "told"),
    [
        ("is", "þorp um ána", False),
        ("is", "þorp um á og það", True),
        ("is", "Þ var ÞAR", True),
        ("sr", "већ отворена", True),
        ("sr", "веќе отворена", False),
    ],
)
def test_own_letters_tell_a_language(language: str, sample: str, told: bool) -> None:
    """Letters that one language alone has tell it, if there are enough; capitals count."""
    assert told is (detect_language(sample, 1, 0.0)[0] == language)


def test_a_long_text_is_told_by_three_slices() -> None:
    """However long the text, three slices of 133 characters are looked at."""
    assert len(sample_of("a" * 100_000)) == 3 * 133 + 2
    assert sample_of("ab " * 133) == "ab " * 133


def test_the_answer_does_not_depend_on_earlier_calls() -> None:
    """Interleaved, repeated and reordered calls give the answers of the first ones."""
    first = [detect(text) for text in TEXTS]
    order = list(range(len(TEXTS))) * 2
    random.Random(7).shuffle(order)

    for index in order:
        assert first[index] == detect(TEXTS[index])


def test_threads_agree() -> None:
    """Many threads at once give the same answers as one."""
    with ThreadPoolExecutor(8) as pool:
        assert [detect(text) for text in TEXTS * 2] == list(pool.map(detect, TEXTS * 2))


@pytest.mark.slow
def test_a_fresh_process_agrees_whatever_it_is_asked_first() -> None:
    """The answers are those of a process with another hash seed, asked by threads in reverse."""
    code = (
        "import sys, json; from concurrent.futures import ThreadPoolExecutor;"
        "from pipeline.judge.language import detect_language;"
        "texts = json.load(sys.stdin)[::-1];"
        "pool = ThreadPoolExecutor(8);"
        "print(list(pool.map(lambda text: detect_language(text, 50, 0.8), texts))[::-1])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(TEXTS),
        env={**os.environ, "PYTHONHASHSEED": "3", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
    ).stdout

    assert str([detect(text) for text in TEXTS]) == answer.strip()


ALPHABETS = st.sampled_from(
    [
        "abc XYZ.",
        "中文的這个",
        "かなカナ漢",
        "한글 ab",
        "абвў",
        "\ud800\0😀",
        "ไทย",
        "גד",
        "ab9@#:/.",
    ]
)


@given(st.one_of(st.text(), ALPHABETS.flatmap(lambda alphabet: st.text(alphabet, max_size=500))))
def test_any_text_has_a_language_or_none(text: str) -> None:
    """No text raises; scores are in [0, 1] with four decimals; no score, no language."""
    tag, score = detect_language(text, 0, 0.0)

    if score is None:
        assert tag is None
    else:
        assert 0 <= score <= 1
        assert score == round(score, 4)


def test_languages_that_may_be_asked_for_are_those_that_are_detected():
    """No tag passes that no article can have, and every language of an article may be named."""
    detected = {
        *" ".join(PROFILES.values()).split(), *SCRIPT_LANGUAGES.values(), *OWN_LETTERS,
        *(tag for tags in RELATIVES.values() for tag in tags),
        *"ja ko zh zh-Hans zh-Hant".split(),
    }  # fmt: skip

    assert detected == {*LANGUAGES}


@pytest.mark.parametrize("tag", ["eng", "jp", "xx", "en-Latn", "gr"])
def test_a_language_that_is_never_detected_is_refused(tag):
    """The message has the tag and the list of those that are."""
    with pytest.raises(ValidationError, match=f"{tag}.* is not a language that is detected"):
        JudgeConfig(languages=[tag])
