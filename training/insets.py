"""Forms of tables, lists, headings and captions, with invented names and figures.

Labelled pages hold too few of them for the tagger to learn that rows of figures between two
paragraphs belong to the story. ``insets.json`` has the forms.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.labelled import Labelled, label_lines
from training.templates import FIRMS, FIRST, LAST, MONTHS, STREETS, TOWNS

INSET = "inset"
"""Rendering of the texts that are made here."""
STORY, CHROME = "k", "d"
FORMS: dict[str, Any] = json.loads(
    Path(__file__).with_name("insets.json").read_text(encoding="utf-8")
)
_CHOICES: dict[str, Sequence[str | int]] = {
    "n": range(1, 9), "nn": range(10, 24), "big": range(25, 999), "day": range(1, 28),
    "year": range(1950, 2026), "month": MONTHS, "town": TOWNS, "street": STREETS, "firm": FIRMS,
    "first": FIRST, "last": LAST, **FORMS["fields"],
}  # fmt: skip
"""Field of a form → its values."""


class Insets:
    """Makes labelled lines; the same *seed* gives the same ones."""

    def __init__(self, seed: int) -> None:
        self.dice = np.random.default_rng(seed)

    def table(self) -> Labelled:
        """A table of figures, with or without a heading."""
        kind = self._one(FORMS["tables"])
        form = self._one(kind["rows"])
        rows = self._filled([form] * int(self.dice.integers(3, 14)))
        return as_inset([*filter(None, self._filled([self._one(kind["headings"])])), *rows], STORY)

    def listed(self) -> Labelled:
        """The entries of a list, perhaps numbered."""
        entries, bullet = self._one(FORMS["lists"]), self._one(FORMS["bullets"])
        count = int(self.dice.integers(3, 8))
        return as_inset(self._filled([bullet + self._one(entries) for _ in range(count)]), STORY)

    def lines(self, kind: str, count: int, label: str) -> Labelled:
        """*count* lines of a *kind* of forms."""
        return as_inset(self._filled([self._one(FORMS[kind]) for _ in range(count)]), label)

    def _one(self, some: Sequence[Any]) -> Any:
        return some[self.dice.integers(len(some))]

    def _filled(self, forms: list[str]) -> list[str]:
        return [form.format_map(_Values(self.dice, at)) for at, form in enumerate(forms, 1)]


class _Values(dict[str, str]):
    """The value of each field of a form, drawn when it is asked for."""

    def __init__(self, dice: np.random.Generator, at: int) -> None:
        super().__init__(at=str(at))
        self.dice = dice

    def __missing__(self, name: str) -> str:
        among = _CHOICES[name]
        return str(among[self.dice.integers(len(among))])


def as_inset(lines: list[str], label: str) -> Labelled:
    """The *lines* with one *label*."""
    row = {"id": INSET, "domain": INSET, "lang": "en", "title": None}
    return label_lines(row, INSET, "gold", [[line, False, label] for line in lines])
