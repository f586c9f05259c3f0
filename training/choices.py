"""How probable each candidate for a role is: fitted to what taggers say of held-out pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from pipeline.clean.lines.authors import bylines
from pipeline.clean.lines.choices import Candidate, Reading, reading_of
from pipeline.clean.lines.cleaner import tag_pages
from pipeline.clean.lines.days import days
from pipeline.clean.lines.headline import headlines
from pipeline.clean.lines.page import LineRecord, Page
from pipeline.clean.lines.rules import rule_hits
from pipeline.clean.lines.tagger import ROLES, Tagger
from pipeline.clean.names import name_key
from training.corrected import line_digest
from training.labelled import Labelled
from training.roles import Gold, Golds, read_role_labels
from training.tagger_scores import BLOCK, FIELDS, page_of_lines, printed

Floats = NDArray[np.float64]

WAYS = frozenset({"meta:lxml", "meta:container", "meta:ptags", "meta:wide"})
"""Renderings that are learned from."""
PENALTY, STEPS = 1e-3, 500


@dataclass(frozen=True, eq=False)
class Text:
    """The candidates for a role in a text that a tagger never saw.

    Attributes:
        rows: float64[candidates, features].
        right: bool[candidates], whether each has the role; none if no line of the text does.
    """

    page_id: str
    rows: Floats
    right: NDArray[np.bool_]


def read_texts(
    tagger: Tagger, pages: Sequence[Labelled], golds: Golds, roles: Sequence[str]
) -> dict[str, list[Text]]:
    """Role → the candidates of *pages*, which *tagger* never saw, if it is known which is right.

    Each page is read with its address and without, as users may have it or not.
    """
    found: dict[str, list[Text]] = {role: [] for role in roles}
    labels = read_role_labels()
    wanted = [page for page in pages if page.rendering in WAYS]
    for low in range(0, len(wanted), BLOCK):
        some = wanted[low : low + BLOCK]
        texts = [page_of_lines(each) for each in some]
        tags = tag_pages(texts, [rule_hits(page) for page in texts], tagger)
        for each, page, said in zip(some, texts, tags, strict=True):
            if said is None:
                continue
            gold = golds.of(each.page_id, each.url) or Gold(None, (), None)
            named = labels.get(each.page_id, {})
            stated = dict(zip(ROLES, map(printed(page, gold).get, FIELDS), strict=True))
            for url in (each.url, None):
                candidates = candidates_of(reading_of(page, said, url))
                for role in roles:
                    own = candidates[role]
                    right = right_ones(role, page, own, gold, stated[role], named.get(role))
                    if right is not None:
                        rows = np.array([list(c.features.values()) for c in own], np.float64)
                        found[role].append(Text(each.page_id, rows, right))
    return found


def candidates_of(text: Reading) -> dict[str, Sequence[Candidate[Any]]]:
    """Role → its candidates; those for a day of change are rated as if for one of publication."""
    titles = headlines(text)  # first, since the others look at the likeliest
    return {"headline": titles, "byline": bylines(text), "time": days(text)["date_published"]}


def right_ones(
    role: str,
    page: Page,
    own: Sequence[Candidate[Any]],
    gold: Gold,
    stated: bool | None,
    labels: frozenset[str] | None,
) -> NDArray[np.bool_] | None:
    """Which candidates say what the benchmark states or readers named; None if that is not known.

    No candidate is right if no line says it; if another line does, nothing is learned.

    Args:
        stated: whether a line says what the benchmark states; None if it states nothing.
        labels: digests of the lines that readers named; None if they could not tell.
    """
    right = np.array([_says(role, each.value, each.line, gold) for each in own], np.bool_)
    if labels is not None:
        said = {name_key(n.text) for n in page.lines if labels and line_digest(n.text) in labels}
        keys = [{name_key(line.text) for line in each.lines} for each in own]
        right |= np.array([not said.isdisjoint(each) for each in keys], np.bool_)
        stated = bool(stated or said)
    return right if right.any() or stated is False else None


def _says(role: str, value: Any, line: LineRecord, gold: Gold) -> bool:
    """Whether a candidate says what the benchmark states, if it states anything."""
    if role == "headline":
        return bool(gold.title) and name_key(line.text) == name_key(gold.title or "")
    if role == "byline":
        return bool(gold.authors) and set(map(name_key, value)) == set(map(name_key, gold.authors))
    return gold.day is not None and value.timestamp.day == gold.day.isoformat()


def fit_choice(texts: Sequence[Text]) -> Floats:
    """Weights of the features and the constant: softmax over a text's candidates and none.

    The texts of a page weigh as much as one.
    """
    texts = [text for text in texts if len(text.rows)]
    rows = np.concatenate([text.rows for text in texts])
    right = np.concatenate([text.right for text in texts])
    owner = np.repeat(np.arange(len(texts)), [len(text.rows) for text in texts])
    times = Counter(text.page_id for text in texts)
    share = np.array([1 / times[text.page_id] for text in texts])
    share /= share.sum()
    missing = ~np.isin(np.arange(len(texts)), owner[right])
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    inputs = np.column_stack(((rows - mean) / scale, np.ones(len(rows))))
    penalty = np.append(np.full(rows.shape[1], PENALTY), 0.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        powers = np.exp(np.clip(inputs @ weights, -30, 30))
        total = 1.0 + np.bincount(owner, powers, len(texts))
        wanted = missing + np.bincount(owner, powers * right, len(texts))
        slope = powers * share[owner] * (1 / total[owner] - right / wanted[owner])
        lost = float(share @ (np.log(total) - np.log(wanted)))
        return lost + float(penalty @ weights**2), inputs.T @ slope + 2 * penalty * weights

    found = minimize(
        loss, np.zeros(len(penalty)), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}
    )
    weights = found.x[:-1] / scale
    return np.append(weights, found.x[-1] - weights @ mean)
