"""Parquet → documents: columns as fields, row groups as parts, damage contained."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import InputConfig
from pipeline.read import read_part, survey
from pipeline.read.parts import Part
from pipeline.records import REASONS, Document, identify

WHOLE = Part("/in/a.parquet", "in/a.parquet", ".parquet")


def stored(columns, **options):
    """The bytes of a file with these columns."""
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def read(payload, part=WHOLE, *, ignored=None, **given_settings):
    """What reading a file of these bytes yields."""
    config = InputConfig(**given_settings)
    return list(read_part(part, lambda _: io.BytesIO(payload), config, ignored_fields=ignored))


def test_a_row_is_a_document_with_its_columns_as_fields():
    """Numbers as names, a list of authors; unknown columns are counted a row each."""
    ignored = Counter()
    payload = stored(
        {
            "id": [7, 8],
            "text": ["One.", "Two."],
            "url": ["https://e.org/a?utm_source=x", None],
            "authors": [["Ida Voss", "Jo Li"], None],
            "views": [1.5, 2.5],
        }
    )

    first, second = read(payload, ignored=ignored)

    assert first == Document(
        id=identify("https://e.org/a", b"One."),
        record_id="7",
        source="in/a.parquet#1",
        media_type="text/plain",
        content="One.",
        url="https://e.org/a?utm_source=x",
        site="e.org",
        authors=("Ida Voss", "Jo Li"),
    )
    assert ("8", (), "in/a.parquet#2") == (second.record_id, second.authors, second.source)
    assert {"views": 2} == ignored


NOON = datetime(2024, 5, 1, 12, 30)  # noqa: DTZ001 - with and without an offset is the subject


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([date(2024, 5, 1)]), "2024-05-01"),
        (pa.array([NOON], pa.timestamp("s")), "2024-05-01T12:30:00"),
        (pa.array([NOON], pa.timestamp("ns", "UTC")), "2024-05-01T12:30:00+00:00"),
        (pa.array([NOON], pa.timestamp("us", "+02:00")), "2024-05-01T14:30:00+02:00"),
        (pa.array(["May 1"]), "May 1"),
        (pa.array([1714521600]), "1714521600"),
        (pa.array([10**15], pa.timestamp("ms")), None),
        (pa.array([None], pa.timestamp("us")), None),
        (pa.array([True]), None),
    ],
)
def test_times_and_days_become_iso_8601(values, expected):
    """With the offset of the column; what no calendar of Python holds is unknown."""
    (document,) = read(stored({"text": ["a"], "date_published": values}))

    assert expected == document.date_published


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([b"Gr\xfc\xdfe aus K\xf6ln"]), "Grüße aus Köln"),
        (pa.array(["x"]).dictionary_encode(), "x"),
        (pa.array(["x"], pa.large_string()), "x"),
        (pa.array([b"\x89PNG\r\n\0\0"]), "undecodable"),
        (pa.array([None], pa.string()), "no_text"),
        (pa.array([" "]), "no_text"),
        (pa.array([["x"]]), "no_text"),
        (pa.array(["x" * 101]), "too_large"),
        (pa.array(["é" * 51]), "too_large"),
        (pa.array(["é" * 50]), "é" * 50),
    ],
)
def test_a_text_may_be_stored_in_several_ways(values, expected):
    """Strings, large ones, encoded by a dictionary, bytes; what is none is one reject."""
    (item,) = read(stored({"text": values}), max_bytes=100)

    assert expected == (item.content if isinstance(item, Document) else item.reason)
    assert "in/a.parquet#1" == item.source


def test_a_string_that_is_no_utf_8_is_decoded_alone():
    """Some writers store latin-1 as strings; the row beside it does not suffer."""
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 14, 17)))
    values = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"Gr\xfc\xdfe aus K\xf6lnabc"))

    assert ["Grüße aus Köln", "abc"] == [item.content for item in read(stored({"text": values}))]


def test_other_names_are_mapped():
    """input.fields maps columns; objects with a name are authors."""
    payload = stored({"body": ["<p>x</p>"], "by": [[{"name": "Ida Voss", "age": 3}]]})

    (document,) = read(payload, fields={"body": "html", "by": "authors"})

    assert ("text/html", ("Ida Voss",)) == (document.media_type, document.authors)


STORIES = {"id": list(range(1000)), "text": [f"Story {n * 7919}." for n in range(1000)]}
GROUPED = stored(STORIES, row_group_size=100)


@pytest.mark.parametrize("block_bytes", [1, 3_000, 10_000])
def test_the_parts_of_a_file_read_like_the_whole(block_bytes):
    """Cuts follow one another without gaps; each row is in one part, under its number."""
    found = survey(io.BytesIO(GROUPED), ".parquet", block_bytes)
    parts = [Part("a", "in/a.parquet", ".parquet", *cut) for cut in found.cuts]

    assert 1 < len(parts) <= 10
    assert [0, *(part.stop for part in parts)] == [*(p.start for p in parts), len(GROUPED)]
    assert read(GROUPED) == [item for part in parts for item in read(GROUPED, part)]


def test_a_file_of_one_block_is_not_cut():
    """Neither is one that cannot be read; the digest is that of the bytes."""
    assert () == survey(io.BytesIO(GROUPED), ".parquet", len(GROUPED)).cuts
    broken = survey(io.BytesIO(b"PAR1"), ".parquet", 1)
    assert (4, ()) == (broken.size, broken.cuts)
    assert survey(io.BytesIO(b"PAR1"), ".jsonl", 9).digest == broken.digest


def test_a_damaged_row_group_costs_its_own_rows():
    """The rows before and behind it are read; one reject says how many are lost."""
    damaged = bytearray(GROUPED)
    place = GROUPED.index(b"Story 1583800")  # row 200
    damaged[place - 40 : place] = bytes(40)
    items = read(bytes(damaged))

    (rejection,) = [item for item in items if not isinstance(item, Document)]
    assert ("broken_record", "in/a.parquet#201") == (rejection.reason, rejection.source)
    assert rejection.detail.endswith("100 rows are lost")
    assert 901 == len(items)


@pytest.mark.parametrize(
    ("reason", "payload"),
    [
        ("broken_record", b""),
        ("broken_record", b"PAR1 and no more PAR1"),
        ("broken_record", GROUPED[:-9]),
        ("broken_record", b"text\nno Parquet\n"),
        ("no_text", stored({"a": ["x"], "b": ["y"]})),
    ],
)
def test_a_file_that_cannot_be_read_is_one_reject(reason, payload):
    """Empty, cut, of another kind, or without a column that holds a text."""
    (rejection,) = read(payload)

    assert (reason, "in/a.parquet", False) == (
        rejection.reason,
        rejection.source,
        rejection.retryable,
    )


def test_what_the_disk_refuses_may_be_tried_again():
    """An error of the disk is no damage of the file."""

    class Failing(io.BytesIO):
        def read(self, *_):
            raise OSError(5, "Input/output error")

    (rejection,) = read_part(WHOLE, lambda _: Failing(GROUPED), InputConfig())

    assert ("unreadable", True) == (rejection.reason, rejection.retryable)


SMALL = stored({"text": [f"Story {n}." for n in range(40)]}, row_group_size=10)


@settings(deadline=None, max_examples=50, derandomize=True)  # the library itself may abort
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), max_size=4))
def test_any_damage_is_contained(changes):
    """Whatever bytes are changed: no exception, and items with a place and a reason."""
    damaged = bytearray(SMALL)
    for place, value in changes:
        damaged[place] = value
    survey(io.BytesIO(bytes(damaged)), ".parquet", 100)

    items = read(bytes(damaged))

    assert items
    for item in items:
        assert isinstance(item, Document) or item.reason in REASONS


def test_a_long_value_that_many_rows_share_is_held_once():
    """One value of 10 MB in 400 rows: copies of it would end the process."""
    rows = pa.array([0, None, *([0] * 398)], pa.int32())
    payload = stored({"text": pa.DictionaryArray.from_arrays(rows, pa.array(["x" * 10_000_000]))})
    reasons = Counter(item.reason for item in read(payload, max_bytes=1_000_000))

    assert {"too_large": 399, "no_text": 1} == reasons
