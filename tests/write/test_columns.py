"""One table of columns: schemas, staged rows, finished rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from factories import article, document, rejection
from hypothesis import given
from strategies import articles

from pipeline.records import Evidence, Removed, Timestamp
from pipeline.text.tokens import word_count
from pipeline.version import FORMAT_VERSION
from pipeline.write.columns import (
    COLUMNS,
    TABLES,
    columns_of,
    finished_table,
    schema,
    staged_batch,
    staged_schema,
)
from pipeline.write.parquet import write_parquet

CONTRACT = yaml.safe_load((Path(__file__).parent / "contract.yaml").read_text(encoding="utf-8"))
DAY = date(2026, 1, 1)
LATE = {
    "cluster_id": ["c"],
    "page_id": ["p"],
    "revision_of": [None],
    "fuller_than": [None],
    "run_id": ["r"],
    "logical_date": [DAY],
}


def finished(kept) -> dict:
    """The row of *kept* in articles."""
    staged = pa.Table.from_batches([staged_batch("articles", [(0, kept)])])
    (row,) = finished_table("articles", staged, LATE).to_pylist()
    return row


def test_the_contract_names_every_table():
    """A table more or less is a change of the contract."""
    assert list(CONTRACT) == list(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_exactly_the_columns_of_the_contract(table):
    """Names, order and which are never null are promised."""
    found = [f"{each.name}{'' if each.nullable else '!'}" for each in schema(table)]

    assert CONTRACT[table] == found


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_described(table):
    """Each field of the schema carries a description, the one of the column table."""
    for field, column in zip(schema(table), columns_of(table), strict=True):
        description = field.metadata[b"description"].decode()
        assert column.doc == description
        assert len(description) >= 8, field.name
        assert "\n" not in description


@pytest.mark.parametrize("table", TABLES)
def test_a_table_says_what_it_is(table):
    """Its name and the version of the format stand in the schema's metadata."""
    expected = {b"newsieve.table": table.encode()}
    expected[b"newsieve.format_version"] = str(FORMAT_VERSION).encode()

    assert expected == schema(table).metadata


def test_no_table_has_two_columns_of_one_name():
    """A name may differ between tables, within one it is unique."""
    names = [(column.name, table) for column in COLUMNS for table in column.tables]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("table", TABLES)
def test_staged_rows_have_their_number_and_what_is_known_early(table):
    """A staged block has the ordinal, then columns of the table in their order."""
    ordinal, *early = staged_schema(table).names
    known = [column.name for column in columns_of(table) if column.value]

    assert "ordinal" == ordinal
    assert known == early
    assert {"run_id", "logical_date", "cluster_id"}.isdisjoint(early)


def test_an_article_fills_its_row():
    """Every value of an article stands in its column, dates in UTC with the page's offset."""
    instant = datetime(2025, 3, 30, 12, tzinfo=timezone.utc)
    found = document("The Title\n\nTwo words.\n", source="in/a.txt")
    row = finished(
        article(
            "Two words.",
            found=found,
            title="The Title",
            authors=("Ann Vole",),
            date_published=Timestamp(instant, 120, "minute"),
            url="https://news.example/a",
            site="news.example",
            language="en",
            language_score=0.5,
            removed=(Removed(0, 9, "headline"),),
            evidence=(Evidence("title", "The Title", "headline", 0, 9),),
            flags=("no_prose",),
        )
    )

    expected = {
        "id": found.id, "record_id": "a", "source": "in/a.txt", "url": "https://news.example/a",
        "site": "news.example", "title": "The Title", "authors": ["Ann Vole"], "contributors": [],
        "date_published": instant, "date_published_offset_min": 120,
        "date_published_precision": "minute", "date_modified": None, "dateline": None,
        "section": None, "keywords": [], "fetched_at": None, "language": "en",
        "language_score": 0.5, "text": "Two words.", "word_count": 2, "char_count": 10,
        "raw_char_count": 22, "media_type": "text/plain", "extractor": "lines",
        "removed": [{"start": 0, "end": 9, "rule": "headline"}],
        "evidence": [{"field": "title", "value": "The Title", "source": "headline",
                      "start": 0, "end": 9}],
        "flags": ["no_prose"], "cluster_id": "c", "revision_of": None,
        "page_id": "p", "fuller_than": None, "run_id": "r",
        "logical_date": DAY,
    }  # fmt: skip
    assert expected == row


@given(articles())
def test_any_article_comes_back_as_it_was(kept):
    """Laying out and completing changes no value; null is unknown, never an empty text."""
    row = finished(kept)

    same = ["title", "url", "site", "dateline", "section", "text", "language", "language_score"]
    assert {name: getattr(kept, name) for name in same} == {name: row[name] for name in same}
    lists = ["authors", "contributors", "keywords", "flags"]
    assert {name: list(getattr(kept, name)) for name in lists} == {n: row[n] for n in lists}
    for name in ("date_published", "date_modified", "fetched_at"):
        timestamp = getattr(kept, name)
        assert (timestamp and timestamp.instant) == row[name]
    assert list(kept.removed) == [Removed(**span) for span in row["removed"]]
    assert list(kept.evidence) == [Evidence(**each) for each in row["evidence"]]
    assert (word_count(kept.text), len(kept.text)) == (row["word_count"], row["char_count"])


def test_a_rejection_fills_its_row():
    """What is not known of a rejected record is null."""
    found = rejection(
        detail="3 words; judge.min_words = 5", retryable=True, url="http://www.B.example/a?utm_id=1"
    )
    staged = pa.Table.from_batches([staged_batch("rejects", [(7, found)])])
    late = {"run_id": ["r"], "logical_date": [DAY]}
    (row,) = finished_table("rejects", staged, late).to_pylist()

    assert [7] == staged["ordinal"].to_pylist()
    assert {
        "id": None, "record_id": None, "source": "b.txt", "stage": "judge", "kind": "filtered",
        "url": "http://www.b.example/a", "site": "b.example",
        "reason": "too_short", "detail": "3 words; judge.min_words = 5", "error_type": None,
        "excerpt": None, "retryable": True, "run_id": "r", "logical_date": DAY,
    } == row  # fmt: skip


@pytest.mark.parametrize("table", ["articles", "rejects"])
def test_no_rows_are_laid_out_too(table):
    """A batch without records has the schema all the same."""
    assert staged_schema(table) == staged_batch(table, []).schema


REQUIRED = [column for column in columns_of("articles") if column.need == "!"]


@pytest.mark.parametrize(
    "name",
    [each.name for each in REQUIRED],
)
def test_a_null_in_a_required_column_is_refused(tmp_path, name):
    """A row without a value that is promised is never written."""
    staged = pa.Table.from_batches([staged_batch("articles", [(0, article())])])

    def broken():
        yield finished_table("articles", staged, LATE | {name: [None]})

    with pytest.raises(pa.ArrowInvalid, match=name):
        write_parquet(tmp_path / "file.parquet", schema("articles"), broken(), 10)
    assert [] == list(tmp_path.iterdir())


def test_an_article_without_a_required_value_is_not_staged():
    """A null is found where it can still be blamed on its document."""
    with pytest.raises(pa.ArrowInvalid):
        staged_batch("articles", [(0, replace(article(), extractor=None))])


@pytest.mark.parametrize(
    "fields",
    [
        {"date_published": Timestamp(datetime(2025, 1, 1, tzinfo=timezone.utc), 2**15, "day")},
        {"removed": (Removed(0, 2**31, "menu"),)},
        {"title": 7},
        {"title": "\ud800"},
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused(fields):
    """Numbers too large, other types and text that is no Unicode do not pass silently."""
    with pytest.raises((pa.ArrowException, OverflowError, ValueError)):
        staged_batch("articles", [(0, replace(article(), **fields))])
