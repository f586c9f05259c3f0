"""One document through cleaning and judging."""

from __future__ import annotations

import time

import pytest
from factories import STORY, document
from hostile import process_or_act
from hypothesis import given
from strategies import TEXTS

from pipeline.arrays import portions
from pipeline.config import Config
from pipeline.guard import Guard, Limits
from pipeline.passes import isolation
from pipeline.passes.isolation import process_document, process_records
from pipeline.records import EXCERPT_CHARS, REASONS, Rejection, excerpt

SHORT = Config.model_validate({"judge": {"min_words": 1_000}})


def raising(error):
    """A function that raises *error* whatever it is given."""

    def fail(*_):
        raise error

    return fail


def test_a_good_document_is_an_article():
    """Nothing is held against it."""
    article, rejection = process_document(document(), Config())

    assert rejection is None
    assert STORY == article.text
    assert document() == article.document


def test_an_unwanted_document_is_both():
    """The article as far as it got, and the rejection, which says whose it is."""
    article, rejection = process_document(document(source="in/a.txt"), SHORT)

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
        ("pipeline.clean.lines.cleaner.read_page", "clean", "cleaning_failed"),
        ("pipeline.passes.isolation.judge_article", "judge", "judging_failed"),
    ],
)
def test_whatever_a_document_provokes_is_a_rejection(monkeypatch, function, stage, reason, error):
    """The exception's class and message are on record, with whose record it was."""
    monkeypatch.setattr(function, raising(error))
    found = document("x" * 9_000, source="in/a.txt")
    article, rejection = process_document(found, Config())

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
    monkeypatch.setattr("pipeline.clean.lines.cleaner.read_page", raising(ValueError("y" * 9_000)))

    assert EXCERPT_CHARS == len(process_document(document(), Config())[1].detail)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_no_fault_of_the_document(monkeypatch, stop):
    """Who stops the run stops it."""
    monkeypatch.setattr("pipeline.clean.lines.cleaner.read_page", raising(stop))
    with pytest.raises(stop):
        process_document(document(), Config())


@given(TEXTS)
def test_every_text_has_one_fate(text):
    """It is an article, or a rejection with a reason of the closed list; never an error."""
    article, rejection = process_document(document(text), Config())

    assert article is not None
    assert rejection is None or ("no_body_left", "filtered") == (rejection.reason, rejection.kind)


LIMITS = {"document_seconds": 1, "document_megabytes": 500}
NONE = {"document_seconds": 0, "document_megabytes": 0}


def limited(**limits):
    """A Config with these settings under run."""
    return Config.model_validate({"run": limits})


@pytest.fixture
def hostile(monkeypatch):
    """A guard whose documents do what their title says."""
    # Seconds enough for a fresh helper to load what cleaning needs, on a busy machine too.
    guard = Guard(process_or_act, Limits(4, 500))
    monkeypatch.setattr(isolation, "_guard", lambda _: guard)
    monkeypatch.setattr(isolation, "_hit_limit", {})
    yield
    guard.close()


@pytest.mark.slow
@pytest.mark.usefixtures("hostile")
def test_a_hostile_document_is_one_rejection_and_its_batch_is_kept():
    """Each names the limit and its setting, or the death; all around them are articles."""
    titles = [None, "loop in C", None, "allocate", "exit", None]
    found = [document(f"{STORY} {n}", source=f"{n}.txt", title=t) for n, t in enumerate(titles)]
    broken = Rejection("x", "read", "error", "unreadable")
    fates = list(process_records([*found[:2], broken, *found[2:]], limited(**LIMITS)))

    assert (None, broken) == fates.pop(2)
    kept = [article.document for article, _ in fates if article]
    assert [found[0], found[2], found[5]] == kept
    told = {
        "1": ("too_slow", "run.document_seconds = 1"),
        "3": ("too_large_in_memory", "run.document_megabytes = 500"),
        "4": ("cleaning_crashed", "the process ended with exit code 3"),
    }
    rejections = [rejection for _, rejection in fates if rejection]
    assert told == {each.record_id: (each.reason, each.detail) for each in rejections}
    for each in rejections:
        assert ("clean", "error", False) == (each.stage, each.kind, each.retryable)
        assert each.reason in REASONS
        assert each.excerpt.startswith(excerpt(STORY))


@pytest.mark.slow
@pytest.mark.usefixtures("hostile")
def test_a_copy_of_what_hit_a_limit_is_rejected_at_once():
    """Other texts in its batch are articles; the copies cost no time, and no helper."""
    titles = ["loop in C", None, "loop in C", None]
    texts = ["slow", "one", "slow", "two"]
    found = [
        document(f"{STORY} {text}", source=f"{n}.txt", title=title)
        for n, (text, title) in enumerate(zip(texts, titles, strict=True))
    ]
    first = list(process_records(found[:1], limited(**LIMITS)))
    begun = time.monotonic()
    fates = list(process_records(found[1:], limited(**LIMITS)))

    assert time.monotonic() - begun < 4
    assert [None, "too_slow", None] == [each and each.reason for _, each in fates]
    assert first[0][1].detail == fates[1][1].detail


def test_the_helper_gives_what_is_given_without_one():
    """Articles, rejections and errors are equal, whichever process they come from."""
    many = [document(f"{STORY} {n}", source=f"{n}.txt") for n in range(70)]
    many += [document("<p>" + STORY, media_type="text/html", source="p.html", title="T")]
    many += [document("By Ida Voss\n3 May 2024\n\n" + STORY), document(" ", source="e.txt")]

    assert list(process_records(many, limited(**NONE))) == list(process_records(many, Config()))


@given(TEXTS)
def test_any_text_comes_back_from_the_helper(content):
    """Whatever a document holds, the answer survives the journey."""
    found = document(content)

    assert [process_document(found, Config())] == list(process_records([found], Config()))


def test_what_does_not_fit_into_memory_is_no_failure_of_the_cleaner(monkeypatch):
    """In the helper, MemoryError means the limit."""
    failed = [MemoryError()]
    monkeypatch.setattr(isolation, "clean_documents", lambda *_: failed)
    with pytest.raises(MemoryError):
        isolation._fates_in_helper([(document(), frozenset())], Config())


@pytest.mark.slow
def test_a_document_beyond_a_real_limit_is_rejected_alone():
    """Megabytes of text under a limit that any other text keeps, in a helper just started."""
    large = document("The tram to Vellmer stopped at noon.\n" * 100_000, source="l.txt")
    around = [document(f"{STORY} {n}", source=f"{n}.txt") for n in range(2)]
    records = [around[0], large, around[1]]
    fates = list(process_records(records, limited(document_seconds=0.1, document_megabytes=0)))

    assert "too_slow" == fates[1][1].reason
    assert [None, None] == [fates[0][1], fates[2][1]]


def test_documents_are_sent_in_batches_that_are_neither_many_nor_large():
    """So many records, or so many characters; none is left out."""
    small = [document(str(n), source=f"{n}.txt") for n in range(70)]
    large = [document("x" * 600_000, source=f"{n}.txt") for n in range(3)]

    limits = (isolation._chars_of, isolation.BATCH_CHARS, isolation.BATCH_RECORDS)
    assert [64, 6] == [len(batch) for batch in portions(small, *limits)]
    assert [1, 1, 1] == [len(batch) for batch in portions(large, *limits)]
    assert small == [record for batch in portions(iter(small), *limits) for record in batch]
