"""Pages rendered as text: what becomes a line, how it is labelled, when a page is left out."""

from __future__ import annotations

import json
import lzma

from training.rendered import Known, labels_of, rendered
from training.renderings import renderings

STORY = [
    "The ferry to the northern islands was taken out of service on Monday after a fire.",
    "Nobody was hurt, the harbour master said, and the passengers were brought to Turku.",
    "An older ship will carry mail and food until the engine room has been repaired.",
]
PAGE = f"""<html><head><title>Ferry burns | Harbour News</title></head><body>
<ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul>
<div id="story"><h1>Ferry burns</h1><p>{STORY[0]}</p><p>{STORY[1]}</p><p>{STORY[2]}</p>
<p>Share this with your friends</p></div>
<p>Copyright Harbour News, all rights reserved</p><script>var hidden = 1;</script></body></html>"""
ROW = {"id": "1", "domain": "harbour.example", "url": "http://harbour.example/1", "title": None}


def texts(name):
    """The lines of one rendering of the page."""
    return [line for line, _ in renderings(PAGE)[name]]


def test_each_manner_has_its_own_chrome():
    """A whole page has all of it, paragraphs no menu, the story's place what stands in it."""
    assert ["Home", "Sport", "Ferry burns"] == texts("lxml")[:3]
    assert "Copyright Harbour News, all rights reserved" == texts("lxml")[-1]
    assert ["Ferry burns", *STORY, "Share this with your friends"] == texts("container")
    assert ["Ferry burns", *STORY] == texts("ponly")[:4]
    assert ["Home", "Sport", "Ferry burns", *STORY] == texts("ptags")[:6]
    assert not any("hidden" in line for name in renderings(PAGE) for line in texts(name))


def test_lines_are_labelled_by_the_gold():
    """Story is kept, chrome dropped, and the headline counts for nothing."""
    gold = "\n".join(STORY)
    labels = labels_of(renderings(PAGE)["lxml"], gold, frozenset({"ferry burns"}))

    assert ["d", "d", "n", "k", "k", "k", "d", "d"] == labels.tolist()


def test_a_story_told_twice_is_no_chrome():
    """What repeats the gold is story or open, never dropped."""
    lines = [(line, True) for line in (STORY[1], "Read more", *STORY)]
    labels = labels_of(lines, "\n".join(STORY), frozenset())

    assert ["n", "d", "k", "k", "k"] == labels.tolist()


def test_a_page_without_most_of_its_gold_is_left_out():
    """A third of the body missing makes the labels doubtful."""
    lines = [(line, True) for line in STORY[:2]]

    assert labels_of(lines, "\n".join(STORY), frozenset()) is None


def test_pages_are_learned_from_and_not_scored():
    """Every rendering is in the fold of its site, and its labels are nobody's reading."""
    row = ROW | {"gold_text": "\n".join(STORY)}
    pages = list(rendered("bench", row, PAGE.encode()))

    assert {"rendered"} == {page.source for page in pages}
    assert {"harbour.example"} == {page.domain for page in pages}
    assert {"lxml", "ptags", "ponly", "container"} == {page.rendering for page in pages}


def test_a_page_among_the_labelled_texts_is_known(tmp_path):
    """By its address in another form, or by a paragraph that both tell."""
    path = tmp_path / "texts.jsonl.xz"
    with lzma.open(path, "wt", encoding="utf-8") as rows:
        rows.write(json.dumps({"url": "http://harbour.example/1", "gold": STORY}) + "\n")
    known = Known([path])

    assert known.has("http://harbour.example/1?utm_source=mail", "")
    assert known.has(None, STORY[1].upper())
    assert not known.has("http://harbour.example/2", "Another story about another ship at sea.")
