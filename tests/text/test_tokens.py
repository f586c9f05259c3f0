"""Words and their hashes, in any script."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.text import tokens
from pipeline.text.tokens import hash_words, mix, word_count, words

TEXTS = st.lists(
    st.text(alphabet=st.characters(exclude_categories=[])) | st.text("ab É'_ e\u0301漢กี\u200d\n"),
    max_size=6,
)

CASES = {
    "ascii": ("The cat's 3.5 km", ["the", "cat", "s", "3", "5", "km"]),
    "curly quotes": ("“Don’t…”", ["don", "t"]),
    "underscore": ("__a_b__", ["a", "b"]),
    "case": ("STRASSE Straße", ["strasse", "strasse"]),
    "ligature": ("ﬁne", ["fine"]),
    "full width": ("ＡＢ１", ["ab1"]),
    "decomposed letter": ("cafe\u0301s", ["caf\u00e9s"]),
    "Hindi vowel signs": ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
    "Arabic vowel marks": ("مُحَمَّد", ["محمد"]),
    "tatweel": ("كتـــاب", ["کتاب"]),
    "Arabic yeh and kaf": ("كتابي", ["کتابی"]),
    "Hebrew vowel marks": ("שָׁלוֹם", ["שלום"]),
    "Devanagari digits": ("७२,३४०", ["72", "340"]),
    "Arabic digits": ("٤١٢", ["412"]),
    "Cyrillic": ("Наука и жизнь", ["наука", "и", "жизнь"]),
    "Korean": ("한국 뉴스", ["한국", "뉴스"]),
    "Chinese": ("北京。天", ["北", "京", "天"]),
    "Japanese, voiced by a mark of its own": ("カ\u3099", ["ガ"]),
    "Thai marks stay with their letter": ("กี่ก", ["กี่", "ก"]),
    "Latin among Chinese": ("用ab字", ["用", "ab", "字"]),
    "Latin after a marked Thai letter": ("กี่ab", ["กี่", "ab"]),
    "soft hyphen": ("news\u00adpaper", ["newspaper"]),
    "zero width joiner between words": ("a\u200d b", ["a", "b"]),
    "mark on nothing": ("a \u0301 b", ["a", "b"]),
    "mark at the beginning": ("\u0301b", ["b"]),
    "emoji": ("a 🙂 b", ["a", "b"]),
    "Han beyond the first plane": ("\U00020000x", ["\U00020000", "x"]),
    "nothing": ("", []),
    "punctuation only": (" … — ", []),
    "lone surrogate": ("a\ud800b", ["a", "b"]),
}


def word_hashes(text):
    """The hashes of a text alone in its block."""
    return hash_words((text,)).values


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_words_are_runs_of_letters_and_digits_with_their_marks(text, expected):
    """Each script is cut the way its readers would, after folding."""
    assert expected == words(text)


@settings(deadline=None)
@given(TEXTS)
def test_equal_words_have_equal_hashes_and_different_words_different_ones(texts):
    """Hashes follow the words, wherever in a block a word stands."""
    found = hash_words(texts)
    listed = [word for text in texts for word in words(text)]

    assert len(listed) == len(found.values)
    assert len(set(listed)) == len(set(found.values.tolist()))
    assert len(set(zip(listed, found.values.tolist(), strict=True))) == len(set(listed))


@settings(deadline=None)
@given(TEXTS)
def test_a_block_is_hashed_as_its_texts_alone(texts):
    """The neighbours in a block change nothing."""
    found = hash_words(texts)

    assert len(texts) + 1 == len(found.offsets)
    for index, text in enumerate(texts):
        alone = word_hashes(text)
        assert alone.tolist() == found.values[slice(*found.offsets[index : index + 2])].tolist()
        assert len(alone) == word_count(text) == len(words(text))


@settings(deadline=None)
@given(TEXTS)
@example(["A\u200b\u0300"])
def test_case_and_normal_form_make_no_difference(texts):
    """A text and its NFD form, in capitals where they come back, have the same words."""
    for text in texts:
        assert words(text) == words(unicodedata.normalize("NFD", text))
        assert words(" ".join(words(text))) == words(text)


def test_hashes_are_the_same_on_every_machine():
    """Stored signatures stay comparable: the values are pinned."""
    pinned = [3863123862131086979, 8321737030931592807, 359815262963602326]

    assert pinned == word_hashes("Every word, 東!").tolist()


def test_texts_longer_than_a_chunk_lose_no_word(monkeypatch):
    """A long text is cut between words, so that its words stay whole."""
    text = "seven words of a line, then another\n" * 40
    whole = word_hashes(text)
    monkeypatch.setattr(tokens, "CHUNK_CHARS", 64)

    assert whole.tolist() == word_hashes(text).tolist()
    assert 280 == word_count(text)


def test_a_word_longer_than_a_chunk_is_cut_not_lost(monkeypatch):
    """Even a word without end needs bounded memory."""
    monkeypatch.setattr(tokens, "CHUNK_CHARS", 64)

    assert "x" * 1000 == "".join(words("x" * 1000))
    assert 16 == word_count("x" * 1000)


def test_anagrams_and_repetitions_do_not_collide():
    """Hashes depend on the place of each character."""
    similar = [a + b + c + d for a in "abc1" for b in "abc1" for c in "abc1" for d in "abc1"]
    similar += ["a" * n for n in range(5, 60)]
    found = word_hashes(" ".join(similar))

    assert len(similar) == len(np.unique(found)) == len(np.unique(found.astype(np.uint32)))


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1), unique=True))
def test_mix_is_a_bijection(values):
    """Different values stay different."""
    assert len(values) == len(np.unique(mix(np.array(values, np.uint64))))
