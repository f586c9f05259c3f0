"""The cleaner as it is on the texts labelled by hand, compared with leaving them untouched.

The weights are learned from these texts too, so that this table flatters; the one that does not is
printed by ``make train``, which cross-validates by site.

    python -m tests.benchmarks.hand_texts
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.clean import clean_document
from pipeline.config import CleanConfig
from pipeline.records import Document
from training.hand_texts import ARCHIVES, KINDS, HandText, read_hand
from training.labelled import TOKEN

HEADS = ("kind", "texts", "untouched F1", "F1", "chrome removed", "story lost", "lost any")


@dataclass(frozen=True)
class Score:
    """What became of one text; ``removed`` is nan where there is no chrome."""

    untouched: float
    f1: float
    removed: float
    lost: float


def main() -> None:
    """Clean every text and print the means by kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archives", type=Path, default=ARCHIVES)
    parser.add_argument("--mode", choices=("careful", "default", "thorough"), default="default")
    arguments = parser.parse_args()
    config = CleanConfig(mode=arguments.mode)
    scores: dict[str, list[Score]] = {kind: [] for kind in KINDS}
    for text in read_hand(arguments.archives):
        scores[text.kind].append(score(text, config))
    sys.stdout.write(f"| {' | '.join(HEADS)} |\n{'|---' * len(HEADS)}|\n")
    for kind, found in (*scores.items(), ("all", [s for each in scores.values() for s in each])):
        rows = np.array([(s.untouched, s.f1, s.removed, s.lost) for s in found])
        cells = " | ".join(f"{value:.3f}" for value in np.nanmean(rows, axis=0))
        sys.stdout.write(f"| {kind} | {len(found)} | {cells} | {(rows[:, 3] > 0).sum()} |\n")


def score(text: HandText, config: CleanConfig) -> Score:
    """Words of story and chrome before and after; what is neither does not count."""
    document = Document("0" * 32, text.page_id, text.page_id, "text/plain", text.text)
    removed = [(span.start, span.end) for span in clean_document(document, config).removed]
    words = {"k": [0, 0], "d": [0, 0], "n": [0, 0]}
    position = 0
    for line, label in zip(text.text.split("\n"), text.labels, strict=True):
        start = position + len(line) - len(line.lstrip())
        gone = any(low <= start < high for low, high in removed)
        words[label][gone] += len(TOKEN.findall(line.lower()))
        position += len(line) + 1
    (kept, lost), (left, cut) = words["k"], words["d"]
    return Score(
        _f1(kept + lost, left + cut, 0),
        _f1(kept, left, lost),
        cut / (left + cut) if left + cut else np.nan,
        lost / (kept + lost),
    )


def _f1(kept: int, left: int, lost: int) -> float:
    return 2 * kept / (2 * kept + left + lost) if kept else 0.0


if __name__ == "__main__":
    main()
