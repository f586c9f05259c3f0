"""Whole runs without an engine: the account, determinism, what is new, and bad input."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import time
from pathlib import Path

import pytest
import runs
from any_input import input_files
from hypothesis import HealthCheck, given, settings
from runs import ROOT, rows, run, table_bytes

from pipeline.config import DedupConfig
from pipeline.dedup.pairs import match_of, similarity
from pipeline.dedup.shingles import shingle_and_sample
from pipeline.errors import AccountError
from pipeline.ledger.account import Account
from tests.in_process import run_passes

ALL_TABLES = ("articles", "duplicates", "rejects")
STORY = (
    "The ferry to Brandness did not sail on Monday, and the baker on the quay sold out by nine. "
    "Its captain said a rope had fouled the propeller and that divers would come at noon. "
    "Forty passengers waited in the chapel hall, where somebody had lit the stove. "
    "By two in the afternoon the boat was free, and it left with every seat taken."
)


def counted(output: Path) -> dict[str, int]:
    """Count the rows of each table."""
    return {table: len(rows(output, table)) for table in ALL_TABLES}


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(files=input_files())
def test_every_record_is_accounted_for(files, tmp_path_factory):
    """Read = articles + duplicates + rejects + unchanged for any input, and rows are as counted."""
    folder = tmp_path_factory.mktemp("any")
    for name, content in files.items():
        (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "in" / name).write_bytes(content)
    (folder / "in").mkdir(exist_ok=True)

    account = run(folder / "in", folder / "out").account

    if account is not None:
        account.check()
        assert counted(folder / "out") == {
            "articles": account.articles,
            "duplicates": account.duplicates,
            "rejects": account.rejects,
        }
    again = run(folder / "in", folder / "out").account
    if account is not None and account.unfinished:
        # The last line that was not whole is a reject now; other rejects of its file come again.
        assert again.read == again.unchanged + again.rejects
        again = run(folder / "in", folder / "out").account
    assert again is None


def test_an_account_that_does_not_balance_is_an_error():
    """One record too few in the tables stops the publication, and the message has the sum."""
    with pytest.raises(AccountError, match=r"read 3, but 1 articles .* = 2; nothing was published"):
        Account(read=3, articles=1, rejects=1).check()


def test_an_unbalanced_run_publishes_nothing(tmp_path):
    """When a row is lost on the way, there is no run folder afterwards."""
    (tmp_path / "a.txt").write_text(STORY, encoding="utf-8")

    def losing(plan, *rest):
        runs.in_loop(plan, *rest)
        note = next(Path(rest[-1].folder, "blocks").glob("*.written.json"))
        facts = json.loads(note.read_text())
        note.write_text(json.dumps(facts | {"articles": 0}))

    with pytest.raises(AccountError):
        run(tmp_path / "a.txt", tmp_path / "out", engine=losing)
    assert not (tmp_path / "out" / "runs").exists()


@pytest.mark.slow
def test_the_order_of_blocks_changes_nothing(tmp_path):
    """Blocks may be worked on in any order: the tables are the same to the byte."""
    inputs = _many_files(tmp_path / "in")

    def shuffled(plan, *rest):
        blocks = list(plan.blocks)
        assert len(blocks) > 3
        random.Random(7).shuffle(blocks)
        runs.run_passes(blocks, *rest)

    run(inputs, tmp_path / "planned", run={"block_bytes": 4_000})
    run(inputs, tmp_path / "shuffled", engine=shuffled, run={"block_bytes": 4_000})

    assert table_bytes(tmp_path / "planned") == table_bytes(tmp_path / "shuffled")


def test_the_order_of_files_changes_nothing(tmp_path):
    """Files named in any order, or found in a folder, give the same tables."""
    inputs = _many_files(tmp_path / "in")
    names = sorted(map(str, inputs.iterdir()), reverse=True)

    run(inputs, tmp_path / "folder")
    config = runs.configured(inputs, tmp_path / "listed", input={})
    listed = config.input.model_copy(update={"paths": tuple(names)})
    runs.run_job(config.model_copy(update={"input": listed}), runs.DAY, runs.in_loop)

    assert table_bytes(tmp_path / "folder") == table_bytes(tmp_path / "listed")


def _many_files(folder: Path) -> Path:
    """Copy the sample's texts, each in a second edition with its last lines cut."""
    folder.mkdir()
    for number, path in enumerate(sorted((ROOT / "raw").rglob("*.txt"))):
        shutil.copy(path, folder / f"{number:02d}.txt")
        lines = path.read_text(encoding="utf-8").splitlines()
        edition = "\n".join(lines[: len(lines) * 4 // 5])
        (folder / f"{number:02d}-cut.txt").write_text(edition, encoding="utf-8")
    return folder


def test_no_duplicate_without_a_verified_edge_to_its_representative(tmp_path):
    """Every duplicate names an article, and their texts, compared anew, match as recorded."""
    run(_many_files(tmp_path / "in"), tmp_path / "out")
    articles = {row["id"]: row for row in rows(tmp_path / "out", "articles")}
    duplicates = rows(tmp_path / "out", "duplicates")

    assert duplicates
    for row in duplicates:
        kept = articles[row["representative_id"]]
        assert (kept["run_id"], kept["cluster_id"]) == (
            row["representative_run_id"],
            row["cluster_id"],
        )
        assert row["cluster_id"] in articles
        if row["match"] == "exact":
            assert kept["text"] == row["text"]
            continue
        config = DedupConfig()
        both, _ = shingle_and_sample([row["text"], kept["text"]], config.shingle_words)
        compared = similarity(both.of(0), both.of(1))
        # A pair that is like enough is named for it; others were decided on their evidence.
        assert row["match"] == (match_of(compared, config) or "near")
        evidence = {each["part"]: each["value"] for each in row["evidence"]}
        assert evidence["probability"] >= config.confidence
        assert evidence["shared"] == compared.shared
        assert (row["similarity"], row["containment"]) == (compared.jaccard, compared.containment)


def test_a_second_run_takes_only_what_is_new(tmp_path):
    """Old files are not read again; a new one gives a run of its own, with the first as parent."""
    inputs = tmp_path / "in"
    inputs.mkdir()
    (inputs / "a.txt").write_text(STORY, encoding="utf-8")
    first = run(inputs, tmp_path / "out")
    before = table_bytes(tmp_path / "out")

    again = run(inputs, tmp_path / "out")
    assert again.account is None
    assert before == table_bytes(tmp_path / "out")

    (inputs / "b.txt").write_text(STORY[::-1], encoding="utf-8")
    second = run(inputs, tmp_path / "out")
    assert (1, 1) == (second.account.read, second.account.articles)
    assert first.published[0].plan.run_id == second.published[0].plan.parent


def test_a_grown_file_gives_its_new_records_only(tmp_path):
    """Lines that were read before are unchanged: counted, without a row."""
    file = tmp_path / "feed.jsonl"
    lines = [json.dumps({"id": str(n), "text": f"{STORY} Edition {n}."}) for n in range(3)]
    file.write_text("\n".join(lines[:2]) + "\n", encoding="utf-8")
    run(file, tmp_path / "out")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    account = run(file, tmp_path / "out").account

    assert (3, 2) == (account.read, account.unchanged)
    assert account.articles + account.duplicates == 1


def test_a_last_line_without_its_newline_waits_for_the_next_run(tmp_path):
    """A half-written record is neither read nor lost."""
    file = tmp_path / "feed.jsonl"
    whole = json.dumps({"id": "1", "text": STORY})
    file.write_text(whole + "\n" + whole[:40], encoding="utf-8")
    first = run(file, tmp_path / "out").account
    assert (1, 1, 0) == (first.read, first.unfinished, first.rejects)

    file.write_text(whole + "\n" + whole.replace('"1"', '"2"') + "\n", encoding="utf-8")
    second = run(file, tmp_path / "out").account
    assert (2, 1, 0) == (second.read, second.unchanged, second.unfinished)


def test_half_a_last_line_of_a_file_that_does_not_grow_is_a_reject(tmp_path):
    """It waits for one run; then it is rejected, once, and the file is read."""
    file = tmp_path / "feed.jsonl"
    whole = json.dumps({"id": "1", "text": STORY})
    file.write_text(whole + "\n" + whole[:40], encoding="utf-8")
    told = [run(file, tmp_path / "out").account for _ in range(3)]

    assert [(1, 1, 0), (2, 0, 1)] == [(a.read, a.unfinished, a.rejects) for a in told[:2] if a]
    assert {"not_json": 1} == told[1].rejects_by_reason
    assert not told[2] or not told[2].read


def test_half_a_last_line_of_an_old_file_is_a_reject_at_once(tmp_path):
    """Nobody writes to it any more."""
    file = tmp_path / "feed.jsonl"
    file.write_text(json.dumps({"id": "1", "text": STORY})[:40], encoding="utf-8")
    os.utime(file, (time.time() - 7_200, time.time() - 7_200))

    account = run(file, tmp_path / "out").account
    assert (1, 0, 1) == (account.read, account.unfinished, account.rejects)


def test_a_file_of_one_object_without_a_newline_is_an_article(tmp_path):
    """As json.dump leaves it, in .jsonl and .json."""
    (tmp_path / "in").mkdir()
    for name in ("a.jsonl", "b.json"):
        content = json.dumps({"id": name, "text": f"{STORY} In {name}."})
        (tmp_path / "in" / name).write_text(content, encoding="utf-8")

    account = run(tmp_path / "in", tmp_path / "out").account
    assert (2, 2, 0) == (account.read, account.articles + account.duplicates, account.unfinished)


def test_the_same_record_twice_in_one_run_is_unchanged_once(tmp_path):
    """Same id and same bytes, in two files: one row, one unchanged."""
    line = json.dumps({"url": "https://example.org/story", "text": STORY}) + "\n"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text(line, encoding="utf-8")
    (tmp_path / "in" / "b.jsonl").write_text(line, encoding="utf-8")

    account = run(tmp_path / "in", tmp_path / "out", run={"block_bytes": 1_000}).account

    assert (2, 1, 0, 1) == (account.read, account.articles, account.duplicates, account.unchanged)
    assert ["a.jsonl#1"] == [row["source"] for row in rows(tmp_path / "out", "articles")]


def test_fields_that_are_not_known_are_counted(tmp_path):
    """A field of a record that newsieve has no use for is in the account, by name."""
    line = json.dumps({"text": STORY, "crawler": "x", "depth": 3}) + "\n"
    (tmp_path / "a.jsonl").write_text(line, encoding="utf-8")

    account = run(tmp_path / "a.jsonl", tmp_path / "out").account

    assert {"crawler": 1, "depth": 1} == account.ignored_fields


def test_each_bad_line_is_one_reject_and_its_neighbours_are_kept(tmp_path):
    """An array, a number, invalid UTF-8 and a missing text: four rejects, two articles."""
    good = [json.dumps({"id": n, "text": f"{STORY} Edition {n}."}).encode() for n in "ab"]
    bad = [b"[1, 2]", b"17", b'{"text": "caf\xe9\xff"}', b'{"title": "no text"}']
    (tmp_path / "mixed.jsonl").write_bytes(b"\n".join([good[0], *bad, good[1]]) + b"\n")

    account = run(tmp_path / "mixed.jsonl", tmp_path / "out").account
    reasons = {row["source"]: row["reason"] for row in rows(tmp_path / "out", "rejects")}

    assert {
        "mixed.jsonl#2": "not_an_object",
        "mixed.jsonl#3": "not_an_object",
        "mixed.jsonl#4": "undecodable",
        "mixed.jsonl#5": "no_text",
    } == reasons
    assert account.articles + account.duplicates == 2


@pytest.mark.slow
def test_a_binary_text_a_giant_line_and_a_broken_archive_are_rejects(tmp_path):
    """What cannot be read says why, and the file beside it is an article."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "binary.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    (folder / "giant.jsonl").write_bytes(b'{"text": "' + b"x" * 50_000_000 + b'"}\n')
    line = json.dumps({"text": STORY}).encode() + b"\n"
    (folder / "cut.jsonl.gz").write_bytes(
        gzip.compress(line + os.urandom(4_000).hex().encode())[:-900]
    )
    (folder / "good.txt").write_text(STORY, encoding="utf-8")

    run(folder, tmp_path / "out")
    reasons = {row["source"]: row["reason"] for row in rows(tmp_path / "out", "rejects")}
    kept = rows(tmp_path / "out", "articles") + rows(tmp_path / "out", "duplicates")

    assert ("undecodable", "too_large", "broken_compression") == (
        reasons["binary.txt"],
        reasons["giant.jsonl#1"],
        reasons["cut.jsonl.gz"],
    )
    assert {"good.txt", "cut.jsonl.gz#1"} == {row["source"] for row in kept}


def test_what_vanishes_between_plan_and_work_is_a_retryable_reject(tmp_path):
    """A file deleted after the plan is one reject, and does not count as read."""
    (tmp_path / "a.txt").write_text(STORY, encoding="utf-8")

    def after_deletion(plan, *rest):
        (tmp_path / "a.txt").unlink()
        runs.in_loop(plan, *rest)

    run(tmp_path / "a.txt", tmp_path / "out", engine=after_deletion)
    (row,) = rows(tmp_path / "out", "rejects")
    assert ("unreadable", True, "read") == (row["reason"], row["retryable"], row["stage"])

    (tmp_path / "a.txt").write_text(STORY, encoding="utf-8")
    assert run(tmp_path / "a.txt", tmp_path / "out").account.articles == 1


def test_an_empty_folder_is_nothing_to_read(tmp_path):
    """An hourly job finds an empty folder often: no run, no error."""
    (tmp_path / "in").mkdir()

    assert run(tmp_path / "in", tmp_path / "out").account is None
    assert not (tmp_path / "out" / "runs").exists()


@pytest.mark.parametrize("ranges", [2, 16])
def test_the_tables_are_the_same_for_any_number_of_ranges_of_keys(ranges, tmp_path):
    """Bands are joined in as many parts as the input needs; the bytes do not depend on it."""

    def in_ranges(plan, name, config, staging):
        run_passes(plan.blocks, name, config, staging, ranges)

    settings = {"run": {"block_bytes": 8_000}}
    run(ROOT / "raw", tmp_path / "one", **settings)
    run(ROOT / "raw", tmp_path / "many", in_ranges, **settings)

    assert table_bytes(tmp_path / "one") == table_bytes(tmp_path / "many")
