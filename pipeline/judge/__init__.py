"""Judging: detects the language of an article and applies the filters: ``judge_article``."""

from __future__ import annotations

from dataclasses import replace

from pipeline.config import JudgeConfig
from pipeline.judge.filters import FILTERS
from pipeline.judge.language import detect_language
from pipeline.records import Article, Rejection, rejection_of

__all__ = ["FILTERS", "detect_language", "judge_article"]


def judge_article(article: Article, config: JudgeConfig) -> tuple[Article, Rejection | None]:
    """Detect the language of *article* and apply the filters.

    Returns:
        The article with ``language`` and ``language_score`` set, and None; or that article and
        the rejection by the first filter that applies.
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
