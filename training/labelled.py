"""Labelled texts as the tagger sees them: lines, headers and labels."""

from __future__ import annotations

import json
import lzma
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.observed import headers_of
from pipeline.clean.lines.page import LineRecord, Page, read_page
from pipeline.clean.lines.rules import CLASS_OF, CLASSES, rule_hits
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
        page_id, url, domain, language, rendering: where it comes from.
        source: whose labels they are, of ``SOURCES``.
        lines: text of each.
        blanks: whether an empty line stands before each.
        headers: bool[lines, HEADERS], see ``observed.headers_of``.
        named: int8[lines], the class of boilerplate that a rule or phrase names, else -1.
        labels: ``k`` keep, ``d`` drop; others count for nothing. Scores go by them.
        learned: the same as the model learns them, corrected where readers disagree.
        tokens: words of each line, characters where a script has no spaces.
    """

    page_id: str
    url: str | None
    domain: str
    language: str
    rendering: str
    source: str
    lines: tuple[str, ...]
    blanks: NDArray[np.bool_]
    headers: NDArray[np.bool_]
    named: NDArray[np.int8]
    labels: NDArray[np.str_]
    learned: NDArray[np.str_]
    tokens: NDArray[np.int64]

    @property
    def fold(self) -> int:
        """The part of the cross-validation that the site belongs to."""
        return int.from_bytes(blake2b(self.domain.encode(), digest_size=8).digest(), "big") % FOLDS


def read_labelled(
    files: list[Path], wanted: Callable[[dict[str, Any], str], bool] = lambda *_: True
) -> Iterator[Labelled]:
    """All renderings in *files* whose labels can be trusted.

    Args:
        wanted: whether a rendering is read, by the row of its page and its name.
    """
    corrections = read_corrections()
    for path in files:
        with lzma.open(path, "rt", encoding="utf-8") as rows:
            for row in map(json.loads, rows):
                for name, rendering in row["renders"].items():
                    lines = rendering["lines"]
                    trusted = rendering["cov"] >= COVERAGE and any(line[2] == "k" for line in lines)
                    if trusted and wanted(row, name):
                        source = "silver" if row["silver"] else "gold"
                        corrected = corrections.get(row["id"], {})
                        yield label_lines(row, name, source, lines, corrected)


def page_of(lines: list[list[Any]]) -> tuple[Page, list[int]]:
    """The page that labelled lines make, and where each of them starts."""
    position, starts, parts = 0, [], []
    for index, line in enumerate(lines):
        gap = "" if index == 0 else "\n\n" if line[1] else "\n"
        position += len(gap)
        starts.append(position)
        position += len(line[0])
        parts.append(gap + line[0])
    return read_page("".join(parts)), starts


def label_lines(
    row: dict[str, Any],
    name: str,
    source: str,
    lines: list[list[Any]],
    corrected: Mapping[str, str] = MappingProxyType({}),
) -> Labelled:
    """Label the lines of one rendering: text, empty line before, label, and more.

    *row* says ``id``, ``url``, ``domain``, ``lang`` and ``title`` of the page; a line of story
    that is the headline counts for nothing. *corrected* has the digests of lines that are learned
    with another label than the one they are scored by.
    """
    headline = _folded(row["title"])
    labels = [
        "n" if line[2] == "k" and headline and _folded(line[0]) == headline else line[2]
        for line in lines
    ]
    page, starts = page_of(lines)
    found = []
    for line in page.lines:
        low = max(bisect_right(starts, line.start) - 1, 0)
        high = max(bisect_left(starts, line.end), low + 1)
        found.append(Counter(labels[low:high]).most_common(1)[0][0])
    return Labelled(
        row["id"],
        row.get("url"),
        row["domain"],
        row["lang"],
        name,
        source,
        tuple(line.text for line in page.lines),
        np.array([line.blank_before for line in page.lines]),
        headers_of(page.lines),
        _named(page),
        np.array(found),
        np.array([_learned(*each, corrected) for each in zip(page.lines, found, strict=True)]),
        np.array([len(TOKEN.findall(line.text.lower())) for line in page.lines]),
    )


def _named(page: Page) -> NDArray[np.int8]:
    found = np.full(len(page.lines), -1, np.int8)
    hits = rule_hits(page)
    for line in page.lines:
        names = [
            name
            for name in CLASS_OF
            if line.index in hits.get(name, ()) or name in line.kinds | line.signs
        ]
        if names:
            found[line.index] = CLASSES.index(CLASS_OF[names[0]])
    return found


def _learned(line: LineRecord, label: str, corrected: Mapping[str, str]) -> str:
    """The label that is learned: a reader's, where one disagreed with the gold."""
    if label not in "kd" or not corrected:
        return label
    return corrected.get(line_digest(line.text), label)


def _folded(text: str | None) -> str:
    return re.sub(r"\W+", " ", unicodedata.normalize("NFKC", text or "").lower()).strip()
