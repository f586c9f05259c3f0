"""One document through cleaning and judging."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.clean import clean_document, clean_documents
from pipeline.judge import judge_article
from pipeline.records import Rejection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.config import Config
    from pipeline.records import Article, Document, Stage

EXCERPT_CHARS = 500


def sieve_document(
    document: Document, config: Config
) -> tuple[Article, None] | tuple[Article | None, Rejection]:
    """Clean and judge *document*.

    This is the one place that catches whatever a document provokes: the rest of its
    block must not suffer, and the reason must be on record.

    Returns:
        The article and None when it is kept; else the article, as far as it got, and
        the rejection.
    """
    try:
        article = clean_document(document, config.clean)
    except Exception as error:  # noqa: BLE001
        return None, failure(document, "clean", "cleaning_failed", error)
    return _judged(document, article, config)


def sieve_documents(
    documents: Sequence[Document], config: Config
) -> Iterator[tuple[Article, None] | tuple[Article | None, Rejection]]:
    """Clean and judge *documents* as ``sieve_document`` does each; they are cleaned together."""
    for document, article in zip(documents, clean_documents(documents, config.clean), strict=True):
        if isinstance(article, Exception):
            yield None, failure(document, "clean", "cleaning_failed", article)
        else:
            yield _judged(document, article, config)


def _judged(
    document: Document, article: Article, config: Config
) -> tuple[Article, None] | tuple[Article | None, Rejection]:
    """The article and what the judge says of it."""
    try:
        article, rejection = judge_article(article, config.judge)
    except Exception as error:  # noqa: BLE001
        return article, failure(document, "judge", "judging_failed", error)
    if rejection is None:
        return article, None
    return article, replace(rejection, id=document.id, record_id=document.record_id)


def failure(document: Document, stage: Stage, reason: str, error: Exception) -> Rejection:
    """Say that *document* provoked *error*, as a rejection."""
    return Rejection(
        source=document.source,
        stage=stage,
        kind="error",
        reason=reason,
        detail=str(error)[:EXCERPT_CHARS] or None,
        id=document.id,
        record_id=document.record_id,
        error_type=type(error).__name__,
        excerpt=document.content[:EXCERPT_CHARS],
    )
