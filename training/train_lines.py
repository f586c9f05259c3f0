"""Learn pipeline/clean/plain/line_model.json from labelled texts: ``make train``.

Cross-validated by site first, which prints the table of docs/decisions/0011; then on everything.
The same inputs give the same file: folds follow from the sites' names, and nothing is random
but a subsample with a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from pipeline.clean.plain.expansion import Expansion
from pipeline.clean.plain.features import BASE, FEATURES
from pipeline.clean.plain.lexicon import LIMIT, RATE_LIMIT
from pipeline.clean.plain.line_model import (
    KNOWN_MARGIN,
    SWITCH_COST,
    THRESHOLDS,
    WEIGHTS,
    benefit_of_doubt,
    viterbi,
)
from training.fit import fit_dense, fit_sparse
from training.labelled import FOLDS, FULL, HALF, Labelled, Numbers, read_labelled
from training.rare_texts import ARCHIVES, KINDS, LABELS, PREFIX, label_rare, read_rare
from training.scores import kinds_table, table

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "text"
SITES = 5
"""Sites on which an n-gram must stand to be learned."""
LEXICON_SIZE = 8_000
FEATURE_COUNT = 320
"""N-grams and features kept: those that weigh most."""
NEAREST = ("ptags", "ponly", "container")
RENDERING_WEIGHT = {**dict.fromkeys(FULL, 0.7), **dict.fromkeys(HALF, 1.0)} | dict.fromkeys(
    NEAREST, 2.0
)
"""What a rendering's lines weigh together; more where it is like what users have."""
RARE_WEIGHT = 6.0
"""What a text of a rare kind weighs: there is one of a page, and a dozen renderings of others."""
RENDERING_WEIGHT |= dict.fromkeys((PREFIX + kind for kind in KINDS), RARE_WEIGHT)
SILVER_WEIGHT = 0.35
TOKEN_POWER = 0.5
"""A line weighs as its words to this power."""
NOT_LEARNED = frozenset({
    "fe:TheIndependent_1", "fe:TheIndependent_4", "fu:uk/Metro/V1",
    "rd:bug-1255978", "rd:mozilla-1", "rd:qq",
})  # fmt: skip
"""Pages whose labels were seen to be wrong: live blogs of which only the introduction counts as
story, a player's buttons as story, a product's page. They are scored like all others."""
LARGE_PAGE = 60
CHOOSING_STEP = 3
"""Features are chosen on every third line, and fitted on all."""
KEPT_CHROME = 0.25
"""Lines from which only this share of a page's chrome is learned from, with more weight."""

Rows = NDArray[np.float32]


def main() -> None:
    """Train, print the out-of-fold table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--archives", type=Path, default=ARCHIVES)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    files = sorted(arguments.data.glob("*.jsonl.xz"))
    if not files:
        parser.error(f"no labelled texts in {arguments.data}")
    numbers = Numbers()
    pages = [
        page
        for page in read_labelled(files, numbers)
        if not (page.silver and page.rendering == "lxml")
    ]
    pages += [label_rare(text, numbers) for text in read_rare(arguments.archives)]
    report(f"{len(pages)} renderings of {len({page.page_id for page in pages})} pages")
    lexicon, words = learn_lexicon(pages, numbers)
    model, scores = learn_weights(pages, words)
    for mode in THRESHOLDS:
        drops = [decide(page, s, mode) for page, s in zip(pages, scores, strict=True)]
        sys.stdout.write(f"\n{mode}\n{table(pages, drops, brief=mode != 'default')}\n")
        if mode == "default":
            sys.stdout.write(f"\n{kinds_table(pages, drops, PREFIX, KINDS)}\n")
    stored = model | {"lexicon": lexicon, "trained_on": digests([*files, LABELS])}
    arguments.output.write_text(dump(stored), encoding="utf-8")
    report(f"wrote {arguments.output} ({arguments.output.stat().st_size} bytes)")


def report(message: str) -> None:
    """Say how far it is."""
    sys.stderr.write(f"{time.process_time():6.0f} s  {message}\n")


def digests(files: list[Path]) -> dict[str, str]:
    """Name of each file of labelled texts and the digest of its bytes."""
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
    if page.title is not None:
        drop[page.title] = True
    return drop


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
    report(f"lexicon: {len(lexicon)} of {len(known)} n-grams")
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
        for index, label in enumerate(page.labels.tolist()):
            size = round(float(page.observed[index, words]), 1)
            key = (page.page_id, page.grams[index], label, size)
            if label in "kd" and key not in seen:
                seen.add(key)
                picked.append(index)
                shapes.append(2 * min(int(2 * size), 12) + int(page.observed[index, terminal]))
                labels.append(float(label == "k"))
        rows.append(matrix[picked])
        weights += [0.5 if page.silver else 1.0] * len(picked)
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
    y = np.concatenate([(p.labels == "k")[u] for p, u in zip(pages, used, strict=True)]).astype(
        float
    )
    folds = np.repeat([page.fold for page in pages], [int(u.sum()) for u in used])
    everything = Expansion(FEATURES)
    some = [u & (np.arange(len(u)) % CHOOSING_STEP == 0) for u in used]
    x = np.concatenate(
        [everything.expand(b, [len(b)])[u] for b, u in zip(bases, some, strict=True)]
    )
    part = np.concatenate([s[u] for s, u in zip(some, used, strict=True)])
    report(f"{len(y)} lines, {x.shape[1]} features")
    slopes, _ = fit_dense(x, y[part], w[part])
    best = np.sort(np.argsort(-np.abs(slopes) * x.std(axis=0), kind="stable")[:FEATURE_COUNT])
    names = [FEATURES[i] for i in best.tolist()]
    chosen = Expansion(names)
    x = np.concatenate([chosen.expand(b, [len(b)])[u] for b, u in zip(bases, used, strict=True)])
    slopes, bias = fit_dense(x, y, w)
    report(f"{x.shape[1]} features chosen")
    scores: list[NDArray[np.float64]] = [np.empty(0)] * len(pages)
    for fold in range(FOLDS):
        others = folds != fold
        fitted = fit_dense(x[others], y[others], w[others], (slopes, bias))
        for index, page in enumerate(pages):
            if page.fold == fold:
                scores[index] = (
                    chosen.expand(bases[index], [len(bases[index])]) @ fitted[0] + fitted[1]
                )
        report(f"fold {fold}")
    means = np.average(x, axis=0, weights=w)
    pairs = zip(names, slopes.tolist(), means.tolist(), strict=True)
    stored = {name: [round(a, 4), round(b, 4)] for name, a, b in pairs}
    return {"bias": round(bias, 4), "weights": stored}, scores


def line_weights(pages: list[Labelled]) -> list[NDArray[np.float64]]:
    """What each line weighs in learning; 0 for those that are left out."""
    draw = np.random.default_rng(0)
    found = []
    for page in pages:
        judged = np.isin(page.labels, ("k", "d")) & (page.page_id not in NOT_LEARNED)
        w = np.maximum(page.tokens, 1.0) ** TOKEN_POWER * judged
        w /= max(float(w.sum()), 1e-9)
        if len(w) > LARGE_PAGE:
            chrome = page.labels == "d"
            w[chrome] /= KEPT_CHROME
            w[chrome & (draw.random(len(w)) > KEPT_CHROME)] = 0.0
        w *= RENDERING_WEIGHT.get(page.rendering, 1.0) * (SILVER_WEIGHT if page.silver else 1.0)
        found.append(w)
    return found


if __name__ == "__main__":
    main()
