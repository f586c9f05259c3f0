"""What inputs for the fuzz campaign are made of: sentences, and odd text, tags, bytes and YAML."""

from __future__ import annotations

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
ODD_VALUES = [
    *("yes", "off", "5", "0", "-1", "0.5", "1e3", "7.0", "auto", "~", "''", "[]", "{}", "[[]]"),
    *(
        "[en, 7]",
        "{a: {b: c}}",
        "{5: 6}",
        "2024-05-03",
        "!!binary aGk=",
        "!!set {a}",
        "9_9",
        "1:30",
    ),
]
"""What a setting may be given instead of what it should have."""
