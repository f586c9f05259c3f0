"""The figures in README.md and docs/results.md are those of the models that are shipped."""

from __future__ import annotations

import copy
import json

import pytest
from runs import ROOT

from tests.benchmarks import figures

KEPT = json.loads(figures.FIGURES.read_text("utf-8"))


@pytest.mark.parametrize("model", figures.MODELS)
def test_the_figures_are_not_older_than_the_model(model):
    """Else `make figures`, and `make train…` for figures of held-out sites."""
    assert KEPT["models"][model] == figures.digests()[model], (
        "run `make figures`, about ten minutes"
    )


@pytest.mark.parametrize("path", figures.pages(KEPT), ids=lambda path: path.name)
def test_the_tables_are_those_of_the_figures(path):
    """Nobody has written a figure into them by hand."""
    assert figures.pages(KEPT)[path] == path.read_text("utf-8")


def test_a_held_out_figure_of_an_earlier_model_is_marked():
    """With a star, and a line that explains it; others have none."""
    older = copy.deepcopy(KEPT)
    for known in KEPT["held_out"].values():
        known["digest"] = KEPT["models"][known["model"]]
    older["models"]["tagger"] = "0" * 32

    assert "*" not in figures.Tables(KEPT).readme().replace("\\*\\*", "")
    assert f"{KEPT['held_out']['text_full']['value']:.3f}\\*" in figures.Tables(older).readme()
    assert "of an earlier model" in figures.Tables(older).readme()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('"""A."""\nW = 1\n', True),
        ('"""B, longer."""\n# why\nW  =  1\n"""Of W."""\n', True),
        ('"""A."""\nW = 2\n', False),
    ],
)
def test_documentation_is_no_part_of_a_model(tmp_path, text, same):
    """Weights are."""
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text('"""A."""\nW = 1\n', "utf-8")
    second.write_text(text, "utf-8")

    assert same == (figures._digest(first) == figures._digest(second))


def test_every_model_is_there():
    """A table that names a file which moved would compare nothing."""
    assert all((ROOT / path).is_file() for path in figures.MODELS.values())
    assert set(KEPT["models"]) == set(figures.MODELS)
    assert set(KEPT["scores"]) == set(figures.SCORERS)
