"""Labels of single lines that were corrected by reading them in their page.

The gold of the labelled texts follows each publisher's idea of a body: a caption, a credit, an
offer between two paragraphs may count as story, a standfirst or a quoted post as chrome. Lines of
extractors' outputs on which the model and the gold disagreed were read blind; where the reader
disagreed with the gold too, the model learns what the reader says. Scores keep the gold.

``corrected_labels.jsonl`` holds no text: a page, and for digests of its lines a label.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

LABELS = Path(__file__).with_name("corrected_labels.jsonl")

Corrections = Mapping[str, Mapping[str, str]]
"""Page → digest of a line → ``k`` story, ``d`` chrome, ``n`` neither."""


def read_corrections() -> Corrections:
    """All corrections, by page."""
    rows = map(json.loads, LABELS.read_text(encoding="utf-8").splitlines())
    return {row["page"]: row["lines"] for row in rows}


def line_digest(text: str) -> str:
    """What a line is known by."""
    return blake2b(text.encode(), digest_size=6).hexdigest()
