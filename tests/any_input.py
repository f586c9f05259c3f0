"""Hypothesis strategies for whole input folders: good, odd and broken files together."""

from __future__ import annotations

import gzip
import json

from hypothesis import strategies as st

WORDS = st.sampled_from(
    "harbour council river vote storm ferry library goal bread mayor bridge tide".split()
)
SENTENCES = st.lists(WORDS, min_size=6, max_size=20).map(lambda words: " ".join(words) + ".")
STORIES = st.lists(SENTENCES, min_size=1, max_size=6).map("\n\n".join)
ANY_TEXT = st.text(max_size=200) | STORIES


def _record(text: str, number: int | None, title: object) -> bytes:
    fields = {"text": text, "title": title} | ({} if number is None else {"id": number})
    return json.dumps(fields).encode()


RECORDS = st.builds(
    _record,
    ANY_TEXT,
    st.none() | st.integers(0, 5),
    st.none() | st.text(max_size=30) | st.booleans(),
)
LINES = RECORDS | st.binary(max_size=60) | st.sampled_from([b"", b"[]", b"1", b"{", b'{"text": 1}'])
JSONL = st.lists(LINES, max_size=8).map(b"\n".join)
PAGES = ANY_TEXT.map(
    lambda text: f"<html><body><p>{text}</p></body></html>".encode("utf-8", "replace")
)
TEXTS = ANY_TEXT.map(lambda text: text.encode("utf-8", "replace")) | st.binary(max_size=300)
FILES = st.one_of(
    st.tuples(st.sampled_from(["a.txt", "b/c.txt", "b/d.TXT"]), TEXTS),
    st.tuples(st.sampled_from(["p.html", "q.htm"]), PAGES | st.binary(max_size=200)),
    st.tuples(st.sampled_from(["f.jsonl", "b/g.ndjson"]), JSONL),
    st.tuples(st.just("h.jsonl.gz"), JSONL.map(gzip.compress) | st.binary(max_size=80)),
    st.tuples(st.just("notes.md"), st.just(b"not an input")),
)


def input_files() -> st.SearchStrategy[dict[str, bytes]]:
    """Draw a folder of up to eight files: path → content."""
    return st.lists(FILES, max_size=8).map(dict)
