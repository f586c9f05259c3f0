"""What each named rule pays: scores of held-out texts with it and without.

    python -m training.train_tagger --keep FOLDER
    python -m tests.benchmarks.rules_by_removal FOLDER

Rules, signs, kinds of phrases and parts of the decision are removed one by one. The tagger, which
reads some of the signs and kinds, is not trained again. Only texts that a removal touches are
cleaned again.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import numpy as np

from pipeline.clean.lines import decide, rules
from pipeline.clean.lines.page import Page
from pipeline.clean.lines.tagger import Tagger
from pipeline.clean.phrases import KINDS as PHRASE_KINDS
from training.hand_texts import ARCHIVES, KINDS, PREFIX, label_hand, read_hand
from training.labelled import FULL, HALF, Labelled, read_labelled
from training.scores import page_scores
from training.tagger_scores import BLOCK, page_of_lines, read_pages

SETS = {
    "whole": FULL,
    "half": HALF,
    "reading": (f"{PREFIX}news",),
    "rare": tuple(f"{PREFIX}{kind}" for kind in KINDS[:-2]),
}
"""Set of texts → its renderings: whole pages, half-clean texts, texts labelled by reading."""
RENDERINGS = frozenset(("lxml", "ptags", "container"))
"""Renderings of pages that are cleaned: all twelve would take four times as long."""
PARTS: Mapping[str, Mapping[str, object]] = {
    "inside bonus": {"INSIDE_BONUS": 0.0, "SUBHEADING_BONUS": 0.0},
    "guard: least kept": {"LEAST_KEPT": 0.0},
    "guard: block": {"BLOCK_WORDS": 10**9},
    "known lines override": {"KNOWN_MARGIN": 0.0},
}
"""Part of the decision → what of ``decide`` it is replaced by."""
LATER = {"repeated_title", "author_block"}
"""Rules that ``decide`` asks once headline and authors are known."""

Rows = dict[int, tuple[float, float, float]]


@dataclass(frozen=True, eq=False)
class Held:
    """A held-out text, and the number of the tagger that has not seen its site."""

    labelled: Labelled
    page: Page
    hits: rules.Hits


def main() -> None:
    """Print a row for each removal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("taggers", type=Path, help="folder of tagger.N.npz, N the part held out")
    parser.add_argument("--folds", default="0,2,3", help="parts that are scored")
    parser.add_argument("--only", help="what to remove, comma-separated: one row each")
    parser.add_argument("--together", help="what to remove together, comma-separated: one row")
    arguments = parser.parse_args()
    folds = [int(fold) for fold in arguments.folds.split(",")]
    taggers = {fold: _load(arguments.taggers / f"tagger.{fold}.npz") for fold in folds}
    held = list(_held(frozenset(folds)))
    bench = Bench(taggers, held)
    sys.stdout.write(_head())
    sys.stdout.write(bench.row("all", range(len(held)), bench.base))
    said = dict.fromkeys(row.says for row in rules.LINE_RULES)
    names = [
        *rules.RULES,
        *(f"{'kind' if each in PHRASE_KINDS else 'sign'} {each}" for each in said),
    ]
    wanted = arguments.only.split(",") if arguments.only else [*names, *PARTS]
    for name in [] if arguments.together else wanted:
        sys.stdout.write(bench.without(name, (name,)))
        sys.stdout.flush()
    if arguments.together:
        sys.stdout.write(bench.without("together", arguments.together.split(",")))


def _load(path: Path) -> Tagger:
    with np.load(path) as stored:
        return Tagger(dict(stored))


def _held(folds: frozenset[int]) -> Iterator[Held]:
    """The texts of these parts that are scored."""
    texts = sorted((ARCHIVES.parent / "text").glob("*.jsonl.xz"))
    pages = read_labelled(texts, wanted=lambda row, name: name in RENDERINGS and not row["silver"])
    for labelled in (*pages, *map(label_hand, read_hand())):
        if labelled.fold in folds:
            page = page_of_lines(labelled)
            yield Held(labelled, page, rules.rule_hits(page))


class Bench:
    """Held-out texts, and their scores with everything."""

    def __init__(self, taggers: dict[int, Tagger], held: list[Held]) -> None:
        self.taggers, self.held = taggers, held
        self.base = self.scores(dict(enumerate(held)))

    def scores(self, texts: Mapping[int, Held]) -> Rows:
        """F1, share of boilerplate removed and share of story lost of each text, by its number."""
        by_fold: dict[int, list[int]] = defaultdict(list)
        for at, each in texts.items():
            by_fold[each.labelled.fold].append(at)
        found: Rows = {}
        for fold, numbers in by_fold.items():
            for low in range(0, len(numbers), BLOCK):
                some = numbers[low : low + BLOCK]
                own = [(texts[at].labelled, texts[at].page, texts[at].hits) for at in some]
                for at, read in zip(
                    some, read_pages(self.taggers[fold], own, ("default",)), strict=True
                ):
                    found[at] = page_scores(read.labelled, read.drops["default"])
        return found

    def without(self, name: str, removed: Sequence[str]) -> str:
        """A row of the table: what changes without *removed*."""
        signs = frozenset(each[5:] for each in removed if each.startswith("sign "))
        kinds = frozenset(each[5:] for each in removed if each.startswith("kind "))
        gone = {each for each in removed if each in rules.RULES}
        parts = [PARTS[each] for each in removed if each in PARTS]
        with ExitStack() as stack:
            for part in parts:
                stack.enter_context(mock.patch.multiple(decide, **part))
            silent = {rule: lambda _: [] for rule in gone if rule in rules.FUNCTIONS}
            stack.enter_context(mock.patch.dict(rules.FUNCTIONS, silent))
            for rule in gone & LATER:
                nothing = mock.Mock(return_value=frozenset())
                stack.enter_context(mock.patch.object(decide, rule, nothing))
            touched = {
                at: each
                for at, old in enumerate(self.held)
                if (each := _stripped(old, signs, kinds, gone, everything=bool(parts))) is not None
            }
            return self.row(name, touched, self.scores(touched))

    def row(self, name: str, touched: Sequence[int] | Mapping[int, Held], scores: Rows) -> str:
        """Scores with everything for ``all``, else how much worse they are without *name*."""
        cells = []
        for renderings in SETS.values():
            of_set = [a for a, h in enumerate(self.held) if h.labelled.rendering in renderings]
            table = np.array([self.base[at] for at in of_set])
            if name != "all":
                table = table - np.array([scores.get(at, self.base[at]) for at in of_set])
            mean = np.nanmean(table, axis=0)
            error = np.nanstd(table[:, 0]) / np.sqrt(len(table))
            factor = 1 if name == "all" else 1000
            cells += [f"{factor * value:.{4 if factor == 1 else 2}f}" for value in mean]
            cells[-3] += f" ± {factor * error:.{4 if factor == 1 else 2}f}"
        return f"| {name} | {len(touched)} | {' | '.join(cells)} |\n"


def _stripped(
    held: Held,
    signs: frozenset[str],
    kinds: frozenset[str],
    gone: set[str],
    *,
    everything: bool,
) -> Held | None:
    """A text as it is seen without these; None where that is the same."""
    lines = held.page.lines
    marked = [n.index for n in held.page.marked if n.signs & signs or n.kinds & kinds]
    touched = everything or marked or any(held.hits[rule] for rule in gone) or gone & LATER
    if not touched:
        return None
    page, hits = held.page, held.hits
    if marked:
        new = list(lines)
        for at in marked:
            old = new[at]
            new[at] = old._replace(signs=old.signs - signs, kinds=old.kinds - kinds)
        left = tuple(line for line in new if line.kinds or line.signs)
        page = replace(page, lines=tuple(new), marked=left)
        hits = rules.rule_hits(page)
    return Held(held.labelled, page, {**hits, **dict.fromkeys(gone, frozenset())})


def _head() -> str:
    heads = [f"{name}: {cell}" for name in SETS for cell in ("F1", "removed", "lost")]
    return f"| removed | texts touched | {' | '.join(heads)} |\n{'|---' * (2 + len(heads))}|\n"


if __name__ == "__main__":
    main()
