"""Limits that a finished run must meet to be published. Read ``judge_gates`` first.

A gate has one name in the settings, the manifest and messages. Without an ending, the setting is
the limit; ``_rise`` adds it to the baseline, ``_ratio`` multiplies the baseline by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import add, mul
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
class _Measure:
    """What a gate checks: a count, or its share of the sum of other counts.

    ``whole``: the counts in the denominator of a share; () for a count. ``sample``: the counts that
    ``min_records`` applies to.
    """

    count: str
    whole: tuple[str, ...]
    sample: tuple[str, ...]

    def value(self, counts: Counts) -> float | None:
        """Return the number; None if a count is missing, or the denominator is 0."""
        if not {self.count, *self.whole} <= counts.keys():
            return None
        whole = sum(counts[name] for name in self.whole) if self.whole else 1
        return counts[self.count] / whole if whole else None

    def is_large(self, counts: Counts, config: GatesConfig) -> bool:
        """Whether the value is based on at least ``min_records`` records."""
        size: int = sum(counts.get(name, 0) for name in self.sample)
        return size >= config.min_records


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

_LIMITS: dict[str, Callable[[float, float], float]] = {"_rise": add, "_ratio": mul}
"""Ending of a gate's name → its limit, computed from baseline and setting."""

GATES = tuple(
    name
    for name in GatesConfig.model_fields
    if name not in {"min_records", "baseline_runs", "min_runs"}
)
"""All gates, in the order of the settings."""


def judge_gates(
    account: Account,
    earlier: Sequence[Mapping[str, Any]],
    config: GatesConfig,
    *,
    catching_up: bool = False,
) -> list[GateResult]:
    """Check *account* against every gate that is set; return the results of those that apply.

    A share applies only if its denominator is at least ``min_records``; a ratio, if the count or
    its baseline is. A fixed limit of a count always applies.

    Of the *earlier* manifests (published runs, oldest first) the newest ``baseline_runs`` count. If
    *catching_up*, the run only reads rejects and unreadable files again, which may be few.
    """
    counts = account.as_dict()
    newest = earlier[-config.baseline_runs :]
    judged = [name for name in GATES if not (catching_up and name in LEAST)]
    results = (_judge(name, counts, newest, config) for name in judged)
    return [result for result in results if result is not None]


def gates_as_dict(results: Iterable[GateResult]) -> dict[str, dict[str, float | bool | None]]:
    """Return *results* for the manifest, by the name of the gate."""
    facts = [asdict(result) for result in results]
    return {fact.pop("name"): fact for fact in facts}


def gates_from_dict(facts: Mapping[str, Mapping[str, Any]]) -> list[GateResult]:
    """Read what ``gates_as_dict`` wrote. Raises KeyError if a fact is missing."""
    known = ("value", "limit", "baseline", "passed")  # a newer version may write more
    return [GateResult(name, *(fact[key] for key in known)) for name, fact in facts.items()]


def failed(results: Iterable[GateResult]) -> list[GateResult]:
    """Return the gates that were not passed."""
    return [result for result in results if not result.passed]


def _judge(
    name: str, counts: Counts, earlier: Sequence[Mapping[str, Any]], config: GatesConfig
) -> GateResult | None:
    limit = float(getattr(config, name))
    ending = next((each for each in _LIMITS if name.endswith(each)), "")
    measure = MEASURES[name[len("min_") :].removesuffix(ending)]
    share = bool(measure.whole)
    value = measure.value(counts)
    if limit == share or value is None:  # 1 is no limit of a share, 0 none of a count
        return None
    if measure.sample and (share or ending) and not measure.is_large(counts, config):
        return None
    baseline = _baseline(name, measure, earlier, config) if ending else None
    if ending:
        if baseline is None or not (measure.sample or max(value, baseline) >= config.min_records):
            return None
        limit = _LIMITS[ending](baseline, limit)
    # Rounding errors (1e-16) must not fail a value that equals the limit.
    value, limit = round(value, 9), round(limit, 9)
    passed = value >= limit if name.startswith("min_") else value <= limit
    return GateResult(name, value, limit, baseline and round(baseline, 9), passed)


def _baseline(
    name: str, measure: _Measure, earlier: Sequence[Mapping[str, Any]], config: GatesConfig
) -> float | None:
    """Return the median or minimum of comparable runs; None if there are fewer than ``min_runs``.

    After a run that failed this gate was published by hand, older runs no longer count.
    """
    values: list[float] = []
    for manifest in earlier:
        counts, gate = manifest["counts"], manifest.get("gates", {}).get(name)
        if gate and not gate["passed"]:
            values.clear()
        value = measure.value(counts)
        comparable = not measure.sample or measure.is_large(counts, config)
        if value is not None and comparable:
            values.append(value)
    if len(values) < config.min_runs:
        return None
    return min(values) if name in LEAST else median(values)
