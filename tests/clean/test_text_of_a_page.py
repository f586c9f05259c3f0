"""The text of a record is used if its page has hardly any story."""

from __future__ import annotations

import pytest
from factories import story

from pipeline.clean import clean_document
from pipeline.config import CleanConfig
from pipeline.records import Document

STORY = "\n\n".join(story(n, 60) for n in range(3))
WALL = "<html><body><h1>Just a moment…</h1><p>Please enable JavaScript.</p></body></html>"
SHELL = '<html><body><div id="root"></div><script>var a = "b";</script></body></html>'
PAGE = f"<html><body><article><h1>Ferry</h1><p>{story(9, 120)}</p></article></body></html>"


@pytest.mark.parametrize(
    ("page", "text", "used"),
    [
        (WALL, STORY, True),
        (SHELL, STORY, True),
        ("<html></html>", STORY, True),
        (PAGE, STORY, False),
        (PAGE, "Ferry", False),
        (SHELL, None, False),
    ],
    ids=["wall", "shell", "empty", "page", "less than the page", "no text"],
)
def test_the_text_is_used_if_the_page_has_hardly_any_story(page, text, used):
    """An empty shell or a check for robots does not replace the story."""
    document = Document("0" * 32, "a", "a", "text/html", page, text=text)

    article = clean_document(document, CleanConfig())

    assert used == ("text_used" in article.flags)
    assert used == (article.text == STORY)
