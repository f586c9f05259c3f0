"""Pages to articles."""

from __future__ import annotations

import logging
import re
import socket
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import fromstring, tostring
from trafilatura.htmlprocessing import prune_html

from pipeline.clean.html import candidates
from pipeline.clean.html.candidates import MAX_CHARS, MAX_ELEMENTS, agree
from pipeline.clean.html.extract import extract_page, without_head
from pipeline.clean.html.metadata import PageMetadata
from pipeline.config import JudgeConfig
from pipeline.judge import no_body_left
from pipeline.read.encoding import decode
from pipeline.records import Article, Document, Evidence

FOLDER = Path(__file__).parents[2] / "cases" / "html"
CASES = yaml.safe_load((FOLDER / "pages.yaml").read_text("utf-8"))
SOURCES = Path(__file__).parents[3] / "pipeline"
STORY = "The harbour council met on Tuesday and spoke of nothing but the price of rope. " * 8
OTHER = "Nobody in the lower town had seen the lamp burn before the second of March. " * 8


def extract(content: str, **declared: Any) -> Article:
    """The article of a page, with what its record declares."""
    document = Document(
        id="0" * 32,
        record_id="page",
        source="page.html",
        media_type="text/html",
        content=content,
        **declared,
    )
    return extract_page(document)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["page"])
def test_a_page_gives_its_story_and_metadata(case: dict[str, Any]) -> None:
    """Every field is the page's own, and null where the page says nothing."""
    content = (FOLDER / case["page"]).read_text("utf-8")
    article = extract(content)
    published, modified = article.date_published, article.date_modified
    flat = " ".join(article.text.split())

    assert case["title"] == article.title
    assert tuple(case["authors"]) == article.authors
    assert case["date_published"] == (published and published.isoformat())
    assert case["date_modified"] == (modified and modified.isoformat())
    assert case["url"] == article.url
    assert case["site"] == article.site
    assert case["section"] == article.section
    assert tuple(case["keywords"]) == article.keywords
    assert [] == [part for part in case["text_has"] if " ".join(part.split()) not in flat]
    assert [] == [part for part in case["text_lacks"] if part in flat]
    assert len(content) == article.raw_char_count
    assert article.extractor.startswith("trafilatura")
    sources = [item.source for item in article.evidence if item.field == "title"]
    assert set(case["title_sources"]) <= set(sources)


def test_the_winner_stands_first_among_the_evidence() -> None:
    """The first evidence for a field is the one its value comes from."""
    article = extract((FOLDER / "ferry.html").read_text("utf-8"))
    first: dict[str, str] = {}
    for item in article.evidence:
        first.setdefault(item.field, item.value)

    assert first["title"] == article.title
    assert first["url"] == article.url
    assert first["authors"] == "; ".join(article.authors)
    assert first["date_published"] == "2024-02-29T00:30:00+02:00"


def test_paragraphs_are_separated_by_a_blank_line() -> None:
    """The text has one blank line between paragraphs and none at its ends."""
    text = extract((FOLDER / "ferry.html").read_text("utf-8")).text

    assert 3 == len(text.split("\n\n"))
    assert "\n\n\n" not in text
    assert text == text.strip()


def test_a_headline_leaves_the_text_and_its_span_is_kept() -> None:
    """The first line that repeats a title is cut; the span counts the extraction."""
    title = "Rope prices rise again in the old harbour"
    page = f"<html><body><article><h2>{title}</h2><p>{STORY}</p><p>{STORY}</p></article></body>"
    article = extract(page, title=title)

    assert title not in article.text
    assert [(0, len(title), "headline")] == [(r.start, r.end, r.rule) for r in article.removed]


def test_a_page_whose_root_is_a_drawing_is_read() -> None:
    """An opinion that fails on a page has no vote; the page is not lost."""
    article = extract("<svg><title>Rope</title><text>A coil of rope</text></svg>")

    assert article.date_published is None


def test_a_story_that_only_begins_like_its_title_is_kept() -> None:
    """A paragraph that starts with the words of the title is prose."""
    title = "The harbour council met on Tuesday"
    article = extract(f"<html><head><title>{title}</title></head><body><p>{STORY}</p></body>")

    assert STORY.strip() == article.text
    assert () == article.removed


def test_the_fields_of_the_record_win() -> None:
    """What the record declares stands above everything on the page."""
    article = extract(
        (FOLDER / "ferry.html").read_text("utf-8"),
        url="https://www.norhaven-lantern.example/local/ferry-line?fbclid=1",
        title="Declared",
        authors=("Iris Feldspar",),
        date_published="2020-01-02T03:04:05Z",
        fetched_at="2024-03-01T00:00:00Z",
    )

    assert article.title == "Declared"
    assert article.authors == ("Iris Feldspar",)
    assert article.date_published is not None
    assert article.date_published.instant == datetime(2020, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert article.fetched_at is not None
    assert ["record", "record", "record"] == [
        next(item.source for item in article.evidence if item.field == field)
        for field in ("title", "authors", "date_published")
    ]


HOSTILE = {
    "empty": "",
    "blank": " \n\t",
    "plain text": "no markup at all",
    "comment": "<!-- nothing -->",
    "frames": "<html><frameset><frame src='a.html'></frameset></html>",
    "no body": "<html><head><title>x</title></head></html>",
    "null bytes": f"<html><body><p>{chr(0).join(STORY)}</p></body></html>",
    "lone surrogate": f"<html><body><p>\ud800{STORY}</p></body></html>",
    "declared encoding": "<?xml version='1.0' encoding='utf-16'?>"
    f"<html><body><p>{STORY}</p></body></html>",
    "entity bomb": "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>"
    "<html><body><p>&b;</p></body></html>",
    "nested tags": "<html><body>" + "<div>" * 100_000 + STORY,
    "nested json": "<html><head><script type='application/ld+json'>" + "[" * 100_000 + "</script>",
    "nested nodes": "<html><script type='application/ld+json'>"
    + '{"@graph":[' * 400
    + "]}" * 400
    + f"</script><body><p>{STORY}</p></body></html>",
    "large attribute": f"<html><body><p class='{'x ' * 500_000}'>{STORY}</p></body></html>",
    "large headline": "<html><head><script type='application/ld+json'>"
    '{"@type":"Article","headline":"'
    + "a" * 1_000_000
    + f'"}}</script></head><body><p>{STORY}</p></body></html>',
    "20 MB": f"<html><body>{f'<p>{STORY}</p>' * (20_000_000 // len(STORY))}</body></html>",
    "200,000 elements": "<html><body>" + "<p><a href=x>rope</a></p>" * 200_000,
    "bad urls": "<html><head><link rel=canonical href='http://[::1'><base href='::'></head>"
    "<meta property='og:url' content='//['>",
    "odd json": "<html><script type='application/ld+json'>"
    '[{"@type":[1,null],"author":[[1],{"name":{"a":1}}]},{"@type":"Article","headline":[7],'
    '"author":{"@id":["x"]},"datePublished":{"a":1},"keywords":[1]}, 5, "a"]</script>',
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_ends_in_an_article(name: str) -> None:
    """Whatever a page holds, it ends within seconds in an article, if without text."""
    start = time.monotonic()
    article = extract(HOSTILE[name])

    assert time.monotonic() - start < 20
    assert isinstance(article.text, str)
    assert len(HOSTILE[name]) == article.raw_char_count


@pytest.mark.slow
@pytest.mark.parametrize("name", ["null bytes", "lone surrogate", "large attribute"])
def test_a_spoilt_page_keeps_its_story(name: str) -> None:
    """Bytes that do not belong in a page cost it no story."""
    assert "the price of rope" in extract(HOSTILE[name]).text


@pytest.mark.parametrize(
    "content",
    [
        "<html><body><p>" + "a " * (MAX_CHARS // 2),
        "<html><body>" + f"<p>{STORY[:80]}</p>" * MAX_ELEMENTS,
    ],
    ids=["characters", "elements"],
)
def test_a_page_above_the_limits_is_rejected_with_the_reason(content: str) -> None:
    """Pages larger than any story's are not looked into, and the reject says so."""
    article = extract(content)
    detail = no_body_left(article, JudgeConfig())

    assert ("", ("page_too_large",)) == (article.text, article.flags)
    assert detail is not None
    assert detail.startswith("page_too_large")


@pytest.mark.parametrize("name", ["empty", "blank", "no body", "frames"])
def test_a_page_without_text_is_not_called_too_large(name: str) -> None:
    """The flag is for pages that were not looked into."""
    assert ((), "") == (extract(HOSTILE[name]).flags, extract(HOSTILE[name]).text)


@pytest.mark.parametrize(
    "unclosed",
    [
        "".join(f"<p><font color={n}>rope</p>" for n in range(3_000)),
        "".join(f"<font color={n}><p>rope" for n in range(3_000)),
        "<ul><li>" * 20_000,
        "<table><tr><td>" * 5_000,
        "<b>" * 50_000,
    ],
    ids=["fonts within", "fonts around", "lists", "tables", "bold"],
)
def test_tags_that_are_never_closed_cost_no_time(unclosed: str) -> None:
    """No parser's time may grow with the square of a page's open elements."""
    start = time.process_time()
    extract(f"<html><body><p>{STORY}</p>{unclosed}</body></html>")

    assert time.process_time() - start < 10


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "windows-1252", "iso-8859-1", "utf-16-be")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_same_story_in_six_encodings_gives_one_text(encoding: str) -> None:
    """What a page was stored in leaves no trace in its text."""
    story = "Der Rat am Kai sprach über nichts als den Preis für Tauwerk und die späte Fähre. " * 8
    label = "utf-16be" if encoding == "utf-16-be" else encoding.removesuffix("-sig")
    page = f"<html><head><meta charset='{label}'></head><body><p>{story}</p></body></html>"

    decoded = decode(page.encode(encoding), html=True, declared=label).text

    assert story.strip() == extract(decoded).text


def test_a_fragment_is_a_page() -> None:
    """A database's html field without html and body tags gives its story."""
    assert STORY.strip() == extract(f"<p>{STORY}</p>").text


PARTS = [
    *("<p>", "</p>", "<b>", "<table><tr><td>", "<script>", "<title>", "<h1>", "</body>"),
    *("<!--", "<svg>", "<", "&#0;", "é", STORY),
]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PARTS)))
def test_no_page_is_an_error(parts: list[str]) -> None:
    """Tags in any order give an article."""
    article = extract("<html><body>" + "".join(parts))

    assert all(0 <= r.start < r.end for r in article.removed)


def test_the_same_page_gives_the_same_article_again_and_again() -> None:
    """Nothing is remembered between pages."""
    content = (FOLDER / "ferry.html").read_text("utf-8")

    assert 1 == len({repr(extract(content)) for _ in range(5)})


def test_no_page_opens_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Extraction reads what it is given and fetches nothing."""

    def refused(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)

    assert extract((FOLDER / "ferry.html").read_text("utf-8")).text


def test_nobody_lets_trafilatura_deduplicate() -> None:
    """Its deduplication forgets pages it has seen: it is off, by name, wherever it is called."""
    code = {path: path.read_text("utf-8") for path in SOURCES.rglob("*.py")}
    users = [
        path
        for path, text in code.items()
        if re.search(r"^\s*(from|import) trafilatura", text, re.MULTILINE)
    ]

    assert [SOURCES / "clean" / "html" / "candidates.py"] == users
    calls = re.findall(r"\b(?:bare_extraction|extract)\((.*?)\n    \)", code[users[0]], re.DOTALL)
    assert calls
    assert all("deduplicate=False" in call for call in calls)
    assert not any(re.search(r"deduplicate\s*=\s*True", text) for text in code.values())


def test_an_empty_page_is_no_news_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """A page without a story becomes a reject, not a warning."""
    with caplog.at_level(logging.DEBUG):
        extract("<html><body></body></html>")

    assert [] == [record for record in caplog.records if record.name.startswith("trafilatura")]


@pytest.mark.parametrize(
    ("first", "second", "enough"),
    [
        (STORY, STORY, True),
        (STORY, "", False),
        (STORY[:100], STORY[:100], False),
        (STORY, f"{STORY}\n{OTHER}", False),
        (f"{STORY}\n{OTHER}", STORY, False),
    ],
)
def test_trafilaturas_fallbacks_are_asked_where_extractors_differ(
    first: str, second: str, *, enough: bool
) -> None:
    """Its rules alone are believed where resiliparse takes the same, and enough of it."""
    assert enough == agree(first, second)


def test_the_head_of_the_text_is_no_title_and_no_logo():
    """The headline and the site's name go, also where the title joins them; below, they stay."""
    title = "Ferry sinks off Vellmer - News"
    story = "\n".join([STORY.strip()] * 5)
    lines = ["The Courier", "Ferry sinks off Vellmer", *story.split("\n"), "The Courier"]
    said = (Evidence("title", title, "title"),)
    metadata = PageMetadata(title, (), *[None] * 6, (), said, frozenset({"the courier"}))
    text, removed = without_head([(line, None) for line in lines], metadata)

    assert f"{story}\nThe Courier".replace("\n", "\n\n") == text
    assert ["site_name", "headline"] == [span.rule for span in removed]


@pytest.mark.parametrize("empty", ["<p/>", "<p></p>", "<div></div>", "<b></b><h2></h2>"])
@pytest.mark.parametrize("kept", ["", "<p>Story.</p> more ", "<table><td>x</table>", "<br>"])
def test_thousands_of_empty_elements_go_as_trafilatura_takes_them_out(empty, kept, monkeypatch):
    """The same tree, in a time that does not grow with the square of the text."""
    monkeypatch.setattr(candidates, "MANY_EMPTY", 3)
    content = f"<html><body><article>First. {kept}{f'{empty} Word. {kept}' * 9}</article></html>"
    ours, theirs = (fromstring(content) for _ in range(2))
    candidates._join_tails(ours)

    assert tostring(prune_html(theirs)) == tostring(prune_html(ours))
    assert len(list(ours.iter())) < len(list(fromstring(content).iter()))


def test_a_page_of_thousands_of_empty_paragraphs_is_read_in_time():
    """Editors leave them, and hostile pages have as many as they like."""
    piece = "<p></p>The tram to Völlmar stopped at noon because the bridge was closed.\n"
    page = f"<html><body><article>{piece * 9_000}</article></body></html>"
    began = time.process_time()
    found = candidates.read_candidates(Document("0" * 32, "a", "a.html", "text/html", page))

    assert time.process_time() - began < 2
    assert "The tram to Völlmar" in found.extractions[0]


@pytest.mark.parametrize(
    ("declared", "flags", "day"),
    [
        ("2024-05-03 10:00:00 +0000 UTC", (), "2024-05-03"),
        ("soon", ("date_unparsable",), "2024-05-01"),
        ('{"y": 1}', ("date_unparsable",), "2024-05-01"),
        (None, (), "2024-05-01"),
    ],
)
def test_a_declared_date_that_cannot_be_read_is_flagged(declared, flags, day):
    """The page's own date counts instead."""
    head = '<meta property="article:published_time" content="2024-05-01T10:00:00+02:00">'
    page = f"<html><head>{head}</head><body><p>The ferry is back at its pier.</p></body></html>"
    document = Document("0" * 32, "a", "a", "text/html", page, date_published=declared)
    article = extract_page(document)

    assert (flags, day) == (article.flags, article.date_published.day)
