"""Labelled texts as the line model sees them: features and labels of every line."""

from __future__ import annotations

import json
import lzma
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.features import levelled, observe
from pipeline.clean.lines.heading import find_authors, find_title
from pipeline.clean.lines.page import LineRecord, Page, read_page
from pipeline.clean.lines.page_rules import entry_times
from pipeline.clean.lines.rules import rule_hits
from pipeline.clean.lines.tokens import Tokens, gram_count, grams, units
from training.corrected import line_digest, read_corrections

FULL = ("bs4", "lxml", "inscriptis", "html2text", "resi")
HALF = ("ptags", "ponly", "container", "traf_recall", "readability", "np4k", "resi_main")
"""Names of renderings: whole pages as text, and extractors' outputs with leftover chrome."""
COVERAGE = 0.75
"""Share of the body that must be found in a rendering for its labels to be trusted."""
FOLDS = 5
SOURCES = ("gold", "silver", "rendered")
"""Labelled by readers and scored; by an extractor; made of a page and the gold of its body."""

TOKEN = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\u3040-\u30ff]"
    r"|[^\W\u2e80-\u9fff\uf900-\ufaff\u3040-\u30ff]+"
)


@dataclass(frozen=True, eq=False)
class Labelled:
    """One rendering of one page.

    Attributes:
        page_id, domain, language, rendering: where it comes from.
        source: whose labels they are, of ``SOURCES``.
        observed: what ``features.observe`` says of each line.
        labels: ``k`` keep, ``d`` drop; others count for nothing. Scores go by them.
        learned: the same as the model learns them, corrected where readers disagree.
        tokens: words of each line, characters where a script has no spaces.
        grams: numbers of the n-grams of each line.
        gram_counts: n-grams of each line, at least 1; what stands twice counts twice.
        known: whether a named rule holds the line.
        entries: whether it is the time above an entry.
        title: the line taken for the headline.
        prose: whether a line of the page is prose.
    """

    page_id: str
    domain: str
    language: str
    rendering: str
    source: str
    observed: NDArray[np.float32]
    labels: NDArray[np.str_]
    learned: NDArray[np.str_]
    tokens: NDArray[np.int64]
    grams: tuple[tuple[int, ...], ...]
    gram_counts: NDArray[np.int64]
    known: NDArray[np.bool_]
    entries: NDArray[np.bool_]
    title: int | None
    prose: bool

    @property
    def fold(self) -> int:
        """The part of the cross-validation that the site belongs to."""
        return int.from_bytes(blake2b(self.domain.encode(), digest_size=8).digest(), "big") % FOLDS


class Numbers(dict[str, int]):
    """Text → a number, given in the order of first sight."""

    def __missing__(self, key: str) -> int:
        self[key] = len(self)
        return self[key]


def read_labelled(files: list[Path], numbers: Numbers) -> Iterator[Labelled]:
    """All renderings in *files* whose labels can be trusted; n-grams are numbered in *numbers*."""
    corrections = read_corrections()
    for path in files:
        with lzma.open(path, "rt", encoding="utf-8") as rows:
            for row in map(json.loads, rows):
                for name, rendering in row["renders"].items():
                    lines = rendering["lines"]
                    if rendering["cov"] >= COVERAGE and any(line[2] == "k" for line in lines):
                        source = "silver" if row["silver"] else "gold"
                        corrected = corrections.get(row["id"], {})
                        yield label_lines(row, name, source, lines, numbers, corrected)


def page_of(lines: list[list[Any]]) -> tuple[Page, list[int]]:
    """The page that labelled lines make, its headline and authors read, and where each starts."""
    position, starts, parts = 0, [], []
    for index, line in enumerate(lines):
        gap = "" if index == 0 else "\n\n" if line[1] else "\n"
        position += len(gap)
        starts.append(position)
        position += len(line[0])
        parts.append(gap + line[0])
    page = read_page("".join(parts))
    title = find_title(page)
    page = replace(page, title_index=title, title=None if title is None else page.lines[title].text)
    authors, _ = find_authors(page)
    return replace(page, authors=authors), starts


def label_lines(
    row: dict[str, Any],
    name: str,
    source: str,
    lines: list[list[Any]],
    numbers: Numbers,
    corrected: Mapping[str, str] = MappingProxyType({}),
) -> Labelled:
    """Measure the lines of one rendering: text, empty line before, label, and more.

    *row* says ``id``, ``domain``, ``lang`` and ``title`` of the page; a line of story
    that is the headline counts for nothing. *corrected* has the digests of lines that are learned
    with another label than the one they are scored by.
    """
    headline = _folded(row["title"])
    labels = [
        "n" if line[2] == "k" and headline and _folded(line[0]) == headline else line[2]
        for line in lines
    ]
    page, starts = page_of(lines)
    hits = rule_hits(page)
    known = sorted({i for rule, found in hits.items() if rule != "outside_story" for i in found})
    found = []
    read = [units(line.words) for line in page.lines]
    for line in page.lines:
        low = max(bisect_right(starts, line.start) - 1, 0)
        high = max(bisect_left(starts, line.end), low + 1)
        found.append(Counter(labels[low:high]).most_common(1)[0][0])
    return Labelled(
        row["id"],
        row["domain"],
        row["lang"],
        name,
        source,
        levelled(observe([page], [hits], Tokens(page.lines)), [len(page.lines)]),
        np.array(found),
        np.array([_learned(*each, corrected) for each in zip(page.lines, found, strict=True)]),
        np.array([len(TOKEN.findall(line.text.lower())) for line in page.lines]),
        tuple(tuple(sorted({numbers[g] for g in grams(words)})) for words in read),
        np.array([gram_count(len(words)) for words in read]),
        np.isin(np.arange(len(page.lines)), known),
        np.isin(np.arange(len(page.lines)), entry_times(page)),
        page.title_index,
        page.prose_before[-1] > 0,
    )


def _learned(line: LineRecord, label: str, corrected: Mapping[str, str]) -> str:
    """The label that is learned: a reader's, where one disagreed with the gold."""
    if label not in "kd" or not corrected:
        return label
    return corrected.get(line_digest(line.text), label)


def _folded(text: str | None) -> str:
    return re.sub(r"\W+", " ", unicodedata.normalize("NFKC", text or "").lower()).strip()
