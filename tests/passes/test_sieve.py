"""One document through cleaning and judging."""

from __future__ import annotations

import pytest
from factories import STORY, document
from hypothesis import given
from strategies import TEXTS

from pipeline.config import Config
from pipeline.passes import sieve
from pipeline.passes.sieve import EXCERPT_CHARS, sieve_document
from pipeline.records import REASONS

SHORT = Config.model_validate({"judge": {"min_words": 1_000}})


def raising(error):
    """A function that raises *error* whatever it is given."""

    def fail(*_):
        raise error

    return fail


def test_a_good_document_is_an_article():
    """Nothing is held against it."""
    article, rejection = sieve_document(document(), Config())

    assert rejection is None
    assert STORY == article.text
    assert document() == article.document


def test_an_unwanted_document_is_both():
    """The article as far as it got, and the rejection, which says whose it is."""
    article, rejection = sieve_document(document(source="in/a.txt"), SHORT)

    assert STORY == article.text
    assert ("judge", "filtered", "too_short") == (
        rejection.stage, rejection.kind, rejection.reason,
    )  # fmt: skip
    found = document(source="in/a.txt")
    assert (found.id, "a", "in/a.txt") == (rejection.id, rejection.record_id, rejection.source)


@pytest.mark.parametrize(
    "error",
    [ValueError("odd"), RecursionError("deep"), MemoryError(), AssertionError(), KeyError("k")],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(
    ("function", "stage", "reason"),
    [
        ("clean_document", "clean", "cleaning_failed"),
        ("judge_article", "judge", "judging_failed"),
    ],
)
def test_whatever_a_document_provokes_is_a_rejection(monkeypatch, function, stage, reason, error):
    """The exception's class and message are on record, with whose record it was."""
    monkeypatch.setattr(sieve, function, raising(error))
    found = document("x" * 9_000, source="in/a.txt")
    article, rejection = sieve_document(found, Config())

    assert (stage, "error", reason) == (rejection.stage, rejection.kind, rejection.reason)
    assert rejection.reason in REASONS
    assert type(error).__name__ == rejection.error_type
    assert (str(error) or None) == rejection.detail
    assert "x" * EXCERPT_CHARS == rejection.excerpt
    assert (found.id, "a", "in/a.txt") == (rejection.id, rejection.record_id, rejection.source)
    assert (article is None) == (stage == "clean")
    assert not rejection.retryable


def test_a_long_message_is_shortened(monkeypatch):
    """Some exceptions quote the document; the row must not grow with it."""
    monkeypatch.setattr(sieve, "clean_document", raising(ValueError("y" * 9_000)))

    assert EXCERPT_CHARS == len(sieve_document(document(), Config())[1].detail)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_no_fault_of_the_document(monkeypatch, stop):
    """Who stops the run stops it."""
    monkeypatch.setattr(sieve, "clean_document", raising(stop))
    with pytest.raises(stop):
        sieve_document(document(), Config())


@given(TEXTS)
def test_every_text_has_one_fate(text):
    """It is an article, or a rejection with a reason of the closed list; never an error."""
    article, rejection = sieve_document(document(text), Config())

    assert article is not None
    assert rejection is None or ("no_body_left", "filtered") == (rejection.reason, rejection.kind)
