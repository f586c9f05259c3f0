"""views.sql: what readers of the collection see in DuckDB."""

from __future__ import annotations

import shutil

import duckdb
import pytest
from factories import story
from runs import rows, run

from pipeline.write.columns import TABLES
from pipeline.write.views import NAME, write_views

VIEWS = [*TABLES, "runs", "latest_articles", "cluster_members", "clusters", "account_by_site"]


def connect(output):
    """The views of *output*, as a reader in another folder loads them."""
    connection = duckdb.connect()
    connection.execute(f"SET file_search_path = '{output}'")
    connection.execute((output / NAME).read_text("utf-8"))
    return connection


def count(connection, view):
    """How many rows *view* has."""
    return connection.execute(f"SELECT count(*) FROM {view}").fetchone()[0]


def put(folder, **texts):
    """Write texts as files of one folder."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Two runs: three stories, an exact copy in the first, a reject only in the second."""
    folder = tmp_path_factory.mktemp("views")
    inputs = put(folder / "in", a=story(1), b=story(2), copy=story(1))
    output = folder / "out"
    run(inputs, output)
    first = (output / NAME).read_bytes()
    put(inputs, c=story(3), empty="")
    run(inputs, output)
    return output, first


def test_every_view_can_be_queried_and_agrees_with_the_tables(collection):
    """The views count what the Parquet files hold, and the runs what their manifests say."""
    output, _ = collection
    connection = connect(output)

    assert [3, 1, 1] == [count(connection, table) for table in TABLES]
    assert [len(rows(output, table)) for table in TABLES] == [3, 1, 1]
    assert 3 == count(connection, "latest_articles")
    assert 4 == count(connection, "cluster_members")
    counted = connection.execute("SELECT sequence, read, rejects FROM runs ORDER BY sequence")
    assert [(1, 3, 0), (2, 2, 1)] == counted.fetchall()


def test_a_cluster_shows_the_article_and_its_copies(collection):
    """A row a cluster, with the ids of all its members, articles first."""
    output, _ = collection
    (copy,) = rows(output, "duplicates")
    found = connect(output).execute(
        "SELECT ids, articles, duplicates FROM clusters WHERE duplicates > 0"
    )

    assert [([copy["representative_id"], copy["id"]], 1, 1)] == found.fetchall()


def test_the_account_by_site_balances(collection):
    """Every row of every table is counted under one site, or under none."""
    output, _ = collection
    total = connect(output).execute(
        "SELECT sum(articles), sum(duplicates), sum(rejects) FROM account_by_site"
    )

    assert [(3, 1, 1)] == total.fetchall()


def test_a_table_without_files_is_empty_and_has_its_columns(tmp_path):
    """Before the first reject, duplicate or run, every view works and gives no rows."""
    write_views(tmp_path)
    empty = connect(tmp_path)
    inputs = put(tmp_path / "in", a=story(1))
    run(inputs, tmp_path / "out")
    full = connect(tmp_path / "out")

    for view in VIEWS:
        assert 0 == count(empty, view), view
        described = [
            [row[:2] for row in each.execute(f"DESCRIBE {view}").fetchall()]
            for each in (empty, full)
        ]
        assert described[0] == described[1], view


def test_the_script_is_written_anew_when_a_table_appears_and_only_then(collection):
    """The first reject changes the script; the same runs leave the file alone."""
    output, first = collection
    script = (output / NAME).read_bytes()
    assert b"runs/*/rejects/" not in first
    assert b"runs/*/rejects/" in script
    before = (output / NAME).stat().st_ino

    write_views(output)

    assert before == (output / NAME).stat().st_ino


def test_the_folder_may_move(collection, tmp_path):
    """No path of the script names the output folder: it works where the folder is copied to."""
    output, _ = collection
    moved = shutil.copytree(output, tmp_path / "elsewhere")

    assert str(output) not in (moved / NAME).read_text("utf-8")
    assert 3 == count(connect(moved), "articles")


def rewrite(path, columns):
    """Write the Parquet file *path* anew with other *columns*."""
    fresh = path.with_suffix(".new")
    duckdb.execute(f"COPY (SELECT {columns} FROM '{path}') TO '{fresh}' (FORMAT parquet)")
    fresh.replace(path)


def test_a_revised_article_is_not_the_latest(collection, tmp_path):
    """Of two versions only the later one is in latest_articles; both are in articles."""
    output = shutil.copytree(collection[0], tmp_path / "out")
    older = rows(output, "articles")[0]["id"]
    newest = max(output.glob("runs/*/articles/*.parquet"))
    rewrite(newest, f"* REPLACE ('{older}' AS revision_of)")
    latest = connect(output).execute("SELECT id FROM latest_articles").fetchall()

    assert 3 == count(connect(output), "articles")
    assert 2 == len(latest)
    assert (older,) not in latest


def test_an_older_run_may_lack_a_column(collection, tmp_path):
    """What an older version did not write is null in its rows."""
    output = shutil.copytree(collection[0], tmp_path / "out")
    rewrite(min(output.glob("runs/*/articles/*.parquet")), "* EXCLUDE (section)")

    assert 3 == count(connect(output), "articles WHERE section IS NULL")


def test_a_script_that_cannot_be_written_is_a_warning(tmp_path, caplog):
    """The run before it is published all the same."""
    (tmp_path / NAME).mkdir()

    write_views(tmp_path)

    assert f"{tmp_path / NAME}: not written: Is a directory" in caplog.text
