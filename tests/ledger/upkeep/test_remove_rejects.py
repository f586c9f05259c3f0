"""Takedown of a site: nothing that a reject quotes of it stays, however its site is known."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from collections_of_runs import check, contents, feed, page, run_on, words_below
from factories import story

from pipeline.ledger.upkeep.compact import compact
from pipeline.ledger.upkeep.remove import Removed, remove
from pipeline.ledger.upkeep.takedown import requested


def take_down(folder: Path) -> Removed:
    """Take down a.example in the collection below *folder*."""
    return remove(folder / "out", requested([], [], ["a.example"]))


def write_input(path: Path, content: str | dict[str, str]) -> None:
    """Write a file: a text as it is, or a record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((content if isinstance(content, str) else json.dumps(content)) + "\n")


SHORT = "It was Marker7 who opened the lock."
LINK = "<link rel=canonical href=https://{}.example/0>"

SITE_KNOWN_BY = {
    "url": ("in/x.jsonl", {"url": "https://www.a.example/0", "text": SHORT}, True),
    "field": ("in/x.jsonl", {"site": "www.A.example", "text": SHORT}, True),
    "folder": ("in/a.example/x.jsonl", {"id": "r1", "text": SHORT}, True),
    "folder of a text": ("in/www.a.example/x.txt", SHORT, True),
    "folder of a page": ("in/a.example/x.html", f"<html><body><p>{SHORT}</p></body></html>", True),
    "folder of a broken record": ("in/a.example/x.jsonl", '{"text": "Marker7', True),
    "folder of a record without text": ("in/a.example/x.jsonl", {"title": "Marker7"}, True),
    "folder of a broken file": ("in/a.example/x.csv", "Marker7;no text\n1;2\n", True),
    "field of a record without text": (
        "in/x.jsonl", {"site": "a.example", "title": "Marker7", "text": ""}, True,
    ),
    "address of a page": (
        "in/x.html",
        f"<html><head>{LINK.format('a')}</head><body><p>{SHORT}</p></body></html>",
        True,
    ),
    "field of a broken record": ("in/x.jsonl", '{"site": "a.example", "text": "Marker7', True),
    "another url in the folder": (
        "in/a.example/x.jsonl", {"url": "https://b.example/0", "text": SHORT}, False,
    ),
    "another field in the folder": (
        "in/a.example/x.jsonl", {"site": "b.example", "text": SHORT}, False,
    ),
    "another address of a page in the folder": (
        "in/a.example/x.html",
        f"<html><head>{LINK.format('b')}</head><body><p>{SHORT}</p></body></html>",
        False,
    ),
    "another folder": ("in/b.example/x.txt", SHORT, False),
    "folder of a host with this ending": ("in/ba.example/x.txt", SHORT, False),
    "another folder of a broken record": (
        "in/b.example/x.jsonl", '{"text": "as a.example said, Marker7', False,
    ),
    "a text that names the site": (
        "in/b.example/x.jsonl", {"id": "r1", "text": f"a.example: {SHORT}"}, False,
    ),
    "an unknown site": ("in/x.jsonl", '{"site": "ba.example", "text": "Marker7', False),
}  # fmt: skip


@pytest.mark.parametrize("known_by", SITE_KNOWN_BY)
def test_excerpts_of_rejects_of_a_site_go_however_it_is_known(tmp_path, known_by):
    """By url, field, folder or page; what is of another site stays, and new ones stay out."""
    name, content, gone = SITE_KNOWN_BY[known_by]
    feed(tmp_path, "1", page(1, 1, "c"))
    write_input(tmp_path / name, content)
    settings = {"judge": {"min_words": 20}, "input": {"site": "from_path"}}
    run_on(tmp_path, 0, **settings)
    assert "Marker7" in words_below(tmp_path / "out/runs")
    take_down(tmp_path)

    assert gone is ("Marker7" not in words_below(tmp_path / "out/runs"))
    check(tmp_path / "out")


@pytest.mark.parametrize("known_by", [name for name, (*_, gone) in SITE_KNOWN_BY.items() if gone])
def test_the_next_reject_of_a_site_that_was_taken_down_has_no_excerpt(tmp_path, known_by):
    """Except for a broken record that only states its site in a field."""
    name, content, _ = SITE_KNOWN_BY[known_by]
    feed(tmp_path, "1", page(1, 1, "c"))
    settings = {"judge": {"min_words": 20}, "input": {"site": "from_path"}}
    run_on(tmp_path, 0, **settings)
    take_down(tmp_path)
    write_input(tmp_path / name, content)
    run_on(tmp_path, 1, **settings)

    (row,) = contents(tmp_path / "out")["rejects"]
    expected = "not_json" if known_by == "field of a broken record" else "taken_down"
    assert expected == row["reason"]
    assert (row["excerpt"] is None) is (expected == "taken_down")


def test_the_folder_of_a_reject_counts_in_runs_that_did_not_write_its_site(tmp_path):
    """Also where such runs were compacted, each with its own setting."""
    pattern = {1: "from_path", 2: "", 3: "*/{site}-*"}
    for day, names in {1: "a.example/1.txt", 2: "a.example/2.txt", 3: "x/a.example-3.txt"}.items():
        write_input(tmp_path / "in" / names, f"{SHORT} {day}")
        run_on(tmp_path, day, judge={"min_words": 20}, input={"site": pattern[day]})
    write_input(tmp_path / "in/new/4.txt", story(1, 90))
    run_on(tmp_path, 40)
    for path in (tmp_path / "out").glob("runs/*/rejects/*.parquet"):
        rows = pq.read_table(path)
        pq.write_table(rows.drop_columns(["site", "url"]), path)
    compact(tmp_path / "out", date(2026, 2, 1))
    take_down(tmp_path)

    told = {row["source"]: row["excerpt"] for row in contents(tmp_path / "out")["rejects"]}
    assert {
        "a.example/1.txt": None,
        "a.example/2.txt": f"{SHORT} 2",
        "x/a.example-3.txt": None,
    } == told
