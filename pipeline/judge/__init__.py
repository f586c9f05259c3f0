"""Judging: article → article with its language, and the reason if it is not wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.judge.filters import FILTERS
from pipeline.judge.language import detect_language
from pipeline.records import Article, Rejection

if TYPE_CHECKING:
    from pipeline.config import JudgeConfig

__all__ = ["FILTERS", "detect_language", "judge_article"]

_EXCERPT_CHARS = 500


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
            return judged, _filtered(judged, reason, detail)
    return judged, None


def _filtered(article: Article, reason: str, detail: str) -> Rejection:
    document = article.document
    head = " ".join(document.content[: 4 * _EXCERPT_CHARS].split())[:_EXCERPT_CHARS]
    return Rejection(
        source=document.source,
        stage="judge",
        kind="filtered",
        reason=reason,
        detail=detail,
        id=document.id,
        record_id=document.record_id,
        excerpt="".join(char if char.isprintable() else "\ufffd" for char in head) or None,
    )
