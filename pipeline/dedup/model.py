"""The model: how likely a pair is copies, from the parts of its evidence.

A logistic regression, so that each part moves the log-odds by its weight times its input and
nothing else, so every decision can be explained. ``training/train_pairs.py`` fits the weights.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.evidence import PARTS

Floats = NDArray[np.float64]

INPUTS = (
    "rare",
    "contained",
    "figures",
    "figures_missing",
    "names",
    "names_missing",
    "particulars_behind",
    "coverage",
    "coverage_squared",
    "weaker_half",
    "lead",
    "longer_lead",
    "leads_behind",
    "length",
    "hours_apart",
)
"""Names of the model's inputs, the keys of ``WEIGHTS``."""

_DOUBT = 4  # rare shingles by which a share of few is discounted
_WEEK_H = 168.0
LEAST_OF_PARTICULARS = 0.5
"""Share of the shorter's figures and names that must be found where ``MOST_MISSING`` or more are
missing: below, two items of one template. Of labelled copies, 1 in 2,000 has less."""
MOST_MISSING = 2
LEAST_OF_FIGURES, MOST_FIGURES_MISSING = 0.4, 5
"""The same of figures alone: reports and forecasts of one office differ in nothing else. The longer
has figures of its own there; where it has hardly any, it spells them out."""
MIN_WEAKER_HALF = 0.2
"""Share of the weaker half that must be found. A text that has only a half of another in common
with it, its tail or its lead, is a story of its own; of labelled copies, 2 % have less."""


def inputs(parts: Floats) -> Floats:
    """Compute the inputs: float64[n, len(INPUTS)].

    Shares of few shingles or figures are drawn towards what is usual, lengths and hours are
    taken as logarithms, more than a week apart counts as a week. An unknown date says nothing, and
    neither does an equal one. Where figures and names are behind the wording that two texts share,
    one template may be the reason; where both leads are, a common background.

    Args:
        parts: float64[n, len(PARTS)], from ``evidence.compare``.
    """
    part = dict(zip(PARTS, parts.T, strict=True))
    figures = (part["figures_shared"] + 0.8) / (part["figures"] + 1)
    names = (part["names_shared"] + 0.9) / (part["names"] + 1)
    shared, particulars = _particulars(part)
    behind = part["contained"] - (shared + 0.8) / (particulars + 1)
    hours = np.where(np.isnan(part["hours_apart"]), 0.0, part["hours_apart"])
    columns = (
        part["rare_shared"] / (part["rare"] + _DOUBT),
        part["contained"],
        figures,
        np.log1p(part["figures"]) * (1 - figures),
        names,
        np.log1p(part["names"]) * (1 - names),
        np.maximum(behind, 0.0),
        part["coverage"],
        part["coverage"] ** 2,
        part["weaker_half"],
        part["lead"],
        part["longer_lead"],
        np.maximum(part["contained"] - np.maximum(part["lead"], part["longer_lead"]), 0.0),
        np.log(np.maximum(part["length"], 1e-3)),
        np.log1p(np.minimum(hours, _WEEK_H)),
    )
    return np.array(columns).T


def probabilities(parts: Floats) -> Floats:
    """Tell how likely each pair is copies, 0 to 1: float64[n].

    0 where one half of the shorter is not found in the longer at all, or few of its figures and
    names are, whatever else is.
    """
    odds = np.full(len(parts), BIAS)
    # One after the other: the sums of a matrix product depend on how many pairs are in it.
    for name, column in zip(INPUTS, inputs(parts).T, strict=True):
        odds += WEIGHTS[name] * column
    chances: Floats = 1 / (1 + np.exp(-odds))
    return np.where(excluded(parts), 0.0, chances)


def excluded(parts: Floats) -> NDArray[np.bool_]:
    """Tell which pairs are no copies whatever else their evidence says: bool[n]."""
    part = dict(zip(PARTS, parts.T, strict=True))
    shared, particulars = _particulars(part)
    others = (particulars - shared >= MOST_MISSING) & (shared < LEAST_OF_PARTICULARS * particulars)
    missing = part["figures"] - part["figures_shared"]
    others |= (
        (missing >= MOST_FIGURES_MISSING)
        & (part["figures_shared"] < LEAST_OF_FIGURES * part["figures"])
        & (part["longer_figures"] - part["figures_shared"] >= MOST_MISSING)
    )
    found: NDArray[np.bool_] = others | (part["weaker_half"] < MIN_WEAKER_HALF)
    return found


def _particulars(part: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Count figures and names of the shorter: those that the longer has, and all."""
    return part["figures_shared"] + part["names_shared"], part["figures"] + part["names"]


BIAS = -7.232

WEIGHTS = {
    "rare": 5.164,
    "contained": -2.669,
    "figures": 3.260,
    "figures_missing": -0.506,
    "names": 3.421,
    "names_missing": -0.529,
    "particulars_behind": -14.101,
    "coverage": 4.434,
    "coverage_squared": 0.720,
    "weaker_half": 2.551,
    "lead": -0.176,
    "longer_lead": -0.887,
    "leads_behind": -9.882,
    "length": -0.548,
    "hours_apart": -0.926,
}
