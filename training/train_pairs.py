"""Fit the pair model on labelled pairs: ``make train-pairs`` writes pipeline/dedup/model.py.

usage: python training/train_pairs.py [--data ../shared/data/dedup] [--write]

Pairs come from the pipeline's own steps, as a run meets them. From dev4k and from generated items
of templates (``templates.TRAINED``): members of one provisional cluster or of linked ones, labelled
by their gold clusters; items count twice. From the Reuters stories: the pairs that were labelled by
reading, which count three times each. Five-fold cross-validation keeps pairs with a common story
in one fold; the kinds ``templates.HELD_OUT`` are only tested on.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
import tempfile
from collections import defaultdict
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.config import Config
from pipeline.dedup.evidence import PARTS, compare
from pipeline.dedup.model import excluded, inputs
from pipeline.dedup.steps.layouts import Bundle, article_number
from pipeline.dedup.steps.members import MemberReader
from pipeline.passes.clean_block import clean_block
from pipeline.read.parts import Block, Part
from pipeline.staging import Staging
from tests.in_process import joined
from training.templates import HELD_OUT, TRAINED, families

ROOT = Path(__file__).parents[1]
CONFIG = Config()
REUTERS_WEIGHT = 3.0
TEMPLATE_WEIGHT = 2.0
PENALTY = 3.0  # L2, on standardised inputs
FOLDS = 5
MEMBERS_A_CLUSTER = 6
MEMBERS_A_LINK = 3

Array = np.ndarray[Any, Any]


class Pairs(NamedTuple):
    """Labelled pairs: evidence, whether copies, how much each counts, which share a story."""

    parts: Array
    copies: Array
    weight: Array
    group: Array


class Stories(NamedTuple):
    """A corpus after the passes that precede a decision."""

    staging: Staging
    numbers: dict[str, int]
    bundles: list[Bundle]


def passes(records: list[dict[str, Any]], folder: Path) -> Stories:
    """Take *records* through the passes, up to the bundles."""
    source = folder / "in.jsonl"
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    staging = Staging(str(folder / "staging"))
    staging.block_file(0, "").parent.mkdir(parents=True)
    block = Block(0, (Part(str(source), source.name, source.suffix),))
    clean_block(block, CONFIG, staging)
    bundles = list(joined([0], CONFIG.dedup, staging))
    reader = MemberReader(CONFIG.dedup, staging)
    count = sum(each.articles for each in staging.cleaned(range(1)))
    articles = article_number(0, np.arange(count))
    ordinals = reader.records(articles)["ordinal"].tolist()
    reader.close()
    found = zip(ordinals, articles.tolist(), strict=True)
    return Stories(staging, {records[o]["id"]: article for o, article in found}, bundles)


def measure(stories: Stories, pairs: list[tuple[int, int]]) -> Array:
    """Collect the evidence of pairs of article numbers."""
    reader = MemberReader(CONFIG.dedup, stories.staging)
    articles = np.unique(np.array(pairs, np.uint64))
    alone = Bundle(articles, articles, np.empty((0, 3), np.uint64))
    candidates, _ = reader.candidates(alone, stories.staging.common_keys())
    places = np.searchsorted(articles, np.array(pairs, np.uint64)).tolist()
    found = [compare(candidates.sketch(a), [candidates.sketch(b)]) for a, b in places]
    reader.close()
    return np.concatenate(found)


def dev_pairs(data: Path, folder: Path) -> Pairs:
    """Give pairs of dev4k that a run would compare, labelled by gold clusters."""
    with lzma.open(data / "dev4k.jsonl.xz", "rt", encoding="utf-8") as file:
        documents = [json.loads(line) for line in file]
    records = [{name: each[name] for name in ("id", "url", "text")} for each in documents]
    stories = passes(records, folder)
    documents = [each for each in documents if each["id"] in stories.numbers]  # not rejected
    gold = {stories.numbers[each["id"]]: each["cluster"] for each in documents}
    base = {stories.numbers[each["id"]]: each["base"] for each in documents}
    chosen = met(stories)
    copies = np.array([gold[a] == gold[b] for a, b in chosen])
    groups = connected([(base[a], base[b]) for a, b in chosen if gold[a] == gold[b]], base)
    group = np.array([groups[base[a]] for a, _ in chosen])
    return Pairs(measure(stories, chosen), copies, np.ones(len(chosen)), group)


def template_pairs(kinds: tuple[str, ...], seed: int, folder: Path) -> Pairs:
    """Give pairs of generated items that a run would compare; a family is one group."""
    items = families(kinds, seed)
    names = ("id", "url", "date_published", "text")
    stories = passes([{name: each[name] for name in names} for each in items], folder)
    item = {stories.numbers[each["id"]]: each["item"] for each in items}
    number = {name: place for place, name in enumerate(sorted({each["family"] for each in items}))}
    family = {stories.numbers[each["id"]]: number[each["family"]] for each in items}
    chosen = met(stories)
    copies = np.array([item[a] == item[b] for a, b in chosen])
    group = np.array([family[a] for a, _ in chosen]) + 2_000_000
    weight = np.full(len(chosen), TEMPLATE_WEIGHT)
    return Pairs(measure(stories, chosen), copies, weight, group)


def met(stories: Stories) -> list[tuple[int, int]]:
    """List pairs that a run would compare: a few members of each cluster, and of linked ones."""
    generator = np.random.default_rng(0)
    pairs: set[tuple[int, int]] = set()
    for bundle in stories.bundles:
        members = defaultdict(list)
        for article, cluster in zip(
            bundle.articles.tolist(), bundle.clusters.tolist(), strict=True
        ):
            members[cluster].append(article)
        for own in members.values():
            some = generator.permutation(own)[:MEMBERS_A_CLUSTER].tolist()
            pairs |= set(combinations(sorted(some), 2))
        for one, other in bundle.links[:, :2].tolist():
            some = generator.permutation(members[one])[:MEMBERS_A_LINK].tolist()
            others = generator.permutation(members[other])[:MEMBERS_A_LINK].tolist()
            pairs |= {(min(a, b), max(a, b)) for a in some for b in others}
    return sorted(pairs)


def reuters_pairs(data: Path, folder: Path) -> Pairs:
    """Give the pairs of Reuters stories that were labelled by reading."""
    with lzma.open(data / "reuters_corpus.jsonl.xz", "rt", encoding="utf-8") as file:
        documents = [json.loads(line) for line in file]
    stories = passes([_wire_record(each) for each in documents], folder)
    with (data / "reuters_pairs_dev.jsonl").open(encoding="utf-8") as file:
        labelled = [json.loads(line) for line in file]
    pairs = [(stories.numbers[each["id_a"]], stories.numbers[each["id_b"]]) for each in labelled]
    groups = connected(pairs, dict.fromkeys(number for pair in pairs for number in pair))
    copies = np.array([each["label"] == "dup" for each in labelled])
    group = np.array([groups[a] for a, _ in pairs]) + 1_000_000
    return Pairs(measure(stories, pairs), copies, np.full(len(pairs), REUTERS_WEIGHT), group)


def _wire_record(found: dict[str, Any]) -> dict[str, Any]:
    paragraphs: list[str] = []
    for line in found["text"].split("\n"):
        if not paragraphs or line.startswith("   "):
            paragraphs.append(line.strip())
        else:
            paragraphs[-1] += " " + line.strip()
    stamp = re.match(r"\s*(\d+-[A-Z]{3}-\d{4} \d\d:\d\d:\d\d)", found["date"] or "")
    date = stamp and datetime.strptime(stamp[1].title(), "%d-%b-%Y %H:%M:%S").isoformat() + "Z"  # noqa: DTZ007
    text = "\n\n".join(filter(None, paragraphs))
    return {
        "id": found["id"],
        "title": found["title"] or None,
        "date_published": date,
        "text": text,
    }


def connected(pairs: list[tuple[Any, Any]], names: dict[Any, Any]) -> dict[Any, int]:
    """Number the groups of names that pairs connect."""
    known = sorted({*names, *names.values()} - {None}, key=str)
    index = {name: place for place, name in enumerate(known)}
    ends = np.array([(index[a], index[b]) for a, b in pairs]).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), ends.T), shape=(len(known), len(known)))
    return dict(zip(known, connected_components(graph)[1].tolist(), strict=True))


def fit(pairs: Pairs) -> tuple[Array, float]:
    """Fit a logistic regression; give the weights of the inputs as they are, and the bias."""
    values = matrix(pairs.parts)
    mean, spread = values.mean(0), values.std(0) + 1e-9
    table = np.column_stack([(values - mean) / spread, np.ones(len(values))])
    sign = np.where(pairs.copies, 1.0, -1.0)

    def loss(weights: Array) -> tuple[float, Array]:
        margin = sign * (table @ weights)
        pull = np.append(weights[:-1], 0.0)
        slope = -sign * pairs.weight / (1 + np.exp(margin))
        cost = pairs.weight @ np.logaddexp(0, -margin) + PENALTY * pull @ pull / 2
        return float(cost), table.T @ slope + PENALTY * pull

    found = minimize(loss, np.zeros(table.shape[1]), jac=True, method="L-BFGS-B", tol=1e-10).x
    weights = found[:-1] / spread
    return weights, float(found[-1] - mean @ weights)


def cross_validated(pairs: Pairs) -> str:
    """Say how well pairs are decided whose stories were not trained on, corpus by corpus."""
    groups = np.unique(pairs.group)
    folds = dict(zip(groups, np.random.default_rng(1).integers(0, FOLDS, len(groups)), strict=True))
    fold = np.array([folds[group] for group in pairs.group])
    said = np.zeros(len(fold), np.bool_)
    cut = np.log(CONFIG.dedup.confidence / (1 - CONFIG.dedup.confidence))
    for number in range(FOLDS):
        weights, bias = fit(Pairs(*(column[fold != number] for column in pairs)))
        mine = fold == number
        copies = matrix(pairs.parts[mine]) @ weights + bias >= cut
        said[mine] = copies & ~excluded(pairs.parts[mine])
    lines = []
    kinds = np.array(["dev4k", "reuters", "templates"])[pairs.group // 1_000_000]
    for name in ("dev4k", "reuters", "templates"):
        chosen = kinds == name
        right = int((said & pairs.copies)[chosen].sum())
        precision, recall = right / said[chosen].sum(), right / pairs.copies[chosen].sum()
        score = 2 * precision * recall / (precision + recall)
        lines.append(f"{name}: {chosen.sum()} pairs, {precision:.3f} {recall:.3f} {score:.3f}")
    return "\n".join(lines)


NAMES = tuple(inputs(np.zeros((1, len(PARTS)))))


def matrix(parts: Array) -> Array:
    """The model's inputs: float64[n, len(NAMES)]."""
    return np.array(list(inputs(parts).values())).T


def module(weights: Array, bias: float) -> str:
    """Write the weights as they stand at the end of the model's module."""
    rows = "".join(f'    "{name}": {w:.3f},\n' for name, w in zip(NAMES, weights, strict=True))
    return f"BIAS = {bias:.3f}\n\nWEIGHTS = {{\n{rows}}}\n"


def main() -> None:
    """Fit, say how well, and write the weights if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "dedup")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="newsieve-pairs-") as work:
        folders = [Path(work, name) for name in ("dev4k", "reuters", "trained", "held_out")]
        for folder in folders:
            folder.mkdir()
        found = (
            dev_pairs(arguments.data, folders[0]),
            reuters_pairs(arguments.data, folders[1]),
            template_pairs(TRAINED, 1, folders[2]),
        )
        held_out = template_pairs(HELD_OUT, 2, folders[3])
    pairs = Pairs(*map(np.concatenate, zip(*found, strict=True)))
    assert pairs.parts.shape == (len(pairs.copies), len(PARTS))
    print("cross-validated by story: precision, recall, F1")
    print(cross_validated(pairs))
    weights, bias = fit(pairs)
    copies = (matrix(held_out.parts) @ weights + bias >= 0) & ~excluded(held_out.parts)
    wrong = int((copies & ~held_out.copies).sum())
    missed = int((held_out.copies & ~copies).sum())
    print(f"templates held out: {len(copies)} pairs, {wrong} wrongly copies, {missed} missed")
    written = module(weights, bias)
    print(written)
    if arguments.write:
        path = ROOT / "pipeline" / "dedup" / "model.py"
        before = path.read_text(encoding="utf-8").partition("BIAS = ")[0]
        path.write_text(before + written, encoding="utf-8")


if __name__ == "__main__":
    main()
