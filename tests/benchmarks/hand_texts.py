"""The cleaner as it is on the texts labelled by hand, compared with leaving them untouched.

usage: python -m tests.benchmarks.hand_texts [--further] [--taggers FOLDER]

The weights are learned from these texts too, so this table flatters; the one that does not is
printed by ``make train``, which cross-validates by site. ``--further`` takes the texts of other
pages that nothing is learned from (docs/decisions/0036). With ``--taggers``, each text is cleaned
by that tagger of a cross-validation that never saw its site (``training.train_tagger --keep``).
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
from tests.benchmarks.text_fields import read_texts
from training.hand_texts import (
    ARCHIVES,
    FURTHER,
    KINDS,
    LABELS,
    PREFIX,
    HandText,
    label_hand,
    read_hand,
)
from training.labelled import TOKEN
from training.scores import kinds_table

HEADS = ("kind", "texts", "untouched F1", "F1", "chrome removed", "story lost", "lost any")


@dataclass(frozen=True)
class Score:
    """What became of one text; nan where there is no chrome to remove, or no story to lose."""

    untouched: float
    f1: float
    removed: float
    lost: float


def main() -> None:
    """Clean every text and print the means by kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archives", type=Path, default=ARCHIVES)
    parser.add_argument("--mode", choices=("careful", "default", "thorough"), default="default")
    parser.add_argument("--further", action="store_true", help="texts that were not learned from")
    parser.add_argument("--taggers", type=Path, help="folder of tagger.N.npz, without part N each")
    arguments = parser.parse_args()
    kinds, labels = (("further",), FURTHER) if arguments.further else (KINDS, LABELS)
    texts = list(read_hand(arguments.archives, kinds, labels))
    if arguments.taggers is not None:
        pages = [label_hand(text) for text in texts]
        read = list(read_texts(pages, arguments.taggers))
        drops = [each.drops[arguments.mode] for each in read]
        table = kinds_table([each.labelled for each in read], drops, PREFIX, kinds)
        sys.stdout.write(f"{table}\n")
        return
    config = CleanConfig(mode=arguments.mode)
    scores: dict[str, list[Score]] = {kind: [] for kind in kinds}
    for text in texts:
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
        lost / (kept + lost) if kept + lost else np.nan,
    )


def _f1(kept: int, left: int, lost: int) -> float:
    return 2 * kept / (2 * kept + left + lost) if kept else 0.0


if __name__ == "__main__":
    main()
