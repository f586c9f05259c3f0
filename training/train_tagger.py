"""Learn pipeline/clean/lines/tagger.npz from labelled texts and pages: ``make train``.

Cross-validated by site first, which prints the tables of docs/decisions/0003; then on everything.
The same inputs give the same file on one machine: folds follow from the sites' names, and every
draw has a fixed seed.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.clean.lines.observed import Tokens, placed, read_lines
from pipeline.clean.lines.tagger import ROLES, WEIGHTS, Tagger
from training import tagger_net as net
from training.augment import ARTIFICIAL, Roles
from training.choices import Text, fit_choice, read_texts
from training.classes import Weights, fit_classes, without_classes
from training.composed import Composer
from training.corrected import LABELS as CORRECTED_LABELS
from training.hand_texts import LABELS as HAND_LABELS
from training.hand_texts import PREFIX, label_hand, read_hand
from training.labelled import FOLDS, FULL, HALF, Labelled, read_labelled
from training.rendered import Known, read_rendered
from training.roles import ARCHIVES as STATED
from training.roles import Golds, read_stated, role_lines
from training.tagger_scores import print_scores

DATA = Path(__file__).parents[1] / ".." / "shared" / "data"
ARCHIVES = ("daniel", "wcxb_article")
"""Pages that are rendered to learn from; those of other archives stand in the labelled texts."""
LABELS = (HAND_LABELS, CORRECTED_LABELS)
"""Files of the repository that are learned from."""
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
SITES = (5, 7)
"""Sites on which a word, and a pair of words, must stand to have a row."""
EPOCHS = 16
CROP = 500
"""Lines of a longer text that are learned from at a time."""
MADE_SEED = 1
FOREIGN, FOREIGN_KNOWN = 0.12, 0.15
"""Share of texts that are learned from as if their language were unknown, and of their words that
are known all the same."""
MOST_ROLE_WEIGHT = 2.0


def main() -> None:
    """Train, print the out-of-fold tables, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    parser.add_argument("--folds", default="0,1,2,3,4", help="parts to hold out, comma-separated")
    parser.add_argument("--cache", type=Path, help="where the texts that were read are kept")
    parser.add_argument("--keep", type=Path, help="folder for tagger.N.npz, without part N each")
    parser.add_argument("--no-final", action="store_true", help="cross-validate only")
    arguments = parser.parse_args()
    texts = sorted((arguments.data / "text").glob("*.jsonl.xz"))
    folds = list(map(int, filter(None, arguments.folds.split(","))))
    if not (folds or arguments.no_final):
        parser.error("--folds: choices.py is fitted to parts that are held out; name one or more")
    missing = [path for path in _archives(arguments.data) if not path.exists()]
    if not texts or missing:
        parser.error(f"no labelled texts in {arguments.data}/text, or not there: {missing}")
    corpus = _cached(arguments.data, texts, arguments.cache)
    report(f"{len(corpus.pages)} texts, {len(corpus.ids)} lines")
    golds = Golds(texts, _stated(arguments.data))
    learned: dict[int, Weights] = {}
    for fold in folds:
        learned[fold] = learn(corpus, fold)
        _keep(arguments.keep, fold, learned[fold])
    if len(folds) == 1:
        report("one part: roles are chosen by a model that is fitted to the part it is scored on")
    chosen: Weights = {}
    # Bylines and days are looked for around the headline, so that is chosen first.
    for roles in (ROLES[:1], ROLES[1:]):
        told = {
            fold: read_texts(Tagger(own), _held(corpus, fold), golds, roles)
            for fold, own in learned.items()
        }
        for fold, weights in learned.items():
            others = [said for part, said in told.items() if part != fold]
            weights.update(_choices(others or [told[fold]]))
        chosen |= _choices(list(told.values()))
    found = [(Tagger(own), _held(corpus, fold)) for fold, own in learned.items()]
    for fold, own in learned.items():
        _keep(arguments.keep, fold, own)
    if found:
        print_scores(found, golds)
    if not arguments.no_final:
        rows = np.split(corpus.places, corpus.first[1:-1])
        weights = fit_classes(learn(corpus, None), corpus.pages, rows)
        weights |= chosen
        np.savez_compressed(arguments.output, **weights)
        report(f"wrote {arguments.output} ({arguments.output.stat().st_size} bytes)")


def _choices(told: Sequence[dict[str, list[Text]]]) -> Weights:
    return {role: fit_choice([text for own in told for text in own[role]]) for role in told[0]}


def _keep(folder: Path | None, fold: int, weights: Weights) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / f"tagger.{fold}.npz", **weights)


def _held(corpus: Corpus, fold: int) -> list[Labelled]:
    return [p for p in corpus.pages if p.fold == fold and p.rendering not in ARTIFICIAL]


def report(message: str) -> None:
    """Say how far it is."""
    sys.stderr.write(f"{time.process_time():6.0f} s  {message}\n")


def _stated(data: Path) -> list[Path]:
    return [data / "html" / f"{name}.tar.xz" for name in STATED]


def _archives(data: Path) -> list[Path]:
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


def _cached(data: Path, texts: list[Path], cache: Path | None) -> Corpus:
    if cache is not None and cache.exists():
        corpus: Corpus = pickle.loads(cache.read_bytes())  # our own file
        return corpus
    corpus = read_corpus(data, texts)
    if cache is not None:
        cache.write_bytes(pickle.dumps(corpus, protocol=4))
    return corpus


def read_corpus(data: Path, texts: list[Path]) -> Corpus:
    """Read and measure everything that is learned from."""
    golds = Golds(texts, _stated(data))
    pages = [p for p in read_labelled(texts) if (p.source, p.rendering) != ("silver", "lxml")]
    pages += read_rendered([data / "html" / f"{name}.tar.xz" for name in ARCHIVES], Known(texts))
    pages += [label_hand(text) for text in read_hand(data / "html")]
    report(f"{len(pages)} renderings of {len({page.page_id for page in pages})} labelled pages")
    pages += read_stated(_stated(data))
    roles: list[Roles | None] = []
    for page in pages:
        gold = golds.of(page.page_id, page.url)
        roles.append(role_lines(page.lines, gold) if gold else None)
    composer = Composer(pages, roles, MADE_SEED)
    made = [*composer.made(), *((text, None) for text in composer.composed(MADE_SEED))]
    report(f"{len(pages)} texts, and {len(made)} made of them")
    return measured([*pages, *(p for p, _ in made)], [*roles, *(each for _, each in made)])


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


def learn(corpus: Corpus, fold: int | None, seed: int = 0) -> Weights:
    """The arrays of ``tagger.npz``, learned from all texts outside of one part."""
    words, pairs = (bag.without(fold, n) for bag, n in zip(corpus.bags, SITES, strict=True))
    own = np.concatenate(
        (corpus.own, words[2][:, None], pairs[2][:, None]), axis=1, dtype=np.float32
    )
    draw = Draw(corpus.pages, fold, seed)
    steps = len(list(draw.batches()))
    facts = own.shape[1] + corpus.places.shape[1]
    learner = net.Learner((words[0].shape[1], pairs[0].shape[1]), facts, steps * EPOCHS, seed)
    for epoch in range(EPOCHS):
        losses = [
            learner.learn(batch_of(corpus, (words[0], pairs[0]), own, some, draw))
            for some in draw.batches()
        ]
        report(f"part {fold} epoch {epoch}: loss {np.mean(losses):.4f}")
    weights = net.stored(learner.averaged, (words[1], pairs[1]), own.shape[1])
    return without_classes(weights) | {role: np.zeros(1) for role in ROLES}


def batch_of(
    corpus: Corpus,
    bags: tuple[sparse.csr_matrix, sparse.csr_matrix],
    own: NDArray[np.float32],
    some: list[Drawn],
    draw: Draw,
) -> net.Batch:
    """What is seen of *some* texts, and what is to be said of them."""
    lines = np.concatenate([corpus.first[d.text] + np.arange(d.low, d.high) for d in some])
    count, ids = len(lines), corpus.ids[lines]
    places = corpus.places[lines].astype(np.float32)
    seen_bags, own_rows = _foreign(
        bags,
        own,
        ids,
        np.repeat(draw.dice.random(len(some)) < FOREIGN, [d.high - d.low for d in some]),
        draw.dice,
    )
    found = {
        "facts": np.zeros((net.LINES, own.shape[1] + places.shape[1]), np.float32),
        "text": np.full(net.LINES, net.TEXTS - 1, np.int32),
        "story": np.zeros(net.LINES, np.float32),
        "weight": np.zeros(net.LINES, np.float32),
        "roles": np.zeros((net.LINES, len(ROLES)), np.float32),
        "role_weight": np.zeros((net.TEXTS, len(ROLES)), np.float32),
    }
    found["facts"][:count] = np.concatenate((own_rows, places), axis=1)
    low = 0
    for number, d in enumerate(some):
        page, roles = corpus.pages[d.text], corpus.roles[d.text]
        own_lines, high = slice(d.low, d.high), low + d.high - d.low
        found["text"][low:high] = number
        found["story"][low:high] = page.learned[own_lines] == "k"
        weight = draw.weights[d.text][own_lines]
        found["weight"][low:high] = d.weight * weight / max(float(weight.sum()), 0.2)
        if roles is not None:
            held, stated = roles
            found["roles"][low:high] = held[:, own_lines].T
            seen = ~held.any(axis=1) | held[:, own_lines].any(axis=1)
            found["role_weight"][number] = min(d.weight, MOST_ROLE_WEIGHT) * (stated & seen)
        low = high
    return net.Batch(seen_bags, **found)


def _foreign(
    bags: tuple[sparse.csr_matrix, sparse.csr_matrix],
    own: NDArray[np.float32],
    ids: NDArray[np.int64],
    foreign: NDArray[np.bool_],
    dice: np.random.Generator,
) -> tuple[tuple[sparse.csr_matrix, sparse.csr_matrix], NDArray[np.float32]]:
    """Bags and own facts of lines, those of *foreign* texts with hardly a word that is known.

    So the net learns what to make of a language that it has not learned.
    """
    rows = own[ids]
    found = []
    for number, bag in enumerate(bags):
        held = bag[ids]
        kept = dice.random(len(held.data)) < FOREIGN_KNOWN
        kept |= ~np.repeat(foreign, np.diff(held.indptr))
        held.data = held.data * kept
        found.append(held)
        column = number - len(bags)
        rows[foreign, column] *= FOREIGN_KNOWN
    return (found[0], found[1]), rows


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


if __name__ == "__main__":
    main()
