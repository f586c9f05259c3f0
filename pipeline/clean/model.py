"""Which lines or blocks go, by scores and what a switch costs: ``viterbi``."""

from __future__ import annotations

from collections.abc import Sequence


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
