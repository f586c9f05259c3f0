"""Learn pipeline/clean/html/block_model.json from labelled pages: ``make train-pages``.

Cross-validated by site first, which prints the table of docs/results.md; then on everything.
The same inputs give the same file: folds follow from the sites' names, and nothing is random
but a subsample with a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.html.block_features import FEATURES, Expansion
from pipeline.clean.html.block_model import WEIGHTS, keep, settle
from pipeline.clean.html.extract import Story, without_head
from training.fit import CHUNK, fit_dense
from training.labelled_pages import FOLDS, KEEP, OPEN, SHARE, LabelledPage, read_archive
from training.page_scores import page_table

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "html"
FEATURE_COUNT = 480
"""Features kept: those that weigh most in a linear fit."""
SELECT_EVERY = 3
"""One block in this many is asked which features weigh."""
RIDGE = 1e-3
TOKEN_POWER = 0.7
"""A block weighs as its words to this power."""
LARGE_PAGE = 160
"""Blocks of a page that are learned from: of more, a sample with more weight."""

Floats = NDArray[np.float64]
Matrix = NDArray[np.float32]


def main() -> None:
    """Train, print the out-of-fold table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    parser.add_argument(
        "--check", action="store_true", help="with the features of the file; write nothing"
    )
    arguments = parser.parse_args()
    files = sorted(arguments.data.glob("*.tar.xz"))
    if not files:
        parser.error(f"no labelled pages in {arguments.data}")
    pages: list[LabelledPage] = []
    for file in files:
        pages.extend(read_archive(file))
        report(f"{len(pages)} pages up to {file.name}")
    stored_names = tuple(json.loads(WEIGHTS.read_text(encoding="utf-8"))["weights"])
    model, scores = learn(pages, stored_names if arguments.check else None)
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
    """The blocks of a page that are kept, given their *scores*; None without scores."""
    if scores is None or page.rows is None:
        return None
    kept = keep(scores, page.rows.stamps)
    if kept.any():
        settle(page.candidates.blocks, page.rows, kept, page.candidates.metadata.title)
    return kept


def report(message: str) -> None:
    """Say how far it is."""
    sys.stderr.write(f"{time.process_time():6.0f} s  {message}\n")


def digests(files: Iterable[Path]) -> dict[str, str]:
    """What the weights were learned from: name → first 16 hex digits of its blake2b."""
    return {file.name: blake2b(file.read_bytes()).hexdigest()[:16] for file in files}


def text_of(page: LabelledPage, kept: NDArray[np.bool_] | None) -> str:
    """The text of a page with these blocks kept; trafilatura's where none is."""
    extraction = page.candidates.extractions[0]
    if kept is not None and kept.any() and page.rows is not None:
        texts = page.candidates.blocks.texts
        extraction = "\n".join(texts[n] for n in page.rows.indices[kept].tolist())
    return without_head(Story(extraction, (), "", ()), page.candidates.metadata)[0]


def learn(
    pages: list[LabelledPage], names: Sequence[str] | None = None
) -> tuple[dict[str, object], list[Floats | None]]:
    """The model learned from all pages, and each page's scores by one that never saw its site.

    Args:
        names: the features; None to choose them.
    """
    weights = [block_weights(page) for page in pages]
    used = [(page, w) for page, w in zip(pages, weights, strict=True) if w.any()]
    y = np.concatenate([(page.labels == KEEP)[w > 0] for page, w in used]).astype(np.float64)
    w = np.concatenate([w[w > 0] for _, w in used])
    folds = np.repeat([page.fold for page, _ in used], [int((w > 0).sum()) for _, w in used])
    candidates = Expansion(names or FEATURES)
    x = np.concatenate([candidates.expand(base(page))[w > 0] for page, w in used])
    report(f"{len(x)} blocks, {x.shape[1]} features")
    if names is None:
        best = heaviest(x[::SELECT_EVERY], y[::SELECT_EVERY], w[::SELECT_EVERY])
        x = np.ascontiguousarray(x[:, best])
        names = [FEATURES[n] for n in best.tolist()]
    chosen = Expansion(names)
    scores: list[Floats | None] = [None] * len(pages)
    for fold in range(FOLDS):
        seen = folds != fold
        slopes, bias = fit_dense(x[seen], y[seen], w[seen])
        for index, page in enumerate(pages):
            if page.fold == fold and page.rows is not None:
                scores[index] = chosen.expand(page.rows.base) @ slopes + bias
        report(f"fold {fold}")
    slopes, bias = fit_dense(x, y, w)
    means = np.average(x, axis=0, weights=w)
    pairs = zip(names, slopes.tolist(), means.tolist(), strict=True)
    stored = {name: [round(a, 4), round(b, 4)] for name, a, b in pairs}
    return {"bias": round(bias, 4), "weights": stored}, scores


def heaviest(x: Matrix, y: Floats, weight: Floats) -> NDArray[np.int64]:
    """The columns that weigh most in a regularised linear fit of *y*.

    In double precision: which of two columns weighs a little more must not depend on the order of
    sums, which differs from one machine, and one call, to another.
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
    """What each block weighs in learning; 0 for those that are left out."""
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


def base(page: LabelledPage) -> Matrix:
    """The features of a page that has some."""
    assert page.rows is not None
    return page.rows.base


if __name__ == "__main__":
    main()
