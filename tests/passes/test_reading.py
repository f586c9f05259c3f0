"""Reading in a helper: the same records, and files that cost only themselves."""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.config import Config
from pipeline.passes import reading
from pipeline.passes.reading import read_records
from pipeline.read import read_part
from pipeline.read.formats import FORMATS
from pipeline.read.parts import Part
from pipeline.records import REASONS, Document, Rejection
from pipeline.storage import open_input

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
NONE = {"document_seconds": 0, "document_megabytes": 0}
STORY = "The ferry to Brandness did not sail on Monday, and nobody on the quay knew why. "


def limited(**settings) -> Config:
    """A Config with these settings of runs."""
    return Config.model_validate({"run": settings})


def part_of(path, suffix: str) -> Part:
    """All of a file."""
    return Part(str(path), path.name, suffix, final=True)


@pytest.fixture
def file(tmp_path):
    """Write a file, and give its part."""

    def make(name: str, payload: bytes) -> Part:
        (tmp_path / name).write_bytes(payload)
        suffix = max((each for each in FORMATS if name.endswith(each)), key=len)
        return part_of(tmp_path / name, suffix)

    return make


def jsonl(count: int) -> bytes:
    """Good records, a bad one, and fields that are not known."""
    lines = [json.dumps({"text": f"{STORY}{n}", f"x{n}": 1, "title": "T"}) for n in range(count)]
    return "\n".join([*lines, "not json", '{"id": 1}', ""]).encode()


@pytest.mark.parametrize("settings", [{}, NONE])
def test_a_folder_that_cannot_be_listed_is_one_rejection(tmp_path, settings):
    """It is planned as a part without a format; so is a folder whose path is too long."""
    part = Part(f"{tmp_path}/{'d' * 300}", "d", "")

    (found,) = read_records(part, limited(**settings))

    assert ("unreadable", "File name too long") == (found.reason, found.detail)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("a.jsonl", jsonl(200)),
        ("a.jsonl.gz", gzip.compress(jsonl(200), mtime=0)),
        ("a.json", json.dumps([{"text": f"{STORY}{n}"} for n in range(90)]).encode()),
        ("a.csv", b"text,z\n" + STORY.replace(",", "").encode() + b",1\n1,2,3\n"),
        ("a.txt", STORY.encode()),
        ("a.txt.gz", gzip.compress(STORY.encode(), mtime=0)),
        ("a.warc", b"nothing of the kind"),
        ("a.parquet", b"nothing of the kind"),
        ("a.jsonl", b""),
    ],
)
def test_the_helper_reads_what_is_read_without_one(file, name, payload):
    """Documents, rejections and counts of unknown fields are equal."""
    part = file(name, payload)
    found, expected = Counter(), Counter()

    assert list(read_part(part, open_input, Config().input, ignored_fields=expected)) == list(
        read_records(part, Config(), found)
    )
    assert expected == found
    assert list(read_records(part, limited(**NONE))) == list(read_records(part, Config()))


def test_a_file_that_is_gone_is_unreadable(tmp_path):
    """The reject comes from the helper."""
    (item,) = read_records(part_of(tmp_path / "no.jsonl", ".jsonl"), Config())

    assert ("unreadable", True) == (item.reason, item.retryable)


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize("groups", [1, 2])
def test_a_cell_without_measure_costs_its_row_group(tmp_path, groups):
    """One reject; the rows before it and the other row groups are read."""
    path = tmp_path / "a.parquet"
    schema = pa.schema([("text", pa.large_string())])
    small = pa.table({"text": [f"{STORY}{n}" for n in range(3)]}, schema=schema)
    large = pa.table({"text": pa.array(["a" * 300_000_000], pa.large_string())}, schema=schema)
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as writer:
        writer.write_table(small)
        for _ in range(groups):
            writer.write_table(large)
            writer.write_table(small)
    items = list(read_records(part_of(path, ".parquet"), limited(document_megabytes=400)))
    rejected = [item for item in items if isinstance(item, Rejection)]

    assert 3 * (groups + 1) == sum(isinstance(item, Document) for item in items)
    assert ["too_large_in_memory"] * groups == [item.reason for item in rejected]
    assert all(item.reason in REASONS and "after record" in item.detail for item in rejected)


@LINUX
@pytest.mark.slow
def test_many_copies_of_a_large_cell_are_read_one_by_one(tmp_path):
    """Dictionaries make gigabytes of kilobytes; each row alone is within the limit."""
    path = tmp_path / "a.parquet"
    values = pa.DictionaryArray.from_arrays(pa.array([0] * 200, pa.int32()), [STORY * 60_000])
    schema = pa.schema([("text", pa.dictionary(pa.int32(), pa.string()))])
    with pq.ParquetWriter(
        path, schema, dictionary_pagesize_limit=1 << 30, store_schema=False
    ) as writer:
        writer.write_table(pa.table({"text": values}))
    items = read_records(part_of(path, ".parquet"), limited(document_megabytes=600))

    assert [len(STORY) * 60_000] * 200 == [len(item.content) for item in items]


@pytest.fixture
def _slow(monkeypatch):
    """A guard whose helper hangs on records that say so."""
    guard = reading.Guard(hang_or_read, reading.Limits(0.5, 0))
    monkeypatch.setattr(reading, "_guard", lambda *_: guard)
    yield
    guard.close()


def hang_or_read(request, argument):
    """Read as usual, but hang on texts that say so."""
    from pipeline.read import jsonl  # noqa: PLC0415

    def document_of(record, *others):
        while record.get("title") == "hang":
            pass
        return real(record, *others)

    real, jsonl.document_of = jsonl.document_of, document_of
    try:
        return reading._read_some(request, argument)
    finally:
        jsonl.document_of = real


@pytest.mark.slow
@pytest.mark.usefixtures("_slow")
@pytest.mark.parametrize("hanging", [{5}, {5, 6}, {5, 100}, {0, 1, 2, 3}])
def test_a_record_that_takes_too_long_is_one_reject(file, hanging):
    """The others are read, each once; after the third the rest of the file is left."""
    records = [
        {"text": f"{STORY}{n}", "x": 1} | ({"title": "hang"} if n in hanging else {})
        for n in range(200)
    ]
    part = file("a.jsonl.gz", gzip.compress("\n".join(map(json.dumps, records)).encode()))
    ignored = Counter()
    items = list(read_records(part, limited(document_seconds=0.5, document_megabytes=0), ignored))
    texts = [item.content for item in items if isinstance(item, Document)]
    reasons = [item.reason for item in items if isinstance(item, Rejection)]

    given_up = len(hanging) > 2
    kept = [] if given_up else [each["text"] for n, each in enumerate(records) if n not in hanging]
    assert kept == texts
    assert ["too_slow"] * min(3, len(hanging)) == reasons
    assert given_up == ("the rest of the file is not read" in repr(items[-1]))
    assert {"x": len(kept)} == ignored or not kept


def test_a_helper_that_somebody_else_kills_costs_one_try(file, monkeypatch):
    """The reject says so, and the next run reads the file again."""
    guard = reading.Guard(hang_or_read, reading.Limits(0.5, 0))
    killed = reading.Killed("killed_from_outside", "the process died of SIGKILL")
    monkeypatch.setattr(guard, "run", lambda *_: [killed])
    monkeypatch.setattr(reading, "_guard", lambda *_: guard)
    (item,) = read_records(file("a.jsonl", jsonl(3)), Config())

    assert ("unreadable", True) == (item.reason, item.retryable)
    assert "SIGKILL; the rest of the file is not read" in item.detail
