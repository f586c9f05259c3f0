"""Document → article: the story's text, its metadata, and a reason for everything that was cut.

clean_document   text/plain ─▶ plain.clean_text   line rules
                 text/html  ─▶ html.extract_page  trafilatura, then metadata of the page
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.clean.plain.cleaner import clean_text, clean_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import CleanConfig
    from pipeline.records import Article, Document

__all__ = ["clean_document", "clean_documents"]


def clean_document(document: Document, config: CleanConfig) -> Article:
    """Take the story out of *document*; total: a text without a story gives an empty text."""
    if document.media_type == "text/html":
        # trafilatura loads slowly: only pages pay for it.
        from pipeline.clean.html.extract import extract_page  # noqa: PLC0415

        return extract_page(document, config)
    return clean_text(document, config)


def clean_documents(
    documents: Sequence[Document], config: CleanConfig
) -> list[Article | Exception]:
    """Clean each of *documents* as ``clean_document`` does, plain texts many at a time.

    Returns:
        For each document its article, or the exception that it provoked: others do not suffer.
    """
    texts = [at for at, each in enumerate(documents) if each.media_type != "text/html"]
    cleaned = dict(zip(texts, clean_texts([documents[at] for at in texts], config), strict=True))
    for at, document in enumerate(documents):
        if at not in cleaned:
            try:
                cleaned[at] = clean_document(document, config)
            except Exception as error:  # noqa: BLE001
                cleaned[at] = error
    return [cleaned[at] for at in range(len(documents))]
