"""Parquet files whose bytes depend on the rows alone."""

from __future__ import annotations

import itertools

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import strategies  # noqa: F401 - loads the profile
from factories import RUN, article, document, story
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.records import Evidence, Removed
from pipeline.write.columns import finished_table, schema, staged_batch
from pipeline.write.parquet import REPETITIVE, write_parquet

NUMBERS = pa.schema([pa.field("number", pa.int64(), nullable=False, metadata={"description": "n"})])


def numbers(rows: int) -> pa.Table:
    """A table that counts from 0."""
    return pa.table({"number": range(rows)}, NUMBERS)


def rows_of_articles(count: int) -> pa.Table:
    """Finished rows of articles, with lists, nulls and repetition in them."""
    kept = [
        article(
            story(number, 8),
            found=document(source=f"{number}.txt"),
            title=None if number % 3 else f"Story {number}",
            site="news.example",
            authors=("Ann Vole",) * (number % 2),
            removed=(Removed(0, number, "menu"),) * (number % 4),
            evidence=(Evidence("title", "x", "headline"),) * (number % 2),
        )
        for number in range(count)
    ]
    staged = pa.Table.from_batches([staged_batch("articles", list(enumerate(kept)))])
    late = {
        "cluster_id": staged["id"].to_pylist(),
        "page_id": ["p"] * count,
        "revision_of": [None] * count,
        "fuller_than": [None] * count,
        "run_id": [RUN.run_id] * count,
        "logical_date": [RUN.logical_date] * count,
    }
    return finished_table("articles", staged, late)


ARTICLES = rows_of_articles(23)


def portions(table: pa.Table, cuts: list[int]) -> list[pa.Table]:
    """Cut *table* at *cuts*."""
    bounds = [0, *sorted(cuts), len(table)]
    return [table.slice(a, b - a) for a, b in itertools.pairwise(bounds)]


@given(st.lists(st.integers(0, 40), max_size=8), st.integers(1, 25))
def test_row_groups_are_fixed_whatever_the_portions(tmp_path_factory, sizes, group_rows):
    """Every row group is full but the last; rows keep their order, and their number is told."""
    path = tmp_path_factory.mktemp("groups") / "file.parquet"
    table = numbers(sum(sizes))
    cuts = [sum(sizes[:place]) for place in range(1, len(sizes))]
    written = write_parquet(path, NUMBERS, portions(table, cuts), group_rows)

    assert len(table) == written
    if not len(table):
        assert not path.exists()
        return
    metadata = pq.read_metadata(path)
    full, rest = divmod(len(table), group_rows)
    found = [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
    assert [group_rows] * full + [rest] * bool(rest) == found
    assert table["number"].to_pylist() == pq.read_table(path)["number"].to_pylist()


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(st.integers(0, 23), max_size=6), st.sampled_from([1, 4, 10, 23, 100]))
def test_the_bytes_do_not_depend_on_the_portions(tmp_path_factory, cuts, group_rows):
    """The same rows in other portions give the same file."""
    folder = tmp_path_factory.mktemp("bytes")
    for name, tables in (("one", [ARTICLES]), ("many", portions(ARTICLES, cuts))):
        write_parquet(folder / name, schema("articles"), tables, group_rows)

    assert (folder / "one").read_bytes() == (folder / "many").read_bytes()


@pytest.mark.parametrize("tables", [[], [numbers(0)], [numbers(0), numbers(0)]])
def test_no_rows_leave_no_file(tmp_path, tables):
    """A table without rows is no file, and counts 0."""
    assert 0 == write_parquet(tmp_path / "out/file.parquet", NUMBERS, tables, 10)
    assert [] == list(tmp_path.iterdir())


def test_a_failure_leaves_no_file(tmp_path):
    """When a later portion cannot be made, there is no half a table."""

    def failing():
        yield numbers(20)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_parquet(tmp_path / "file.parquet", NUMBERS, failing(), 5)
    assert [] == list(tmp_path.iterdir())


def test_the_file_describes_itself(tmp_path):
    """Schema, descriptions, nullability and the format version are read back from the file."""
    write_parquet(tmp_path / "a.parquet", schema("articles"), [ARTICLES], 10)
    found = pq.read_schema(tmp_path / "a.parquet")

    assert found.remove_metadata().equals(schema("articles").remove_metadata())
    for field in schema("articles"):
        same = found.field(field.name)
        assert field.metadata[b"description"] == same.metadata[b"description"]
        assert field.nullable == same.nullable
    assert b"articles" == found.metadata[b"newsieve.table"]
    assert ARTICLES.to_pylist() == pq.read_table(tmp_path / "a.parquet").to_pylist()


def test_every_column_is_compressed_with_zstd(tmp_path):
    """No leaf column of no row group is written otherwise."""
    write_parquet(tmp_path / "a.parquet", schema("articles"), [ARTICLES], 10)
    metadata = pq.read_metadata(tmp_path / "a.parquet")
    codecs = {
        metadata.row_group(group).column(column).compression
        for group in range(metadata.num_row_groups)
        for column in range(metadata.num_columns)
    }

    assert {"ZSTD"} == codecs


def test_repetitive_columns_have_a_dictionary_and_texts_have_none(tmp_path):
    """REPETITIVE names leaf columns as Parquet does: those, and no others, get a dictionary."""
    write_parquet(tmp_path / "a.parquet", schema("articles"), [ARTICLES], 100)
    group = pq.read_metadata(tmp_path / "a.parquet").row_group(0)
    leaves = [group.column(number) for number in range(group.num_columns)]
    with_dictionary = {leaf.path_in_schema for leaf in leaves if leaf.has_dictionary_page}

    assert {leaf.path_in_schema for leaf in leaves} & set(REPETITIVE) == with_dictionary
    assert {"site", "removed.list.element.rule", "flags.list.element"} <= with_dictionary
