"""Scores of story extraction per benchmark, with the metrics of ``score_html.py``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import LCSseq

from pipeline.text.tokens import words
from training.labelled_pages import LabelledPage, gold_text, is_open

LOW = 0.8
"""F1 below which a page counts as failed."""
GRAM = 4
"""Words of a shingle."""


def page_table(pages: Sequence[LabelledPage], columns: dict[str, Sequence[str]]) -> str:
    """Body F1 and share of failed pages as a Markdown table.

    Args:
        columns: heading → one text per page.
    """
    lines = ["| | pages | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|"]
    for bench in sorted({page.bench for page in pages}):
        chosen = [n for n, page in enumerate(pages) if page.bench == bench]
        cells = [
            _cell([pages[n] for n in chosen], [t[n] for n in chosen]) for t in columns.values()
        ]
        lines.append(f"| {bench} | {len(chosen)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(pages: list[LabelledPage], texts: list[str]) -> str:
    if pages[0].bench == "trafilatura_eval":
        return f"{_segment_f1(pages, texts):.4f}"
    scores = [_page_f1(page, text) for page, text in zip(pages, texts, strict=True)]
    low = f"{np.mean([score < LOW for score in scores]):.1%}"
    if pages[0].bench == "zyte":
        return f"{_shingle_f1(pages, texts):.4f}, {low}"
    return f"{np.mean(scores):.4f}, {low}"


def _page_f1(page: LabelledPage, text: str) -> float:
    """F1 of the longest common subsequence of words, with or without open paragraphs."""
    golds = [gold_text(page.gold)]
    parts = page.gold.get("body_paragraphs")
    if parts:
        golds.append("\n".join(part for part in parts if not is_open(part)))
    return max(_f1(words(text), words(gold)) for gold in golds)


def _f1(got: list[str], want: list[str]) -> float:
    common = LCSseq.similarity(got, want)
    return 2 * common / (len(got) + len(want)) if got or want else 1.0


def _shingle_f1(pages: list[LabelledPage], texts: list[str]) -> float:
    """F1 of mean precision and mean recall over shingles of ``GRAM`` words."""
    sums: dict[str, list[float]] = defaultdict(list)
    for page, text in zip(pages, texts, strict=True):
        got, want = _shingles(text), _shingles(gold_text(page.gold))
        common = sum((got & want).values())
        if got:
            sums["precision"].append(common / sum(got.values()))
        if want:
            sums["recall"].append(common / sum(want.values()))
    precision, recall = (float(np.mean(sums[name])) for name in ("precision", "recall"))
    return 2 * precision * recall / (precision + recall)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    found = words(text)
    return Counter(tuple(found[n : n + GRAM]) for n in range(max(1, len(found) - GRAM + 1)))


def _segment_f1(pages: list[LabelledPage], texts: list[str]) -> float:
    """F1 over segments that must or must not be in the text."""
    right = wrong = missed = 0
    for page, text in zip(pages, texts, strict=True):
        flat = " ".join(text.split())
        wanted = [" ".join(part.split()) in flat for part in page.gold.get("with") or ()]
        right += sum(wanted)
        missed += len(wanted) - sum(wanted)
        wrong += sum(" ".join(part.split()) in flat for part in page.gold.get("without") or ())
    return 2 * right / (2 * right + wrong + missed)
