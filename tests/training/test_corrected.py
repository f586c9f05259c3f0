"""Corrected labels: digests without text; the model learns them, scores do not know them."""

from __future__ import annotations

import json
import re

from training.corrected import LABELS, line_digest, read_corrections
from training.labelled import label_lines

ROWS = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
STORY = "The harbour board closed the ferry berth on Tuesday after divers found cracks in it."
LINES = [[STORY, True, "k"], ["Photo: Bo Ek", False, "k"], ["Share", False, "d"]]


def test_corrections_hold_no_text():
    """A row names a page; a line is a digest, and its label one of three."""
    for row in ROWS:
        assert {"page", "lines"} == set(row)
        assert all(re.fullmatch("[0-9a-f]{12}", digest) for digest in row["lines"])
        assert set(row["lines"].values()) <= set("kdn")


def test_a_page_stands_once():
    """Otherwise the later row would hide the earlier one."""
    assert len(ROWS) == len(read_corrections())


def test_a_corrected_line_is_learned_so_and_scored_as_before():
    """Only the line that is named changes, and only what is learned of it."""
    row = {"id": "page", "domain": "harbour.example", "lang": "en", "title": None}
    corrected = {line_digest("Photo: Bo Ek"): "d"}
    page = label_lines(row, "ptags", "gold", LINES, corrected)

    assert ["k", "k", "d"] == page.labels.tolist()
    assert ["k", "d", "d"] == page.learned.tolist()


def test_what_counts_for_nothing_stays_so():
    """A headline is no story to learn from, whatever a reader says of its line."""
    row = {"id": "page", "domain": "harbour.example", "lang": "en", "title": "Ferry berth closed"}
    lines = [["Ferry berth closed", True, "k"], *LINES]
    corrected = {line_digest("Ferry berth closed"): "d"}
    page = label_lines(row, "ptags", "gold", lines, corrected)

    assert "n" == page.learned[0]
