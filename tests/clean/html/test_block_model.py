"""Which blocks of a page are its story."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.html.block_features import OWN, PAGE, Expansion
from pipeline.clean.html.block_model import (
    CHOSEN,
    GROUPS,
    MAX_BLOCKS,
    UNSEEN,
    Rows,
    group_of,
    keep,
    load_model,
    measure,
    pooled,
    select,
)
from pipeline.clean.html.blocks import Grams, compare
from pipeline.clean.html.candidates import EXTRACTOR, Candidates, read_candidates
from pipeline.clean.html.extract import extract_page
from pipeline.records import Article, Document
from training.train_pages import FEATURES

PROSE = [
    "The harbour council met on Tuesday night and spoke of nothing but the price of rope.",
    "Its chair, who has sold rope for thirty years, left the room before the vote was taken.",
    "Fishermen at the back of the hall said that they would splice what they had until spring.",
    "A second meeting is planned for next month, when the ferry company will show its accounts.",
    "Nobody expects the price to fall before the new mill on the river begins its work in June.",
    "Until then the boats will share their lines, as they did in the winter of the great frost.",
]
MENU = "<nav class='menu'><ul>" + "<li><a href='/x'>Harbour news</a></li>" * 12 + "</ul></nav>"
FOOTER = "<footer><p>Copyright the Lantern. All rights reserved.</p><a href='/t'>Terms</a></footer>"


def page(*parts: str) -> str:
    """A page with a menu, these parts and a footer."""
    return (
        "<html><head><meta name='viewport' content='x'><title>Rope</title></head><body>"
        f"{MENU}{''.join(parts)}{FOOTER}</body></html>"
    )


def paragraphs(texts: list[str]) -> str:
    """The texts as ``<p>`` elements."""
    return "".join(f"<p>{text}</p>" for text in texts)


def article(content: str) -> Article:
    """The article of a page."""
    return extract_page(Document("0" * 32, "a", "a.html", "text/html", content))


def candidates_of(texts: list[str], extraction: str) -> Candidates:
    """A page of paragraphs of which trafilatura has this extraction, and resiliparse none."""
    content = f"<html><head><title>Rope</title></head><body>{paragraphs(texts)}</body></html>"
    document = Document("0" * 32, "a", "a.html", "text/html", content)
    return replace(read_candidates(document), extractions=(extraction, ""))


def rows_of(body: str) -> Rows:
    """The rows of a page of which no extractor has taken anything."""
    content = f"<html><head><title>Rope</title></head><body>{body}</body></html>"
    document = Document("0" * 32, "a", "a.html", "text/html", content)
    rows = measure(replace(read_candidates(document), extractions=("", "")))
    assert rows is not None
    return rows


def test_a_story_in_several_containers_is_kept_whole() -> None:
    """Boxes between the parts of a story do not end it."""
    box = "<div class='ad-slot'>Advertisement</div>"
    parts = [
        f"<div class='article-body__part'>{paragraphs(PROSE[n : n + 2])}</div>" for n in (0, 2, 4)
    ]
    found = article(page(f"<main><div class='article'>{box.join(parts)}</div></main>"))

    assert PROSE == found.text.split("\n\n")


def test_a_plain_page_keeps_its_story() -> None:
    """Where nothing is doubtful, the story is every paragraph and nothing else."""
    found = article(page(f"<article>{paragraphs(PROSE)}</article>"))

    assert PROSE == found.text.split("\n\n")


@pytest.mark.parametrize("parts", [PROSE, [*PROSE, "Share this", "Read more: the ferry"]])
def test_what_goes_has_a_span_and_a_reason(parts: list[str]) -> None:
    """The extraction less the removed spans is the text; every reason names its features."""
    found = article(page(f"<div class='story'>{paragraphs(parts)}</div>"))
    assert found.extraction is not None
    spans = [(span.start, span.end) for span in found.removed]
    left, start = [], 0
    for line in found.extraction.split("\n"):
        if (start, start + len(line)) not in spans:
            left.append(line)
        start += len(line) + 1

    assert found.text == "\n\n".join(left)
    for span in found.removed:
        if span.rule.startswith("block_model: "):
            assert set(span.rule.removeprefix("block_model: ").split(", ")) <= set(GROUPS)
    changes = [item for item in found.evidence if item.field == "extractor"]
    assert (found.extractor == CHOSEN) == (len(changes) == 1)


@pytest.mark.parametrize(
    ("texts", "extraction"),
    [
        ([], ""),
        (["Rope."] * (MAX_BLOCKS + 1), "Rope."),
        (PROSE, "\n".join(reversed([text[::-1] for text in PROSE]))),
    ],
    ids=["nothing", "too many", "another text"],
)
def test_pages_unlike_all_others_are_left_to_trafilatura(texts: list[str], extraction: str) -> None:
    """The model says nothing about pages without blocks, with too many, or that it cannot see."""
    found = select(candidates_of(texts, extraction))

    assert (extraction, (), EXTRACTOR, ()) == found


def test_shares_count_runs_of_words() -> None:
    """A block is taken as far as its runs of words stand in the extraction, in any script."""
    texts = ["the price of rope rose", "Rope", "rope and tar", "港口委员会开会"]
    measured = compare(texts, ("the price of rope fell\nRope\n港口委员会", ""))

    assert [2 / 3, 1.0, 0.0, 3 / 5] == pytest.approx(measured.shares[:, 0].tolist())
    assert [5, 1, 3, 7] == measured.words.tolist()
    assert (11, 0) == measured.sizes


def test_no_run_reaches_from_one_text_into_the_next() -> None:
    """Words that only stand side by side because two blocks do are no run."""
    assert not Grams(["two words", "two more"]).known


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([*PROSE, "Share", "港口", "—", "1"]), min_size=1, max_size=12),
    st.lists(st.sampled_from([*PROSE, "Share"]), max_size=4),
)
def test_every_page_gives_finite_features(texts: list[str], taken: list[str]) -> None:
    """Each block looked into has all features, and no value is infinite or missing."""
    rows = measure(candidates_of(texts, "\n".join(taken)))
    if rows is None:
        return
    everything = Expansion(FEATURES).expand(rows.base)

    assert (len(rows.indices), len(OWN) + len(PAGE)) == rows.base.shape
    assert (len(rows.indices), len(FEATURES)) == everything.shape
    assert np.isfinite(everything).all()


def test_the_stored_model_fits_the_features() -> None:
    """Every weight belongs to a feature, and every feature to a group."""
    model, _ = load_model()

    assert np.isfinite(model.weights).all()
    assert model.membership.sum(axis=1).tolist() == [1.0] * len(model.weights)
    assert {group_of(name) for name in FEATURES} <= set(GROUPS)


@pytest.mark.parametrize(
    "body",
    [
        " ".join(PROSE),
        " ".join(PROSE)[:150] + " …",
        "The tram council met on Friday. " * 40,
        " ".join(PROSE) + " Copyright the Lantern. All rights reserved. Harbour news" * 9,
    ],
    ids=["whole", "truncated", "another story", "with boilerplate"],
)
def test_the_story_does_not_depend_on_the_body_in_json_ld(body: str) -> None:
    """An ``articleBody`` may be cut off, or that of another story: the blocks count."""
    stated = json.dumps({"@type": "NewsArticle", "headline": "Rope", "articleBody": body})
    script = f"<script type='application/ld+json'>{stated}</script>"
    found = article(page(script, f"<article>{paragraphs(PROSE)}</article>"))

    assert PROSE == found.text.split("\n\n")


CAPTIONS = "".join(f"<figure><figcaption>{text}</figcaption></figure>" for text in PROSE)
COMMENTS, CONSENT = (
    "".join(f"<div class='{kind}'><p>{text.replace('rope', 'tar')}</p></div>" for text in PROSE)
    for kind in ("comments", "cookie-consent")
)


@pytest.mark.parametrize(
    ("parts", "kept"),
    [
        ((CAPTIONS,), 6),
        ((CAPTIONS, COMMENTS), 12),
        ((CAPTIONS, COMMENTS, CONSENT), 12),
        ((CAPTIONS, COMMENTS, CONSENT, f"<p>{PROSE[0]}</p>"), 13),
        ((paragraphs(PROSE), CAPTIONS, COMMENTS), 12),
        ((paragraphs(PROSE), paragraphs(PROSE), CAPTIONS), 12),
        ((paragraphs(PROSE), paragraphs(PROSE), paragraphs(PROSE), CAPTIONS, COMMENTS), 18),
    ],
    ids=["1 of 1", "1 of 2", "2 of 3", "3 of 3.2", "2 of 3 in prose", "1 of 3", "2 of 5"],
)
def test_rules_together_remove_less_than_half_of_a_story(parts: tuple[str, ...], kept: int) -> None:
    """However many rules there are, each forbids only what still fits into their one limit."""
    heading = "<h1>The price of rope in the harbour</h1>"
    found = article(f"<html><body><article>{heading}{''.join(parts)}</article></body></html>")

    assert kept == len(found.text.split("\n\n"))


def test_the_entries_of_a_list_have_one_score() -> None:
    """Their mean by words; a list whose entries have several blocks is layout, and has none."""
    text = ["the price of rope", "rose", "again in the harbour"]
    entries = "<ul><li>{}</li><li>{}</li></ul>{}".format(*text)
    layout = "<ul><li>{}<p>{}</p></li></ul><p>{}</p>".format(*text)
    scores = np.array([2.0, -3.0, 0.5])

    assert [1.0, 1.0, 0.5] == pooled(scores, rows_of(entries)).tolist()
    assert scores.tolist() == pooled(scores, rows_of(layout)).tolist()


def test_entries_that_no_extractor_took_count_against_their_list() -> None:
    """They are links, and stay out; the more of them there are, the lower is the list's score."""
    entries = "<ul><li>the price of rope</li><li><a href=/x>Ferry sinks off Aldersea</a></li></ul>"
    rows = rows_of(entries)

    assert [0] == rows.indices.tolist()
    assert [(4 * 2.0 + 4 * UNSEEN) / 8] == pooled(np.array([2.0]), rows).tolist()


def test_a_switch_must_be_worth_it() -> None:
    """A block that is hardly chrome stays between blocks of the story."""
    none = np.zeros(3, np.bool_)

    assert [True, True, True] == keep(np.array([3.0, -0.8, 3.0]), none).tolist()
    assert [True, False, True] == keep(np.array([3.0, -3.0, 3.0]), none).tolist()


def test_a_time_stamp_must_be_more_than_likely_story() -> None:
    """With the same score another block stays."""
    first = np.array([True, False])

    assert [False, True] == keep(np.array([-0.2, -0.2]), first).tolist()
