"""Texts cleaned together: the same articles as one by one, whatever one of them provokes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import clean_document, clean_documents
from pipeline.clean.lines import cleaner
from pipeline.config import CleanConfig
from pipeline.records import Document

LINES = (
    "Ferry berth closed after divers find cracks",
    "Read more",
    "Comments",
    "The harbour board closed the ferry berth on Tuesday after divers found cracks in three piles.",
    "Repairs to the berth will take until spring, the board said, and two boats will serve.",
    "I told you so years ago, you never listen!",
    "June 9 – Turku, 10:30",
    "港の岸壁は春まで閉鎖される。",
    "責任編輯：記者",
    "©",
    "(c) 2020 | example.com",
)
TEXT = st.lists(st.sampled_from(LINES), min_size=1, max_size=12).map("\n".join)


def plain(text, name="a"):
    """A plain text as a document."""
    return Document("0" * 32, name, f"{name}.txt", "text/plain", text)


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(st.lists(st.one_of(TEXT, st.text(max_size=60)), max_size=6))
def test_texts_cleaned_together_are_cleaned_alike(texts):
    """Text, reasons and metadata are those of each text cleaned alone."""
    documents = [plain(text) for text in texts]

    assert [clean_document(each, CleanConfig()) for each in documents] == clean_documents(
        documents, CleanConfig()
    )


@pytest.mark.parametrize("broken", ["rule_hits", "_article", "tag_pages"])
def test_a_text_that_breaks_something_harms_no_other(monkeypatch, broken):
    """It gives its exception, and all others their articles, in order."""
    good, bad = plain("\n".join(LINES)), plain("BAD " + "\n".join(LINES))
    expected = clean_document(good, CleanConfig())
    working = getattr(cleaner, broken)

    def breaking(*arguments):
        if "BAD" in repr(arguments):
            raise ValueError("bad")
        return working(*arguments)

    monkeypatch.setattr(cleaner, broken, breaking)
    first, error, last = clean_documents([good, bad, good], CleanConfig())

    assert [expected, expected] == [first, last]
    assert "bad" == str(error)
