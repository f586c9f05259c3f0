"""How well lines are kept and dropped: token scores, macro by page, means over renderings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from training.labelled import FULL, HALF, Labelled

CJK = ("zh", "ja", "ko")
LANGUAGES: dict[str, Callable[[str], bool]] = {
    "all": lambda _: True,
    "en": lambda language: language == "en",
    "de": lambda language: language == "de",
    "CJK": lambda language: language in CJK,
    "other": lambda language: language not in ("en", "de", *CJK),
}
NAMES = ("F1", "chrome removed", "body lost")

Drops = Sequence[NDArray[np.bool_]]


def page_scores(page: Labelled, drop: NDArray[np.bool_]) -> tuple[float, float, float]:
    """F1 of the words kept, share of chrome removed (nan without chrome), share of body lost."""
    body, chrome = page.labels == "k", page.labels == "d"
    all_body, all_chrome = page.tokens[body].sum(), page.tokens[chrome].sum()
    kept, left = page.tokens[body & ~drop].sum(), page.tokens[chrome & ~drop].sum()
    precision = kept / (kept + left) if kept + left else 0.0
    recall = kept / all_body if all_body else 1.0
    both = precision + recall
    removed = 1 - left / all_chrome if all_chrome else np.nan
    return (2 * precision * recall / both if both else 0.0), removed, 1 - recall


def means(
    pages: Sequence[Labelled], drops: Drops, names: Sequence[str], wanted: Callable[[str], bool]
) -> NDArray[np.float64]:
    """Mean over renderings *names* of the mean over pages with the labels of readers."""
    by: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for page, drop in zip(pages, drops, strict=True):
        if page.source == "gold" and page.rendering in names and wanted(page.language):
            by[page.rendering].append(page_scores(page, drop))
    if not by:
        return np.full(len(NAMES), np.nan)
    return np.mean([np.nanmean(np.array(rows), axis=0) for rows in by.values()], axis=0)


def kinds_table(pages: Sequence[Labelled], drops: Drops, prefix: str, kinds: Sequence[str]) -> str:
    """Scores of the texts whose rendering is *prefix* and one of *kinds*, as a Markdown table."""
    heads = ("kind", "texts", "untouched F1", *NAMES, "texts that lost story")
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for kind in kinds:
        found = [
            (page, drop)
            for page, drop in zip(pages, drops, strict=True)
            if page.rendering == prefix + kind
        ]
        if found:
            rows = np.array([page_scores(*each) for each in found])
            whole = np.mean([page_scores(page, np.zeros_like(drop))[0] for page, drop in found])
            cells = [f"{value:.4f}" for value in (whole, *np.nanmean(rows, axis=0))]
            lost = int((rows[:, 2] > 0).sum())
            lines.append(f"| {kind} | {len(found)} | {' | '.join(cells)} | {lost} |")
    return "\n".join(lines)


def table(pages: Sequence[Labelled], drops: Drops, *, brief: bool = False) -> str:
    """The scores as a Markdown table: by language, then by rendering."""
    lines = [
        "| | full " + " | ".join(NAMES) + " | half " + " | ".join(NAMES) + " |",
        "|---" * 7 + "|",
    ]
    for language, wanted in LANGUAGES.items():
        if language == "all" or not brief:
            cells = [f"{v:.4f}" for g in (FULL, HALF) for v in means(pages, drops, g, wanted)]
            lines.append(f"| {language} | " + " | ".join(cells) + " |")
    if not brief:
        lines += ["", "| rendering | " + " | ".join(NAMES) + " |", "|---" * 4 + "|"]
        for name in (*FULL, *HALF):
            cells = [f"{v:.4f}" for v in means(pages, drops, (name,), LANGUAGES["all"])]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
