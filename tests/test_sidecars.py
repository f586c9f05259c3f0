"""A sidecar changes: its text is read again, and what is known of the article is brought up."""

from __future__ import annotations

import json
import os

import duckdb
import pytest
from factories import story
from runs import rows, run

from pipeline.storage import open_input

STORY = story(1, 120)
FACTS = {"title": "Rate rises", "url": "https://e.org/a", "authors": "Ida Voss"}
TITLED, NAMED = FACTS | {"title": "Rate falls"}, {"title": "Rate rises"}
HOUR_AGO = 3_600


def place(folder, sidecar, text=STORY, name="a.txt"):
    """Write a text, and its sidecar; without one (None), remove it."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    path = folder / f"{name}.json"
    path.unlink(missing_ok=True)
    if sidecar is not None:
        path.write_text(sidecar if isinstance(sidecar, str) else json.dumps(sidecar), "utf-8")


def latest(output):
    """Read titles and addresses of the latest versions."""
    with duckdb.connect() as connection:
        connection.execute(f"SET file_search_path = '{output}'")
        connection.execute((output / "views.sql").read_text("utf-8"))
        found = connection.execute("SELECT title, url FROM latest_articles ORDER BY ALL")
        return found.fetchall()


REVISIONS = {
    "another title": (FACTS, TITLED),
    "another author": (FACTS, FACTS | {"authors": ["Jo Li", "Ida Voss"]}),
    "another day": (FACTS, FACTS | {"date_published": "2025-12-30"}),
    "another hour": (
        FACTS | {"date_published": "2025-12-30T10:00:00Z"},
        FACTS | {"date_published": "2025-12-30T12:00:00Z"},
    ),
    "another address": (FACTS, FACTS | {"url": "https://e.org/b"}),
    "another site": (NAMED, NAMED | {"site": "e.org"}),
    "another id": (NAMED, NAMED | {"id": "a7"}),
    "it appears, with a title": (None, NAMED),
    "it appears, with an address": (None, FACTS),
    "it goes away": (FACTS, None),
    "it is whole now": ('{"title": "Rate', FACTS),
}


@pytest.mark.parametrize(("before", "after"), REVISIONS.values(), ids=REVISIONS)
@pytest.mark.parametrize("words", [120, 12])
def test_another_sidecar_is_a_revision(before, after, words, tmp_path):
    """The text is equal, also if too short for signatures; the fields are the new ones."""
    text, out = story(1, words), tmp_path / "out"
    place(tmp_path / "in", before, text)
    run(tmp_path / "in", out)
    place(tmp_path / "in", after, text)
    run(tmp_path / "in", out)

    first, second = rows(out, "articles")
    stated = after or {}
    assert first["id"] == second["revision_of"] != second["id"]
    assert first["cluster_id"] == second["cluster_id"]
    assert first["page_id"] == second["page_id"]
    assert "other_story_at_url" not in second["flags"]
    assert [(stated.get("title"), stated.get("url"))] == latest(out)
    assert not rows(out, "duplicates")
    assert not run(tmp_path / "in", out).published


@pytest.mark.parametrize("broken", ['{"title": "Rate', "[1]", ""])
@pytest.mark.parametrize("first_whole", [True, False])
def test_a_broken_sidecar_leaves_a_trace_until_it_is_mended(broken, first_whole, tmp_path):
    """A flag and a count in the manifest; when it is whole, the text is read again."""
    out = tmp_path / "out"
    if first_whole:
        place(tmp_path / "in", FACTS)
        run(tmp_path / "in", out)
    place(tmp_path / "in", broken)
    (published,) = run(tmp_path / "in", out).published
    row = rows(out, "articles")[-1]
    assert (["sidecar_unreadable"], None) == (row["flags"], row["url"])
    assert {"sidecar:unreadable": 1} == published.account.ignored_fields
    assert not run(tmp_path / "in", out).published
    place(tmp_path / "in", FACTS)
    (published,) = run(tmp_path / "in", out).published

    assert not published.account.ignored_fields
    assert [(FACTS["title"], FACTS["url"])] == latest(out)
    flags = [row["flags"] for row in rows(out, "articles")]
    assert [[], ["sidecar_unreadable"]][not first_whole :] == flags[:2][: 1 + first_whole]


SAME = {
    "white space": json.dumps(FACTS, indent=4),
    "order": json.dumps(dict(reversed(FACTS.items()))),
    "an unknown field": json.dumps(FACTS | {"crawler": "v2"}),
    "read at another time": json.dumps(FACTS | {"fetched_at": "2026-01-02T00:00:00Z"}),
    "another form of the address": json.dumps(FACTS | {"url": "https://e.org/a?utm_source=x"}),
}


@pytest.mark.parametrize("after", SAME.values(), ids=SAME)
def test_a_sidecar_that_says_the_same_is_unchanged(after, tmp_path):
    """It is read once more, and counted; there is no row."""
    place(tmp_path / "in", FACTS)
    run(tmp_path / "in", tmp_path / "out")
    place(tmp_path / "in", after)
    (again,) = run(tmp_path / "in", tmp_path / "out").published

    account = json.loads((again.folder / "manifest.json").read_bytes())["counts"]
    assert (1, 1) == (account["read"], account["unchanged"])
    assert 1 == len(rows(tmp_path / "out", "articles"))
    assert not run(tmp_path / "in", tmp_path / "out").published


def test_a_sidecar_that_changes_back_shows_its_title_again(tmp_path):
    """The earlier article is the latest one; there is no third row."""
    for sidecar in (FACTS, TITLED, FACTS):
        place(tmp_path / "in", sidecar)
        run(tmp_path / "in", tmp_path / "out")

    assert 2 == len(rows(tmp_path / "out", "articles"))
    assert [(FACTS["title"], FACTS["url"])] == latest(tmp_path / "out")


def test_text_and_sidecar_change_together(tmp_path):
    """The page's address is known only now: still one page."""
    place(tmp_path / "in", None)
    run(tmp_path / "in", tmp_path / "out")
    place(tmp_path / "in", FACTS, f"{STORY} It was corrected.")
    run(tmp_path / "in", tmp_path / "out")

    first, second = rows(tmp_path / "out", "articles")
    assert first["id"] == second["revision_of"]
    assert first["page_id"] == second["page_id"]


def test_a_copy_elsewhere_is_still_one(tmp_path):
    """A text of another file, with fields of its own, is a copy."""
    place(tmp_path / "in", FACTS)
    run(tmp_path / "in", tmp_path / "out")
    place(tmp_path / "in", TITLED | {"url": "https://other.org/a"}, name="b.txt")
    run(tmp_path / "in", tmp_path / "out")

    assert 1 == len(rows(tmp_path / "out", "articles"))
    assert ["exact"] == [row["match"] for row in rows(tmp_path / "out", "duplicates")]


def test_a_page_that_changes_around_its_story_is_no_revision(tmp_path):
    """Other bytes, the same story and fields: a duplicate."""
    page = f"<html><title>T</title><body><nav>%s</nav><article><p>{STORY}</p></article></html>"
    for extra in ("Home", "Home Sport"):
        place(tmp_path / "in", NAMED, page % extra, "a.html")
        run(tmp_path / "in", tmp_path / "out")

    assert 1 == len(rows(tmp_path / "out", "articles"))
    assert 1 == len(rows(tmp_path / "out", "duplicates"))


def test_a_settled_sidecar_is_recognised_by_its_look(tmp_path, monkeypatch):
    """Nothing is opened when neither file has changed; a touched sidecar is looked into."""
    place(tmp_path / "in", FACTS)
    monkeypatch.setattr("pipeline.ledger.index.SETTLED_NS", -HOUR_AGO * 10**9)
    run(tmp_path / "in", tmp_path / "out")
    opened = []
    real = open_input

    def noted(path, **settings):
        opened.append(path)
        return real(path, **settings)

    monkeypatch.setattr("pipeline.ledger.plan.open_input", noted)
    assert not run(tmp_path / "in", tmp_path / "out").published
    assert not opened
    os.utime(tmp_path / "in" / "a.txt.json", (1, 1))
    assert not run(tmp_path / "in", tmp_path / "out").published
    assert 1 == len(opened)


def test_a_young_sidecar_is_waited_for(tmp_path):
    """It may be half written: its text is left to the next run with it."""
    place(tmp_path / "in", FACTS)
    os.utime(tmp_path / "in" / "a.txt", (1, 1))
    assert not run(tmp_path / "in", tmp_path / "out", input={"min_age_s": 60}).published
    os.utime(tmp_path / "in" / "a.txt.json", (1, 1))
    assert run(tmp_path / "in", tmp_path / "out", input={"min_age_s": 60}).published
