"""What the tagger names its own cuts by: the last layer for classes, fitted to a learned net.

The classes teach the net nothing. They are learned from lines that match a named rule or phrase,
and from the boilerplate below a header.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from pipeline.clean.lines.rules import CLASSES
from pipeline.clean.lines.tagger import WEIGHT_STEP, Tagger
from training.augment import ARTIFICIAL
from training.labelled import Labelled
from training.tagger_scores import page_of_lines

Weights = dict[str, NDArray[np.generic]]
Matrix = NDArray[np.float32]

TEXTS, BLOCK, SEED = 4_000, 100, 3
PENALTY, STEPS = 1e-5, 200
HEADER_CLASSES = frozenset(CLASSES.index(name) for name in ("related", "comments", "newsletter"))
"""Classes of headers: boilerplate below one, up to the next line with a class, has its class."""


def without_classes(weights: Weights) -> Weights:
    """*weights* of a net that says nothing of classes."""
    story, bias = weights["story_last"][:, :1], weights["story_last_bias"][:1]
    count = len(CLASSES)
    return {
        **weights,
        "story_last": np.pad(story, ((0, 0), (0, count))),
        "story_last_bias": np.pad(bias, (0, count)),
        "of_classes": np.zeros((len(weights["of_places"]), count), np.float16),
    }


def fit_classes(weights: Weights, pages: Sequence[Labelled], places: Sequence[Matrix]) -> Weights:
    """Give *weights* a last layer for classes.

    Args:
        places: of each page, where its lines are.
    """
    dice = np.random.default_rng(SEED)
    width = len(weights["story_last"])
    # With this last layer the tagger says what the one before it says.
    bare = {**without_classes(weights), "story_last": np.eye(width, dtype=np.float32)}
    bare |= {"story_last_bias": np.zeros(width, np.float32)}
    tagger = Tagger({**bare, "of_classes": np.zeros((len(weights["of_places"]), width - 1))})
    own = [
        at
        for at, page in enumerate(pages)
        if page.source != "meta" and page.rendering not in ARTIFICIAL
    ]
    some = dice.choice(own, min(TEXTS, len(own)), replace=False).tolist()
    seen: list[Matrix] = []
    classes: list[NDArray[np.int64]] = []
    for low in range(0, len(some), BLOCK):
        block = [pages[at] for at in some[low : low + BLOCK]]
        said = tagger.tag([page_of_lines(page).lines for page in block])
        for page, tags, at in zip(block, said, some[low : low + BLOCK], strict=True):
            found = classes_of(page.named, page.learned == "d")
            known = found >= 0
            rows = np.array(places[at], np.float32)
            seen.append(np.column_stack((tags.story, tags.classes, rows))[known])
            classes.append(found[known])
    fitted = _fit(np.concatenate(seen), np.concatenate(classes))
    steps = (np.rint(fitted * WEIGHT_STEP) / WEIGHT_STEP).astype(np.float16)
    found_weights = without_classes(weights)
    found_weights["story_last"][:, 1:] = steps[:width]
    found_weights["story_last_bias"][1:] = steps[-1]
    found_weights["of_classes"] = steps[width:-1]
    return found_weights


def classes_of(own: NDArray[np.int8], chrome: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The class of each line of *chrome*: its *own*, else that of its header; -1 without one."""
    found = np.full(len(own), -1)
    last = -1
    for at, each in enumerate(own.tolist()):
        last = (
            -1 if not chrome[at] else each if each >= 0 else last if last in HEADER_CLASSES else -1
        )
        found[at] = last
    return found


def _fit(seen: Matrix, classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Softmax regression: float64[columns + 1, CLASSES], the bias last."""
    rows = np.column_stack((seen, np.ones(len(seen)))).astype(np.float64)
    target = np.eye(len(CLASSES))[classes]
    shape = rows.shape[1], len(CLASSES)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        layer = flat.reshape(shape)
        logits = rows @ layer
        lost = -log_softmax(logits, axis=1)[np.arange(len(rows)), classes].mean()
        slope = rows.T @ (softmax(logits, axis=1) - target) / len(rows)
        return lost + PENALTY * (layer**2).sum(), (slope + 2 * PENALTY * layer).ravel()

    start = np.zeros(shape[0] * shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    layer: NDArray[np.float64] = found.x.reshape(shape)
    return layer
