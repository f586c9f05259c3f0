"""What cleaning made of one document: for scripts, and for people."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone

import pytest
from factories import article, document, rejection
from hypothesis import given
from strategies import articles

from pipeline.clean import clean_documents
from pipeline.config import CleanConfig
from pipeline.explain.cleaned import CUT, KEPT, LEFT_OUT, TAKEN, as_lines, as_object
from pipeline.records import Evidence, Removed, Timestamp
from pipeline.text.terminal import shown, uncoloured

PAGE = "Home  News\nFerry Sinks\nBy Ann Vole\n\nThe ferry sank.\n\nBy noon all were ashore.\n"
FOUND = document(PAGE, source="in/a.txt")


def as_json_line(kept, why) -> str:
    """The line of `--format jsonl`."""
    return json.dumps(as_object(kept, why), ensure_ascii=False)


def plain_lines(kept, why) -> list[str]:
    """The lines of `--explain` without their colours."""
    return [uncoloured(line) for line in as_lines(kept, why)]


def span(text: str) -> tuple[int, int]:
    """Where *text* stands in PAGE."""
    start = PAGE.index(text)
    return start, start + len(text)


SUNK = article(
    "The ferry sank.\n\nBy noon all were ashore.",
    found=FOUND,
    title="Ferry Sinks",
    authors=("Ann Vole",),
    date_published=Timestamp(datetime(2025, 3, 1, 11, 30, tzinfo=timezone.utc), 60, "minute"),
    removed=(Removed(*span("Home  News"), "menu"),),
    evidence=(
        Evidence("title", "Ferry Sinks", "headline", *span("Ferry Sinks")),
        Evidence("authors", "Ann Vole", "byline", *span("By Ann Vole")),
        Evidence("language", "en", "record"),
    ),
)
PROMISED = {
    "record_id", "text", "title", "authors", "date_published", "language", "removed", "rejected",
}  # fmt: skip


def test_a_document_is_one_line_of_json():
    """The promised fields and more, dates in the page's own offset, spans as objects."""
    line = as_json_line(SUNK, None)
    found = json.loads(line)

    assert "\n" not in line
    assert set(found) >= PROMISED
    assert "a" == found["record_id"]
    assert SUNK.text == found["text"]
    assert ("Ferry Sinks", ["Ann Vole"]) == (found["title"], found["authors"])
    assert "2025-03-01T12:30:00+01:00" == found["date_published"]
    assert [{"start": 0, "end": 10, "rule": "menu"}] == found["removed"]
    assert found["rejected"] is None
    assert found["language"] is None


def test_a_rejected_document_has_its_text_all_the_same():
    """The reason stands beside it: whoever pipes documents decides."""
    found = json.loads(as_json_line(SUNK, rejection(reason="too_short")))

    assert ("too_short", SUNK.text) == (found["rejected"], found["text"])


def test_a_record_without_an_article_has_every_promised_field():
    """An unreadable one has an empty text, its place, and the reason."""
    found = json.loads(as_json_line(None, rejection(reason="unreadable", record_id="b")))

    assert set(found) >= PROMISED
    assert ("b", "b.txt", "", "unreadable") == (
        found["record_id"], found["source"], found["text"], found["rejected"],
    )  # fmt: skip
    assert [[], []] == [found["authors"], found["removed"]]


@given(articles())
def test_any_article_is_valid_json_of_one_line(kept):
    """Whatever it holds; text comes back as it is, and is not escaped for nothing."""
    line = as_json_line(kept, None)
    found = json.loads(line)

    assert 1 == len(line.split("\n"))
    assert (kept.text, kept.title) == (found["text"], found["title"])
    assert len(kept.removed) == len(found["removed"])
    assert len(kept.evidence) == len(found["evidence"])


def test_each_line_has_its_fate():
    """Cut with the rule, taken with the field, or kept; blank lines are left out."""
    assert [
        "# in/a.txt: Ferry Sinks",
        f"{CUT} Home  News   [menu]",
        f"{TAKEN} Ferry Sinks   [title]",
        f"{TAKEN} By Ann Vole   [authors]",
        f"{KEPT} The ferry sank.",
        f"{KEPT} By noon all were ashore.",
    ] == plain_lines(SUNK, None)


def test_the_reason_of_a_rejection_comes_first():
    """With its detail, where there is one."""
    with_detail = rejection(detail="7 words; judge.min_words = 9")

    expected = "# a run would reject it: too_short 7 words; judge.min_words = 9"
    assert expected == plain_lines(SUNK, with_detail)[1]
    assert "# a run would reject it: too_short" == plain_lines(SUNK, rejection())[1]


def test_a_story_without_a_title_says_so():
    """An unknown headline is not shown as None."""
    assert "# a.txt: no title" == plain_lines(article(), None)[0]


def test_no_line_commands_the_terminal():
    """Escapes, direction marks and lone surrogates of a text are shown as a sign."""
    found = article("x", found=document("Clear\x1b[2J\u202e the \udcffscreen\n"))

    expected = f"{KEPT} Clear\\x1b[2J\\u202e the \\udcffscreen"
    assert expected == plain_lines(found, None)[1]


def test_colour_changes_no_text():
    """Without its escapes the coloured output is the plain one; kept lines have none."""
    plain = plain_lines(SUNK, None)
    coloured = list(as_lines(SUNK, None))

    assert plain == [uncoloured(line) for line in coloured]
    assert [False, True, True, True, False, False] == ["\x1b" in line for line in coloured]


def test_a_rule_and_a_field_on_one_line_are_both_named():
    """A stamp that was cut and read has two reasons, each once."""
    found = document("12 May 2025 | Share | Print\nText.\n")
    kept = article(
        "Text.",
        found=found,
        removed=(Removed(0, 12, "stamp"), Removed(12, 20, "share"), Removed(20, 27, "share")),
        evidence=(Evidence("date_published", "12 May 2025", "stamp", 0, 11),),
    )

    expected = f"{CUT} 12 May 2025 | Share | Print   [stamp, share, date_published]"
    assert expected == plain_lines(kept, None)[1]


def test_a_dateline_inside_a_kept_line_is_noted_there():
    """The line is kept, and says what was also read off it."""
    kept = article(
        "MARROW QUAY — The ferry sank.",
        evidence=(Evidence("dateline", "MARROW QUAY", "text", 0, 11),),
    )

    expected = f"{KEPT} MARROW QUAY — The ferry sank.   [dateline]"
    assert expected == plain_lines(kept, None)[1]


def test_a_headline_that_the_story_repeats_is_still_taken():
    """A headline of one word is not in the text, though the word is."""
    found = document("Ferry\n\nFerry traffic stops.\n")
    kept = article(
        "Ferry traffic stops.",
        found=found,
        title="Ferry",
        evidence=(Evidence("title", "Ferry", "headline", 0, 5),),
    )

    assert f"{TAKEN} Ferry   [title]" == plain_lines(kept, None)[1]


def test_lines_of_a_page_are_those_of_its_extraction():
    """For HTML the spans count in what the extractor saw."""
    found = document("<p>Menu<p>Story.", media_type="text/html")
    kept = article(
        "Story.", found=found, extraction="Menu\nStory.", removed=(Removed(0, 4, "menu"),)
    )

    assert [f"{CUT} Menu   [menu]", f"{KEPT} Story."] == plain_lines(kept, None)[1:]


FERRY = "The ferry from Kesterby was late again on Monday, said the harbour master. "
SITE = f"""<html><head><title>Late ferry</title></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<div class="cookie-consent"><p>We use cookies to make this site better for you.</p></div>
<article><h1>Late ferry</h1><p>{FERRY * 3}</p><p>{FERRY * 4}</p><p>{FERRY * 3}</p></article>
<section id="comments"><p>anna: I was on that boat and it was terrible.</p></section>
<footer><p>Kesterby Post, all rights reserved</p></footer></body></html>"""


def test_what_was_left_out_of_a_page_is_shown_where_it_stands():
    """Navigation, cookie box, comments, footer: in reading order, with who left it out."""
    page = document(SITE, media_type="text/html")
    (kept,) = clean_documents([page], CleanConfig())
    told = plain_lines(kept, None)[1:]
    left = {row[2:].split("   [")[0]: row.split("   [")[1] for row in told if row[0] == LEFT_OUT}

    assert left["Home"].startswith("navigation: left out by trafilatura")
    assert left["We use cookies to make this site better for you."].startswith("cookie, newsletter")
    assert left["anna: I was on that boat and it was terrible."].startswith("comments: ")
    assert left["Kesterby Post, all rights reserved"].startswith("footer: ")
    assert not any(FERRY.strip() in text for text in left)
    assert 3 == len([row for row in told if row[0] == KEPT and FERRY.strip() in row])
    home = next(place for place, row in enumerate(told) if row.startswith(f"{LEFT_OUT} Home"))
    assert home < next(place for place, row in enumerate(told) if FERRY.strip() in row)


@given(articles())
def test_every_line_of_any_document_is_shown_once(kept):
    """Nothing of what the cleaner saw is missing, whatever the spans."""
    told = plain_lines(kept, None)[1:]
    seen = [
        shown(line.strip().expandtabs(4)) for line in kept.seen_text.splitlines() if line.strip()
    ]

    told = [row for row in told if row[0] != LEFT_OUT]

    assert len(seen) == len(told)
    for line, row in zip(seen, told, strict=True):
        assert row[0] in (KEPT, TAKEN, CUT)
        assert row[2:].startswith(line)


@pytest.mark.slow
def test_a_text_of_many_cut_lines_is_explained_in_the_time_that_it_deserves():
    """Seconds for 60,000 lines, each cut by a span of its own; their square would be a minute."""
    lines = 60_000
    found = document("Menu\n" * lines)
    cut = tuple(Removed(5 * n, 5 * n + 4, "menu") for n in range(lines))
    begun = time.process_time()
    explained = plain_lines(article("", found=found, removed=cut), None)

    assert 10 > time.process_time() - begun
    assert ["- Menu   [menu]"] * lines == explained[1:]
