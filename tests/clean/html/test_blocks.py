"""The blocks of a page and the containers around them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import document_fromstring

from pipeline.clean.html.blocks import FLAGS, Blocks, mask_of, read_blocks

BLOCK_CASES = {
    "inline": ("<p>Rope <b>and</b> <a href=x>tar</a>.</p>", ["Rope and tar."]),
    "no space within": ("<p>sail<i>or</i>s</p>", ["sailors"]),
    "break": ("<p>one<br>two<br><br>three</p>", ["one", "two", "three"]),
    "text around blocks": ("<div>a<p>b</p>c</div>", ["a", "b", "c"]),
    "comment": ("<p>a<!-- x -->b</p>", ["ab"]),
    "programs": ("<p>a</p><script>x</script><style>y</style><p>b</p>", ["a", "b"]),
    "text after a program": ("<p>a<script>x</script>b</p>", ["ab"]),
    "cells": ("<table><tr><td>a</td><td>b</td></tr></table>", ["a", "b"]),
    "white space": ("<p> \n a \t b&nbsp;c </p><p> </p>", ["a b c"]),
    "unknown elements": ("<p>a<x-y>b</x-y></p>", ["ab"]),
}


def blocks_of(body: str) -> Blocks:
    """The blocks of a page with this body."""
    return read_blocks(document_fromstring(f"<html><body>{body}</body></html>"))


def flags(mask: int) -> set[str]:
    """The names of the flags in a mask."""
    return {name for place, name in enumerate(FLAGS) if mask >> place & 1}


@pytest.mark.parametrize("name", BLOCK_CASES)
def test_a_page_is_read_as_it_is_seen(name: str) -> None:
    """Block elements and line breaks divide the text, nothing else does."""
    body, expected = BLOCK_CASES[name]

    assert expected == blocks_of(body).texts


def test_links_are_measured() -> None:
    """The characters within links are counted block by block."""
    assert [3, 0, 4] == blocks_of("<p>a <a>tar</a></p><p>b</p><p><a>rope</a></p>").linked


def test_a_container_is_a_run_of_blocks() -> None:
    """Each container knows which blocks it holds."""
    blocks = blocks_of("<p>a</p><section><p>b</p><div>c</div></section><p>d</p>")
    runs = list(zip(blocks.starts, blocks.ends, strict=True))

    assert ["a", "b", "c", "d"] == blocks.texts
    assert (1, 3) in runs
    assert (0, 4) == runs[0]
    assert [(n, n + 1) for n in range(4)] == [runs[holder] for holder in blocks.holders]


def test_names_around_a_block_are_flags() -> None:
    """What encloses a block says what it is: near it and far from it."""
    blocks = blocks_of("<aside><div class='Comments-list'><div><ul><li>a</ul></div></div></aside>")

    assert {"li"} == flags(blocks.own[0])
    assert {"comment", "aside"}.isdisjoint(flags(blocks.near[0]))
    assert {"comment", "aside", "li"} <= flags(blocks.around[0])


@pytest.mark.parametrize(
    ("tag", "names", "role", "expected"),
    [
        ("h1", "", "", {"heading", "h1"}),
        ("h2", "", "", {"heading"}),
        ("div", "", "navigation", {"nav"}),
        ("span", "articleBody", "", {"article_body", "body"}),
        ("figure", "newsletter-signup", "", {"figure", "account"}),
        ("b", "", "", set()),
    ],
)
def test_an_element_has_flags(tag: str, names: str, role: str, expected: set[str]) -> None:
    """Tag, role, class, id and itemprop of an element are read."""
    assert expected == flags(mask_of(tag, names, role))


PARTS = [
    *(
        "<p>",
        "</p>",
        "<a>",
        "</a>",
        "<div hidden>",
        "</div>",
        "<br>",
        "<table>",
        "<td>",
        "<!--x-->",
    ),
    *("a", " ", "&#8203;", "<script>", "</script>"),
]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=30))
def test_blocks_and_containers_fit(parts: list[str]) -> None:
    """Lists run in parallel, no block is empty, and a container lies within the one around it."""
    blocks = blocks_of("".join(parts))
    count = len(blocks.texts)
    names = ("linked", "own", "near", "around", "holders")

    assert all(blocks.texts)
    assert [count] * len(names) == [len(getattr(blocks, name)) for name in names]
    for parent, start, end in zip(blocks.parents, blocks.starts, blocks.ends, strict=True):
        assert 0 <= start <= end <= count
        if parent >= 0:
            assert blocks.starts[parent] <= start
            assert end <= blocks.ends[parent]
