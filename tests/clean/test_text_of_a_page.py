"""The text of a record is used if its page has hardly any story."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from factories import story

from pipeline.clean import clean_document, has_no_story
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


CASES = yaml.safe_load((Path(__file__).parent / "walls.yaml").read_text("utf-8"))
WALLS, STORIES, FERRY, LAW = (CASES[name] for name in ("walls", "stories", "ferry", "law"))


@pytest.mark.parametrize("name", WALLS)
def test_a_wall_with_up_to_half_of_the_characters_is_no_story(name):
    """In any language; with one character more it stays, and so it does next to its own words."""
    wall = WALLS[name]
    half = (FERRY * 9)[: 2 * len(wall)]

    assert has_no_story(wall, half)
    assert not has_no_story(wall, half[:-1])
    assert not has_no_story(wall, f"{wall} {half}")


@pytest.mark.parametrize("name", STORIES)
def test_a_page_with_a_story_stays_used(name):
    """However it is worded, and whatever notice was left in it."""
    story = STORIES[name]
    text = FERRY if 2 * len(story) <= len(FERRY) else FERRY + " " + "It sails at six. " * 20

    assert 2 * len(story) <= len(text) <= 5 * len(story)
    assert not has_no_story(story, text)


def test_a_story_about_cookies_is_no_wall():
    """Its text has the same words; a wall before it has others."""
    short = "The draft says that cookies need consent to be kept, and personal data has to go soon."

    assert not has_no_story(short, LAW)
    assert has_no_story(WALLS["German"], LAW + " " + FERRY)


@pytest.mark.parametrize(("fewer", "no_story"), [(0, False), (1, True)])
def test_less_than_a_fifth_of_the_characters_is_no_story(fewer, no_story):
    """Whatever it says."""
    assert no_story == has_no_story("A" * (100 - fewer), "b" * 500)
    assert not has_no_story("", "")


def test_the_text_is_used_instead_of_a_consent_wall():
    """With the wall as the page has it, between its buttons."""
    paragraphs = "".join(f"<p>{each}</p>" for each in WALLS["consent"].split("\n\n"))
    page = f"<html><body><div>{paragraphs}</div><button>Accept</button></body></html>"
    document = Document("0" * 32, "a", "a", "text/html", page, text=story(4, 80))

    assert "text_used" in clean_document(document, CleanConfig()).flags
