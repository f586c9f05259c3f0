"""Learn pipeline/clean/lines/line_model.json from labelled texts and pages: ``make train``.

Cross-validated by site first, which prints the tables of docs/measurements.md; then on everything.
The same inputs give the same file: folds follow from the sites' names, and nothing is random
but a subsample with a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.context import alike
from pipeline.clean.lines.features import FEATURES, Expansion
from pipeline.clean.lines.model import (
    KNOWN_MARGIN,
    SWITCH_COST,
    THRESHOLDS,
    WEIGHTS,
    benefit_of_doubt,
    has_chrome,
)
from pipeline.clean.model import viterbi
from training.corrected import LABELS as CORRECTED_LABELS
from training.fit import fit_dense
from training.hand_texts import KINDS, PREFIX, label_hand, read_hand
from training.hand_texts import LABELS as HAND_LABELS
from training.labelled import FOLDS, FULL, HALF, Labelled, Numbers, read_labelled
from training.learn_lexicon import learn_lexicon
from training.rendered import Known, read_rendered
from training.scores import kinds_table, table

DATA = Path(__file__).parents[1] / ".." / "shared" / "data"
ARCHIVES = ("daniel", "wcxb_article")
"""Pages that are rendered to learn from; those of other archives stand in the labelled texts."""
LABELS = (HAND_LABELS, CORRECTED_LABELS)
"""Files of the repository that are learned from."""
FEATURE_COUNT = 480
"""Features kept: those that weigh most."""
NEAREST = ("ptags", "ponly", "container")
RENDERING_WEIGHT = {**dict.fromkeys(FULL, 0.7), **dict.fromkeys(HALF, 1.0)} | dict.fromkeys(
    NEAREST, 2.0
)
"""What a rendering's lines weigh together; more where it is like what users have."""
HAND_WEIGHT = 6.0
"""What a text labelled by hand weighs: there is one of a page, and a dozen renderings of others."""
RENDERING_WEIGHT |= dict.fromkeys((PREFIX + kind for kind in KINDS), HAND_WEIGHT)
SOURCE_WEIGHT = {"gold": 1.0, "silver": 0.35, "rendered": 0.35}
SMALLEST_SCALE = 0.01
"""Spread below which a feature is held back: some stand on a few pages alone (decision 11)."""
TOKEN_POWER = 0.5
"""A line weighs as its words to this power."""
EVENNESS = 0.65
"""The chrome of a page and its story weigh as their words' odds to this power (decision 9)."""
LARGE_PAGE = 60
CHOOSING_STEP, CHOSEN_WITHIN = 5, 0.02
"""Features are chosen on every fifth line by a rough fit, and fitted on all."""
KEPT_CHROME = 0.25
"""Lines from which only this share of a page's chrome is learned from, with more weight."""

Rows = NDArray[np.float32]


def main() -> None:
    """Train, print the out-of-fold table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    texts = sorted((arguments.data / "text").glob("*.jsonl.xz"))
    archives = [arguments.data / "html" / f"{name}.tar.xz" for name in ARCHIVES]
    missing = [path for path in archives if not path.exists()]
    if not texts or missing:
        parser.error(f"no labelled texts in {arguments.data}/text, or not there: {missing}")
    numbers = Numbers()
    pages = list(read_pages(texts, archives, numbers))
    pages += [label_hand(text, numbers) for text in read_hand(arguments.data / "html")]
    report(f"{len(pages)} renderings of {len({page.page_id for page in pages})} pages")
    lexicon, words = learn_lexicon(pages, numbers)
    report(f"{len(lexicon)} n-grams")
    model, scores = learn_weights(pages, words)
    gold = [index for index, page in enumerate(pages) if page.source == "gold"]
    scored = [pages[index] for index in gold]
    corrected = [replace(page, labels=page.learned) for page in scored]
    for mode in THRESHOLDS:
        drops = [decide(pages[index], scores[index], mode) for index in gold]
        full = mode == "default"
        sys.stdout.write(f"\n{mode}\n{table(scored, drops, brief=not full)}\n")
        if full:
            sys.stdout.write(f"\nwith corrected labels\n{table(corrected, drops, brief=True)}\n")
            sys.stdout.write(f"\n{kinds_table(scored, drops, PREFIX, KINDS)}\n")
    stored = model | {"lexicon": lexicon, "trained_on": digests([*texts, *archives, *LABELS])}
    arguments.output.write_text(dump(stored), encoding="utf-8")
    report(f"wrote {arguments.output} ({arguments.output.stat().st_size} bytes)")


def read_pages(texts: list[Path], archives: list[Path], numbers: Numbers) -> Iterator[Labelled]:
    """The labelled texts, and pages with the gold of their bodies that are not among them."""
    for page in read_labelled(texts, numbers):
        if not (page.source == "silver" and page.rendering == "lxml"):
            yield page
    yield from read_rendered(archives, Known(texts), numbers)


def report(message: str) -> None:
    """Say how far it is."""
    sys.stderr.write(f"{time.process_time():6.0f} s  {message}\n")


def digests(files: list[Path]) -> dict[str, str]:
    """Name of each file that was learned from and the digest of its bytes."""
    return {f.name: blake2b(f.read_bytes(), digest_size=16).hexdigest() for f in files}


def dump(stored: dict[str, Any]) -> str:
    """JSON with one feature or n-gram a line, sorted, so that a diff can be read."""
    parts = []
    for key in sorted(stored):
        value = stored[key]
        if isinstance(value, dict):
            rows = [
                f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(value[name])}"
                for name in sorted(value)
            ]
            parts.append(f'"{key}":{{\n' + ",\n".join(rows) + "\n}")
        else:
            parts.append(f'"{key}":{json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def decide(page: Labelled, scores: Rows, mode: str) -> NDArray[np.bool_]:
    """Which lines leave the text, as ``cleaner.clean_text`` does it."""
    one = np.zeros(len(scores), np.int64)
    scores = scores + benefit_of_doubt(scores, page.observed, one)
    margins = scores - THRESHOLDS[mode]  # type: ignore[index]
    if not page.prose:
        margins = np.full(len(scores), 1.0)
    margins = np.where(page.entries, 0.0, margins)
    margins = np.where(page.known, np.minimum(margins, -KNOWN_MARGIN), margins)
    drop = np.array(viterbi(margins.tolist(), SWITCH_COST))
    if not has_chrome(scores, ruled=bool(page.known.any())):
        drop[:] = False
    if page.title is not None:
        drop[page.title] = True
    return drop


def learn_weights(
    pages: list[Labelled], words: list[Rows]
) -> tuple[dict[str, object], list[NDArray[np.float64]]]:
    """The model learned from all pages, and each page's scores by one that never saw its site."""
    bases = [
        np.concatenate((page.observed, extra), axis=1)
        for page, extra in zip(pages, words, strict=True)
    ]
    weights = line_weights(pages)
    used = [w > 0 for w in weights]
    w = np.concatenate([each[u] for each, u in zip(weights, used, strict=True)])
    y = np.concatenate([(p.learned == "k")[u] for p, u in zip(pages, used, strict=True)]).astype(
        float
    )
    folds = np.repeat([page.fold for page in pages], [int(u.sum()) for u in used])
    everything = Expansion(FEATURES)
    some = [u & (np.arange(len(u)) % CHOOSING_STEP == 0) for u in used]
    x = np.concatenate(expanded(everything, bases, some))
    part = np.concatenate([s[u] for s, u in zip(some, used, strict=True)])
    report(f"{len(y)} lines, {x.shape[1]} features")
    fit = partial(fit_dense, smallest_scale=SMALLEST_SCALE)
    slopes, _ = fit(x, y[part], w[part], within=CHOSEN_WITHIN)
    best = np.sort(np.argsort(-np.abs(slopes) * x.std(axis=0), kind="stable")[:FEATURE_COUNT])
    names = [FEATURES[i] for i in best.tolist()]
    chosen = Expansion(names)
    x = np.concatenate(expanded(chosen, bases, used))
    slopes, bias = fit(x, y, w)
    report(f"{x.shape[1]} features chosen")
    scores: list[NDArray[np.float64]] = [np.empty(0)] * len(pages)
    for fold in range(FOLDS):
        others = folds != fold
        fitted = fit(x[others], y[others], w[others], (slopes, bias))
        held = [i for i, p in enumerate(pages) if p.fold == fold and p.source == "gold"]
        for index, rows in zip(held, expanded(chosen, [bases[i] for i in held]), strict=True):
            scores[index] = rows @ fitted[0] + fitted[1]
        report(f"fold {fold}")
    means = np.average(x, axis=0, weights=w)
    pairs = zip(names, slopes.tolist(), means.tolist(), strict=True)
    stored = {name: [round(a, 4), round(b, 4)] for name, a, b in pairs}
    return {"bias": round(bias, 4), "weights": stored}, scores


def expanded(
    expansion: Expansion, bases: Sequence[Rows], wanted: Sequence[NDArray[np.bool_]] | None = None
) -> list[Rows]:
    """Features of each page's lines, or of those that are *wanted*; many pages at a time."""
    found: list[Rows] = [np.empty((0, 0), np.float32)] * len(bases)
    for group in alike([len(base) for base in bases]):
        sizes = [len(bases[index]) for index in group]
        rows = expansion.expand(np.concatenate([bases[index] for index in group]), sizes)
        for index, part in zip(group, np.split(rows, np.cumsum(sizes)[:-1]), strict=True):
            found[index] = part if wanted is None else part[wanted[index]]
    return found


def line_weights(pages: list[Labelled]) -> list[NDArray[np.float64]]:
    """What each line weighs in learning; 0 for those that are left out."""
    draw = np.random.default_rng(0)
    found = []
    for page in pages:
        judged = np.isin(page.learned, ("k", "d"))
        w = np.maximum(page.tokens, 1.0) ** TOKEN_POWER * judged
        w /= max(float(w.sum()), 1e-9)
        if len(w) > LARGE_PAGE:
            chrome = page.learned == "d"
            w[chrome] /= KEPT_CHROME
            w[chrome & (draw.random(len(w)) > KEPT_CHROME)] = 0.0
        evened(w, page.learned == "d")
        w *= RENDERING_WEIGHT.get(page.rendering, 1.0) * SOURCE_WEIGHT[page.source]
        found.append(w)
    return found


def evened(weights: NDArray[np.float64], chrome: NDArray[np.bool_]) -> None:
    """Bring the weights of a page's chrome and story nearer to one another; their sum stays.

    What is measured is the share of its chrome that a page loses, and of its story, whether there
    is much of either or little.
    """
    total, of_chrome = weights.sum(), weights[chrome].sum()
    if 0.0 < of_chrome < total:
        weights[chrome] *= (of_chrome / (total - of_chrome)) ** (EVENNESS - 1.0)
        weights *= total / weights.sum()


if __name__ == "__main__":
    main()
