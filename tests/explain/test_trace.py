"""What became of one record: every fate, every name, several runs."""

from __future__ import annotations

import json

import pytest
from factories import story
from runs import rows, run

from pipeline.errors import UsageError
from pipeline.explain.lookup import Rows, trace
from pipeline.explain.text import as_text
from pipeline.records import REASONS

URL = "https://example.org/ferry"
RECORDS = [
    {"id": "kept", "url": URL + "?utm_source=x", "title": "F", "authors": "Ida", "text": story(1)},
    {"id": "copied", "url": "https://example.net/f", "date_published": "2025-03-01"},
    {"id": "bad"},
    {"id": "other", "text": story(2)},
]
RECORDS[1]["text"] = story(1)


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Two runs: four records, then the page at URL with another text."""
    folder = tmp_path_factory.mktemp("trace")
    (folder / "in").mkdir()
    lines = "".join(json.dumps(each) + "\n" for each in RECORDS)
    (folder / "in" / "wire.jsonl").write_text(lines, encoding="utf-8")
    run(folder / "in", folder / "out")
    later = {"id": "kept again", "url": URL, "text": story(3)}
    (folder / "in" / "later.jsonl").write_text(json.dumps(later) + "\n", encoding="utf-8")
    run(folder / "in", folder / "out")
    return folder / "out"


def fate(output, name):
    """The only record that *name* means."""
    (record,) = trace(Rows(output), name)["records"]
    return record


def test_an_article_is_told_with_its_file_and_its_copies(output):
    """The row's run and file are named, and every copy that was left out for it."""
    record = fate(output, "kept")

    assert ("article", "wire.jsonl#1") == (record["fate"], record["source"])
    assert (output / record["file"]).is_file()
    assert record["file"].startswith(f"runs/{record['run_id']}/articles/")
    assert [("wire.jsonl#2", "exact", 1.0)] == [
        (copy["source"], copy["match"], copy["similarity"]) for copy in record["copies"]
    ]


def test_a_duplicate_is_told_with_its_representative_and_the_evidence(output):
    """Whose copy it is, by which match, and on what that was decided."""
    record = fate(output, "copied")

    assert ("duplicate", "exact", "2025-03-01") == (
        record["fate"],
        record["match"],
        record["date_published"],
    )
    assert "https://example.org/ferry" == record["representative"]["url"]
    assert 1.0 == record["evidence"]["probability"]


def test_a_rejected_record_is_told_with_its_reason(output):
    """The reason, what it means, and what was found instead."""
    record = fate(output, "bad")

    assert ("rejected", "no_text", REASONS["no_text"]) == (
        record["fate"],
        record["reason"],
        record["meaning"],
    )


@pytest.mark.parametrize("name", ["other", "wire.jsonl#4", "id"])
def test_a_record_has_several_names(output, name):
    """Id, record id and source mean the same record."""
    record_id = {row["record_id"]: row["id"] for row in rows(output, "articles")}["other"]

    assert record_id == fate(output, record_id if name == "id" else name)["id"]


def test_a_url_in_any_form_means_all_its_versions(output):
    """A page that was read again with another text has two rows, the older first."""
    found = trace(Rows(output), "https://EXAMPLE.org/ferry?utm_medium=y#top")

    assert ["kept", "kept again"] == [each["record_id"] for each in found["records"]]
    first, second = found["records"]
    assert first["run_id"] < second["run_id"]
    assert "2 versions or records" in as_text("trace", found)[0]


@pytest.mark.parametrize("name", ["kept", "copied", "bad", URL])
def test_every_fate_can_be_shown_and_parsed(output, name):
    """For people: lines that name the run. For scripts: one object that JSON can hold."""
    found = trace(Rows(output), name)

    assert found == json.loads(json.dumps(found))
    told = "\n".join(as_text("trace", found))
    assert all(record["run_id"] in told for record in found["records"])


def test_a_name_that_is_not_found_is_an_error_with_similar_names(output):
    """Somebody who mistyped it sees what there is."""
    with pytest.raises(UsageError, match="no record 'opie' in 2 runs; did you mean copied"):
        trace(Rows(output), "opie")
    with pytest.raises(UsageError, match="no record 'zzz' in 2 runs; expected an id"):
        trace(Rows(output), "zzz")


def test_a_folder_without_runs_is_an_error(tmp_path):
    """It is named, with what it should be."""
    with pytest.raises(UsageError, match="no published run here"):
        Rows(tmp_path)
