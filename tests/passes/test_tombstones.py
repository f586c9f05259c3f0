"""What was taken down is known again by id, address or site."""

from __future__ import annotations

import pytest
from factories import article, document, rejection

from pipeline.passes.tombstones import taken_down, tombstone

URL = "https://news.example.co.uk/a?id=2"
PAGE = document(url="HTTPS://news.example.co.uk:443/a?utm_source=x&id=2#top")


@pytest.mark.parametrize(
    ("kind", "value", "rests"),
    [
        ("id", PAGE.id, True),
        ("url", URL, True),
        ("site", "example.co.uk", True),
        ("page", "news.example.co.uk/a?id=2", True),
        ("page", "news.example.co.uk/a", False),
        ("url", "https://news.example.co.uk/a", False),
        ("site", "news.example.co.uk", False),
        ("url", PAGE.id, False),
        ("id", URL, False),
    ],
)
def test_a_document_rests_by_any_of_its_names(kind, value, rests):
    """The address counts in its canonical form, the site with its whole domain."""
    found = taken_down(PAGE, None, frozenset([tombstone(kind, value), tombstone("id", "0" * 32)]))

    assert rests == (found is not None)
    if found:
        assert ("taken_down", "filtered", "read") == (found.reason, found.kind, found.stage)
        assert (PAGE.id, PAGE.record_id, None) == (found.id, found.record_id, found.excerpt)


def test_an_address_may_be_known_after_cleaning_only():
    """A page names it itself."""
    page = document()
    cleaned = article(found=page, url=URL, site="example.co.uk")
    for stone in (tombstone("url", URL), tombstone("site", "example.co.uk")):
        assert None is taken_down(page, None, frozenset([stone]))
        assert taken_down(page, cleaned, frozenset([stone]))


@pytest.mark.parametrize(
    ("kind", "value", "rests"),
    [
        ("page", "news.example.co.uk/a?id=2", True),
        ("url", URL, True),
        ("site", "example.co.uk", True),
        ("page", "news.example.co.uk/a", False),
    ],
)
@pytest.mark.parametrize("reason", ["no_text", "too_large"])
def test_a_record_that_could_not_be_read_rests_by_its_url(kind, value, rests, reason):
    """In any form, as the record states it."""
    broken = rejection(reason=reason, url=PAGE.url, excerpt="words")
    found = taken_down(broken, None, frozenset([tombstone(kind, value)]))

    assert rests == (found is not None)
    assert None is taken_down(rejection(url="no address"), None, frozenset([b"0" * 16]))


def test_a_record_that_could_not_be_read_rests_by_its_id():
    """It would have an excerpt; without an id and a url nothing is known of it."""
    tombstones = frozenset([tombstone("id", PAGE.id)])

    assert taken_down(rejection(id=PAGE.id, excerpt="words"), None, tombstones).excerpt is None
    assert None is taken_down(rejection(), None, tombstones)
    assert None is taken_down(rejection(id=PAGE.id), None, frozenset())
