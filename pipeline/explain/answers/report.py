"""The answer of `newsieve report`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from pipeline.explain.answers.answer import Answer, Counted


class Explained(Counted):
    """A reason with its meaning."""

    meaning: str


class Timed(Answer):
    """A stage and its time."""

    name: str
    seconds: float


class Site(Answer):
    """What became of the records of a site; null means unknown."""

    site: str | None
    articles: int
    duplicates: int
    rejects: int


class Bin(Answer):
    """A bin of a histogram; ``to`` is null for the last one."""

    from_: float
    to: float | None
    count: int

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        alias_generator=lambda name: name.rstrip("_"),
    )


class Dates(Answer):
    """Articles by day or month of publication."""

    by: Literal["day", "month"]
    unknown: int
    older: int
    """Earlier than the first bin."""
    bins: list[Counted]


class Size(Answer):
    """How many clusters have so many articles and copies; the last size means so many or more."""

    size: int
    count: int


class Inputs(Answer):
    """What a run read."""

    files: int
    bytes: int


class TrendRun(Answer):
    """An earlier run, or this one."""

    run_id: str
    logical_date: str
    read: int
    articles: int
    duplicates: int
    rejects: int
    unchanged: int
    seconds: float | None


class Report(Answer):
    """``newsieve report``: one run."""

    output: str
    run_id: str
    sequence: int
    parent: str | None
    logical_date: str
    published_at: str | None
    newsieve: str
    inputs: Inputs
    counts: dict[str, int]
    duplicates_by_match: list[Counted]
    rejects_by_reason: list[Explained]
    removed_by_rule: list[Counted]
    ignored_fields: list[Counted]
    flags: list[Counted]
    languages: list[Counted]
    sites: list[Site]
    words: list[Bin]
    dates: Dates
    cluster_sizes: list[Size]
    similarity: list[Bin]
    seconds: float | None
    stages: list[Timed]
    gates: list[dict[str, Any]]
    alarm_clusters: list[dict[str, Any]]
    trend: list[TrendRun]
    settings: dict[str, Any]
