"""Answers about runs and output folders, and of the commands that change them: see ``answers``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """An object of an answer; the docstring under a field is its documentation."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        alias_generator=lambda name: name.rstrip("_"),  # copy_ and from_: Python's are taken
    )


class Counted(Answer):
    """A name, and how often it was counted; null means unknown."""

    name: str | None
    count: int


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
    cpu: list[Timed]
    gates: list[dict[str, Any]]
    alarm_clusters: list[dict[str, Any]]
    trend: list[TrendRun]
    settings: dict[str, Any]


class Change(Answer):
    """A count in run a and in run b."""

    name: str
    a: int
    b: int


class Difference(Answer):
    """A setting or version in run a and in run b."""

    name: str
    a: Any
    b: Any


class Counts(Answer):
    """The account of a run: read = articles + duplicates + rejects + unchanged."""

    read: int
    articles: int
    duplicates: int
    rejects: int
    unchanged: int
    unfinished: int
    """Last lines without their newline, left for the next run."""
    errors: int
    """Rejects that could not be judged."""
    undated_articles: int
    largest_cluster: int
    rejects_by_reason: dict[str, int]
    duplicates_by_match: dict[str, int]
    removed_by_rule: dict[str, int]
    ignored_fields: dict[str, int]
    """Fields of records that newsieve does not know."""


class PublishedRun(Answer):
    """A run that was published."""

    run_id: str
    folder: str
    resumed: bool
    """Whether it finishes what an earlier process began."""
    seconds: float
    counts: Counts


class Run(Answer):
    """``newsieve run``: the runs it published; none when nothing was new."""

    published: list[PublishedRun]
    files: int
    """Files that the inputs hold."""
    remarks: list[str]
    """What was left out, and why."""


class File(Answer):
    """A file that the inputs hold."""

    path: str
    source: str
    new: bool
    """Whether no run has read it yet."""


class Share(Answer):
    """The share of pairs of a similarity that are compared."""

    similarity: float
    share: float


class Need(Answer):
    """Something that another engine needs."""

    name: str
    state: Literal["ok", "note", "missing"]
    """note: nobody can tell; missing: a run cannot start, and check exits with 2."""
    text: str


class Check(Answer):
    """``newsieve check``: what a run would begin with."""

    configuration: str | None
    """The file; null for the defaults."""
    settings: dict[str, Any]
    changed: dict[str, Any]
    """Settings that differ from the defaults."""
    files: list[File]
    new_files: int
    new_bytes: int
    unreadable: list[str]
    too_young: list[str]
    other_kinds: dict[str, int]
    unfollowed: list[str]
    newest_run: str | None
    engine: str
    """in-process, or Beam's name of another engine."""
    needs: list[Need]
    """Of another engine: what it needs, and whether it is there."""
    candidates: list[Share]


class ListedRun(Answer):
    """A run of an output folder."""

    run_id: str
    sequence: int
    """Its place in the chain of runs, from 1: what came in since a run has a larger one."""
    logical_date: str
    published_at: str | None
    """UTC; null for runs of an older newsieve."""
    read: int
    articles: int
    duplicates: int
    rejects: int
    unchanged: int
    files: int
    bytes: int
    seconds: float | None
    newsieve: str
    folder: str
    """The folder below ``runs/`` that holds its rows."""


class List(Answer):
    """``newsieve list``: the runs, oldest first."""

    output: str
    runs: list[ListedRun]
    held: list[ListedRun]


class Fate(Answer):
    """What became of a record in a run."""

    fate: Literal["article", "duplicate", "reject"]
    id: str | None
    reason: str | None
    words: int | None


class ReadAgain(Answer):
    """A record that both runs read."""

    source: str
    title: str | None
    a: Fate
    b: Fate


class Seconds(Answer):
    """The time of both runs."""

    a: float
    b: float


class Diff(Answer):
    """``newsieve diff``: what changed from run a to run b."""

    a: str
    b: str
    counts: list[Change]
    rejects_by_reason: list[Change]
    duplicates_by_match: list[Change]
    removed_by_rule: list[Change]
    ignored_fields: list[Change]
    sites: list[Change]
    settings: list[Difference]
    versions: list[Difference]
    seconds: Seconds
    records: list[ReadAgain]


class Problem(Answer):
    """A file that is not as it was published."""

    path: str
    problem: Literal["missing", "truncated", "changed", "unreadable", "unlisted", "no_manifest"]
    detail: str | None


class Verify(Answer):
    """``newsieve verify``: every file against the manifests."""

    output: str
    runs: int
    files: int
    bytes: int
    problems: list[Problem]


class Publish(Answer):
    """``newsieve publish``: the published run."""

    run_id: str
    folder: str


class Discard(Answer):
    """``newsieve discard``: the removed run."""

    run_id: str


class Undo(Answer):
    """``newsieve undo``: the run that was taken back, or would be."""

    dry_run: bool
    run_id: str
    counts: dict[str, int]
    newest: str | None
    """The newest run then."""


class RemovedRow(Answer):
    """A row that a takedown concerns."""

    fate: Literal["article", "duplicate", "excerpt", "promoted", "renamed", "relinked"]
    id: str | None
    run_id: str
    source: str


class Remove(Answer):
    """``newsieve remove``: the rows it concerns."""

    dry_run: bool
    rows: list[RemovedRow]
    new_tombstones: int


class Folder(Answer):
    """A folder that holds what several held."""

    run_id: str
    held: list[str]
    files: int
    files_before: int
    rows: int


class Compact(Answer):
    """``newsieve compact``: the merged folders, or those that would be."""

    dry_run: bool
    folders: list[Folder]
