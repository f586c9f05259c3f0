"""The texts that the tagger learns from, and what it sees of their lines."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.clean.lines.observed import Tokens, placed, read_lines
from training.augment import COMPOSED
from training.composed import Composer
from training.hand_texts import label_hand, read_hand
from training.labelled import FOLDS, Labelled, read_labelled
from training.rendered import Known, read_rendered
from training.roles import ARCHIVES as STATED
from training.roles import Golds, Roles, read_role_labels, read_stated, role_lines, with_readings
from training.tagger_net import Bags, padded

ARCHIVES = ("daniel", "wcxb_article")
"""Pages that are rendered to learn from; those of other archives stand in the labelled texts."""
SITES = (5, 7)
"""Sites on which a word, and a pair of words, must stand to have a row."""
MADE_SEED = 1


def report(message: str) -> None:
    """Say how far it is."""
    sys.stderr.write(f"{time.process_time():6.0f} s  {message}\n")


def stated_archives(data: Path) -> list[Path]:
    """Archives whose pages state headline, authors or day."""
    return [data / "html" / f"{name}.tar.xz" for name in STATED]


def all_archives(data: Path) -> list[Path]:
    """Archives that are read."""
    return [data / "html" / f"{name}.tar.xz" for name in sorted({*ARCHIVES, *STATED})]


@dataclass(frozen=True, eq=False)
class Bag:
    """Hashed words, or pairs of words, of lines.

    Attributes:
        held: sparse[lines of the table, hashes], how often each stands in each.
        hashes: in order; only such that stand on enough sites.
        sites: int64[FOLDS, hashes], sites of each part that have it.
        total: of each line, the words or pairs that were looked at.
    """

    held: sparse.csr_matrix
    hashes: NDArray[np.uint64]
    sites: NDArray[np.int64]
    total: NDArray[np.int64]

    def without(
        self, fold: int | None, least: int
    ) -> tuple[sparse.csr_matrix, NDArray[np.uint64], NDArray[np.float64]]:
        """What stands on *least* sites outside of one part.

        Returns:
            sparse[lines, hashes], as the tagger weighs them; the hashes; of each line the share
            that is among them.
        """
        counts = self.sites.sum(axis=0) - (0 if fold is None else self.sites[fold])
        known = counts >= least
        held = self.held[:, known].tocsr()
        met = np.asarray(held.sum(axis=1)).ravel()
        held.data = held.data / np.sqrt(np.repeat(met, np.diff(held.indptr)))
        return held, self.hashes[known], met / np.maximum(self.total, 1)


@dataclass(frozen=True, eq=False)
class Corpus:
    """All texts that are learned from, their lines one after another.

    Attributes:
        pages, roles: the texts, and their lines with roles where those are known.
        first: the line at which each text begins.
        ids: number of each line among the different ones.
        places: float16[lines, PLACES], where each line is in its text.
        own: float32[different lines, OWN].
        bags: of words and of pairs.
    """

    pages: list[Labelled]
    roles: list[Roles | None]
    first: NDArray[np.int64]
    ids: NDArray[np.int64]
    places: NDArray[np.float16]
    own: NDArray[np.float32]
    bags: tuple[Bag, Bag]

    def without(self, fold: int | None) -> Seen:
        """What a net sees that learns from the texts outside of one part."""
        words, pairs = (bag.without(fold, n) for bag, n in zip(self.bags, SITES, strict=True))
        shares = np.stack((words[2], pairs[2]), axis=1)
        own = np.concatenate((self.own, shares), axis=1, dtype=np.float32)
        return Seen((words[0], pairs[0]), (words[1], pairs[1]), own)

    def facts(self, seen: NDArray[np.float32], lines: NDArray[np.int64]) -> NDArray[np.float32]:
        """What is seen of *lines* beside their words, as many as a batch has.

        Args:
            seen: rows of ``Seen.own``, those of *lines*.
        """
        facts = np.concatenate((seen, self.places[lines].astype(np.float32)), axis=1)
        return padded(facts)


@dataclass(frozen=True, eq=False)
class Seen:
    """What a net sees of the different lines of a corpus.

    Attributes:
        bags, hashes: of words and of pairs of words: sparse[different lines, hashes], and these.
        own: float32[different lines, OWN + 2], what a line is by itself, and the shares of its
            words and pairs that are known.
    """

    bags: Bags
    hashes: tuple[NDArray[np.uint64], NDArray[np.uint64]]
    own: NDArray[np.float32]


def read_corpus(data: Path, texts: list[Path]) -> Corpus:
    """Read and measure everything that is learned from."""
    golds = Golds(texts, stated_archives(data))
    pages = [p for p in read_labelled(texts) if (p.source, p.rendering) != ("silver", "lxml")]
    pages += read_rendered([data / "html" / f"{name}.tar.xz" for name in ARCHIVES], Known(texts))
    pages += [label_hand(text) for text in read_hand(data / "html")]
    report(f"{len(pages)} renderings of {len({page.page_id for page in pages})} labelled pages")
    pages += read_stated(stated_archives(data))
    roles: list[Roles | None] = []
    for page in pages:
        gold = golds.of(page.page_id, page.url)
        roles.append(role_lines(page.lines, gold) if gold else None)
    composer = Composer(pages, roles, MADE_SEED)
    made = [*composer.made(), *((text, None) for text in composer.composed(MADE_SEED))]
    report(f"{len(pages)} texts, and {len(made)} made of them")
    pages += [page for page, _ in made]
    roles += [each for _, each in made]
    labels = read_role_labels()
    for number, page in enumerate(pages):
        # Bylines and times were inserted into composed texts, which no reader has seen.
        if page.page_id in labels and page.rendering != COMPOSED:
            roles[number] = with_readings(page.lines, roles[number], labels[page.page_id])
    return measured(pages, roles)


def measured(pages: list[Labelled], roles: list[Roles | None]) -> Corpus:
    """What the tagger sees of *pages*."""
    numbers: dict[str, int] = {}
    ids = np.array([numbers.setdefault(line, len(numbers)) for p in pages for line in p.lines])
    sizes = np.array([len(page.lines) for page in pages])
    first = np.concatenate(([0], np.cumsum(sizes)))
    tokens = Tokens()
    table = read_lines(list(numbers), tokens)
    places = []
    for low in range(0, len(pages), 100):
        some = slice(low, low + 100)
        lines = slice(first[low], first[min(low + 100, len(pages))])
        blanks = np.concatenate([page.blanks for page in pages[some]])
        headers = np.concatenate([page.headers for page in pages[some]])
        where = placed(table, ids[lines], blanks, headers, sizes[some])
        places.append(where.astype(np.float16))
    sites: dict[str, int] = {}
    site = np.array([sites.setdefault(page.domain, len(sites)) for page in pages])
    folds = np.zeros(len(sites), np.int64)
    folds[site] = [page.fold for page in pages]
    seen = np.unique(np.repeat(site, sizes) * len(numbers) + ids)
    stands = np.divmod(seen, len(numbers))
    word_lines = np.repeat(table.token_lines, 3)
    words = tokens.hashes[table.tokens].reshape(-1)
    known = words > 0
    bags = (
        _bag(word_lines[known], words[known], len(numbers), stands, folds),
        _bag(table.pair_lines, table.pairs, len(numbers), stands, folds),
    )
    return Corpus(pages, roles, first, ids, np.concatenate(places), table.own, bags)


def _bag(
    lines: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    count: int,
    stands: tuple[NDArray[np.int64], NDArray[np.int64]],
    folds: NDArray[np.int64],
) -> Bag:
    """The bag of *lines* and *hashes*, one with the other.

    Args:
        count: different lines.
        stands: a site, and a line that stands on it.
        folds: the part of each site.
    """
    different, number = np.unique(hashes, return_inverse=True)
    held = sparse.csr_matrix(
        (np.ones(len(lines), np.float32), (lines, number)), (count, len(different))
    )
    site, line = stands
    of_sites = sparse.csr_matrix(
        (np.ones(len(site), np.float32), (site, line)), (len(folds), count)
    )
    on_sites = (of_sites @ held).tocsr()
    on_sites.data[:] = 1.0
    parts = [np.asarray(on_sites[folds == f].sum(axis=0)).ravel() for f in range(FOLDS)]
    sites = np.stack(parts).astype(np.int64)
    enough = sites.sum(axis=0) >= min(SITES)
    total = np.bincount(lines, minlength=count)
    return Bag(held[:, enough].tocsr(), different[enough], sites[:, enough], total)
