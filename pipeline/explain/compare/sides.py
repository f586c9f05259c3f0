"""What is compared: a document of a file, cleaned as `clean` does, or a row of an output folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.passes.isolation import sieve_document
from pipeline.read import FORMATS, format_of, read_part
from pipeline.read.parts import Part, Unfinished
from pipeline.records import Rejection
from pipeline.storage import open_input

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.config import Config
    from pipeline.explain.lookup import Row, Rows
    from pipeline.records import Article, Document

_LISTED = 5


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two documents, cleaned.

    Attributes:
        source: the file, or the row's source.
        date_published: the instant in UTC, or None.
        row: where it stands in the output folder; None for a file.
        remark: what a run would do with it instead of comparing it.
    """

    source: str
    id: str
    text: str
    url: str | None
    title: str | None
    authors: tuple[str, ...]
    date_published: datetime | None
    row: Row | None = None
    remark: str | None = None


def load_side(name: str, rows: Rows | None, config: Config) -> Side:
    """Load the document that *name* means: a file if there is one, else a name in *rows*.

    Args:
        name: a file of one document; ``<file>#<n>``, record n of a file of many; or, in
            *rows*, an id, record id, url or source.
        rows: the runs of an output folder.
        config: how a file is read, cleaned and judged.

    Raises:
        UsageError: nothing has that name, several documents have it, or it has no text.
    """
    file = _file_of(name)
    if file:
        return _side_of_file(*file, config)
    if rows is None:
        raise UsageError(
            f"{name}: no such file; to compare by id, record id or url, "
            "name the folder that holds the runs with --output"
        )
    return _side_of_row(name, rows)


def _file_of(name: str) -> tuple[Path, int | None] | None:
    path = Path(name)
    if path.is_dir():
        raise UsageError(f"{name}: a folder; name one document, such as {name.rstrip('/')}/a.txt")
    if path.exists():
        return path, None
    stem, _, number = name.rpartition("#")
    if number.isdecimal() and stem and Path(stem).is_file():
        return Path(stem), int(number)
    return None


def _side_of_file(path: Path, number: int | None, config: Config) -> Side:
    record = _record(path, number, config)
    if isinstance(record, Rejection):
        raise UsageError(f"{path}: {_why(record)}")
    article, rejection = sieve_document(record, config)
    if article is None:
        assert rejection is not None
        raise UsageError(f"{path}: {_why(rejection)}")
    remark = f"a run would reject it: {_why(rejection)}" if rejection else None
    return _side_of_article(article, remark)


def _record(path: Path, number: int | None, config: Config) -> Document | Rejection:
    suffix = format_of(path.name)
    if suffix is None:
        raise UsageError(f"{path}: unknown kind of file; known: {', '.join(FORMATS)}")
    part = Part(str(path), path.name, suffix)
    found: list[Document | Rejection] = []
    for item in read_part(part, open_input, config.input, final=True):
        assert not isinstance(item, Unfinished)  # final: a last line is a line
        if number is None or item.source == f"{path.name}#{number}":
            found.append(item)
        if len(found) > 1:
            ends = ", ".join(item.source.removeprefix(path.name) for item in found)
            raise UsageError(f"{path}: holds several records ({ends} …); name one: {path}#1")
    if not found:
        raise UsageError(f"{path}: holds no record{'' if number is None else f' #{number}'}")
    return found[0]


def _why(rejection: Rejection) -> str:
    return f"{rejection.reason}: {rejection.detail}" if rejection.detail else rejection.reason


def _side_of_article(article: Article, remark: str | None) -> Side:
    published = article.date_published
    return Side(
        source=article.document.source,
        id=article.document.id,
        text=article.text,
        url=article.url,
        title=article.title,
        authors=article.authors,
        date_published=published.instant if published else None,
        remark=remark,
    )


def _side_of_row(name: str, rows: Rows) -> Side:
    found = rows.named(name, text=True)
    texts = [row for row in found if row.table != "rejects"]
    if not texts:
        if found:
            raise UsageError(f"{name}: rejected, {found[0].values['reason']}; it has no text")
        similar = rows.similar_names(name)
        hint = f"; did you mean {', '.join(similar)}?" if similar else ""
        raise UsageError(f"{name}: neither a file nor a record of {rows.output}{hint}")
    ids = sorted({row.values["id"] for row in texts})
    if len(ids) > 1:
        listed = ", ".join(ids[:_LISTED]) + (" …" if len(ids) > _LISTED else "")
        raise UsageError(
            f"{name}: {len(ids)} records of {rows.output}; name one by its id: {listed}"
        )
    values = texts[0].values
    return Side(
        source=values["source"],
        id=values["id"],
        text=values["text"],
        url=values["url"],
        title=values["title"],
        authors=tuple(values["authors"]),
        date_published=values["date_published"],
        row=texts[0],
    )
