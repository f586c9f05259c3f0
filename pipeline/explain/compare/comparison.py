"""What is found out about a pair of documents."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.explain.compare.tipping import Contribution, Tip


@dataclass(frozen=True, slots=True)
class Seen:
    """One text as deduplication sees it.

    Attributes:
        words: of the cleaned text.
        shingles: distinct ones.
        samples: shingles that are sampled.
        rare: samples that are rare.
    """

    words: int
    shingles: int
    samples: int
    rare: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What two texts have in common.

    Attributes:
        estimated: Jaccard similarity as the signatures estimate it; None where one has no shingle.
        exact: Jaccard similarity of the shingle sets, 0 to 1.
        a_in_b, b_in_a: share of the shingles of one that the other has.
        shingles: distinct ones in both.
        rare: sampled rare shingles in both.
        figures_a, figures_b: figures that stand in one of them only, as printed.
        figures: how many stand in both.
    """

    estimated: float | None
    exact: float
    a_in_b: float
    b_in_a: float
    shingles: int
    rare: int
    figures: int
    figures_a: tuple[str, ...]
    figures_b: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """Whether a run would compare the two at all, by themselves.

    Attributes:
        bands_shared, bands: of the signatures.
        chance: of sharing at least one, at this exact similarity.
        by: ``equal texts``, ``bands`` (and alike enough to count as one while rarity is
            counted) and ``rare shingles``; empty if a run compares them only when other copies
            bring them together.
    """

    bands_shared: int
    bands: int
    chance: float
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided.

    Attributes:
        match: exact, near or contained; None if they are no copies.
        probability: by the model; 1 for equal texts, None where it is not asked.
        kept: "a" or "b", which stands first in the order of representatives.
        rule: which rule of the order said so.
        too_short: a text has fewer shingles than ``dedup.min_shingles``.
    """

    copy: bool
    match: str | None
    probability: float | None
    confidence: float
    kept: str
    rule: str
    too_short: bool
    tips: tuple[Tip, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A pair. ``parts`` are those of ``evidence.PARTS``; None where nothing is known."""

    a: Seen
    b: Seen
    rarity_texts: int
    shared: Shared
    reached: Reached
    parts: dict[str, float | None]
    bias: float
    contributions: tuple[Contribution, ...]
    decision: Decision
