"""Plain text with a site's boilerplate around the story: lines in, article out.

read_page ─▶ rule_hits ─▶ tagger ─▶ headline, authors, dates ─▶ story · removed · evidence
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.clean.lines import heading
from pipeline.clean.lines.decide import decide
from pipeline.clean.lines.page import LineRecord, Page, read_page
from pipeline.clean.lines.rules import Hits, rule_hits
from pipeline.clean.lines.tagger import Tagger, Tags, load_tagger
from pipeline.config import CleanConfig
from pipeline.records import Article, Document, Removed

EXTRACTOR = "lines"
"""Value of ``articles.extractor`` for texts cleaned line by line."""
ASIDES = (
    *("advertisement", "caption_or_credit", "newsletter", "read_more", "share_buttons"),
    *("spaceless_notice", "subscription"),
)
"""Rules for single lines within a story; those below a header of comments or the like are not."""
MAX_LINES = 5_000
"""Lines above which the tagger is not used, since it learned from no such text."""
MENUS = frozenset({"nav", "legal", "account"})
"""Kinds of phrases in menus and footers: if three such lines are cut, a page was saved whole."""


def clean_texts(
    documents: Sequence[Document], config: CleanConfig, repeated: Sequence[frozenset[str]]
) -> list[Article | Exception]:
    """Clean plain texts together, in much less time per text; what a record declares has priority.

    Args:
        repeated: for each document, its short lines that occur on many pages of its site.

    Returns:
        For each document its article, or the exception that it raised, which affects no other.
    """
    try:
        pages = [
            read_page(document.content, config.mode, own)
            for document, own in zip(documents, repeated, strict=True)
        ]
        hits = list(map(rule_hits, pages))
        return [*map(_article, documents, pages, hits, tag_pages(pages, hits))]
    except Exception as error:  # noqa: BLE001
        if len(documents) == 1:
            return [error]
    alone = zip(documents, repeated, strict=True)
    return [clean_texts([document], config, [own])[0] for document, own in alone]


def tag_pages(
    pages: Sequence[Page], hits: Sequence[Hits], tagger: Tagger | None = None
) -> list[Tags | None]:
    """The tagger's output for each page; None for a page that it cannot judge.

    Lines that a rule removes anyway are hidden from the tagger where they mislead it: the bare
    bullets of a list, three or more, since few lists in the training texts have them; and a line of
    ``ASIDES`` between two paragraphs, since the last paragraph would often go with it.

    Args:
        tagger: the committed one by default.
    """
    known = [at for at, page in enumerate(pages) if 0 < len(page.lines) <= MAX_LINES]
    found: list[Tags | None] = [None] * len(pages)
    if not known:
        return found
    shown: list[Sequence[LineRecord]] = []
    for at in known:
        lines, bullets = pages[at].lines, hits[at]["bullet_only"]
        told = [n.prose and not n.kinds for n in lines]
        cut = {n for rule in ASIDES for n in hits[at][rule] if 0 < n < len(lines) - 1}
        hidden = {n for n in cut if told[n - 1] and told[n + 1]}
        hidden |= bullets if len(bullets) >= 3 else set()
        shown.append([n for n in lines if n.index not in hidden] or lines)
    said = (tagger or load_tagger()).tag(shown)
    for at, own, tags in zip(known, shown, said, strict=True):
        size = len(pages[at].lines)
        found[at] = tags if len(own) == size else tags.spread([n.index for n in own], size)
    return found


def _article(document: Document, page: Page, hits: Hits, tags: Tags | None) -> Article:
    head = heading.read(page, document, tags)
    cut, guarded = decide(page, hits, tags, head)
    heading.settle(head, page, cut, document)
    gone = {*cut, head.title_index}
    flags = {
        "date_unparsable": document.date_published and head.published is None,
        "no_prose": not page.prose_before[-1],
        "hard_wrapped": page.wrapped,
        "story_doubtful": guarded,
        "whole_page": sum([not MENUS.isdisjoint(page.lines[i].kinds) for i in cut]) >= 3,
    }
    return Article(
        document=document,
        text="\n\n".join([line.text for line in page.lines if line.index not in gone]),
        extractor=EXTRACTOR,
        title=head.title,
        authors=head.authors,
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
