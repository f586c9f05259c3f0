"""Parts of files → documents: every format, every way a file can be bad."""

from __future__ import annotations

import errno
import gzip
import io
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.config import InputConfig
from pipeline.read import read_part, survey
from pipeline.read.formats import FORMATS, format_of
from pipeline.read.parts import Part
from pipeline.records import REASONS, Document, Rejection, identify
from pipeline.storage import open_input

ZSTD = zstandard.ZstdCompressor()
LINES = b"".join(json.dumps({"text": f"Story {number}."}).encode() + b"\n" for number in range(400))


def read(payload: bytes, suffix: str, *, max_bytes: int = 10_000, final: bool = True) -> list:
    """What reading a file of these bytes yields."""
    part = Part("/in/a" + suffix, "in/a" + suffix, suffix, final=final)
    return list(read_part(part, lambda _: io.BytesIO(payload), InputConfig(max_bytes=max_bytes)))


@pytest.mark.parametrize(
    ("suffix", "name"),
    [
        (".txt", "in/a.txt"),
        (".html", "A.HTML"),
        (".htm", "a.b.htm"),
        (".jsonl.gz", "in.txt/a.JSONL.gz"),
        (".ndjson.zst", "a.ndjson.zst"),
        (".warc.wet.gz", "CC-MAIN-20240501-00001.warc.wet.gz"),
        (".warc.gz", "a.wet.warc.gz"),
        (".txt.gz", "a.txt.gz"),
        (".jl", "items.jl"),
        (".json", "a.json"),
        (".xhtml", "a.xhtml"),
        (".html.zst", "a.html.zst"),
        (".warc.zst", "a.warc.zst"),
        (None, "a.gz"),
        (None, "a.txt.bak"),
        (None, "in.txt/a"),
        (None, ".txt"),
    ],
)
def test_the_format_is_the_longest_known_suffix(suffix: str | None, name: str) -> None:
    """A file's format is told by the end of its name, in any case; a bare suffix is no name."""
    assert suffix == format_of(name)


@pytest.mark.parametrize(("suffix", "media_type"), [(".txt", "text/plain"), (".htm", "text/html")])
def test_a_file_is_one_document(suffix: str, media_type: str) -> None:
    """A text or page is one document, named by its stem and identified by its path and bytes."""
    payload = "\ufeffGrüße\r\n".encode()

    (document,) = read(payload, suffix)

    assert document == Document(
        id=identify("in/a" + suffix, payload),
        record_id="a",
        source="in/a" + suffix,
        media_type=media_type,
        content="Grüße\r\n",
    )


@pytest.mark.parametrize("suffix", [".txt", ".html"])
@pytest.mark.parametrize(
    ("reason", "payload"),
    [
        ("no_text", b""),
        ("no_text", b" \r\n"),
        ("undecodable", b"\x89PNG\r\n\x1a\n\0\0"),
        ("too_large", b"x" * 10_001),
    ],
)
def test_a_bad_file_is_one_rejection(suffix: str, reason: str, payload: bytes) -> None:
    """An empty, binary or oversized file is one rejection with its reason."""
    (rejection,) = read(payload, suffix)

    assert (reason, "in/a" + suffix, "a") == (
        rejection.reason,
        rejection.source,
        rejection.record_id,
    )


def test_a_file_may_have_max_bytes_and_no_more_is_read() -> None:
    """A file of max_bytes is a document; of a larger one, at most a chunk more is read."""
    payload = io.BytesIO(b"x" * 10_000_000)
    part = Part("a.txt", "a.txt", ".txt")
    (document,) = read_part(part, lambda _: io.BytesIO(b"x" * 10), InputConfig(max_bytes=10))
    stream = Keeping(payload)
    (rejection,) = read_part(part, lambda _: stream, InputConfig(max_bytes=10))

    assert document.content == "x" * 10
    assert (rejection.reason, rejection.detail) == (
        "too_large",
        "more than input.max_bytes = 10 bytes",
    )
    assert payload.tell() < 1_000_000


class Keeping(io.RawIOBase):
    """A stream that leaves the one below open, so that it can be asked how far it was read."""

    def __init__(self, below: BinaryIO) -> None:
        super().__init__()
        self.below = below

    def read(self, size: int = -1) -> bytes:
        """Read from the stream below."""
        return self.below.read(size)


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (PermissionError(errno.EACCES, "no", "/secret/a.txt"), "Permission denied"),
        (FileNotFoundError(errno.ENOENT, "no", "/secret/a.txt"), "No such file or directory"),
        (IsADirectoryError(errno.EISDIR, "no", "/secret/a.txt"), "Is a directory"),
        (OSError("connection lost"), "connection lost"),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".txt", ".jsonl", ".jsonl.gz"])
def test_a_file_that_cannot_be_opened_may_be_tried_again(
    suffix: str, error: OSError, detail: str
) -> None:
    """What the system refuses is one retryable rejection that does not tell the machine's paths."""

    def refuse(_: str) -> BinaryIO:
        raise error

    (rejection,) = read_part(Part("/secret/a", "a" + suffix, suffix), refuse, InputConfig())

    assert ("unreadable", detail, True, type(error).__name__) == (
        rejection.reason,
        rejection.detail,
        rejection.retryable,
        rejection.error_type,
    )


def test_what_was_read_before_an_error_is_kept() -> None:
    """A disk that fails in the middle costs the rest of the file only."""

    class Failing(io.RawIOBase):
        served = False

        def read(self, _: int = -1) -> bytes:
            if self.served:
                raise OSError(errno.EIO, "bad sector")
            self.served = True
            return b'{"text": "a"}\n{"te'

    items = list(read_part(Part("a", "a.jsonl", ".jsonl"), lambda _: Failing(), InputConfig()))

    assert items[0].content == "a"
    assert [(item.reason, item.retryable) for item in items[1:]] == [("unreadable", True)]


def packed(suffix: str, *pieces: bytes) -> bytes:
    """Each piece compressed for itself, as a member or frame of one stream."""
    return b"".join(map(gzip.compress if suffix.endswith("gz") else ZSTD.compress, pieces))


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".ndjson.zst"])
def test_compressed_lines_are_the_same_lines(suffix: str) -> None:
    """A stream of several members or frames, cut anywhere, reads like the plain file."""
    plain = [(item.record_id, item.content) for item in read(LINES, ".jsonl")]

    for payload in (packed(suffix, LINES), packed(suffix, LINES[:99], b"", LINES[99:])):
        assert plain == [(item.record_id, item.content) for item in read(payload, suffix)]


def test_zeros_after_a_gzip_member_are_padding() -> None:
    """Tapes and some tools fill up with zeros: nothing is missing."""
    assert len(read(gzip.compress(LINES) + bytes(700), ".jsonl.gz")) == 400


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
def test_a_truncated_stream_gives_what_it_has(suffix: str) -> None:
    """Records before the end of a cut stream are kept; one rejection tells after which line."""
    whole = packed(suffix, LINES[: len(LINES) // 2], LINES[len(LINES) // 2 :])
    items = read(whole[:-9], suffix)

    assert isinstance(items[-1], Rejection)
    assert (items[-1].reason, items[-1].source) == ("broken_compression", "in/a" + suffix)
    assert items[-1].detail.endswith(f"stream ends early, after line {len(items) - 1}")
    assert all(isinstance(item, Document) for item in items[:-1])
    assert 190 <= len(items) - 1 <= 400


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
@pytest.mark.parametrize("payload", [b"", b"{}\n", LINES, b"\0\0"])
def test_a_stream_of_another_kind_is_broken(suffix: str, payload: bytes) -> None:
    """What is not compressed at all, or empty, is one rejection."""
    assert [item.reason for item in read(payload, suffix)] == ["broken_compression"]


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
def test_a_damaged_member_does_not_cost_those_before(suffix: str) -> None:
    """Of two members the first is kept when the second is damaged."""
    payload = packed(suffix, LINES) + packed(suffix, LINES)[:20] + b"\xff" * 40
    items = read(payload, suffix)

    assert len(items) == 401
    assert items[-1].reason == "broken_compression"


@pytest.mark.slow
def test_a_zip_bomb_costs_no_memory() -> None:
    """A line of 200 MB in a few bytes is too large, without ever being held."""
    bomb = zstandard.ZstdCompressor(level=3).compress(b"x" * 200_000_000)
    (rejection,) = read(bomb, ".jsonl.zst")

    assert rejection.reason == "too_large"
    assert rejection.detail == "200,000,000 bytes; input.max_bytes = 10,000"


ONE_A_LINE_OR_FILE = sorted(
    suffix for suffix in FORMATS if not re.search("warc|wet|csv|parquet|json(?!l)", suffix)
)


@given(st.sampled_from(ONE_A_LINE_OR_FILE), st.binary(max_size=200), st.booleans(), st.booleans())
def test_any_bytes_in_any_format_are_accounted_for(
    suffix: str, payload: bytes, pack: bool, final: bool
) -> None:
    """Reading never raises, and yields one item for each line that is not blank, or a file."""
    many = not FORMATS[suffix].single
    compressed = Part("a", "a", suffix).compressed
    stored = packed(suffix, payload) if compressed and pack else payload
    items = read(stored, suffix, final=final, max_bytes=150)

    if compressed and not pack:
        assert items
    else:
        records = sum(bool(line.strip()) for line in payload.split(b"\n")) if many else 1
        assert records == len(items)
    for item in items:
        assert item.source.startswith("in/a")
        if isinstance(item, Rejection):
            assert item.reason in REASONS
            assert (item.excerpt or "").isprintable()
            assert len(item.excerpt or "") <= 500


CONTENTS = st.lists(
    st.sampled_from([b"\n", b"\r\n", b" ", b"x", b'{"text": "a"}', b'{"text": "a"}\n', b"y" * 40]),
    max_size=60,
).map(b"".join)


@given(CONTENTS, st.integers(1, 80), st.booleans())
def test_cuts_partition_a_file_and_its_records(payload: bytes, block: int, final: bool) -> None:
    """The parts of a file follow one another, end behind newlines, and read like the whole."""
    found = survey(io.BytesIO(payload), ".jsonl", block)
    cuts = found.cuts or ((0, len(payload), 1),)
    parts = [Part("a", "a.jsonl", ".jsonl", *cut) for cut in cuts]
    config = InputConfig(max_bytes=30)

    def items(part: Part) -> list:
        part = replace(part, final=final)
        return list(read_part(part, lambda _: io.BytesIO(payload), config))

    assert found.size == len(payload)
    assert [0, *(stop for _, stop, _ in cuts)] == [*(start for start, _, _ in cuts), len(payload)]
    assert all(payload[stop - 1 : stop] == b"\n" for _, stop, _ in cuts[:-1])
    assert all(stop - start >= block for start, stop, _ in cuts[:-1])
    assert items(Part("a", "a.jsonl", ".jsonl")) == [item for part in parts for item in items(part)]


@pytest.mark.parametrize(("size", "cuts"), [(14, 0), (28, 2)])
def test_a_file_of_one_block_is_not_cut(size: int, cuts: int) -> None:
    """Cuts are named only where there are several."""
    payload = (b'{"text": "a"}\n' * 2)[:size]

    assert cuts == len(survey(io.BytesIO(payload), ".jsonl", 14).cuts)


def test_cuts_do_not_depend_on_how_the_file_is_read() -> None:
    """Lines across the chunks of a large file are counted once."""
    payload = b"".join(b"%d" % number * (number % 97) + b"\n" for number in range(60_000))
    found = survey(io.BytesIO(payload), ".ndjson", 300_000)

    assert len(found.cuts) > 10
    for start, stop, first_record in found.cuts:
        assert payload[:start].count(b"\n") + 1 == first_record
        assert payload.find(b"\n", start + 300_000 - 1) + 1 in (stop, 0)


def test_other_formats_are_surveyed_whole(tmp_path: Path) -> None:
    """A page is digested and never cut; the digest is that of the bytes."""
    path = tmp_path / "a.html"
    path.write_bytes(b"\n" * 5_000)
    with path.open("rb") as stream:
        found = survey(stream, ".html", 1_000)

    assert (found.size, found.cuts, len(found.digest)) == (5_000, (), 32)
    assert found.digest == survey(io.BytesIO(b"\n" * 5_000), ".jsonl", 1_000).digest


@pytest.mark.parametrize(
    ("pattern", "source", "site"),
    [
        ("", "example.org/a.txt", None),
        ("from_path", "example.org/a.txt", "example.org"),
        ("from_path", "crawl/www.example.co.uk/2024/a.txt", "example.co.uk"),
        ("from_path", "harbour/a.txt", "harbour"),
        ("from_path", "v1.2/example.org/a.txt", "example.org"),
        ("from_path", "a.txt", None),
        ("*/{site}/**", "txt/harbour/x/a.txt", "harbour"),
        ("{site}_*.txt", "example.org_2024.txt", "example.org"),
        ("{site}/*.txt", "a/b/c.txt", None),
        ("**/{site}/*.txt", "c.txt/harbour/a.txt", "harbour"),
    ],
)
def test_the_site_of_a_text_is_told_by_its_path(
    pattern: str, source: str, site: str | None
) -> None:
    """By the name of a folder, or where a pattern says; records of files have it too."""
    config = InputConfig(site=pattern)
    part = Part("a.txt", source, ".txt")
    (text,) = read_part(part, lambda _: io.BytesIO(b"Story."), config)
    assert site == text.site

    lines = b'{"text": "Story."}\n{"text": "Story.", "site": "own.example.org"}\n'
    part = Part("a.jsonl", source, ".jsonl")
    assert [site, "example.org"] == [
        item.site for item in read_part(part, lambda _: io.BytesIO(lines), config)
    ]


@pytest.mark.parametrize("pattern", ["path", "{site}/{site}", "*/*"])
def test_a_pattern_without_a_site_is_refused(pattern: str) -> None:
    """It could name none."""
    with pytest.raises(ValidationError, match="from_path"):
        InputConfig(site=pattern)


def test_a_sidecar_has_the_fields_of_a_text(tmp_path: Path) -> None:
    """Those of a record; its url is the identity."""
    (tmp_path / "a.txt").write_bytes(b"Story.")
    part, config = Part(str(tmp_path / "a.txt"), "a.txt", ".txt"), InputConfig()
    sidecar = tmp_path / "a.txt.json"
    facts = {"url": "https://e.org/a?utm_source=x", "title": "T &amp; U", "text": "no", "site": "x"}
    sidecar.write_text(json.dumps(facts), "utf-8")
    (found,) = read_part(part, open_input, config)

    assert (found.content, found.title, found.site) == ("Story.", "T & U", "e.org")
    facts = b'\0{"site": "x", "title": "T &amp; U"}'
    assert found.id == identify("https://e.org/a", b"Story." + facts)
    assert found.record_id == "a"


BROKEN_SIDECARS = {
    "empty": b"",
    "blank": b" \n",
    "half written": b'{"url":"https://e.org/a","title":"T"',
    "half a word": b'{"url":"https://e.or',
    "a list": b'["x"]',
    "null": b"null",
    "a number": b"1",
    "a string": b'"title"',
    "two objects": b"{}\n{}",
    "no text": b"\xff",
    "deep": b"[" * 100_000,
    "too large": b'{"title": "' + b"x" * 1_000_000 + b'"}',
}


@pytest.mark.parametrize("content", BROKEN_SIDECARS.values(), ids=BROKEN_SIDECARS)
@pytest.mark.parametrize("suffix", [".txt", ".html"])
def test_a_broken_sidecar_is_a_flag_and_counted(
    tmp_path: Path, content: bytes, suffix: str
) -> None:
    """All else is as without a sidecar; nothing is lost silently."""
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"<p>Story.</p>" if suffix == ".html" else b"Story.")
    part, config = Part(str(path), path.name, suffix), InputConfig()
    (bare,) = read_part(part, open_input, config)
    Path(f"{path}.json").write_bytes(content)
    ignored = Counter[str]()

    expected = [replace(bare, flags=("sidecar_unreadable",))]
    assert expected == list(read_part(part, open_input, config, ignored_fields=ignored))
    assert {"sidecar:unreadable": 1} == ignored


@pytest.mark.parametrize(
    "content",
    [b"{}", b' {"n": 1}\n', b'\xef\xbb\xbf{"title": "T"}', '{"title": "T"}'.encode("utf-16"), None],
)
def test_a_whole_sidecar_has_no_flag(tmp_path: Path, content: bytes | None) -> None:
    """Nor has a text without one, whose name is long, or next to a folder of that name (None)."""
    (tmp_path / "a.txt").write_bytes(b"Story.")
    (tmp_path / f"{'a' * 250}.txt").write_bytes(b"Story.")
    sidecar, ignored = tmp_path / "a.txt.json", Counter[str]()
    sidecar.write_bytes(content) if content is not None else sidecar.mkdir()
    for name in ("a.txt", f"{'a' * 250}.txt"):
        part = Part(str(tmp_path / name), name, ".txt")
        (found,) = read_part(part, open_input, InputConfig(), ignored_fields=ignored)
        assert () == found.flags
    assert not ignored


def test_a_sidecar_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    """It may lead to a private file; only input.follow_links: anywhere allows that."""
    (tmp_path / "a.txt").write_bytes(b"Story.")
    (tmp_path / "private").write_text('{"title": "Private"}', "utf-8")
    (tmp_path / "a.txt.json").symlink_to("private")
    part = Part(str(tmp_path / "a.txt"), "a.txt", ".txt")

    found = [
        next(read_part(part, open_input, InputConfig(follow_links=follow)))
        for follow in ("inside", "anywhere")
    ]

    assert [None, "Private"] == [each.title for each in found]
    assert [("sidecar_unreadable",), ()] == [each.flags for each in found]
