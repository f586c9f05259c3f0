"""Plain text with the site's chrome around the story: lines in, article out.

read_page ─▶ RULES ─▶ tagger ─▶ headline, authors, dates ─▶ story · removed · evidence
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.clean.dates import parse_timestamp
from pipeline.clean.lines import heading
from pipeline.clean.lines.decide import decide
from pipeline.clean.lines.marks import mark_rows
from pipeline.clean.lines.page import Page, read_page
from pipeline.clean.lines.rules import Hits, rule_hits
from pipeline.clean.lines.tagger import Tags, load_tagger
from pipeline.config import CleanConfig
from pipeline.records import Article, Document, Removed

EXTRACTOR = "lines"
"""Value of ``articles.extractor`` for texts cleaned line by line."""
MAX_LINES = 5_000
"""Lines above which a text is like none that was learned from: named rules have to do."""
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class _Read:
    """A document's lines and what the rules say of them."""

    document: Document
    page: Page
    hits: Hits


def clean_text(
    document: Document, config: CleanConfig, repeated: frozenset[str] = _NOTHING
) -> Article:
    """Clean a plain text; what the record declares wins over what the text says.

    Args:
        repeated: short lines of it that stand on many pages of its site.
    """
    read = _read(document, config, repeated)
    return _article(read, *tag_pages([read.page], [read.hits]))


def clean_texts(
    documents: Sequence[Document], config: CleanConfig, repeated: Sequence[frozenset[str]]
) -> list[Article | Exception]:
    """Clean many plain texts as ``clean_text`` does each, for a good deal less time a text.

    Args:
        repeated: of each document, its short lines that stand on many pages of its site.

    Returns:
        For each document its article, or the exception that it provoked: others do not suffer.
    """
    results: list[Article | Exception | None] = [None] * len(documents)
    read: dict[int, _Read] = {}
    for index, document in enumerate(documents):
        try:
            read[index] = _read(document, config, repeated[index])
        except Exception as error:  # noqa: BLE001
            results[index] = error
    try:
        tags = tag_pages([each.page for each in read.values()], [e.hits for e in read.values()])
    except Exception:  # noqa: BLE001
        alone = zip(documents, repeated, strict=True)
        return [_cleaned_alone(document, config, lines) for document, lines in alone]
    for (index, each), said in zip(read.items(), tags, strict=True):
        try:
            results[index] = _article(each, said)
        except Exception as error:  # noqa: BLE001
            results[index] = error
    return [result for result in results if result is not None]


def _cleaned_alone(
    document: Document, config: CleanConfig, repeated: frozenset[str]
) -> Article | Exception:
    """The article, or what went wrong: for blocks in which one document breaks the model."""
    try:
        return clean_text(document, config, repeated)
    except Exception as error:  # noqa: BLE001
        return error


def _read(document: Document, config: CleanConfig, repeated: frozenset[str]) -> _Read:
    """The lines of a document, and the rules that hold them."""
    page = read_page(document.content, config.mode)
    if repeated:
        numbers = (line.index for line in page.lines if line.text in repeated)
        page = replace(page, repeated=frozenset(numbers))
    return _Read(document, page, rule_hits(page))


def tag_pages(pages: Sequence[Page], hits: Sequence[Hits]) -> list[Tags | None]:
    """What the tagger says of each page; None of pages that are like none it knows."""
    known = [at for at, page in enumerate(pages) if 0 < len(page.lines) <= MAX_LINES]
    some = [pages[at] for at in known]
    found: list[Tags | None] = [None] * len(pages)
    if some:
        texts = [[line.text for line in page.lines] for page in some]
        blanks = [[line.blank_before for line in page.lines] for page in some]
        marks = mark_rows(some, [hits[at] for at in known])
        for at, tags in zip(known, load_tagger().tag(texts, blanks, marks), strict=True):
            found[at] = tags
    return found


def _article(read: _Read, tags: Tags | None) -> Article:
    """The article that is left of a document."""
    document, page = read.document, read.page
    head = heading.read(page, document, tags)
    page = replace(page, title=head.title, title_index=head.title_index, authors=head.authors)
    decision = decide(page, read.hits, tags, head)
    cut = decision.cut
    settled = heading.settle(head, page, cut)
    kept = (line for line in page.lines if line.index not in cut)
    flags = {
        "date_unparsable": document.date_published and head.published is None,
        "no_prose": not page.prose_before[-1],
        "hard_wrapped": page.wrapped,
        "story_doubtful": decision.guarded,
        "whole_page": "outside_story" in cut.values(),
    }
    return Article(
        document=document,
        text="\n\n".join(line.text for line in kept if line.index != page.title_index),
        extractor=EXTRACTOR,
        title=page.title,
        authors=page.authors,
        contributors=settled.contributors,
        date_published=head.published,
        date_modified=head.modified,
        fetched_at=parse_timestamp(document.fetched_at) if document.fetched_at else None,
        url=head.url,
        site=settled.site,
        dateline=settled.dateline,
        removed=tuple(Removed(page.lines[i].start, page.lines[i].end, cut[i]) for i in sorted(cut)),
        evidence=head.evidence + settled.evidence,
        flags=tuple(flag for flag, holds in flags.items() if holds),
        raw_char_count=len(document.content),
    )
