"""Bytes → text."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.read.encoding import UndecodableError, decode
from pipeline.text.lines import split_lines

CASES = yaml.safe_load((Path(__file__).parent / "encodings.yaml").read_text("utf-8"))
TEXTS = [
    pytest.param(case["text"], encoding, id=f"{case['name']} in {encoding}")
    for case in CASES["western"] + CASES["other"]
    for encoding in case["encodings"]
]


@pytest.mark.parametrize(("text", "encoding"), TEXTS)
def test_one_story_is_one_text_in_every_encoding(text: str, encoding: str) -> None:
    """A story has the same text whatever encoding it is stored in, declared or not."""
    assert text == decode(text.encode(encoding), html=False).text


def page(label: str, text: str, codec: str) -> tuple[str, bytes]:
    """A page that declares *label* and is encoded by *codec*."""
    head = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={label}">'
    whole = f"{head}</head><body><p>{text}</p></body></html>"
    return whole, whole.encode(codec)


@pytest.mark.parametrize("case", CASES["declared"] + CASES["misdeclared"], ids=lambda c: c["label"])
def test_a_page_is_decoded_by_what_its_label_means(case: dict[str, str]) -> None:
    """A declared charset counts, as browsers understand it, unless the bytes say otherwise."""
    whole, payload = page(case["label"], case["text"], case["codec"])

    assert whole == decode(payload, html=True).text


def test_a_charset_in_a_text_is_not_a_declaration() -> None:
    """In plain text a meta tag is only text."""
    whole, payload = page("windows-1251", "Grüße aus Köln", "cp1252")

    assert whole == decode(payload, html=False).text


@pytest.mark.parametrize(
    ("declared", "text", "codec"),
    [
        ("Windows-1251", "Музей откроется позже.", "cp1251"),
        ("iso-8859-2", "Zażółć gęślą jaźń.", "iso8859_2"),
        ("UTF-16LE", "博物館は遅く開きます。", "utf-16-le"),
        ("utf-16be", "博物館は遅く開きます。", "utf-16-be"),
        ("utf-16", "Das Museum in Köln öffnet später.", "utf-8"),
        ("iso-8859-1", "Das Museum in Köln öffnet später.", "utf-8"),
        ("no such charset", "Das Museum in Köln öffnet später.", "cp1252"),
        ("cp932", "Das Museum in Köln öffnet später.", "utf-8"),
    ],
)
@pytest.mark.parametrize("html", [True, False])
def test_the_charset_that_comes_with_the_bytes_counts(
    declared: str, text: str, codec: str, html: bool
) -> None:
    """What HTTP declares counts for texts and pages, unless the bytes are UTF-8."""
    assert text == decode(text.encode(codec), html=html, declared=declared).text


def test_the_charset_that_comes_with_the_bytes_goes_before_that_within() -> None:
    """Where HTTP and the page disagree, HTTP is right, as for browsers."""
    whole, payload = page("windows-1252", "Музей откроется позже.", "cp1251")

    assert whole == decode(payload, html=True, declared="windows-1251").text


def test_a_declaration_after_2048_bytes_does_not_count() -> None:
    """Browsers look at the first 2,048 bytes only, and so does this."""
    whole = " " * 2048 + '<meta charset="windows-1251"><p>Grüße aus Köln</p>'

    assert whole == decode(whole.encode("cp1252"), html=True).text


@pytest.mark.parametrize(
    "payload",
    [
        b"PK\x03\x04\x14\x00",
        b"%PDF-1.7\n1 0 obj",
        gzip.compress(b"story", mtime=0),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"\x00\x01\x02\x03",
        bytes(range(256)) * 8,
    ],
    ids=lambda payload: repr(payload[:5]),
)
def test_binary_is_refused(payload: bytes) -> None:
    """Archives, pictures and other bytes full of control characters are no text."""
    with pytest.raises(UndecodableError):
        decode(payload, html=False)


@pytest.mark.parametrize(("controls", "refused"), [(2, False), (3, True)])
def test_one_control_character_in_a_hundred_is_allowed(controls: int, refused: bool) -> None:
    """Of 100 bytes, 2 control characters are an accident, 3 are binary."""
    payload = b"\x01" * controls + b"a" * (100 - controls)

    if refused:
        with pytest.raises(UndecodableError, match="3 of 100 bytes"):
            decode(payload, html=False)
    else:
        assert payload.decode() == decode(payload, html=False).text


def test_utf8_survives_a_damaged_byte() -> None:
    """UTF-8 that was cut within a character loses that character only."""
    text = "Grüße und Küsse über Brücken, für fünf Örtchen – spä"

    assert text[:-1] + "\ufffd" == decode(text.encode()[:-1], html=False).text


def test_a_mark_is_no_part_of_the_text() -> None:
    """The byte order mark is not in the text, so that spans count from the first letter."""
    assert decode(b"\xef\xbb\xbfA", html=False).text == "A"


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_decode_or_are_refused(payload: bytes, html: bool) -> None:
    """No bytes raise anything but UndecodableError, and the answer is encodable text."""
    with suppress(UndecodableError):
        decode(payload, html=html).text.encode()


@given(st.text(max_size=200))
def test_utf8_is_always_understood(text: str) -> None:
    """Whatever is valid UTF-8 without many control characters is read as it."""
    story = "".join(char for char in text if char.isprintable()).lstrip("\ufeff")

    assert story == decode(story.encode(), html=False).text


@pytest.mark.slow
def test_detection_is_the_same_in_every_process() -> None:
    """The seed of Python's hashes has no part in the answer."""
    text = next(case["text"] for case in CASES["other"] if case["name"] == "Polish")
    code = (
        "import sys; from pipeline.read.encoding import decode;"
        "print(decode(sys.stdin.buffer.read(), html=False).encoding)"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=text.encode("iso8859_2"),
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert answers == {b"iso8859_2\n"}


UNMARKED = {
    "ja": "フェリーは火曜日に河口に戻った。\n市長は橋が閉鎖されたと述べた。\n",
    "zh": "渡轮周二返回河口。\n市长表示，桥梁已关闭进行维修。2024年3月7日\n",
    "ko": "여객선이 화요일에 하구로 돌아왔다.\n시장은 다리가 폐쇄되었다고 말했다.\n",
    "ru": "Паром вернулся на лиман во вторник.\nМэр сказал, что мост закрыт.\n",
    "el": "Το πλοίο επέστρεψε την Τρίτη.\n",
    "ar": "عادت العبارة يوم الثلاثاء.\n",
    "he": "המעבורת חזרה ביום שלישי.\n",
    "hi": "नौका मंगलवार को लौट आई। पुल बंद है\n",
    "th": "เรือข้ามฟากกลับมาเมื่อวันอังคาร\nสะพานปิด\n",
    "ka": "ბორანი დაბრუნდა სამშაბათს.\n",
    "am": "ጀልባው ማክሰኞ ተመለሰ። ድልድዩ ተዘግቷል\n",
    "de": "Die Fähre kehrte am Dienstag zurück – „endlich“.\n",
}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("times", [1, 30])
@pytest.mark.parametrize("language", UNMARKED)
def test_utf_16_without_a_mark_is_read_in_any_script(language, times, encoding):
    """Either byte order, one line or many."""
    text = UNMARKED[language] * times

    assert text == decode(text.encode(encoding), html=False).text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-32-le", "utf-32-be", "gb18030", "shift_jis", "cp1251"]
)
@pytest.mark.parametrize("language", UNMARKED)
def test_other_encodings_with_zero_bytes_are_not_utf_16(language, encoding):
    """A stray zero byte does not turn a text into Chinese."""
    try:
        payload = (UNMARKED[language] * 5).encode(encoding)
    except UnicodeEncodeError:
        return
    for damaged in (payload + b"\0", b"\0" + payload, payload[:20] + b"\0\0" + payload[20:]):
        try:
            assert "utf-16" not in decode(damaged, html=False).encoding
        except UndecodableError:
            continue


BREAKS = {"VT": "\v", "FF": "\f", "NEL": "\x85", "LS": "\u2028", "PS": "\u2029", "CR": "\r"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line", ["Bo.", "The ferry is back.", "橋が 閉鎖された。"])
@pytest.mark.parametrize("name", BREAKS)
def test_a_line_break_of_any_kind_is_no_control_character(name, line, encoding):
    """However short the lines are, they are text, and end where the break is."""
    text = BREAKS[name].join([line] * 40)
    found = decode(text.encode(encoding), html=False).text

    assert text == found
    assert [line] * 40 == [each.text for each in split_lines(found)]


@pytest.mark.parametrize("control", [0x01, 0x08, 0x0E, 0x1C, 0x1F, 0x7F])
def test_other_control_characters_are_binary(control):
    """Also between words: no editor writes them."""
    with pytest.raises(UndecodableError, match="control characters"):
        decode(bytes([control]).join([b"Bo."] * 40), html=False)
