"""Texts labelled by hand: labels without text, and the renderings they belong to."""

from __future__ import annotations

import json
import re

import pytest

from training.hand_renderings import FORMS, RENDERINGS, render
from training.hand_texts import KINDS, LABELS

ROWS = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
PAGE = """<html><body><div><a href="/">Home</a></div><div id="page"><div id="story">
<h1>Ferry berth closed</h1>
<p>The harbour board closed the ferry berth on Tuesday after divers found cracks in <b>three</b>
of the piles below it, and boats will leave from the old fish quay until the end of spring.</p>
<p>Repairs will take until summer, the board said, and two smaller boats will serve meanwhile.</p>
</div><div id="remarks"><p>I told you so, and nobody ever listens to us
out here, not the board and not the council, although we wrote to both of them twice last year.</p>
</div></div>
<table><tr><td>Berth</td><td>9</td></tr></table></body></html>"""


def test_labels_hold_no_text():
    """A row names a page, a rendering, a digest and runs of labels, and nothing else."""
    fields = {"archive", "page", "domain", "language", "kind", "rendering", "labels", "digest"}

    for row in ROWS:
        assert fields == set(row)
        assert re.fullmatch(r"[kdn]\d+( [kdn]\d+)*", row["labels"])
        assert re.fullmatch(r"[0-9a-f]{16}", row["digest"])
        assert row["kind"] in KINDS
        assert row["rendering"].partition("+")[0] in RENDERINGS
        assert row["rendering"].partition("+")[2] in {"", *FORMS}


def test_every_kind_has_texts_of_several_sites():
    """At least five sites a kind, so that it can be cross-validated by site."""
    for kind in KINDS:
        assert len({row["domain"] for row in ROWS if row["kind"] == kind}) >= 5


@pytest.mark.parametrize(
    ("name", "lines"),
    [("container", 3), ("wide", 4), ("paragraphs", 4), ("whole", 6), ("container+one_line", 1)],
)
def test_a_rendering_has_its_lines(name, lines):
    """The container alone, with what stands beside it, or the page; a row of a table is a line."""
    text = render(PAGE, name)

    assert lines == len(text.split("\n"))
    assert "cracks in three of the piles" in text


def test_wrapped_lines_are_narrow():
    """No line is wider than an editor's; blank lines part paragraphs only where asked for."""
    wrapped, tight = (render(PAGE, f"container+{form}") for form in ("wrapped", "tight"))

    assert max(map(len, wrapped.split("\n"))) <= 72
    assert wrapped.replace("\n\n", "\n") == tight
