"""Archives of the web → documents; what is broken costs itself only."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zlib
from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING

import brotli
import pytest
import zstandard
from hypothesis import assume, given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.config import InputConfig
from pipeline.read import read_part
from pipeline.read.parts import Part
from pipeline.read.warc_records import WarcRecord, warc_records
from pipeline.records import REASONS, Document, Rejection, identify

if TYPE_CHECKING:
    from collections.abc import Iterable

UUID = "0f8fad5b-d9cb-469f-a165-{:012d}"
PAGE = "<html><body><p>Das Museum in Köln öffnet später.</p></body></html>"
HTML = {"Content-Type": "text/html"}


def http(
    body: bytes, headers: dict[str, str] | None = None, status: str = "HTTP/1.1 200 OK"
) -> bytes:
    """A response as it is stored."""
    lines = [status, *(f"{name}: {value}" for name, value in (headers or HTML).items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def record(
    block: bytes,
    number: int = 1,
    kind: str = "response",
    mime: str = "application/http; msgtype=response",
    **headers: str | None,
) -> bytes:
    """A record of a WARC file; a header that is None is left out."""
    named = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{UUID.format(number)}>",
        "WARC-Date": "2024-05-01T10:00:00Z",
        "WARC-Target-URI": f"https://example.org/{number}",
        "Content-Type": mime,
        "Content-Length": str(len(block)),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in named.items() if value is not None]
    return "\r\n".join(["WARC/1.0", *lines, "", ""]).encode() + block + b"\r\n\r\n"


def page(number: int) -> bytes:
    """A record with a page of its own."""
    return record(http(f"<p>Story {number}, with {'words ' * number}</p>".encode()), number)


def read(
    payload: bytes, suffix: str = ".warc", max_bytes: int = 100_000, ignored: Counter | None = None
) -> list:
    """What reading a file of these bytes yields."""
    part = Part("/in/a" + suffix, "in/a" + suffix, suffix)
    config = InputConfig(max_bytes=max_bytes)
    return list(read_part(part, lambda _: io.BytesIO(payload), config, ignored_fields=ignored))


def told(items: Iterable) -> list:
    """Each item by the place it has and what it is, whatever its file is called."""
    return [
        (
            item.source.partition("#")[2],
            item.content if isinstance(item, Document) else item.reason,
        )
        for item in items
    ]


def members(records: Iterable[bytes]) -> bytes:
    """Each record in a gzip member of its own."""
    return b"".join(gzip.compress(each, mtime=0) for each in records)


INFO = record(b"software: x\r\n", 9, "warcinfo", "application/warc-fields", WARC_Target_URI=None)


def test_a_response_is_a_document() -> None:
    """A stored page brings its address, its record's id and its date, and the bytes' charset."""
    body = PAGE.encode("cp1250")
    (document,) = read(
        INFO + record(http(body, {"content-type": "Text/HTML; charset=windows-1250"}), 7)
    )

    assert document == Document(
        id=identify("https://example.org/7", body),
        record_id=UUID.format(7),
        source="in/a.warc#2",
        media_type="text/html",
        content=PAGE,
        url="https://example.org/7",
        site="example.org",
        fetched_at="2024-05-01T10:00:00Z",
    )


def test_a_wet_record_is_a_plain_text() -> None:
    """Text that was taken out of a page before is a plain text."""
    payload = members([INFO, record("Köln.\n".encode(), 2, "conversion", "text/plain")])
    (document,) = read(payload, ".warc.wet.gz")

    assert ("text/plain", "Köln.\n", "in/a.warc.wet.gz#2") == (
        document.media_type,
        document.content,
        document.source,
    )


def test_a_resource_is_a_document_of_its_type() -> None:
    """A record without HTTP has its type in its own header, an address in brackets is bare."""
    (document,) = read(
        record(
            b"<p>Story.</p>",
            1,
            "resource",
            "application/xhtml+xml",
            WARC_Target_URI="<https://example.org/a>",
        )
    )

    assert ("text/html", "https://example.org/a") == (document.media_type, document.url)


def test_a_record_without_a_name_is_named_by_its_place() -> None:
    """Where neither address nor id is there, the place in the file identifies."""
    block = http(b"<p>Story.</p>")
    (document,) = read(record(block, WARC_Record_ID=None, WARC_Target_URI=None, WARC_Date=None))

    assert ("a#1", None, None) == (document.record_id, document.url, document.fetched_at)
    assert identify("in/a.warc#1", b"<p>Story.</p>") == document.id


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("warc:request", record(b"GET / HTTP/1.1\r\n\r\n", 1, "request")),
        ("warc:metadata", record(b"a: b", 1, "metadata", "application/warc-fields")),
        ("warc:revisit", record(http(b""), 1, "revisit")),
        ("warc:continuation", record(b"abc", 1, "continuation", "text/html")),
        ("warc:no type", record(http(b"x"), 1, WARC_Type=None)),
        ("warc:status 301", record(http(b"gone", HTML, "HTTP/1.1 301 Moved"))),
        ("warc:status 404", record(http(b"gone", HTML, "HTTP/2 404"))),
        ("warc:status ", record(http(b"gone", HTML, "HTTP/1.1"))),
        ("warc:image/png", record(http(b"\x89PNG", {"Content-Type": "image/png"}))),
        ("warc:application/pdf", record(b"%PDF-", 1, "resource", "application/pdf")),
        ("warc:text/dns", record(b"2024 example.org", 1, "response", "text/dns")),
        ("warc:no content type", record(http(b"x", {"Server": "x"}))),
    ],
)
def test_what_is_no_document_is_counted(name: str, stored: bytes) -> None:
    """Requests, redirects, pictures and the like are counted by what they are, and no rows."""
    ignored = Counter[str]()
    items = read(stored + page(2), ignored=ignored)

    assert {name: 1} == ignored
    assert [UUID.format(2)] == [item.record_id for item in items]


def test_a_type_that_the_crawler_found_counts_where_http_names_none() -> None:
    """A crawler's own finding stands in for a header that the server left out."""
    stored = record(http(b"<p>x</p>", {"Server": "x"}), WARC_Identified_Payload_Type="text/html")

    assert [("1", "<p>x</p>")] == told(read(stored))


def chunked(body: bytes) -> bytes:
    """A body in chunks of seven bytes."""
    parts = [body[at : at + 7] for at in range(0, len(body), 7)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def raw_deflate(body: bytes) -> bytes:
    """Deflate without zlib's header, as many servers send it."""
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(body) + stream.flush()


CODERS = {
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "gzip, br": lambda body: brotli.compress(gzip.compress(body)),
}


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("cut", [False, True])
def test_a_body_is_unpacked(coding: str, cut: bool) -> None:
    """Whatever a body is coded in, chunked or not, it is the same page."""
    headers = HTML | {"Content-Encoding": coding}
    body = CODERS[coding](PAGE.encode())
    if cut:
        headers, body = headers | {"Transfer-Encoding": "chunked"}, chunked(body)

    assert [("1", PAGE)] == told(read(record(http(body, headers))))


@pytest.mark.parametrize("coding", CODERS)
def test_a_body_that_was_unpacked_before_is_taken_as_it_stands(coding: str) -> None:
    """Archives often unpack bodies and leave the headers that say otherwise."""
    headers = HTML | {"Content-Encoding": coding, "Transfer-Encoding": "chunked"}

    assert [("1", PAGE)] == told(read(record(http(PAGE.encode(), headers))))


@pytest.mark.parametrize("coding", sorted(set(CODERS) - {"identity"}))
def test_a_body_that_ends_early_is_a_rejection(coding: str) -> None:
    """Half a page is never passed off as the whole one."""
    text = "".join(f"<p>Line {number * number}.</p>" for number in range(9_000)).encode()
    packed = CODERS[coding](text)
    stored = record(http(packed[:-20], HTML | {"Content-Encoding": coding}))
    items = read(stored + page(2), max_bytes=10**6)

    assert [UUID.format(1), UUID.format(2)] == [item.record_id for item in items]
    assert items[0].reason in ("broken_compression", "undecodable")


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_too_large(coding: str) -> None:
    """A body that unpacks to 100 MB is refused after max_bytes."""
    bomb = CODERS[coding](b"x" * 100_000_000)
    items = read(record(http(bomb, HTML | {"Content-Encoding": coding})) + page(2))

    assert "too_large" == items[0].reason
    assert 2 == len(items)


def test_a_large_record_is_one_rejection_and_a_large_picture_none() -> None:
    """The limit is for documents; more than it, and 64 KiB of headers, is never held."""
    ignored = Counter[str]()
    stored = [
        record(http(b"x" * 100_001), 1),
        record(http(b"x" * 100_000), 2),
        record(http(b"x" * 400_000), 3),
        record(http(b"x" * 400_000, {"Content-Type": "video/mp4"}), 4),
        page(5),
    ]
    items = read(b"".join(stored), ignored=ignored)

    assert ["too_large", "x" * 100_000, "too_large"] == [what for _, what in told(items[:3])]
    assert ["1", "2", "3", "5"] == [number for number, _ in told(items)]
    assert {"warc:video/mp4": 1} == ignored
    assert "input.max_bytes = 100,000" in items[0].detail


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".warc", ".warc.gz"])
@pytest.mark.parametrize("mime", ["text/html", "video/mp4"])
@pytest.mark.parametrize("length", [None, "999999999999"])
def test_a_record_of_any_size_costs_no_memory(suffix: str, mime: str, length: str | None) -> None:
    """Of 30 MB in a record, or of a length that is not true, a few chunks are held at once."""
    block = http(b"x" * 30_000_000, {"Content-Type": mime})
    stored = record(block, Content_Length=length or str(len(block)))
    payload = gzip.compress(stored) if suffix == ".warc.gz" else stored
    part = Part("a", "in/a", suffix)
    stream = io.BytesIO(payload)
    tracemalloc.start()
    items = list(read_part(part, lambda _: stream, InputConfig(max_bytes=10_000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    expected = ["broken_record"] if length else ["too_large"] if mime == "text/html" else []
    assert expected == [item.reason for item in items]
    assert peak < 4_000_000


@pytest.mark.parametrize(
    ("reason", "stored"),
    [
        ("no_text", record(http(b" \n"))),
        ("undecodable", record(http(b"%PDF-1.4 \0\1\2"))),
        ("broken_record", record(b"no response at all")),
        ("broken_record", record(http(b"x"), Content_Length=None)),
        ("broken_record", record(http(b"x"), Content_Length="-3")),
        ("broken_record", record(http(b"x"), Content_Length="9" * 30)),
        ("broken_record", record(http(b"x" * 99), Content_Length="60")),
        ("broken_record", record(http(b"x" * 99), Content_Length="900")),
        ("broken_record", record(http(b"x" * 99), Content_Length="90000000")),
        ("broken_record", b"something else\n" * 9),
        ("broken_record", b"WARC/1.0\r\nWARC-Type: response\r\n"),
        ("broken_record", b"WARC/1.0\r\n" + b"a: b\r\n" * 12_000 + b"\r\n"),
    ],
)
@pytest.mark.parametrize("suffix", [".warc", ".warc.gz", ".wet.gz"])
def test_a_broken_record_does_not_cost_the_others(reason: str, stored: bytes, suffix: str) -> None:
    """What stands where a record should be is one rejection; reading goes on at the next record."""
    records = [page(2), stored, page(3), page(4)]
    expected = ["2", reason, "3", "4"]
    payload = b"".join(records)
    for packed in [payload] if suffix == ".warc" else [members(records), gzip.compress(payload)]:
        items = read(packed, suffix)
        got = [
            item.reason if isinstance(item, Rejection) else item.content.split(",")[0][-1]
            for item in items
        ]
        assert expected == got
        assert ["1", "2", "3", "4"] == [number for number, _ in told(items)]


STORED = [INFO, *(page(number) for number in range(1, 9))]


@pytest.mark.parametrize("suffix", [".warc.gz", ".wet.gz", ".warc.wet.gz"])
def test_packing_does_not_matter(suffix: str) -> None:
    """Plain, one member for each record, one for all, cut anywhere: the same documents."""
    whole = b"".join(STORED)
    plain = told(read(whole))

    assert 8 == len(plain)
    for payload in (
        members(STORED),
        gzip.compress(whole),
        members([whole[:700], b"", whole[700:]]),
        members(STORED) + bytes(600),
    ):
        assert plain == told(read(payload, suffix))


def unpacks(packed: bytes) -> bool:
    """Whether gzip finds nothing wrong."""
    try:
        gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return False
    return True


def ends_early(packed: bytes) -> bool:
    """Whether gzip waits for more: what is there looks like the beginning of a longer member."""
    try:
        gzip.decompress(packed)
    except EOFError:
        return True
    except (OSError, zlib.error):
        return False
    return False


@given(st.integers(0, 8), st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_member_is_one_rejection(index: int, at: int, flip: int) -> None:
    """Whatever byte of a member is damaged, the other members' records are all there."""
    packed = [gzip.compress(each, mtime=0) for each in STORED]
    bad = bytearray(packed[index])
    at %= len(bad)
    bad[at] ^= flip
    assume(not unpacks(bytes(bad)))  # some bits do not matter
    # The last member may look cut off: its record is there, as that of a truncated file is.
    assume(index < len(STORED) - 1 or not ends_early(bytes(bad)))
    others = [told(read(STORED[0] + each)) for number, each in enumerate(STORED) if number != index]
    texts = [what for items in others for _, what in items]
    items = read(b"".join([*packed[:index], bytes(bad), *packed[index + 1 :]]), ".warc.gz")

    assert texts == [item.content for item in items if isinstance(item, Document)]
    assert ["broken_compression"] == [item.reason for item in items if isinstance(item, Rejection)]


def test_a_last_member_without_its_end_keeps_its_record_and_is_reported() -> None:
    """All bytes of the record are there; where the member ends is not."""
    packed = [gzip.compress(each, mtime=0) for each in STORED]
    bad = bytearray(packed[-1])
    bad[-9] ^= 1
    items = read(b"".join([*packed[:-1], bytes(bad)]), ".warc.gz")

    assert ends_early(bytes(bad))
    assert told(read(b"".join(STORED))) == told(i for i in items if isinstance(i, Document))
    assert ["broken_compression"] == [i.reason for i in items if isinstance(i, Rejection)]


@given(st.integers(0, 5_000), st.sampled_from(["plain", "members", "whole"]))
def test_a_truncated_file_keeps_what_came_before(stop: int, packing: str) -> None:
    """Of a file cut anywhere, the records before the cut are there, and one rejection tells."""
    whole = b"".join(STORED)
    payload = {"plain": whole, "members": members(STORED), "whole": gzip.compress(whole)}[packing]
    kept = payload[: stop % len(payload)]
    items = read(kept, ".warc" if packing == "plain" else ".warc.gz")
    there = len(zlib.decompressobj(31).decompress(kept) if packing == "whole" else kept)
    sizes = [len(members([each])) if packing == "members" else len(each) for each in STORED]
    complete = sum(end <= there for end in accumulate(sizes))
    documents = [item for item in items if isinstance(item, Document)]

    assert told(read(whole))[: len(documents)] == told(documents)
    assert len(documents) >= complete - 1
    assert len(items) - len(documents) <= 1


@given(st.binary(max_size=300), st.integers(0, 4_000), st.integers(0, 400), st.booleans())
def test_any_damage_is_accounted_for(junk: bytes, at: int, cut: int, pack: bool) -> None:
    """Bytes replaced anywhere never raise, and never give a text that was not there."""
    payload = members(STORED) if pack else b"".join(STORED)
    at %= len(payload)
    items = read(payload[:at] + junk + payload[at + cut :], ".warc.gz" if pack else ".warc")

    assert items
    for item in items:
        if isinstance(item, Rejection):
            assert item.reason in REASONS
            assert (item.excerpt or "").isprintable()
    if pack:
        texts = {what for _, what in told(read(b"".join(STORED)))}
        assert texts >= {item.content for item in items if isinstance(item, Document)}


@given(st.binary(max_size=300), st.sampled_from([".warc", ".wet", ".warc.gz", ".warc.wet.gz"]))
def test_any_bytes_give_an_item(payload: bytes, suffix: str) -> None:
    """A file of anything is read without an error, and leaves at least one item."""
    assert read(payload, suffix)
    assert read(gzip.compress(payload), suffix)


def test_what_another_writer_wrote_is_read_alike() -> None:
    """A file of warcio's has the records that warcio finds in it."""
    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=True)
    found = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "x")], is_http_request=True)
    for number in range(3):
        address = f"https://example.org/{number}"
        for kind, body, headers in (
            ("request", "", asked),
            ("response", f"<p>Story {number}, Köln.</p>", found),
        ):
            stored = writer.create_warc_record(
                address, kind, io.BytesIO(body.encode()), http_headers=headers
            )
            writer.write_record(stored)
            stored.raw_stream.close()
    theirs = [
        (
            found.rec_headers.get_header("WARC-Target-URI"),
            found.rec_headers.get_header("WARC-Record-ID")[len("<urn:uuid:") : -1],
            found.rec_headers.get_header("WARC-Date"),
            found.content_stream().read().decode(),
        )
        for found in ArchiveIterator(io.BytesIO(stream.getvalue()))
        if found.rec_type == "response"
    ]
    ignored = Counter[str]()
    ours = read(stream.getvalue(), ".warc.gz", ignored=ignored)

    assert theirs == [(item.url, item.record_id, item.fetched_at, item.content) for item in ours]
    assert {"warc:request": 3} == ignored


class Dribbling(io.BytesIO):
    """A stream that never gives more than a few bytes at once."""

    step = 1

    def read(self, size: int | None = -1) -> bytes:
        """Read at most ``step`` bytes."""
        return super().read(self.step if size is None or size < 0 else min(size, self.step))


@given(
    st.integers(1, 50),
    st.binary(max_size=20),
    st.integers(0, 4_000),
    st.integers(0, 400),
    st.sampled_from(["plain", "members", "whole"]),
)
def test_how_a_file_is_handed_over_does_not_matter(
    step: int, junk: bytes, at: int, cut: int, packing: str
) -> None:
    """Sound or damaged, a file that comes in drops gives what it gives in one piece."""
    whole = b"".join(STORED)
    payload = {"plain": whole, "members": members(STORED), "whole": gzip.compress(whole)}[packing]
    at %= len(payload)
    payload = payload[:at] + junk + payload[at + cut :]
    part = Part("a", "in/a", ".warc" if packing == "plain" else ".warc.gz")
    stream = Dribbling(payload)
    stream.step = step

    once = read_part(part, lambda _: io.BytesIO(payload), InputConfig())
    assert told(once) == told(read_part(part, lambda _: stream, InputConfig()))


@given(
    st.sampled_from(sorted(CODERS)),
    st.booleans(),
    st.binary(max_size=60),
    st.integers(0, 300),
    st.binary(max_size=20),
    st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200\r\nContent-Type: text/html\r\n"]),
)
def test_any_response_gives_an_item_or_is_counted(
    coding: str, cut: bool, body: bytes, at: int, junk: bytes, first: bytes
) -> None:
    """Damaged heads and bodies never raise; the record is one item or one count."""
    coded = CODERS[coding](body + PAGE.encode())
    sent = chunked(coded) if cut else coded
    headers = {"Content-Encoding": coding, "Transfer-Encoding": "chunked"}
    head = first + junk + b"\r\n\r\n" if junk else b""
    for block in (
        http(sent[:at] + junk + sent[at + 2 :], HTML | headers),
        head + sent,
    ):
        ignored = Counter[str]()
        items = read(record(block), ignored=ignored)

        assert 1 == len(items) + ignored.total()


def test_records_that_claim_what_follows_do_not_multiply_the_work() -> None:
    """Each of a few is a rejection; of thousands, one in the end takes the rest."""
    endless = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999\r\n\r\n"

    for times, most in [(40, 40), (60_000, 1_000)]:
        found = read(endless * times, max_bytes=20_000_000)

        assert min(times, 2) <= len(found) <= most
        assert {"broken_record"} == {rejection.reason for rejection in found}


def test_the_end_of_headers_is_found_however_the_bytes_arrive() -> None:
    """It may be parted anywhere: damaged gzip comes byte by byte."""
    whole = record(b"<p>The tram stopped.</p>", kind="resource", mime="text/html")
    for size in (1, 2, 3, 7):
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        (found,) = warc_records(iter(pieces), 10_000)

        assert isinstance(found, WarcRecord)
        assert b"<p>The tram stopped.</p>" == found.block


def test_a_record_without_an_address_has_the_site_that_its_path_names() -> None:
    """``input.site`` holds for it as for any document without a url."""
    payload = record(http(PAGE.encode()), WARC_Target_URI=None)
    part = Part("/in/ely.example/a.warc", "ely.example/a.warc", ".warc")
    config = InputConfig(site="{site}/**")
    (document,) = read_part(part, lambda _: io.BytesIO(payload), config)

    assert (None, "ely.example") == (document.url, document.site)


@pytest.mark.parametrize(
    ("reason", "flags"),
    [
        ("length", ("truncated",)),
        ("time", ("truncated",)),
        (" Disconnect ", ("truncated",)),
        ("unspecified", ("truncated",)),
        ("another reason", ("truncated",)),
        ("", ()),
        ("-", ()),
        (None, ()),
    ],
)
@pytest.mark.parametrize(
    ("kind", "mime", "block"),
    [
        ("response", "application/http; msgtype=response", http(b"<p>The ferry is")),
        ("resource", "text/html", b"<p>The ferry is"),
        ("conversion", "text/plain", b"The ferry is"),
    ],
)
def test_a_record_that_the_crawler_cut_off_is_flagged(kind, mime, block, reason, flags):
    """WARC-Truncated, with any reason: its text is kept, but not as though it were whole."""
    (document,) = read(record(block, kind=kind, mime=mime, WARC_Truncated=reason))

    assert flags == document.flags
    assert document.content.endswith("The ferry is")


def test_a_record_that_was_cut_off_says_so_with_its_other_flags():
    """Flags of the content stay; the next record is not flagged."""
    block = b"<p>One.</p><p>The ferry is"
    cut = record(block, kind="conversion", mime="text/plain", WARC_Truncated="length")
    first, second = read(cut + record(block, 2, kind="conversion", mime="text/plain"))

    assert ("markup_in_text", "truncated") == first.flags
    assert ("markup_in_text",) == second.flags
