"""The result of cleaning a document, as an object for scripts or as text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from pipeline.records import Article, Rejection
from pipeline.text.terminal import paint, shown


def as_object(
    article: Article | None, rejection: Rejection | None, *, explain: bool = False
) -> dict[str, Any]:
    """Return a document as an object ready for JSON; with its text even if a run would reject it.

    With *explain*, ``lines`` tell what happened to each line.
    """
    if article is None:
        assert rejection is not None
        row: dict[str, Any] = {name: getattr(rejection, name) for name in _IDENTITY}
        row |= {"text": "", "title": None, "authors": [], "date_published": None}
        row |= {"language": None, "removed": []}
    else:
        row = _described(article)
    lines = {"lines": list(explained(article))} if explain and article else {}
    return row | {"rejected": rejection.reason if rejection else None} | lines


_IDENTITY = ("record_id", "id", "source")
_SHOWN = (
    *("url", "site", "title", "authors", "contributors", "date_published", "date_modified"),
    *("dateline", "section", "keywords", "language", "language_score", "text", "extractor"),
    *("removed", "evidence", "flags"),
)


def _described(article: Article) -> dict[str, Any]:
    row = {name: getattr(article.document, name) for name in _IDENTITY}
    row |= {name: getattr(article, name) for name in _SHOWN}
    row |= {
        name: row[name] and row[name].isoformat() for name in ("date_published", "date_modified")
    }
    return row | {name: list(map(asdict, row[name])) for name in ("removed", "evidence")}


KEPT, TAKEN, CUT, LEFT_OUT = " ", ">", "-", "x"
"""Marks of lines: kept in the text, read into a field, removed, not extracted from the page."""
STAYING = {"dateline"}
"""Fields whose values are read from the text and stay in it."""
_STYLES = {KEPT: (), TAKEN: ("cyan",), CUT: ("red",), LEFT_OUT: ("dim",)}


def explained(article: Article) -> Iterator[dict[str, str | None]]:
    """Explain what happened to each line of a document, or each block of a page.

    Returns:
        Objects ready for JSON: ``mark``, one of the marks above; ``text``; ``why``: rules and
        fields, or what left it out and its place in the page; else None.
    """
    seen = article.seen_text
    page = article.extraction is not None  # each of its blocks is a line
    lines = [f"{line}\n" for line in seen.split("\n")] if page else seen.splitlines(keepends=True)
    fates: list[tuple[str, str]] = []
    start = 0
    for raw in lines:
        fates.append(_fate(article, start, start + len(raw)))
        start += len(raw)
    for text, line, note in _in_reading_order(article, lines):
        mark, why = (LEFT_OUT, note) if line is None else fates[line]
        if text.strip():
            yield {"mark": mark, "text": text.strip().expandtabs(4), "why": why or None}


def _in_reading_order(
    article: Article, lines: Sequence[str]
) -> Iterator[tuple[str, int | None, str]]:
    if article.extraction is None:
        yield from ((text, number, "") for number, text in enumerate(lines))
        return
    # lxml and trafilatura are for pages only.
    from pipeline.clean.html.extract import page_blocks  # noqa: PLC0415

    for block in page_blocks(article.document, article.extraction):
        by = "left out by " + ", ".join(block.by)
        yield block.text, block.line, f"{block.where}: {by}" if block.where else by


def as_lines(article: Article, rejection: Rejection | None) -> Iterator[str]:
    """Format ``explained`` as text, in colour."""
    yield f"# {shown(article.document.source)}: {shown(article.title or 'no title')}"
    if rejection is not None:
        why = f"{rejection.reason} {rejection.detail or ''}".rstrip()
        yield f"# a run would reject it: {shown(why)}"
    for each in explained(article):
        note = f"   [{shown(each['why'])}]" if each["why"] else ""
        mark = each["mark"] or KEPT
        yield paint(f"{mark} {shown(each['text'] or '')}{note}", *_STYLES[mark])


def _fate(article: Article, start: int, end: int) -> tuple[str, str]:
    # Removed spans ascend and do not overlap, so those of one line are adjacent.
    first = bisect_right(article.removed, start, key=lambda span: span.end)
    after = bisect_left(article.removed, end, key=lambda span: span.start)
    rules = [span.rule for span in article.removed[first:after]]
    found = [
        each
        for each in article.evidence
        if each.start is not None and each.end is not None and each.start < end and each.end > start
    ]
    why = ", ".join(dict.fromkeys(rules + [each.field for each in found]))
    if rules:
        return CUT, why
    taken = any(each.field not in STAYING for each in found)
    return (TAKEN if taken else KEPT), why
