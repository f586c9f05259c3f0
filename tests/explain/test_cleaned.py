"""What cleaning made of one document: for scripts, and for people."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone

from factories import article, document, rejection
from hypothesis import given
from strategies import articles

from pipeline.explain.cleaned import CUT, KEPT, TAKEN, as_json, as_lines
from pipeline.records import Evidence, Removed, Timestamp
from pipeline.text.terminal import shown

PAGE = "Home  News\nFerry Sinks\nBy Ann Vole\n\nThe ferry sank.\n\nBy noon all were ashore.\n"
FOUND = document(PAGE, source="in/a.txt")


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
    line = as_json(SUNK, None)
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
    found = json.loads(as_json(SUNK, rejection(reason="too_short")))

    assert ("too_short", SUNK.text) == (found["rejected"], found["text"])


def test_a_record_without_an_article_has_every_promised_field():
    """An unreadable one has an empty text, its place, and the reason."""
    found = json.loads(as_json(None, rejection(reason="unreadable", record_id="b")))

    assert set(found) >= PROMISED
    assert ("b", "b.txt", "", "unreadable") == (
        found["record_id"], found["source"], found["text"], found["rejected"],
    )  # fmt: skip
    assert [[], []] == [found["authors"], found["removed"]]


@given(articles())
def test_any_article_is_valid_json_of_one_line(kept):
    """Whatever it holds; text comes back as it is, and is not escaped for nothing."""
    line = as_json(kept, None)
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
    ] == list(as_lines(SUNK, None, colour=False))


def test_the_reason_of_a_rejection_comes_first():
    """With its detail, where there is one."""
    with_detail = rejection(detail="7 words; judge.min_words = 9")

    expected = "# a run would reject it: too_short 7 words; judge.min_words = 9"
    assert expected == list(as_lines(SUNK, with_detail, colour=False))[1]
    assert (
        "# a run would reject it: too_short" == list(as_lines(SUNK, rejection(), colour=False))[1]
    )


def test_a_story_without_a_title_says_so():
    """An unknown headline is not shown as None."""
    assert "# a.txt: no title" == next(as_lines(article(), None, colour=False))


def test_no_line_commands_the_terminal():
    """Escapes, direction marks and lone surrogates of a text are shown as a sign."""
    found = article("x", found=document("Clear\x1b[2J\u202e the \udcffscreen\n"))

    expected = f"{KEPT} Clear\ufffd[2J\ufffd the \ufffdscreen"
    assert expected == list(as_lines(found, None, colour=False))[1]


def test_colour_changes_no_text():
    """Without its escapes the coloured output is the plain one; kept lines have none."""
    plain = list(as_lines(SUNK, None, colour=False))
    coloured = list(as_lines(SUNK, None, colour=True))
    bare = [line.replace("\x1b[31m", "").replace("\x1b[36m", "").replace("\x1b[0m", "")
            for line in coloured]  # fmt: skip

    assert plain == bare
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
    assert expected == list(as_lines(kept, None, colour=False))[1]


def test_a_dateline_inside_a_kept_line_is_noted_there():
    """The line is kept, and says what was also read off it."""
    kept = article(
        "MARROW QUAY — The ferry sank.",
        evidence=(Evidence("dateline", "MARROW QUAY", "text", 0, 11),),
    )

    expected = f"{KEPT} MARROW QUAY — The ferry sank.   [dateline]"
    assert expected == list(as_lines(kept, None, colour=False))[1]


def test_a_headline_that_the_story_repeats_is_still_taken():
    """A headline of one word is not in the text, though the word is."""
    found = document("Ferry\n\nFerry traffic stops.\n")
    kept = article(
        "Ferry traffic stops.",
        found=found,
        title="Ferry",
        evidence=(Evidence("title", "Ferry", "headline", 0, 5),),
    )

    assert f"{TAKEN} Ferry   [title]" == list(as_lines(kept, None, colour=False))[1]


def test_lines_of_a_page_are_those_of_its_extraction():
    """For HTML the spans count in what the extractor saw."""
    found = document("<p>Menu<p>Story.", media_type="text/html")
    kept = article(
        "Story.", found=found, extraction="Menu\nStory.", removed=(Removed(0, 4, "menu"),)
    )

    assert [f"{CUT} Menu   [menu]", f"{KEPT} Story."] == list(as_lines(kept, None, colour=False))[
        1:
    ]


@given(articles())
def test_every_line_of_any_document_is_shown_once(kept):
    """Nothing of what the cleaner saw is missing, whatever the spans."""
    lines = list(as_lines(kept, None, colour=False))[1:]
    seen = [
        shown(line.strip().expandtabs(4)) for line in kept.seen_text.splitlines() if line.strip()
    ]

    assert len(seen) == len(lines)
    for line, row in zip(seen, lines, strict=True):
        assert row[0] in (KEPT, TAKEN, CUT)
        assert row[2:].startswith(line)


def test_a_text_of_many_cut_lines_is_explained_in_the_time_that_it_deserves():
    """Seconds for 60,000 lines, each cut by a span of its own; their square would be a minute."""
    lines = 60_000
    found = document("Menu\n" * lines)
    cut = tuple(Removed(5 * n, 5 * n + 4, "menu") for n in range(lines))
    begun = time.process_time()
    explained = list(as_lines(article("", found=found, removed=cut), None, colour=False))

    assert 10 > time.process_time() - begun
    assert ["- Menu   [menu]"] * lines == explained[1:]
