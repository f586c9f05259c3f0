"""Headline, authors, day and every paragraph, whatever a site prints around a story.

The same stories as texts and as pages without metadata.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.clean import clean_documents
from pipeline.config import CleanConfig
from pipeline.records import Article, Document, MediaType

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases/furniture.yaml").read_text("utf-8"))
DAY = "2024-03-07"
KEPT_IN_PAGES = frozenset({"Related articles", "À lire aussi", "Te puede interesar"})
"""Headers without what they head."""
MISSED = 10
"""Headlines and author sets of 682 texts that are missed."""


def clean(contents: list[str], kind: MediaType) -> list[Article]:
    """Clean texts or pages."""
    documents = [Document("0" * 32, "a", "a", kind, content) for content in contents]
    found = clean_documents(documents, CleanConfig())
    return [article for article in found if isinstance(article, Article)]


def texts_of(texts: list[list[str]]) -> list[Article]:
    """Clean texts of these lines."""
    return clean(["\n\n".join(lines) for lines in texts], "text/plain")


HEADS = (
    "<h1>{title}</h1><p>{byline}</p><p>{stamp}</p>",
    "<h1>{title}</h1><div><span class=author>{byline}</span> <span class=date>{stamp}</span></div>",
    "<h2>{title}</h2><p>{byline} | {stamp}</p>",
    "<div class=title>{title}</div><div>{byline}</div><div>{stamp}</div>",
)


def page(case: dict[str, Any], head: str, byline: str, stamp: str, lines: list[str]) -> str:
    """A page with a menu, a notice of consent and a story of these *lines*."""
    title, site, *menu = map(escape, (case["title"], case["menu"][1], *case["menu"]))
    links = "".join(f"<li><a href='/{name}'>{name}</a>" for name in menu)
    notice, note, *buttons = map(escape, case["consent"])
    above = head.format(title=title, byline=escape(byline), stamp=escape(stamp))
    return (
        f"<title>{title} - {site}</title><body><div><p>{notice}</p><p>{note}</p>"
        f"<button>{'</button><button>'.join(buttons)}</button></div>"
        f"<header><nav><ul>{links}</ul></nav></header><main><article>{above}"
        f"<p>{'</p><p>'.join(map(escape, lines))}</p></article></main>"
        f"<footer><p>© 2024 {site}</p></footer>"
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_line_within_a_story_goes_and_takes_nothing_with_it(case: dict[str, Any]) -> None:
    """Such as an advertisement, a pointer, a credit or a button, between any two paragraphs."""
    head, story = [case["title"], case["bylines"][0][0], case["stamps"][0]], case["story"]
    places = list(product(case["asides"], range(1, len(story))))
    texts = [[*head, *story[:at], aside, *story[at:]] for aside, at in places]

    assert [story] * len(texts) == [article.text.split("\n\n") for article in texts_of(texts)]


def test_headlines_authors_and_days_are_right_or_missed() -> None:
    """Below a menu, a notice of consent or both, or right above the story."""
    texts, expected = [], []
    for case in CASES.values():
        menu, consent = case["menu"], case["consent"]
        heads = product(case["bylines"], case["stamps"], [[], menu])
        first = case["bylines"][0], case["stamps"][0]
        around = [consent[:lines] + rest for lines in range(1, 5) for rest in ([], menu)]
        for (byline, name), stamp, above in [*heads, *((*first, each) for each in around)]:
            texts.append([*above, case["title"], byline, stamp, *case["story"]])
            expected.append((case["title"], (name,), DAY))
    missed: Counter[str] = Counter()
    for (title, authors, day), article in zip(expected, texts_of(texts), strict=True):
        stated = article.date_published
        assert article.title in (title, None)
        assert article.authors in (authors, ())
        assert stated is None or stated.day == day
        missed.update(title=not article.title, authors=not article.authors, day=not stated)

    assert len(texts) == 682
    assert 0 == missed["day"]
    assert missed["title"] + missed["authors"] <= MISSED


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_page_says_nothing_untrue_and_keeps_its_story(case: dict[str, Any]) -> None:
    """With four kinds of markup; what is printed in a form of its own may be missed."""
    story, asides = case["story"], [line for line in case["asides"] if line not in KEPT_IN_PAGES]
    printed = product(case["bylines"], case["stamps"])
    heads = [(HEADS[at % len(HEADS)], *each) for at, each in enumerate(printed)]
    lines = [[*story[:2], asides[at % len(asides)], *story[2:]] for at, _ in enumerate(heads)]
    pages = [
        page(case, head, byline, stamp, own)
        for (head, (byline, _), stamp), own in zip(heads, lines, strict=True)
    ]
    for (_, (_, name), _), article in zip(heads, clean(pages, "text/html"), strict=True):
        stated, kept = article.date_published, article.text.split("\n\n")
        assert article.title == case["title"]
        assert article.authors in ((name,), (), (name, case["menu"][1]))  # the site may sign, too
        assert stated is None or stated.day == DAY
        assert story == [line for line in kept if line in story]
        assert not {*asides, *case["consent"], *case["menu"]}.intersection(kept)
