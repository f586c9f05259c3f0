"""Document → article: the story's text, its metadata, and a reason for everything that was cut.

clean_document   text/plain ─▶ plain.clean_text   line rules
                 text/html  ─▶ html.extract_page  trafilatura, page model, metadata
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.clean.plain.cleaner import clean_text

if TYPE_CHECKING:
    from pipeline.config import CleanConfig
    from pipeline.records import Article, Document

__all__ = ["clean_document"]


def clean_document(document: Document, config: CleanConfig) -> Article:
    """Take the story out of *document*; total: a text without a story gives an empty text."""
    if document.media_type == "text/html":
        # trafilatura loads slowly: only pages pay for it.
        from pipeline.clean.html.extract import extract_page  # noqa: PLC0415

        return extract_page(document, config)
    return clean_text(document, config)
