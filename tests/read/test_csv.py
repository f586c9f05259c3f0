"""CSV → documents: every row accounted for, a bad one alone."""

from __future__ import annotations

import csv
import gzip
import io
import time
from collections import Counter

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import InputConfig
from pipeline.read import read_part
from pipeline.read.csv_files import MOST_FAILURES
from pipeline.read.encoding import MOST_DETECTED
from pipeline.read.parts import Part
from pipeline.records import REASONS, Document, identify

HEADER = b"id,text,url\n"


def read(payload, suffix=".csv", *, ignored=None, **settings):
    """What reading a file of these bytes yields."""
    part = Part("/in/a" + suffix, "in/a" + suffix, suffix)
    config = InputConfig(**settings)
    return list(read_part(part, lambda _: io.BytesIO(payload), config, ignored_fields=ignored))


def told(items):
    """Each item by its place in the file, with its content or its reason."""
    return [
        (int(item.source.partition("#")[2] or 0), getattr(item, "content", None) or item.reason)
        for item in items
    ]


def test_a_row_is_a_document_with_the_fields_of_the_header():
    """Names, quotes, unknown columns, an empty cell, and the id by the canonical url."""
    ignored = Counter()
    payload = (
        b"id,title,text,url,authors,date_published,views\r\n"
        b'7,"Ferry ""Ida"" sinks","One line.\n\nTwo, lines.",https://e.org/a?utm_source=x,'
        b"Ida Voss; Jo Li,2024-05-01,12\r\n"
    )

    (document,) = read(payload, ignored=ignored)

    assert document == Document(
        id=identify("https://e.org/a", b"One line.\n\nTwo, lines."),
        record_id="7",
        source="in/a.csv#2",
        media_type="text/plain",
        content="One line.\n\nTwo, lines.",
        url="https://e.org/a?utm_source=x",
        site="e.org",
        title='Ferry "Ida" sinks',
        authors=("Ida Voss", "Jo Li"),
        date_published="2024-05-01",
    )
    assert {"views": 1} == ignored


def test_other_names_are_mapped():
    """input.fields maps columns as it maps the fields of JSON."""
    (document,) = read(b"Body,Link\nStory.,x\n", fields={"Body": "text", "Link": "id"})

    assert ("Story.", "x") == (document.content, document.record_id)


def test_a_row_is_named_by_the_line_it_begins_in():
    """Blank lines and the lines of quoted fields are counted; the last newline may lack."""
    payload = b'text,n\n\na,1\n"b\n\nb",2\n   \nc,3'

    assert [(3, "a"), (4, "b\n\nb"), (8, "c")] == told(read(payload))


@pytest.mark.parametrize(
    "payload",
    [
        b"id,text\n1,a b\n",
        b"id;text\n1;a b\n",
        b"id\ttext\r\n1\ta b\r\n",
        b"id|text\n1|a b",
        b"sep=;\nid;text\n1;a b\n",
        b"\n\nid,text,\n1,a b,\n",
        b'"id","text"\n"1","a b"\n',
        b"\xef\xbb\xbfid;text;a,b,c,d\n1;a b;x\n",
    ],
)
def test_the_delimiter_is_told_by_the_header(payload):
    """By the names that are known, not by how often a sign occurs."""
    (document,) = read(payload)

    assert ("1", "a b") == (document.record_id, document.content)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-32", "iso2022_jp"]
)
def test_the_encoding_is_found_as_for_a_text(encoding):
    """What spreadsheets write: marks, UTF-16, and one byte a letter."""
    text = '東京の話 "x"' if encoding == "iso2022_jp" else "Grüße aus Köln, sagte sie. " * 3
    payload = io.StringIO()
    csv.writer(payload).writerows([["id", "text"], [1, text], [2, text]])

    items = read(payload.getvalue().encode(encoding))

    assert [text, text] == [item.content for item in items]


def test_one_line_in_another_encoding_is_decoded_alone():
    """Joined exports mix encodings; a row does not suffer from its neighbours."""
    rows = [HEADER, "1,Grüße aus Köln,\n".encode(), "2,Grüße aus Köln,\n".encode("cp1252")]

    assert ["Grüße aus Köln"] * 2 == [item.content for item in read(b"".join(rows))]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (b"1,a,\n2,b\n3,c,\n", [(2, "a"), (3, "broken_record"), (4, "c")]),
        (b"1,a,,,\n2,b,,x\n3,c,\n", [(2, "a"), (3, "broken_record"), (4, "c")]),
        (b"1,a,\n2,,\n3, ,\n", [(2, "a"), (3, "no_text"), (4, "no_text")]),
        (b'1,"a,\n2,b,\n3,c,\n', [(2, "broken_record"), (3, "b"), (4, "c")]),
        (b'1,"a,\n2,"b\nb",\n3,c,\n', [(2, "broken_record"), (3, "b\nb"), (5, "c")]),
        (b'1,5" pipe,\n2,b,\n', [(2, '5" pipe'), (3, "b")]),
        (b'1,"a\nHe said, quietly, no\nx\n', [(2, "broken_record")]),
        (b'1,"a\nx\ny"\n2,b,\n', [(2, "broken_record"), (5, "b")]),
        (b"1,a\rb,\n2,c,\n", [(2, "broken_record"), (3, "c")]),
        (b"1,a\0b,\n", [(2, "a\ufffdb")]),
        (b"1," + b"x" * 120 + b",\n2,b,\n", [(2, "too_large"), (3, "b")]),
        (b'1,"' + b"x\n" * 60 + b'",\n2,b,\n', [(2, "too_large"), (63, "b")]),
    ],
)
def test_a_bad_row_is_one_reject_and_the_rest_lives(rows, expected):
    """Too few or too many fields, a quote too many, a row without end, one that is too large."""
    assert expected == told(read(HEADER + rows, max_bytes=100))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("rows", [2, 3_000])
def test_carriage_returns_end_lines_where_nothing_else_does(encoding, rows):
    """Old spreadsheets write them alone; rows and numbers are those of a file with newlines."""
    row = 'b{0},"Fünf Läden, {0}\nzwei Höfe öffnen, sagt die Gemeinde am Montag."\n'
    text = "id,text\n" + "".join(map(row.format, range(rows)))
    expected = told(read(text.encode(encoding)))

    assert rows == len(expected)
    assert expected == told(read(text.replace("\n", "\r").encode(encoding)))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_carriage_return_within_a_field_ends_no_line(end):
    """Where lines end otherwise."""
    text = f'id,text{end}a,"One\rtwo, three."{end}b,Four.{end}'

    assert ["a", "b"] == [each.record_id for each in read(text.encode())]


def test_a_row_may_have_max_bytes():
    """The limit itself is kept, over several lines too; one byte more is too large."""
    for row in (b"1," + b"x" * 37 + b",", b'1,"' + b"x\n" * 17 + b'x",'):
        assert 40 == len(row)
        assert told(read(HEADER + row + b"\n", max_bytes=len(row)))[0][1] != "too_large"
        assert [(2, "too_large")] == told(read(HEADER + row + b"\n", max_bytes=len(row) - 1))[:1]


@pytest.mark.parametrize(
    ("reason", "payload"),
    [
        ("no_text", b""),
        ("no_text", b"\n \n"),
        ("no_text", b"a,b\n1,2\n3,4\n"),
        ("broken_record", b"text,text\n1,2\n"),
        ("undecodable", b"\x89PNG\r\n\x1a\n\0\0"),
        ("too_large", b"text," + b"x" * 200),
    ],
)
def test_a_file_without_a_header_to_read_it_by_is_one_reject(reason, payload):
    """Not one for each row: the mistake is the file's, or the setting's."""
    (rejection,) = read(payload, max_bytes=100)

    assert (reason, "in/a.csv") == (rejection.reason, rejection.source)


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.zst"])
def test_a_compressed_file_is_the_same_file(suffix):
    """Members and frames are read on; a cut stream gives what it has, and one reject."""
    plain = HEADER + b"".join(b"%d,story %d,\n" % (n, n * 7919) for n in range(900))
    pack = gzip.compress if suffix.endswith("gz") else zstandard.ZstdCompressor().compress
    whole = pack(plain[:5000]) + pack(plain[5000:])

    assert told(read(plain)) == told(read(whole, suffix))
    items = read(whole[:-20], suffix)
    assert "broken_compression" == items[-1].reason
    assert told(items[:-1]) == told(read(plain))[: len(items) - 1]


def test_lines_that_each_leave_a_quote_open_cost_no_time():
    """As many as could keep a reader busy for hours are one reject, soon."""
    payload = HEADER + b'b"x,"c\n' * (40 * MOST_FAILURES)
    begin = time.process_time()

    assert [(2, "broken_record")] == told(read(payload))
    assert time.process_time() - begin < 20


IN_ASCII = HEADER + b"1,a,\n" * 14_000
"""More than what a file's encoding is told by."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "row"),
    [
        pytest.param(40_000, "1,да,\n", id="rows"),
        pytest.param(20_000, 'b"да,"c\n', id="rows of a bad stretch, each read many times"),
    ],
)
def test_short_lines_in_an_encoding_of_their_own_cost_little_time(count, row):
    """A damaged gzip of a few kilobytes may hold that many: found by the fuzz campaign."""
    begin = time.process_time()

    assert read(IN_ASCII + row.encode("cp1251") * count)
    assert time.process_time() - begin < 10


@pytest.mark.slow
def test_lines_behind_many_whose_encoding_was_looked_for_are_in_what_most_of_those_were():
    """A file that begins in ASCII goes on in another encoding, where short lines say little."""
    long = "1,Мост закрыт до понедельника.,\n".encode("cp1251") * MOST_DETECTED
    short = "1,да,\n".encode("cp1251") * 20

    items = read(IN_ASCII + long + short)

    assert ["да"] * 20 == [item.content for item in items[14_000 + MOST_DETECTED :]]


CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n"), max_size=20
)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=8), st.sampled_from(",;\t|"))
def test_whatever_is_written_is_read_again(rows, delimiter):
    """Any cells, quoted where needed, come out as they went in."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("text", "title"), *rows])

    items = read(written.getvalue().encode("utf-8"))

    assert [text if text.strip() else "no_text" for text, _ in rows] == [
        content for _, content in told(items)
    ]


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_accounted_for(payload, headed):
    """Reading never raises; whatever it yields has a place and a reason of the list."""
    items = read(HEADER * headed + payload, max_bytes=150)

    assert items or headed
    for item in items:
        assert item.source.startswith("in/a.csv")
        assert isinstance(item, Document) or item.reason in REASONS
    places = [place for place, _ in told(items)]
    assert places == sorted(set(places))


def test_a_file_of_bad_rows_only_ends_after_many(monkeypatch):
    """One reject stands for the rest; good rows between them let reading go on."""
    monkeypatch.setattr("pipeline.read.csv_files.MOST_BAD_ROWS", 3)
    bad, good = b"only one\n", b"1,a text,\n"
    items = told(read(HEADER + bad * 9 + good))
    mixed = read(HEADER + (bad * 3 + good) * 3)

    assert [2, 3, 4, 5] == [number for number, _ in items]
    assert "the rest is not read" in read(HEADER + bad * 9)[-1].detail
    assert 12 == len(mixed)
    assert 3 == sum(isinstance(item, Document) for item in mixed)
