"""Lines of JSON → documents and rejections."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from pathlib import Path

import pytest
import yaml
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import InputConfig
from pipeline.read import read_part
from pipeline.read.parts import Part, Unfinished
from pipeline.records import Document, Rejection, identify

CASES = yaml.safe_load((Path(__file__).parent / "records.yaml").read_text("utf-8"))
PACK = {
    ".jsonl": bytes,
    ".jsonl.gz": gzip.compress,
    ".jsonl.zst": zstandard.ZstdCompressor().compress,
}


def read(payload: bytes, suffix: str = ".jsonl", *, final: bool = True, **settings: object) -> list:
    """What reading a file of these bytes yields."""
    part = Part("/in/news" + suffix, "in/news" + suffix, suffix, final=final)
    config = InputConfig(**settings)
    return list(read_part(part, lambda _: io.BytesIO(payload), config))


@pytest.mark.parametrize("case", CASES["documents"], ids=lambda case: case["name"])
def test_a_record_becomes_the_document_it_means(case: dict) -> None:
    """Only content is needed; other fields are taken as far as they can be understood."""
    (document,) = read(case["line"].encode())
    found = {name: getattr(document, name) for name in case["expect"]}

    assert case["expect"] == json.loads(json.dumps(found))
    assert document.source == "in/news.jsonl#1"


@pytest.mark.parametrize("case", CASES["rejections"], ids=lambda case: case["name"])
def test_a_bad_record_is_rejected_with_its_reason(case: dict) -> None:
    """What is no record is one rejection, which shows the line and says what is wrong."""
    (rejection,) = read(case["line"].encode())

    assert (case["reason"], case["detail"]) == (rejection.reason, rejection.detail)
    assert case["line"] == rejection.excerpt
    assert (
        rejection.source,
        rejection.record_id,
        rejection.stage,
        rejection.kind,
        rejection.retryable,
    ) == ("in/news.jsonl#1", "news#1", "read", "error", False)


def test_invalid_utf8_spoils_its_line_only() -> None:
    """A line that is no UTF-8 is undecodable, and its neighbours are read."""
    items = read(b'{"text": "a"}\n{"text": "\xff"}\n{"text": "c"}\n')

    assert [getattr(item, "content", None) or item.reason for item in items] == [
        "a",
        "undecodable",
        "c",
    ]
    assert items[1].detail == "no UTF-8: invalid start byte at byte 11 of the line"
    assert items[1].error_type == "UnicodeDecodeError"


def test_deep_nesting_is_rejected() -> None:
    """A line nested deeper than the parser can follow is not_json, and no crash."""
    (rejection,) = read(b'{"text": "a", "x": ' + b"[" * 200_000)

    assert (rejection.reason, rejection.detail) == ("not_json", "nested too deeply")
    assert len(rejection.excerpt) == 500


@pytest.mark.parametrize(("max_bytes", "reasons"), [(100, []), (99, ["too_large"])])
@pytest.mark.parametrize("suffix", PACK)
def test_a_line_may_have_max_bytes(max_bytes: int, reasons: list[str], suffix: str) -> None:
    """A line of max_bytes is read; one byte more is too large, and the next line is read."""
    line = json.dumps({"text": "x" * 88}).encode()
    items = read(PACK[suffix](line + b'\n{"text": "b"}\n'), suffix, max_bytes=max_bytes)

    assert len(line) == 100
    assert reasons == [item.reason for item in items if isinstance(item, Rejection)]
    assert items[-1].content == "b"
    if reasons:
        assert items[0].detail == "100 bytes; input.max_bytes = 99"


def test_a_huge_line_is_never_held() -> None:
    """Of 50 MB without a newline, only as much is read at once as the limit allows."""
    largest = 0

    class Huge(io.RawIOBase):
        left = 50_000_000

        def read(self, size: int = -1) -> bytes:
            nonlocal largest
            largest = max(largest, size)
            size = min(size, self.left)
            self.left -= size
            return b"x" * size

    part = Part("a.jsonl", "a.jsonl", ".jsonl", final=True)
    (item,) = read_part(part, lambda _: Huge(), InputConfig(max_bytes=1_000))

    assert (item.reason, item.detail) == ("too_large", "50,000,000 bytes; input.max_bytes = 1,000")
    assert 0 < largest < 1_000_000


def test_blank_lines_count_but_are_no_records() -> None:
    """The number of a record is that of its line in an editor."""
    items = read(b'\n{"text": "a"}\r\n \t\r\n{"text": "b"}')

    assert [(item.source, item.content) for item in items] == [
        ("in/news.jsonl#2", "a"),
        ("in/news.jsonl#4", "b"),
    ]


def test_an_unfinished_last_line_is_not_yet() -> None:
    """Half a last line waits, unless this is the final read or the stream is compressed."""
    payload = b'{"text": "a"}\n{"text": "b'

    waiting = read(payload, final=False)[-1]
    assert waiting == Unfinished("in/news.jsonl#2")
    assert read(payload, final=True)[-1].reason == "not_json"
    assert read(gzip.compress(payload), ".jsonl.gz", final=False)[-1].reason == "not_json"
    assert len(read(b'{"text": "a"}\n  ', final=False)) == 1


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"text": "b"}', "b"),
        (b'{"text": "b"}  \r', "b"),
        (b'{"text": ""}', "no_text"),
        (b'{"text": "' + b"x" * 2_000 + b'"', "too_large"),
    ],
)
def test_a_whole_last_line_is_a_record(line: bytes, told: str, final: bool) -> None:
    """A line that could not become another record by what may follow does not wait."""
    item = read(b'{"text": "a"}\n' + line, final=final, max_bytes=1_000)[-1]

    assert told == (getattr(item, "content", None) or item.reason)


@pytest.mark.parametrize("line", [b'{"text": "\xc3', b"12", b'{"text": "b"', b"[", b"nul"])
def test_a_last_line_that_is_not_whole_waits(line: bytes) -> None:
    """Half a string, half a letter, a number that may go on."""
    assert isinstance(read(b'{"text": "a"}\n' + line, final=False)[-1], Unfinished)


def test_identity_is_url_then_own_id_then_place() -> None:
    """A document's id names its content at its canonical url, else its own id, else its place."""
    text = b"Story \xed\xa0\x80."
    lines = [
        {"text": "Story \ud800.", "id": "a1", "url": "https://example.org/a?utm_source=x"},
        {"text": "Story \ud800.", "id": "a1", "url": "no url"},
        {"text": "Story \ud800."},
    ]
    items = read("\n".join(map(json.dumps, lines)).encode())

    assert [
        identify("https://example.org/a", text),
        identify("a1", text),
        identify("in/news.jsonl#3", text),
    ] == [item.id for item in items]


def test_other_names_are_understood_by_the_table() -> None:
    """input.fields maps the names of others to ours, and goes before a field of our name."""
    line = b'{"body": "Story.", "text": "teaser", "link": "https://example.org/a", "x": 1}'
    (document,) = read(line, fields={"body": "text", "link": "url"})

    assert (document.content, document.url) == ("Story.", "https://example.org/a")


REPLACED = {
    "a text": ({"text": "Own.", "body": "B."}, {"body": "text"}, ["text"]),
    "a page": ({"html": "<p>Own.", "page": "<p>B."}, {"page": "html"}, ["html"]),
    "a title": ({"text": "T.", "title": "Own", "head": "B"}, {"head": "title"}, ["title"]),
    "authors": ({"text": "T.", "authors": ["A"], "by": ["B"]}, {"by": "authors"}, ["authors"]),
    "another mapped": ({"a": "A.", "b": "B."}, {"a": "text", "b": "text"}, ["a"]),
    "all": ({"text": "T.", "a": "A.", "b": "B."}, {"a": "text", "b": "text"}, ["a", "text"]),
    "equal": ({"text": "T.", "body": "T."}, {"body": "text"}, []),
    "own empty": ({"text": " ", "body": "B."}, {"body": "text"}, []),
    "own null": ({"text": None, "body": "B."}, {"body": "text"}, []),
    "own null word": ({"text": "T.", "title": "N/A", "head": "B"}, {"head": "title"}, []),
    "mapped empty": ({"text": "T.", "body": " \n"}, {"body": "text"}, []),
    "mapped null": ({"text": "T.", "body": None}, {"body": "text"}, []),
    "mapped missing": ({"text": "T."}, {"body": "text"}, []),
    "renamed away": ({"text": "Title", "body": "B."}, {"text": "title", "body": "text"}, []),
    "no mapping": ({"text": "T.", "title": "Own"}, {}, []),
}


@pytest.mark.parametrize(("record", "fields", "names"), REPLACED.values(), ids=REPLACED)
def test_a_field_that_a_mapped_one_replaces_is_counted(record, fields, names):
    """Only if it says something, and something else; then it is not lost silently."""
    ignored: Counter[str] = Counter()
    payload, config = json.dumps(record).encode() + b"\n", InputConfig(fields=fields)
    part = Part("a.jsonl", "a.jsonl", ".jsonl")
    (found,) = read_part(part, lambda _: io.BytesIO(payload), config, ignored_fields=ignored)

    assert isinstance(found, Document)
    assert names == sorted(ignored)
    assert {1} >= set(ignored.values())


def test_unknown_fields_are_counted() -> None:
    """Fields that are not understood are counted by name, up to 1,000 names."""
    lines = [json.dumps({"text": "a", "x": 1, f"n{number}": 1}) for number in range(1_500)]
    ignored: Counter[str] = Counter()
    part = Part("a.jsonl", "a.jsonl", ".jsonl")
    payload = "\n".join(lines).encode()
    for _ in read_part(part, lambda _: io.BytesIO(payload), InputConfig(), ignored_fields=ignored):
        pass

    assert len(ignored) == 1_001
    assert sum(ignored.values()) == 2 * 1_500
    assert ignored["x"] == 1_500


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(["text", "html", "id", "url", "title", "authors", "fetched_at", "other"])


@pytest.mark.slow
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=5), max_size=6))
def test_every_object_is_a_document_or_a_rejection(records: list[dict]) -> None:
    """Whatever the fields hold, each record is one item, and its strings can be stored."""
    items = read("\n".join(map(json.dumps, records)).encode())

    assert len(records) == len(items)
    for item in items:
        shown = (
            [item.content, item.title, item.url] if isinstance(item, Document) else [item.detail]
        )
        "".join(filter(None, [item.record_id, *shown])).encode()


def test_many_names_cost_no_more_than_their_number() -> None:
    """The one of a hundred thousand names that occurs twice is found in passing."""
    names = ", ".join(f'"n{number}": 1' for number in [*range(100_000), 70_000])
    (rejection,) = read(f"{{{names}}}\n".encode())

    assert "the name 'n70000' occurs twice in an object" == rejection.detail
