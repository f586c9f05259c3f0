"""Document → article: the story's text, its metadata, and a reason for everything that was cut.

clean_document   text/plain ─▶ lines.clean_texts  line rules, tagger
                 text/html  ─▶ html.extract_page  trafilatura, page model, metadata
                            └▶ its record's own text, if the page has no story (has_no_story)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.clean.lines.cleaner import clean_texts
from pipeline.clean.names import name_key
from pipeline.clean.words import WORDS
from pipeline.config import CleanConfig
from pipeline.records import Article, Document

__all__ = ["clean_document", "clean_documents"]

LEAST_OF_TEXT = 5
"""A page with less than a fifth of the characters of its record's text is an empty shell, a login
or a check for robots."""
LEAST_OF_WALL = 2
"""A consent wall is replaced by a text of twice its characters: a page with more than half may be a
summary or another version."""
WALL_SIGNS = 2
"""Different words of walls that the record's text does not have; one may occur in any story. Chosen
by eye on walls in 10 languages."""
_SENTENCE_CHARS = 20
"""Shorter sentences, such as *Read more.*, may be on any page."""
_SENTENCE_END = re.compile(r"\n|(?<=[.!?。！？])\s*")


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
        if document.text is None or not has_no_story(article.text, document.text):
            return article
        flags = (*document.flags, "text_used")
        document = replace(
            document, media_type="text/plain", content=document.text, text=None, flags=flags
        )
    (found,) = clean_texts([document], config, [repeated])
    if isinstance(found, Exception):
        raise found
    return found


def has_no_story(found: str, text: str) -> bool:
    """Whether what was *found* in a page is no story, given its record's own *text*.

    It has less than a fifth of the characters of *text*; or at most half of them, no sentence of
    *text*, and is for the most part a consent wall or a check for robots: paragraphs with words of
    ``wall`` that *text* does not have. A summary or another wording is a story.
    """
    if LEAST_OF_TEXT * len(found) < len(text):
        return True
    if LEAST_OF_WALL * len(found) > len(text):
        return False
    known, paragraphs = text.casefold(), found.casefold().split("\n")
    signs = [word for word in WORDS["wall"] if word not in known]
    held = [{word for word in signs if word in paragraph} for paragraph in paragraphs]
    walled = sum(len(each) for each, words in zip(paragraphs, held, strict=True) if words)
    if len(set[str]().union(*held)) < WALL_SIGNS or 2 * walled < len(found):
        return False
    keys = map(name_key, _SENTENCE_END.split(text))
    whole = name_key(found)
    return not any(len(key) >= _SENTENCE_CHARS and key in whole for key in keys)


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
