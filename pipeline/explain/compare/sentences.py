"""What a comparison comes to, in two or three sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.dedup.model import LEAST_OF_A_HALF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.config import DedupConfig
    from pipeline.explain.compare.comparison import Comparison
    from pipeline.explain.compare.sides import Side

KEPT_BECAUSE = {
    "published": "an earlier run published it",
    "url": "only its url is known",
    "metadata": "more of title, authors and date is known of it",
    "length": "its text is longer",
    "publication": "it was published earlier, as far as is known",
    "text digest": "all else is equal, and it comes first by the digest of its text: chance",
    "id": "the texts are equal, and it comes first by its id",
}
"""Rule of the order → what it says about the one that is kept."""


def sentences(a: Side, b: Side, found: Comparison, config: DedupConfig) -> list[str]:
    """Explain the decision in plain words: the decision, what tipped it, what follows."""
    return [
        _verdict(found, config),
        *_tipped(found),
        *_follows(a, b, found),
        *_recorded(a, b),
    ]


def _verdict(found: Comparison, config: DedupConfig) -> str:
    decision = found.decision
    if decision.match == "exact":
        return "An exact copy: the cleaned texts are equal."
    if decision.too_short:
        least = min(found.a.shingles, found.b.shingles)
        return (
            f"Not a copy: the texts differ, and one has {least} shingles, fewer than "
            f"dedup.min_shingles = {config.min_shingles}; of such only exact copies are found."
        )
    assert decision.probability is not None
    asked = f"dedup.confidence asks for {_percent(decision.confidence)}"
    if decision.copy:
        chance = _percent(decision.probability)
        return f"A copy ({decision.match}): by the evidence {chance} likely, and {asked}."
    if not found.shared.shingles:
        return "Not a copy: the texts have no shingle in common."
    if _half_missing(found):
        half = _percent(found.parts["weaker_half"])
        return (
            f"Not a copy: of one half of the shorter text {half} is found in the longer; below "
            f"{_percent(LEAST_OF_A_HALF)} it counts as a story of its own, whatever else is shared."
        )
    return f"Not a copy: by the evidence {_percent(decision.probability)} likely, and {asked}."


def _tipped(found: Comparison) -> Iterator[str]:
    decision = found.decision
    if not decision.tips or _half_missing(found) or not found.shared.shingles:
        return
    told = "; ".join(
        f"{tip.group} ({tip.by:+.1f}), {_said(tip.group, found)}" for tip in decision.tips
    )
    yield f"What {'spoke for it' if decision.copy else 'spoke against it'}: {told}."


def _follows(a: Side, b: Side, found: Comparison) -> Iterator[str]:
    decision, names = found.decision, {"a": "A", "b": "B"}
    if decision.copy and a.id == b.id:
        yield "Both have one id: a run reads the record once and calls it unchanged after that."
        return
    if decision.copy:
        yield f"{names[decision.kept]} is kept: {KEPT_BECAUSE[decision.rule]}."
        if not found.reached.by:
            yield (
                "A run would hardly find the pair: they share too few bands and rare shingles to "
                "be compared, unless other copies bring them together."
            )


def _recorded(a: Side, b: Side) -> Iterator[str]:
    """Tell what the output folder says of the two, where one stands in it as a duplicate."""
    for name, side, other, other_name in (("A", a, b, "B"), ("B", b, a, "A")):
        if side.row is None or side.row.table != "duplicates":
            continue
        values = side.row.values
        kept = other_name if values["representative_id"] == other.id else None
        whose = f"of {kept}" if kept else f"of a third, {values['representative_id']}"
        yield f"Run {values['run_id']} left {name} out as a copy ({values['match']}) {whose}."


def _half_missing(found: Comparison) -> bool:
    half = found.parts["weaker_half"]
    return found.decision.probability == 0.0 and half is not None and half < LEAST_OF_A_HALF


def _said(group: str, found: Comparison) -> str:
    part = found.parts
    if group == "time":
        return f"published {_hours(part['hours_apart'])} apart"
    words = {
        "rare shingles": "{rare_shared:.0f} of {rare:.0f} rare shingles sampled from the shorter "
        "stand in the longer",
        "coverage": "{coverage:.0%} of the shorter's tenths, and {weaker_half:.0%} of its weaker "
        "half, stand in the longer",
        "figures": "{figures_shared:.0f} of {figures:.0f} figures of the shorter stand in the "
        "longer",
        "leads": "{lead:.0%} of the shorter's lead and {longer_lead:.0%} of the longer's are in "
        "the other",
        "length": "the shorter has {length:.0%} of the longer's length",
    }
    return words[group].format(**part)


def _percent(share: float | None) -> str:
    """Show a share so that what is not certain does not look so.

    >>> [_percent(share) for share in (0.9996, 0.42, 0.0004, 0, 1, None)]
    ['> 99.9%', '42%', '< 0.1%', '0%', '100%', 'unknown']
    """
    if share is None:
        return "unknown"
    if 0 < share < 0.001:
        return "< 0.1%"
    if 0.999 < share < 1:
        return "> 99.9%"
    return f"{share * 100:.3g}%"


def _hours(hours: float | None) -> str:
    """Show hours, or days when there are many.

    >>> _hours(5.25), _hours(0), _hours(700), _hours(None)
    ('5.2 hours', '0 hours', '29 days', 'unknown')
    """
    if hours is None:
        return "unknown"
    return f"{hours / 24:.0f} days" if hours >= 72 else f"{hours:.2g} hours"
