"""The same records in any format are the same documents."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.config import InputConfig
from pipeline.read import read_part
from pipeline.read.parts import Part

RECORDS = [
    {"id": "a1", "text": 'One.\n\nTwo, "three".', "url": "https://e.org/a", "title": "Ferry"},
    {"id": "a2", "text": "Grüße; 東京", "url": "", "title": "  "},
    {"id": "", "text": "No name", "url": "no url", "title": "T"},
]  # fmt: skip


def jsonl() -> bytes:
    """One object a line."""
    return "".join(json.dumps(record) + "\n" for record in RECORDS).encode()


def table() -> bytes:
    """One row a record, strings in all columns."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(RECORDS), sink)
    return sink.getvalue()


def comma_separated() -> bytes:
    """A header, then one row a record."""
    sink = io.StringIO()
    writer = csv.DictWriter(sink, list(RECORDS[0]))
    writer.writeheader()
    writer.writerows(RECORDS)
    return sink.getvalue().encode()


@pytest.mark.parametrize(("suffix", "write"), [(".csv", comma_separated), (".parquet", table)])
def test_the_same_records_are_the_same_documents(suffix, write):
    """All fields and, where url or id name the record, its id: only the place differs."""
    config = InputConfig()
    expected = read_part(Part("a", "a.jsonl", ".jsonl"), lambda _: io.BytesIO(jsonl()), config)
    found = read_part(Part("a", "a" + suffix, suffix), lambda _: io.BytesIO(write()), config)

    for one, other in zip(expected, found, strict=True):
        names = {"source": one.source, "record_id": one.record_id}
        ids = {} if other.record_id in ("a1", "a2") else {"id": one.id}
        assert one == replace(other, **names, **ids)
