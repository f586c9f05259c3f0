"""What tipped the model: the parts of its log-odds, and what moved them most.

The inputs of a linear model add up, but an input of 0 is not "nothing was said". So a pair
is set beside two others: one with nothing in common, and the shorter text beside itself. What
speaks for a copy is what the pair has more than the first; what speaks against it, what it has
less than the second. Inputs that count the same thing are taken together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.dedup.evidence import PARTS, Sketch, compare
from pipeline.dedup.model import INPUTS, WEIGHTS, inputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

GROUPS: dict[str, tuple[str, ...]] = {
    "rare shingles": ("rare",),
    "coverage": ("contained", "coverage", "coverage_squared", "weaker_half"),
    "figures": ("figures", "figures_missing"),
    "leads": ("lead", "longer_lead"),
    "length": ("length",),
    "time": ("hours_apart", "dated"),
}
"""Inputs of the model that count the same thing."""

MOST_TIPPING = 3
LEAST_SHARE = 0.15
"""Of the whole gain or loss, so much a group must make to be named."""

_FOUND = (
    "rare_shared",
    "contained",
    "figures_shared",
    "coverage",
    "weaker_half",
    "lead",
    "longer_lead",
)


@dataclass(frozen=True, slots=True)
class Contribution:
    """One input of the model: contribution = value x weight, in log-odds."""

    name: str
    value: float
    weight: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Tip:
    """A group of inputs, and by how much it moved the log-odds for or against a copy."""

    group: str
    by: float


def contributions(parts: NDArray[np.float64]) -> list[Contribution]:
    """Take the log-odds of a pair apart.

    Args:
        parts: float64[len(PARTS)], from ``evidence.compare``.
    """
    values = inputs(parts[np.newaxis])[0].tolist()
    named = zip(INPUTS, values, strict=True)
    return [Contribution(name, each, WEIGHTS[name], each * WEIGHTS[name]) for name, each in named]


def tips(parts: NDArray[np.float64], shorter: Sketch, *, copy: bool) -> list[Tip]:
    """Name the groups that moved the log-odds most, the strongest first: 1 to 3 of them.

    Args:
        parts: float64[len(PARTS)], of the pair.
        shorter: the shorter of the two.
        copy: whether what speaks for a copy is asked for, or what speaks against it.
    """
    same = compare(shorter, [shorter])[0]
    if not copy:
        return _strongest(_by_group(parts), _by_group(same), -1)
    nothing = same.copy()
    nothing[[PARTS.index(name) for name in _FOUND]] = 0
    return _strongest(_by_group(parts), _by_group(nothing), 1)


def _by_group(parts: NDArray[np.float64]) -> dict[str, float]:
    amounts = {each.name: each.contribution for each in contributions(parts)}
    return {group: sum(amounts[name] for name in names) for group, names in GROUPS.items()}


def _strongest(pair: dict[str, float], other: dict[str, float], sign: int) -> list[Tip]:
    moved = [Tip(group, pair[group] - other[group]) for group in GROUPS]
    ranked = sorted((tip for tip in moved if tip.by * sign > 0), key=lambda tip: -abs(tip.by))
    whole = sum(abs(tip.by) for tip in ranked)
    return [tip for tip in ranked[:MOST_TIPPING] if abs(tip.by) >= LEAST_SHARE * whole]
