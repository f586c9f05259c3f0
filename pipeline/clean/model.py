"""A linear model read from a file of weights, and Viterbi decoding of its scores.

``LinearModel.load`` and ``viterbi`` are what the models of lines and of blocks share.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Weights learned from labelled pages.

    Attributes:
        names: the features that have a weight.
        weights: one a feature, in log-odds; positive speaks for story.
        means: of the features over the training data, against which reasons are weighed.
        bias: log-odds of a row whose features are all 0.
        groups: names of groups of features, as reasons give them.
        membership: float64[features, groups], 1 where a feature belongs to a group.
    """

    names: tuple[str, ...]
    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    bias: float
    groups: tuple[str, ...]
    membership: NDArray[np.float64]

    @classmethod
    def load(
        cls, path: Path, features: Sequence[str], groups: Mapping[str, tuple[str, ...]]
    ) -> LinearModel:
        """Read a file of weights.

        Args:
            features: the names that may have a weight.
            groups: group of features → how their names begin.

        Raises:
            ValueError: the file has a weight for something else.
        """
        stored = json.loads(path.read_text(encoding="utf-8"))
        names = tuple(stored["weights"])
        unknown = sorted(set(names) - set(features))
        if unknown:
            raise ValueError(f"{path.name} has weights for unknown features: {unknown[:3]}")
        pairs = np.array([stored["weights"][name] for name in names], np.float64)
        membership = [[group_of(name, groups) == group for group in groups] for name in names]
        return cls(
            names,
            pairs[:, 0],
            pairs[:, 1],
            float(stored["bias"]),
            tuple(groups),
            np.array(membership, np.float64),
        )

    def reasons(self, features: NDArray[np.float32], most: int) -> list[list[str]]:
        """For each row, up to *most* groups of features that weighed most against story."""
        sums = ((features - self.means) * self.weights) @ self.membership
        return [
            [self.groups[group] for group in np.argsort(row)[:most] if row[group] < 0]
            for row in sums
        ]


def group_of(feature: str, groups: Mapping[str, tuple[str, ...]]) -> str:
    """The group of a feature; a product belongs to the group of its first factor.

    >>> group_of("first x words", {"size": ("words",), "extractors": ("first", "second")})
    'extractors'
    """
    return next(group for group, beginnings in groups.items() if feature.startswith(beginnings))


def viterbi(margins: Sequence[float], cost: float) -> list[bool]:
    """Whether each line is dropped, so that the sum of margins kept minus switches is largest.

    Ties keep the line, and stay in the state.

    >>> viterbi([2.0, -0.1, 2.0, -3.0, -3.0], 0.2)
    [False, False, False, True, True]
    """
    kept = dropped = 0.0
    from_dropped: list[bool] = []
    from_kept: list[bool] = []
    for margin in margins:
        enter, leave = dropped - cost > kept, kept - cost > dropped
        from_dropped.append(enter)
        from_kept.append(leave)
        kept, dropped = (
            (dropped - cost if enter else kept) + margin,
            kept - cost if leave else dropped,
        )
    drop = dropped > kept
    answer = [False] * len(margins)
    for index in range(len(margins) - 1, -1, -1):
        answer[index] = drop
        if from_kept[index] if drop else from_dropped[index]:
            drop = not drop
    return answer
