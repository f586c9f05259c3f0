"""The model: how likely a pair is copies, from the parts of its evidence.

A logistic regression, so that each part moves the log-odds by its weight times its input and
nothing else, so every decision can be explained. ``training/train_pairs.py`` fits the weights.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.evidence import PARTS

Floats = NDArray[np.float64]

INPUTS = (
    "rare",
    "contained",
    "figures",
    "figures_missing",
    "coverage",
    "coverage_squared",
    "weaker_half",
    "lead",
    "longer_lead",
    "length",
    "hours_apart",
    "dated",
)
"""Names of the model's inputs, the keys of ``WEIGHTS``."""

_DOUBT = 4  # rare shingles by which a share of few is discounted

_WEEK_H = 168.0

LEAST_OF_A_HALF = 0.2
"""Share of the weaker half that must be found. A text that has only a half of another in common
with it, its tail or its lead, is a story of its own; of labelled copies, 2 % have less."""


def inputs(parts: Floats) -> Floats:
    """Compute the inputs: float64[n, len(INPUTS)].

    Shares of few shingles or figures are drawn towards what is usual, lengths and hours are
    taken as logarithms, more than a week apart counts as a week, and an unknown date says nothing.

    Args:
        parts: float64[n, len(PARTS)], from ``evidence.compare``.
    """
    part = dict(zip(PARTS, parts.T, strict=True))
    figures = (part["figures_shared"] + 0.8) / (part["figures"] + 1)
    hours = np.where(np.isnan(part["hours_apart"]), 0.0, part["hours_apart"])
    columns = (
        part["rare_shared"] / (part["rare"] + _DOUBT),
        part["contained"],
        figures,
        np.log1p(part["figures"]) * (1 - figures),
        part["coverage"],
        part["coverage"] ** 2,
        part["weaker_half"],
        part["lead"],
        part["longer_lead"],
        np.log(np.maximum(part["length"], 1e-3)),
        np.log1p(np.minimum(hours, _WEEK_H)),
        (hours > 0).astype(np.float64),
    )
    return np.array(columns).T


def probabilities(parts: Floats) -> Floats:
    """Tell how likely each pair is copies, 0 to 1: float64[n].

    0 where one half of the shorter is not found in the longer at all, whatever else is.
    """
    odds = np.full(len(parts), BIAS)
    # One after the other: the sums of a matrix product depend on how many pairs are in it.
    for name, column in zip(INPUTS, inputs(parts).T, strict=True):
        odds += WEIGHTS[name] * column
    chances: Floats = 1 / (1 + np.exp(-odds))
    halves = parts[:, PARTS.index("weaker_half")]
    return np.where(halves >= LEAST_OF_A_HALF, chances, 0.0)


BIAS = -5.021

WEIGHTS = {
    "rare": 4.550,
    "contained": -3.953,
    "figures": 1.920,
    "figures_missing": -1.703,
    "coverage": 4.562,
    "coverage_squared": 2.232,
    "weaker_half": 0.723,
    "lead": 0.250,
    "longer_lead": 2.770,
    "length": 0.840,
    "hours_apart": -1.480,
    "dated": 2.372,
}
