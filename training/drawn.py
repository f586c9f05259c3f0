"""Which lines of which texts the tagger learns from in an epoch, and what each weighs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training import tagger_net as net
from training.augment import ARTIFICIAL
from training.hand_texts import PREFIX
from training.labelled import FULL, HALF, Labelled

NEAREST = ("ptags", "ponly", "container")
RENDERING_WEIGHT = {**dict.fromkeys(FULL, 0.7), **dict.fromkeys(HALF, 1.0)} | dict.fromkeys(
    NEAREST, 2.0
)
"""What a rendering's lines weigh together; more where it is like what users have."""
HAND_WEIGHT = 6.0
"""What a text labelled by hand weighs: there is one of a page, and a dozen renderings of others."""
SOURCE_WEIGHT = {"gold": 1.0, "silver": 0.35, "rendered": 0.35, "meta": 0.35}
MADE_WEIGHT = 0.7
"""What a text of ``augment`` or ``composed`` weighs beside the one that it was made of."""
TOKEN_POWER = 0.5
"""A line weighs as its words to this power."""
EVENNESS = 0.65
"""The chrome of a page and its story weigh as their words' odds to this power (decision 22)."""
CROP = 500
"""Lines of a longer text that are learned from at a time."""


@dataclass(frozen=True)
class Drawn:
    """Lines [low, high) of a text, and what it weighs."""

    text: int
    weight: float
    low: int
    high: int


class Draw:
    """Draws the texts of an epoch: of each page some of its renderings.

    Attributes:
        weights: of the lines of each text that may be drawn.
    """

    def __init__(self, pages: Sequence[Labelled], fold: int | None, seed: int) -> None:
        self.pages, self.dice = pages, np.random.default_rng(seed)
        labelled = {page.page_id for page in pages if page.source != "meta"}
        self.groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, page in enumerate(pages):
            if page.fold == fold or (page.source == "meta" and page.page_id in labelled):
                continue
            self.groups[_group(number, page)].append(number)
        drawn = [number for numbers in self.groups.values() for number in numbers]
        self.weights = {number: line_weights(pages[number]) for number in drawn}

    def batches(self) -> Iterator[list[Drawn]]:
        """The texts of an epoch, as many at a time as fit."""
        texts = list(self._epoch())
        some: list[Drawn] = []
        room = net.LINES
        for at in self.dice.permutation(len(texts)).tolist():
            drawn = self._cropped(*texts[at])
            if drawn.high - drawn.low > room or len(some) >= net.TEXTS - 1:
                yield some
                some, room = [], net.LINES
            some.append(drawn)
            room -= drawn.high - drawn.low
        if some:
            yield some

    def _epoch(self) -> Iterator[tuple[int, float]]:
        for (kind, *_), numbers in self.groups.items():
            page = self.pages[numbers[0]]
            share = SOURCE_WEIGHT[page.source]
            if kind == "meta" or kind in ARTIFICIAL:
                yield int(self.dice.choice(numbers)), 1.0 if kind == "meta" else MADE_WEIGHT * share
                continue
            if kind == "hand":
                yield numbers[0], HAND_WEIGHT
                continue
            weights = [RENDERING_WEIGHT.get(self.pages[n].rendering, 1.0) for n in numbers]
            total = sum(weights)
            times = 2 if kind == "gold half" and len(numbers) > 1 else 1
            chances = [weight / total for weight in weights]
            for number in self.dice.choice(numbers, times, replace=False, p=chances).tolist():
                yield number, total * share / times

    def _cropped(self, number: int, weight: float) -> Drawn:
        """The lines of a text that are learned from: of a long one, about where its story is."""
        count = len(self.pages[number].lines)
        if count <= CROP:
            return Drawn(number, weight, 0, count)
        low = int(self.dice.integers(0, count - CROP + 1))
        story = np.flatnonzero(self.pages[number].learned == "k")
        if len(story):
            first = int(story[0])
            low = int(self.dice.integers(first - CROP + 60, first + 1))
            low = min(max(low, 0), count - CROP)
        return Drawn(number, weight, low, low + CROP)


def _group(number: int, page: Labelled) -> tuple[str, ...]:
    """Texts of one group stand for one another: one or two of them are drawn."""
    if page.rendering in ARTIFICIAL:
        return page.rendering, page.page_id
    if page.rendering.startswith(PREFIX):
        return "hand", page.page_id, str(number)
    if page.source == "gold":
        return "gold full" if page.rendering in FULL else "gold half", page.page_id
    return page.source, page.page_id


def line_weights(page: Labelled) -> NDArray[np.float32]:
    """What each line weighs in learning; 0 for those without a label.

    The weights of a page's chrome and story are brought nearer to one another; their sum stays.
    What is measured is the share of its chrome that a page loses, and of its story, whether there
    is much of either or little.
    """
    judged, chrome = np.isin(page.learned, ("k", "d")), page.learned == "d"
    weights = np.maximum(page.tokens, 1.0) ** TOKEN_POWER * judged
    weights /= max(float(weights.sum()), 1e-9)
    total, of_chrome = weights.sum(), weights[chrome].sum()
    if 0.0 < of_chrome < total:
        weights[chrome] *= (of_chrome / (total - of_chrome)) ** (EVENNESS - 1.0)
        weights *= total / weights.sum()
    return weights.astype(np.float32)
