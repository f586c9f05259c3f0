"""Plain text with the site's chrome around the story: lines in, article out.

read_page ─▶ RULES ─▶ tagger ─▶ headline, authors, dates ─▶ story · removed · evidence
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.clean.lines import heading
from pipeline.clean.lines.decide import decide
from pipeline.clean.lines.marks import mark_rows
from pipeline.clean.lines.page import LineRecord, Page, read_page
from pipeline.clean.lines.rules import Hits, rule_hits
from pipeline.clean.lines.tagger import Tagger, Tags, load_tagger
from pipeline.config import CleanConfig
from pipeline.records import Article, Document, Removed

EXTRACTOR = "lines"
"""Value of ``articles.extractor`` for texts cleaned line by line."""
MAX_LINES = 5_000
"""Lines above which a text is like none that was learned from: named rules have to do."""
BARE_BULLETS = 3
"""Lines without a word from which they are the bullets of a list."""
MENUS, MENU_LINES = frozenset({"nav", "legal", "account"}), 3
"""Kinds of phrases in menus and footers; lines with them among those cut from which a text was a
page saved whole."""
_NOTHING: frozenset[str] = frozenset()


def clean_text(
    document: Document, config: CleanConfig, repeated: frozenset[str] = _NOTHING
) -> Article:
    """Clean a plain text; what the record declares wins over what the text says.

    Args:
        repeated: short lines of it that stand on many pages of its site.
    """
    (found,) = clean_texts([document], config, [repeated])
    if isinstance(found, Exception):
        raise found
    return found


def clean_texts(
    documents: Sequence[Document], config: CleanConfig, repeated: Sequence[frozenset[str]]
) -> list[Article | Exception]:
    """Clean many plain texts as ``clean_text`` does each, for a good deal less time a text.

    Args:
        repeated: of each document, its short lines that stand on many pages of its site.

    Returns:
        For each document its article, or the exception that it provoked: others do not suffer.
    """
    results: dict[int, Article | Exception] = {}
    read: dict[int, tuple[Page, Hits]] = {}
    for index, document in enumerate(documents):
        try:
            page = read_page(document.content, config.mode)
            own = repeated[index]
            if own:
                page.repeated = frozenset(n.index for n in page.lines if n.text in own)
            read[index] = page, rule_hits(page)
        except Exception as error:  # noqa: BLE001
            results[index] = error
    try:
        tags = tag_pages([page for page, _ in read.values()], [hits for _, hits in read.values()])
    except Exception as error:  # noqa: BLE001
        if len(documents) == 1:
            return [error]
        alone = zip(documents, repeated, strict=True)
        return [clean_texts([document], config, [own])[0] for document, own in alone]
    for (index, (page, hits)), said in zip(read.items(), tags, strict=True):
        try:
            results[index] = _article(documents[index], page, hits, said)
        except Exception as error:  # noqa: BLE001
            results[index] = error
    return [results[index] for index in range(len(documents))]


def tag_pages(
    pages: Sequence[Page], hits: Sequence[Hits], tagger: Tagger | None = None
) -> list[Tags | None]:
    """What the tagger says of each page; None of pages that are like none it knows.

    The bare bullets of a list leave the text anyway, and are no lines to the tagger: with one above
    each of them, its entries look like nothing that was learned from.

    Args:
        tagger: the committed one unless another is given.
    """
    known = [at for at, page in enumerate(pages) if 0 < len(page.lines) <= MAX_LINES]
    found: list[Tags | None] = [None] * len(pages)
    if not known:
        return found
    some = [pages[at] for at in known]
    shown = [_without_bullets(pages[at], hits[at]["bullet_only"]) for at in known]
    marks = mark_rows(some, [hits[at] for at in known], shown)
    texts = [[line.text for line in own] for own in shown]
    blanks = [[line.blank_before for line in own] for own in shown]
    said = (tagger or load_tagger()).tag(texts, blanks, marks)
    for at, own, tags in zip(known, shown, said, strict=True):
        size = len(pages[at].lines)
        found[at] = tags if len(own) == size else tags.spread([n.index for n in own], size)
    return found


def _without_bullets(page: Page, bullets: frozenset[int]) -> Sequence[LineRecord]:
    """The lines of *page* without those of *bullets*, if these are a list's."""
    if not BARE_BULLETS <= len(bullets) < len(page.lines):
        return page.lines
    return [line for line in page.lines if line.index not in bullets]


def _article(document: Document, page: Page, hits: Hits, tags: Tags | None) -> Article:
    """The article that is left of a document."""
    head = heading.read(page, document, tags)
    page.title, page.title_index, page.authors = head.title, head.title_index, head.authors
    decision = decide(page, hits, tags, head)
    cut = decision.cut
    heading.settle(head, page, cut, document)
    gone = {*cut, page.title_index}
    flags = {
        "date_unparsable": document.date_published and head.published is None,
        "no_prose": not page.prose_before[-1],
        "hard_wrapped": page.wrapped,
        "story_doubtful": decision.guarded,
        "whole_page": sum(bool(MENUS & page.lines[i].kinds) for i in cut) >= MENU_LINES,
    }
    return Article(
        document=document,
        text="\n\n".join([line.text for line in page.lines if line.index not in gone]),
        extractor=EXTRACTOR,
        title=page.title,
        authors=page.authors,
        contributors=head.contributors,
        date_published=head.published,
        date_modified=head.modified,
        fetched_at=head.fetched_at,
        url=head.url,
        site=head.site,
        dateline=head.dateline,
        removed=tuple(Removed(page.lines[i].start, page.lines[i].end, cut[i]) for i in sorted(cut)),
        evidence=tuple(head.evidence),
        flags=(*document.flags, *(flag for flag, holds in flags.items() if holds)),
        raw_char_count=len(document.content),
    )
