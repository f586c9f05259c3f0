"""Floors of plain-text cleaning on the labelled texts that lie beside the repository."""

from __future__ import annotations

import json
import lzma
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.clean import clean_document
from pipeline.config import CleanConfig
from pipeline.records import Document
from pipeline.text.unicode import normalize

SEEDS = Path(__file__).parents[2] / ".." / "shared" / "seeds"
CHROME_REMOVED = 0.9

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (SEEDS / "gold.jsonl.xz").exists(),
        reason="the labelled seed texts are not beside the repository (../shared/seeds)",
    ),
]


def articles():
    """Name and article of each seed text."""
    for path in sorted(SEEDS.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        document = Document("0" * 32, path.stem, path.name, "text/plain", text)
        yield path.stem, clean_document(document, CleanConfig())


def labelled_lines():
    """Name and labelled lines of each seed text."""
    with lzma.open(SEEDS / "gold.jsonl.xz", "rt", encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            yield row["id"], [(line[0], line[2]) for line in row["renders"]["seed"]["lines"]]


def test_no_body_line_is_lost():
    """Every line labelled as body is a paragraph of the cleaned text."""
    texts = {name: set(article.text.split("\n\n")) for name, article in articles()}
    lost = [
        (name, line)
        for name, lines in labelled_lines()
        for line, label in lines
        if label == "k" and normalize(line) not in texts[name]
    ]

    assert [] == lost


def test_chrome_is_removed():
    """Of the words labelled as chrome at most a tenth is left."""
    texts = {name: set(article.text.split("\n\n")) for name, article in articles()}
    words = left = 0
    for name, lines in labelled_lines():
        for line, label in lines:
            if label == "d":
                words += len(line.split())
                left += len(line.split()) * (normalize(line) in texts[name])

    assert left / words <= 1 - CHROME_REMOVED


def test_metadata_is_exact():
    """Headline, authors, contributors and date of publication are what can be known."""
    known = json.loads((SEEDS / "metadata.json").read_text(encoding="utf-8"))
    expected, got = {}, {}
    for name, article in articles():
        fields = known[name]
        date = fields["date_published"]
        published = article.date_published
        if date is not None and "T" in date:
            date = datetime.fromisoformat(date.replace("Z", "+00:00"))
            stated = published.instant if published else None
        else:
            stated = published.isoformat() if published else None
        expected[name] = (
            fields["title"],
            tuple(fields["authors"]),
            tuple(fields.get("contributors", ())),
            date,
        )
        got[name] = (article.title, article.authors, article.contributors, stated)

    assert expected == got
