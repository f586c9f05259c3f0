"""Inputs that are almost right: valid ones of each kind, changed in a few places.

All choices are those of the ``random.Random`` that is handed in: a seed names an input.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zlib
from collections.abc import Callable
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from tests.campaigns.pieces import (
    ODD_BYTES,
    ODD_TAGS,
    ODD_TEXT,
    ODD_VALUES,
    ODD_YAML,
    SENTENCES,
    YAML,
)


def story(dice: random.Random) -> str:
    """Invent a text of a few lines."""
    gap = dice.choice(["\n", "\n\n", " ", "\r\n"])
    return gap.join(dice.choices(SENTENCES, k=dice.randint(0, 14)))


def odd_text(dice: random.Random) -> str:
    """Invent a text and change it in up to six places."""
    return _changed(story(dice), ODD_TEXT, dice)


def long_text(dice: random.Random, odd: list[str] = ODD_TEXT) -> str:
    """Repeat a few pieces up to 200,000 characters: what takes the square of its length shows."""
    unit = "".join(dice.choice(odd if dice.random() < 0.6 else SENTENCES) for _ in range(3))
    unit += dice.choice(["", "\n", " "])
    return story(dice) + unit * (200_000 // len(unit)) + story(dice)


def long_page(dice: random.Random) -> str:
    """Repeat a few pieces of markup, or of text, within a page."""
    inner = long_text(dice, dice.choice([ODD_TEXT, ODD_TAGS]))
    return f"<html><body><article>{inner}</article></body></html>"


def page(dice: random.Random) -> str:
    """Invent a page, with metadata, and change it in up to six places."""
    lines = "".join(f"<p>{line}</p>" for line in story(dice).splitlines())
    data = json.dumps(
        {"@type": "NewsArticle", "headline": "A headline", "author": {"name": "Jo Li"}}
    )
    head = dice.choice(
        [
            "<title>A headline | The Courier</title><meta charset='utf-8'>",
            f'<script type="application/ld+json">{data}</script>',
            '<meta property="og:title" content="A headline"><meta name="author" content="Jo Li">',
            '<link rel="canonical" href="https://example.org/2024/05/03/tram">',
        ]
    )
    body = dice.choice(
        ["<article>{}</article>", "<div><div>{}</div></div>", "<table><td>{}</table>"]
    )
    whole = f"<html><head>{head}</head><body><h1>A headline</h1>{body.format(lines)}</body></html>"
    return _changed(whole, ODD_TAGS if dice.random() < 0.6 else ODD_TEXT, dice)


def record(dice: random.Random) -> bytes:
    """Invent a line of JSONL, with odd values at times."""
    values = [None, 7, 1e300, True, [], {}, [["x"]], {"name": "Jo Li"}, "", "\ud800", "2024-05-03"]
    fields: dict[str, object] = {"text": odd_text(dice)}
    if dice.random() < 0.3:
        fields["html"] = page(dice)
    for name in ("id", "url", "title", "authors", "date_published", "fetched_at", "\0", "x" * 200):
        if dice.random() < 0.3:
            fields[name] = dice.choice([*values, odd_text(dice)])
    return json.dumps(fields, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")


def jsonl(dice: random.Random) -> bytes:
    """Invent a JSONL file."""
    return b"\n".join(record(dice) for _ in range(dice.randint(0, 4))) + b"\n"


FIELDS = ("id", "url", "title", "authors", "date_published", "fetched_at", "\0", "views")


def rows(dice: random.Random) -> list[dict[str, str]]:
    """Invent rows of a table of texts, under some of the fields, with odd values at times."""
    names = ["text", *dice.sample(FIELDS, dice.randint(0, 4))]
    values = ["", "2024-05-03", "Jo Li, Ida Voss", "http://example.org/a"]
    return [
        {
            name: odd_text(dice) if name == "text" or dice.random() < 0.2 else dice.choice(values)
            for name in names
        }
        for _ in range(dice.randint(1, 4))
    ]


def csv_rows(dice: random.Random) -> bytes:
    """Invent a CSV file, with any delimiter and manner of quoting."""
    table, sink = rows(dice), io.StringIO()
    manners = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE]
    quoting = dice.choice(manners if len(table[0]) > 1 else manners[:2])
    writer = csv.DictWriter(
        sink, list(table[0]), delimiter=dice.choice(",;\t"), quoting=quoting, escapechar="\\"
    )
    writer.writeheader()
    writer.writerows(table)
    return sink.getvalue().encode("utf-8", "surrogatepass")


def parquet(dice: random.Random) -> bytes:
    """Invent a Parquet file, its columns of fitting and of other types."""
    table = rows(dice)
    count = len(table)
    others: list[list[object]] = [
        [7] * count,
        [1.5] * count,
        [None] * count,
        [[["Jo Li"]]] * count,
        [["Jo Li", None]] * count,
        [b"\xff"] * count,
        [datetime(2024, 5, 3, 12)] * count,  # noqa: DTZ001 - without an offset, as tables have it
        [{"a": 1}] * count,
    ]
    columns: dict[str, list[object]] = {}
    for name in table[0]:
        kept: list[object] = [row[name].encode("utf-8", "replace").decode() for row in table]
        columns[name] = dice.choice(others) if dice.random() < 0.3 else kept
    sink = io.BytesIO()
    compression = dice.choice(["none", "snappy", "zstd", "gzip"])
    pq.write_table(pa.table(columns), sink, row_group_size=2, compression=compression)
    return sink.getvalue()


def warc_record(dice: random.Random) -> bytes:
    """Invent a record of an archive."""
    body = page(dice).encode("utf-8", "replace")
    coding, packed = dice.choice(
        [("", body), ("gzip", gzip.compress(body)), ("deflate", zlib.compress(body)), ("br", body)]
    )
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    http += f"Content-Encoding: {coding}\r\n".encode() if coding else b""
    if dice.random() < 0.3:
        http += b"Transfer-Encoding: chunked\r\n"
        packed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)
    kind = dice.choice(
        [b"response", b"response", b"resource", b"conversion", b"request", b"warcinfo"]
    )
    block = http + b"\r\n" + packed if kind == b"response" else body
    mime = b"application/http" if kind == b"response" else b"text/html"
    head = b"WARC/1.0\r\nWARC-Type: %b\r\nWARC-Record-ID: <urn:uuid:%d>\r\n" % (
        kind,
        dice.randint(0, 9),
    )
    head += b"WARC-Target-URI: http://example.org/a\r\nContent-Type: %b\r\n" % mime
    return head + b"Content-Length: %d\r\n\r\n%b\r\n\r\n" % (len(block), block)


def warc(dice: random.Random) -> bytes:
    """Invent an archive."""
    return b"".join(warc_record(dice) for _ in range(dice.randint(1, 4)))


def warc_gz(dice: random.Random) -> bytes:
    """Invent an archive with a gzip member for each record."""
    return b"".join(
        gzip.compress(damaged(warc_record(dice), dice)) for _ in range(dice.randint(1, 4))
    )


def stored(suffix: str, dice: random.Random) -> bytes:
    """Invent the bytes of a file of this kind, and damage them."""
    if suffix == "warc.gz":
        return damaged(warc_gz(dice), dice)
    kind, _, packing = suffix.partition(".")
    whole = damaged(_MAKERS[kind](dice), dice)
    if packing == "gz":
        return damaged(gzip.compress(whole), dice)
    if packing == "zst":
        return damaged(zstandard.ZstdCompressor().compress(whole), dice)
    return whole


def encoded(text: str, dice: random.Random) -> bytes:
    """Encode *text* in one of several encodings."""
    codecs = ["utf-8"] * 3 + ["utf-16", "utf-16-le", "cp1252", "cp932", "gb18030", "koi8-r"]
    return text.encode(dice.choice(codecs), "replace")


def json_array(dice: random.Random) -> bytes:
    """Invent an array of records, or one, or several after one another."""
    lines = jsonl(dice).splitlines()
    array = b"[" + b",\n".join(lines)
    return dice.choice([array + b"]", array, b"".join(lines[:1]), b" ".join(lines)])


_MAKERS: dict[str, Callable[[random.Random], bytes]] = {
    "txt": lambda dice: encoded(odd_text(dice), dice),
    "html": lambda dice: encoded(page(dice), dice),
    "warc": warc,
    "parquet": parquet,
    "jsonl": jsonl,
    "json": json_array,
    "csv": csv_rows,
}


def yaml_text(dice: random.Random) -> str:
    """Invent a configuration with odd values at times, and change it in up to six places."""
    lines = YAML.splitlines() if dice.random() < 0.95 else [""]
    for _ in range(dice.choice([0, 0, 1, 2])):
        at = dice.randrange(len(lines))
        name, colon, _ = lines[at].partition(":")
        lines[at] = f"{name}{colon} {dice.choice(ODD_VALUES)}"
    return _changed("\n".join(lines) + "\n", ODD_YAML, dice)


def damaged(whole: bytes, dice: random.Random) -> bytes:
    """Change *whole* in up to four places: flip, drop, double, insert, cut off."""
    changed = bytearray(whole)
    for _ in range(dice.choice([0, 1, 1, 2, 4])):
        at = dice.randint(0, len(changed))
        length = dice.choice([1, 1, 4, 64])
        match dice.randrange(6):
            case 0 if at < len(changed):
                changed[at] ^= 1 << dice.randrange(8)
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length * 8]
            case 3 | 4:
                changed[at:at] = dice.choice(ODD_BYTES)
            case _:
                del changed[at:]
    return bytes(changed)


def _changed(text: str, odd: list[str], dice: random.Random) -> str:
    for _ in range(dice.choice([0, 1, 2, 3, 6])):
        at = dice.randint(0, len(text))
        length = dice.choice([0, 1, 5, 40])
        put = dice.choice(odd) if dice.random() < 0.7 else text[at : at + 200]
        text = text[:at] + put + text[at + length :]
    return text
