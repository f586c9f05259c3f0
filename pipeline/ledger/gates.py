"""Limits that a finished run must meet to be published. Read ``judge_gates`` first.

A gate has one name in the settings, the manifest and messages. Without an ending, the setting is
the limit; ``_rise`` adds it to the baseline, ``_ratio`` multiplies the baseline by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, TypeAlias

from pipeline.config import GatesConfig
from pipeline.ledger.account import Account

Counts: TypeAlias = "Mapping[str, Any]"
"""``counts`` of a manifest; older versions wrote fewer."""


@dataclass(frozen=True, slots=True)
class GateResult:
    """The result of one gate.

    Attributes:
        value: of this run.
        limit: the setting, or the setting applied to the baseline.
        baseline: median or minimum of earlier runs; None if the setting is the limit.
        passed: the value is within the limit or equal to it.
    """

    name: str
    value: float
    limit: float
    baseline: float | None
    passed: bool

    def __str__(self) -> str:
        """Return one line of text.

        >>> print(GateResult("max_reject_share_rise", 0.625, 0.35, 0.05, False))
        max_reject_share_rise: 0.625 is above the limit of 0.35 (baseline 0.05)
        """
        side = "below" if self.name.startswith("min_") else "above"
        relation = "is within" if self.passed else f"is {side}"
        text = f"{self.name}: {self.value:.6g} {relation} the limit of {self.limit:.6g}"
        return text if self.baseline is None else f"{text} (baseline {self.baseline:.6g})"


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """What gates need from the manifest of a published run.

    Attributes:
        counts: the account.
        accepted: gates that it failed before it was published by hand.
    """

    counts: Counts
    accepted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Measure:
    """What a gate checks: a count, or its share of the sum of other counts.

    Attributes:
        whole: the counts in the denominator of a share; () for a count.
        sample: the counts that ``min_records`` applies to.
    """

    count: str
    whole: tuple[str, ...]
    sample: tuple[str, ...]

    def value(self, counts: Counts) -> float | None:
        """Return the number; None if a count is missing, or the denominator is 0."""
        names = {self.count, *self.whole}
        if not names <= counts.keys():
            return None
        if not self.whole:
            return float(counts[self.count])
        whole = sum(counts[name] for name in self.whole)
        return counts[self.count] / whole if whole else None

    def size(self, counts: Counts) -> int:
        """Return the number of records that the value is based on."""
        return sum(counts.get(name, 0) for name in self.sample)


RECORDS = ("articles", "duplicates", "rejects")
"""New records: those read, minus the unchanged."""

MEASURES = {
    "articles": _Measure("articles", (), ()),
    "read": _Measure("read", (), ()),
    "reject_share": _Measure("rejects", RECORDS, RECORDS),
    "error_share": _Measure("errors", RECORDS, RECORDS),
    "duplicate_share": _Measure("duplicates", RECORDS, RECORDS),
    "undated_share": _Measure("undated_articles", ("articles",), ("articles",)),
    "cluster_size": _Measure("largest_cluster", (), RECORDS),
}
"""Name of a gate without ``min_``/``max_`` and ending → what it checks."""

LEAST = frozenset({"min_read_ratio"})
"""Gates whose baseline is the minimum of earlier runs instead of the median, because every night
reads less than usual."""

_LIMITS: dict[str, Callable[[float, float], float]] = {
    "_rise": lambda baseline, setting: baseline + setting,
    "_ratio": lambda baseline, setting: baseline * setting,
}
"""Ending of a gate's name → its limit, computed from baseline and setting."""

GATES = (
    "min_articles",
    "max_articles",
    "max_reject_share",
    "max_error_share",
    "max_duplicate_share",
    "max_undated_share",
    "max_cluster_size",
    "min_articles_ratio",
    "max_articles_ratio",
    "min_read_ratio",
    "max_reject_share_rise",
    "max_error_share_rise",
    "max_duplicate_share_rise",
    "max_undated_share_rise",
    "max_cluster_size_ratio",
)
"""All gates, in the order of the settings."""


def judge_gates(
    account: Account,
    earlier: Sequence[EarlierRun],
    config: GatesConfig,
    *,
    catching_up: bool = False,
) -> list[GateResult]:
    """Check *account* against every gate that is set and applies.

    A share applies only if its denominator is at least ``min_records``; a ratio, if the count or
    its baseline is. A fixed limit of a count always applies.

    Args:
        earlier: published runs, oldest first; the newest ``baseline_runs`` count.
        catching_up: the run only reads rejects and unreadable files again, which may be few.

    Returns:
        The results of the gates that apply; the run may be published if all passed.
    """
    counts = account.as_dict()
    newest = earlier[-config.baseline_runs :]
    judged = [name for name in GATES if not (catching_up and name in LEAST)]
    results = (_judge(name, counts, newest, config) for name in judged)
    return [result for result in results if result is not None]


def gates_as_dict(results: Iterable[GateResult]) -> dict[str, dict[str, float | bool | None]]:
    """Return *results* for the manifest, by the name of the gate."""
    facts = {result.name: asdict(result) for result in results}
    return {name: {key: fact[key] for key in fact if key != "name"} for name, fact in facts.items()}


def gates_from_dict(facts: Mapping[str, Mapping[str, Any]]) -> list[GateResult]:
    """Read what ``gates_as_dict`` wrote.

    Raises:
        KeyError: a fact is missing.
    """
    names = ("value", "limit", "baseline", "passed")
    return [GateResult(name, *(fact[key] for key in names)) for name, fact in facts.items()]


def failed(results: Iterable[GateResult]) -> list[GateResult]:
    """Return the gates that were not passed."""
    return [result for result in results if not result.passed]


def _judge(
    name: str, counts: Counts, earlier: Sequence[EarlierRun], config: GatesConfig
) -> GateResult | None:
    setting = float(getattr(config, name))
    measure, ending = _parts(name)
    share = bool(measure.whole)
    if setting == (1 if share else 0):
        return None  # no limit
    value = measure.value(counts)
    if value is None or (share and measure.size(counts) < config.min_records):
        return None
    baseline = None
    limit = setting
    if ending:
        baseline = _baseline(name, measure, earlier, config)
        if baseline is None or not (share or _large(measure, counts, value, baseline, config)):
            return None
        limit = _LIMITS[ending](baseline, setting)
    # Rounding errors (1e-16) must not fail a value that equals the limit.
    value, limit = round(value, 9), round(limit, 9)
    passed = value >= limit if name.startswith("min_") else value <= limit
    return GateResult(name, value, limit, baseline and round(baseline, 9), passed)


def _parts(name: str) -> tuple[_Measure, str]:
    ending = next((each for each in _LIMITS if name.endswith(each)), "")
    return MEASURES[name[len("min_") :].removesuffix(ending)], ending


def _baseline(
    name: str, measure: _Measure, earlier: Sequence[EarlierRun], config: GatesConfig
) -> float | None:
    """Return the median or minimum of comparable runs; None if there are fewer than ``min_runs``.

    After a run that failed this gate was published by hand, older runs no longer count.
    """
    values: list[float] = []
    for run in earlier:
        if name in run.accepted:
            values.clear()
        value = measure.value(run.counts)
        fit = not measure.sample or measure.size(run.counts) >= config.min_records
        if value is not None and fit:
            values.append(value)
    if len(values) < config.min_runs:
        return None
    return min(values) if name in LEAST else median(values)


def _large(
    measure: _Measure, counts: Counts, value: float, baseline: float, config: GatesConfig
) -> bool:
    """Whether a count is large enough to be compared with its baseline."""
    size = measure.size(counts) if measure.sample else max(value, baseline)
    return size >= config.min_records
