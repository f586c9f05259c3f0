"""Short texts made of labelled pages: some paragraphs, perhaps below a headline, and an inset.

    pages ─Composer─▶ headline? + paragraphs with tables, lists, headings, times or captions

An inset is a piece of story or chrome that labelled pages rarely hold (``insets``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from training.augment import COMPOSED, Augmenter, Piece
from training.insets import CHROME, STORY, Insets, as_inset
from training.labelled import HALF, Labelled

KINDS = {
    "table": 0.22, "list": 0.08, "headings": 0.11, "sentences": 0.14, "live blog": 0.12,
    "chronicle": 0.05, "captions": 0.12, "links": 0.09, "biographies": 0.07,
}  # fmt: skip
"""Kinds of insets, and the share of texts with each."""
COPIES = 3
"""Texts composed of each page."""
CUT_BELOW = 0.6
"""Share of captions above only the first sentence of a paragraph."""
PARAGRAPH, MOST_PARAGRAPHS = 60, 8
"""Characters of the shortest paragraph that is used, and paragraphs of the longest text."""
HEADED, CHROME_AROUND = 0.75, 0.35
"""Shares of texts with headline, byline and time stamp, and with lines of other sites on a side."""


class Composer(Augmenter):
    """Composes texts of each page with labels of readers."""

    def composed(self, seed: int) -> Iterator[Labelled]:
        """The texts; no roles are learned from them, since times and names are inserted."""
        self.insets = Insets(seed)
        by_page: dict[str, list[int]] = defaultdict(list)
        for number, page in enumerate(self.pages):
            if page.rendering in HALF and page.source == "gold":
                by_page[page.page_id].append(number)
        for page_id, numbers in by_page.items():
            self.throw_for(page_id)
            for number in self.dice.choice(numbers, COPIES).tolist():
                page = self.pages[number]
                long = np.array([len(line) >= PARAGRAPH for line in page.lines])
                story = np.flatnonzero((page.learned == "k") & long)
                if len(story):
                    text, _ = self._joined(number, self._composed(number, story))
                    yield replace(text, rendering=COMPOSED)

    def _composed(self, number: int, story: NDArray[np.int64]) -> list[Piece]:
        """The pieces of a text of some paragraphs of *story*, in order."""
        dice = self.dice
        count = min(int(dice.integers(1, MOST_PARAGRAPHS + 1)), len(story))
        low = int(dice.integers(0, len(story) - count + 1)) if dice.random() < 0.5 else 0
        pieces = [(number, story[at : at + 1]) for at in range(low, low + count)]
        kind = str(dice.choice([*KINDS], p=[*KINDS.values()]))
        self._put(pieces, "table" if count == 1 else kind)
        above = np.flatnonzero(self._has_role(number, np.arange(story[0])))
        if dice.random() < HEADED:
            pieces.insert(0, (number, above))
        if dice.random() < CHROME_AROUND:
            pieces.insert(0, self._chrome(number, "before"))
        if dice.random() < CHROME_AROUND:
            pieces.append(self._chrome(number, "behind"))
        return [piece for piece in pieces if len(piece[1])]

    def _put(self, pieces: list[Piece], kind: str) -> None:
        """Put an inset of a *kind* among the paragraphs *pieces*."""
        count, dice, insets = len(pieces), self.dice, self.insets
        if kind == "table" and dice.random() < 1 / count:
            rows = self._piece(insets.table())
            cut = int(dice.integers(0, len(rows[1]) + 1))
            pieces.insert(0, (rows[0], rows[1][:cut]))
            pieces.append((rows[0], rows[1][cut:]))
        elif kind in {"table", "list"}:
            inset = insets.table() if kind == "table" else insets.listed()
            pieces.insert(int(dice.integers(1, count + 1)), self._piece(inset))
        elif kind in {"live blog", "chronicle"}:
            times = self._piece(
                insets.lines("times" if kind == "live blog" else "dates", count, STORY)
            )
            first = 0 if kind == "live blog" else 1
            for at in reversed(range(first, count)):
                pieces.insert(at, (times[0], times[1][at : at + 1]))
        else:
            label = CHROME if kind in {"captions", "links", "biographies"} else STORY
            for _ in range(1 if label == CHROME else int(dice.integers(1, 4))):
                first, last = kind != "captions", count - (kind == "headings")
                at = count if kind == "biographies" else int(dice.integers(int(first), last + 1))
                if kind == "captions" and at < count and dice.random() < CUT_BELOW:
                    number, (line,) = pieces[at]
                    sentence = self.pages[number].lines[line].partition(". ")[0].rstrip(".") + "."
                    pieces[at] = self._piece(as_inset([sentence], STORY))
                pieces.insert(at, self._piece(insets.lines(kind, 1, label)))

    def _piece(self, inset: Labelled) -> Piece:
        """Add an *inset* to the pages."""
        self.pages.append(inset)
        self.roles.append(None)
        return len(self.pages) - 1, np.arange(len(inset.lines))
