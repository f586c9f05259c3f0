"""Lines that readers named as headline, byline and time; benchmarks count values read from them."""

from __future__ import annotations

import re

import pytest

from pipeline.clean.lines.heading import Heading
from pipeline.clean.lines.page import read_page
from pipeline.records import Evidence
from tests.benchmarks.text_fields import verdicts_by_reading
from training.corrected import line_digest
from training.hand_texts import FURTHER, KINDS
from training.labelled import label_lines
from training.roles import read_role_labels
from training.tagger_scores import Read

LINES = ("Ferry is back", "By Ann Lee", "3 May 2024")
LABELS = {
    "headline": frozenset({line_digest(LINES[0])}),
    "byline": frozenset(),
    "time": None,
    "updated": frozenset(),
}


def verdicts(*evidence: tuple[str, str]) -> dict[str, str]:
    """What a text of ``LINES`` gets for values read from some of them."""
    page = read_page("\n".join(LINES))
    starts = {line.text: line.start for line in page.lines}
    heading = Heading()
    for column, line in evidence:
        start = starts[line]
        heading.evidence.append(Evidence(column, line, "tagger:1.00", start, start + len(line)))
    row = {"id": "a", "domain": "a.example", "lang": "en", "title": None}
    labelled = label_lines(row, "meta:lxml", "meta", [[line, False, "n"] for line in LINES])
    return dict(verdicts_by_reading(Read(labelled, {}, page, heading), LABELS))


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ([], {"title": "missed", "authors": "right"}),
        ([("title", LINES[0])], {"title": "right", "authors": "right"}),
        ([("title", LINES[1])], {"title": "wrong", "authors": "right"}),
        ([("authors", LINES[1])], {"title": "missed", "authors": "wrong"}),
    ],
)
def test_a_value_counts_by_the_line_that_it_was_read_from(evidence, expected):
    """Right from a named line, or null if no line is named; roles that are unclear do not count."""
    assert expected == verdicts(*evidence)


def test_labels_hold_digests_and_no_text():
    """Of each page once, for each role digests of lines, or null."""
    labels = read_role_labels()

    assert 2_128 == len(labels)
    for roles in labels.values():
        assert set(LABELS) == set(roles)
        for digests in filter(None, roles.values()):
            assert all(re.fullmatch(r"[0-9a-f]{12}", each) for each in digests)


def test_nothing_is_learned_from_the_further_texts():
    """Their kind is not among those that training reads."""
    assert "further" not in KINDS
    assert '"kind": "further"' in FURTHER.read_text(encoding="utf-8").splitlines()[0]
