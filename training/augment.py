"""Texts that nobody scraped, made of those that somebody did: chrome of other sites around stories.

A rendering loses some of its own chrome and gets that of another site of the same part of the
cross-validation: before the story, behind it, and a few lines inside, also right before its last
paragraph. So the net learns that one line of chrome says little of the paragraphs beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from training.labelled import FULL, Labelled
from training.roles import Roles

Piece = tuple[int, NDArray[np.int64]]
"""Number of a rendering, and lines of it."""

MADE, COMPOSED = "made", "composed"
"""Renderings of the texts that are made here, and in ``composed``."""
ARTIFICIAL = frozenset({MADE, COMPOSED})
DONORS = (*FULL, "ptags", "container")
COPIES = {"gold": 3}
"""Texts made of a page, by the source of its labels; of others one."""
ARRAYS = ("blanks", "headers", "named", "labels", "learned", "tokens")
"""Fields of a text with a value per line, besides the lines themselves."""
MAX_LINES = 400
LOST_CHROME, NO_HEADLINE = 0.45, 0.1
"""Shares of runs of chrome that are left out, and of texts without their headline."""
AROUND, MOST_AROUND, MOST_INSIDE = 0.6, 40, 4
"""Share of texts with other chrome on a side, its most lines there, and inside the story."""


class Augmenter:
    """Makes texts of *pages*, whose lines have *roles* where those are known."""

    def __init__(self, pages: Sequence[Labelled], roles: Sequence[Roles | None], seed: int) -> None:
        self.pages, self.roles = [*pages], [*roles]
        self.seed = seed
        self.donors: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for number, page in enumerate(pages):
            story = np.flatnonzero(page.learned == "k")
            if page.rendering in DONORS and len(story) >= 3:
                self.donors[page.fold].append((number, int(story[0]), int(story[-1])))

    def made(self) -> Iterator[tuple[Labelled, Roles | None]]:
        """The texts, each with its roles."""
        by_page: dict[str, list[int]] = defaultdict(list)
        for number, page in enumerate(self.pages):
            if page.rendering not in FULL and page.source != "meta":
                by_page[page.page_id].append(number)
        for page_id, numbers in by_page.items():
            self.throw_for(page_id)
            for _ in range(COPIES.get(self.pages[numbers[0]].source, 1)):
                number = int(self.dice.choice(numbers))
                if len(self.pages[number].lines) <= MAX_LINES:
                    pieces = self._pieces(number)
                    if pieces:
                        yield self._joined(number, pieces)

    def throw_for(self, page_id: str) -> None:
        """Seed the dice by page: another role on one page leaves most texts made of others."""
        self.dice = np.random.default_rng((self.seed, crc32(page_id.encode())))

    def _pieces(self, number: int) -> list[Piece]:
        """The lines of a text to make, in order."""
        page, dice = self.pages[number], self.dice
        chrome = page.learned == "d"
        limits = np.flatnonzero(np.diff(chrome)) + 1
        pieces: list[Piece] = []
        bare = dice.random() < NO_HEADLINE
        for run in np.split(np.arange(len(chrome)), limits):
            with_role = self._has_role(number, run)
            if chrome[run[0]] and not with_role.any() and dice.random() < LOST_CHROME:
                continue
            pieces.append((number, run[~self._headline(number, run)] if bare else run))
        if dice.random() < AROUND:
            pieces.insert(0, self._chrome(number, "before"))
        if dice.random() < AROUND:
            pieces.append(self._chrome(number, "behind"))
        for _ in range(int(dice.integers(0, 3))):
            self._interrupt(number, pieces)
        return [piece for piece in pieces if len(piece[1])]

    def _has_role(self, number: int, lines: NDArray[np.int64]) -> NDArray[np.bool_]:
        roles = self.roles[number]
        return roles[0][:, lines].any(axis=0) if roles else np.zeros(len(lines), np.bool_)

    def _headline(self, number: int, lines: NDArray[np.int64]) -> NDArray[np.bool_]:
        roles = self.roles[number]
        return roles[0][0, lines] if roles else np.zeros(len(lines), np.bool_)

    def _chrome(self, number: int, place: str) -> Piece:
        """Lines of another site's chrome from a *place*: ``before``, ``behind`` or ``within``."""
        page, dice = self.pages[number], self.dice
        donors = self.donors[page.fold]
        while True:
            other, first, last = donors[int(dice.integers(len(donors)))]
            if self.pages[other].domain != page.domain:
                break
        count = len(self.pages[other].lines)
        spans = {"before": (0, first), "behind": (last + 1, count), "within": (first, last)}
        lines = np.arange(*spans[place])
        lines = lines[(self.pages[other].learned[lines] == "d") & ~self._has_role(other, lines)]
        most = int(dice.integers(1, MOST_INSIDE if place == "within" else MOST_AROUND))
        if len(lines) <= most:
            return other, lines
        start = int(dice.integers(0, len(lines) - most + 1)) if dice.random() < 0.5 else 0
        if place == "before" and start == 0:
            start = len(lines) - most
        return other, lines[start : start + most]

    def _interrupt(self, number: int, pieces: list[Piece]) -> None:
        """Put a few lines of chrome between two lines of a run of story."""
        learned = self.pages[number].learned
        stories = [
            at
            for at, (own, lines) in enumerate(pieces)
            if own == number and len(lines) > 2 and (learned[lines] != "d").all()
        ]
        chrome = self._chrome(number, "within")
        if stories and len(chrome[1]):
            at = int(self.dice.choice(stories))
            lines = pieces[at][1]
            inside = int(self.dice.integers(1, len(lines)))
            cut = inside if self.dice.random() < AROUND else len(lines) - 1
            pieces[at : at + 1] = [(number, lines[:cut]), chrome, (number, lines[cut:])]

    def _joined(self, number: int, pieces: list[Piece]) -> tuple[Labelled, Roles | None]:
        """The text that *pieces* make."""
        page, own_roles = self.pages[number], self.roles[number]

        def joined(name: str) -> NDArray[np.generic]:
            return np.concatenate([getattr(self.pages[own], name)[lines] for own, lines in pieces])

        made = replace(
            page,
            rendering=MADE,
            lines=tuple(self.pages[own].lines[at] for own, lines in pieces for at in lines),
            **{name: joined(name) for name in ARRAYS},
        )
        if own_roles is None:
            return made, None
        held, known = own_roles
        parts = [
            held[:, lines] if own == number else np.zeros((len(held), len(lines)), np.bool_)
            for own, lines in pieces
        ]
        roles = np.concatenate(parts, axis=1)
        # Without its headline a text has none; of what else was lost nothing is known.
        lost = held.any(axis=1) & ~roles.any(axis=1)
        lost[0] = False
        return made, (roles, known & ~lost)
