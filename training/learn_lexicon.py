"""Learn which words and pairs of words speak for story or chrome, from labelled lines."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from pipeline.clean.lines.features import BASE
from pipeline.clean.lines.tokens import LIMIT, RATE_LIMIT
from training.fit import fit_sparse
from training.labelled import FOLDS, Labelled, Numbers

SITES = 5
"""Sites on which an n-gram must stand to be learned."""
SOURCE_WEIGHT = {"gold": 1.0, "silver": 0.5, "rendered": 0.5}
LEXICON_SIZE = 8_000
"""N-grams kept: those that weigh most."""

Rows = NDArray[np.float32]


def learn_lexicon(pages: list[Labelled], numbers: Numbers) -> tuple[dict[str, float], list[Rows]]:
    """The lexicon learned from all pages, and each page's scores by one that never saw its site."""
    sites = defaultdict(set)
    for page in pages:
        for line in page.grams:
            for gram in line:
                sites[gram].add(page.domain)
    known = sorted(gram for gram, domains in sites.items() if len(domains) >= SITES)
    column = {gram: index for index, gram in enumerate(known)}
    matrices = [gram_matrix(page, column) for page in pages]
    chosen, shapes, labels, weights, folds = distinct_lines(pages, matrices)
    x = sp.hstack([chosen, shapes]).tocsr()
    free = shapes.shape[1]
    scored: list[Rows] = [np.empty((0, 4), np.float32)] * len(pages)
    for fold in range(FOLDS):
        train = folds != fold
        b = pruned(fit_sparse(x[train], labels[train], weights[train], free)[:-free])
        for index, page in enumerate(pages):
            if page.fold == fold:
                scored[index] = score_grams(matrices[index], page.gram_counts, b)
    b = pruned(fit_sparse(x, labels, weights, free)[:-free])
    names = list(numbers)
    lexicon = {names[known[i]]: float(b[i]) for i in np.flatnonzero(b).tolist()}
    return lexicon, scored


def gram_matrix(page: Labelled, column: dict[int, int]) -> sp.csr_matrix:
    """Which known n-grams stand in each line of a page."""
    found = [[column[gram] for gram in line if gram in column] for line in page.grams]
    limits = np.cumsum([0, *map(len, found)])
    flat = np.fromiter((c for line in found for c in line), np.int32, int(limits[-1]))
    return sp.csr_matrix((np.ones(len(flat)), flat, limits), (len(found), len(column)))


def distinct_lines(pages: list[Labelled], matrices: list[sp.csr_matrix]) -> tuple[
    sp.csr_matrix, sp.csr_matrix, NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]
]:  # fmt: skip
    """Every line of a page once, whatever the rendering: n-grams, length and end, label, fold."""
    seen: set[tuple[object, ...]] = set()
    rows, shapes, labels, weights, folds = [], [], [], [], []
    words, terminal = BASE.index("words"), BASE.index("terminal")
    for page, matrix in zip(pages, matrices, strict=True):
        picked = []
        for index, label in enumerate(page.learned.tolist()):
            size = round(float(page.observed[index, words]), 1)
            key = (page.page_id, page.grams[index], label, size)
            if label in "kd" and key not in seen:
                seen.add(key)
                picked.append(index)
                shapes.append(2 * min(int(2 * size), 12) + int(page.observed[index, terminal]))
                labels.append(float(label == "k"))
        rows.append(matrix[picked])
        weights += [SOURCE_WEIGHT[page.source]] * len(picked)
        folds += [page.fold] * len(picked)
    ones = np.ones(len(shapes))
    shape = sp.csr_matrix((ones, (np.arange(len(shapes)), shapes)), (len(shapes), 26))
    return sp.vstack(rows).tocsr(), shape, np.array(labels), np.array(weights), np.array(folds)


def pruned(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The n-grams that weigh most, to three decimals; all others 0."""
    smallest = np.sort(np.abs(weights))[-min(LEXICON_SIZE, len(weights))]
    return np.round(np.where(np.abs(weights) >= smallest, weights, 0.0), 3)


def score_grams(
    matrix: sp.csr_matrix, gram_counts: NDArray[np.int64], weights: NDArray[np.float64]
) -> Rows:
    """What ``lexicon.Lexicon.scores`` says of the lines of *matrix*."""
    total = matrix @ weights
    valued = matrix.copy()
    valued.data = weights[matrix.indices]
    high, low = (m.toarray().ravel() for m in (valued.max(axis=1), valued.min(axis=1)))
    columns = (
        np.clip(total, -LIMIT, LIMIT),
        np.maximum(high, 0.0),
        np.minimum(low, 0.0),
        np.clip(total / gram_counts**0.5, -RATE_LIMIT, RATE_LIMIT),
    )
    return np.stack(columns, axis=1).astype(np.float32)
