"""Whoever follows one text through ``clean_document`` enters few functions."""

from __future__ import annotations

import sys
from pathlib import Path

import pipeline
from pipeline.clean import clean_document
from pipeline.config import CleanConfig
from pipeline.records import Document

PACKAGE = str(Path(pipeline.__file__).parent)
TEXT = Path(PACKAGE).parent / "raw/tarnmouth-courier/harbour-dredging.txt"
MODEL = ("model.py", "observed.py", "tagger.py")
"""Modules that are only arithmetic of the tagger: ``tag_pages`` counts, not what it calls."""
MOST = 111
"""Headline, authors and dates are read from roles, with what each may look like, where it is, and
what else a day may be of."""


def places(text: str) -> set[tuple[str, str]]:
    """Module and name of each function of the package that cleaning *text* enters."""
    entered = set()

    def enter(frame, event, _):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGE) and code.co_name[0] != "<":
            entered.add((code.co_filename.removeprefix(PACKAGE), code.co_name))

    sys.setprofile(enter)
    try:
        clean_document(Document("0" * 32, "a", "a.txt", "text/plain", text), CleanConfig())
    finally:
        sys.setprofile(None)
    return entered


def test_one_document_enters_few_places():
    """A whole page saved as text: rules, heading, story and what stands below them."""
    text = TEXT.read_text(encoding="utf-8")
    places("Warm up.")

    found = {place for place in places(text) if not place[0].endswith(MODEL)}

    assert len(found) <= MOST, sorted(found)
