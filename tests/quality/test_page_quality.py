"""Floors of story extraction on a fixed part of the labelled development pages.

The page model has learned from these pages: the floors only tell when something broke. What it
does on sites that it has not seen stands in docs/decisions/0010-page-model.md.
"""

from __future__ import annotations

import json
import lzma
import tarfile
from hashlib import blake2b
from pathlib import Path

import pytest
from rapidfuzz.distance import LCSseq

from pipeline.clean import clean_document
from pipeline.clean.html.block_model import WEIGHTS
from pipeline.config import CleanConfig
from pipeline.read.encoding import decode
from pipeline.records import Document
from pipeline.text.tokens import words

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "html"
EVERY = {"daniel": 25, "fundus_eval": 3, "zyte": 5}
"""One page in this many is scored, by the digest of its name."""
FLOORS = {"daniel": 0.86, "fundus_eval": 0.94, "zyte": 0.94}
"""Least mean F1 of the story's words; lowered only on purpose."""

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the labelled pages are not beside the repository (../shared/data)"
)


def test_the_pages_are_those_that_the_floors_were_set_on() -> None:
    """The archives have the digests that the model's file names."""
    known = json.loads(WEIGHTS.read_text(encoding="utf-8"))["trained_on"]
    found = {
        f"{name}.tar.xz": blake2b((DATA / f"{name}.tar.xz").read_bytes()).hexdigest()[:16]
        for name in EVERY
    }

    assert found == {name: known[name] for name in found}


@pytest.mark.parametrize("name", EVERY)
def test_the_story_is_taken_out(name: str) -> None:
    """The mean F1 of a benchmark's sample is above its floor."""
    scores = [score(row, payload) for row, payload in sample(name)]

    assert sum(scores) / len(scores) >= FLOORS[name]


def sample(name: str) -> list[tuple[dict, bytes]]:
    """Gold rows and pages of the part of a benchmark that is scored."""
    pages, rows = {}, []
    with (
        lzma.open(DATA / f"{name}.tar.xz") as packed,
        tarfile.open(fileobj=packed, mode="r|") as members,
    ):
        for member in members:
            stem = Path(member.name).stem
            if member.name.endswith("gold.jsonl"):
                rows = [json.loads(line) for line in members.extractfile(member)]
            elif member.isfile() and blake2b(stem.encode()).digest()[0] % EVERY[name] == 0:
                pages[stem] = members.extractfile(member).read()
    return [(row, pages[row["id"]]) for row in rows if row["id"] in pages]


def score(row: dict, payload: bytes) -> float:
    """F1 of the longest common subsequence of words."""
    content = decode(payload, html=True).text
    document = Document("0" * 32, row["id"], row["id"], "text/html", content)
    got = words(clean_document(document, CleanConfig()).text)
    want = words(row.get("gold_text") or "\n".join(row.get("body_paragraphs", ())))
    return 2 * LCSseq.similarity(got, want) / max(len(got) + len(want), 1)
