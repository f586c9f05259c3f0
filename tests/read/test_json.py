"""JSON files → documents: one object, an array, or values one after the other."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import InputConfig
from pipeline.read import read_part
from pipeline.read.jsonl import json_values
from pipeline.read.parts import Part
from pipeline.records import Rejection


def read(payload: bytes, suffix: str = ".json", ignored: Counter[str] | None = None) -> list:
    """What reading a file of these bytes yields."""
    part = Part("a" + suffix, "a" + suffix, suffix)
    config = InputConfig(max_bytes=1_000)
    return list(read_part(part, lambda _: io.BytesIO(payload), config, ignored_fields=ignored))


def told(items: list) -> list:
    """The source of each item, with its content or its reason."""
    return [(item.source, getattr(item, "content", None) or item.reason) for item in items]


ONE, TWO = '{"text": "One."}', '{"text": "Two."}'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (ONE, [("a.json", "One.")]),
        (f"\ufeff [\n {ONE},\n {TWO}\n]\n", [("a.json#1", "One."), ("a.json#2", "Two.")]),
        (f"{ONE}\n{TWO}\n", [("a.json#1", "One."), ("a.json#2", "Two.")]),
        (f"{ONE}{TWO}", [("a.json#1", "One."), ("a.json#2", "Two.")]),
        ("[]", [("a.json", "no_text")]),
        ("", [("a.json", "no_text")]),
        (f"[{ONE}, 17]", [("a.json#1", "One."), ("a.json#2", "not_an_object")]),
        (f"[{ONE}, {{}}]", [("a.json#1", "One."), ("a.json#2", "no_text")]),
        (f"[{ONE}, {TWO}", [("a.json#1", "One."), ("a.json#2", "Two."), ("a.json", "not_json")]),
        (f'[{ONE}, {{"text": "Tw', [("a.json#1", "One."), ("a.json#2", "not_json")]),
        (f'[{{"text": "open\n}},\n{TWO}]', [("a.json#1", "not_json"), ("a.json#2", "Two.")]),
        (f'["{"x" * 2_000}", {TWO}]', [("a.json#1", "too_large"), ("a.json#2", "Two.")]),
        ("prose", [("a.json", "not_json")]),
        ('{"title": "A story without one"}', [("a.json", "no_text")]),
    ],
)  # fmt: skip
def test_a_file_holds_an_object_or_several(content: str, expected: list) -> None:
    """Each object is one item; one that is bad costs nothing else."""
    assert expected == told(read(content.encode()))
    packed = read(gzip.compress(content.encode()), ".json.gz")
    assert expected == [
        (source.replace(".json.gz", ".json"), what) for source, what in told(packed)
    ]


def test_an_object_that_has_nothing_of_a_record_is_only_counted() -> None:
    """Settings and lists of files lie beside pages; they are no articles without a text."""
    ignored: Counter[str] = Counter()

    assert [] == read(b'{"name": "crawler", "depth": 3}', ignored=ignored)
    assert {"json:no record": 1} == ignored


def test_utf_16_with_a_mark_is_read() -> None:
    """As some shells write it."""
    assert [("a.json", "Grüße.")] == told(read('{"text": "Grüße."}'.encode("utf-16")))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from('[]{},"\\'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=9,
)  # fmt: skip


@given(st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=3), max_size=5),
       st.integers(1, 40), st.sampled_from([None, 0, 2]), st.booleans())  # fmt: skip
def test_any_array_is_split_into_its_elements(found, size, indent, plain) -> None:
    """Whatever stands in strings, wherever chunks end, with and without line breaks."""
    content = json.dumps(found, indent=indent, ensure_ascii=plain).encode("utf-8", "surrogatepass")
    chunks = [content[at : at + size] for at in range(0, len(content), size)]

    assert found == [json.loads(each.payload) for each in json_values(chunks, 10_000)]
    joined = [json.dumps(each).encode() for each in found]
    assert found == [json.loads(each.payload) for each in json_values(joined, 10_000)]


@given(st.binary(max_size=300))
def test_any_bytes_are_items(payload: bytes) -> None:
    """Nothing raises."""
    for item in read(payload):
        assert not isinstance(item, Rejection) or item.source.startswith("a.json")
