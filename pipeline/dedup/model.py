"""The model: the probability that a pair is copies, from its evidence.

It is a logistic regression: each input changes the log-odds by its weight times its value, so every
decision can be explained. ``training/train_pairs.py`` fits the weights.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.evidence import PARTS

Floats = NDArray[np.float64]

_WEEK_H = 168.0
_MUCH = 0.3
"""Minimum share of the longer text that the shorter lacks if it has news of its own. Of pairs with
different leads, follow-ups lack .3 to .9, reprints with another first paragraph .1 or .2."""
LEAST_OF_PARTICULARS = 0.5
"""If ``MOST_MISSING`` or more of the shorter's figures and names are missing in the longer, more
than this share must be found, else the two are items of one template. That excludes 1 in 400
labelled copies."""
MOST_MISSING = 2
MOST_HOURS = 30 * 24.0
"""Maximum hours between the publications of copies whose texts differ: a form is filled in again
every month."""
MIN_WEAKER_HALF, MIN_OF_SCANS = 0.2, 0.15
"""Minimum share of the weaker half that must be found; the second if little of all is found. A text
that only shares its tail or its lead is a story of its own; a bad scan matches badly in both."""


def least_of_half(contained: Floats) -> Floats:
    """Return the share of the weaker half that must be found, given the share of the whole."""
    return np.clip(contained / 2, MIN_OF_SCANS, MIN_WEAKER_HALF)


def inputs(parts: Floats) -> dict[str, Floats]:
    """Compute the inputs, by name: float64[n] each.

    Shares of few figures or names are shrunk towards the usual share; counts and hours are
    logarithms; more than a week apart counts as a week; an unknown date counts as an equal one.

    - ``particulars_behind``: figures and names match less than the wording, as in one template.
    - ``leads_behind``: both leads match less than the wording, as if the texts shared only their
      background. It counts more if the shorter has figures and names of its own (a follow-up has
      news, a local lead above a wire story hardly any), and not if the rest of the longer is in the
      shorter (then a paragraph was rewritten).
    - ``longer_lead`` only counts for a longer version.

    Args:
        parts: float64[n, len(PARTS)], from ``evidence.compare``.
    """
    part = dict(zip(PARTS, parts.T, strict=True))
    figures = (part["figures_shared"] + 0.7) / (part["figures"] + 1)
    names = (part["names_shared"] + 0.7) / (part["names"] + 1)
    shared, particulars = _particulars(part)
    behind = part["contained"] - (shared + 0.8) / (particulars + 1)
    leads = part["contained"] - np.maximum(part["lead"], part["longer_lead"])
    # Without names, as in scripts without capitals, it is not known what is new.
    new = np.where(part["names"] > 0, (particulars - shared + 1) / (MOST_MISSING + 1), 1)
    more = 1 - part["longer_coverage"]
    hours = np.where(np.isnan(part["hours_apart"]), 0.0, part["hours_apart"])
    return {
        "rare_shared": np.log1p(part["rare_shared"]),
        "figures": figures,
        "names": names,
        "particulars_behind": np.maximum(behind, 0.0),
        "longer_figures_missing": np.log1p(part["longer_figures"] - part["figures_shared"]),
        "coverage": part["coverage"],
        "weaker_half": part["weaker_half"],
        "longer_lead": part["longer_lead"] * more,
        "leads_behind": np.maximum(leads, 0.0) * np.minimum(new, 1) * np.minimum(more / _MUCH, 1),
        "hours_apart": np.log1p(np.minimum(hours, _WEEK_H)),
    }


def probabilities(parts: Floats) -> Floats:
    """Return the probability that each pair is copies: float64[n]; 0 if ``excluded``."""
    odds = np.full(len(parts), BIAS)
    # One by one: the rounding of a matrix product depends on the number of pairs.
    for name, column in inputs(parts).items():
        odds += WEIGHTS[name] * column
    chances: Floats = 1 / (1 + np.exp(-odds))
    return np.where(excluded(parts), 0.0, chances)


def excluded(parts: Floats) -> NDArray[np.bool_]:
    """Tell which pairs are no copies, whatever else their evidence says: bool[n].

    Half of the shorter text is not in the longer, or most of its figures and names are not; half of
    the weekdays, months and numbers in words at the same places are others; or they were published
    long after each other.
    """
    part = dict(zip(PARTS, parts.T, strict=True))
    shared, particulars = _particulars(part)
    others = (particulars - shared >= MOST_MISSING) & (shared <= LEAST_OF_PARTICULARS * particulars)
    apart = np.maximum(1, LEAST_OF_PARTICULARS * part["slots"])
    others |= (part["slots_apart"] >= apart) | (part["hours_apart"] > MOST_HOURS)
    found: NDArray[np.bool_] = others | (part["weaker_half"] < least_of_half(part["contained"]))
    return found


def _particulars(part: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Return how many figures and names of the shorter the longer has, and how many there are."""
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
