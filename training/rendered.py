"""Pages with a gold body, rendered as plain text and labelled by alignment.

    archive ─▶ page, gold ─renderings─▶ lines ─by_body─▶ labels ─checks─▶ Labelled

They are training data only; scores come from the labelled texts. Pages that are among those are
left out. Folds are by site in both.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from lxml.etree import ParserError
from lxml.html import document_fromstring
from numpy.typing import NDArray

from pipeline.clean.names import name_key
from pipeline.read.encoding import decode
from pipeline.text.tokens import word_count
from pipeline.urls import canonical_url
from training.labelled import Labelled, label_lines
from training.labelled_pages import DROP, KEEP, OPEN, by_body, gold_text, in_gold, unpacked
from training.renderings import Lines, renderings

COVERAGE = 0.85
"""Minimum words in lines labelled as story, as a share of the gold's words."""
EXCESS = 1.3
"""Maximum of the same share: a larger one means duplicates."""
MIN_WORDS = 60
"""Minimum words of a gold body."""
REPEATED = 0.6
"""A line with at least this share in the gold is not boilerplate: it repeats the story."""
TITLE_CHARS = 8
"""Minimum length of a part of a ``<title>`` that counts as the headline."""
LANGUAGES = {"Chinese": "zh", "English": "en", "Greek": "el", "Polish": "pl", "Russian": "ru"}
SAMPLE = 40
"""Letters of a sample; two pages are the same if they share one."""


class Known:
    """The pages among the labelled texts, by URL and by content."""

    def __init__(self, files: list[Path]) -> None:
        self._urls: set[str] = set()
        self._samples: set[str] = set()
        for path in files:
            with lzma.open(path, "rt", encoding="utf-8") as rows:
                for row in map(json.loads, rows):
                    self._urls.add(canonical_url(row["url"] or "") or "")
                    self._samples |= _samples("\n".join(row["gold"] or ()))

    def has(self, url: str | None, gold: str) -> bool:
        """Whether the page, or one with the same content, is among them."""
        return bool(url and canonical_url(url) in self._urls) or bool(
            _samples(gold) & self._samples
        )


def _samples(text: str) -> set[str]:
    """Consecutive runs of ``SAMPLE`` letters of each line, in lower case, without punctuation."""
    found = set()
    for line in text.split("\n"):
        folded = name_key(line).replace(" ", "")
        found |= {folded[at : at + SAMPLE] for at in range(0, len(folded) - SAMPLE + 1, SAMPLE)}
    return found


def read_rendered(archives: list[Path], known: Known) -> Iterator[Labelled]:
    """All renderings of pages in *archives* with reliable labels."""
    for archive in archives:
        bench = archive.name.partition(".")[0]
        for row, payload in unpacked(archive):
            gold = gold_text(row)
            if word_count(gold) >= MIN_WORDS and not known.has(row.get("url"), gold):
                yield from rendered(bench, row, payload)


def rendered(bench: str, row: dict[str, Any], payload: bytes) -> Iterator[Labelled]:
    """The renderings of one page with reliable labels."""
    gold = gold_text(row)
    content = decode(payload, html=True).text
    try:
        made = renderings(content)
        titles = _titles(row, content, gold)
    except (ParserError, ValueError):
        return
    page = {
        "id": f"{bench}:{row['id']}",
        "url": row.get("url"),
        "domain": row["domain"],
        "lang": LANGUAGES.get(row.get("lang") or "", row.get("lang") or ""),
        "title": row.get("title"),
    }
    for name, lines in made.items():
        labels = labels_of(lines, gold, titles)
        if labels is not None:
            merged = [[*line, kind] for line, kind in zip(lines, labels.tolist(), strict=True)]
            yield label_lines(page, name, "rendered", merged)


def _titles(row: dict[str, Any], content: str, gold: str) -> frozenset[str]:
    """Candidates for the headline, folded: the gold title, markup, the first line of the gold."""
    root = document_fromstring(content)
    found = [row.get("title") or ""]
    found += [" ".join(e.text_content().split()) for e in root.iter("h1", "title")]
    first = gold.lstrip().partition("\n")[0]
    whole = [name_key(text) for text in found]
    if any(len(first) >= TITLE_CHARS and name_key(first) in text for text in whole):
        whole.append(name_key(first))
    return frozenset(text for text in whole if text)


def labels_of(lines: Lines, gold: str, titles: frozenset[str]) -> NDArray[np.str_] | None:
    """Label each line by *gold*, with *titles* open; None if the labels are unreliable."""
    texts = [text for text, _ in lines]
    labels = by_body(texts, gold)
    sizes = np.array([word_count(text) for text in texts])
    story = int(sizes[labels == KEEP].sum())
    whole = word_count(gold)
    twice = (labels == DROP) & (sizes >= 5) & (in_gold(texts, gold.split("\n")) >= REPEATED)
    labels[twice] = OPEN
    for index, text in enumerate(texts):
        if len(text) < 300 and name_key(text) in titles:
            labels[index] = OPEN
    if not COVERAGE * whole <= story <= EXCESS * whole:
        return None
    return labels
