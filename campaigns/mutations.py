"""Inputs that are almost right: valid ones of each kind, changed in a few places.

All choices are those of the ``random.Random`` that is handed in: a seed names an input.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib

import zstandard

SENTENCES = [
    "The tram to Vellmer stopped at noon because the bridge was closed.",
    "By Ida Voss, Harbour Desk",
    "Published: 3 May 2024 14:05 CEST | Updated 4 May 2024",
    "MARROW QUAY (Reuters) - Council members voted 7-2 on Tuesday.",
    "Read more: Ferry returns after storm",
    "Share this story on Facebook | Twitter | Email",
    "© 2024 The Tarnmouth Courier. All rights reserved.",
    "“We had to wait,” said Jo Li, 54, of the library.",
    "市議会は火曜日に橋の修理を決めた。",
    "Мост закрыт до понедельника, сообщил порт.",
    "توقف الترام عند الظهر.",
    "Advertisement",
    "* Photo: A ferry at the quay. (AP Photo/I. Voss)",
    "Comments (12)",
]
ODD_TEXT = [
    *(
        "\0",
        "\ufeff",
        "\u2028",
        "\u0085",
        "\r",
        "\r\n",
        "\n" * 50,
        "\t",
        "\ufffd",
        "\u202e",
        "\xad",
    ),
    *("a\u0301" * 40, "\U0001f468\u200d\U0001f469", "(" * 300, ")" * 300, "<" * 300, "&#x110000;"),
    *(
        "&amp;" * 90,
        " " * 3_000,
        "a" * 3_000,
        "1" * 500,
        "9" * 30,
        "-" * 400,
        "| " * 300,
        "," * 900,
    ),
    *("A. " * 200, "By " * 200, "2024-13-45T99:99:99+99:99", "0000-00-00", "31 February 99999"),
    *("http://[::1", "https://ex ample.org/%zz", "By ", "—" * 60, "\u0e01" * 300, "é" * 300),
    *("Mon Tue Wed 12:99 pm", "May 2024 " * 60, "\x1b[31m", "${x}", "%s%n", "\ud7ff", "\U0010ffff"),
]
ODD_TAGS = [
    *(
        "<p>",
        "</p>",
        "<div>" * 200,
        "</div>" * 9,
        "<!--",
        "-->",
        "<![CDATA[",
        "<script>",
        "<table>",
    ),
    *("<br>" * 90, "<title>", "</html>", '<meta charset="utf-7">', "<base href='//'>", "<svg><a>"),
    *('<script type="application/ld+json">{"@graph": [[[]]], "datePublished": 7}</script>',),
    *('<script type="application/ld+json">' + "[" * 3_000 + "</script>",),
    *('<meta property="article:published_time" content="yesterday">', "<template>", "<li>" * 50),
    *('<meta name="author" content="">', '<link rel="canonical" href="javascript:0">', "<p\x00>"),
    *(
        '<time datetime="99999999999999">',
        "<b" * 60,
        "&lt;p&gt;",
        "<?xml version='1.0'?>",
        "<p a=" * 30,
    ),
]
ODD_BYTES = [
    *(
        b"\0",
        b"\xff",
        b"\xfe\xff",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\x1b$B",
    ),
    *(b"\n", b"\r\n\r\n", b"\n\n", b"WARC/1.0\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\x1f\x8b\x08"),
    *(b"Content-Length: 99999999999999999\r\n", b"Content-Length: -1\r\n", b"\x28\xb5\x2f\xfd"),
    *(
        b"[" * 3_000,
        b'{"a":' * 3_000,
        b'"',
        b"\\",
        b"\\ud800",
        b"1e999",
        b"NaN",
        b"null",
        b"{}",
        b"9" * 5_000,
    ),
    *(
        b"Transfer-Encoding: chunked\r\n",
        b"ffffffffffffffff\r\n",
        b"Content-Encoding: gzip, br\r\n",
    ),
]
YAML = """\
input:
  paths: [raw/, 'more/*.jsonl']
  fields: {body: text, link: url}
  max_bytes: 20000000
clean:
  mode: careful
judge:
  languages: [en, sr-Latn]
  min_words: 10
dedup:
  bands: 64
  similarity: 0.5
write: {output: out/}
run:
  workers: auto
"""
ODD_YAML = [
    *(
        "&a",
        "*a",
        "!!python/object:os.system",
        "!!set",
        "!!timestamp ",
        "? ",
        "- ",
        "---\n",
        "...\n",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        ": ",
        "'",
        '"',
        "|",
        ">",
        "\t",
        "#",
        "%YAML 9\n",
        "<<: ",
        "~",
        "0x_",
        "1:60:60",
    ),
    *(
        "[" * 500,
        "{a: " * 200,
        ".nan",
        ".inf",
        "-1",
        "1e400",
        "9" * 5_000,
        "\0",
        "\x85",
        "\ud7ff",
        "yes",
    ),
    *(
        "2024-99-99",
        "!!binary x",
        "!!int x",
        "!!float x",
        "!!omap [a]",
        "=",
        "\u2028",
        "a: &x [*x]\n",
    ),
]


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
    if suffix in ("txt", "html"):
        text = odd_text(dice) if suffix == "txt" else page(dice)
        codec = dice.choice(
            ["utf-8", "utf-8", "utf-8", "utf-16", "cp1252", "cp932", "gb18030", "koi8-r"]
        )
        return damaged(text.encode(codec, "replace"), dice)
    if suffix in ("warc", "warc.gz"):
        return damaged(warc(dice) if suffix == "warc" else warc_gz(dice), dice)
    whole = damaged(jsonl(dice), dice)
    if suffix == "jsonl.gz":
        return damaged(gzip.compress(whole), dice)
    if suffix == "jsonl.zst":
        return damaged(zstandard.ZstdCompressor().compress(whole), dice)
    return whole


def yaml_text(dice: random.Random) -> str:
    """Invent a configuration, and change it in up to six places."""
    return _changed(YAML, ODD_YAML, dice)


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
