"""Floors of chrome removal on a fixed part of the labelled development texts.

The model has learned from these texts: the floors only tell when something broke. What it does
on sites that it has not seen stands in docs/results.md.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from pipeline.clean import clean_document
from pipeline.config import CleanConfig
from pipeline.records import Document
from pipeline.text.unicode import normalize

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "text"
FILES = ("fundus-eval", "readability", "scrapinghub")
RENDERINGS = {"full": ("lxml", "html2text"), "half": ("ptags", "ponly", "container", "np4k")}
EVERY = 6
"""One page in this many is scored, by the digest of its name."""
FLOORS = {
    "full": {"f1": 0.965, "chrome_removed": 0.935, "body_lost": 0.027},
    "half": {"f1": 0.98, "chrome_removed": 0.86, "body_lost": 0.0175},
}
"""Least F1 and chrome removed, most body lost; lowered only on purpose. The linear model before the
tagger had .941, .908 and .029 on whole pages, .961, .78 and .0165 on half-clean ones: the tagger
fits these texts better, and captions and credits that this gold keeps are lost with both."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not DATA.exists(),
        reason="the labelled texts are not beside the repository (../shared/data)",
    ),
]


@cache
def scores():
    """Group → mean over renderings of mean F1, chrome removed and body lost."""
    by = {}
    for name in FILES:
        with lzma.open(DATA / f"{name}.jsonl.xz", "rt", encoding="utf-8") as rows:
            for row in rows:
                page = json.loads(row)
                if blake2b(page["id"].encode()).digest()[0] % EVERY == 0:
                    for group, renderings in RENDERINGS.items():
                        for kind in renderings:
                            found = page["renders"].get(kind)
                            if found and found["cov"] >= 0.75:
                                value = score(found["lines"], normalize(page["title"] or ""))
                                by.setdefault((group, kind), []).append(value)
    return {
        group: np.mean([np.nanmean(by[group, kind], axis=0) for kind in kinds], axis=0)
        for group, kinds in RENDERINGS.items()
    }


def score(lines, title):
    """F1, chrome removed (nan without chrome) and body lost of one text, by characters."""
    raw = "\n".join(("\n" if line[1] else "") + line[0] for line in lines).strip("\n")
    document = Document("0" * 32, "any", "any.txt", "text/plain", raw)
    left = Counter(clean_document(document, CleanConfig()).text.split("\n\n"))
    kept = {"k": 0, "d": 0}
    every = {"k": 0, "d": 0}
    for wanted in "knd":
        for text, _, label, *_ in lines:
            line = normalize(text)
            neutral = label not in "kd" or (label == "k" and line == title)
            if (label if not neutral else "n") == wanted and left[line]:
                left[line] -= 1
                if not neutral:
                    kept[label] += len(line)
            if not neutral and label == wanted:
                every[label] += len(line)
    precision = kept["k"] / max(kept["k"] + kept["d"], 1)
    recall = kept["k"] / max(every["k"], 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return f1, 1 - kept["d"] / every["d"] if every["d"] else np.nan, 1 - recall


@pytest.mark.parametrize("group", ["full", "half"])
def test_chrome_goes_and_the_story_stays(group):
    """F1 and chrome removed are above their floors, body lost is below its own."""
    f1, removed, lost = scores()[group]
    floors = FLOORS[group]

    assert floors["f1"] <= f1
    assert floors["chrome_removed"] <= removed
    assert floors["body_lost"] >= lost
