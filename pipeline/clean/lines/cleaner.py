"""Plain text with the site's boilerplate around the story: ``clean_text``, ``clean_texts``.

read_page ─▶ heading.read ─▶ rule_hits ─▶ line model ─▶ heading.settle ─▶ article
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.clean.dates import parse_timestamp
from pipeline.clean.lines import heading
from pipeline.clean.lines.heading import Heading
from pipeline.clean.lines.model import Scores, chrome_lines, reasons_for, score_pages
from pipeline.clean.lines.page import Mode, Page, read_page
from pipeline.clean.lines.page_rules import entry_times
from pipeline.clean.lines.rules import rule_hits
from pipeline.config import CleanConfig
from pipeline.records import Article, Document, Removed

_ReadPage = tuple[Page, Heading, dict[str, frozenset[int]]]


EXTRACTOR = "lines"
"""Value of ``articles.extractor`` for texts cleaned by line rules."""

HINTS = ("outside_story",)
"""Rules that only inform the line model: alone they cost more story than they cut chrome."""

MAX_LINES = 5_000
"""Lines above which a text is like none that was learned from: named rules have to do."""

MODES: tuple[Mode, ...] = ("careful", "default", "thorough")

PROSE_FREE_RULES = frozenset({"repeated_title", "bullet_only"})
"""Rules that act without prose around: a list, a table or a poem keeps its short lines."""


def clean_text(
    document: Document, config: CleanConfig, repeated: frozenset[str] = frozenset()
) -> Article:
    """Clean a plain text; what the record declares wins over what the text says.

    Args:
        repeated: short lines of it that stand on many pages of its site.
    """
    page, head, hits = _read(document, config, repeated)
    scores = score_pages([page], [hits])[0] if _is_judged(page) else None
    return _article(document, page, head, find_chrome(page, hits, scores))


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
    read: dict[int, _ReadPage] = {}
    for index, document in enumerate(documents):
        try:
            read[index] = _read(document, config, repeated[index])
        except Exception as error:  # noqa: BLE001
            results[index] = error
    judged = [index for index, (page, _, _) in read.items() if _is_judged(page)]
    try:
        found = score_pages([read[i][0] for i in judged], [read[i][2] for i in judged])
        scores = dict(zip(judged, found, strict=True))
    except Exception:  # noqa: BLE001
        alone = zip(documents, repeated, strict=True)
        return [_cleaned_alone(document, config, lines) for document, lines in alone]
    for index, (page, head, hits) in read.items():
        try:
            cut = find_chrome(page, hits, scores.get(index))
            results[index] = _article(documents[index], page, head, cut)
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


def _is_judged(page: Page) -> bool:
    """Whether the line model knows pages like this one."""
    return page.prose_before[-1] > 0 and len(page.lines) <= MAX_LINES


def _read(document: Document, config: CleanConfig, repeated: frozenset[str]) -> _ReadPage:
    """The page with its headline and authors, all that it says of itself, and the rules' hits."""
    page = read_page(document.content, config.mode)
    head = heading.read(page, document)
    page = replace(
        page,
        title=head.title,
        title_index=head.title_index,
        authors=head.authors,
        repeated=frozenset(line.index for line in page.lines if line.text in repeated)
        if repeated
        else frozenset(),
    )
    return page, head, rule_hits(page)


def _article(document: Document, page: Page, head: Heading, cut: dict[int, str]) -> Article:
    """The article that is left of *page* without the lines in *cut*."""
    kept = (line for line in page.lines if line.index not in cut)
    settled = heading.settle(head, page, cut)
    flags = {
        "date_unparsable": document.date_published and settled.date_published is None,
        "no_prose": not page.prose_before[-1],
        "hard_wrapped": page.wrapped,
        "whole_page": "outside_story" in cut.values(),
    }
    return Article(
        document=document,
        text="\n\n".join(line.text for line in kept if line.index != page.title_index),
        extractor=EXTRACTOR,
        title=page.title,
        authors=page.authors,
        contributors=settled.contributors,
        date_published=settled.date_published,
        date_modified=settled.date_modified,
        fetched_at=parse_timestamp(document.fetched_at) if document.fetched_at else None,
        url=head.url,
        site=settled.site,
        dateline=settled.dateline,
        removed=tuple(Removed(page.lines[i].start, page.lines[i].end, cut[i]) for i in sorted(cut)),
        evidence=head.evidence + settled.evidence,
        flags=tuple(flag for flag, holds in flags.items() if holds),
        raw_char_count=len(document.content),
    )


def find_chrome(
    page: Page, hits: dict[str, frozenset[int]], scores: Scores | None
) -> dict[int, str]:
    """Line number → what takes it for chrome; the headline's line is none.

    A named rule's word stands, but for ``HINTS``; of all other lines the line model decides. Where
    no line is prose, nothing is learned about: a list, a table or a poem stays.
    """
    known: dict[int, str] = {}
    for name, found in hits.items():
        if name not in HINTS and (page.prose_before[-1] or name in PROSE_FREE_RULES):
            for index in found:
                known.setdefault(index, name)
    for index in page.repeated:
        if not _inside_sentence(page, index):
            known.setdefault(index, "site_repetition")
    cut = known if scores is None else _judge(page, scores, hits, known)
    if page.title_index is not None:
        cut.pop(page.title_index, None)
    return cut


def _inside_sentence(page: Page, index: int) -> bool:
    """Whether a line is the text of a link that stands in the middle of a sentence."""
    if not 0 < index < len(page.lines) - 1:
        return False
    before, after = page.lines[index - 1], page.lines[index + 1]
    goes_on = after.text[0].islower() or after.text[0] in ",.;:)’'"
    return goes_on and not before.terminal


def _judge(
    page: Page, scores: Scores, hits: dict[str, frozenset[int]], known: dict[int, str]
) -> dict[int, str]:
    """What the model and the rules drop; where no prose would be left, a more careful mode's word.

    When even the most careful one leaves none, the page is like nothing that was learned from: then
    the rules decide alone, hints too.
    """
    times = entry_times(page)
    hinted = {index: name for name in reversed(HINTS) for index in hits[name]}
    for mode in MODES[: MODES.index(page.mode) + 1][::-1]:
        dropped = chrome_lines(scores, mode, known.keys(), times)
        gone = frozenset(dropped)
        if any(line.prose and line.index not in gone for line in page.lines):
            break
    else:
        dropped = sorted(known.keys() | hinted.keys())
    cut = known | {index: hinted.get(index, "") for index in dropped if index not in known}
    unnamed = [index for index in dropped if not cut[index]]
    if not unnamed:
        return cut
    return cut | dict(zip(unnamed, reasons_for(scores, unnamed, mode), strict=True))
