"""langdetect's profiles, weighed without chance."""

from __future__ import annotations

import json
import math
from pathlib import Path

import langdetect
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langdetect.detector_factory import DetectorFactory

from pipeline.judge import language as profiles
from pipeline.judge.language import PROFILES, likeliest

FOLDER = Path(langdetect.__file__).parent / "profiles"
FLOOR = 0.5 / 10_000  # langdetect's smoothing: alpha, divided by what it calls the base frequency
TOLD_BY_SCRIPT = set("bn el gu he ja kn ko ml pa ta te th zh-cn zh-tw".split())
WORDS = {
    "Cyrillic": "старата библиотека стара бібліотека читатели читачів ѓќѕ ў І ї",
    "Arabic": "کتابخانه المكتبة القديمة لائبریری رات یہ ی",
    "Devanagari": "पुराना पुस्तकालय जुने ग्रंथालय पुरानो रात्री",
}


def code_points(text: str) -> np.ndarray:
    """The code points of *text*."""
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def factory(script: str) -> DetectorFactory:
    """langdetect, with the profiles of one script, in the order of ours."""
    found = DetectorFactory()
    found.load_json_profile(
        [(FOLDER / language).read_text("utf-8") for language in PROFILES[script].split()]
    )
    return found


FACTORIES = {script: factory(script) for script in WORDS}


def test_every_profile_is_used_or_told_by_its_script() -> None:
    """No language that langdetect knows is forgotten, and none is invented."""
    names = {path.name for path in FOLDER.iterdir() if not path.name.startswith(("_", "."))}

    assert names == TOLD_BY_SCRIPT | set(" ".join(PROFILES.values()).split())


@given(
    st.sampled_from(sorted(WORDS)).flatmap(
        lambda script: st.tuples(
            st.just(script),
            st.text(st.sampled_from(WORDS[script] + "  .,–\n12"), min_size=1, max_size=80),
        )
    )
)
def test_evidence_is_langdetects_own(case: tuple[str, str]) -> None:
    """The n-grams are those langdetect finds, and weigh what it thinks they are worth."""
    script, text = case
    detector = FACTORIES[script].create()
    detector.text = text.lower() + " "
    grams = detector._extract_ngrams()
    shares = [detector.word_lang_prob_map[gram] for gram in grams]
    expected = [
        sum(round(1_000 * math.log1p(share[column] / FLOOR)) for share in shares)
        for column in range(len(detector.langlist))
    ]
    ours = profiles._profiles(script)
    ids = ours.letter_ids[code_points(text.lower())]
    evidence = ours.evidence[profiles._gram_nodes(ids, ours.following)].sum(axis=0)

    assert tuple(detector.langlist) == ours.languages
    assert expected == evidence[:-1].tolist()


@pytest.mark.parametrize("text", ["", " ", "12 345", "ⵜⴰⵎⴰ", "😀"])
def test_letters_of_no_profile_tell_nothing(text: str) -> None:
    """Where no profile has any of the n-grams there is no likeliest language."""
    assert likeliest(code_points(text), "Latin") is None


@given(st.lists(st.sampled_from("the old library die alte und det gamle".split()), min_size=1))
def test_spaces_and_digits_say_nothing(words: list[str]) -> None:
    """Only what stands between spaces counts, not how much space there is."""
    expected = likeliest(code_points(" ".join(words)), "Latin")

    assert expected == likeliest(code_points(f"\n {' 12  '.join(words)} . "), "Latin")


def test_more_text_is_surer() -> None:
    """The score grows with the text, and that of a word in many languages is low."""
    scores = []
    for length in (10, 20, 40, 80):
        found = likeliest(
            code_points("the river rose in the night and the bridge"[:length]), "Latin"
        )
        assert found is not None
        scores.append(found[1])

    assert sorted(scores) == scores
    assert scores[0] < 0.8 < scores[-1]


def test_loading_twice_gives_the_same_arrays() -> None:
    """Nothing of the arrays depends on when, or by whom, they are loaded."""
    one, other = (profiles._profiles.__wrapped__("Cyrillic") for _ in range(2))

    for ours, theirs in zip(one[1:], other[1:], strict=True):
        assert np.array_equal(ours, theirs)


def test_the_profiles_are_those_of_the_files() -> None:
    """A known n-gram weighs what its file says."""
    ours = profiles._profiles("Latin")
    profile = json.loads((FOLDER / "en").read_text("utf-8"))
    share = profile["freq"]["the"] / profile["n_words"][2]
    node = 1
    for letter in "the":
        node = ours.following[node, ours.letter_ids[ord(letter)]]

    weight = ours.evidence[node, ours.languages.index("en")]
    assert round(1_000 * math.log1p(share / FLOOR)) == weight
