"""Judging: article → article with its language, and the reason if it is not wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.judge.filters import FILTERS
from pipeline.judge.language import detect_language
from pipeline.records import Article, Rejection, rejection_of

if TYPE_CHECKING:
    from pipeline.config import JudgeConfig

__all__ = ["FILTERS", "detect_language", "judge_article"]


def judge_article(article: Article, config: JudgeConfig) -> tuple[Article, Rejection | None]:
    """Tell the language of *article*, and whether it is wanted.

    Returns:
        The article with ``language`` and ``language_score`` set, and None; or, when a
        filter speaks, that article and the rejection of the first one that does.
    """
    language, score = detect_language(
        article.text, config.language_min_chars, config.language_min_score
    )
    judged = replace(article, language=language, language_score=score)
    for reason, unwanted in FILTERS.items():
        if detail := unwanted(judged, config):
            found = rejection_of(article.document, "judge", "filtered", reason, detail)
            return judged, replace(found, url=article.url or found.url)
    return judged, None
