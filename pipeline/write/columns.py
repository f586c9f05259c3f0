"""Every column of every table: name, type, meaning, and where its value comes from.

Schemas, rows and docs/output.md derive from ``COLUMNS``; scripts may rely on the names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

import pyarrow as pa

from pipeline.records import Article, Rejection, Timestamp
from pipeline.text.tokens import word_count
from pipeline.urls import canonical_url, site_of
from pipeline.version import FORMAT_VERSION

Table = Literal["articles", "duplicates", "rejects"]
TABLES: tuple[Table, ...] = ("articles", "duplicates", "rejects")
COUNTED = ("read", *TABLES, "unchanged")
"""What became of the records that a run read."""
_UTC = pa.timestamp("us", tz="UTC")
_STRINGS = pa.list_(pa.field("item", pa.string(), nullable=False))


def _list_of(**fields: tuple[pa.DataType, bool]) -> pa.DataType:
    """Return the type of a list of structs; each field is (type, nullable)."""
    members = [pa.field(name, type_, nullable=null) for name, (type_, null) in fields.items()]
    return pa.list_(pa.field("item", pa.struct(members), nullable=False))


_REMOVED = _list_of(start=(pa.int32(), False), end=(pa.int32(), False), rule=(pa.string(), False))
_EVIDENCE = _list_of(
    field=(pa.string(), False),
    value=(pa.string(), False),
    source=(pa.string(), False),
    start=(pa.int32(), True),
    end=(pa.int32(), True),
)
_PAIR_EVIDENCE = _list_of(part=(pa.string(), False), value=(pa.float64(), False))


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        need: "!" for never null, "?" for null where unknown.
        tables: the tables that have it, in the order of ``COLUMNS``.
        value: the cell of an article or a rejection; None where only the verdict of
            deduplication, or the run, knows it.
    """

    name: str
    type: pa.DataType
    need: Literal["!", "?"]
    tables: tuple[Table, ...]
    doc: str
    value: Callable[[Any], object] | None = None


_KEPT: tuple[Table, ...] = ("articles", "duplicates")
_A: tuple[Table, ...] = ("articles",)
_D: tuple[Table, ...] = ("duplicates",)
_R: tuple[Table, ...] = ("rejects",)


def _instant(timestamp: Timestamp | None) -> object:
    return timestamp.instant if timestamp else None


_span = attrgetter("start", "end", "rule")
_found = attrgetter("field", "value", "source", "start", "end")


def _rejected_url(rejection: Rejection) -> str | None:
    return canonical_url(rejection.url) if rejection.url else None


COLUMNS: tuple[Column, ...] = (
    Column("id", pa.string(), "!", _KEPT, "identifier (32 hex digits), derived from content and url (else record id, else path)", lambda a: a.document.id),
    Column("id", pa.string(), "?", _R, "as in articles; null where the record could not be read", lambda r: r.id),
    Column("record_id", pa.string(), "!", _KEPT, "the record's own id, else the file's stem, else <stem>#<n>", lambda a: a.document.record_id),
    Column("record_id", pa.string(), "?", _R, "as in articles; null for a whole file", lambda r: r.record_id),
    Column("source", pa.string(), "!", _KEPT, "path from the input's root, and #n in files of many records (of JSONL and CSV, the line)", lambda a: a.document.source),
    Column("source", pa.string(), "!", _R, "path from the input's root, and #n in files of many records (of JSONL and CSV, the line)", lambda r: r.source),
    Column("url", pa.string(), "?", _KEPT, "canonical address", lambda a: a.url),
    Column("site", pa.string(), "?", _KEPT, "registrable domain", lambda a: a.site),
    Column("url", pa.string(), "?", _R, "canonical address, if the record or the page states one", _rejected_url),
    Column("site", pa.string(), "?", _R, "registrable domain of url; without a url, the site that the record, its text or its path names", lambda r: site_of(_rejected_url(r) or "") or r.site),
    Column("title", pa.string(), "?", _KEPT, "headline", lambda a: a.title),
    Column("authors", _STRINGS, "!", _KEPT, "names from bylines, in order", lambda a: a.authors),
    Column("contributors", _STRINGS, "!", _KEPT, "names from credits such as 'contributed to this report'", lambda a: a.contributors),
    Column("date_published", _UTC, "?", _KEPT, "when the story was published; midnight UTC of the day if only a day is known; a time without a zone is taken as UTC, with a null offset", lambda a: _instant(a.date_published)),
    Column("date_published_offset_min", pa.int16(), "?", _KEPT, "minutes east of UTC as the page printed it", lambda a: a.date_published and a.date_published.offset_min),
    Column("date_published_precision", pa.string(), "?", _KEPT, "second, minute or day", lambda a: a.date_published and a.date_published.precision),
    Column("date_modified", _UTC, "?", _KEPT, "when the page says it was last changed", lambda a: _instant(a.date_modified)),
    Column("dateline", pa.string(), "?", _KEPT, "place before the first sentence, as printed, without the agency", lambda a: a.dateline),
    Column("section", pa.string(), "?", _KEPT, "the site's own section", lambda a: a.section),
    Column("keywords", _STRINGS, "!", _KEPT, "the page's own keywords", lambda a: a.keywords),
    Column("fetched_at", _UTC, "?", _KEPT, "when the record says it was fetched", lambda a: _instant(a.fetched_at)),
    Column("language", pa.string(), "?", _KEPT, "BCP-47 tag; null when too short or uncertain", lambda a: a.language),
    Column("language_score", pa.float32(), "?", _KEPT, "confidence in the language, 0-1", lambda a: a.language_score),
    Column("text", pa.string(), "!", _KEPT, "the story: paragraphs separated by a blank line, NFC, no headline, byline or time stamp", lambda a: a.text),
    Column("word_count", pa.int32(), "!", _KEPT, "words in text; a character each in scripts without spaces", lambda a: word_count(a.text)),
    Column("char_count", pa.int32(), "!", _KEPT, "code points in text", lambda a: len(a.text)),
    Column("raw_char_count", pa.int32(), "!", _KEPT, "code points of the decoded document", lambda a: a.raw_char_count),
    Column("media_type", pa.string(), "!", _KEPT, "text/plain or text/html", lambda a: a.document.media_type),
    Column("extractor", pa.string(), "!", _KEPT, "which extractor produced text: lines, trafilatura, or trafilatura+block_model (with the page model)", lambda a: a.extractor),
    Column("removed", _REMOVED, "!", _KEPT, "spans cut from the decoded text (for HTML: from the extraction), in code points, with the rule", lambda a: list(map(_span, a.removed))),
    Column("evidence", _EVIDENCE, "!", _A, "where each metadata value comes from, the winner first", lambda a: list(map(_found, a.evidence))),
    Column("flags", _STRINGS, "!", _KEPT, "notable conditions, from the closed list below", lambda a: a.flags),
    Column("representative_id", pa.string(), "!", _D, "id of the article that is kept instead"),
    Column("representative_run_id", pa.string(), "!", _D, "run that published the representative"),
    Column("cluster_id", pa.string(), "!", _KEPT, "shared by all copies of one story"),
    Column("match", pa.string(), "!", _D, "exact, near or contained"),
    Column("similarity", pa.float64(), "?", _D, "exact Jaccard similarity to the representative, 0-1"),
    Column("containment", pa.float64(), "?", _D, "share of the shorter text's shingles found in the longer, 0-1"),
    Column("evidence", _PAIR_EVIDENCE, "?", _D, "what the match was decided on"),
    Column("revision_of", pa.string(), "?", _A, "id of the earlier version of the same page"),
    Column("page_id", pa.string(), "!", _A, "shared by all versions of one page: the id of the first; its own id where there is no other"),
    Column("fuller_than", pa.string(), "?", _A, "id of a shorter article, of an earlier run or place, with the same story"),
    Column("stage", pa.string(), "!", _R, "read, clean or judge", lambda r: r.stage),
    Column("kind", pa.string(), "!", _R, "filtered: judged and not wanted; error: could not be judged", lambda r: r.kind),
    Column("reason", pa.string(), "!", _R, "one of a closed list", lambda r: r.reason),
    Column("detail", pa.string(), "?", _R, "the value and the limit", lambda r: r.detail),
    Column("error_type", pa.string(), "?", _R, "class of the exception, for errors", lambda r: r.error_type),
    Column("excerpt", pa.string(), "?", _R, "the record's beginning, at most 500 characters", lambda r: r.excerpt),
    Column("retryable", pa.bool_(), "!", _R, "reading it again later may succeed", lambda r: r.retryable),
    Column("run_id", pa.string(), "!", TABLES, "the run that wrote this row"),
    Column("logical_date", pa.date32(), "!", TABLES, "the day that the run belongs to"),
)  # fmt: skip


def columns_of(table: Table) -> tuple[Column, ...]:
    """Return the columns of *table*, in order."""
    return tuple(column for column in COLUMNS if table in column.tables)


def _field(column: Column) -> pa.Field:
    return pa.field(
        column.name, column.type, nullable=column.need == "?", metadata={"description": column.doc}
    )


def schema(table: Table) -> pa.Schema:
    """Return the Arrow schema of *table*; each field carries its description."""
    return pa.schema(
        [_field(column) for column in columns_of(table)],
        metadata={"newsieve.table": table, "newsieve.format_version": str(FORMAT_VERSION)},
    )


def _known_early(table: Table) -> tuple[Column, ...]:
    return tuple(column for column in columns_of(table) if column.value)


ORDINAL = pa.field("ordinal", pa.int32(), nullable=False)
"""Number of a record within its block, from 0: distinguishes twins that share an id."""


def staged_schema(table: Table) -> pa.Schema:
    """Return the schema of a staged block: what is known before deduplication, and ``ordinal``."""
    return pa.schema([ORDINAL, *(_field(column) for column in _known_early(table))])


def staged_batch(
    table: Table, records: Sequence[tuple[int, Article]] | Sequence[tuple[int, Rejection]]
) -> pa.RecordBatch:
    """Lay *records*, (ordinal, article or rejection) each, out as one staged batch of *table*.

    Raises:
        pyarrow.ArrowInvalid: a value does not fit its column.
    """
    arrays = [pa.array([ordinal for ordinal, _ in records], pa.int32())]
    for column in _known_early(table):
        assert column.value is not None
        arrays.append(_array(column, [column.value(value) for _, value in records]))
    return pa.RecordBatch.from_arrays(arrays, schema=staged_schema(table))


def _array(column: Column, values: Iterable[object]) -> pa.Array:
    array = pa.array(values, column.type)
    # pyarrow itself would write a null list as an empty one.
    if column.need == "!" and array.null_count:
        raise pa.ArrowInvalid(f"{column.name}: null, but this column is never null")
    return array


def finished_table(
    table: Table, staged: pa.Table, late: Mapping[str, Iterable[object]]
) -> pa.Table:
    """Complete *staged* rows with the columns that are known late, in the order of *table*."""
    arrays = [
        _array(column, late[column.name]) if column.name in late else staged[column.name]
        for column in columns_of(table)
    ]
    return pa.Table.from_arrays(arrays, schema=schema(table))


SIGHTINGS_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("fetched_at", pa.timestamp("us", tz="UTC"), nullable=True),
        pa.field("run_id", pa.string(), nullable=False),
        pa.field("logical_date", pa.date32(), nullable=False),
    ],
    metadata={"newsieve.state": "sightings", "newsieve.format_version": str(FORMAT_VERSION)},
)
"""id: of the record, or of the article at the same address with the same text. source: where it was
read this time. fetched_at: when the record says it was fetched."""
