"""Judging: detects the language of an article and applies the filters: ``judge_article``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pipeline.config import JudgeConfig
from pipeline.judge.language import detect_language
from pipeline.records import Article, Rejection, rejection_of
from pipeline.text.tokens import word_count

MACROLANGUAGES: dict[str, tuple[str, ...]] = {"no": ("nb", "nn")}
"""Tag in the settings → tags of articles that it includes."""


def no_body_left(article: Article, config: JudgeConfig) -> str | None:
    """Reject an article without a letter or digit."""
    del config
    if any(map(str.isalnum, article.text)):
        return None
    reason = "page_too_large: " if "page_too_large" in article.flags else ""
    return f"{reason}0 letters left of {article.raw_char_count:,} characters"


def too_short(article: Article, config: JudgeConfig) -> str | None:
    """Reject an article of fewer words than ``judge.min_words``."""
    if not config.min_words:
        return None
    words = word_count(article.text)
    if words >= config.min_words:
        return None
    return f"{words:,} words; judge.min_words = {config.min_words:,}"


def language_not_wanted(article: Article, config: JudgeConfig) -> str | None:
    """Reject an article in a language outside ``judge.languages``; an unknown one is kept.

    ``zh`` matches ``zh-Hans`` and ``zh-Hant`` too, ``no`` for ``nb`` and ``nn``.
    """
    language = article.language
    if not config.languages or language is None:
        return None
    if any(
        f"{language}-".startswith(f"{wanted}-") or language in MACROLANGUAGES.get(wanted, ())
        for wanted in config.languages
    ):
        return None
    return f"{language}; judge.languages = {', '.join(config.languages)}"


FILTERS: dict[str, Callable[[Article, JudgeConfig], str | None]] = {
    "no_body_left": no_body_left,
    "too_short": too_short,
    "language_not_wanted": language_not_wanted,
}
"""Reason → filter; the first that applies gives the reason. Only the first is on by default."""

__all__ = ["FILTERS", "detect_language", "judge_article"]


def judge_article(article: Article, config: JudgeConfig) -> tuple[Article, Rejection | None]:
    """Detect the language of *article* and apply the filters.

    Returns the article with ``language`` and ``language_score``, and the rejection by the first
    filter that applies, or None.
    """
    language, score = detect_language(
        article.text, config.language_min_chars, config.language_min_score
    )
    judged = replace(article, language=language, language_score=score)
    for reason, unwanted in FILTERS.items():
        if detail := unwanted(judged, config):
            return judged, rejection_of(article, "judge", "filtered", reason, detail)
    return judged, None
