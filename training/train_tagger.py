"""Learn pipeline/clean/lines/tagger.npz from labelled texts and pages: ``make train``.

Cross-validated by site first, which prints the tables of docs/decisions/0003; then on everything.
The same inputs give the same file on one machine: folds follow from the sites' names, and every
draw has a fixed seed.
"""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.lines.tagger import ROLES, WEIGHTS, Tagger
from training import tagger_net as net
from training.augment import ARTIFICIAL
from training.choices import Text, fit_choice, read_texts
from training.classes import Weights, fit_classes, without_classes
from training.corpus import (
    Corpus,
    Seen,
    all_archives,
    read_corpus,
    report,
    stated_archives,
)
from training.drawn import Draw, Drawn
from training.labelled import Labelled
from training.roles import Golds
from training.tagger_scores import print_scores
from training.teachers import Taught, teach

DATA = Path(__file__).parents[1] / ".." / "shared" / "data"
EPOCHS = 16
FOREIGN, FOREIGN_KNOWN = 0.12, 0.15
"""Share of texts that are learned from as if their language were unknown, and of their words that
are known all the same."""
MOST_ROLE_WEIGHT = 2.0
TEACHERS = 3
"""Nets from whose mean the tagger learns (decision 44)."""
TAUGHT_STORY, TAUGHT_ROLES = 0.5, 0.8
"""What they weigh where there are labels; where the roles of a text are not known, nothing else is
learned of them."""


def main() -> None:
    """Train, print the out-of-fold tables, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    parser.add_argument("--folds", default="0,1,2,3,4", help="parts to hold out, comma-separated")
    parser.add_argument("--cache", type=Path, help="where the texts that were read are kept")
    parser.add_argument("--keep", type=Path, help="folder for tagger.N.npz, without part N each")
    parser.add_argument("--resume", action="store_true", help="use the parts that --keep has")
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
    kept = partial(_kept_or_learned, corpus, folder=arguments.keep, resume=arguments.resume)
    learned = {fold: kept(fold) for fold in folds}
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
        weights = fit_classes(kept(None), corpus.pages, rows)
        weights |= chosen
        np.savez_compressed(arguments.output, **weights)
        report(f"wrote {arguments.output} ({arguments.output.stat().st_size} bytes)")


def _choices(told: Sequence[dict[str, list[Text]]]) -> Weights:
    return {role: fit_choice([text for own in told for text in own[role]]) for role in told[0]}


def _kept_or_learned(
    corpus: Corpus, fold: int | None, folder: Path | None, *, resume: bool
) -> Weights:
    path = _path(folder, fold) if folder else None
    if path and resume and path.exists():
        report(f"{path} is used as it is")
        with np.load(path) as stored:
            return dict(stored)
    weights = learn(corpus, fold)
    _keep(folder, fold, weights)
    return weights


def _keep(folder: Path | None, fold: int | None, weights: Weights) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(_path(folder, fold), **weights)


def _path(folder: Path, fold: int | None) -> Path:
    return folder / f"tagger.{'all' if fold is None else fold}.npz"


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


def learn(corpus: Corpus, fold: int | None) -> Weights:
    """The arrays of ``tagger.npz``, learned from all texts outside of one part."""
    seen = corpus.without(fold)
    teachers = [fit(corpus, seen, fold, seed) for seed in range(1, TEACHERS + 1)]
    learned = fit(corpus, seen, fold, 0, teach(corpus, seen, teachers, fold))
    weights = net.stored(learned, seen.hashes, seen.own.shape[1])
    return without_classes(weights) | {role: np.zeros(1) for role in ROLES}


def fit(
    corpus: Corpus, seen: Seen, fold: int | None, seed: int, taught: Taught | None = None
) -> Mapping[str, net.Matrix]:
    """Fit a net to all texts outside of one part, and to what teachers say of them."""
    draw = Draw(corpus.pages, fold, seed)
    steps = len(list(draw.batches()))
    rows = seen.bags[0].shape[1], seen.bags[1].shape[1]
    facts = seen.own.shape[1] + corpus.places.shape[1]
    learner = net.Learner(rows, facts, steps * EPOCHS, seed)
    for epoch in range(EPOCHS):
        losses = [
            learner.learn(batch_of(corpus, seen, some, draw, taught)) for some in draw.batches()
        ]
        report(f"part {fold}, fit {seed}, epoch {epoch}: loss {np.mean(losses):.4f}")
    return learner.averaged


def batch_of(
    corpus: Corpus, seen: Seen, some: list[Drawn], draw: Draw, taught: Taught | None = None
) -> net.Batch:
    """What is seen of *some* texts, and what is to be said of them."""
    lines = np.concatenate([corpus.first[d.text] + np.arange(d.low, d.high) for d in some])
    foreign = np.repeat(draw.dice.random(len(some)) < FOREIGN, [d.high - d.low for d in some])
    bags, own = _foreign(seen, corpus.ids[lines], foreign, draw.dice)
    found = {
        name: np.zeros((net.LINES, *shape), np.float32)
        for name, shape in {
            "story": (),
            "weight": (),
            "roles": (len(ROLES),),
            "taught": (len(ROLES),),
        }.items()
    }
    for name in ("role_weight", "taught_none", "taught_weight"):
        found[name] = np.zeros((net.TEXTS, len(ROLES)), np.float32)
    text, low = np.full(net.LINES, net.TEXTS - 1, np.int32), 0
    for number, d in enumerate(some):
        page, roles = corpus.pages[d.text], corpus.roles[d.text]
        own_lines, high = slice(d.low, d.high), low + d.high - d.low
        text[low:high] = number
        found["story"][low:high] = page.learned[own_lines] == "k"
        weight = draw.weights[d.text][own_lines]
        found["weight"][low:high] = d.weight * weight / max(float(weight.sum()), 0.2)
        role_weight = min(d.weight, MOST_ROLE_WEIGHT)
        stated = np.zeros(len(ROLES), np.bool_)
        if roles is not None:
            held, stated = roles
            found["roles"][low:high] = held[:, own_lines].T
            inside = ~held.any(axis=1) | held[:, own_lines].any(axis=1)
            found["role_weight"][number] = role_weight * (stated & inside)
        if taught is not None:
            at = slice(corpus.first[d.text] + d.low, corpus.first[d.text] + d.high)
            story = found["story"][low:high]
            story += TAUGHT_STORY * (taught.story[at] - story)
            found["taught"][low:high] = taught.lines[at]
            found["taught_none"][number] = taught.none[d.text]
            taught_weight = role_weight * np.where(stated, TAUGHT_ROLES, 1.0)
            found["taught_weight"][number] = taught_weight * taught.known(d, at)
            found["role_weight"][number] *= 1 - TAUGHT_ROLES
        low = high
    return net.Batch(bags, corpus.facts(own, lines), text, **found)


def _foreign(
    seen: Seen, ids: NDArray[np.int64], foreign: NDArray[np.bool_], dice: np.random.Generator
) -> tuple[net.Bags, NDArray[np.float32]]:
    """Bags and own facts of lines, those of *foreign* texts with hardly a word that is known.

    So the net learns what to make of a language that it has not learned.
    """
    rows = seen.own[ids]
    found = []
    for number, bag in enumerate(seen.bags):
        held = bag[ids]
        kept = dice.random(len(held.data)) < FOREIGN_KNOWN
        kept |= ~np.repeat(foreign, np.diff(held.indptr))
        held.data = held.data * kept
        found.append(held)
        column = number - len(seen.bags)
        rows[foreign, column] *= FOREIGN_KNOWN
    return (found[0], found[1]), rows


if __name__ == "__main__":
    main()
