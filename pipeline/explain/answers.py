"""What every command answers with ``--format json``: its fields, their types and meanings.

``docs/json.md`` is written from these models, and tests hold the answers to them. New fields may
be added; those that are here stay.
"""

from __future__ import annotations

from typing import Literal

from pipeline.explain.run_answers import (
    Answer,
    Check,
    Compact,
    Diff,
    Discard,
    List,
    Publish,
    Remove,
    Report,
    Run,
    Undo,
    Verify,
)


class Span(Answer):
    """A span that was cut, in code points of the text that the cleaner saw."""

    start: int
    end: int
    rule: str


class Evidence(Answer):
    """Where the value of a field comes from."""

    field: str
    value: str
    source: str
    start: int | None
    end: int | None


class Line(Answer):
    """A line of a document, or a block of a page."""

    mark: Literal[" ", ">", "-", "x"]
    """Blank: kept; >: read as metadata; -: cut; x: left out by the extraction."""
    text: str
    why: str | None
    """Rules and fields, or who left it out and where on the page it is."""


class Document(Answer):
    """A cleaned document; with ``--format jsonl`` one per line."""

    record_id: str | None
    id: str | None
    source: str
    text: str
    """The article, even if a run would reject it."""
    title: str | None
    authors: list[str]
    date_published: str | None
    """ISO 8601 with the page's own offset."""
    language: str | None
    removed: list[Span]
    rejected: str | None
    """Why a run would reject it."""
    url: str | None = None
    site: str | None = None
    contributors: list[str] = []
    date_modified: str | None = None
    dateline: str | None = None
    section: str | None = None
    keywords: list[str] = []
    language_score: float | None = None
    extractor: str | None = None
    evidence: list[Evidence] = []
    flags: list[str] = []
    lines: list[Line] = []
    """With ``--explain``: what became of each line."""


class Clean(Answer):
    """``newsieve clean``: all documents."""

    documents: list[Document]


class Related(Answer):
    """A row that belongs to a record."""

    id: str
    run_id: str
    source: str | None = None
    url: str | None = None
    title: str | None = None
    match: str | None = None
    similarity: float | None = None


class Record(Answer):
    """A row that a name means; which fields there are depends on its fate."""

    fate: Literal["article", "duplicate", "rejected"]
    file: str
    run_id: str
    logical_date: str
    id: str | None
    record_id: str | None
    source: str
    url: str | None = None
    title: str | None = None
    date_published: str | None = None
    cluster_id: str | None = None
    revision_of: str | None = None
    language: str | None = None
    word_count: int | None = None
    flags: list[str] | None = None
    copies: list[Related] = []
    kept_beside: list[Related] = []
    """Other articles of the same cluster."""
    revised_by: list[Related] = []
    match: str | None = None
    similarity: float | None = None
    containment: float | None = None
    representative: Related | None = None
    evidence: dict[str, float] = {}
    stage: str | None = None
    kind: str | None = None
    reason: str | None = None
    meaning: str | None = None
    detail: str | None = None
    error_type: str | None = None
    excerpt: str | None = None
    retryable: bool | None = None


class Trace(Answer):
    """``newsieve trace``: the rows that a name means, oldest run first."""

    name: str
    records: list[Record]


class Side(Answer):
    """One of two compared documents."""

    source: str
    id: str
    url: str | None
    title: str | None
    authors: list[str]
    date_published: str | None
    remark: str | None
    """What a run would do with it instead of comparing it."""
    table: str | None
    run_id: str | None
    match: str | None
    representative_id: str | None
    words: int
    shingles: int
    samples: int
    rare: int
    """Samples that are rare."""


class Shared(Answer):
    """What two texts have in common; shares are of shingles, 0 to 1."""

    estimated: float | None
    """Jaccard similarity by the signatures; null where a text has no shingle."""
    exact: float
    a_in_b: float
    b_in_a: float
    shingles: int
    rare: int
    figures: int
    figures_a: list[str]
    """Numbers that only A has."""
    figures_b: list[str]
    names: int
    """Names that both have."""
    names_a: list[str]
    names_b: list[str]


class Reached(Answer):
    """Whether a run would compare the two without other copies between them."""

    bands_shared: int
    bands: int
    chance: float
    by: list[str]


class Contribution(Answer):
    """An input of the model: contribution = value x weight, in log-odds."""

    name: str
    value: float
    weight: float
    contribution: float


class Tip(Answer):
    """A group of inputs, and by how much it moved the log-odds."""

    group: str
    by: float


class Decision(Answer):
    """What is decided about a pair."""

    copy_: bool
    match: str | None
    probability: float | None
    confidence: float
    too_short: bool
    tips: list[Tip]
    kept: Literal["a", "b"]
    rule: str
    """The rule of the order of representatives that chose it."""


class Compare(Answer):
    """``newsieve compare``: two documents as deduplication sees them."""

    a: Side
    b: Side
    rarity_texts: int
    """Texts in which common shingles were counted; 0: every shingle counts as rare."""
    shared: Shared
    reached: Reached
    parts: dict[str, float | None]
    bias: float
    contributions: list[Contribution]
    decision: Decision
    explanation: list[str]


_COMMANDS = (Run, Clean, Check, Trace, Compare, Report, List, Diff, Verify)
_DECISIONS = (Publish, Discard, Undo, Remove, Compact)

ANSWERS: dict[str, type[Answer]] = {
    answer.__name__.lower(): answer for answer in (*_COMMANDS, *_DECISIONS)
}
"""Command → what it answers."""
