"""What several nets say of the texts that another one learns from.

One fit of the tagger differs from another by .01 in each role, and their mean is better than any
(docs/decisions/0044). A net that learns from it is nearly as good, and as fast as one. It also
learns the roles from more texts: benchmarks and readers tell those of few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.clean.lines.tagger import ROLES
from training import tagger_net as net
from training.corpus import Corpus, Seen
from training.drawn import Drawn

WHOLE = 0.9
"""Least probability of a role that is in a part of a text, or in none, to learn from that part."""


@dataclass(frozen=True, eq=False)
class Taught:
    """The mean of what teachers say; 0 for texts that they were not asked about.

    Attributes:
        story: float32[lines of the corpus], probability that a line is story.
        lines: float32[lines of the corpus, ROLES], that it has a role.
        none: float32[texts, ROLES], that no line of a text has it.
    """

    story: NDArray[np.float32]
    lines: NDArray[np.float32]
    none: NDArray[np.float32]

    def known(self, drawn: Drawn, at: slice) -> NDArray[np.bool_]:
        """Whether each role of a text is probably in the lines *at*, or in none: bool[ROLES]."""
        known: NDArray[np.bool_] = self.lines[at].sum(axis=0) + self.none[drawn.text] > WHOLE
        return known


def teach(
    corpus: Corpus, seen: Seen, teachers: Sequence[Mapping[str, net.Matrix]], fold: int | None
) -> Taught:
    """Ask the *teachers* about all texts outside of one part."""
    story = np.zeros(len(corpus.ids), np.float32)
    lines = np.zeros((len(corpus.ids), len(ROLES)), np.float32)
    none = np.zeros((len(corpus.pages), len(ROLES)), np.float32)
    for texts in _batches(corpus, fold):
        sizes = np.array([min(len(corpus.pages[text].lines), net.LINES) for text in texts])
        at = np.concatenate(
            [corpus.first[text] + np.arange(size) for text, size in zip(texts, sizes, strict=True)]
        )
        ids, number = corpus.ids[at], np.full(net.LINES, net.TEXTS - 1, np.int32)
        number[: len(at)] = np.repeat(np.arange(len(texts)), sizes)
        facts, bags = corpus.facts(seen.own[ids], at), [bag[ids] for bag in seen.bags]
        said = zip(*(_ask(teacher, bags, facts, number) for teacher in teachers), strict=True)
        logits, shares, nobody = (np.mean(each, axis=0) for each in said)
        story[at] = 1 / (1 + np.exp(-logits[: len(at), 0]))
        shares, nobody = np.exp(shares[: len(at)]), np.exp(nobody[: len(texts)])
        total = np.add.reduceat(shares, np.cumsum(sizes) - sizes) + nobody
        lines[at], none[texts] = shares / total[number[: len(at)]], nobody / total
    return Taught(story, lines, none)


def _ask(
    learned: Mapping[str, net.Matrix],
    bags: Sequence[sparse.csr_matrix],
    facts: net.Matrix,
    number: NDArray[np.int32],
) -> list[net.Matrix]:
    names = ("words_rows", "pairs_rows")
    rows = [net.padded(bag @ learned[name]) for bag, name in zip(bags, names, strict=True)]
    weights = {name: value for name, value in learned.items() if name not in names}
    return [np.asarray(each) for each in net.said_by(weights, *rows, facts, number)]


def _batches(corpus: Corpus, fold: int | None) -> Iterator[list[int]]:
    """Texts outside of one part, in order, as many at a time as fit."""
    some: list[int] = []
    room = net.LINES
    for number, page in enumerate(corpus.pages):
        size = min(len(page.lines), net.LINES)
        if page.fold == fold:
            continue
        if size > room or len(some) >= net.TEXTS - 1:
            yield some
            some, room = [], net.LINES
        some.append(number)
        room -= size
    if some:
        yield some
