"""One block through cleaning, and through writing with verdicts and repeats."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from factories import RUN, block, staging, story, verdict

from pipeline.config import Config
from pipeline.dedup.decide import KEPT, MATCHES
from pipeline.dedup.evidence import PARTS
from pipeline.dedup.steps.layouts import DIGESTS
from pipeline.dedup.steps.members import read_ids, read_keys
from pipeline.passes import clean_block as cleaning
from pipeline.passes.clean_block import clean_block
from pipeline.passes.write_block import write_block
from pipeline.records import Document, identify
from pipeline.write.columns import TABLES, schema
from tests.in_process import run_passes


def line(**fields) -> bytes:
    """A record of a JSONL file."""
    return json.dumps(fields).encode() + b"\n"


def cleaned(tmp_path, files, config=None):
    """Clean a block of these files: the staging folder, and the counts."""
    found = staging(tmp_path)
    assert 0 == clean_block(block(tmp_path / "raw", files), config or Config(), found)
    (counts,) = found.cleaned(range(1))
    return found, counts


def rows(found, table, index=0):
    """The rows of a finished table; none when there is no file."""
    path = found.table_file(index, table)
    return pq.ParquetFile(path).read().to_pylist() if path.exists() else []


def finish(found, verdicts=(), repeats=()):
    """Write the block; give the rows of each table and the counts."""
    write_block(0, verdicts, repeats, RUN, Config(), found)
    (counts,) = found.written(range(1))
    return {table: rows(found, table) for table in TABLES}, counts


def ids(*texts) -> list[str]:
    """Ids of records of a.jsonl, which have neither url nor id."""
    return [identify(f"a.jsonl#{n}", text.encode()) for n, text in enumerate(texts, 1)]


A, B, C = (story(number) for number in range(3))
FILES = {"a.jsonl": b"".join([line(text=A), b"[]\n", line(text=B), line(text="—"), line(text=C)])}


# --- cleaning ---


def test_every_record_is_counted_and_staged(tmp_path):
    """Articles and rejections of a block add up to what was read; both keep their number."""
    found, counts = cleaned(tmp_path, FILES)
    written, _ = finish(found)

    assert (3, 2, 5) == (counts.articles, counts.rejects, counts.parts[0].read)
    assert ["not_an_object", "no_body_left"] == [row["reason"] for row in written["rejects"]]
    assert [A, B, C] == [row["text"] for row in written["articles"]]
    ordinals, names = read_ids(0, found)
    assert [0, 2, 4, 3] == ordinals.tolist()
    expected = [ids(A, "", B, "—", C)[place] for place in (0, 2, 4, 3)]
    assert expected == [each.ljust(16, b"\0").hex() for each in names.tolist()]


def test_a_finished_block_is_left_as_it_is(tmp_path):
    """What an interrupted run has cleaned is not cleaned again, even if its inputs are gone."""
    found, counts = cleaned(tmp_path, FILES)
    before = {path: path.read_bytes() for path in found.block_file(0, "").parent.iterdir()}
    work = block(tmp_path / "raw", FILES)
    (tmp_path / "raw/a.jsonl").unlink()
    clean_block(work, Config(), found)

    assert before == {path: path.read_bytes() for path in found.block_file(0, "").parent.iterdir()}
    assert [counts] == list(found.cleaned(range(1)))


def test_records_of_earlier_runs_are_counted_and_left_out(tmp_path):
    """A record whose id was seen is unchanged, in its part's count alone."""
    found = staging(tmp_path)
    seen = [bytes.fromhex(each) for each in ids(A, "", B)]
    found.write_array("seen", np.unique(np.array([seen[2], seen[0]], "S16")))
    clean_block(block(tmp_path / "raw", FILES), Config(), found)
    (counts,) = found.cleaned(range(1))

    assert (5, 2) == (counts.parts[0].read, counts.parts[0].unchanged)
    assert (1, 2) == (counts.articles, counts.rejects)


def test_each_part_has_its_own_count(tmp_path):
    """Unfinished lines are no records; a file that may be read later is marked."""
    files = {"a.txt": A.encode(), "b.jsonl": line(text=B) + b'{"text": "half', "c.txt": C.encode()}
    found = staging(tmp_path)
    work = block(tmp_path / "raw", files)
    (tmp_path / "raw/c.txt").unlink()
    clean_block(work, Config(), found)
    (counts,) = found.cleaned(range(1))

    facts = [(part.source, part.read, part.unfinished, part.retry) for part in counts.parts]
    assert [("a.txt", 1, 0, False), ("b.jsonl", 1, 1, False), ("c.txt", 1, 0, True)] == facts


def test_an_article_that_fits_no_column_is_rejected_alone(tmp_path, monkeypatch):
    """One odd value costs one record, not its block."""
    process = cleaning.process_records

    def odd(records, config: Config, _repeated):
        for article, rejection in process(records, config):
            strange = article is not None and B in article.text
            yield (replace(article, title=7) if strange else article), rejection

    monkeypatch.setattr(cleaning, "process_records", odd)
    found, counts = cleaned(tmp_path, FILES)
    written, _ = finish(found)

    assert [A, C] == [row["text"] for row in written["articles"]]
    (row,) = [row for row in written["rejects"] if row["reason"] == "cleaning_failed"]
    assert ("error", "clean", ids("", "", B)[2]) == (row["kind"], row["stage"], row["id"])
    assert 2 == len(dict(read_keys(0, Config().dedup, found))[DIGESTS].rows)
    assert (2, 3) == (counts.articles, counts.rejects)


@pytest.mark.parametrize("batch_rows", [1, 2, 5, 1_000])
def test_batches_do_not_change_the_tables(tmp_path, monkeypatch, batch_rows):
    """However many records are held at once, the finished rows are the same."""
    kept = {"a.jsonl": b"".join(line(text=text) for text in (A, B, C))}
    expected, _ = finish(cleaned(tmp_path / "all", kept)[0])
    monkeypatch.setattr(cleaning, "BATCH_ROWS", batch_rows)

    assert expected == finish(cleaned(tmp_path / "few", kept)[0])[0]


@pytest.mark.parametrize(
    ("files", "reasons"),
    [
        ({"a.jsonl": b""}, []),
        ({"a.jsonl": b"[]\n"}, ["not_an_object"]),
        ({"a.txt": b""}, ["no_text"]),
        ({"a.txt": b"\n***\n"}, ["no_body_left"]),
        ({"a.jsonl": b'{"text": "half'}, []),
    ],
)
def test_a_block_without_articles_is_written(tmp_path, files, reasons):
    """Nothing but rejects, or nothing at all: the passes go through, and every record is a row."""
    found = staging(tmp_path)
    run_passes([block(tmp_path / "raw", files)], RUN, Config(), found)

    assert [] == rows(found, "articles") == rows(found, "duplicates")
    assert reasons == [row["reason"] for row in rows(found, "rejects")]


# --- writing ---


def test_without_verdicts_every_article_is_kept(tmp_path):
    """Each is its own cluster, in the order it was read, and says which run wrote it."""
    written, counts = finish(cleaned(tmp_path, FILES)[0])

    assert [row["id"] for row in written["articles"]] == [
        row["cluster_id"] for row in written["articles"]
    ]
    for row in written["articles"] + written["rejects"]:
        assert (RUN.run_id, RUN.logical_date) == (row["run_id"], row["logical_date"])
    assert (3, 0, 2) == (counts.articles, counts.duplicates, counts.rejects)
    assert {"not_an_object": 1, "no_body_left": 1} == counts.rejects_by_reason
    assert not found_file(tmp_path, "duplicates")


def found_file(tmp_path, table) -> bool:
    """Whether the block has a file of *table*."""
    return any((tmp_path / "staging/result").glob(f"{table}/*"))


def test_a_verdict_makes_a_duplicate_with_its_evidence(tmp_path):
    """The row names the representative, how it was matched, and the counts that decided."""
    found, _ = cleaned(tmp_path, FILES)
    kept = Document(ids(A)[0], "x", "x", "text/plain", A)
    near = verdict(
        1, kept, match=MATCHES.index("near"), shared=30, shingles=50, representative_shingles=40,
        similarity=0.5, containment=0.75, probability=0.9, parts=[*range(len(PARTS) - 1), np.nan],
    )  # fmt: skip
    exact = verdict(
        2,
        kept,
        match=MATCHES.index("exact"),
        similarity=1,
        containment=1,
        parts=[np.nan] * len(PARTS),
    )
    written, counts = finish(found, [exact, near])

    assert [A] == [row["text"] for row in written["articles"]]
    b, c = written["duplicates"]
    assert (B, C) == (b["text"], c["text"])
    for row in (b, c):
        assert (kept.id, kept.id) == (row["representative_id"], row["cluster_id"])
        assert RUN.run_id == row["representative_run_id"]
    assert ("near", 0.5, 0.75) == (b["match"], b["similarity"], b["containment"])
    evidence = {each["part"]: each["value"] for each in b["evidence"]}
    counted = {"shared": 30, "shingles": 50, "representative_shingles": 40, "probability": 0.9}
    assert counted | dict(zip(PARTS, range(len(PARTS) - 1), strict=False)) == evidence
    assert ["shared", "shingles", "representative_shingles", "probability"] == [
        each["part"] for each in c["evidence"]
    ]
    assert "exact" == c["match"]
    assert {"near": 1, "exact": 1} == counts.duplicates_by_match
    assert (1, 2, 2) == (counts.articles, counts.duplicates, counts.rejects)


def test_an_article_that_joins_a_cluster_stays(tmp_path):
    """It names the cluster of another article, and counts as an article."""
    found, _ = cleaned(tmp_path, FILES)
    first = Document(ids(A)[0], "x", "x", "text/plain", A)
    written, counts = finish(found, [verdict(2, first, match=KEPT)])

    assert [A, B, C] == [row["text"] for row in written["articles"]]
    own = written["articles"][1]["id"]
    assert [first.id, own, first.id] == [row["cluster_id"] for row in written["articles"]]
    assert [] == written["duplicates"]
    assert (3, 0) == (counts.articles, counts.duplicates)


def test_a_repeat_is_no_row_but_unchanged(tmp_path):
    """Articles, duplicates and rejects that stand earlier in the run are counted by source."""
    found, _ = cleaned(tmp_path, FILES)
    kept = Document(ids(A)[0], "x", "x", "text/plain", A)
    repeats = [np.array([4], np.int32), np.array([3, 2], np.int32)]
    written, counts = finish(found, [verdict(1, kept)], repeats)

    assert [A] == [row["text"] for row in written["articles"]]
    assert [] == written["duplicates"]
    assert ["not_an_object"] == [row["reason"] for row in written["rejects"]]
    assert {f"a.jsonl#{n}": 1 for n in (3, 4, 5)} == counts.unchanged
    assert not counts.duplicates_by_match


@pytest.mark.parametrize("rows_a_batch", [1, 2, 3])
def test_verdicts_count_rows_across_batches(tmp_path, monkeypatch, rows_a_batch):
    """A row is numbered within its block, wherever the batches end."""
    monkeypatch.setattr(cleaning, "BATCH_ROWS", rows_a_batch)
    files = {"a.jsonl": b"".join(line(text=text) for text in (A, B, C))}
    found, _ = cleaned(tmp_path, files)
    kept = Document(ids(A)[0], "x", "x", "text/plain", A)
    written, _ = finish(found, [verdict(2, kept)])

    assert [A, B] == [row["text"] for row in written["articles"]]
    assert [C] == [row["text"] for row in written["duplicates"]]


def test_writing_a_block_twice_changes_nothing(tmp_path):
    """An engine may repeat an element: the files are the same to the byte."""
    found, _ = cleaned(tmp_path, FILES)
    finish(found)
    before = {path: path.read_bytes() for path in found.result.rglob("*.parquet")}
    finish(found)

    assert before == {path: path.read_bytes() for path in found.result.rglob("*.parquet")}
    assert 3 == len(before), "articles, their keys, and rejects"


@pytest.mark.parametrize("table", ["articles", "rejects"])
def test_finished_files_have_the_schema_of_their_table(tmp_path, table):
    """Names, types and nullability, as columns.py says."""
    found, _ = cleaned(tmp_path, FILES)
    finish(found)
    written = pq.read_schema(found.table_file(0, table))

    assert schema(table).remove_metadata().equals(written.remove_metadata())


# --- the passes together ---


def test_copies_in_other_blocks_are_found(tmp_path):
    """An equal text in a second block is a duplicate of the one in the first."""
    found = staging(tmp_path)
    blocks = [
        block(tmp_path / "raw", {"a.txt": A.encode(), "b.txt": B.encode()}, 0),
        block(tmp_path / "raw", {"c.txt": A.encode()}, 1),
    ]
    run_passes(blocks, RUN, Config(), found)
    articles = rows(found, "articles") + rows(found, "articles", 1)
    (copy,) = rows(found, "duplicates") + rows(found, "duplicates", 1)

    assert {A, B} == {row["text"] for row in articles}
    assert "exact" == copy["match"]
    assert copy["representative_id"] in {row["id"] for row in articles}


def test_a_repeated_record_never_takes_the_story_with_it(tmp_path):
    """The same id and text twice, the second time with a title: one article is left."""
    twice = line(id="x", text=A) + line(id="x", text=A, title="A Ferry", authors=["Ann Vole"])
    found = staging(tmp_path)
    run_passes([block(tmp_path / "raw", {"a.jsonl": twice})], RUN, Config(), found)

    assert [A] == [row["text"] for row in rows(found, "articles")]
    assert [] == rows(found, "duplicates")


def test_counts_survive_their_file(tmp_path):
    """What a pass noted is read back as it was."""
    found, counts = cleaned(tmp_path, FILES)
    found.note(0, "cleaned", counts)
    (again,) = found.cleaned(range(1))

    assert counts == again
