"""Learn pipeline/clean/html/block_model.json from labelled pages: ``make train-pages``.

Cross-validates by site, prints the table of docs/results.md, then fits all pages. Features are
selected within each fold. The same inputs give the same file: the fold of a page follows from its
site's name, and the seed of the only random sample from the page's id.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from hashlib import blake2b
from itertools import combinations, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.html.block_features import PAGE, PLAIN, Expansion
from pipeline.clean.html.block_model import WEIGHTS, Story, keep, pooled, settle
from pipeline.clean.html.extract import without_head
from training.fit import CHUNK, fit_dense
from training.labelled_pages import FOLDS, KEEP, OPEN, SHARE, LabelledPage, read_archive
from training.page_scores import page_table

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "html"
FEATURE_COUNT = 480
"""Number of features: those with the largest weights in a regularised linear fit."""
SELECT_EVERY = 3
"""One block in this many is used to select features."""
RIDGE = 1e-3
TOKEN_POWER = 0.7
"""The weight of a block is its number of words to this power."""
LARGE_PAGE = 160
"""From pages with more blocks, a sample of about this size with the same weight is used."""

CROSSED = (
    "first", "second", "prose", "words", "terminal", "place:linked", "place:in_best",
    "place:in_home", "place:in_first", "level0:first", "level1:first", "level2:first",
    "level0:second", "level1:second", "level0:prose", "level1:prose", "level0:of_first",
    "level1:of_first", "level2:of_prose", "own:p", "own:li", "own:heading", "around:body",
    "around:article_body", "around:related", "around:comment", "phrase", "ruled",
    "window:1:1:first", "window:3:3:first", "window:3:3:prose",
)  # fmt: skip
"""Features multiplied with each other; the first ``PAGE_CROSSED`` also with those of the page."""
PAGE_CROSSED = 19
CROSSES = (*combinations(CROSSED, 2), *product(CROSSED[:PAGE_CROSSED], PAGE))
FEATURES = (*PLAIN, *(f"{a} x {b}" for a, b in CROSSES))
"""Candidates from which features are selected."""

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]


def main() -> None:
    """Train, print the table of held-out scores, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    parser.add_argument("--check", action="store_true", help="cross-validate; write nothing")
    arguments = parser.parse_args()
    files = sorted(arguments.data.glob("*.tar.xz"))
    if not files:
        parser.error(f"no labelled pages in {arguments.data}")
    pages: list[LabelledPage] = []
    for file in files:
        pages.extend(read_archive(file))
        report(f"{len(pages)} pages up to {file.name}")
    model, scores = learn(pages)
    kept = [chosen(*each) for each in zip(pages, scores, strict=True)]
    columns = {
        "trafilatura": [text_of(page, None) for page in pages],
        "page model, sites not seen": [text_of(*each) for each in zip(pages, kept, strict=True)],
    }
    sys.stdout.write(page_table(pages, columns) + "\n")
    if arguments.check:
        return
    stored = model | {"trained_on": digests(files)}
    arguments.output.write_text(json.dumps(stored, indent=0) + "\n", encoding="utf-8")
    report(f"wrote {arguments.output} ({arguments.output.stat().st_size} bytes)")


def chosen(page: LabelledPage, scores: Floats | None) -> NDArray[np.bool_] | None:
    """The blocks kept of a page, given their *scores*; None without scores."""
    if scores is None or page.rows is None:
        return None
    kept = keep(pooled(scores, page.rows), page.rows.stamps)
    if kept.any():
        settle(page.candidates, page.rows, kept)
    return kept


def report(message: str) -> None:
    """Report progress."""
    sys.stderr.write(f"{time.process_time():6.0f} s  {message}\n")


def digests(files: Iterable[Path]) -> dict[str, str]:
    """Name of each file → first 16 hex digits of its blake2b."""
    return {file.name: blake2b(file.read_bytes()).hexdigest()[:16] for file in files}


def text_of(page: LabelledPage, kept: NDArray[np.bool_] | None) -> str:
    """The text of a page with these blocks; trafilatura's if there are none."""
    extraction = page.candidates.extractions[0]
    if kept is not None and kept.any() and page.rows is not None:
        texts = page.candidates.blocks.texts
        extraction = "\n".join(texts[n] for n in page.rows.indices[kept].tolist())
    return without_head(Story(extraction, (), "", ()), page.candidates.metadata)[0]


def learn(pages: list[LabelledPage]) -> tuple[dict[str, object], list[Floats | None]]:
    """The model learned from all pages; and each page's scores by one that never saw its site."""
    weights = [block_weights(page) for page in pages]
    used = [(page, w) for page, w in zip(pages, weights, strict=True) if w.any()]
    y = np.concatenate([(page.labels == KEEP)[w > 0] for page, w in used]).astype(np.float64)
    w = np.concatenate([w[w > 0] for _, w in used])
    folds = np.repeat([page.fold for page, _ in used], [int((w > 0).sum()) for _, w in used])
    candidates = Expansion(FEATURES)
    x = np.concatenate(
        [candidates.expand(page.rows.base)[w > 0] for page, w in used if page.rows is not None]
    )
    report(f"{len(x)} blocks, {x.shape[1]} features")
    scores: list[Floats | None] = [None] * len(pages)
    for fold in range(FOLDS):
        seen = folds != fold
        columns, slopes, bias = fit(x[seen], y[seen], w[seen])
        chosen = Expansion([FEATURES[n] for n in columns])
        for index, page in enumerate(pages):
            if page.fold == fold and page.rows is not None:
                scores[index] = chosen.expand(page.rows.base) @ slopes + bias
        report(f"fold {fold}")
    columns, slopes, bias = fit(x, y, w)
    means = np.average(x[:, columns], axis=0, weights=w)
    names = [FEATURES[n] for n in columns]
    pairs = zip(names, slopes.tolist(), means.tolist(), strict=True)
    stored = {name: [round(a, 4), round(b, 4)] for name, a, b in pairs}
    return {"bias": round(bias, 4), "weights": stored}, scores


def fit(x: Matrix, y: Floats, weight: Floats) -> tuple[list[int], Floats, float]:
    """Select columns, and fit their weights and the bias."""
    columns = heaviest(x[::SELECT_EVERY], y[::SELECT_EVERY], weight[::SELECT_EVERY])
    slopes, bias = fit_dense(np.ascontiguousarray(x[:, columns]), y, weight)
    return columns.tolist(), slopes, bias


def heaviest(x: Matrix, y: Floats, weight: Floats) -> NDArray[np.int64]:
    """The columns with the largest standardised weights in a ridge regression of *y*.

    In double precision, so that the order of summation, which differs between machines, does not
    decide between columns.
    """
    mean, scale = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    scale[scale < 1e-4] = np.inf
    share = weight / weight.sum()
    error = y - np.average(y, weights=weight)
    curvature, gradient = RIDGE * np.eye(x.shape[1]), np.zeros(x.shape[1])
    for first in range(0, len(x), CHUNK):
        part = slice(first, first + CHUNK)
        z = (x[part] - mean) / scale
        weighed = z * share[part, None]
        curvature += weighed.T @ z
        gradient += weighed.T @ error[part]
    slopes = np.linalg.solve(curvature, gradient)
    return np.sort(np.argsort(-np.abs(slopes), kind="stable")[:FEATURE_COUNT])


def block_weights(page: LabelledPage) -> Floats:
    """The weight of each block in training; 0 for those not used."""
    if page.rows is None:
        return np.zeros(0)
    weights: Floats = np.maximum(page.rows.words, 1.0) ** TOKEN_POWER * (page.labels != OPEN)
    weights *= SHARE.get(page.bench, 1.0) / max(float(weights.sum()), 1e-9)
    count = int((weights > 0).sum())
    if count > LARGE_PAGE:
        seed = int.from_bytes(blake2b(str(page.gold["id"]).encode()).digest()[:4], "big")
        share = LARGE_PAGE / count
        weights *= (np.random.default_rng(seed).random(len(weights)) < share) / share
    return weights


if __name__ == "__main__":
    main()
