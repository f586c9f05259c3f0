"""What cleaning made of one document: as an object for scripts, as lines for people."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipeline.text.terminal import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.records import Article, Rejection


def as_json(article: Article | None, rejection: Rejection | None) -> str:
    """Give one line of JSON for a document; the text is there even if a run would reject it."""
    rejected = rejection.reason if rejection else None
    if article is None:
        assert rejection is not None
        row: dict[str, object] = {
            "record_id": rejection.record_id,
            "id": rejection.id,
            "source": rejection.source,
            "text": "",
            "title": None,
            "authors": [],
            "date_published": None,
            "language": None,
            "removed": [],
        }
    else:
        row = _described(article)
    return json.dumps(row | {"rejected": rejected}, ensure_ascii=False)


def _described(article: Article) -> dict[str, object]:
    document = article.document
    published, modified = article.date_published, article.date_modified
    return {
        "record_id": document.record_id,
        "id": document.id,
        "source": document.source,
        "url": article.url,
        "site": article.site,
        "title": article.title,
        "authors": article.authors,
        "contributors": article.contributors,
        "date_published": published and published.isoformat(),
        "date_modified": modified and modified.isoformat(),
        "dateline": article.dateline,
        "section": article.section,
        "keywords": article.keywords,
        "language": article.language,
        "language_score": article.language_score,
        "text": article.text,
        "extractor": article.extractor,
        "removed": [asdict(span) for span in article.removed],
        "evidence": [asdict(each) for each in article.evidence],
        "flags": article.flags,
    }


KEPT, TAKEN, CUT = " ", ">", "-"
"""Marks at the head of a line: kept in the text, taken into a field, cut."""
STAYING = {"dateline"}
"""Fields that are read off the text and stay in it."""
_COLOURS = {KEPT: "", TAKEN: "\x1b[36m", CUT: "\x1b[31m"}


def as_lines(article: Article, rejection: Rejection | None, *, colour: bool) -> Iterator[str]:
    """Show each line that the cleaner saw, with what became of it and why."""
    document = article.document
    yield shown(f"# {document.source}: {article.title or 'no title'}")
    if rejection is not None:
        yield shown(
            f"# a run would reject it: {rejection.reason} {rejection.detail or ''}"
        ).rstrip()
    start = 0
    for raw in article.seen_text.splitlines(keepends=True):
        line = shown(raw.strip().expandtabs(4))
        if line:
            mark, why = _fate(article, start, start + len(raw))
            note = f"   [{why}]" if why else ""
            text = f"{mark} {line}{note}"
            shade = _COLOURS[mark] if colour else ""
            yield f"{shade}{text}\x1b[0m" if shade else text
        start += len(raw)


def _fate(article: Article, start: int, end: int) -> tuple[str, str]:
    # Removed spans ascend and do not overlap: of many thousands, those of one line lie together.
    first = bisect_right(article.removed, start, key=lambda span: span.end)
    behind = bisect_left(article.removed, end, key=lambda span: span.start)
    rules = [span.rule for span in article.removed[first:behind]]
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
