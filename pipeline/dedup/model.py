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
    "rare_count",
    "contained",
    "figures",
    "names",
    "particulars_behind",
    "longer_figures_missing",
    "longer_figures_behind",
    "coverage",
    "weaker_half",
    "longer_lead",
    "leads_behind",
    "hours_apart",
)
"""Names of the model's inputs, the keys of ``WEIGHTS``."""

_DOUBT = 4  # rare shingles by which a share of few is discounted
_WEEK_H = 168.0
LEAST_OF_PARTICULARS = 0.5
"""More than this share of the shorter's figures and names must be found where ``MOST_MISSING`` or
more are missing: else, two items of one template. Of labelled copies, 1 in 400 has no more."""
MOST_MISSING = 2
LEAST_OF_FIGURES, MOST_FIGURES_MISSING = 0.4, 5
"""The same of figures alone: reports and forecasts of one office differ in nothing else. The longer
has figures of its own there; where it has hardly any, it spells them out."""
MIN_WEAKER_HALF = 0.2
"""Share of the weaker half that must be found. A text that has only a half of another in common
with it, its tail or its lead, is a story of its own; of labelled copies, 2 % have less."""


def inputs(parts: Floats) -> Floats:
    """Compute the inputs: float64[n, len(INPUTS)].

    Shares of few shingles or figures are drawn towards what is usual, counts and hours are
    taken as logarithms, more than a week apart counts as a week. An unknown date says nothing, and
    neither does an equal one. Where figures and names are behind the wording that two texts share,
    one template may be the reason, also where those of the longer are; where both leads are, a
    common background, all the more if the shorter has figures and names of its own: a follow-up
    tells news, a local lead above an agency's story hardly any. A share of many shingles says more
    than one of few.

    Args:
        parts: float64[n, len(PARTS)], from ``evidence.compare``.
    """
    part = dict(zip(PARTS, parts.T, strict=True))
    figures = (part["figures_shared"] + 0.8) / (part["figures"] + 1)
    names = (part["names_shared"] + 0.9) / (part["names"] + 1)
    shared, particulars = _particulars(part)
    behind = part["contained"] - (shared + 0.8) / (particulars + 1)
    leads = part["contained"] - np.maximum(part["lead"], part["longer_lead"])
    # Without names, as in scripts without capitals, nobody knows what is new.
    new = np.where(part["names"] > 0, (particulars - shared + 1) / (MOST_MISSING + 1), 1)
    longer = (part["figures_shared"] + 0.8) / (part["longer_figures"] + 1)
    hours = np.where(np.isnan(part["hours_apart"]), 0.0, part["hours_apart"])
    columns = (
        part["rare_shared"] / (part["rare"] + _DOUBT),
        np.log1p(part["rare"]),
        part["contained"],
        figures,
        names,
        np.maximum(behind, 0.0),
        np.log1p(part["longer_figures"] - part["figures_shared"]),
        np.maximum(part["longer_coverage"] - longer, 0.0),
        part["coverage"],
        part["weaker_half"],
        part["longer_lead"],
        np.maximum(leads, 0.0) * np.minimum(new, 1),
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
    others = (particulars - shared >= MOST_MISSING) & (shared <= LEAST_OF_PARTICULARS * particulars)
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


BIAS = -10.983

WEIGHTS = {
    "rare": 3.988,
    "rare_count": 0.672,
    "contained": -2.504,
    "figures": 3.914,
    "names": 4.165,
    "particulars_behind": -11.483,
    "longer_figures_missing": -0.430,
    "longer_figures_behind": -2.544,
    "coverage": 4.309,
    "weaker_half": 2.824,
    "longer_lead": 1.883,
    "leads_behind": -7.733,
    "hours_apart": -0.823,
}
