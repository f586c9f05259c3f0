"""Headline, authors, day and every paragraph, whatever a site prints around a story."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.clean import clean_documents
from pipeline.config import CleanConfig
from pipeline.records import Article, Document

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases/furniture.yaml").read_text("utf-8"))
DAY = "2024-03-07"
MISSED = 10
"""Headlines and author sets of 682 texts that are missed."""


def clean(texts: list[list[str]]) -> list[Article]:
    """Clean texts of these lines."""
    documents = [
        Document("0" * 32, f"{at}", f"{at}.txt", "text/plain", "\n\n".join(lines))
        for at, lines in enumerate(texts)
    ]
    found = clean_documents(documents, CleanConfig(), [frozenset()] * len(texts))
    return [article for article in found if isinstance(article, Article)]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_line_within_a_story_goes_and_takes_nothing_with_it(case: dict[str, Any]) -> None:
    """Such as an advertisement, a pointer, a credit or a button, between any two paragraphs."""
    head, story = [case["title"], case["bylines"][0][0], case["stamps"][0]], case["story"]
    places = list(product(case["asides"], range(1, len(story))))
    texts = [[*head, *story[:at], aside, *story[at:]] for aside, at in places]

    assert [story] * len(texts) == [article.text.split("\n\n") for article in clean(texts)]


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
    for (title, authors, day), article in zip(expected, clean(texts), strict=True):
        stated = article.date_published
        assert article.title in (title, None)
        assert article.authors in (authors, ())
        assert stated is None or stated.day == day
        missed.update(title=not article.title, authors=not article.authors, day=not stated)

    assert len(texts) == 682
    assert 0 == missed["day"]
    assert missed["title"] + missed["authors"] <= MISSED
