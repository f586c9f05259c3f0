"""How probable each candidate for the headline is: fitted to what taggers say of held-out pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from pipeline.clean.lines.cleaner import tag_pages
from pipeline.clean.lines.headline import FEATURES, seen
from pipeline.clean.lines.page import Page
from pipeline.clean.lines.rules import rule_hits
from pipeline.clean.lines.tagger import Tagger
from pipeline.clean.names import name_key
from training.corrected import line_digest
from training.labelled import Labelled
from training.roles import HEADLINE_CHARS, Golds, read_role_labels
from training.tagger_scores import BLOCK, page_of_lines

Floats = NDArray[np.float64]

WAYS = frozenset({"meta:lxml", "meta:container", "meta:ptags", "meta:wide"})
"""Renderings that are learned from."""
PENALTY, STEPS = 1e-3, 500


@dataclass(frozen=True, eq=False)
class Text:
    """A text that a tagger never saw.

    Attributes:
        rows: float64[candidates, FEATURES].
        right: bool[candidates], whether each is the headline; none if the text has no headline.
    """

    page_id: str
    rows: Floats
    right: NDArray[np.bool_]


def read_texts(tagger: Tagger, pages: Sequence[Labelled], golds: Golds) -> list[Text]:
    """The candidates of *pages*, which *tagger* never saw, where it is known which is right.

    A line is right if it says the benchmark's title, or if readers named it.
    """
    labels = read_role_labels()
    known: list[tuple[str, Page, set[str]]] = []
    for each in pages:
        if each.rendering in WAYS:
            page, gold = page_of_lines(each), golds.of(each.page_id, each.url)
            title = name_key(gold.title or "") if gold else ""
            named = labels.get(each.page_id, {}).get("headline")
            if title or named is not None:
                lines = [n.text for n in page.lines if len(n.text) <= HEADLINE_CHARS]
                keys = {name_key(text) for text in lines if line_digest(text) in (named or ())}
                keys |= {title} & {name_key(text) for text in lines}
                known.append((each.page_id, page, keys))
    found: list[Text] = []
    for low in range(0, len(known), BLOCK):
        some = known[low : low + BLOCK]
        texts = [page for _, page, _ in some]
        tags = tag_pages(texts, [rule_hits(page) for page in texts], tagger)
        for (page_id, page, keys), said in zip(some, tags, strict=True):
            if said is not None:
                likely = seen(page, said)
                right = np.array([name_key(each.line.text) in keys for each in likely], np.bool_)
                if right.any() or not keys:
                    rows = np.array([each.features for each in likely])
                    found.append(Text(page_id, rows.reshape(-1, len(FEATURES)), right))
    return found


def fit_headline(texts: Sequence[Text]) -> Floats:
    """Weights of ``FEATURES`` and the constant: softmax over a text's candidates and no line.

    The texts of a page weigh as much as one.
    """
    rows = np.concatenate([text.rows for text in texts])
    right = np.concatenate([text.right for text in texts])
    text = np.repeat(np.arange(len(texts)), [len(text.rows) for text in texts])
    times = Counter(text.page_id for text in texts)
    share = np.array([1 / times[text.page_id] for text in texts])
    share /= share.sum()
    missing = ~np.isin(np.arange(len(texts)), text[right])
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    inputs = np.column_stack(((rows - mean) / scale, np.ones(len(rows))))
    kept = np.append(np.full(len(FEATURES), PENALTY), 0.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        powers = np.exp(np.clip(inputs @ weights, -30, 30))
        total = 1.0 + np.bincount(text, powers, len(texts))
        wanted = missing + np.bincount(text, powers * right, len(texts))
        slope = powers * share[text] * (1 / total[text] - right / wanted[text])
        lost = float(share @ (np.log(total) - np.log(wanted)))
        return lost + float(kept @ weights**2), inputs.T @ slope + 2 * kept * weights

    found = minimize(
        loss, np.zeros(len(kept)), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}
    )
    weights = found.x[:-1] / scale
    return np.append(weights, found.x[-1] - weights @ mean)
