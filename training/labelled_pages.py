"""Labelled pages as training data of the page model: features and labels of every block."""

from __future__ import annotations

import json
import lzma
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from pipeline.clean.html.block_model import Rows, measure
from pipeline.clean.html.blocks import Grams
from pipeline.clean.html.candidates import Candidates, read_candidates
from pipeline.clean.names import name_key
from pipeline.read.encoding import decode
from pipeline.records import Document
from pipeline.text.tokens import words

FOLDS = 5
SHARE = {"readability_js": 0.5, "trafilatura_eval": 0.5}
"""Weight of a page of a benchmark with less informative gold: another extractor's output, and a few
segments per page."""
KEEP, DROP, OPEN = "kdn"
"""Labels: story, boilerplate, and neither, which is ignored."""

Labels = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class LabelledPage:
    """A page with the gold of its benchmark.

    Attributes:
        bench, gold: the benchmark and its row for the page.
        fold: a hash of the site's name.
        rows: the blocks that the model scores; None if it does not score the page.
        labels: one per row.
    """

    bench: str
    gold: dict[str, Any]
    fold: int
    candidates: Candidates
    rows: Rows | None
    labels: Labels


def read_archive(archive: Path) -> Iterator[LabelledPage]:
    """Read the pages of one benchmark that have a gold text."""
    name = archive.name.partition(".")[0]
    for row, payload in unpacked(archive):
        if gold_text(row) or row.get("with"):
            yield label_page(name, row, payload)


def unpacked(archive: Path) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Each gold row of one benchmark that has a page, and the bytes of the page."""
    pages: dict[str, bytes] = {}
    rows: list[dict[str, Any]] = []
    with lzma.open(archive) as packed, tarfile.open(fileobj=packed, mode="r|") as members:
        for member in members:
            stream = members.extractfile(member) if member.isfile() else None
            if stream is None:
                continue
            path = Path(member.name)
            if path.name == "gold.jsonl":
                rows = [json.loads(line) for line in stream.read().splitlines()]
            elif path.suffix in (".html", ".htm"):
                pages[path.stem] = stream.read()
    for row in rows:
        if row["id"] in pages:
            yield row, pages[row["id"]]


def label_page(bench: str, row: dict[str, Any], payload: bytes) -> LabelledPage:
    """Measure and label one page."""
    content = decode(payload, html=True).text
    document = Document("0" * 32, row["id"], row["id"], "text/html", content)
    candidates = read_candidates(document)
    fold = blake2b((row.get("domain") or row["id"]).encode()).digest()[0] % FOLDS
    rows = measure(candidates)
    if rows is None:
        return LabelledPage(bench, row, fold, candidates, None, np.zeros(0, np.str_))
    labels = label_blocks(row, candidates)[rows.indices]
    return LabelledPage(bench, row, fold, candidates, rows, labels)


def gold_text(row: dict[str, Any]) -> str:
    """The body of a page, including open paragraphs."""
    if "body_paragraphs" in row:
        parts = row["body_paragraphs"]
        return "\n".join(part[1:-1] if is_open(part) else part for part in parts)
    return row.get("gold_text") or ""


def is_open(paragraph: str) -> bool:
    """Whether a paragraph may be extracted or not."""
    return paragraph.startswith("[") and paragraph.endswith("]")


def label_blocks(row: dict[str, Any], candidates: Candidates) -> Labels:
    """Label the blocks of a page; those that only repeat its headline are open."""
    texts = candidates.blocks.texts
    gold = gold_text(row)
    labels = by_body(texts, gold) if gold else _by_segments(texts, row)
    open_ = [part[1:-1] for part in row.get("body_paragraphs", ()) if is_open(part)]
    if open_:
        labels[in_gold(texts, open_) >= 0.5] = OPEN
    titles = {name_key(e.value) for e in candidates.metadata.evidence if e.field == "title"}
    for index, text in enumerate(texts):
        if len(text) < 300 and name_key(text) in titles:
            labels[index] = OPEN
    return labels


def by_body(texts: list[str], gold: str) -> Labels:
    """A text is story if most of it is in *gold* at its place in the order."""
    tokens = [words(text) for text in texts]
    flat = [word for line in tokens for word in line]
    counts = np.array([len(line) for line in tokens])
    owners = np.repeat(np.arange(len(texts)), counts)
    matched = np.ones(len(flat))
    for step in LCSseq.opcodes(flat, words(gold)):
        if step.tag in ("delete", "replace"):
            matched[step.src_start : step.src_end] = 0.0
    ordered = np.bincount(owners, weights=matched, minlength=len(texts)) / np.maximum(counts, 1)
    shared = in_gold(texts, gold.split("\n"))
    story = (ordered >= 0.5) & (shared >= 0.4)
    beside = np.convolve(np.pad(story.astype(int), 1), (1, 1, 1), "valid") > 0
    story |= (counts > 0) & (counts < 3) & (ordered == 1) & beside
    labels = np.where(story, KEEP, DROP)
    labels[(ordered >= 0.5) & ~story & (counts >= 3) & (shared >= 0.2)] = OPEN
    labels[counts == 0] = OPEN
    return labels


def in_gold(texts: list[str], gold: list[str]) -> NDArray[np.float64]:
    """The share of each text's n-grams that are in *gold*, in any order."""
    return Grams(texts).shares_in(Grams(gold))


def _by_segments(texts: list[str], row: dict[str, Any]) -> Labels:
    """Label blocks with a segment that must or must not be kept; all others are open."""
    labels = np.full(len(texts), OPEN)
    for key, label in (("without", DROP), ("with", KEEP)):
        for segment in row.get(key) or ():
            sought = " ".join(segment.split())
            for index, text in enumerate(texts):
                if sought in text:
                    labels[index] = label
    return labels
