"""What every command answers with ``--format json``: its fields, their types and meanings.

``docs/json.md`` is written from these models, and tests hold the answers to them. New fields may
be added; those that are here stay.
"""

from __future__ import annotations

from pipeline.explain.answers.answer import Answer
from pipeline.explain.answers.documents import Clean, Compare, Trace
from pipeline.explain.answers.report import Report
from pipeline.explain.answers.runs import (
    Check,
    Compact,
    Diff,
    Discard,
    List,
    Publish,
    Remove,
    Run,
    Undo,
    Verify,
)

ANSWERS: dict[str, type[Answer]] = {
    "run": Run,
    "clean": Clean,
    "check": Check,
    "trace": Trace,
    "compare": Compare,
    "report": Report,
    "list": List,
    "diff": Diff,
    "verify": Verify,
    "publish": Publish,
    "discard": Discard,
    "undo": Undo,
    "remove": Remove,
    "compact": Compact,
}
"""Command → what it answers."""
