"""Articles → articles with their language, and the reason when they are not wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import JudgeConfig
from pipeline.judge import FILTERS, judge_article
from pipeline.records import REASONS, Article, Document

GERMAN = "Der Stadtrat hat am Dienstag beschlossen, die alte Bibliothek offen zu halten."
DOCUMENT = Document("0" * 32, "a", "in/a.txt", "text/plain", f"Startseite\n\n{GERMAN}\n")


def article(text: str) -> Article:
    """An article with this body."""
    return Article(DOCUMENT, text, "lines", raw_char_count=len(DOCUMENT.content))


def test_an_article_gets_its_language_and_keeps_the_rest() -> None:
    """Judging sets the language and its score and touches nothing else."""
    judged, rejection = judge_article(article(GERMAN), JudgeConfig())

    assert rejection is None
    assert replace(article(GERMAN), language="de", language_score=judged.language_score) == judged
    assert judged.language_score is not None


def test_filters_are_off_by_default() -> None:
    """By default an article with a word in it is kept, however short, in whatever language."""
    for text in ("Ja.", "7", GERMAN, "字"):
        assert judge_article(article(text), JudgeConfig())[1] is None


@pytest.mark.parametrize("text", ["", " \n\n ", "— * * *", "😀"])
def test_what_has_no_body_left_is_always_rejected(text: str) -> None:
    """Without a letter or digit there is no story; the rejection shows the record, on one line."""
    judged, rejection = judge_article(article(text), JudgeConfig())

    assert judged.language is None
    assert rejection is not None
    assert (
        rejection.reason,
        rejection.stage,
        rejection.kind,
    ) == ("no_body_left", "judge", "filtered")
    assert (DOCUMENT.id, "a", "in/a.txt") == (rejection.id, rejection.record_id, rejection.source)
    assert f"Startseite {GERMAN}" == rejection.excerpt
    assert rejection.detail == f"0 letters left of {len(DOCUMENT.content)} characters"


@pytest.mark.parametrize(
    ("min_words", "detail"), [(12, None), (13, "12 words; judge.min_words = 13")]
)
def test_min_words_is_what_an_article_must_have(min_words: int, detail: str | None) -> None:
    """An article of exactly min_words is kept, one of fewer is too short."""
    rejection = judge_article(article(GERMAN), JudgeConfig(min_words=min_words))[1]

    assert detail == (rejection and rejection.detail)
    assert rejection is None or rejection.reason == "too_short"


def test_without_spaces_characters_are_words() -> None:
    """In Chinese every character counts as a word."""
    assert judge_article(article("市議會決定"), JudgeConfig(min_words=5))[1] is None
    assert judge_article(article("市議會決定"), JudgeConfig(min_words=6))[1] is not None


@pytest.mark.parametrize(
    ("language", "wanted", "kept"),
    [
        ("de", (), True),
        ("de", ("de",), True),
        ("de", ("en", "de"), True),
        ("de", ("en", "fr"), False),
        ("zh-Hant", ("zh",), True),
        ("zh-Hant", ("zh-Hans",), False),
        ("zh", ("zh-Hans",), False),
        ("nb", ("no",), True),
        ("nn", ("nb",), False),
        (None, ("en",), True),
    ],
)
def test_languages_are_those_wanted(
    language: str | None, wanted: tuple[str, ...], kept: bool
) -> None:
    """Only the languages asked for are kept, and articles whose language is unknown."""
    judged = replace(article(GERMAN), language=language)
    detail = FILTERS["language_not_wanted"](judged, JudgeConfig(languages=wanted))

    assert kept is (detail is None)
    assert kept or detail == f"{language}; judge.languages = {', '.join(wanted)}"


def test_the_first_filter_gives_the_one_reason() -> None:
    """Too short and in a language not wanted, an article is too short."""
    rejection = judge_article(article(GERMAN), JudgeConfig(min_words=99, languages=("en",)))[1]

    assert rejection is not None
    assert rejection.reason == "too_short"


def test_every_filter_is_a_known_reason() -> None:
    """A filter's name is a reason in the closed list, and the name of its function."""
    assert set(FILTERS) <= set(REASONS)
    assert list(FILTERS) == [unwanted.__name__ for unwanted in FILTERS.values()]


@given(st.text(), st.text(), st.integers(0, 3))
def test_any_article_is_judged(content: str, text: str, min_words: int) -> None:
    """No text raises, and excerpts are at most 500 printable characters."""
    document = replace(DOCUMENT, content=content * 40)
    judged, rejection = judge_article(
        Article(document, text, "lines"), JudgeConfig(min_words=min_words, language_min_chars=0)
    )

    assert text == judged.text
    if rejection is not None and rejection.excerpt is not None:
        assert rejection.excerpt.isprintable()
        assert len(rejection.excerpt) <= 500
