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
    "rare_shared",
    "figures",
    "names",
    "particulars_behind",
    "longer_figures_missing",
    "coverage",
    "weaker_half",
    "longer_lead",
    "leads_behind",
    "hours_apart",
)
"""Names of the model's inputs, the keys of ``WEIGHTS``."""

_WEEK_H = 168.0
_MUCH = 0.3
"""Share of the longer that the shorter lacks, from which on it tells news of its own: of pairs with
unlike leads, follow-ups lack .3 to .9, prints with another first paragraph .1 or .2."""
LEAST_OF_PARTICULARS = 0.5
"""More than this share of the shorter's figures and names must be found where ``MOST_MISSING`` or
more are missing: else, two items of one template. Of labelled copies, 1 in 400 has no more."""
MOST_MISSING = 2
LEAST_OF_FIGURES, MOST_FIGURES_MISSING = 0.4, 5
"""The same of figures alone: reports and forecasts of one office differ in nothing else. The longer
has figures of its own there; where it has hardly any, it spells them out."""
WORDING_A_FIGURE = 5
"""Rare sampled shingles that two texts share for each missing figure, a figure in about 20 words,
from which on the figures were corrected or misread: reports are denser."""
MIN_WEAKER_HALF, MIN_OF_SCANS = 0.2, 0.15
"""Share of the weaker half that must be found, and where that is at least half of what is found of
all. A text that has only a half of another in common with it, its tail or its lead, is a story of
its own; a bad scan is found badly in both halves."""


def least_of_half(contained: Floats) -> Floats:
    """Return the share of the weaker half that must be found, given what is found of all."""
    return np.clip(contained / 2, MIN_OF_SCANS, MIN_WEAKER_HALF)


def inputs(parts: Floats) -> Floats:
    """Compute the inputs: float64[n, len(INPUTS)].

    Shares of few figures or names are drawn towards what is usual, counts and hours are taken as
    logarithms, more than a week apart counts as a week. An unknown date says nothing, and neither
    does an equal one. Where figures and names are behind the wording that two texts share, one
    template may be the reason. Where both leads are, a common background: all the more if the
    shorter has figures and names of its own, since a follow-up tells news and a local lead above an
    agency's story hardly any; and not at all if the rest of the longer is in the shorter, because
    then a paragraph was rewritten. The longer's lead says something of a longer version alone.

    Args:
        parts: float64[n, len(PARTS)], from ``evidence.compare``.
    """
    part = dict(zip(PARTS, parts.T, strict=True))
    figures = (part["figures_shared"] + 0.7) / (part["figures"] + 1)
    names = (part["names_shared"] + 0.7) / (part["names"] + 1)
    shared, particulars = _particulars(part)
    behind = part["contained"] - (shared + 0.8) / (particulars + 1)
    leads = part["contained"] - np.maximum(part["lead"], part["longer_lead"])
    # Without names, as in scripts without capitals, nobody knows what is new.
    new = np.where(part["names"] > 0, (particulars - shared + 1) / (MOST_MISSING + 1), 1)
    more = 1 - part["longer_coverage"]
    hours = np.where(np.isnan(part["hours_apart"]), 0.0, part["hours_apart"])
    columns = (
        np.log1p(part["rare_shared"]),
        figures,
        names,
        np.maximum(behind, 0.0),
        np.log1p(part["longer_figures"] - part["figures_shared"]),
        part["coverage"],
        part["weaker_half"],
        part["longer_lead"] * more,
        np.maximum(leads, 0.0) * np.minimum(new, 1) * np.minimum(more / _MUCH, 1),
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
        & (part["rare_shared"] < WORDING_A_FIGURE * missing)
    )
    found: NDArray[np.bool_] = others | (part["weaker_half"] < least_of_half(part["contained"]))
    return found


def _particulars(part: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Count figures and names of the shorter: those that the longer has, and all."""
    return part["figures_shared"] + part["names_shared"], part["figures"] + part["names"]


BIAS = -10.379

WEIGHTS = {
    "rare_shared": 1.285,
    "figures": 5.048,
    "names": 3.388,
    "particulars_behind": -11.395,
    "longer_figures_missing": -0.670,
    "coverage": 2.543,
    "weaker_half": 2.838,
    "longer_lead": 5.552,
    "leads_behind": -8.512,
    "hours_apart": -0.832,
}
