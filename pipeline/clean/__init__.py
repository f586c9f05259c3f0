"""Document → article: the story's text, its metadata, and a reason for everything that was cut.

clean_document   text/plain ─▶ lines.clean_texts  line rules, tagger
                 text/html  ─▶ html.extract_page  trafilatura, page model, metadata
                            └▶ its record's own text, if the page has hardly any story
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.clean.lines.cleaner import clean_texts
from pipeline.config import CleanConfig
from pipeline.records import Article, Document

__all__ = ["clean_document", "clean_documents"]

LEAST_OF_TEXT = 5
"""A page with less than a fifth of the characters of its record's text is an empty shell, a login
or a check for robots."""


def clean_document(
    document: Document, config: CleanConfig, repeated: frozenset[str] = frozenset()
) -> Article:
    """Take the story out of *document*; total: a text without a story gives an empty text.

    Args:
        repeated: short lines of a plain text that occur on many pages of its site.
    """
    if document.media_type == "text/html":
        # trafilatura loads slowly: only pages pay for it.
        from pipeline.clean.html.extract import extract_page  # noqa: PLC0415

        article = extract_page(document)
        if document.text is None or LEAST_OF_TEXT * len(article.text) >= len(document.text):
            return article
        flags = (*document.flags, "text_used")
        document = replace(
            document, media_type="text/plain", content=document.text, text=None, flags=flags
        )
    (found,) = clean_texts([document], config, [repeated])
    if isinstance(found, Exception):
        raise found
    return found


def clean_documents(
    documents: Sequence[Document],
    config: CleanConfig,
    repeated: Sequence[frozenset[str]] | None = None,
) -> list[Article | Exception]:
    """Clean each of *documents* as ``clean_document`` does, plain texts many at a time.

    Args:
        repeated: of each document, its short lines that occur on many pages of its site; None
            where nothing is known of other pages.

    Returns:
        For each document its article, or the exception that it provoked: others do not suffer.
    """
    known = [frozenset[str]()] * len(documents) if repeated is None else repeated
    texts = [at for at, each in enumerate(documents) if each.media_type != "text/html"]
    found = clean_texts([documents[at] for at in texts], config, [known[at] for at in texts])
    cleaned = dict(zip(texts, found, strict=True))
    for at, document in enumerate(documents):
        if at not in cleaned:
            try:
                cleaned[at] = clean_document(document, config)
            except Exception as error:  # noqa: BLE001
                cleaned[at] = error
    return [cleaned[at] for at in range(len(documents))]
