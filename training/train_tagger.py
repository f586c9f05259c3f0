"""Learn pipeline/clean/lines/tagger.npz from labelled texts and pages: ``make train``.

Cross-validated by site first, which prints the tables of docs/decisions/0003; then on everything.
The same inputs give the same file on one machine: folds follow from the sites' names, and every
draw has a fixed seed.
"""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.clean.lines.tagger import ROLES, WEIGHTS, Tagger
from training import tagger_net as net
from training.augment import ARTIFICIAL
from training.choices import Text, fit_choice, read_texts
from training.classes import Weights, fit_classes, without_classes
from training.corpus import (
    SITES,
    Corpus,
    all_archives,
    read_corpus,
    report,
    stated_archives,
)
from training.corrected import LABELS as CORRECTED_LABELS
from training.drawn import Draw, Drawn
from training.hand_texts import LABELS as HAND_LABELS
from training.labelled import Labelled
from training.roles import Golds
from training.tagger_scores import print_scores

DATA = Path(__file__).parents[1] / ".." / "shared" / "data"
LABELS = (HAND_LABELS, CORRECTED_LABELS)
"""Files of the repository that are learned from."""
EPOCHS = 16
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
    missing = [path for path in all_archives(arguments.data) if not path.exists()]
    if not texts or missing:
        parser.error(f"no labelled texts in {arguments.data}/text, or not there: {missing}")
    corpus = _cached(arguments.data, texts, arguments.cache)
    report(f"{len(corpus.pages)} texts, {len(corpus.ids)} lines")
    golds = Golds(texts, stated_archives(arguments.data))
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


def _cached(data: Path, texts: list[Path], cache: Path | None) -> Corpus:
    if cache is not None and cache.exists():
        corpus: Corpus = pickle.loads(cache.read_bytes())  # our own file
        return corpus
    corpus = read_corpus(data, texts)
    if cache is not None:
        cache.write_bytes(pickle.dumps(corpus, protocol=4))
    return corpus


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


if __name__ == "__main__":
    main()
