"""News texts with known copies by the hundred thousand, for benchmarks of deduplication.

Words of a story follow Zipf's law. Of a hundred texts about 68 are stories of their own, 16 edited
copies of an earlier story, 4 exact ones, 6 reports filled into one of a few templates, which are
no copies, and 6 stories that quote three paragraphs of background. A smaller
corpus is the beginning of a larger one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path

import numpy as np

from tests.benchmarks.texts import COMMON, vocabulary

PARAGRAPHS = 10
WORDS = 45
"""In a paragraph."""
TEMPLATES = 25
REMEMBERED = 500
KINDS = {"own": 68, "edited": 16, "exact": 4, "template": 6, "background": 6}


class Writer:
    """Makes paragraphs of random words."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)
        words = COMMON + vocabulary(40_000, dice)
        self._words = np.array(words, object)
        self._bounds = np.cumsum(1 / np.arange(1, len(words) + 1))
        self._generator = np.random.default_rng(seed)

    def paragraph(self, words: int = WORDS) -> str:
        """Make a paragraph; every eighth has a figure."""
        spots = self._generator.random(words) * self._bounds[-1]
        text = " ".join(self._words[np.searchsorted(self._bounds, spots)])
        figure = int(self._generator.integers(10, 10_000))
        return f"{text.capitalize()} {figure}." if figure % 8 == 0 else f"{text.capitalize()}."

    def story(self) -> list[str]:
        """Make a story's paragraphs."""
        return [self.paragraph() for _ in range(PARAGRAPHS)]


def corpus(count: int, seed: int = 1) -> Iterator[tuple[str, int]]:
    """Make *count* texts, each with the number of its story: copies have the same."""
    writer, dice = Writer(seed), random.Random(seed)
    templates = [writer.story() for _ in range(TEMPLATES)]
    background = [writer.story()[:3] for _ in range(TEMPLATES)]
    bounds = list(accumulate(KINDS.values()))
    earlier: list[tuple[list[str], int]] = []
    for number in range(count):
        kind = dice.choices(list(KINDS), cum_weights=bounds)[0] if earlier else "own"
        story = number
        if kind in ("edited", "exact"):
            paragraphs, story = dice.choice(earlier)
            paragraphs = list(paragraphs)
            if kind == "edited":
                paragraphs[dice.randrange(PARAGRAPHS)] = writer.paragraph()
                paragraphs = paragraphs[: dice.randint(6, PARAGRAPHS)]
        elif kind == "template":
            frame = dice.choice(templates)
            filled = (
                f"{part[:120]} {dice.randint(1, 99)} {writer.paragraph(25)}" for part in frame
            )
            paragraphs = [writer.paragraph(), *filled]
        else:
            paragraphs = writer.story()
            if kind == "background":
                paragraphs[-3:] = dice.choice(background)
            earlier = [*earlier[1 - REMEMBERED :], (paragraphs, number)]
        yield "\n\n".join(paragraphs), story


def write_corpus(path: Path, count: int, seed: int = 1) -> None:
    """Write *count* texts as JSONL: id, text, story."""
    with path.open("w", encoding="utf-8") as file:
        for number, (text, story) in enumerate(corpus(count, seed)):
            file.write(json.dumps({"id": str(number), "text": text, "story": story}) + "\n")


def texts_of(path: Path, count: int | None = None) -> Iterator[str]:
    """Read the texts back, one at a time; the first *count* of them only, if it is given."""
    with path.open(encoding="utf-8") as file:
        for line in islice(file, count):
            yield json.loads(line)["text"]
